"""Addresses of tasks, plans, agencies and imports; the namespaces are those of the words."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from apps.accounts.views import bulk, lines
from apps.accounts.views import people as account_pages
from apps.tasks import progress_urls
from apps.tasks.views import (
    agencies,
    calendar,
    consolidators,
    exports,
    goals,
    import_files,
    imports,
    indicators,
    people,
    periods,
    plans,
    policies,
    progress,
    reviews,
    rows,
    sheet,
    sheet_rows,
    targets,
    units,
)

_tasks = [
    path("", rows.task_list, name="list"),
    path("export/", exports.task_export, name="export"),
    path("<int:pk>/", rows.task_detail, name="detail"),
    path("<int:pk>/duties/<int:duty_pk>/", progress.progress_record, name="record"),
    path("sign/", progress.progress_sign, name="sign"),
    path("judge/", reviews.progress_judged, name="judge"),
]
_plans = [
    path("", plans.plan_list, name="list"),
    path("new/", plans.plan_new, name="new"),
    path("<int:pk>/", plans.plan_detail, name="detail"),
    path("<int:pk>/export/", exports.plan_export, name="export"),
    path("<int:pk>/consolidators/", consolidators.plan_consolidators, name="consolidators"),
    path("<int:pk>/policy/", policies.plan_policy, name="policy"),
    path("<int:pk>/import/", imports.import_upload, name="import"),
    path("<int:pk>/import/<int:import_pk>/", imports.import_preview, name="import_preview"),
    path("<int:pk>/import/<int:import_pk>/file/", import_files.import_file, name="import_file"),
    path("<int:pk>/import/<int:import_pk>/undo/", import_files.import_undo, name="import_undo"),
]
_agencies = [
    path("", agencies.agency_list, name="list"),
    path("new/", units.agency_new, name="new"),
    path("<int:pk>/", agencies.agency_detail, name="detail"),
    path("<int:pk>/edit/", units.agency_edit, name="edit"),
    path("<int:pk>/contacts/", units.agency_contacts, name="contacts"),
    path("<int:pk>/steps/", units.agency_steps, name="steps"),
    path("<int:pk>/match/", units.agency_match, name="match"),
]
_reviews = [
    path("", reviews.review_list, name="list"),
    path("act/", reviews.review_act, name="act"),
]
_goals = [
    path("", goals.goal_list, name="current"),
    path("<int:year>/", goals.goal_list, name="list"),
]
_targets = [
    path("", targets.target_list, name="list"),
    path("export/", targets.target_export, name="export"),
    path("new/", indicators.indicator_new, name="new"),
    path("<int:pk>/", targets.target_detail, name="detail"),
    path("<int:pk>/edit/", indicators.indicator_edit, name="edit"),
]
# accounts has all but the hand-over, which also moves drafts: one namespace, so one place
_people = [
    path("", account_pages.people_list, name="list"),
    path("new/", account_pages.people_new, name="new"),
    path("me/", account_pages.people_me, name="me"),
    path("lines/", lines.people_lines, name="lines"),
    path("bulk/", bulk.people_bulk, name="bulk"),
    path("bulk/template/", bulk.people_bulk_template, name="bulk_template"),
    path("<int:pk>/", account_pages.people_detail, name="detail"),
    path("<int:pk>/handover/", people.people_handover, name="handover"),
]
_sheets = [
    path("", sheet.sheet_current, name="current"),
    path("<str:code>/", sheet.sheet_page, name="sheet"),
    path("<str:code>/save/", sheet_rows.sheet_save, name="save"),
    path("<str:code>/<int:pk>/evidence/", sheet_rows.evidence_upload, name="evidence"),
    path("<str:code>/<int:pk>/same/", sheet_rows.same_report, name="same"),
    *progress_urls.progress,
]
_progress: list[URLPattern | URLResolver] = [
    path("progress/", include(_sheets)),
    path("evidence/<int:pk>/", sheet_rows.evidence_file, name="evidence_file"),
    path("scans/<int:pk>/", sheet_rows.scan_file, name="scan"),
    path("evidence/<int:pk>/remove/", sheet_rows.evidence_drop, name="evidence_remove"),
]
_periods = [
    path("open/", periods.period_open, name="open"),
    path("<int:pk>/", periods.period_detail, name="detail"),
]
_calendar = [path("", calendar.calendar_list, name="list")]
_exports = [
    path("", exports.export_list, name="list"),
    path("start/", exports.export_start, name="start"),
]
urlpatterns = [
    path("tasks/", include((_tasks, "tasks"))),
    path("plans/", include((_plans, "plans"))),
    path("agencies/", include((_agencies, "agencies"))),
    path("people/", include((_people, "people"))),
    path("periods/", include((_periods, "periods"))),
    path("calendar/", include((_calendar, "calendar"))),
    path("exports/", include((_exports, "exports"))),
    path("reviews/", include((_reviews, "reviews"))),
    path("goals/", include((_goals, "goals"))),
    path("targets/", include((_targets, "targets"))),
    path("", include((_progress, "progress"))),
    path("jobs/", include((progress_urls.job_pages, "jobs"))),
]
