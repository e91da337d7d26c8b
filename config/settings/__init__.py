"""Chooses the settings by FENGONG_ENV; an unknown name stops at once."""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured

_ENV = os.environ.get("FENGONG_ENV", "sample")

if _ENV == "sample":
    from config.settings.sample import *
elif _ENV == "production":
    from config.settings.production import *
elif _ENV == "test":
    from config.settings.test import *
else:
    raise ImproperlyConfigured(f"FENGONG_ENV 只能是 sample、production 或 test，现在是“{_ENV}”。")
