"""Django's PostgreSQL backend on top of a private server; see `base`."""

from __future__ import annotations
