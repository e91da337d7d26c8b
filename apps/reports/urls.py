"""Addresses of the pages that sum up: 工作台 and 督办看板."""

from __future__ import annotations

from django.urls import path

from apps.reports.views import home, overdue, periods

app_name = "reports"
urlpatterns = [
    path("", home, name="home"),
    path("overdue/", overdue, name="overdue"),
    path("reports/", periods, name="periods"),
]
