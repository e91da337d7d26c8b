"""`quarterly_report`, as scripts rely on it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.audit.models import Entry
from apps.ops.models import Installation, JobRun
from apps.ops.services import file_bytes, job_claim
from apps.reports.models import QuarterlyReport
from apps.reports.services.asking import report_ask
from apps.tasks.models import Progress
from tests.builders import make_line, make_plan, make_plan_period
from tests.reports.report_cast import CUT_OFF, Cast, finalised, issued, make_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def answer(capsys: Any, folder: Path, *arguments: str) -> dict[str, Any]:
    call_command(
        "quarterly_report", "2020Q2", "--output", str(folder), "--format", "json", *arguments
    )
    answered: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answered


def refused(*arguments: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as caught:
        call_command("quarterly_report", *arguments)
    return caught.value.returncode, str(caught.value)


@pytest.mark.usefixtures("cast")
def test_it_writes_a_draft_in_three_forms(tmp_path: Path, capsys: Any) -> None:
    folder = tmp_path / "new" / "folder"
    found = answer(capsys, folder)
    report = QuarterlyReport.objects.get()
    assert found == {
        "report": report.pk,
        "period": "2020Q2",
        "name": "2020年上半年",
        "plans": ["impl"],
        "genre": "report",
        "state": "draft",
        "title": report.title,
        "number": "",
        "data_as_of": "2020-06-30",
        "taken_on": "2020-10-12",
        "total": 2,
        "classes": {**found["classes"], "normal": 2},
        "overdue": 0,
        "owed": 3,
        "delivered": 2,
        "late": 0,
        "missing": 1,
        "unreported_units": ["省教育厅"],
        "naming": "",
        "files": {
            kind: str(folder / f"2020Q2_impl_report{ending}")
            for kind, ending in (("document", ".docx"), ("workbook", ".xlsx"), ("data", ".json"))
        },
    }
    assert sum(found["classes"].values()) == 2
    for name in ("document", "workbook"):
        assert Path(found["files"][name]).read_bytes().startswith(b"PK")
    assert json.loads(Path(found["files"]["data"]).read_text(encoding="utf-8"))
    who = Entry.objects.filter(object_type="quarterlyreport").values_list("actor_name", flat=True)
    assert set(who) == {"系统（命令行）"}


def test_a_second_run_takes_the_figures_of_the_same_draft_anew(
    cast: Cast, tmp_path: Path, capsys: Any
) -> None:
    first = answer(capsys, tmp_path)
    same = answer(capsys, tmp_path)
    assert same == first
    Progress.objects.filter(duty=cast.duties[0]).update(judgement="behind")
    second = answer(capsys, tmp_path)
    assert (second["report"], second["classes"]["behind"]) == (first["report"], 1)
    assert QuarterlyReport.objects.count() == 1


@pytest.mark.usefixtures("plain_papers")
class TestContract:
    """What is not about papers."""

    @pytest.mark.usefixtures("cast")
    def test_before_the_cut_off_nobody_is_named(self, tmp_path: Path, capsys: Any) -> None:
        Installation.objects.update(business_date=CUT_OFF)
        found = answer(capsys, tmp_path)
        assert found["naming"] == "截止日未到（2020年7月20日），不列未按时报送单位。"
        assert (found["missing"], found["unreported_units"]) == (1, [])
        call_command("quarterly_report", "2020Q2", "--output", str(tmp_path))
        said = capsys.readouterr().out
        assert "截止日未到" in said
        assert "省教育厅" not in said

    @pytest.mark.usefixtures("cast")
    def test_of_plans_with_different_cut_offs_only_who_is_late_is_named(
        self, tmp_path: Path, capsys: Any
    ) -> None:
        make_plan_period(make_plan("second"), "2020Q2", date(2020, 10, 31))
        found = answer(capsys, tmp_path)
        assert found["plans"] == ["impl", "second"]
        assert found["unreported_units"] == ["省教育厅"]
        assert found["naming"] == (
            "部分任务来源截止日未到（最晚2020年10月31日），相应单位不列入未按时报送单位。"
        )

    @pytest.mark.usefixtures("cast")
    def test_it_says_to_people_what_it_counted(self, tmp_path: Path, capsys: Any) -> None:
        call_command("quarterly_report", "2020Q2", "--output", str(tmp_path), "--genre", "bulletin")
        said = capsys.readouterr().out
        assert "任务 2 项：正常推进 2。逾期 0 项。" in said
        assert "应报 3 份，已报 2 份（其中迟报 0 份），未报 1 份。" in said
        assert "省教育厅（由督查员勾选）" in said
        assert str(tmp_path / "2020Q2_impl_bulletin.docx") in said

    def test_plans_are_named_or_all_of_ours(self, cast: Cast, tmp_path: Path, capsys: Any) -> None:
        second = make_plan("second", line=make_line("theirs"))
        make_plan_period(second, "2020Q2", date(2020, 7, 31))
        make_plan("unopened")
        make_plan("upper", relation="upper")
        both = answer(capsys, tmp_path)
        assert both["plans"] == ["impl", "second"]
        assert both["files"]["data"].endswith("2020Q2_impl+second_report.json")
        one = answer(capsys, tmp_path, "--plan", "second")
        assert one["plans"] == ["second"]
        two = answer(capsys, tmp_path, "--plan", "second", "--plan", "impl")
        assert two["report"] == both["report"]
        # whoever acts in a person's name reports on that person's plans
        mine = answer(capsys, tmp_path, "--as", cast.supervisor.username)
        assert mine["plans"] == ["impl"]

    def test_it_never_issues_and_leaves_what_is_closed_alone(
        self, cast: Cast, tmp_path: Path, capsys: Any
    ) -> None:
        final = finalised(cast)
        Progress.objects.filter(duty=cast.duties[0]).update(judgement="behind")
        found = answer(capsys, tmp_path)
        assert (found["state"], found["classes"]["behind"]) == ("final", 0)
        assert QuarterlyReport.objects.get().version == final.version
        bulletin = issued(cast, replace(cast.wish, genre="bulletin"))
        found = answer(capsys, tmp_path, "--genre", "bulletin")
        assert (found["state"], found["number"]) == ("issued", bulletin.number)
        assert bulletin.document is not None
        written = Path(found["files"]["document"]).read_bytes()
        assert written == file_bytes(bulletin.document)

    def test_refusals_and_misuse_have_their_codes(self, cast: Cast, tmp_path: Path) -> None:
        out = ("--output", str(tmp_path))
        assert refused("2020Q1", *out) == (
            1, "没有任务来源开启过2020年一季度，没有可报告的数据。",
        )  # fmt: skip
        make_plan("young", short_title="新方案")
        assert refused("2020Q2", "--plan", "young", *out) == (
            1, "“新方案”没有开启过2020年上半年，没有可报告的数据。",
        )  # fmt: skip
        assert refused("2020Q5", *out)[0] == 2
        assert refused("2020Q2", "--plan", "nobody", *out) == (
            2, "没有代码为“nobody”的任务来源，请核对 --plan。",
        )  # fmt: skip
        assert refused("2020Q2", "--as", "nobody", *out)[0] == 2
        file = tmp_path / "file"
        file.write_text("")
        assert refused("2020Q2", "--output", str(file))[0] == 2
        assert not QuarterlyReport.objects.exists()
        code, said = refused("2020Q2", "--as", cast.leader.username, *out)
        assert (code, said) == (1, "只有督办所选全部任务来源的督查员可以生成报告。")
        entry = Entry.objects.get(result="refused")
        assert (entry.action, entry.object_id) == ("生成报告", "2020Q2:impl")

    def test_it_waits_for_nobody(self, cast: Cast, tmp_path: Path) -> None:
        _, run = report_ask(**cast.by(), wish=cast.wish)
        assert job_claim(run.pk)
        assert refused("2020Q2", "--output", str(tmp_path)) == (
            1, "这份报告正在后台生成，请稍后再试。",
        )  # fmt: skip

    def test_what_was_only_asked_for_is_done_here(
        self, cast: Cast, tmp_path: Path, capsys: Any
    ) -> None:
        report, run = report_ask(**cast.by(), wish=cast.wish)
        assert answer(capsys, tmp_path)["report"] == report.pk
        assert JobRun.objects.get().pk == run.pk
