"""One report in three files: every figure in them is the frozen one, and so the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from docx import Document
from docx.table import Table
from openpyxl import load_workbook

from apps.reports.body import Body
from apps.reports.figures.codec import from_json
from apps.reports.figures.kinds import Figures
from apps.reports.figures.lines import lagging_rows
from apps.reports.papers import write_data, write_document, write_workbook
from tests.reports.figures import made
from tests.reports.paper_bodies import body, issued, two_plans

Cells = list[list[Any]]


@pytest.fixture(scope="module")
def report() -> Body:
    return body(two_plans(), named_units=[made.unit(owed=4, delivered=2, late=1)])


@pytest.fixture(scope="module")
def tables(report: Body, tmp_path_factory: pytest.TempPathFactory) -> list[Table]:
    """Classes, plans, targets, then the ledgers of both plans."""
    path = tmp_path_factory.mktemp("papers") / "a.docx"
    write_document(path, report)
    tables: list[Table] = Document(str(path)).tables
    return tables


@pytest.fixture(scope="module")
def sheets(report: Body, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Cells]:
    """Rows below the headers, by sheet."""
    path = tmp_path_factory.mktemp("papers") / "a.xlsx"
    write_workbook(path, report)
    found = {}
    for sheet in load_workbook(path).worksheets:
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
        found[sheet.title] = rows
    return found


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


def ahead(gap: Decimal | None) -> Decimal | None:
    return None if gap is None else -gap


def test_the_data_is_the_frozen_figures(report: Body, tmp_path: Path) -> None:
    write_data(tmp_path / "a.json", report)
    data = json.loads((tmp_path / "a.json").read_bytes())
    assert from_json(data["figures"]) == report.figures
    assert [row["text"] for row in data["texts"]["rows"]] == [row.text for row in report.rows]
    assert [part["text"] for part in data["texts"]["parts"]] == [p.text for p in report.parts]
    assert data["report"]["named_units"] == ["省商务厅"]


def test_the_classes_agree(report: Body, tables: list[Table], sheets: dict[str, Cells]) -> None:
    figures = report.figures
    counted = {each.label: (each.count, each.share, each.previous) for each in figures.classes}
    printed = {
        label: (int(count), Decimal(share)) for label, count, share, _ in texts(tables[0])[1:-1]
    }
    here = {label for label, (count, _, before) in counted.items() if count or before}
    assert printed == {label: counted[label][:2] for label in here}
    label, total, share, change = texts(tables[0])[-1]
    assert (label, total, share, change) == ("合计", str(figures.total), "100.0", "+3")
    assert sum(count for count, _ in printed.values()) == figures.total

    rows = {row[0]: row for row in sheets["总体"][1:] if row[0]}
    for label, (count, share_of, before) in counted.items():
        assert (rows[label][1], round(Decimal(rows[label][2]), 1)) == (count, share_of)
        assert (rows[label][3], rows[label][4]) == (before, count - (before or 0))
    assert rows["合计"][1] == figures.total


def test_the_classes_of_each_plan_agree(
    report: Body, tables: list[Table], sheets: dict[str, Cells]
) -> None:
    figures = report.figures
    plans, kept = texts(tables[1]), sheets["总体"]
    labels = [each.label for each in figures.classes]
    for row, (code, counts) in zip(plans[1:], figures.by_plan.items(), strict=True):
        printed = dict(zip(plans[0][2:], map(int, row[2:]), strict=True))
        assert printed == {
            label: count
            for label, count, each in zip(labels, counts, figures.classes, strict=True)
            if each.count
        }
        assert int(row[1]) == sum(counts)
        title = next(plan.short_title for plan in figures.facts.plans if plan.code == code)
        column = kept[0].index(title)
        assert [line[column] for line in kept[1 : len(labels) + 1]] == list(counts)


def test_what_else_is_counted_agrees(report: Body, sheets: dict[str, Cells]) -> None:
    figures = report.figures
    rows = {row[0]: row for row in sheets["总体"] if row[0]}
    expected = {
        "有量化数据、达到序时进度（项）": figures.met,
        "有量化数据、未达到序时进度（项）": figures.unmet,
        "逾期（项）": figures.overdue,
        "本单位自督（项）": figures.self_supervised,
        "应报（份）": figures.owed,
        "已报（份）": figures.delivered,
        "其中迟报（份）": figures.late,
        "未报（份）": figures.missing,
    }
    assert {name: rows[name][1] for name in expected} == expected
    assert rows["逾期（项）"][3:5] == [1, figures.overdue - 1]
    lights = [row[1] for name, row in rows.items() if name.startswith("进度灯：")]
    assert sum(lights) == figures.total
    assert rows["进度灯：红（项）"][1] == 1


def test_the_rows_agree(report: Body, tables: list[Table], sheets: dict[str, Cells]) -> None:
    figures = report.figures
    printed = [row for table in tables[-2:] for row in texts(table)[1:]]
    header, *kept = sheets["台账"]
    assert len(printed) == len(kept) == figures.total
    for row, paper, line in zip(figures.rows, printed, kept, strict=True):
        cells = dict(zip(header, line, strict=True))
        assert paper[0] == str(cells["序号"]) == row.fact.number
        assert paper[1] == cells["重点工作"] == row.fact.content
        # what is settled says so by its state
        said = row.fact.state_label if row.fact.state == "closed" else row.class_label
        assert said in paper[10].split("\n")
        assert cells["认定"] == row.class_label
        assert cells["逾期（天）"] == (row.fact.overdue_days or None)
        shares = [value.lstrip("①②") for value in paper[5].split("\n") if value]
        assert shares == [str(measure.share) for measure in row.fact.measures]
        gaps = [value.lstrip("①②") for value in paper[6].split("\n") if value]
        assert gaps == [_said(ahead(measure.gap)) for measure in row.fact.measures]
        for place, measure in enumerate(row.fact.measures):
            who = f"{'①②'[place]}{measure.agency}：" if len(row.fact.measures) > 1 else ""
            assert f"〔{who}孵化器25家，目标40家" in paper[7]
        worst = row.worst
        assert _number(cells["完成比例（%）"]) == (worst.share if worst else None)
        assert _number(cells["比序时（百分点）"]) == (ahead(worst.gap) if worst else None)


def test_every_measure_stands_in_the_workbook(report: Body, sheets: dict[str, Cells]) -> None:
    measures = [each for row in report.figures.facts.rows for each in row.measures]
    kept = sheets["量化进展"][1:]
    assert [
        (row[3], _number(row[7]), _number(row[8]), _number(row[9])) for row in kept
    ] == [(m.indicator, m.share, m.expected, ahead(m.gap)) for m in measures]  # fmt: skip
    assert [(Decimal(row[5]), Decimal(row[6])) for row in kept] == [
        (m.value, m.target) for m in measures
    ]


def test_what_lags_agrees(report: Body, sheets: dict[str, Cells]) -> None:
    rows = lagging_rows(report.figures)
    assert [str(row[0]) for row in sheets["未达序时和逾期"][1:]] == [r.fact.number for r in rows]
    assert [r.fact.number for r in rows] == ["2.1", "3"]


def test_the_targets_agree(report: Body, tables: list[Table], sheets: dict[str, Cells]) -> None:
    targets = report.figures.facts.targets
    header = [name.replace("\n", "") for name in texts(tables[2])[0]]
    printed = [dict(zip(header, row, strict=True)) for row in texts(tables[2])[1:]]
    kept = [dict(zip(sheets["指标"][0], row, strict=True)) for row in sheets["指标"][1:]]
    for target, paper, row in zip(targets, printed, kept, strict=True):
        assert paper["指标"] == row["指标"] == target.indicator
        assert paper["状态"] == row["状态"] == target.state_label
        for name, value in (
            ("完成比例（%）", target.share),
            ("序时（%）", target.expected),
            ("比序时（百分点）", ahead(target.gap)),
        ):
            assert paper[name] == _said(value)
            assert _number(row[name]) == value


def _said(value: Decimal | None) -> str:
    return "—" if value is None else str(value)


def _number(value: float | None) -> Decimal | None:
    """A number of the workbook, not a text that looks like one."""
    assert value is None or isinstance(value, int | float)
    return None if value is None else round(Decimal(value), 1)


@pytest.mark.parametrize("write", [write_document, write_workbook, write_data])
def test_the_same_report_gives_the_same_bytes(write: Any, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a", "b")]
    for path in paths:
        write(path, issued(two_plans()))
    assert paths[0].read_bytes() == paths[1].read_bytes()
    if write is not write_data:
        with ZipFile(paths[0]) as packed:
            assert {entry.date_time[0] for entry in packed.infolist()} <= {1980, 2020}


HOSTILE = (
    "=cmd|'/c calc'!A1",
    "+1",
    "@SUM(A1)",
    "一\x00二\x1b三\x0b",
    "a\u202eb\u2066c",
    "😀𠮷",
    "<b>&amp;</w:t>]]>",
    "{任务总数}",
    "长" * 3000,
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_stays_text(text: str, tmp_path: Path) -> None:
    rows = [made.row(made.part(text=text, judgement="normal"), content=text, leads=(text,))]
    report = body(made.facts(*rows), title="报告", signatory=text[:80])
    shown = "".join(letter for letter in text if letter not in "\x00\x1b\x0b\u202e\u2066")
    write_document(tmp_path / "a.docx", report)
    document = Document(str(tmp_path / "a.docx"))
    assert texts(document.tables[-1])[1][1] == shown
    write_workbook(tmp_path / "a.xlsx", report)
    row = load_workbook(tmp_path / "a.xlsx")["台账"][4]
    assert [cell.value for cell in row if cell.value == shown]
    assert {cell.data_type for cell in row} <= {"s", "n"}
    write_data(tmp_path / "a.json", report)
    data = json.loads((tmp_path / "a.json").read_bytes())
    assert from_json(data["figures"]).rows[0].fact.content == text


def test_a_number_stands_in_the_workbook_as_it_is_printed(tmp_path: Path) -> None:
    numbers = ["7", "007", "0", "12.10", "２", "12345678901234567890"]
    report = body(made.facts(*(made.row(number=number) for number in numbers)))
    write_workbook(tmp_path / "a.xlsx", report)
    rows = load_workbook(tmp_path / "a.xlsx")["台账"].iter_rows(min_row=4, max_col=1)
    kept = [cell.value for (cell,) in rows]
    assert list(map(str, kept)) == numbers
    assert kept[0] == 7


@pytest.mark.parametrize("letter", ["长", "𠮷"])
def test_what_is_longer_than_a_cell_is_cut_there_and_nowhere_else(
    letter: str, tmp_path: Path
) -> None:
    parts = [made.part(f"单位{n}", text=letter * 2000, judgement="normal") for n in range(20)]
    report = body(made.facts(made.row(*parts)))
    write_workbook(tmp_path / "a.xlsx", report)
    row = load_workbook(tmp_path / "a.xlsx")["台账"][4]
    (cut,) = [str(cell.value) for cell in row if letter in str(cell.value)]
    assert cut.endswith("……（以下见公文）")
    assert 32_760 < len(cut.encode("utf-16-le")) / 2 <= 32_767
    write_document(tmp_path / "a.docx", report)
    printed = texts(Document(str(tmp_path / "a.docx")).tables[-1])[1][7]
    assert printed.count(letter) == 40_000


def test_what_nobody_judged_says_so_in_every_column(tmp_path: Path) -> None:
    told = {"problems": "缺资金", "next_step": "报请支持"}
    rows = [made.row(made.part(**told)), made.row(made.part(judgement="behind", **told))]
    report = body(made.facts(*rows))
    write_document(tmp_path / "a.docx", report)
    _, first, second = texts(Document(str(tmp_path / "a.docx")).tables[-1])
    assert (first[8], first[9]) == ("缺资金（未核）", "报请支持（未核）")
    assert (second[8], second[9]) == ("缺资金", "报请支持")


def test_a_report_without_rows_has_all_three_files(tmp_path: Path) -> None:
    report = body(made.facts())
    write_document(tmp_path / "a.docx", report)
    document = Document(str(tmp_path / "a.docx"))
    said = [paragraph.text for paragraph in document.paragraphs]
    assert "本期没有任务。" in said
    assert texts(document.tables[0])[-1][1:3] == ["0", "—"]
    write_workbook(tmp_path / "a.xlsx", report)
    assert load_workbook(tmp_path / "a.xlsx")["台账"].max_row == 3
    write_data(tmp_path / "a.json", report)
    assert _figures(tmp_path / "a.json").total == 0


def _figures(path: Path) -> Figures:
    return from_json(json.loads(path.read_bytes())["figures"])


def test_the_workbook_is_ready_to_print(report: Body, tmp_path: Path) -> None:
    write_workbook(tmp_path / "a.xlsx", report)
    sheets: Sequence[Any] = load_workbook(tmp_path / "a.xlsx").worksheets
    assert [sheet.title for sheet in sheets] == [
        "台账", "总体", "指标", "未达序时和逾期", "量化进展", "数据说明"
    ]  # fmt: skip
    for sheet in sheets:
        assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
        assert (sheet.print_title_rows, sheet.freeze_panes) == ("$3:$3", "A4")
        assert sheet["A1"].font.name == "宋体"
    ledger = sheets[0]
    assert ledger["A4"].value == 1
    assert ledger["A5"].value == "2.1"
    assert ledger["D4"].font.name == "仿宋"
    about = {row[0].value: row[1].value for row in sheets[-1].iter_rows(min_row=4)}
    assert about["数据截至"] == "2020年9月30日"
    assert about["未按时报送单位"] == "省商务厅"
    assert "可能不等于100%" in about["占比"]
