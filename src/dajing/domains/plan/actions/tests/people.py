"""People of action tests and a proposal of one of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count

import msgspec

from dajing.domains.plan.actions.rules import Effect, Proposal
from dajing.domains.plan.actions.service import open_action
from dajing.domains.plan.loading import plan as load_plan
from dajing.kernel.casework import api as casework
from dajing.kernel.identity.actor import Actor

AT = datetime(2018, 7, 16, 2, tzinfo=UTC)  # a Monday, 10:00 in China
WORDS = "加快乡镇 4G 基站建设"


def actor(number, department, *roles, area="130700"):
    return Actor(
        id=f"person:{number}", name=f"人{number}", department=department, post=f"{department}-{number}",
        areas=frozenset({area}), roles=frozenset(roles),
    )  # fmt: skip


OFFICER = actor(1, "zjk-gxj", "plan.officer")
LEADER = actor(2, "zjk-gxj", "plan.instruct")
INSPECTOR = actor(3, "zjk-gxj", "plan.verify")
OWNER = actor(4, "zjk-txb", "plan.act")
COLLEAGUE = actor(5, "zjk-txb", "plan.act", "plan.verify")
COUNTY = actor(6, "unit-130726", "plan.act", area="130726")
STRANGER = actor(7, "zjk-swj", "plan.act", "plan.verify")
EFFECT = Effect(indicator="population_4g", area="130700", period="2018-09", low=80.0, high=85.0, source="建设计划")
PROPOSAL = Proposal(
    title="提升 4G 人口覆盖率", text=WORDS, area="130700", owner="zjk-txb", until=date(2018, 9, 28),
    evidence=("完工报告", "测试记录"), verifier="zjk-gxj", indicator="population_4g", effect=EFFECT,
)  # fmt: skip
BROUGHT = {"完工报告": "档〔2018〕1号", "测试记录": "档〔2018〕2号"}
_keys = count()


def opened(at=AT, by=OFFICER, effect=None, as_of=None, **changed):
    """An action, proposed; without a promised effect no readings are computed."""
    proposal = msgspec.structs.replace(PROPOSAL, effect=effect, **changed)
    return open_action(plan=load_plan(), proposal=proposal, by=by, at=at, key=f"open-{next(_keys)}", as_of=as_of)


def act(state, verb, by, *, days=0.0, at=None, **given):
    """A transition ``days`` after the opening."""
    given = {"reason": "按计划" if verb != "give" else "", "key": f"act-{next(_keys)}", "seq": state.seq} | given
    return casework.act(case=state.id, verb=verb, by=by, at=at or AT + timedelta(days=days), **given)


def given(**how):
    """An action in its owner's hands."""
    return act(act(opened(**how), "instruct", LEADER), "give", OFFICER)
