"""The first rows of a plan or of a unit's part, in the looks of the ledger."""

from __future__ import annotations

from apps.tasks.tables import TaskTable


class ShortTable(TaskTable):
    """A few rows in a fixed order, without what only the ledger has room for."""

    class Meta(TaskTable.Meta):
        attrs = {"class": "table list ledger cards"}
        exclude: tuple[str, ...] = ("mark", "last")
        orderable = False


class ForeignTable(ShortTable):
    """Rows of a plan that is only held beside our own: these carry no lights."""

    class Meta(ShortTable.Meta):
        exclude: tuple[str, ...] = ("light", "mark", "last")
