"""Starting Django before anything of the product is imported."""

from __future__ import annotations

import os
from importlib import import_module


def start() -> None:
    """With the settings of the tests: no DEBUG, the cluster under var/test."""
    os.environ["FENGONG_ENV"] = "test"
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import_module("django").setup()
