"""Two people on one plan's table at the same moment: one is done, the other is told."""

from __future__ import annotations

import pytest
from django.db import connection

from apps.accounts.models import User
from apps.common.errors import Conflict
from apps.plans.models import Plan
from apps.tasks.access import scope_of
from apps.tasks.models import Task
from apps.tasks.selectors.tables import table_diff
from apps.tasks.services.tables import Import, table_import
from tests.builders import TODAY, make_agency, make_plan
from tests.reporting import supervisor
from tests.tasks.importing import bring_in, everything_of, read, undo
from tests.tasks.test_at_once import together

ROWS = [
    ("1", "建设创新中心。", "省科技厅", "2020年"),
    ("2", "完善治理结构。", "省科技厅", "2021年"),
]


@pytest.fixture
def user(live_database: dict[str, str]) -> User:
    assert live_database
    make_agency("省科技厅")
    make_plan("impl")
    return supervisor()


def test_of_two_imports_the_second_finds_another_plan_than_it_saw(user: User) -> None:
    plan = Plan.objects.get()
    revisions = [[(*ROWS[0][:3], f"20{year}年"), ROWS[1]] for year in (21, 22)]
    seen = [table_diff(plan, read(plan, rows)).digest for rows in revisions]
    scope = scope_of(user, TODAY)
    connection.close()

    def bring(at: int) -> None:
        wanted = Import(plan, read(plan, revisions[at]), "表.xlsx", seen=seen[at])
        table_import(actor=user, scope=scope, wanted=wanted, today=TODAY)

    [failure] = together(lambda: bring(0), lambda: bring(1))
    assert isinstance(failure, Conflict)
    assert Task.objects.count() == len(ROWS)


def test_of_two_who_undo_only_one_does(user: User) -> None:
    plan = Plan.objects.get()
    bring_in(plan, ROWS, user, name="一.xlsx")
    before = everything_of(plan)
    kept = bring_in(plan, [(*ROWS[0][:3], "2022年"), ROWS[1]], user, name="二.xlsx")
    scope_of(user, TODAY)
    connection.close()
    [failure] = together(lambda: undo(kept, user), lambda: undo(kept, user))
    assert isinstance(failure, Conflict)
    assert everything_of(plan) == before
