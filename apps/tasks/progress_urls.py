"""Addresses of sheets as files: export, return, upload, signing on paper; and of jobs."""

from __future__ import annotations

from django.urls import path

from apps.tasks.views import jobs, returns, sheet_files

progress = [
    path("<str:code>/export/", sheet_files.sheet_export, name="export"),
    path("<str:code>/sheets/", sheet_files.sheets_all, name="sheets"),
    path("<str:code>/paper/", sheet_files.sheet_paper, name="paper"),
    path("<str:code>/signed/", sheet_files.paper_signed, name="signed"),
    path("<str:code>/returns/", returns.returns, name="returns"),
    path("<str:code>/returns/<int:pk>/file/", returns.return_file, name="return_file"),
    path("<str:code>/upload/", returns.own_upload, name="upload"),
]
job_pages = [
    path("<int:pk>/", jobs.job_detail, name="detail"),
    path("<int:pk>/file/", jobs.job_file, name="file"),
    path("<int:pk>/cancel/", jobs.job_cancel, name="cancel"),
]
