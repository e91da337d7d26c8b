"""Addresses of the inbox."""

from __future__ import annotations

from django.urls import path

from apps.notices import views

app_name = "inbox"
urlpatterns = [
    path("", views.inbox, name="list"),
    path("<int:pk>/", views.message_open, name="open"),
    path("read/", views.read_all, name="read_all"),
]
