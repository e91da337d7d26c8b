"""How a deadline cell is read; its door is apps/tasks/deadlines.py.

`text` spells the cell one way, `scan` (with `points`) finds what it says, `calendar` turns that
into days, `dates`, `recurrence` and `milestone` say what it amounts to.
"""

from __future__ import annotations
