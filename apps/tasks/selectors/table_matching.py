"""Which row of ours a row of the file is: by number, by content, or as a person says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from sys import intern

from django.db.models import QuerySet

from apps.common.text import fold_tight
from apps.tasks.answers import RowAnswer
from apps.tasks.layout_types import SourceRow
from apps.tasks.likeness import LikeTexts, likeness, shingles
from apps.tasks.models import Task
from apps.tasks.selectors.table_types import MatchedBy

# Below this two texts under one number are two tasks, if there is another row for either.
_SAME_TASK = 0.5
# From this on a text without its number is taken for the same task.
_SAME_TEXT = 0.6
_WHOLE = 100
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Match:
    """The row of ours, if there is one, and how alike both are in per cent."""

    task: Task | None
    by: MatchedBy
    likeness: int = _WHOLE


_NEW = Match(None, MatchedBy.NEW, 0)


def held_once(tasks: QuerySet[Task], rows: Sequence[SourceRow]) -> list[Task]:
    """These rows of ours; a text that the file has as well is not held twice.

    Most of a large table is the same again, and its texts are most of the memory it takes.
    """
    by_number = {row.number: row for row in rows}
    found = []
    for task in tasks.iterator(chunk_size=_CHUNK):
        if row := by_number.get(task.number):
            task.number = row.number
            if task.content == row.content:
                task.content = row.content
            if task.cells == (cells := list(row.cells)):
                task.cells = cells
        task.state, task.due_kind = intern(task.state), intern(task.due_kind)
        found.append(task)
    return found


def match_rows(
    rows: Sequence[SourceRow], tasks: Sequence[Task], said: Mapping[int, RowAnswer]
) -> list[Match]:
    """One match for each row, never two rows for one of ours.

    The number decides where the text is the same or alike. In a table that was renumbered the
    text does: it wins over the number where it stands once on both sides, and where what stands
    under the number is another text altogether.
    """
    return _Matching(rows, tasks).matched(said)


class _Matching:
    def __init__(self, rows: Sequence[SourceRow], tasks: Sequence[Task]) -> None:
        self._rows = rows
        self._by_number = {task.number: task for task in tasks}
        self._left = {task.pk: task for task in tasks}
        self._found: dict[int, Match] = {}

    def matched(self, said: Mapping[int, RowAnswer]) -> list[Match]:
        self._as_said(said)
        self._by_number_and_text()
        if self._left and len(self._found) < len(self._rows):
            self._by_same_text()
            self._by_number_if(_SAME_TASK)
            self._by_like_text()
            self._by_number_if(0)
        return [self._found.get(at, _NEW) for at in range(len(self._rows))]

    def _take(self, at: int, task: Task, by: MatchedBy, alike: float = 1) -> None:
        del self._left[task.pk]
        self._found[at] = Match(task, by, round(alike * _WHOLE))

    def _as_said(self, said: Mapping[int, RowAnswer]) -> None:
        for at, row in enumerate(self._rows):
            answer = said.get(row.row)
            if answer is None or answer.match is None:
                continue
            task = self._by_number.get(answer.match)
            if task is not None and task.pk in self._left:
                self._take(at, task, MatchedBy.PERSON, _alike(row, task))
            else:
                self._found[at] = Match(None, MatchedBy.PERSON, 0)

    def _waiting(self) -> list[tuple[int, SourceRow]]:
        return [(at, row) for at, row in enumerate(self._rows) if at not in self._found]

    def _own(self, row: SourceRow) -> Task | None:
        """What stands under the row's number, if nobody has it yet."""
        task = self._by_number.get(row.number)
        return task if task is not None and task.pk in self._left else None

    def _by_number_and_text(self) -> None:
        for at, row in self._waiting():
            task = self._own(row)
            if task is not None and task.content == row.content:
                self._take(at, task, MatchedBy.NUMBER)

    def _by_same_text(self) -> None:
        waiting = self._waiting()
        texts = [fold_tight(row.content) for _, row in waiting]
        ours: dict[str, list[Task]] = {}
        for task in self._left.values():
            ours.setdefault(fold_tight(task.content), []).append(task)
        often = Counter(texts)
        for (at, row), text in zip(waiting, texts, strict=True):
            own, same = self._own(row), ours.get(text, ())
            if own is not None and own in same:
                self._take(at, own, MatchedBy.NUMBER)
            elif len(same) == 1 and often[text] == 1 and same[0].pk in self._left:
                self._take(at, same[0], MatchedBy.CONTENT)

    def _by_number_if(self, at_least: float) -> None:
        for at, row in self._waiting():
            task = self._own(row)
            if task is not None and (alike := _alike(row, task)) >= at_least:
                self._take(at, task, MatchedBy.NUMBER, alike)

    def _by_like_text(self) -> None:
        waiting = self._waiting()
        if not waiting or not self._left:
            return
        ours = LikeTexts({pk: task.content for pk, task in self._left.items()})
        pairs = [
            (-alike, at, pk)
            for at, row in waiting
            for alike, pk in ours.likest(row.content, at_least=_SAME_TEXT)
        ]
        for alike, at, pk in sorted(pairs):
            if at not in self._found and pk in self._left:
                self._take(at, self._left[pk], MatchedBy.CONTENT, -alike)


def _alike(row: SourceRow, task: Task) -> float:
    if row.content == task.content:
        return 1
    return likeness(shingles(row.content), shingles(task.content))
