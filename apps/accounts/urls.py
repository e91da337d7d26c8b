"""Addresses of logging in and out, and of one's password."""

from __future__ import annotations

from django.urls import path

from apps.accounts.views import passwords, session

app_name = "accounts"
urlpatterns = [
    path("login/", session.login_view, name="login"),
    path("logout/", session.logout_view, name="logout"),
    path("password/", passwords.password_page, name="password"),
]
