"""The sample's fixtures: printed rows verbatim as in the seeds; invented progress that agrees."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.common.periods import PeriodCode
from apps.tasks.assessments import Assessment

ROOT = Path(__file__).resolve().parent
FIXTURES = ROOT.parent / "fixtures"
BUSINESS_DATE = date(2020, 10, 12)
PLAN, IMPL = "yue-2017-plan", "yue-2017-impl"
Row = dict[str, Any]

# title and header rows above the first row of each table
HEADS = {IMPL: 2, "guofa-2016-67": 3, "shenfu-2018-84": 2}
SEEDS = {PLAN: "000", IMPL: "001", "guofa-2016-67": "003-annex", "shenfu-2018-84": "002-notes"}


def load(path: str) -> Any:
    return json.loads((FIXTURES / path).read_text(encoding="utf-8"))


def seed(plan: str) -> str:
    return (ROOT / f"data/seeds/{SEEDS[plan]}.txt").read_text(encoding="utf-8")


def table_rows(plan: str) -> list[list[Any]]:
    rows: list[list[Any]] = load(f"tables/{plan}.json")["rows"]
    return rows[HEADS[plan] :]


def codes_by_name() -> dict[str, str]:
    found = {}
    for agency in load("agencies.json")["agencies"]:
        if agency["region"] in {"全国", "广东省"}:
            for name in [agency["name"], *(alias["name"] for alias in agency["aliases"])]:
                found[name] = agency["code"]
    return found


def leads() -> set[tuple[str, str]]:
    """The (row number, agency code) pairs that the printed table of 001 makes leads."""
    codes = codes_by_name()
    return {(str(row[0]), codes[name]) for row in table_rows(IMPL) for name in row[2].split("、")}


@pytest.fixture(scope="module")
def progress() -> Row:
    loaded: Row = load("sample/progress.json")
    return loaded


@pytest.fixture(scope="module")
def reports(progress: Row) -> list[Row]:
    found: list[Row] = progress["reports"]
    return found


# the printed rows


@pytest.mark.parametrize(
    ("plan", "rows", "columns"), [(IMPL, 45, 4), ("guofa-2016-67", 69, 3), ("shenfu-2018-84", 8, 4)]
)
def test_a_table_has_all_rows_of_its_document(plan: str, rows: int, columns: int) -> None:
    table = load(f"tables/{plan}.json")

    assert len(table["rows"]) == HEADS[plan] + rows
    assert {len(row) for row in table["rows"]} == {columns}
    for top, left, bottom, right in table["merges"]:
        assert 0 <= top <= bottom < HEADS[plan]
        assert 0 <= left <= right < columns


@pytest.mark.parametrize("plan", [IMPL, "guofa-2016-67"])
def test_the_cells_of_a_table_are_the_lines_of_its_document_in_order(plan: str) -> None:
    lines = [line.strip() for line in seed(plan).splitlines() if line.strip()]
    cells = [str(cell) for row in load(f"tables/{plan}.json")["rows"] for cell in row if cell]

    assert lines[-len(cells) :] == cells


def test_the_cells_made_from_notes_stand_in_the_document() -> None:
    text = seed("shenfu-2018-84")
    for number, title, content, responsible in table_rows("shenfu-2018-84"):
        assert f"{number[1:]}{title}。" in text
        assert content + responsible in text


def test_the_rows_made_from_notes_are_numbered_by_their_place() -> None:
    numbers = [row[0] for row in table_rows("shenfu-2018-84")]

    assert numbers == [*(f"四（{n}）" for n in "一二三四五"), *(f"五（{n}）" for n in "一二三")]


@pytest.mark.parametrize(("plan", "count"), [(IMPL, 30), ("shenfu-2018-84", 8)])
def test_passages_are_verbatim_with_their_notes(plan: str, count: int) -> None:
    passages = load(f"passages/{plan}.json")
    text = seed(plan)

    assert len(passages) == count
    for passage in passages:
        assert passage["text"] + passage["responsibility"] in text
        assert re.fullmatch(r"[（〔].+[）〕]", passage["responsibility"])
        heading = re.fullmatch(r"[一二三四五](（[一二三四五六]）.+)", passage["heading"])
        assert heading is not None
        assert f"{heading[1]}。" in text


def test_every_note_of_the_body_is_in_a_passage() -> None:
    body = seed(IMPL).split("附件：任务分工表")[0]
    notes = re.findall(r"（[^（）]*(?:牵头|参加)[^（）]*）$", body, flags=re.MULTILINE)

    assert [passage["responsibility"] for passage in load(f"passages/{IMPL}.json")] == notes


# units, plans, figures


def test_agencies_have_codes_and_names_of_their_own() -> None:
    agencies = load("agencies.json")["agencies"]

    assert len({agency["code"] for agency in agencies}) == len(agencies)
    assert len({(agency["region"], agency["name"]) for agency in agencies}) == len(agencies)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", agency["code"]) for agency in agencies)
    assert not any(agency["full_name_sourced"] for agency in agencies)


def test_no_two_units_of_a_region_share_a_name() -> None:
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for agency in load("agencies.json")["agencies"]:
        aliases = [alias["name"] for alias in agency["aliases"]]
        assert len(set(aliases)) == len(aliases)
        for name in {agency["name"], agency["full_name"], *aliases}:
            owners[agency["region"], name].add(agency["code"])

    assert {name: codes for name, codes in owners.items() if len(codes) > 1} == {}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("省发改委", "gd-fgw"),
        ("省住建厅", "gd-zjt"),
        ("工信部", "cn-miit"),
        ("住建部", "cn-mohurd"),
    ],
)
def test_units_are_known_by_their_usual_short_names(name: str, code: str) -> None:
    assert codes_by_name()[name] == code


def test_every_unit_of_the_tables_and_notes_is_known() -> None:
    codes = codes_by_name()
    cells = [row[2] for plan in (IMPL, "guofa-2016-67") for row in table_rows(plan)]
    cells += [passage["responsibility"] for passage in load(f"passages/{IMPL}.json")]
    words = r"、|，|等参加|参加|按职责分工|分别|负责|牵头|等|。|（|）"
    names = {name for cell in cells for name in re.split(words, cell) if name}

    assert names <= codes.keys()


def test_plans_hang_together_and_say_what_their_text_does_not() -> None:
    fixture = load("plans.json")
    plans = {plan["code"]: plan for plan in fixture["plans"]}
    agencies = {agency["code"] for agency in load("agencies.json")["agencies"]}

    assert len(plans) == 5
    for plan in plans.values():
        assert plan["parent"] is None or plan["parent"] in plans
        assert plan["supervisor"] in (agencies if plan["relation"] == "own" else {None})
        assert plan["line"] in {line["code"] for line in fixture["lines"]}
        missing = not (plan["document_number"] and plan["issuer"] and plan["issued_on"])
        assert not missing or "文中未载" in plan["facts_note"]
        assert len(plan["facts_note"]) <= 200


def test_figures_that_units_report_belong_to_a_lead_of_the_row() -> None:
    pairs = [(task["number"], task["agency"]) for item in indicators() for task in item["tasks"]]

    assert len(set(pairs)) == len(pairs) == 8
    assert set(pairs) <= leads()


def indicators() -> list[Row]:
    found: list[Row] = load("indicators.json")
    return found


def every_target() -> list[tuple[Row, Row]]:
    return [(item, target) for item in indicators() for target in item["targets"]]


def test_both_documents_of_the_province_give_their_targets() -> None:
    assert Counter(item["plan"] for item in indicators()) == {PLAN: 16, IMPL: 18}
    assert Counter(item["kind"] for item in indicators()) == {
        "amount": 24, "share": 7, "qualitative": 3
    }  # fmt: skip


@pytest.mark.parametrize(
    ("item", "target"), [pytest.param(*pair, id=pair[0]["name"]) for pair in every_target()]
)
def test_a_target_is_what_its_sentence_says(item: Row, target: Row) -> None:
    """The sentence stands in the document, the figure in the sentence, the year in both."""
    text = seed(item["plan"])
    quote, written = target["quote"], target["written"]

    assert quote in text
    assert written in quote
    assert written_of(item, target) in written
    assert target["year_from"] in quote
    assert year_of(target["year_from"]) == target["year"]
    before = text[: text.index(quote)]
    places = [before.rindex(heading) for heading in target["section"].split(" / ")]
    assert places == sorted(places)


def written_of(item: Row, target: Row) -> str:
    """The figure with its unit as the sentence must have it; what is in words has none."""
    if target["operator"] == "qualitative":
        assert not item["unit"]
        assert not re.search(r"[0-9]", target["written"])
        return str(target["written"])
    if target["operator"] == "range":
        ends = re.fullmatch(r"(\d+)(?:至|-)(\d+)(.+)", target["written"])
        assert ends is not None
        assert ends.groups() == (target["value"], target["value_max"], item["unit"])
        return str(target["written"])
    number = re.search(r"[0-9.]+", target["written"])
    assert number is not None
    assert number[0] == target["value"]
    return f"{target['value']}{item['unit']}"


_WORDS = {
    ">": r"超过?|突破", ">=": "以上|不低于", "about": "左右", "range": "至|-",
    "qualitative": "形成|成为",
}  # fmt: skip


@pytest.mark.parametrize(
    ("item", "target"), [pytest.param(*pair, id=pair[0]["name"]) for pair in every_target()]
)
def test_the_relation_of_a_target_is_the_word_beside_its_figure(item: Row, target: Row) -> None:
    assert item["name"]
    asked = [sign for sign, words in _WORDS.items() if re.search(words, target["written"])]
    assert asked == ([] if target["operator"] == "=" else [target["operator"]])


def year_of(words: str) -> int:
    """到2020年; “十三五” is 2016 to 2020, “十二五” the five years before; a span by its end."""
    if "十三五" in words or "十二五" in words:
        return 2020 if "十三五" in words else 2015
    years = re.findall(r"\d{4}", words)
    return int(years[-1])


def test_a_baseline_is_what_its_sentence_says() -> None:
    given = [item for item in indicators() if "baseline" in item]

    assert len(given) == 2
    for item in given:
        baseline = item["baseline"]
        assert baseline["quote"] in seed(item["plan"])
        assert f"{baseline['value']}{item['unit']}" == baseline["written"]
        assert baseline["written"] in baseline["quote"]
        assert baseline["year_from"] in baseline["quote"]
        assert year_of(baseline["year_from"]) == baseline["year"]


def test_invented_values_say_so_and_are_of_days_that_have_been() -> None:
    stored = load("sample/measurements.json")
    known = {(item["plan"], item["name"]) for item in indicators()}

    assert "虚构" in stored["note"]
    for entry in stored["measurements"]:
        assert (entry["plan"], entry["indicator"]) in known
        assert "演示" in entry["source"]
        recorded = date.fromisoformat(entry["recorded_on"])
        assert PeriodCode.parse(entry["period"]).ends_on < recorded <= BUSINESS_DATE
    for entry in stored["judgements"]:
        assert (entry["plan"], entry["indicator"]) in known
        assert entry["reason"].startswith("演示：")


# the invented progress


def test_accounts_and_contacts_belong_to_known_units() -> None:
    agencies = {agency["code"] for agency in load("agencies.json")["agencies"]}
    lines = {line["code"] for line in load("plans.json")["lines"]}

    for account in load("sample/accounts.json")["accounts"]:
        assert bool(account["duty"]) is (account["agency"] is None)
        assert account["agency"] is None or account["agency"] in agencies
        assert set(account["lines"]) <= lines
    contacts = load("sample/contacts.json")
    assert {contact["agency"] for contact in contacts} == {agency for _, agency in leads()}
    assert len({contact["telephone"] for contact in contacts}) == 18


def test_every_report_comes_from_a_lead_of_its_row_once_a_period(reports: list[Row]) -> None:
    counted = Counter((row["number"], row["agency"], row["period"]) for row in reports)

    assert {(row["number"], row["agency"]) for row in reports} <= leads()
    assert set(counted.values()) == {1}
    assert {row["plan"] for row in reports} == {IMPL}


def test_nothing_is_reported_after_closing(progress: Row) -> None:
    closed = {row["number"]: date.fromisoformat(row["closed_on"]) for row in progress["closed"]}

    assert len(closed) == 4
    assert not {row["number"] for row in progress["reports"]} & closed.keys()
    assert max(closed.values()) < PeriodCode.parse(progress["periods"][0]["code"]).ends_on


def test_the_open_period_has_the_counts_of_the_sample(progress: Row, reports: list[Row]) -> None:
    closed = {row["number"] for row in progress["closed"]}
    owed = [pair for pair in leads() if pair[0] not in closed]
    states = Counter(row["state"] for row in reports if row["period"] == "2020Q3")

    assert len(leads()) == 60
    assert len(owed) == 56
    assert states == {"submitted": 12, "approved": 10, "returned": 1, "signing": 2}
    assert sum(states.values()) - states["signing"] == 23


def test_last_period_lacks_only_the_two_rows_that_never_reported(reports: list[Row]) -> None:
    closed = {"30", "42", "43", "44"}
    in_time = {(row["number"], row["agency"]) for row in reports if row["period"] == "2020Q2"}
    missing = {pair for pair in leads() - in_time if pair[0] not in closed}

    assert len(missing) == 4
    assert {number for number, _ in missing} == {"34", "41"}
    assert not any(row["number"] in {"34", "41"} for row in reports)


def test_days_follow_each_other_up_to_the_business_date(reports: list[Row]) -> None:
    for row in reports:
        submitted = date.fromisoformat(row["submitted_on"])
        judged = date.fromisoformat(row["judged_on"]) if row["judged_on"] else submitted
        assert PeriodCode.parse(row["period"]).ends_on < submitted <= judged <= BUSINESS_DATE


def test_a_judgement_has_a_day_and_a_reason_and_stands_on_an_approved_report(
    reports: list[Row],
) -> None:
    for row in reports:
        assert bool(row["judgement"]) is bool(row["judged_on"]) is bool(row["judgement_reason"])
        assert not row["judgement"] or row["state"] == "approved"
        assert bool(row["return_reason"]) is (row["state"] == "returned")
    unjudged = {
        row["number"] for row in reports if row["period"] == "2020Q2" and not row["judgement"]
    }
    assert unjudged == {"16", "40"}


def test_problems_are_told_where_they_are_asked_and_nowhere_else(reports: list[Row]) -> None:
    for row in reports:
        asked = Assessment(row["self_assessment"]).needs_explanation
        assert bool(row["problems"]) is bool(row["next_step"]) is asked
        assert 10 <= len(row["text"]) <= 60


def test_figures_are_reported_where_a_target_is_and_never_fall(reports: list[Row]) -> None:
    counted = {
        (task["number"], task["agency"])
        for item in load("indicators.json")
        for task in item["tasks"]
    }
    series: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for row in sorted(reports, key=lambda row: str(row["period"])):
        pair = (row["number"], row["agency"])
        assert (row["value"] is not None) is (pair in counted)
        if row["value"] is not None:
            series[pair].append(Decimal(row["value"]))

    assert series.keys() == counted
    assert all(values == sorted(values) for values in series.values())
    half_year = {
        row["agency"]: row["value"]
        for row in reports
        if row["period"] == "2020Q2" and row["number"] == "3"
    }
    assert half_year == {"gd-fgw": "31", "gd-kjt": "203", "gd-jxw": "271"}
