"""消息: what concerns me, read and unread."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from apps.accounts.models import User
from apps.notices.selectors import inbox_counts, messages_for, unread, with_reading
from apps.notices.services import message_read, messages_read_all
from apps.ops.selectors import business_date

_PER_PAGE = 50


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The list; ?show=unread leaves out what was opened."""
    today = business_date()
    counts = inbox_counts(request.user, today)
    shown = messages_for(request.user, today)
    only_unread = request.GET.get("show") == "unread"
    if only_unread:
        shown = unread(shown, request.user)
    paginator = Paginator(with_reading(shown, request.user), _PER_PAGE)
    paginator.count = counts.unread if only_unread else counts.all
    page = paginator.get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "page": page,
        "pages": paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
        "only_unread": only_unread,
        "counts": counts,
        "several": len({message.agency_id for message in page}) > 1,
    }
    return render(request, "inbox/list.html", context)


@require_GET
def message_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Goes on to the page the message is about; from then on it counts as read."""
    message = get_object_or_404(messages_for(request.user, business_date()), pk=pk)
    assert isinstance(request.user, User)
    message_read(user=request.user, message=message)
    return redirect(message.path)


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """［全部标为已读］: those that were on the page, not what has come since."""
    newest = request.POST.get("newest", "")
    if isinstance(request.user, User) and newest.isascii() and newest.isdigit():
        done = messages_read_all(user=request.user, today=business_date(), newest=int(newest))
        messages.success(request, _("已把 %d 条消息标为已读。") % done)
    return redirect("inbox:list")
