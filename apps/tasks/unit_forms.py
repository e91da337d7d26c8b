"""Forms of 单位: facts with other names, telephones, steps of the sign-off."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from apps.accounts.forms import PlainForm
from apps.accounts.services.steps import MOST_STEPS, Step
from apps.agencies.models import Agency, Contact
from apps.agencies.services import MOST_CONTACTS, AgencyFacts, OtherName
from apps.common.text import fold

USUAL_POSTS = ("分管领导", "科室负责人", "联络员A", "联络员B")
_SPARE_ALIASES, _MOST_ALIASES = 3, 30


class UnitForm(PlainForm):
    """The facts of a unit."""

    name = forms.CharField(
        label=_("简称"), max_length=60, help_text=_("文件里常写的名称，如“省科技厅”。")
    )
    full_name = forms.CharField(label=_("全称"), max_length=120)
    full_name_sourced = forms.BooleanField(label=_("全称见于文件"), required=False)
    level = forms.ChoiceField(label=_("级别"), choices=[("", _("请选择")), *Agency.Level.choices])
    region = forms.CharField(
        label=_("地区"),
        max_length=40,
        help_text=_("简称在其中有效的地区，如“广东省”；国家单位写“全国”。"),
    )
    affiliation = forms.ChoiceField(
        label=_("隶属"),
        choices=Agency.Affiliation.choices,
        help_text=_("政府部门以外的单位发商请函，不经批准不在通报中点名。"),
    )
    collective = forms.BooleanField(
        label=_("集合名称（如“各区政府”），不是一个单位"), required=False
    )
    rank = forms.IntegerField(
        label=_("排序"),
        min_value=0,
        max_value=100_000,
        help_text=_("同级同地区里小的在前。"),
        error_messages={
            "invalid": _("排序填整数。"),
            "min_value": _("排序不能小于 0。"),
            "max_value": _("排序太大，请填小些。"),
        },
    )

    @property
    def facts(self) -> AgencyFacts:
        """Only for a valid form."""
        return AgencyFacts(**self.cleaned_data)


def unit_initial(agency: Agency) -> dict[str, Any]:
    """What the form of a known unit starts with."""
    return {name: getattr(agency, name) for name in UnitForm.base_fields}


class AliasForm(PlainForm):
    """Another name; an empty one is none."""

    name = forms.CharField(label=_("别名"), required=False, max_length=120)
    basis = forms.CharField(label=_("依据"), required=False, max_length=200)


class ContactForm(PlainForm):
    """Whom to telephone; without name and telephone it is nobody."""

    post = forms.CharField(label=_("岗位"), required=False, max_length=20)
    name = forms.CharField(label=_("姓名"), required=False, max_length=20)
    telephone = forms.CharField(label=_("电话"), required=False, max_length=30)


class StepForm(PlainForm):
    """A step; without a post it is none."""

    post = forms.CharField(label=_("岗位"), required=False, max_length=20)
    order = forms.IntegerField(
        label=_("次序"),
        required=False,
        min_value=1,
        max_value=99,
        error_messages={
            "invalid": _("次序填 1、2、3 这样的数字。"),
            "min_value": _("次序从 1 起。"),
            "max_value": _("次序太大。"),
        },
    )
    was = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)


if TYPE_CHECKING:
    _Rows = BaseFormSet[Any]
else:
    # generic in the stubs alone
    _Rows = BaseFormSet


def alias_rows(data: Any = None, agency: Agency | None = None) -> _Rows:
    """One row for each alias and some to spare."""
    known = agency.aliases.order_by("pk").values("name", "basis") if agency else []
    return _formset(AliasForm, data, list(known), "alias", _SPARE_ALIASES, _MOST_ALIASES)


def aliases_in(rows: _Rows) -> list[OtherName]:
    """Only for valid rows."""
    found = _filled(rows, "name")
    return [OtherName(fold(row["name"]), fold(row["basis"])) for row in found]


def contact_rows(data: Any = None, agency: Agency | None = None) -> _Rows:
    """One row for each contact, and the usual posts that nobody is entered for."""
    known = (
        list(agency.contacts.order_by("position").values("post", "name", "telephone"))
        if (agency)
        else []
    )
    posts = {contact["post"] for contact in known}
    spare = [{"post": post} for post in USUAL_POSTS if post not in posts]
    room = max(MOST_CONTACTS - len(known), 0)
    return _formset(ContactForm, data, known + spare[:room], "contact", 1, MOST_CONTACTS)


def contacts_in(rows: _Rows) -> list[Contact]:
    """Only for valid rows."""
    found = _filled(rows, "name", "telephone")
    return [
        Contact(post=fold(row["post"]), name=fold(row["name"]), telephone=row["telephone"].strip())
        for row in found
    ]


def step_rows(data: Any = None, agency: Agency | None = None) -> _Rows:
    """One row for each step and two to spare."""
    known = [
        {"post": step.post, "order": step.position, "was": step.position}
        for step in (agency.sign_steps.order_by("position") if agency else [])
    ]
    return _formset(StepForm, data, known, "step", 2, MOST_STEPS + 2)


def steps_in(rows: _Rows) -> list[Step]:
    """In the wanted order; a row without a number comes last. Only for valid rows."""
    found = [(row["order"] or 100, place, row) for place, row in enumerate(_filled(rows, "post"))]
    return [
        Step(fold(row["post"]), row["was"] or 0)
        for _order, _place, row in sorted(found, key=lambda each: each[:2])
    ]


def _formset(
    form: type[forms.Form], data: Any, known: list[Any], prefix: str, spare: int, most: int
) -> _Rows:
    kind = formset_factory(form, extra=spare, max_num=most, absolute_max=most)
    # what was sent is all there is: a row that equals what is known by now counts as untouched
    rows: _Rows = kind(data, initial=known if data is None else None, prefix=prefix)
    return rows


def _filled(rows: _Rows, *names: str) -> Iterable[dict[str, Any]]:
    for form in rows.forms:
        row = form.cleaned_data
        if any((row.get(name) or "").strip() for name in names):
            yield row
