"""Addresses of the pages that sum up: 工作台 and 督办看板."""

from __future__ import annotations

from django.urls import path

from apps.reports import views

app_name = "reports"
urlpatterns = [
    path("", views.home, name="home"),
    path("overdue/", views.overdue, name="overdue"),
]
