"""三员分立: no account holds two administrators' duties, nor one with a role in a unit."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import Membership
from tests.builders import make_agency, make_member, make_user

pytestmark = pytest.mark.django_db


def test_an_administrator_gets_no_role_in_a_unit() -> None:
    user = make_user(duty="system")
    with pytest.raises(IntegrityError, match="不能兼任"), transaction.atomic():
        Membership.objects.create(user=user, agency=make_agency(), role="reporter")


def test_somebody_with_a_role_becomes_no_administrator() -> None:
    user = make_member(make_agency(), "reporter")
    user.duty = "audit"
    with pytest.raises(IntegrityError, match="不能兼任"), transaction.atomic():
        user.save()


def test_a_duty_that_does_not_exist_is_refused() -> None:
    with pytest.raises(IntegrityError, match="accounts_user_one_duty"), transaction.atomic():
        make_user(duty="both")
