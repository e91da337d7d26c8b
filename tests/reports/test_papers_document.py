"""The report on paper: what stands in it, where, and in which letters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn

from apps.reports.body import Body, BodyRow, FinalPart
from apps.reports.figures.wording import day
from apps.reports.papers import write_document
from apps.reports.papers.ordinals import chapter, ordinal, section
from tests.reports.figures import made
from tests.reports.paper_bodies import body, issued, two_plans


@pytest.fixture
def printed(tmp_path: Path) -> Any:
    """Writes a report and opens it as Word would."""

    def written(report: Body) -> Any:
        write_document(tmp_path / "a.docx", report)
        return Document(str(tmp_path / "a.docx"))

    return written


def lines(document: Any) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs]


def fonts(paragraph: Any) -> set[str]:
    return {
        run._element.rPr.rFonts.get(qn(kind))
        for run in paragraph.runs
        for kind in ("w:ascii", "w:hAnsi", "w:eastAsia")
    }


def found(document: Any, text: str) -> Any:
    [paragraph] = [one for one in document.paragraphs if one.text.startswith(text)]
    return paragraph


def test_a_draft_says_so_and_has_no_number(printed: Any) -> None:
    said = lines(printed(body(two_plans())))
    assert said[0] == "送审稿"
    assert not any("〔2020〕12号" in line for line in said)
    assert "2020年　月　日" in said


def test_an_issued_report_has_its_number_and_day(printed: Any) -> None:
    document = printed(issued(two_plans()))
    said = lines(document)
    assert "已印发" not in said
    assert said[0] == "粤发改创新〔2020〕12号"
    assert "2020年11月5日" in said
    assert said.index("附件：任务进展台账") < said.index("广东省发展和改革委员会")
    assert said.index("广东省发展和改革委员会") == said.index("2020年11月5日") - 1


def test_the_day_begins_two_characters_behind_the_name(printed: Any) -> None:
    document = printed(issued(two_plans()))
    name, day_line = found(document, "广东省发展和改革委员会"), found(document, "2020年11月5日")
    right = [
        int(line._p.pPr.find(qn("w:ind")).get(qn("w:rightChars"))) / 100
        for line in (name, day_line)
    ]
    begins = [-right[0] - 11, -right[1] - 6.5]
    assert begins[1] - begins[0] == 2
    assert min(right) == 2


def test_a_long_name_leaves_room_for_the_day(printed: Any) -> None:
    report = issued(made.facts(), signatory="某" * 80)
    document = printed(report)
    dated = next(p for p in document.paragraphs if p.text == "2020年11月5日")
    indent = dated.paragraph_format.right_indent
    # of 28 characters in a line the date needs eight
    assert indent is not None
    assert indent.pt <= 18 * 16


def test_the_sample_is_called_so_on_every_page(printed: Any) -> None:
    said = printed(body(two_plans(is_sample=True)))
    assert any(line.startswith("演示数据：") for line in lines(said))
    heads = [said.sections[0].header, said.sections[0].even_page_header]
    assert [head.paragraphs[0].text for head in heads] == ["演示数据", "演示数据"]
    real = printed(body(two_plans(is_sample=False)))
    assert not any("演示数据" in line for line in lines(real))
    assert real.sections[0].header.is_linked_to_previous


def test_a_correction_names_what_it_corrects(printed: Any) -> None:
    corrected = "《关于进展情况的报告》（粤发改〔2020〕1号）"
    assert f"（更正：{corrected}）" in lines(printed(body(two_plans(), corrects=corrected)))


def test_headings_are_numbered_and_in_their_letters(printed: Any) -> None:
    document = printed(body(two_plans()))
    heads = [one for one in document.paragraphs if fonts(one) == {"黑体"} and "、" in one.text[:3]]
    assert [one.text[:2] for one in heads[:8]] == [f"{n}、" for n in "一二三四五六七八"]
    assert heads[0].text == "一、总体情况"
    assert fonts(found(document, "（一）《广东省战略性")) == {"楷体_GB2312"}
    assert fonts(found(document, "特此报告。")) == {"仿宋_GB2312"}
    assert not document.element.body.findall(f".//{qn('w:b')}")
    assert "由头" not in "".join(lines(document))


def test_a_part_with_nothing_to_print_has_no_heading(printed: Any) -> None:
    parts = [FinalPart("overall", "总体情况", "共六项。"), FinalPart("next", "下一步", " \n"),
             FinalPart("problems", "存在问题及原因", "见下。")]  # fmt: skip
    said = lines(printed(body(two_plans(), parts=parts)))
    assert "二、存在问题及原因" in said
    assert not any("下一步" in line for line in said)


def test_the_text_has_the_rows_in_the_originals_order(printed: Any) -> None:
    report = body(two_plans())
    rows = [
        BodyRow(row.figure, "改过的话。\n又一段。" if place == 0 else row.text, place == 2)
        for place, row in enumerate(report.rows)
    ]
    document = printed(replace(report, rows=rows))
    said = lines(document)
    chapters = [place for place, line in enumerate(said) if line[1:2] == "、"]
    told = said[chapters[1] : chapters[2]]
    numbers = [line.split("项")[0] for line in told if line.startswith("第")]
    assert numbers == ["第1", "第2.1", "第1", "第2", "第3"]
    assert told.index("改过的话。") + 1 == told.index("又一段。")
    assert "1．一、创新能力" in told
    assert not any("产业集聚" in line for line in told)
    ledgers = document.tables[-2:]
    assert [len(table.rows) - 1 for table in ledgers] == [3, 3]
    assert ledgers[0].cell(1, 7).text.startswith("改过的话。\n又一段。")


def test_one_plan_is_told_by_its_categories(printed: Any) -> None:
    rows = [
        made.row(made.part(judgement="normal"), number=str(place), task_id=place, category=(name,))
        for place, name in enumerate(["一、创新能力", "一、创新能力", "产业集聚"], 1)
    ]
    said = lines(printed(body(made.facts(*rows))))
    assert [line for line in said if line.startswith("（")][-2:] == [
        "（一）创新能力",
        "（二）产业集聚",
    ]


def test_only_units_that_were_ticked_are_named(printed: Any) -> None:
    said = lines(printed(body(two_plans(), named_units=[made.unit("省教育厅")])))
    place = next(n for n, line in enumerate(said) if line.endswith("、未按时报送单位"))
    told = "".join(said[place : place + 4])
    assert "省教育厅：应报3份，未报2份" in told
    assert "省商务厅" not in told


def test_pages_are_those_of_an_official_paper(printed: Any) -> None:
    upright, lying = printed(issued(two_plans())).sections
    assert [round(side.mm) for side in (upright.page_width, upright.page_height)] == [210, 297]
    margins = (upright.top_margin, upright.bottom_margin, upright.left_margin, upright.right_margin)
    assert [round(margin.mm) for margin in margins] == [37, 35, 28, 26]
    assert [round(side.mm) for side in (lying.page_width, lying.page_height)] == [297, 210]
    assert lying._sectPr.find(qn("w:pgSz")).get(qn("w:orient")) == "landscape"


def test_the_annex_begins_on_its_own_page_without_an_empty_one(printed: Any) -> None:
    document = printed(issued(two_plans()))
    [closing] = [
        one for one in document.paragraphs if one._p.find(f".//{qn('w:sectPr')}") is not None
    ]
    assert closing.text == "2020年11月5日"
    after = lines(document)[lines(document).index("2020年11月5日") + 1 :]
    assert after[:2] == ["附件", "任务进展台账"]
    assert day(made.facts().data_as_of) in after[2]


def test_the_text_is_in_three_ho_letters_at_the_standards_pitch(printed: Any) -> None:
    line = found(printed(issued(two_plans())), "特此报告。")
    assert line.runs[0].font.size.pt == 16
    spacing, indent = (line._p.pPr.find(qn(name)) for name in ("w:spacing", "w:ind"))
    assert (spacing.get(qn("w:line")), spacing.get(qn("w:lineRule"))) == ("579", "exact")
    assert (indent.get(qn("w:firstLineChars")), indent.get(qn("w:firstLine"))) == ("200", "640")


def test_the_ledgers_repeat_their_head_and_tear_only_what_is_too_long(printed: Any) -> None:
    texts = ["短。", "长" * 3000]
    rows = [
        made.row(made.part(text=text, judgement="normal"), task_id=place, number=str(place))
        for place, text in enumerate(texts)
    ]
    table = printed(body(made.facts(*rows))).tables[-1]
    kept = [row._tr.find(f".//{qn('w:cantSplit')}") is not None for row in table.rows]
    heads = [row._tr.find(f".//{qn('w:tblHeader')}") is not None for row in table.rows]
    assert kept == [True, True, False]
    assert heads == [True, False, False]
    assert sum(column.width.mm for column in table.columns) == pytest.approx(253, abs=1)


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (99, "九十九"), (100, "一百"),
     (105, "一百零五"), (110, "一百一十"), (999, "九百九十九")],
)  # fmt: skip
def test_numbers_are_written_as_papers_write_them(number: int, text: str) -> None:
    assert ordinal(number) == text


def test_a_heading_that_is_numbered_keeps_its_number() -> None:
    assert chapter(2, "主要进展") == "二、主要进展"
    assert chapter(2, "三、主要进展") == "三、主要进展"
    assert section(1, "二、产业集聚") == "（一）产业集聚"
