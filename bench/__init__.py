"""What the work costs, measured against the barest way of doing it (docs/performance.md)."""

from __future__ import annotations
