"""Where the trial run's data does not go, and that its loading is all or nothing."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import override_settings

from apps.agencies.models import Agency
from apps.common.errors import Refused
from apps.ops.models import Installation
from apps.ops.services import business_date_set
from apps.tasks import samples
from tests.builders import make_agency

pytestmark = pytest.mark.django_db


def test_a_database_with_anything_else_in_it_is_left_alone() -> None:
    make_agency()
    with pytest.raises(Refused, match="不是演示库"):
        samples.samples_load()
    assert not Installation.objects.exists()


@override_settings(SAMPLE=False)
def test_samples_are_never_loaded_into_real_work() -> None:
    with pytest.raises(Refused, match="演示环境"):
        samples.samples_load()


def test_real_work_has_no_date_of_its_own() -> None:
    Installation.objects.create(pk=1, body_name="广东省")
    with pytest.raises(Refused, match="正式环境"):
        business_date_set(day=date(2020, 10, 21))


def test_a_loading_that_fails_in_the_middle_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise Refused("坏了")

    monkeypatch.setattr(samples, "_progress", fail)
    with pytest.raises(Refused, match="坏了"):
        samples.samples_load()
    assert not Agency.objects.exists()
    assert not Installation.objects.exists()
