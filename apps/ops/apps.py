"""Registers what the system checks ask of the installation."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "apps.ops"

    def ready(self) -> None:
        # models can be imported from here on only
        import_module("apps.ops.checks")
