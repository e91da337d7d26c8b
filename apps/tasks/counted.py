"""Which day is held against the cut-off (product.md D10, D14). Pure.

Without a return the first day counts, however often a report is written anew. What was sent back
keeps its day when it comes again by the cut-off or within the window it was given, whichever is
later; after both, the new day counts.
"""

from __future__ import annotations

from datetime import date


def counted_day(
    counted: date | None, came: date, *, cut_off: date, resubmit_by: date | None
) -> date:
    """`counted`: the day so far, None for the first time; `resubmit_by`: None if not sent back."""
    if counted is None:
        return came
    if resubmit_by is None or came <= max(cut_off, resubmit_by):
        return counted
    return max(counted, came)
