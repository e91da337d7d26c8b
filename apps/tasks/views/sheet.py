"""一表填报: the page on which a unit fills in, and signs, all that it owes for a period."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import NoReturn

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.agencies.models import Agency
from apps.audit.services import record_refusal
from apps.common.errors import NotAllowed, Refused
from apps.plans.models import Period
from apps.tasks import sheet_fields
from apps.tasks.assessments import Assessment
from apps.tasks.models import Progress
from apps.tasks.selectors.filling import step_at
from apps.tasks.selectors.openings import following_period
from apps.tasks.selectors.sheet import (
    Sheet,
    Wanted,
    sheet,
    sheet_due,
    sheet_periods,
    sheet_units,
)
from apps.tasks.services.sheet_drafts import Typed, drafts_save
from apps.tasks.services.submitting import Entry, RowsRefused, progress_submit
from apps.tasks.sheet_fields import Fields
from apps.tasks.sheet_lines import Lack, SheetLine, SheetPage
from apps.tasks.views.plans import deny, person
from apps.tasks.views.rows import Reader, reader_of

_ACTION = "一表填报"
OTHER_ACCOUNT = gettext_lazy("本页是用另一个账号打开的，没有保存。请用原来的账号登录后再填。")


@dataclass(frozen=True, slots=True)
class Desk:
    """Who sits before which unit's sheet; `units`: all that this person fills in or signs for."""

    reader: Reader
    units: tuple[Agency, ...]
    unit: Agency
    code: str

    @property
    def fills(self) -> bool:
        return self.unit.pk in self.reader.scope.rights.reporter_of

    @property
    def signs(self) -> bool:
        return self.unit.pk in self.reader.scope.rights.approver_of

    @property
    def address(self) -> str:
        return f"{reverse('progress:sheet', args=[self.code])}?unit={self.unit.pk}"


def desk_of(request: HttpRequest, code: str = "") -> Desk:
    """404 for those who neither fill in nor sign, and for a unit that is not theirs."""
    reader = reader_of(request)
    units = sheet_units(reader.scope)
    wanted = request.POST.get("unit") or request.GET.get("unit") or ""
    found = [unit for unit in units if not wanted or str(unit.pk) == wanted]
    if not found:
        raise Http404
    return Desk(reader, tuple(units), found[0], code)


def sheet_of(request: HttpRequest, desk: Desk, also: frozenset[int] = frozenset()) -> Sheet | None:
    """The sheet as it is now. `also`: duties that somebody has before them, settled or not."""
    wanted = Wanted(desk.unit, desk.code, person(request), desk.reader.today, also)
    return sheet(wanted, desk.reader.scope)


@require_safe
def sheet_current(request: HttpRequest) -> HttpResponse:
    """The open period of one's units that is due next, or what comes after it."""
    desk = desk_of(request)
    period = sheet_due([unit.pk for unit in desk.units], desk.reader.today)
    return redirect("progress:sheet", period.code) if period else _nothing(request, desk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sheet_page(request: HttpRequest, code: str) -> HttpResponse:
    """All rows of a unit and period: to fill in, or for its approver to sign."""
    desk = desk_of(request, code)
    if not Period.objects.filter(code=code).exists():
        raise Http404
    if request.method == "POST":
        return _received(request, desk)
    found = sheet_of(request, desk)
    return _nothing(request, desk) if found is None else _page(request, desk, SheetPage(found))


def _nothing(request: HttpRequest, desk: Desk) -> HttpResponse:
    following = following_period([unit.pk for unit in desk.units], desk.reader.today)
    context = {"following": following, "period": Period.objects.filter(code=desk.code).first()}
    return render(request, "tasks/sheet_none.html", context)


def _page(
    request: HttpRequest, desk: Desk, page: SheetPage, status: int = HTTPStatus.OK
) -> HttpResponse:
    today, found = desk.reader.today, page.sheet
    fills = desk.fills and not (desk.signs and request.GET.get("as") == "sign")
    waiting = [line for line in page.lines if _waits(line, desk)]
    days_left = (found.cut_off - today).days
    context = {
        "page": page,
        "sheet": found,
        "units": desk.units,
        "unit": desk.unit,
        "today": today,
        "days_left": days_left,
        "days_over": -days_left,
        "other_periods": [
            each for each in sheet_periods([desk.unit.pk]) if each.code != found.period.code
        ],
        "fills": fills,
        "signs": desk.signs,
        "waiting": waiting,
        "post": _post(found, waiting),
        "assessments": Assessment.choices(),
        "reasons": Progress.Unchanged.choices,
        "sources": [row.task for row in found.rows if row.editable and row.same_as is None],
    }
    return render(request, "tasks/sheet.html", context, status=status)


def _waits(line: SheetLine, desk: Desk) -> bool:
    progress = line.row.progress
    return (
        progress is not None
        and progress.state == Progress.State.SIGNING
        and desk.reader.scope.may_sign(progress)
    )


def _post(found: Sheet, waiting: list[SheetLine]) -> str:
    """At which step of the unit's sign-off these wait, where it has several."""
    if len(found.steps) < 2 or not waiting:  # noqa: PLR2004  # one step needs no name
        return ""
    progress = waiting[0].row.progress
    return step_at(found.steps, progress.sign_step).post if progress else ""


# What is sent


def _received(request: HttpRequest, desk: Desk) -> HttpResponse:
    if is_of_another_account(request):
        messages.error(request, OTHER_ACCOUNT)
        return redirect(desk.address)
    found = kept_sheet(request, desk)
    if request.POST.get("action") != "submit":
        messages.success(request, _("已暂存。"))
        return redirect(desk.address)
    sent = _sent(request, found)
    before = SheetPage(found)
    refused = _submit(request, desk, before)
    done = len(before.to_send) - len(refused) - len(before.conflicts)
    after = sheet_of(request, desk, frozenset(sent))
    assert after is not None, "what was shown also once it is settled does not go away"
    page = SheetPage(after, refused, sent)
    if done > 0:
        waits = _("待单位审签") if found.steps else _("待审核")
        messages.success(
            request, _("已提交 %(many)d 项，%(waits)s。") % {"many": done, "waits": waits}
        )
    return _answer(request, desk, page, done)


def _answer(request: HttpRequest, desk: Desk, page: SheetPage, done: int) -> HttpResponse:
    """Back to the page; with what is wrong on it where something was begun and is not done."""
    wrong = any(line.wrong or line.conflict or _came_too_late(line, page) for line in page.lines)
    if page.conflicts:
        numbers = "、".join(line.row.task.number for line in page.conflicts)
        messages.error(
            request,
            _("第 %s 项在您填写时有了变动，没有提交；您写的没有丢，两份都列在该项下面。") % numbers,
        )
    if page.lacks:
        (messages.error if wrong else messages.warning)(request, lacking(page))
    elif not done and not wrong:
        messages.warning(request, _("没有新填或改过的项，没有提交。"))
    if not wrong:
        return redirect(desk.address)
    return _page(request, desk, page, HTTPStatus.UNPROCESSABLE_ENTITY)


def _came_too_late(line: SheetLine, page: SheetPage) -> bool:
    return line.leftover is not None and line.row.duty.pk in page.sent


def lacking(page: SheetPage) -> SafeString:
    """还差：第 12 项 下一步措施、第 38 项, each leading to its field."""
    links = ((lack.field, _name(lack)) for lack in page.lacks)
    named = format_html_join("、", '<a href="#{}">{}</a>', links)
    more = _("，另有 %d 处") % page.lacks_more if page.lacks_more else ""
    return format_html("{}{}{}。", _("还差："), named, more)


def _name(lack: Lack) -> str:
    return f"{lack.row} {lack.label}".strip()


def is_of_another_account(request: HttpRequest) -> bool:
    """Somebody else has logged in since the page was opened: nothing is done in their name."""
    return request.POST.get("person") not in {None, str(person(request).pk)}


def kept_sheet(request: HttpRequest, desk: Desk) -> Sheet:
    """First of all everything that was typed is kept; then the sheet is read with it.

    403 for those who only sign; 404, recorded, for a row of another unit, and nothing is kept.
    """
    if not desk.fills:
        deny(
            request,
            desk.reader,
            ("agency", str(desk.unit.pk)),
            _ACTION,
            _("只有本单位填报员可以填报。"),
        )
    named = sheet_fields.duties_named(request.POST)
    found = sheet_of(request, desk, frozenset(named))
    foreign = named - {row.duty.pk for row in found.rows} if found else named
    if found is None or foreign:
        refuse_rows(request, desk, foreign)
    typed, dropped = {}, set()
    for row in found.rows:
        pk = row.duty.pk
        if pk not in named or not row.editable:
            continue
        fields = sheet_fields.posted(request.POST, pk)
        if sheet_fields.touched(request.POST, pk, sheet_fields.of_progress(row.progress)):
            typed[pk] = Typed(fields, sheet_fields.posted_version(request.POST, pk))
        elif row.draft is not None:
            dropped.add(pk)
    drafts_save(
        actor_user=person(request),
        scope=desk.reader.scope,
        typed=typed,
        dropped=dropped,
        now=timezone.now(),
    )
    again = sheet_of(request, desk, frozenset(named))
    assert again is not None, "it was there a moment ago, and duties are never deleted"
    return again


def refuse_rows(request: HttpRequest, desk: Desk, duty_ids: set[int]) -> NoReturn:
    """404: what one may not see is not there. Recorded, as somebody asked for it (D18)."""
    record_refusal(
        actor=person(request),
        today=desk.reader.today,
        action=_ACTION,
        about=("duty", "、".join(map(str, sorted(duty_ids)[:10]))),
        reason="表里有不是本单位应报的项",
    )
    raise Http404


def _sent(request: HttpRequest, found: Sheet) -> dict[int, Fields]:
    named = sheet_fields.duties_named(request.POST)
    return {
        row.duty.pk: sheet_fields.posted(request.POST, row.duty.pk)
        for row in found.rows
        if row.duty.pk in named
        and sheet_fields.touched(request.POST, row.duty.pk, sheet_fields.of_progress(row.progress))
    }


def _submit(request: HttpRequest, desk: Desk, page: SheetPage) -> dict[int, tuple[str, ...]]:
    """Hand in all that is complete; what somebody else was faster with is left out.

    All of it in one transaction: refused rows are taken out, and the others sent again together.
    """
    entries = {line.row.duty.pk: _entry(line) for line in page.to_send if not line.conflict}
    refused: dict[int, tuple[str, ...]] = {}
    while entries:
        try:
            progress_submit(
                actor=person(request),
                scope=desk.reader.scope,
                entries=list(entries.values()),
                today=desk.reader.today,
            )
        except RowsRefused as said:
            for pk, reasons in said.by_duty.items():
                # a conflict is seen from the versions when the sheet is read again
                refused[pk] = () if pk in said.conflicts else reasons
                entries.pop(pk, None)
        except NotAllowed as said:
            about = ("agency", str(desk.unit.pk))
            deny(request, desk.reader, about, _ACTION, said.reasons[0])
        except Refused as said:
            refused |= dict.fromkeys(entries, said.reasons)
            break
        else:
            break
    return refused


def _entry(line: SheetLine) -> Entry:
    draft = line.row.draft
    seen = draft.seen_version if draft and line.changed else line.row.version
    return Entry(line.row.duty.pk, line.reading.content, seen)
