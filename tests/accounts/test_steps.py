"""Sign-off steps: places without gaps, approvers that move with them, and who may set them."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.accounts.models import Membership, User
from apps.accounts.services.steps import Step, approvers_place, sign_steps_set
from apps.agencies.models import Agency
from apps.audit.models import Entry
from apps.common.actor import COMMAND_LINE
from apps.common.errors import Conflict, NotAllowed, Refused
from tests.accounts.pages import client_of, security_admin, system_admin
from tests.builders import TODAY, make_agency, make_line, make_member

pytestmark = pytest.mark.django_db
USUAL = ["科室负责人", "分管领导", "主要领导"]


@pytest.fixture
def unit() -> Agency:
    return make_agency("省科技厅")


def put(unit: Agency, steps: list[Step], *, actor: Any = COMMAND_LINE) -> None:
    sign_steps_set(actor=actor, today=TODAY, agency=unit, steps=steps, seen=posts(unit))


def posts(unit: Agency) -> list[str]:
    return list(unit.sign_steps.order_by("position").values_list("post", flat=True))


def places(unit: Agency) -> list[int]:
    return list(unit.sign_steps.order_by("position").values_list("position", flat=True))


def approver(unit: Agency, step: int) -> Membership:
    held = make_member(unit, "approver").memberships.get()
    held.step = step
    held.save()
    return held


def step_of(held: Membership) -> int:
    held.refresh_from_db()
    return held.step


def test_approvers_move_with_their_steps(unit: Agency) -> None:
    put(unit, [Step(post) for post in USUAL])
    first, second, third = approver(unit, 1), approver(unit, 2), approver(unit, 3)
    put(unit, [Step("主要领导", 3), Step("科室负责人", 1)])
    assert (posts(unit), places(unit)) == (["主要领导", "科室负责人"], [1, 2])
    assert (step_of(third), step_of(first)) == (1, 2)
    # its own step is gone: it stays at its place
    assert step_of(second) == 2
    put(unit, [])
    assert {step_of(held) for held in (first, second, third)} == {1}
    changes = Entry.objects.filter(action="更新审签环节").order_by("-pk").first()
    assert changes is not None
    assert changes.changes == {"审签环节": ["主要领导 → 科室负责人", None]}


def test_what_was_changed_meanwhile_is_not_overwritten(unit: Agency) -> None:
    put(unit, [Step("科室负责人")])
    with pytest.raises(Conflict):
        sign_steps_set(actor=COMMAND_LINE, today=TODAY, agency=unit, steps=[], seen=[])
    assert posts(unit) == ["科室负责人"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ([Step("甲"), Step("甲")], "写了两次"),
        ([Step("")], "都要写岗位"),
        ([Step("甲" * 21)], "超过 20 字"),
        ([Step(str(n)) for n in range(6)], "不超过 5 个"),
    ],
)
def test_wrong_steps_are_refused(unit: Agency, wanted: list[Step], said: str) -> None:
    with pytest.raises(Refused, match=said):
        put(unit, wanted)


def test_an_approver_is_placed_at_a_step_there_is(unit: Agency) -> None:
    put(unit, [Step(post) for post in USUAL])
    held, other = approver(unit, 1), approver(make_agency(), 1)
    act: dict[str, Any] = {"actor": COMMAND_LINE, "today": TODAY, "agency": unit}
    assert approvers_place(**act, places={held.pk: 3}) == 1
    assert approvers_place(**act, places={held.pk: 3}) == 0
    assert step_of(held) == 3
    with pytest.raises(Refused, match="只有 3 个环节"):
        approvers_place(**act, places={held.pk: 4})
    with pytest.raises(Conflict):
        approvers_place(**act, places={other.pk: 1})
    entry = Entry.objects.get(action="更新审签人环节")
    assert entry.changes == {"某人的环节": ["1", "3"]}


def test_only_the_units_own_and_the_system_administrator_set_steps(unit: Agency) -> None:
    address = reverse("agencies:steps", args=[unit.pk])
    outside = make_agency("省教育厅")
    allowed = {
        name: client_of(user).get(address).status_code
        for name, user in (
            ("own", make_member(unit, "unit_admin")),
            ("system", system_admin()),
            ("reporter", make_member(unit, "reporter")),
            ("approver", make_member(unit, "approver")),
            ("security", security_admin()),
            ("other", make_member(outside, "unit_admin")),
            ("supervisor", make_member(outside, "supervisor", lines=[make_line()])),
        )
    }
    assert allowed == {
        "own": 200, "system": 200, "reporter": 403, "approver": 403, "security": 403,
        "other": 404, "supervisor": 403,
    }  # fmt: skip
    for user in User.objects.exclude(duty="system").exclude(memberships__role="unit_admin"):
        with pytest.raises(NotAllowed):
            put(unit, [Step("甲")], actor=user)
    with pytest.raises(NotAllowed):
        put(unit, [Step("甲")], actor=make_member(outside, "unit_admin"))
    assert posts(unit) == []


def test_the_page_orders_adds_and_removes_steps(unit: Agency) -> None:
    put(unit, [Step("甲"), Step("乙")])
    held = approver(unit, 2)
    client = client_of(make_member(unit, "unit_admin"))
    address = reverse("agencies:steps", args=[unit.pk])
    assert "没有审签人：走到这里" in client.get(address).content.decode()
    rows = [("乙", 1, 2), ("甲", 2, 1), ("丙", "", ""), ("", "", "")]
    data: dict[str, Any] = {
        "step-TOTAL_FORMS": 4, "step-INITIAL_FORMS": 2, "seen": ["甲", "乙"], "action": "steps"
    }  # fmt: skip
    for place, (post, order, was) in enumerate(rows):
        data |= {f"step-{place}-post": post, f"step-{place}-order": order}
        data |= {f"step-{place}-was": was}
    assert client.post(address, data).status_code == 302
    assert posts(unit) == ["乙", "甲", "丙"]
    assert step_of(held) == 1
    assert "刚被别人改过" in client.post(address, data).content.decode()
    client.post(address, {"action": "approvers", f"place-{held.pk}": "3"})
    assert step_of(held) == 3
    wrong = client.post(address, {"action": "approvers", f"place-{held.pk}": "x"})
    assert wrong.status_code == 422


class AnyChangeOfSteps(TestCase):
    """Nobody is left at a step that is not there."""

    @settings(deadline=None, max_examples=40)
    @given(
        many=st.integers(0, 4),
        kept=st.permutations([1, 2, 3, 4]),
        left=st.integers(0, 4),
        new=st.integers(0, 1),
    )
    def test_every_approver_keeps_a_step(
        self, many: int, kept: list[int], left: int, new: int
    ) -> None:
        unit = make_agency()
        put(unit, [Step(f"岗{n}") for n in range(1, many + 1)])
        held = [approver(unit, place) for place in range(1, max(many, 1) + 1)]
        stay = [place for place in kept if place <= many][:left]
        put(unit, [*(Step(f"岗{place}", place) for place in stay), *[Step("新")] * new])
        steps = len(stay) + new
        assert places(unit) == list(range(1, steps + 1))
        assert all(1 <= step_of(each) <= max(steps, 1) for each in held)
        for place, was in enumerate(stay, start=1):
            assert step_of(held[was - 1]) == place
