"""The job of a report, step by step: what it sets, it sets in one transaction at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction
from django.utils import timezone

from apps.common.actor import Actor, System
from apps.common.errors import Refused
from apps.ops.beating import beating
from apps.ops.models import JobRun, StoredFile
from apps.ops.services import file_keep, job_done, job_heard
from apps.reports.body import Body
from apps.reports.figures.codec import to_json
from apps.reports.figures.computing import compute
from apps.reports.figures.kinds import Figures
from apps.reports.figures.sentences import parts_of
from apps.reports.models import QuarterlyReport, ReportPart
from apps.reports.papers.data import write_data
from apps.reports.papers.document import write_document
from apps.reports.papers.workbook import write_workbook
from apps.reports.selectors.reports import body_of, body_with
from apps.reports.selectors.snapshot import one_snapshot, read_facts
from apps.reports.services.asking import DRAFT, FINAL, ISSUE
from apps.reports.services.freezing import checksum_of
from apps.reports.services.held import FILES, State, locked, tell
from apps.reports.services.issuing import Imprint, imprint_reasons

# field of the report, what the page says, how it is written
WRITTEN: tuple[tuple[str, str, Callable[[Path, Body], None]], ...] = (
    ("document", "生成 .docx", write_document),
    ("workbook", "生成 .xlsx", write_workbook),
    ("data", "生成数据", write_data),
)
_TAKING = ("取数", "汇总", "起草")


@dataclass(slots=True)
class _Work:
    """A run on its way. `report` is as it was at the beginning; nobody changes it meanwhile."""

    run: JobRun
    report: QuarterlyReport
    today: date
    stages: tuple[str, ...]
    done: int = 0

    def heard(self) -> None:
        """The next stage begins. Raises Superseded and Cancelled."""
        stage, total = self.stages[self.done], len(self.stages)
        job_heard(run=self.run, stage=stage, done=self.done, total=total)
        self.done += 1

    @property
    def actor(self) -> Actor:
        """Who asked for it."""
        run = self.run
        return System(run.by_name, run.by_id, agency_name=run.wanted["agency"])


def report_make(*, run: JobRun, today: date) -> None:
    """What the run asks for. Raises Superseded, Cancelled, and Refused with a sentence."""
    step = run.wanted["step"]
    report = (
        QuarterlyReport.objects.select_related("period", "corrects")
        .filter(pk=run.wanted["report"])
        .first()
    )
    if report is None:
        raise Refused("这份报告已经不在了，没有可生成的。")
    writing = tuple(stage for _, stage, _ in WRITTEN)
    stages = (*_TAKING, *writing) if step == DRAFT else writing
    _STEPS[step](_Work(run, report, today, stages))


def _draft(work: _Work) -> None:
    report = work.report
    plans = list(report.plans.select_related("supervisor").order_by("pk"))
    work.heard()
    taken_at = timezone.now()
    with one_snapshot():
        facts = read_facts(plans=plans, period=report.period, today=work.today, genre=report.genre)
    work.heard()
    figures = compute(facts)
    work.heard()
    parts = _merged(report, figures)
    report.named_units = [code for code in figures.nameable if code in set(report.named_units)]
    kept = sum(part.text != part.generated for part in parts)
    with _files(work, body_with(report, figures, parts)) as made, _ending(work, State.DRAFT) as now:
        now.figures = to_json(figures)
        now.taken_at, now.taken_on = taken_at, work.today
        now.named_units = report.named_units
        _keep(now, made)
        now.save()
        _keep_parts(now, parts)
        counts: dict[str, tuple[object, object]] = {
            "数据截至": (None, facts.data_as_of),
            "任务总数": (None, figures.total),
        }
        reason = f"{kept} 个部分保留人工改写的文字" if kept else ""
        tell(now, work.actor, work.today, "取数起草", counts, reason)


def _final(work: _Work) -> None:
    work.report.state = State.FINAL
    with _files(work, body_of(work.report)) as made, _ending(work, State.DRAFT) as now:
        before = now.get_state_display()
        now.state = State.FINAL
        _keep(now, made)
        now.save()
        changes = {"状态": (before, now.get_state_display())}
        tell(now, work.actor, work.today, "转为送审稿", changes)


def _issue(work: _Work) -> None:
    report, wanted = work.report, work.run.wanted
    imprint = Imprint(wanted["number"], date.fromisoformat(wanted["issued_on"]))
    report.state = State.ISSUED
    report.number, report.issued_on = imprint.number, imprint.issued_on
    body = body_of(report)
    checksum = checksum_of(report.figures, body)
    with _files(work, body) as made, _ending(work, State.FINAL) as now:
        reasons = imprint_reasons(now, imprint, work.today)
        if reasons:
            raise Refused(*reasons)
        before = now.get_state_display()
        now.state = State.ISSUED
        now.number, now.issued_on = imprint.number, imprint.issued_on
        now.issued_by, now.checksum = work.run.by_name, checksum
        _keep(now, made)
        now.save()
        changes: dict[str, tuple[object, object]] = {
            "状态": (before, now.get_state_display()),
            "文号": (None, now.number),
            "印发日期": (None, now.issued_on),
            "校验码": (None, checksum),
        }
        tell(now, work.actor, work.today, "印发", changes)


_STEPS: dict[str, Callable[[_Work], None]] = {DRAFT: _draft, FINAL: _final, ISSUE: _issue}


@contextmanager
def _ending(work: _Work, state: str) -> Iterator[QuarterlyReport]:
    """One transaction with the report held and the job ended: all of it or nothing.

    Raises Superseded and Cancelled; Refused where the report is not what the files were made of.
    """
    with transaction.atomic():
        now = locked(work.report.pk)
        if now is None or now.state != state or now.version != work.report.version:
            raise Refused("生成期间这份报告有改动，没有保存。请看最新内容后重新生成。")
        now.version += 1
        yield now
        job_done(run=work.run, result=None)


@contextmanager
def _files(work: _Work, body: Body) -> Iterator[dict[str, Path]]:
    """The three files, by field of the report, until they are kept."""
    with TemporaryDirectory() as folder:
        made = {}
        for field, _, write in WRITTEN:
            work.heard()
            made[field] = Path(folder) / field
            # a large annex takes minutes
            with beating(work.run):
                write(made[field], body)
        yield made


def _keep(report: QuarterlyReport, made: dict[str, Path]) -> None:
    kept: dict[str, StoredFile] = {}
    with ExitStack() as stack:
        for field in FILES:
            kept[field] = file_keep(source=stack.enter_context(made[field].open("rb")))
    report.document, report.workbook, report.data = (kept[field] for field in FILES)


def _merged(report: QuarterlyReport, figures: Figures) -> list[ReportPart]:
    """Generated anew; what a person wrote instead stays beside it."""
    known = {part.key: part for part in report.parts.all()}
    merged = []
    for position, made in enumerate(parts_of(figures, report.genre), start=1):
        part = known.get(made.key) or ReportPart(
            report=report, key=made.key, generated="", text="", version=0
        )
        if part.text == part.generated:
            part.text = made.text
        part.position, part.heading, part.generated = position, made.heading, made.text
        part.version += 1
        merged.append(part)
    return merged


def _keep_parts(report: QuarterlyReport, parts: list[ReportPart]) -> None:
    """Parts that this genre or these figures have no more are gone."""
    report.parts.exclude(pk__in=[part.pk for part in parts if part.pk]).delete()
    ReportPart.objects.bulk_update(
        [part for part in parts if part.pk],
        ["position", "heading", "generated", "text", "version"],
    )
    ReportPart.objects.bulk_create(part for part in parts if not part.pk)
