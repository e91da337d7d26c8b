"""The pieces pages are put together from: lights, marks, dates, tables, fields."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import django_tables2 as tables
import pytest
from django import forms
from django.conf import LazySettings
from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import include, path
from django_tables2 import RequestConfig
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.common.templatetags.pieces import (
    cn_date,
    cn_date_weekday,
    iso,
    light,
    percent1,
    report_mark,
    units,
)


def _nothing(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("", include(([path("", _nothing, name="home")], "reports")))]


@pytest.fixture(autouse=True)
def _own_addresses(settings: LazySettings) -> None:
    settings.ROOT_URLCONF = __name__


def _draw(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("red", "红"),
        ("amber", "黄"),
        ("green", "绿"),
        ("pending", "待认定"),
        ("nodata", "无数据"),
        ("closed", "已办结"),
    ],
)
def test_a_light_has_a_shape_a_word_and_its_reason(code: str, word: str) -> None:
    drawn = light(code, "逾期 12 天")
    assert "<svg" in drawn
    assert f"<b>{word}</b><span>逾期 12 天</span>" in drawn


def test_the_three_warning_lights_differ_in_shape_and_not_only_in_colour() -> None:
    shapes = {re.findall(r"<(?:path|circle)[^>]*>", light(code))[0] for code in _WARNING}
    assert len(shapes) == len(_WARNING)


_WARNING = ("red", "amber", "green")


def test_a_light_this_reader_may_not_see_is_a_dash_that_says_why() -> None:
    drawn = light("", "逾期 12 天")
    assert "—" in drawn
    assert drawn.count("进展只对本单位、汇总单位和督查部门可见") == 2
    assert "逾期" not in drawn


def test_an_unknown_code_is_never_shown_to_a_person() -> None:
    with pytest.raises(KeyError):
        light("purple")
    with pytest.raises(KeyError):
        report_mark("lost", "未知")


def test_reasons_and_names_cannot_carry_markup() -> None:
    assert "<script>" not in light("red", "<script>")
    assert "<script>" not in report_mark("late", "<script>")
    assert "<script>" not in units(["<script>"])


def test_no_mark_draws_nothing() -> None:
    assert report_mark("") == ""
    assert report_mark("in", "已报 1/3") == '<span class="rep rep-in">已报 1/3</span>'


def test_a_line_breaks_between_units_and_never_inside_one() -> None:
    assert units(["省科技厅", "省财政厅"]) == (
        '<span class="u">省科技厅、</span><wbr><span class="u">省财政厅</span>'
    )
    assert units([]) == ""


def test_days_are_written_as_offices_write_them() -> None:
    day = date(2020, 10, 6)
    assert cn_date(day) == "2020年10月6日"
    assert cn_date_weekday(date(2020, 10, 20)) == "10月20日（星期二）"
    assert iso(day) == "2020-10-06"


def test_a_moment_falls_on_its_day_in_beijing() -> None:
    moment = datetime(2020, 10, 11, 17, 0, tzinfo=UTC)
    assert (iso(moment), cn_date(moment)) == ("2020-10-12", "2020年10月12日")


def test_a_missing_day_or_share_leaves_no_trace() -> None:
    assert [cn_date(None), cn_date_weekday(None), iso(None), percent1(None)] == [""] * 4


@settings(deadline=None)
@given(st.dates())
def test_the_date_of_a_table_can_be_read_back(day: date) -> None:
    assert date.fromisoformat(iso(day).zfill(10)) == day


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (0.775, "77.5%"),
        (Decimal("0.12345"), "12.3%"),
        (0.0005, "0.1%"),
        (1.015, "101.5%"),
        (0, "0.0%"),
    ],
)
def test_a_share_has_one_decimal_and_half_rounds_up(ratio: Decimal | float, text: str) -> None:
    assert percent1(ratio) == text


def test_breadcrumbs_begin_at_the_start_page_and_end_here() -> None:
    drawn = _draw('{% breadcrumb "任务台账" "/tasks/" "第 3 项" %}')
    assert re.findall(r'href="([^"]*)">([^<]*)', drawn) == [
        ("/", "工作台"),
        ("/tasks/", "任务台账"),
    ]
    assert '<li aria-current="page">第 3 项</li>' in drawn


def test_steps_say_which_are_done_and_which_is_next() -> None:
    drawn = _draw('{% steps 2 "上传" "预览" "结果" %}')
    assert drawn.count("已完成") == 1
    assert re.search(r'class="now" aria-current="step">.*?预览', drawn)


def test_small_forms_carry_the_other_parameters_along() -> None:
    request = RequestFactory().get("/", {"q": '"><b>', "unit": ["3", "5"], "page": "2"})
    drawn = _draw('{% hidden_params "page" %}', request=request)
    assert re.findall(r'name="(\w+)"', drawn) == ["q", "unit", "unit"]
    assert "<b>" not in drawn
    kept = _draw('{% kept_params "page" %}', request=request)
    assert kept == '<input type="hidden" name="page" value="2">'


def test_a_number_of_zero_is_quiet_whatever_its_tone() -> None:
    tile = '{% include "pieces/tile.html" with name="逾期" number=number unit="项" tone="red" %}'
    assert "zero" in _draw(tile, number=0)
    assert "<svg" not in _draw(tile, number=0)
    assert "<svg" in _draw(tile, number=3)


class _Ledger(tables.Table):  # type: ignore[misc]  # django_tables2 has no types
    no = tables.Column("序号", attrs={"col": {"class": "w-no"}, "td": {"class": "no"}})
    text = tables.Column("重点工作", orderable=False, attrs={"td": {"class": "c-task"}})

    empty_next = "换一个条件再查。"

    class Meta:
        attrs = {"class": "table list cards ledger"}
        template_name = "tables/table.html"


def _list(query: str, rows: Iterable[int] = range(1, 96)) -> str:
    request = RequestFactory().get(f"/tasks/{query}")
    table = _Ledger(
        [{"no": no, "text": f"第 {no} 件事"} for no in rows], empty_text="没有符合条件的任务。"
    )
    RequestConfig(request, paginate={"per_page": 30}).configure(table)
    return render_to_string("tables/table.html", {"table": table, "request": request})


def test_sorting_keeps_the_filters_and_leaves_the_page() -> None:
    link = re.search(r'id="sort-no" href="([^"]*)"', _list("?q=5G&page=3&sort=no"))
    assert link
    assert link[1].replace("&amp;", "&") == "?q=5G&sort=-no"


def test_the_head_says_how_the_list_is_sorted() -> None:
    assert 'aria-sort="descending"' in _list("?sort=-no")
    assert "aria-sort" not in _list("")


def test_the_foot_says_which_rows_of_how_many() -> None:
    drawn = _list("?page=2&q=5G")
    assert "第 31—60 项，共 95 项" in drawn
    assert re.findall(r'aria-current="page"><span class="page-link">(\d+)', drawn) == ["2"]
    assert 'rel="next" href="?page=3&amp;q=5G"' in drawn
    assert '<input type="hidden" name="q" value="5G">' in drawn
    assert 'name="page"' not in drawn


def test_a_list_of_one_page_has_a_count_and_no_pages() -> None:
    drawn = _list("", range(1, 13))
    assert "第 1—12 项，共 12 项" in drawn
    assert "下一页" not in drawn
    assert "<select" not in drawn


def test_an_empty_list_says_what_comes_next() -> None:
    drawn = _list("", ())
    assert "没有符合条件的任务。" in drawn
    assert "换一个条件再查。" in drawn
    assert "<table" not in drawn


def test_cells_carry_the_classes_that_place_them_on_a_card() -> None:
    drawn = _list("", (7,))
    assert '<td class="no">7</td><td class="c-task">第 7 件事</td>' in drawn
    assert '<col class="w-no"><col>' in drawn


def test_attributes_that_depend_on_the_row_are_worked_out_for_each_row() -> None:
    class Marked(tables.Table):  # type: ignore[misc]  # django_tables2 has no types
        no = tables.Column("序号", attrs={"td": {"class": lambda value: f"n{value}"}})

    request = RequestFactory().get("/")
    table = Marked([{"no": 1}, {"no": 2}], row_attrs={"id": lambda record: f"row-{record['no']}"})
    drawn = render_to_string("tables/table.html", {"table": table, "request": request})
    assert re.findall(r'<td class="(\w+)"', drawn) == ["n1", "n2"]
    assert re.findall(r'id="(row-\d)"', drawn) == ["row-1", "row-2"]


class _Form(forms.Form):
    title = forms.CharField(label="名称", help_text="照原文写全称。")
    day = forms.DateField(label="印发日期", required=False)
    note = forms.CharField(label="备注", widget=forms.Textarea, required=False)
    kind = forms.ChoiceField(
        label="方式", choices=[("a", "督办"), ("b", "对照")], widget=forms.RadioSelect
    )
    sure = forms.BooleanField(label="已核对")
    secret = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self) -> None:
        self.add_error(None, "行数不一致。")


def test_what_is_wrong_with_a_field_stands_under_it_and_is_read_out_with_it() -> None:
    drawn = str(_Form({})["title"].as_field_group())
    assert 'aria-describedby="id_title_helptext id_title_error"' in drawn
    assert 'aria-invalid="true"' in drawn
    assert re.search(r'class="err" id="id_title_error">\s*<p>', drawn)
    assert 'class="form-control"' in drawn


def test_fields_that_may_stay_empty_say_so() -> None:
    form = _Form()
    assert "选填" in form["day"].as_field_group()
    assert "选填" not in form["title"].as_field_group()
    assert 'placeholder="年-月-日"' in form["day"].as_field_group()


def test_one_question_with_several_answers_is_a_group_with_a_legend() -> None:
    drawn = _Form()["kind"].as_field_group()
    assert "<fieldset" in drawn
    assert re.search(r"<legend[^>]*>方式</legend>", drawn)
    assert drawn.count('class="form-check-input"') == 2


def test_a_tick_box_stands_inside_its_label() -> None:
    assert re.search(
        r"<label[^>]*><input[^>]*> <span[^>]*>已核对", _Form()["sure"].as_field_group()
    )


def test_text_comes_back_from_a_field_as_it_was_typed() -> None:
    drawn = str(_Form({"note": "第一行\n  <第二行>"})["note"])
    assert ">第一行\n  &lt;第二行&gt;</textarea>" in drawn


def test_a_whole_form_begins_with_what_is_wrong_with_it_as_a_whole() -> None:
    drawn = str(_Form({}))
    assert drawn.index("行数不一致。") < drawn.index("名称")
    assert 'class="msg msg-err" role="alert"' in drawn
    assert re.search(r'<input type="hidden" name="secret"[^>]*>', drawn)


def test_messages_have_the_tone_of_their_level() -> None:
    said = [
        SimpleNamespace(level_tag=tag, message=tag)
        for tag in ("success", "warning", "error", "info")
    ]
    drawn = render_to_string("pieces/messages.html", {"messages": said})
    assert re.findall(r'class="(msg[^"]*)"', drawn) == [
        "msg msg-ok",
        "msg msg-warn",
        "msg msg-err",
        "msg",
    ]


def _templates() -> list[Path]:
    return sorted((Path(django_settings.BASE_DIR) / "templates").rglob("*.html"))


@pytest.mark.parametrize("file", _templates(), ids=str)
def test_no_template_needs_anything_the_content_security_policy_forbids(file: Path) -> None:
    source = re.sub(r"xmlns='[^']*'", "", file.read_text(encoding="utf-8"))
    assert not re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=|javascript:|hx-on", source)
    assert not re.search(r"<script(?![^>]*\ssrc=)", source)
    assert not re.search(r"https?://|src=\"//", source)
