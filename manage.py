#!/usr/bin/env python3
"""Django's command line; the environment is chosen by FENGONG_ENV (sample, production or test)."""

from __future__ import annotations

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Settings that cannot be are misuse (exit 2) and one sentence; --traceback shows where."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        sys.stderr.write(f"设置有误：{error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
