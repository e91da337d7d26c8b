"""回收: sheets that came back as files are read, shown, and taken as 代录 (product.md D10)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.db import transaction

from apps.agencies.models import Agency
from apps.audit.services import Act, record
from apps.common.actor import Actor
from apps.common.errors import Conflict, NotAllowed, Refused, Unreadable
from apps.common.spreadsheets import read_sheets
from apps.ops.services import file_keep
from apps.plans.models import Period
from apps.tasks.access import Scope
from apps.tasks.models import SheetReturn
from apps.tasks.selectors.returns import ReturnShown, RowShown, returns_waiting
from apps.tasks.selectors.unit_sheets import units_owing
from apps.tasks.services.submitting import Entry, RowsRefused, Source, progress_enter
from apps.tasks.services.uploads import Upload, shown_name
from apps.tasks.sheet_form import Returned, read_form, row_check

MOST_FILES = 30
MOST_MEBIBYTES = 10
_MEBIBYTE = 1024 * 1024
# a sheet of a thousand rows unpacks to about two of these
_MOST_UNZIPPED = 40 * _MEBIBYTE
_NOT_OWING = "该单位本期在您督办的任务来源里没有应报事项"


@dataclass(frozen=True, slots=True)
class Pick:
    """A file that somebody ticked, with the digest of what was shown of it."""

    return_id: int
    digest: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What was decided row by row: duties where the file counts although the unit has written

    since, and those whose lower value is meant.
    """

    overwrite: frozenset[int] = frozenset()
    falling: frozenset[int] = frozenset()


def returns_receive(
    *, actor: Actor, scope: Scope, period: Period, uploads: Sequence[Upload]
) -> list[SheetReturn]:
    """Read the files, each by itself: what is wrong with one does not hold up the others.

    Raises NotAllowed, and Refused where there are too many.
    """
    if not scope.supervised:
        raise NotAllowed("只有督查员可以回收填报表。")
    if len(uploads) > MOST_FILES:
        raise Refused(
            f"一次最多回收 {MOST_FILES} 个文件，这次选了 {len(uploads)} 个，请分几次上传。"
        )
    units = units_owing(period.code, scope.supervised)
    return [_receive(actor, period, units, upload) for upload in uploads]


def _receive(actor: Actor, period: Period, units: Sequence[Agency], upload: Upload) -> SheetReturn:
    name = shown_name(upload.name)
    kept = SheetReturn(
        period=period, file_name=name, by_id=actor.actor_id, by_name=actor.actor_name
    )
    try:
        returned = form_read(upload, name)
        check_period(returned, period, name)
        kept.agency = unit_meant(returned, units, name, _NOT_OWING)
        check_rows(returned, name)
    except Refused as refused:
        kept.state, kept.agency = SheetReturn.State.REFUSED, None
        kept.reasons = list(refused.reasons)
    else:
        kept.reading = returned.as_dict()
        upload.content.seek(0)
        kept.file = file_keep(source=upload.content)
    kept.save()
    return kept


def form_read(upload: Upload, name: str) -> Returned:
    """The sheet in an uploaded file. Raises Unreadable with the file's name and what to do."""
    if upload.size > MOST_MEBIBYTES * _MEBIBYTE:
        raise Unreadable(
            f"文件“{name}”有 {upload.size / _MEBIBYTE:.1f} MB，超过 {MOST_MEBIBYTES} MB 的上限，"
            "没有接收。填报表一般不到 1 MB，请删除插入的图片后再传。"
        )
    with NamedTemporaryFile() as copy:
        while chunk := upload.content.read(_MEBIBYTE):
            copy.write(chunk)
        copy.flush()
        sheets = read_sheets(Path(copy.name), name=name, most_unzipped=_MOST_UNZIPPED)
    return read_form(sheets, name)


def check_period(returned: Returned, period: Period, name: str) -> None:
    """Refused for the sheet of another period."""
    same = (
        returned.period_code == period.code
        if returned.period_code
        else returned.period_name == period.name
    )
    if not same:
        said = returned.period_name or returned.period_code
        raise Refused(f"文件“{name}”是{said}的填报表，这里回收的是{period.name}，没有接收。")


def check_rows(returned: Returned, name: str) -> None:
    """Refused where a hidden id is none of this sheet's: altered, or pasted from another one."""
    if not returned.period_code:
        return
    codes = (returned.period_code, returned.unit_code)
    for row in returned.rows:
        if row.duty_id is None:
            continue
        if row.version is None or row.check != row_check(codes, row.duty_id, row.version):
            raise Refused(
                f"文件“{name}”第{row.row}行的隐藏标识与本表不符，可能改动过，"
                "或是从别的填报表粘贴来的，整份没有接收。请用系统导出的表重新填写。"
            )


def unit_meant(returned: Returned, units: Iterable[Agency], name: str, otherwise: str) -> Agency:
    """Whose sheet it is, by code, else by name. Refused with `otherwise` for none of `units`."""
    found = [
        unit
        for unit in units
        if (
            unit.code == returned.unit_code
            if returned.unit_code
            else unit.name == returned.unit_name
        )
    ]
    said = returned.unit_name or "其他单位"
    if not found:
        raise Refused(f"文件“{name}”是“{said}”的填报表，{otherwise}，没有接收。")
    if len(found) > 1:
        raise Refused(
            f"文件“{name}”分不清是哪一个“{said}”的：有 {len(found)} 个单位叫这个名称，"
            "表里缺少隐藏的单位代码。请用系统导出的表填写后再传。"
        )
    return found[0]


@transaction.atomic
def return_take(
    *, actor: Actor, scope: Scope, pick: Pick, choices: Choices, today: date
) -> SheetReturn:
    """Enter what differs as 代录, all rows or none. Raises Conflict, NotAllowed, Refused."""
    kept = _waiting(pick.return_id)
    shown = returns_waiting([kept], scope)[0]
    if not scope.supervised:
        raise NotAllowed("只有督查员可以代录。")
    if shown.rows.digest != pick.digest:
        raise Conflict(
            f"“{kept.file_name}”：您打开后系统里又有变动，没有代录。请看最新对照再确认。"
        )
    if not shown.may_take:
        raise Refused(f"“{kept.file_name}”：有错误或没有变化，没有代录。")
    rows = _wanted(shown, choices)
    if not rows:
        raise Refused(f"“{kept.file_name}”：没有选中要代录的项。")
    assert kept.file is not None, "only refused files are not kept"
    try:
        progress_enter(
            actor=actor,
            scope=scope,
            entries=[_entry(row, choices.falling) for row in rows],
            source=Source(kept.file, kept.file_name),
            today=today,
        )
    except RowsRefused as refused:
        raise Refused(*_named(kept, rows, refused)) from refused
    kept.state = SheetReturn.State.TAKEN
    kept.taken = len(rows)
    kept.by_id, kept.by_name = actor.actor_id, actor.actor_name
    kept.save(update_fields=["state", "taken", "by_id", "by_name"])
    return kept


def _wanted(shown: ReturnShown, choices: Choices) -> list[RowShown]:
    """Changed rows; where the unit has written since, only if the file is to count."""
    wanted = []
    for row in shown.rows.changed:
        assert row.line is not None, "a changed row has its duty"
        pk = row.line.duty.pk
        if row.compared.conflict and pk not in choices.overwrite:
            continue
        if row.compared.falling and pk not in choices.falling:
            raise Refused(
                f"“{shown.kept.file_name}”第{row.compared.row}行的完成值比上期减少，"
                "请核对；确认无误请勾选“数值确有减少”。"
            )
        wanted.append(row)
    return wanted


def _entry(row: RowShown, falling: Collection[int]) -> Entry:
    assert row.line is not None, "a changed row has its duty"
    pk = row.line.duty.pk
    return Entry(pk, row.compared.content(falling_confirmed=pk in falling), row.line.version)


def _named(kept: SheetReturn, rows: Sequence[RowShown], refused: RowsRefused) -> list[str]:
    places = {row.line.duty.pk: row.compared.row for row in rows if row.line is not None}
    said = [
        f"“{kept.file_name}”第{places[pk]}行：{reason}"
        for pk, reasons in sorted(refused.by_duty.items(), key=lambda item: places[item[0]])
        for reason in reasons
    ]
    return said or list(refused.reasons)


@transaction.atomic
def return_discard(*, actor: Actor, scope: Scope, return_id: int, today: date) -> SheetReturn:
    """Give a file up; it stays in the list with its name and who brought it."""
    if not scope.supervised:
        raise NotAllowed("只有督查员可以放弃回收的填报表。")
    kept = _waiting(return_id)
    kept.state = SheetReturn.State.DISCARDED
    kept.save(update_fields=["state"])
    record(
        actor=actor,
        today=today,
        act=Act(f"放弃回收的填报表“{kept.file_name}”", kept, about_agency=kept.agency),
    )
    return kept


def _waiting(pk: int) -> SheetReturn:
    """Locked, so that of two clicks the second finds what the first has done."""
    kept = (
        SheetReturn.objects.select_for_update(of=("self",))
        .select_related("agency", "file", "period")
        .get(pk=pk)
    )
    if kept.state != SheetReturn.State.READ:
        raise Conflict(f"“{kept.file_name}”已由{kept.by_name}处理（{kept.get_state_display()}）。")
    return kept
