"""登记指标 and 修改指标: what a document asks for, typed from it with its sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.common.errors import Conflict, NotAllowed, Refused
from apps.plans.models import Plan
from apps.targets.models import Indicator
from apps.tasks.indicator_forms import IndicatorForm, TargetForm
from apps.tasks.selectors.targets import indicators_of
from apps.tasks.services.indicators import IndicatorWish, indicator_change, indicator_create
from apps.tasks.views.plans import deny, person
from apps.tasks.views.rows import Reader, reader_of


@require_http_methods(["GET", "HEAD", "POST"])
def indicator_new(request: HttpRequest) -> HttpResponse:
    """An indicator of one of our own plans, with its first target."""
    reader = reader_of(request)
    own = Plan.objects.filter(pk__in=reader.scope.supervised, relation=Plan.Relation.OWN)
    plans = list(own.order_by("pk"))
    if not plans:
        said = _("只有本任务来源的督查员可以登记指标。")
        deny(request, reader, ("indicator", ""), "登记指标", said)
    data = request.POST if request.method == "POST" else None
    form = IndicatorForm(data, plans=plans, chosen=request.GET.get("plan", ""))
    desk = _Desk(request, reader, form, [TargetForm(data, kind=request.POST.get("kind", ""))])
    if data is not None and desk.done():
        return redirect("targets:detail", desk.saved)
    return _page(request, desk, None)


@require_http_methods(["GET", "HEAD", "POST"])
def indicator_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Put right what was typed, and add targets of further years."""
    reader = reader_of(request)
    indicator = indicators_of(reader.scope.visible).filter(pk=pk).first()
    if indicator is None:
        raise Http404
    if indicator.plan_id not in reader.scope.supervised or not indicator.plan.is_own:
        said = _("只有本任务来源的督查员可以修改指标和目标。")
        deny(request, reader, ("indicator", str(pk)), "修改指标", said)
    data = request.POST if request.method == "POST" else None
    kind = request.POST.get("kind", "")
    targets = [TargetForm(data, target=each, kind=kind) for each in indicator.targets.all()]
    desk = _Desk(
        request,
        reader,
        IndicatorForm(data, indicator=indicator),
        [*targets, TargetForm(data, kind=kind)],
        indicator,
    )
    if data is not None and desk.done():
        return redirect("targets:detail", pk)
    return _page(request, desk, indicator)


@dataclass
class _Desk:
    """The forms of the page, and what came of them."""

    request: HttpRequest
    reader: Reader
    form: IndicatorForm
    targets: list[TargetForm]
    indicator: Indicator | None = None
    saved: int = field(default=0)

    def done(self) -> bool:
        """Whether it was done; what is refused stands in the forms."""
        sent = [each for each in self.targets if not (self.indicator and each.is_blank)]
        # all of them, so that everything wrong is said at once
        if not all([self.form.is_valid(), *(each.is_valid() for each in sent)]):
            return False
        targets = {each.target.pk if each.target else None: each.facts for each in sent}
        try:
            said = self._act(IndicatorWish(self.form.facts, targets))
        except NotAllowed as refused:
            about = ("indicator", str(self.indicator.pk if self.indicator else ""))
            deny(self.request, self.reader, about, "登记、修改指标", refused.reasons[0])
        except Conflict as conflict:
            assert self.indicator, "only what is there can be changed by others"
            self.form.use_newer(Indicator.objects.get(pk=self.indicator.pk))
            self.form.add_error(None, conflict.reasons[0])
            return False
        except Refused as refused:
            self.form.add_reasons(refused.reasons)
            return False
        messages.success(self.request, said)
        return True

    def _act(self, wish: IndicatorWish) -> str:
        actor, scope, today = person(self.request), self.reader.scope, self.reader.today
        if self.indicator is None:
            plan_id = int(self.form.cleaned_data["plan"])
            made = indicator_create(
                actor=actor, scope=scope, today=today, plan_id=plan_id, wish=wish
            )
            self.saved = made.pk
            return _("已登记指标“%s”，可以录入完成值了。") % made.name
        indicator_change(
            actor=actor,
            scope=scope,
            today=today,
            indicator_id=self.indicator.pk,
            wish=wish,
            correction=self.form.correction,
        )
        return _("已修改，原来的写在经过里。")


def _page(request: HttpRequest, desk: _Desk, indicator: Indicator | None) -> HttpResponse:
    wrong = bool(desk.form.errors) or any(each.is_bound and each.errors for each in _sent(desk))
    context = {
        "form": desk.form,
        "targets": desk.targets,
        "indicator": indicator,
        "wrong": wrong,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "targets/edit.html", context, status=status)


def _sent(desk: _Desk) -> list[TargetForm]:
    return [each for each in desk.targets if not (desk.indicator and each.is_blank)]
