"""Addresses of 操作日志."""

from __future__ import annotations

from django.urls import path

from apps.reports.views import log

app_name = "audit"
urlpatterns = [
    path("", log.log_list, name="list"),
    path("export/", log.log_export, name="export"),
]
