"""The trial run's own report: issued, labelled as invented, whole."""

from __future__ import annotations

from datetime import date

import pytest

from apps.audit.selectors import breaks
from apps.ops.models import JobRun
from apps.ops.services import file_bytes
from apps.reports.models import QuarterlyReport
from apps.reports.samples import sample_load
from apps.reports.selectors.reports import body_of
from apps.reports.services.freezing import checksum_of

pytestmark = pytest.mark.usefixtures("sample")


def test_the_last_period_has_an_issued_report() -> None:
    report = QuarterlyReport.objects.get()
    assert (report.period.code, report.scope, report.genre) == ("2020Q2", "yue-2017-impl", "report")
    assert report.title.endswith("2020年上半年进展情况的报告")
    assert (report.number, report.issued_on) == ("演示数据〔2020〕7号", date(2020, 7, 24))
    body = body_of(report)
    assert body.figures.facts.is_sample
    assert (body.figures.total, body.figures.facts.taken_on) == (45, date(2020, 7, 23))
    assert report.checksum == checksum_of(report.figures, body)
    for kept in (report.document, report.workbook, report.data):
        assert kept is not None
        assert file_bytes(kept)
    assert not JobRun.objects.exclude(state=JobRun.State.DONE).exists()
    assert breaks() == []


def test_its_lights_are_those_the_period_ended_with() -> None:
    """Row 31 had more time until September then, and is late by now."""
    rows = {
        row.figure.fact.number: row.figure.fact
        for row in body_of(QuarterlyReport.objects.get()).rows
    }
    assert (rows["31"].light_reason, rows["31"].overdue_days) == ("本期是时限前最后一次报送", 0)
    assert rows["31"].due_text.endswith("（调整为2020年9月30日）")


def test_loading_again_makes_no_other() -> None:
    assert not sample_load()
    assert QuarterlyReport.objects.count() == 1
