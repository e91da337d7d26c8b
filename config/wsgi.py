"""The WSGI application that gunicorn serves."""

from __future__ import annotations

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# models can be imported from here on only
import_module("apps.ops.startup").check_start()
# now, and not while the first visitor waits
import_module("config.urls")
