"""What the log says of registering plans, giving roles and moving the sample's day."""

from __future__ import annotations

from datetime import date

import pytest

from apps.accounts.models import Membership
from apps.accounts.services import Grant, membership_grant
from apps.audit.selectors import history
from apps.audit.services import Act, record
from apps.common.actor import COMMAND_LINE
from apps.ops.models import Installation
from apps.plans.models import Plan
from apps.plans.services import plan_create
from apps.tasks.services.sample_day import sample_day_move
from tests.builders import TODAY, make_agency, make_line, make_task, make_user

pytestmark = pytest.mark.django_db


def test_a_new_plan_is_logged_with_what_identifies_it() -> None:
    plan = Plan(
        code="p",
        title="实施方案",
        short_title="方案",
        document_number="粤府办〔2017〕1号",
        issuer="广东省人民政府办公厅",
        level="省",
        region="广东省",
        relation="own",
    )
    plan_create(actor=COMMAND_LINE, today=TODAY, plan=plan)
    assert history(plan).get().changes == {
        "标题": [None, "实施方案"],
        "文号": [None, "粤府办〔2017〕1号"],
        "发文机关": [None, "广东省人民政府办公厅"],
        "级别": [None, plan.get_level_display()],
        "关系": [None, "本级督办"],
    }


def test_a_role_is_logged_with_its_lines() -> None:
    user, agency = make_user(), make_agency("省发展改革委")
    role = Membership.Role.SUPERVISOR
    lines = [make_line("a"), make_line("b")]
    grant = Grant(agency, role, lines=lines)
    membership_grant(actor=COMMAND_LINE, today=TODAY, user=user, grant=grant)
    assert history(user).get().changes == {
        "身份": [None, "省发展改革委 督查员"],
        "条线": [None, "条线a、条线b"],
    }


def test_moving_the_day_is_logged_from_and_to() -> None:
    row = Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)
    later = date(2020, 10, 21)
    sample_day_move(actor=COMMAND_LINE, day=later)
    entry = history(row).get()
    assert entry.changes == {"业务日期": ["2020-10-12", "2020-10-21"]}
    assert (entry.business_date, entry.actor_name) == (TODAY, "系统（命令行）")


def test_an_act_may_hold_the_longest_name_of_a_unit() -> None:
    task = make_task()
    action = f"期初：审核通过2020年前三季度进展（{'长' * 60}）"
    record(actor=COMMAND_LINE, today=TODAY, act=Act(action, task))
    assert history(task).get().action == action
