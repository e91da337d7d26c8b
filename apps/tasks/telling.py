"""Which columns of a table tell how its rows go, beside what was printed (product.md D17). Pure."""

from __future__ import annotations

import re

from apps.common.text import fold_tight
from apps.tasks.layout_types import IGNORED, PROGRESS, STANDING_FIELDS, Layout

_FIELDS = frozenset({PROGRESS, *STANDING_FIELDS})
_WORDS = re.compile("问题|困难|下一?步|自评|意见|审核|认定|评价|督办|进度|进展|成效")


def telling(layout: Layout) -> frozenset[int]:
    """By index. What we read nothing from may tell something wherever a table is kept running."""
    running = any(column.field in _FIELDS for column in layout.columns)
    return frozenset(
        column.index
        for column in layout.columns
        if column.field in _FIELDS
        or (column.field == IGNORED and (running or _WORDS.search(fold_tight(column.header))))
    )


def telling_headers(layout: Layout) -> frozenset[str]:
    """The same by what stands above them."""
    indexes = telling(layout)
    return frozenset(column.header for column in layout.columns if column.index in indexes)
