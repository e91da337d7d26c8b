"""Drafts: each person's own, as typed; nobody's is lost, and each hears of the other's."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.common.errors import NotAllowed, Refused
from apps.plans.models import PlanPeriod
from apps.tasks.access import scope_of
from apps.tasks.content import Content
from apps.tasks.models import Draft, Duty
from apps.tasks.services.drafts import DraftSaved, draft_save
from tests.builders import TODAY, make_agency, make_duty, make_task
from tests.reporting import GOOD, approve, approver_of, reporter_of, submit, supervisor

pytestmark = pytest.mark.django_db


@pytest.fixture
def duty() -> Duty:
    agency = make_agency("省科技厅")
    return make_duty(make_task(leads=[agency]), agency)


@pytest.fixture
def me(duty: Duty) -> User:
    return reporter_of(duty.agency)


@pytest.fixture
def colleague(duty: Duty) -> User:
    return reporter_of(duty.agency)


NOW = timezone.make_aware(datetime(2020, 10, 12, 9, 30))  # noqa: DTZ001  # made aware here


def save(
    user: User, duty: Duty, *, seen: int = 0, now: datetime = NOW, **fields: str
) -> DraftSaved:
    return draft_save(
        actor_user=user,
        scope=scope_of(user, TODAY),
        duty_id=duty.pk,
        fields=fields,
        seen_version=seen,
        now=now,
    )


def test_what_is_typed_is_kept_right_or_wrong_and_once_per_person(duty: Duty, me: User) -> None:
    save(me, duty, text="半句", value="二百家")
    later = NOW + timedelta(seconds=5)
    saved = save(me, duty, text="半句话", value="二百家", now=later)
    assert (saved.saved_at, saved.others, saved.version) == (later, [], 0)
    draft = Draft.objects.get()
    assert draft.fields == {"text": "半句话", "value": "二百家"}
    assert draft.saved_at == later


def test_a_colleagues_draft_is_told_and_not_touched(duty: Duty, me: User, colleague: User) -> None:
    save(colleague, duty, text="同事写的")
    [other] = save(me, duty, text="我写的").others
    assert (other.who, other.when, other.handed_in) == (colleague.name, NOW, False)
    assert other.fields["text"] == "同事写的"
    assert Draft.objects.count() == 2


def test_what_says_the_same_is_not_told(duty: Duty, me: User, colleague: User) -> None:
    save(colleague, duty, text="同样\n的话", value="")
    assert save(me, duty, text="同样\r\n的话").others == []


def test_what_a_colleague_handed_in_meanwhile_is_told(
    duty: Duty, me: User, colleague: User
) -> None:
    save(colleague, duty, text="他的草稿")
    submit(duty, colleague)
    saved = save(me, duty, text="我写的")
    [other] = saved.others
    assert (other.who, other.when, other.handed_in) == (colleague.name, TODAY, True)
    assert (other.fields["text"], saved.version) == (GOOD.text, 1)
    assert Draft.objects.get().user == me


def test_a_draft_from_before_the_report_is_no_news(duty: Duty, me: User, colleague: User) -> None:
    save(colleague, duty, text="老草稿")
    submit(duty, me)
    assert save(me, duty, seen=1, text="再改").others == []


def test_what_cannot_be_stored_is_left_out_and_the_rest_kept(duty: Duty, me: User) -> None:
    save(me, duty, text="上\0下\ud800。")
    assert Draft.objects.get().fields == {"text": "上下?。"}


def test_unknown_fields_and_endless_texts_are_refused(duty: Duty, me: User) -> None:
    with pytest.raises(Refused, match="没有“password”这一栏"):
        save(me, duty, password="x")
    with pytest.raises(Refused, match="一栏最多暂存"):
        save(me, duty, text="长" * 10_001)
    assert not Draft.objects.exists()


def test_a_row_that_takes_no_report_takes_no_draft(duty: Duty, me: User) -> None:
    approve(supervisor(), submit(duty, me))
    with pytest.raises(Refused, match="已审核通过"):
        save(me, duty, text="改")
    PlanPeriod.objects.update(state="closed", closed_on=TODAY)
    with pytest.raises(Refused, match="已关闭"):
        save(me, duty, text="改")


def test_only_reporters_of_the_unit_keep_drafts_of_its_rows(duty: Duty, me: User) -> None:
    stranger = reporter_of(make_agency("省财政厅"))
    for other in (stranger, approver_of(duty.agency), supervisor()):
        with pytest.raises(NotAllowed):
            save(other, duty, text="越权")
    gone = Duty(pk=10**9)
    with pytest.raises(NotAllowed):
        save(me, gone, text="没有这一项")


def test_what_was_handed_in_word_by_word_is_no_draft(duty: Duty, me: User) -> None:
    save(me, duty, text="写到一半")
    submit(duty, reporter_of(duty.agency))
    assert save(me, duty, text=GOOD.text, self_assessment="normal").others == []
    assert not Draft.objects.exists()


def test_a_sent_text_leaves_no_draft_behind(duty: Duty, me: User) -> None:
    save(me, duty, text="写好了。")
    submit(duty, me, Content("写好了。", GOOD.self_assessment))
    assert not Draft.objects.exists()
