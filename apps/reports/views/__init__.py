"""Views of 工作台, 督办看板, 报告期 and 进展报告与通报."""

from __future__ import annotations

from apps.reports.views.board import overdue
from apps.reports.views.home import home
from apps.reports.views.periods import periods

__all__ = ["home", "overdue", "periods"]
