"""用户: the list of people, a new account, one person, oneself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.forms import (
    AccountForm,
    DutyForm,
    GrantForm,
    ListForm,
    ParticularsForm,
    TermsForm,
)
from apps.accounts.models import Membership, User
from apps.accounts.selectors.people import (
    Wanted,
    locked_usernames,
    people_listed,
    people_visible,
    roles_of,
)
from apps.accounts.services.memberships import (
    membership_change,
    membership_end,
    membership_grant,
)
from apps.accounts.services.users import (
    accounts_open,
    duty_set,
    may_change,
    may_reset,
    password_reset,
    user_change,
)
from apps.accounts.views.desk import Desk, Paged, deny, desk_of, people_desk, say
from apps.agencies.models import Agency
from apps.common.errors import NotAllowed, Refused

_PAGE_SIZES = (30, 50, 100)


@require_safe
def people_list(request: HttpRequest) -> HttpResponse:
    """Whoever has an account, narrowed by the address."""
    desk = people_desk(request)
    form = ListForm(request.GET)
    unit = form.fields["unit"]
    assert isinstance(unit, forms.ModelChoiceField)
    unit.queryset = _units(desk)
    form.is_valid()
    wanted = _wanted(form.cleaned_data, desk)
    people = people_listed(people_visible(desk.user, desk.rights), wanted, desk.today)
    size = request.GET.get("per_page", "")
    paginator = Paginator(people, int(size) if size in map(str, _PAGE_SIZES) else _PAGE_SIZES[0])
    page = paginator.get_page(request.GET.get("page"))
    locked = locked_usernames()
    rows = [
        {
            "user": user,
            "held": [held_of_plain(m, desk) for m in user.memberships.all() if _shown(m, desk)],
            "locked": user.username in locked,
        }
        for user in page.object_list
    ]
    context = {
        "desk": desk,
        "form": form,
        "rows": rows,
        "table": Paged(page),
        "total": paginator.count,
        "asked": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "people/list.html", context)


def held_of_plain(membership: Membership, desk: Desk) -> dict[str, Any]:
    """A role in a list: without the steps, which would cost a query each."""
    return {"membership": membership, "in_force": membership.is_in_force(desk.today)}


def _shown(membership: Membership, desk: Desk) -> bool:
    """A unit's own administrator reads of roles in that unit."""
    return bool(desk.user.duty) or membership.agency_id in desk.rights.administers


def _units(desk: Desk) -> Any:
    units = Agency.objects.filter(collective=False).order_by("level", "region", "rank", "pk")
    return units if desk.user.duty else units.filter(pk__in=desk.rights.administers)


def _wanted(chosen: dict[str, Any], desk: Desk) -> Wanted:
    unit = chosen.get("unit")
    return Wanted(
        words=chosen.get("q", ""),
        unit=unit.pk if unit else None,
        role=chosen.get("role", ""),
        duty=chosen.get("duty", ""),
        state=chosen.get("state", ""),
        within=None if desk.user.duty else desk.rights.administers,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def people_new(request: HttpRequest) -> HttpResponse:
    """A new account; its temporary password is shown on the answer and nowhere else."""
    desk = people_desk(request)
    if not desk.is_system:
        deny(desk, ("user", ""), "建立用户", _("只有系统管理员可以建立用户。"))
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            [opened] = accounts_open(actor=desk.user, today=desk.today, accounts=[form.account])
        except Refused as refused:
            _at(form, refused, {"username": "用户名", "name": "姓名", "email": "邮箱"})
        else:
            context = {"person": opened.user, "password": opened.password, "is_new": True}
            return render(request, "people/password.html", context)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "people/new.html", {"form": form}, status=status)


def _at(form: forms.Form, refused: Refused, named: dict[str, str]) -> None:
    """Each reason at the field it names."""
    for reason in refused.reasons:
        form.add_error(next((f for f, word in named.items() if word in reason), None), reason)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def people_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One person; what may be changed depends on who is asking."""
    desk = people_desk(request)
    person = people_visible(desk.user, desk.rights).filter(pk=pk).first()
    if person is None:
        raise Http404
    if request.method == "POST":
        return _PersonPage(request, desk, person).answer()
    return _PersonPage(request, desk, person).show()


class _PersonPage:
    """One opening of a person's page, with the forms on it."""

    def __init__(self, request: HttpRequest, desk: Desk, person: User) -> None:
        self.request, self.desk, self.person = request, desk, person
        self.particulars: ParticularsForm | None = None
        self.grant: GrantForm | None = None
        self.terms: TermsForm | None = None
        self.said: tuple[str, ...] = ()

    def answer(self) -> HttpResponse:
        acts: dict[str, tuple[str, Callable[[], HttpResponse | None]]] = {
            "particulars": ("修改用户", self._particulars),
            "reset": ("重设密码", self._reset),
            "duty": ("更改管理职责", self._duty),
            "grant": ("授予身份", self._grant),
            "terms": ("改动身份", self._terms),
            "end": ("收回身份", self._end),
        }
        name, act = acts.get(self.request.POST.get("action", ""), ("", None))
        if act is None:
            self.said = (_("请按页面上的按钮操作。"),)
            return self.show(HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            done = act()
        except NotAllowed as refused:
            about = ("user", str(self.person.pk))
            deny(self.desk, about, name, refused.reasons[0])
        except Refused as refused:
            self.person.refresh_from_db()
            self.said = refused.reasons
            return self.show(HTTPStatus.UNPROCESSABLE_ENTITY)
        if done is None:
            return self.show(HTTPStatus.UNPROCESSABLE_ENTITY)
        return done

    def _back(self, sentence: str) -> HttpResponse:
        messages.success(self.request, sentence)
        return redirect("people:detail", self.person.pk)

    def _particulars(self) -> HttpResponse | None:
        allowed = may_change(self.desk.user, self.person, self.desk.today)
        if not allowed:
            raise NotAllowed(_("您不能改这位用户的这些内容。"))
        form = self.particulars = ParticularsForm(self.request.POST, allowed=allowed)
        if not form.is_valid():
            return None
        changed = user_change(
            actor=self.desk.user,
            today=self.desk.today,
            user=self.person,
            wanted=form.cleaned_data,
        )
        return self._back(_("已保存。") if changed else _("没有改动。"))

    def _reset(self) -> HttpResponse:
        password = password_reset(actor=self.desk.user, today=self.desk.today, user=self.person)
        context = {"person": self.person, "password": password, "is_new": False}
        return render(self.request, "people/password.html", context)

    def _duty(self) -> HttpResponse:
        changed = duty_set(
            actor=self.desk.user,
            today=self.desk.today,
            user=self.person,
            duty=self.request.POST.get("duty", ""),
        )
        return self._back(_("管理职责已更改。") if changed else _("没有改动。"))

    def _grant(self) -> HttpResponse | None:
        form = self.grant = GrantForm(self.request.POST)
        if not form.is_valid():
            if not self.desk.is_security:
                raise NotAllowed(_("只有安全管理员可以授予身份。"))
            return None
        try:
            granted = membership_grant(
                actor=self.desk.user, today=self.desk.today, user=self.person, grant=form.grant
            )
        except NotAllowed:
            raise
        except Refused as refused:
            say(form, refused)
            return None
        return self._back(_("已授予“%s”。") % granted)

    def _membership(self) -> Membership:
        chosen = self.request.POST.get("membership", "")
        found = self.person.memberships.select_related("user", "agency").prefetch_related(
            "lines", "agency__sign_steps"
        )
        membership = found.filter(pk=chosen).first() if chosen.isdecimal() else None
        if membership is None or not _shown(membership, self.desk):
            raise Http404
        return membership

    def _terms(self) -> HttpResponse | None:
        membership = self._membership()
        form = self.terms = _terms_form(membership, self.request.POST)
        if not form.is_valid():
            return None
        try:
            changed = membership_change(
                actor=self.desk.user,
                today=self.desk.today,
                membership=membership,
                seen=form.seen_day,
                terms=form.terms,
            )
        except NotAllowed:
            raise
        except Refused as refused:
            say(form, refused)
            return None
        return self._back(_("“%s”已更改。") % membership if changed else _("没有改动。"))

    def _end(self) -> HttpResponse:
        membership = self._membership()
        membership_end(actor=self.desk.user, today=self.desk.today, membership=membership)
        return self._back(_("“%s”已收回。") % membership)

    def show(self, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
        desk, person = self.desk, self.person
        held = [each for each in roles_of(person, desk.today) if _shown(each.membership, desk)]
        allowed = may_change(desk.user, person, desk.today)
        gives = desk.is_security and person.pk != desk.user.pk
        if self.terms is None and self.request.method != "POST":
            self.terms = _chosen_terms(held, self.request.GET.get("role", ""), desk)
        context = {
            "desk": desk,
            "person": person,
            "held": held,
            "in_force": sum(each.in_force for each in held),
            "locked": person.username in locked_usernames(),
            "particulars": self.particulars or _particulars_form(person, allowed),
            "may_reset": may_reset(desk.user, person, desk.today),
            "may_grant": gives and not person.duty and person.is_active,
            "may_give_duty": gives and not held,
            "may_end": desk.is_security,
            "may_hand_over": may_hand_over(desk, person, held),
            "grant": self.grant or GrantForm(),
            "terms": self.terms,
            "duty_form": DutyForm(initial={"duty": person.duty}),
            "said": self.said,
        }
        return render(self.request, "people/detail.html", context, status=status)


def may_hand_over(desk: Desk, person: User, held: Sequence[Any]) -> bool:
    """Whether the page offers it; the service has the last word."""
    if person.duty or person.pk == desk.user.pk:
        return False
    current = [each.membership for each in held if each.in_force]
    return bool(current) and (
        desk.is_security or all(m.agency_id in desk.rights.administers for m in current)
    )


def _particulars_form(person: User, allowed: frozenset[str]) -> ParticularsForm | None:
    if not allowed:
        return None
    return ParticularsForm(
        allowed=allowed, initial={name: getattr(person, name) for name in allowed}
    )


def _chosen_terms(held: Sequence[Any], chosen: str, desk: Desk) -> TermsForm | None:
    """The form of the role named in the address, where the reader may change it."""
    for each in held:
        if str(each.membership.pk) == chosen and each.in_force and desk.is_security:
            return _terms_form(each.membership)
    return None


def _terms_form(membership: Membership, data: Any = None) -> TermsForm:
    posts = {step.position: step.post for step in membership.agency.sign_steps.all()}
    places = [(place, f"{place} {post}") for place, post in sorted(posts.items())]
    return TermsForm(data, membership=membership, places=places or [(1, "1")])


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def people_me(request: HttpRequest) -> HttpResponse:
    """个人设置: one's own address and roles."""
    desk = desk_of(request)
    allowed = frozenset({"email", "digest"})
    initial = {"email": desk.user.email, "digest": desk.user.digest}
    sent = request.POST if request.method == "POST" else None
    form = ParticularsForm(sent, allowed=allowed, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            changed = user_change(
                actor=desk.user, today=desk.today, user=desk.user, wanted=form.cleaned_data
            )
        except Refused as refused:
            _at(form, refused, {"email": "邮箱"})
        else:
            messages.success(request, _("已保存。") if changed else _("没有改动。"))
            return redirect("people:me")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    held = roles_of(desk.user, desk.today)
    context = {"desk": desk, "form": form, "held": held}
    return render(request, "people/me.html", context, status=status)
