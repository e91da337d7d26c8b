"""A report is asked for, drafted by its job, cancelled, taken anew."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from apps.audit.models import Entry
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.ops.models import JobRun
from apps.ops.services import Cancelled, file_bytes, job_cancel, job_claim, job_done, job_heard
from apps.plans.models import Plan
from apps.reports.figures.codec import from_json
from apps.reports.models import QuarterlyReport, ReportPart
from apps.reports.selectors.reports import REPORT_JOB, last_run, reports_visible
from apps.reports.services import asking, making
from apps.reports.services.asking import Wish, report_ask, report_refresh
from apps.reports.services.editing import PartEdit, RowEdit, part_edit, row_text_edit, units_name
from apps.reports.services.issuing import report_finalise, report_job_cancel
from apps.reports.services.making import report_make
from apps.tasks.jobs import run_job
from apps.tasks.models import Progress
from tests.builders import TODAY, make_line, make_member, make_plan
from tests.reports.report_cast import Cast, done, drafted, finalised, issued, make_cast
from tests.tasks.returned_sheets import client_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_papers")]


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def acts(report: QuarterlyReport) -> list[str]:
    entries = Entry.objects.filter(object_type="quarterlyreport", object_id=str(report.pk))
    return list(entries.order_by("chain_no").values_list("action", flat=True))


def test_a_draft_has_figures_texts_and_files(cast: Cast) -> None:
    report = drafted(cast)
    figures = from_json(report.figures)
    assert (figures.total, figures.owed, figures.missing) == (2, 3, 1)
    assert (report.state, report.taken_on, report.version) == ("draft", TODAY, 2)
    assert report.title == "贯彻落实《关于加快发展的实施方案》2020年上半年进展情况的报告"
    assert (report.addressee, report.signatory) == ("省人民政府", "广东省发展和改革委员会")
    assert report.parts.count() > 5
    assert all(part.text == part.generated for part in report.parts.all())
    for kept, name in ((report.document, "document"), (report.workbook, "workbook")):
        assert kept is not None
        assert file_bytes(kept).decode().startswith(f"{name} 草稿")
    run = last_run(report)
    assert run is not None
    assert (run.state, run.done, run.total, run.stage) == ("done", 6, 6, "生成数据")
    assert acts(report) == ["起草报告", "取数起草"]


def test_its_stages_are_told_one_after_the_other(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, int, int]] = []

    def heard(*, run: JobRun, stage: str, done: int, total: int) -> None:
        told.append((stage, done, total))
        job_heard(run=run, stage=stage, done=done, total=total)

    monkeypatch.setattr(making, "job_heard", heard)
    drafted(cast)
    names = ["取数", "汇总", "起草", "生成 .docx", "生成 .xlsx", "生成数据"]
    assert told == [(name, place, 6) for place, name in enumerate(names)]


def test_who_asks_second_finds_the_first(cast: Cast) -> None:
    report, run = report_ask(**cast.by(), wish=cast.wish)
    assert report_ask(**cast.by(), wish=cast.wish) == (report, run)
    done(run)
    assert report_ask(**cast.by(), wish=cast.wish) == (report, run)
    assert QuarterlyReport.objects.count() == JobRun.objects.count() == 1
    bulletin, _ = report_ask(**cast.by(), wish=replace(cast.wish, genre="bulletin"))
    assert bulletin != report
    assert (bulletin.addressee, bulletin.title[-2:]) == ("各有关单位", "通报")


def test_the_database_holds_one_open_report_of_a_kind(cast: Cast) -> None:
    report = drafted(cast)
    with pytest.raises(IntegrityError, match="reports_report_open_once"), transaction.atomic():
        QuarterlyReport.objects.create(
            period=report.period, scope=report.scope, genre=report.genre, title="又一份",
            made_by="某人", made_on=TODAY,
        )  # fmt: skip


def test_of_two_who_ask_at_once_the_second_finds_the_first(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, run = report_ask(**cast.by(), wish=cast.wish)
    looked: list[Wish] = []

    def late(wish: Wish) -> QuarterlyReport | None:
        """The first look comes before the other's commit."""
        looked.append(wish)
        return found(wish) if len(looked) > 1 else None

    found = asking._open
    monkeypatch.setattr(asking, "_open", late)
    assert report_ask(**cast.by(), wish=cast.wish) == (first, run)
    assert (len(looked), QuarterlyReport.objects.count(), acts(first)) == (2, 1, ["起草报告"])


def test_a_job_that_failed_is_asked_for_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise ZeroDivisionError

    report, run = report_ask(**cast.by(), wish=cast.wish)
    with monkeypatch.context() as away:
        away.setattr(making, "read_facts", broken)
        run_job(run.pk)
    run.refresh_from_db()
    assert (run.state, run.error[:5]) == ("failed", "处理中出错")
    again, other = report_ask(**cast.by(), wish=cast.wish)
    assert (again, other == run) == (report, False)
    run_job(other.pk)
    report.refresh_from_db()
    assert report.figures


def test_what_cannot_be_reported_on_is_refused_by_name(cast: Cast) -> None:
    foreign = make_plan("upper", short_title="国家规划", relation="upper", supervisor=None)
    unopened = make_plan("young", short_title="新方案")
    wish = replace(cast.wish, plans=[cast.plan, foreign, unopened])
    with pytest.raises(Refused) as caught:
        report_ask(**cast.by(), wish=wish)
    assert caught.value.reasons == (
        "“国家规划”不是本级督办的任务来源，不进入报告。",
        "“新方案”没有开启过2020年上半年，没有可报告的数据。",
    )
    for wrong, said in (
        (replace(cast.wish, plans=[]), "没有选中"),
        (replace(cast.wish, genre="letter"), "没有这个文种"),
        (replace(cast.wish, corrects=QuarterlyReport(pk=1)), "要更正的报告没有印发"),
    ):
        with pytest.raises(Refused, match=said):
            report_ask(**cast.by(), wish=wrong)
    assert not QuarterlyReport.objects.exists()
    assert not JobRun.objects.exists()


def test_only_who_supervises_every_plan_may_ask(cast: Cast) -> None:
    theirs = make_plan("theirs", line=make_line("theirs"))
    mixed = replace(cast.wish, plans=[cast.plan, theirs])
    for user, wish in ((cast.leader, cast.wish), (cast.supervisor, mixed)):
        with pytest.raises(NotAllowed, match="只有督办所选全部"):
            report_ask(**cast.by(user), wish=wish)
    assert not QuarterlyReport.objects.exists()


def test_who_sees_which_report(cast: Cast) -> None:
    theirs = make_line("theirs")
    stranger = make_member(cast.unit, "supervisor", lines=[theirs])
    reporter = make_member(cast.unit, "reporter")

    def seen(user: object) -> int:
        return reports_visible(cast.by(user)["scope"]).count()  # type: ignore[arg-type]  # a User

    report = drafted(cast)
    people = (cast.supervisor, cast.leader, stranger, reporter)
    assert [seen(user) for user in people] == [1, 0, 0, 0]
    done(report_finalise(**cast.by(), report_id=report.pk, seen_version=report.version))
    assert [seen(user) for user in people] == [1, 1, 0, 0]
    # a plan beside it that they do not oversee takes the whole report from their sight
    report.plans.add(make_plan("theirs", line=theirs))
    assert [seen(user) for user in people] == [0, 0, 0, 0]


def test_after_it_is_issued_only_a_correction_is_possible(cast: Cast) -> None:
    first = issued(cast)
    with pytest.raises(Refused, match=r"已经印发（粤发改督〔2020〕12号）.*更正"):
        report_ask(**cast.by(), wish=cast.wish)
    again = replace(cast.wish, corrects=first)
    second, run = report_ask(**cast.by(), wish=again)
    assert second.corrects == first
    done(run)
    # a second wish for the same correction finds it, and so does a plain one
    assert report_ask(**cast.by(), wish=again)[0] == second
    assert report_ask(**cast.by(), wish=cast.wish)[0] == second
    corrected = issued(cast, again, number="粤发改督〔2020〕13号")
    with pytest.raises(Refused, match="之后又印发了一份（粤发改督〔2020〕13号）"):
        report_ask(**cast.by(), wish=again)
    third, _ = report_ask(**cast.by(), wish=replace(cast.wish, corrects=corrected))
    assert third.corrects == corrected
    # the first is corrected by nobody any more, also while the third is at work
    with pytest.raises(Refused, match="正在更正的是最新的一份"):
        report_ask(**cast.by(), wish=again)


def test_what_is_not_issued_is_not_corrected(cast: Cast) -> None:
    report = drafted(cast)
    with pytest.raises(Refused, match="没有印发的直接改"):
        report_ask(**cast.by(), wish=replace(cast.wish, corrects=report))


def test_figures_taken_anew_keep_what_people_wrote(cast: Cast) -> None:
    report = drafted(cast)
    kept = {part.key: part for part in report.parts.all()}
    part_edit(
        **cast.by(), report_id=report.pk, seen_version=1, edit=PartEdit("closing", "请审阅。")
    )
    row_text_edit(
        **cast.by(), report_id=report.pk, seen_version=0, edit=RowEdit(cast.tasks[0].pk, "改写。")
    )
    report.refresh_from_db()
    ticked = units_name(
        **cast.by(), report_id=report.pk, seen_version=report.version, codes=[cast.silent.code]
    )
    Progress.objects.filter(duty=cast.duties[1]).update(
        judgement="behind", problems="缺钱", text="还没办成。"
    )
    silent = cast.tasks[0].duties.get(agency=cast.silent)
    Progress.objects.create(
        duty=silent, text="迟了。", self_assessment="normal", state="submitted",
        first_submitted_on=TODAY, submitted_on=TODAY, delivered_on=TODAY, counted_on=TODAY,
        submitted_by="某人",
    )  # fmt: skip
    run = report_refresh(**cast.by(), report_id=report.pk, seen_version=ticked.version)
    again = done(run, TODAY + timedelta(days=1))
    assert from_json(again.figures).missing == 0
    assert again.taken_on == TODAY + timedelta(days=1)
    # nobody is missing any more, so nobody is named
    assert again.named_units == []
    parts = {part.key: part for part in again.parts.all()}
    assert parts["closing"].text == "请审阅。"
    assert parts["closing"].generated == kept["closing"].generated
    assert parts["overall"].text == parts["overall"].generated != kept["overall"].text
    assert again.texts.get().text == "改写。"
    assert (
        "1 个部分保留人工改写的文字" in Entry.objects.filter(action="取数起草").latest("pk").reason
    )


def test_only_a_draft_is_taken_anew_and_only_as_it_was_seen(cast: Cast) -> None:
    report = drafted(cast)
    seen = report.version
    with pytest.raises(Conflict, match="在您打开后有改动"):
        report_refresh(**cast.by(), report_id=report.pk, seen_version=seen - 1)
    with pytest.raises(NotAllowed):
        report_refresh(**cast.by(cast.leader), report_id=report.pk, seen_version=seen)
    with pytest.raises(NotAllowed):
        report_refresh(**cast.by(), report_id=report.pk + 1, seen_version=seen)
    report = finalised(cast)
    with pytest.raises(Refused, match="现在是“送审稿”，只有“草稿”"):
        report_refresh(**cast.by(), report_id=report.pk, seen_version=report.version)


def test_a_first_draft_that_is_cancelled_is_discarded(cast: Cast) -> None:
    report, run = report_ask(**cast.by(), wish=cast.wish)
    with pytest.raises(NotAllowed):
        report_job_cancel(**cast.by(cast.leader), report_id=report.pk)
    report_job_cancel(**cast.by(), report_id=report.pk)
    report.refresh_from_db()
    run.refresh_from_db()
    assert (report.state, run.state, run.cancelled_by) == ("discarded", "cancelled", "某人")
    assert acts(report) == ["起草报告", "取消生成报告", "作废报告"]
    # a delivery that comes now finds nothing to do, and another report may be asked for
    run_job(run.pk)
    assert not QuarterlyReport.objects.exclude(figures={}).exists()
    assert report_ask(**cast.by(), wish=cast.wish)[0] != report
    with pytest.raises(Refused, match="没有正在生成的内容"):
        report_job_cancel(**cast.by(), report_id=report.pk)


@pytest.mark.parametrize("stage", ["取数", "起草", "生成数据", "the end"])
def test_a_refresh_that_is_cancelled_leaves_the_report_as_it_was(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    report = drafted(cast)
    before = QuarterlyReport.objects.filter(pk=report.pk).values().get()
    parts = list(ReportPart.objects.order_by("pk").values())
    Progress.objects.filter(duty=cast.duties[1]).update(judgement="behind")
    run = report_refresh(**cast.by(), report_id=report.pk, seen_version=report.version)

    def heard(*, run: JobRun, stage: str, **far: int) -> None:
        if stage == wanted:
            report_job_cancel(**cast.by(), report_id=report.pk)
        job_heard(run=run, stage=stage, **far)

    def ended(**end: object) -> None:
        if wanted == "the end":
            report_job_cancel(**cast.by(), report_id=report.pk)
        job_done(**end)  # type: ignore[arg-type]  # as it was called

    wanted = stage
    monkeypatch.setattr(making, "job_heard", heard)
    monkeypatch.setattr(making, "job_done", ended)
    claimed = job_claim(run.pk)
    assert claimed is not None
    with pytest.raises(Cancelled), transaction.atomic():
        report_make(run=claimed, today=TODAY)
    assert QuarterlyReport.objects.filter(pk=report.pk).values().get() == before
    assert list(ReportPart.objects.order_by("pk").values()) == parts


def test_nothing_is_changed_while_a_job_is_at_it(cast: Cast) -> None:
    report = drafted(cast)
    by = {**cast.by(), "report_id": report.pk, "seen_version": report.version}
    report_refresh(**by)
    with pytest.raises(Refused, match="正在生成"):
        report_refresh(**by)
    with pytest.raises(Refused, match="正在生成"):
        report_finalise(**by)
    with pytest.raises(Refused, match="正在生成"):
        part_edit(**{**by, "seen_version": 1}, edit=PartEdit("closing", "完。"))
    assert JobRun.objects.filter(kind=REPORT_JOB).count() == 2


def test_a_report_that_changed_under_the_job_is_not_overwritten(cast: Cast) -> None:
    report = drafted(cast)
    run = report_refresh(**cast.by(), report_id=report.pk, seen_version=report.version)
    claimed = job_claim(run.pk)
    assert claimed is not None

    # by hand in the database: the services refuse it
    QuarterlyReport.objects.filter(pk=report.pk).update(version=99)
    report_make(run=claimed, today=TODAY)
    report.refresh_from_db()
    assert report.version == 100


def test_a_run_is_cancelled_once_and_not_after_its_end(cast: Cast) -> None:
    _, run = report_ask(**cast.by(), wish=cast.wish)
    job_cancel(run=run, actor=cast.supervisor)
    with pytest.raises(Refused, match="已经结束"):
        job_cancel(run=run, actor=cast.supervisor)
    assert job_claim(run.pk) is None
    # asked for again, it is a new wish
    other = report_ask(**cast.by(), wish=cast.wish)[1]
    assert other != run


class TestPage:
    """The job's own page, where it can be cancelled."""

    def test_it_offers_to_cancel_and_says_who_did(self, cast: Cast) -> None:
        client = client_of(cast.supervisor)
        report, run = report_ask(**cast.by(), wish=cast.wish)
        address = reverse("jobs:detail", args=[run.pk])
        cancel = reverse("jobs:cancel", args=[run.pk])
        page = client.get(address).content.decode()
        assert "生成报告草稿" in page
        assert cancel in page
        answer = client.post(cancel, follow=True)
        assert "已由某人取消" in answer.content.decode()
        assert cancel not in answer.content.decode()
        report.refresh_from_db()
        assert report.state == "discarded"
        assert "已经结束，没有可以取消的了" in client.post(cancel, follow=True).content.decode()

    def test_nobody_else_cancels_it(self, cast: Cast) -> None:
        _, run = report_ask(**cast.by(), wish=cast.wish)
        cancel = reverse("jobs:cancel", args=[run.pk])
        for user in (cast.leader, make_member(cast.unit, "reporter")):
            assert client_of(user).post(cancel).status_code == 404
        assert Client().post(cancel).status_code == 302
        assert client_of(cast.supervisor).get(cancel).status_code == 405
        run.refresh_from_db()
        assert run.is_open

    def test_it_leads_to_the_report(self, cast: Cast) -> None:
        report = drafted(cast)
        run = last_run(report)
        assert run is not None
        page = client_of(cast.supervisor).get(reverse("jobs:detail", args=[run.pk]))
        assert reverse("reports:detail", args=[report.pk]) in page.content.decode()


def test_what_is_kept_of_a_wish_is_what_the_job_needs(cast: Cast) -> None:
    report, run = report_ask(**cast.by(), wish=cast.wish)
    assert json.loads(json.dumps(run.wanted)) == {
        "report": report.pk, "step": "draft", "period": "2020Q2",
        "plans": [Plan.objects.get().pk], "agency": "省发展改革委",
    }  # fmt: skip
    assert (run.by_name, run.by_id) == ("某人", str(cast.supervisor.actor_id))
