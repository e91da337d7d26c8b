"""What the columns of a table hold, where the header alone does not tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from apps.common.errors import Refused
from apps.common.spreadsheets import Sheet
from apps.common.text import fold, fold_tight
from apps.tasks.column_shape import SOME, Shape
from apps.tasks.headers import TASK, UNNAMED, Header
from apps.tasks.layout_types import (
    CATEGORY,
    CLOSED_ON,
    CONTENT,
    DEADLINE,
    IGNORED,
    LEAD,
    NUMBER,
    PARTY_FIELDS,
    PROGRESS,
    RESPONSIBLE,
    STATE,
    TITLE,
    Column,
)
from apps.tasks.standing_words import read_state

_LAST_DAY = re.compile("完成|时限|期限|截止|办结")
_FIRST_PLAN = re.compile("计划|预计|要求|拟|目标")
_PROBLEM = re.compile("(?:目前|当前|主要)?存在的?(?:主要|突出)?问题(?:及?不足)?")
_REMEDY = re.compile("措施|举措|打算|对策|安排|事项|计划")
_NOTHING = re.compile("")
_SOME_UNIT = re.compile("(?:.{1,6}(?:单位|部门|科室))?(?<!计量单位)")
_DONE = re.compile("实际|销号|验收")
# Words of a state: whoever writes more tells of progress.
_STATE_CHARS = 10
_PERIOD = re.compile(r"\d{4}年|[一二三四1-4]季度|\d{1,2}月|[上下]半年")
_MANY = 0.8
_BODY = re.compile(
    r".*(?:局|委|厅|办|政府|部门|单位|公司|中心|集团|法院|检察院|协会|学校|医院|银行|街道|科"
    r"|处|部|室|院|队|会|镇|乡|县|区)(?:[)）].*|等.*|牵头.*|负责.*)?"
)
_DAY = re.compile(
    r".*(?:\d+年|\d月|月底|年底|持续|长期|季度|上半年|下半年|常态|全年|每年|每月"
    r"|\d{4}[-/.]\d).*"
)
_LONGEST_UNIT_CHARS = 30
_LONGEST_DAY_CHARS = 20
_LEAST_CONTENT_CHARS = 4


@dataclass(frozen=True, slots=True)
class Resolved:
    """The final columns.

    `filled_down`: indexes of categories and units written once and left empty below.
    `guessed`: columns whose header says nothing, told by what they hold: to be confirmed.
    `passed_over`: further columns of days beside the one that is the deadline.
    """

    columns: tuple[Column, ...]
    filled_down: frozenset[int]
    guessed: tuple[Column, ...] = ()
    passed_over: tuple[Column, ...] = ()


def resolve(sheet: Sheet, header: Header) -> Resolved:
    """The final columns of a table.

    The rightmost task column is the content; what stands left of it is a category when merged or
    repeated downwards, else the title (architecture.md §4.11).
    """
    shape = Shape(sheet, header)
    columns = list(header.columns)
    fixed = header.fixed
    _one_number(columns, shape, fixed)
    passed_over = _one_deadline(columns, fixed)
    _problems(columns, fixed)
    guessed = _guess(columns, shape, fixed)
    _states(columns, shape, fixed)
    filled_down = _tasks(columns, shape, fixed)
    resolved = tuple(
        replace(column, field=IGNORED) if column.field in {UNNAMED, TASK} else column
        for column in columns
    )
    named = {column.index for column in guessed}
    guesses = tuple(column for column in resolved if column.index in named)
    return Resolved(resolved, filled_down, guesses, tuple(passed_over))


def _one_number(columns: list[Column], shape: Shape, fixed: frozenset[int]) -> None:
    """The number column that tells most rows apart; else one without header that holds numbers."""
    labelled = [at for at, column in enumerate(columns) if column.field == NUMBER]
    if labelled:
        decided = [at for at in labelled if columns[at].index in fixed]
        kept = max(decided or labelled, key=lambda at: shape.tells_apart(at, columns[at].index))
        for at in labelled:
            if at != kept:
                columns[at] = replace(columns[at], field=IGNORED)
        return
    tasks = [at for at, column in enumerate(columns) if column.field == TASK]
    candidates = [
        at
        for at, column in enumerate(columns)
        if column.index not in fixed
        and ((column.field == UNNAMED and not column.header.strip()) or at in tasks[:-1])
    ]
    for at in candidates:
        if shape.holds_numbers(columns[at].index):
            columns[at] = replace(columns[at], field=NUMBER)
            return


def _one_deadline(columns: list[Column], fixed: frozenset[int]) -> list[Column]:
    """The column of the last day; returned are others that nobody decided about."""
    places = [at for at, column in enumerate(columns) if column.field == DEADLINE]
    if not places:
        # 办结时间 is the deadline where there is no other.
        closed = [
            at
            for at, column in enumerate(columns)
            if column.field == CLOSED_ON
            and column.index not in fixed
            and not _DONE.search(column.header)
        ]
        places = closed[:1]
        for at in places:
            columns[at] = replace(columns[at], field=DEADLINE)
    decided = [at for at in places if columns[at].index in fixed]
    planned = [at for at in places if _FIRST_PLAN.search(fold_tight(columns[at].header))]
    telling = [at for at in places if _LAST_DAY.search(_lowest(columns[at]))]
    both = [at for at in telling if at in planned]
    kept = next(iter(decided or both or telling or _last_parts(columns, places)), None)
    passed_over = []
    for at in places:
        if at != kept:
            going = _lowest(columns[at]).endswith("进度") and at not in planned
            columns[at] = replace(columns[at], field=PROGRESS if going else IGNORED)
            if not going and not decided:
                passed_over.append(columns[at])
    return passed_over


def _problems(columns: list[Column], fixed: frozenset[int]) -> None:
    """存在问题 before its measures is what the task is about; after the task it is a report.

    So are the measures beside a report: 进展情况, 存在问题, 解决措施.
    """
    task = next((at for at, column in enumerate(columns) if column.field in {TASK, CONTENT}), None)
    if task is None:
        return
    reported = False
    for at, column in enumerate(columns):
        if column.index in fixed:
            continue
        header = fold_tight(column.header)
        is_problem = column.field == IGNORED and _PROBLEM.fullmatch(_lowest(column))
        if is_problem and at < task:
            columns[at] = replace(column, field=TASK)
        elif column.field == TASK and at > task and reported and _REMEDY.search(header):
            columns[at] = replace(column, field=IGNORED)
        reported = reported or column.field in {PROGRESS, STATE} or bool(is_problem and at > task)


def _lowest(column: Column) -> str:
    return fold_tight(column.header.rpartition("\n")[2]) or fold_tight(column.header)


def _last_parts(columns: Sequence[Column], places: Sequence[int]) -> list[int]:
    """Of 起 and 止 the end; otherwise the first of them."""
    ends = [
        at for at in places if _lowest(columns[at]) in ("止", "结束", "至", "终", "到", "结束时间")
    ]
    return ends or list(places)


def _guess(columns: list[Column], shape: Shape, fixed: frozenset[int]) -> list[Column]:
    """Columns without a telling header, told by their texts; only for what else is missing."""
    guessed = []
    free = [
        at
        for at, column in enumerate(columns)
        if column.field == UNNAMED and column.index not in fixed and shape.filled(column.index)
    ]
    fields = {column.field for column in columns}
    if not fields & {TASK, CONTENT}:
        at = max(free, key=lambda at: _length(shape, columns[at]), default=None)
        if at is not None and _length(shape, columns[at]) >= _LEAST_CONTENT_CHARS:
            guessed.append((at, TASK))
    if not fields & {LEAD, RESPONSIBLE}:
        guessed += _most_like(free, columns, shape, RESPONSIBLE)
    if DEADLINE not in fields:
        taken = {at for at, _ in guessed}
        guessed += _most_like([at for at in free if at not in taken], columns, shape, DEADLINE)
    for at, field in guessed:
        columns[at] = replace(columns[at], field=field)
    return [columns[at] for at, _ in guessed]


def _length(shape: Shape, column: Column) -> float:
    texts = shape.filled(column.index)
    return sum(map(len, texts)) / max(shape.height, 1)


def _most_like(
    places: Sequence[int], columns: Sequence[Column], shape: Shape, field: str
) -> list[tuple[int, str]]:
    def share(at: int) -> float:
        index = columns[at].index
        if field == DEADLINE:
            return shape.share(index, _DAY, _LONGEST_DAY_CHARS)
        return shape.share(index, _BODY, _LONGEST_UNIT_CHARS)

    # A header that says something else, 成果形式, is believed; 攻坚单位 may be one more word.
    named = _SOME_UNIT if field == RESPONSIBLE else _NOTHING
    open_ones = [at for at in places if named.fullmatch(_lowest(columns[at]))]
    best = max(open_ones, key=share, default=None)
    return [(best, field)] if best is not None and share(best) >= _MANY else []


def _states(columns: list[Column], shape: Shape, fixed: frozenset[int]) -> None:
    """完成情况 with one word in each row is a state, with sentences it is progress."""
    if any(column.field == STATE for column in columns):
        return
    for at, column in enumerate(columns):
        texts = shape.filled(column.index)
        states = [
            t for t in texts if len(t) <= _STATE_CHARS and read_state(t.strip("。.")) is not None
        ]
        is_word = texts and len(states) >= _MANY * len(texts)
        of_a_day = _PERIOD.search(fold_tight(column.header))
        if column.field == PROGRESS and column.index not in fixed and is_word and not of_a_day:
            columns[at] = replace(column, field=STATE)
            return


def _tasks(columns: list[Column], shape: Shape, fixed: frozenset[int]) -> frozenset[int]:
    _steps(columns, fixed)
    _groups(columns, shape, fixed)
    content = _content(columns, shape)
    tasks = [at for at, column in enumerate(columns) if column.field == TASK]
    title = next((at for at, column in enumerate(columns) if column.field == TITLE), None)
    for at in reversed([at for at in tasks if at not in content]):
        index = columns[at].index
        same = any(
            columns[at].header == columns[own].header and _take_turns(shape, index, own)
            for own in content
        )
        if same or (at > max(content) and not shape.stands_for_several(index)):
            # What few rows add to their content stays with it.
            columns[at] = replace(columns[at], field=CONTENT)
        elif shape.groups_rows(index) or title is not None:
            columns[at] = replace(columns[at], field=CATEGORY)
        else:
            title = at
            columns[at] = replace(columns[at], field=TITLE)
    # A unit in front of its tasks is written once for all of them, as a category is.
    left = min(columns[at].index for at in content)
    return frozenset(
        column.index
        for column in columns
        if (column.field == CATEGORY or (column.field in PARTY_FIELDS and column.index < left))
        and shape.is_filled_down(column.index)
    )


def _steps(columns: list[Column], fixed: frozenset[int]) -> None:
    """2021年任务, 2022年任务 beside 重点任务 are steps of it, kept as they stand."""
    tasks = [at for at, column in enumerate(columns) if column.field == TASK]
    steps = [
        at
        for at in tasks
        if _PERIOD.search(fold_tight(columns[at].header)) and columns[at].index not in fixed
    ]
    if len(steps) > 1 and len(steps) < len(tasks):
        for at in steps:
            columns[at] = replace(columns[at], field=IGNORED)


def _groups(columns: list[Column], shape: Shape, fixed: frozenset[int]) -> None:
    """A column left of all tasks that is written once for several rows, whatever it is called."""
    for at, column in enumerate(columns):
        if column.field in {TASK, CONTENT, TITLE}:
            return
        is_free = column.field == UNNAMED and column.index not in fixed and column.header.strip()
        if is_free and (shape.is_merged_down(column.index) or shape.is_filled_down(column.index)):
            columns[at] = replace(column, field=CATEGORY)


def _content(columns: list[Column], shape: Shape) -> list[int]:
    """The places of the content: as decided, else the rightmost task column that fits."""
    decided = [at for at, column in enumerate(columns) if column.field == CONTENT]
    if decided:
        return decided
    tasks = [at for at, column in enumerate(columns) if column.field == TASK]
    if not tasks:
        raise Refused("没有认出哪一列是重点工作（任务内容），请指明后重新读取")
    counts = {at: len(shape.filled(columns[at].index)) for at in tasks}
    filled = [at for at in tasks if counts[at] >= SOME * shape.height]
    chosen = (filled or tasks)[-1]
    most = max(tasks, key=lambda at: counts[at])
    if shape.stands_for_several(columns[chosen].index) and 2 * counts[most] > 3 * counts[chosen]:
        # Columns stand in another order: what is said once for several rows is no content.
        chosen = most
    columns[chosen] = replace(columns[chosen], field=CONTENT)
    return [chosen]


def _take_turns(shape: Shape, index: int, other: int) -> bool:
    """Two columns under one header of which each row fills one: cells that missed the grid."""
    pairs = list(zip(shape.texts(index), shape.texts(other), strict=True))
    return not any(fold(one) and fold(two) for one, two in pairs)
