"""Addresses of the pages that sum up: 工作台, 督办看板, 报告期 and 进展报告与通报."""

from __future__ import annotations

from django.urls import path

from apps.reports.views import detail, files, issuing, preview, reports, writing
from apps.reports.views.board import board_charts, overdue
from apps.reports.views.home import home
from apps.reports.views.periods import periods

app_name = "reports"
urlpatterns = [
    path("", home, name="home"),
    path("overdue/", overdue, name="overdue"),
    path("overdue/charts/", board_charts, name="board_charts"),
    path("reports/", reports.report_list, name="list"),
    path("reports/periods/", periods, name="periods"),
    path("reports/new/", reports.report_new, name="new"),
    path("reports/<int:pk>/", detail.report_detail, name="detail"),
    path("reports/<int:pk>/write/", writing.report_write, name="write"),
    path("reports/<int:pk>/write/part/", writing.report_part, name="part"),
    path("reports/<int:pk>/write/texts/", writing.report_texts, name="texts"),
    path("reports/<int:pk>/preview/", preview.report_preview, name="preview"),
    path("reports/<int:pk>/refresh/", issuing.refresh, name="refresh"),
    path("reports/<int:pk>/head/", issuing.head, name="head"),
    path("reports/<int:pk>/units/", issuing.units, name="units"),
    path("reports/<int:pk>/finalise/", issuing.finalise, name="finalise"),
    path("reports/<int:pk>/reopen/", issuing.reopen, name="reopen"),
    path("reports/<int:pk>/issue/", issuing.issue, name="issue"),
    path("reports/<int:pk>/discard/", issuing.discard, name="discard"),
    path("reports/<int:pk>/correct/", issuing.correct, name="correct"),
    path("reports/<int:pk>/copies/", issuing.copy, name="copy"),
    path("reports/<int:pk>/copies/<int:copy_pk>/", files.copy_download, name="copy_file"),
    path("reports/<int:pk>/files/<str:kind>/", files.file_download, name="file"),
]
