"""All addresses of the product."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("apps.accounts.urls")),
    path("inbox/", include("apps.notices.urls")),
    path("audit/", include("apps.reports.log_urls")),
    path("", include("apps.tasks.urls")),
    path("", include("apps.reports.urls")),
]
handler400 = "apps.common.views.bad_request"
