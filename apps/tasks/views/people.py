"""人员交接: one act for roles and drafts, which is why it stands above the accounts."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.models import Membership, User
from apps.accounts.selectors.people import people_visible, roles_of
from apps.accounts.views.desk import Desk, deny, people_desk, say
from apps.accounts.views.people import may_hand_over
from apps.common.errors import NotAllowed, Refused
from apps.tasks.handover_forms import HandoverForm
from apps.tasks.services.handover import Handover, drafts_of, hand_over


@require_http_methods(["GET", "HEAD", "POST"])
def people_handover(request: HttpRequest, pk: int) -> HttpResponse:
    """What will be passed on, and to whom."""
    desk = people_desk(request)
    leaving = people_visible(desk.user, desk.rights).filter(pk=pk).first()
    if leaving is None:
        raise Http404
    held = [each for each in roles_of(leaving, desk.today) if each.in_force]
    if not may_hand_over(desk, leaving, held):
        reason = _("这位用户的交接由安全管理员，或其所在单位的管理员办理。")
        deny(desk, ("user", str(pk)), "人员交接", reason)
    sent = request.POST if request.method == "POST" else None
    form = HandoverForm(sent, initial={"day": desk.today.isoformat()})
    successor = form.fields["successor"]
    assert isinstance(successor, forms.ModelChoiceField)
    successor.queryset = successors(desk, leaving, desk.today)
    if form.is_bound and form.is_valid() and (done := _handed(request, desk, leaving, form)):
        return done
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    drafts = drafts_of(leaving, [each.membership for each in held]).count()
    context = {"desk": desk, "person": leaving, "held": held, "drafts": drafts, "form": form}
    return render(request, "people/handover.html", context, status=status)


def successors(desk: Desk, leaving: User, today: date) -> QuerySet[User]:
    """Whom the page offers: everybody in business, or the unit's own people."""
    people = User.objects.filter(duty="", is_active=True).exclude(pk__in=[leaving.pk, desk.user.pk])
    if not desk.is_security:
        held = Membership.objects.in_force(today).filter(agency__in=desk.rights.administers)
        people = people.filter(pk__in=held.values("user"))
    return people.order_by("name", "username")


def _handed(
    request: HttpRequest, desk: Desk, leaving: User, form: HandoverForm
) -> HttpResponse | None:
    wanted = Handover(
        leaving=leaving,
        successor=form.cleaned_data["successor"],
        day=form.cleaned_data["day"],
        switch_off=form.cleaned_data["switch_off"],
    )
    try:
        done = hand_over(actor=desk.user, handover=wanted, today=desk.today)
    except NotAllowed as refused:
        deny(desk, ("user", str(leaving.pk)), "人员交接", refused.reasons[0])
    except Refused as refused:
        say(form, refused)
        return None
    said = _("已交接：%(roles)d 项身份、%(drafts)d 份草稿由%(name)s接手。") % {
        "roles": done.roles,
        "drafts": done.drafts,
        "name": wanted.successor.name,
    }
    if done.kept:
        said += _("另有 %d 份草稿接手人自己已有，以接手人的为准，原来的仍留着。") % done.kept
    messages.success(request, said)
    return redirect("people:detail", wanted.successor.pk)
