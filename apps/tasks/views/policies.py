"""填报规则: how a plan is reported on and judged."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.common.errors import Conflict, Refused
from apps.tasks.period_forms import PolicyForm
from apps.tasks.selectors.openings import coming_periods
from apps.tasks.services.policies import policy_set
from apps.tasks.views.plans import deny, person, visible_plan
from apps.tasks.views.rows import reader_of

_ACTION = "改填报规则"


@require_http_methods(["GET", "HEAD", "POST"])
def plan_policy(request: HttpRequest, pk: int) -> HttpResponse:
    """The policy of a plan of ours, for its supervisors."""
    reader = reader_of(request)
    plan = visible_plan(pk, reader)
    if not plan.is_own:
        raise Http404
    if plan.pk not in reader.scope.supervised:
        reason = _("只有本级督办文件的督查员可以改填报规则。")
        deny(request, reader, ("plan", str(plan.pk)), _ACTION, reason)
    policy = plan.policy
    coming = coming_periods(policy, reader.today)
    form = PolicyForm(request.POST or None, instance=policy)
    if request.method == "POST" and form.is_valid():
        try:
            policy_set(
                actor=person(request),
                scope=reader.scope,
                plan=plan,
                values=form.values,
                seen_version=form.cleaned_data["seen"],
                today=reader.today,
            )
        except Conflict as conflict:
            messages.error(request, conflict.reasons[0])
            return redirect("plans:policy", plan.pk)
        except Refused as refused:
            for reason in refused.reasons:
                form.add_error(None, reason)
        else:
            messages.success(request, _("填报规则已保存，从下一期起适用；已开启的期不变。"))
            return redirect("plans:policy", plan.pk)
    context = {"plan": plan, "form": form, "coming": coming}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "plans/policy.html", context, status=status)
