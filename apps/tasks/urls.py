"""Addresses of tasks, plans, agencies and imports; the namespaces are those of the words."""

from __future__ import annotations

from django.urls import include, path

from apps.tasks.views import agencies, imports, plans, progress, rows

_tasks = [
    path("", rows.task_list, name="list"),
    path("export/", rows.task_export, name="export"),
    path("<int:pk>/", rows.task_detail, name="detail"),
    path("<int:pk>/duties/<int:duty_pk>/", progress.progress_record, name="record"),
    path("sign/", progress.progress_sign, name="sign"),
]
_plans = [
    path("", plans.plan_list, name="list"),
    path("new/", plans.plan_new, name="new"),
    path("<int:pk>/", plans.plan_detail, name="detail"),
    path("<int:pk>/export/", plans.plan_export, name="export"),
    path("<int:pk>/import/", imports.import_upload, name="import"),
    path("<int:pk>/import/<int:import_pk>/", imports.import_preview, name="import_preview"),
]
_agencies = [
    path("", agencies.agency_list, name="list"),
    path("<int:pk>/", agencies.agency_detail, name="detail"),
]
urlpatterns = [
    path("tasks/", include((_tasks, "tasks"))),
    path("plans/", include((_plans, "plans"))),
    path("agencies/", include((_agencies, "agencies"))),
]
