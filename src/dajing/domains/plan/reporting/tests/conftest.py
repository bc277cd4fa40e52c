"""People and figures of reporting tests."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dajing.domains.plan.loading import plan as load_plan
from dajing.domains.plan.reporting.rules import Value
from dajing.domains.plan.reporting.scope import covered, expected_areas, fields_of
from dajing.kernel.identity.actor import Actor

AT = datetime(2018, 7, 5, 1, tzinfo=UTC)


def actor(number, department, *roles, area="130700"):
    return Actor(
        id=f"person:{number}", name=f"人{number}", department=department, post=f"post-{number}",
        areas=frozenset({area}), roles=frozenset(roles),
    )  # fmt: skip


class People:
    filler = actor(1, "zjk-spj", "plan.fill")
    reviewer = actor(2, "zjk-spj", "plan.review")
    signer = actor(3, "zjk-spj", "plan.sign")
    keeper = actor(4, "zjk-gxj", "plan.lock", "plan.officer")
    other = actor(5, "zjk-swj", "plan.fill", "plan.review", "plan.sign")
    county = actor(6, "unit-130726", "plan.fill", "plan.object", area="130726")
    all_in_one = actor(7, "zjk-spj", "plan.fill", "plan.review", "plan.sign", "plan.lock")


@pytest.fixture
def people():
    return People


@pytest.fixture
def plan():
    return load_plan()


def figures(plan, form="government", period="2018-06", scope=None, number=100.0):
    units = covered(plan=plan, scope=scope or plan.area, period=period)
    return [
        Value(field=field.id, area=area, number=number if field.part_of is None else number / 2, row=4, column="B")
        for field in fields_of(plan=plan, form=form).values()
        for area in expected_areas(field=field, plan=plan, covered=units)
    ]
