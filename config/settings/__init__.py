"""Chooses the settings by FENGONG_ENV; an unknown name, a missing value stops at once."""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured

from config.databases import check_url

_ENV = os.environ.get("FENGONG_ENV", "sample")
_NEEDED = ("FENGONG_SECRET_KEY", "FENGONG_ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL")

check_url(os.environ.get("DATABASE_URL", ""))
if _ENV == "sample":
    from config.settings.sample import *
elif _ENV == "production":
    if missing := [name for name in _NEEDED if not os.environ.get(name)]:
        raise ImproperlyConfigured(f"正式环境须设置环境变量 {'、'.join(missing)}。")
    from config.settings.production import *
elif _ENV == "test":
    from config.settings.test import *
else:
    raise ImproperlyConfigured(f"FENGONG_ENV 只能是 sample、production 或 test，现在是“{_ENV}”。")
