"""What is to be done, by whom, until when; what was reported; the tables it came from."""

from __future__ import annotations

from apps.tasks.models.filling import Draft, Evidence, SameReport, SheetReturn, Signature
from apps.tasks.models.goals import AnnualGoal
from apps.tasks.models.marks import MarkSpan, PeriodMark
from apps.tasks.models.reporting import Duty, Progress
from apps.tasks.models.rows import Assignment, Deadline, Task, TaskIndicator
from apps.tasks.models.tables import ImportedRow, OpeningStanding, SourceTable, TableImport

__all__ = [
    "AnnualGoal",
    "Assignment",
    "Deadline",
    "Draft",
    "Duty",
    "Evidence",
    "ImportedRow",
    "MarkSpan",
    "OpeningStanding",
    "PeriodMark",
    "Progress",
    "SameReport",
    "SheetReturn",
    "Signature",
    "SourceTable",
    "TableImport",
    "Task",
    "TaskIndicator",
]
