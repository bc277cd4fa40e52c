"""The demo's 督办: opened and acted on through the engine by fictional people; doing it again changes nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import msgspec

from dajing.domains.plan.actions.rules import Effect, Proposal
from dajing.domains.plan.actions.service import close_action, open_action
from dajing.domains.plan.pack import Plan
from dajing.kernel.casework import api as casework
from dajing.kernel.casework.api import Assignment, CaseState
from dajing.kernel.clocks.api import ZONE, day_of
from dajing.kernel.identity.api import Actor, person_holding
from dajing.kernel.packs.problem import Problems
from dajing.kernel.packs.toml import TomlFile

HOUR = timedelta(hours=1)
LEAD = "zjk-gxj"
ROLES = {"instruct": "plan.instruct", "report": "plan.act", "ask": "plan.act", "hand_back": "plan.act",
         "contribute": "plan.act", "verify": "plan.verify", "return": "plan.verify"}  # fmt: skip


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One act, ``day`` days after the opening; ``department`` is whose people act (or, of an assignment, get it)."""

    day: int
    verb: str
    words: str = ""
    department: str = ""
    proposal: str = ""
    until: int = 0


class Promise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The expected effect on the action's own indicator and area."""

    period: str
    low: float
    high: float
    source: str


class Scripted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One action of ``demo/actions.toml``; it has either ``opened`` or ``ago``."""

    id: str
    title: str
    text: str
    indicator: str
    area: str
    owner: str
    verifier: str
    until: int
    evidence: list[str]
    steps: list[Step]
    opened: date | None = None
    ago: int | None = None
    joint: list[str] = []
    effect: Promise | None = None


def read_actions(*, folder: Path, problems: Problems) -> list[Scripted]:
    """The actions of the pack at ``folder``, none where it has no such file; faults go to ``problems``."""
    path = folder / "demo" / "actions.toml"
    if not path.exists():
        return []
    file = TomlFile(path=path, problems=problems)
    file.only("action")
    return [entry.value for entry in file.array("action", Scripted)]


class Stage:
    """Plays scripted actions of one plan; ``until`` is the moment at which the demo is loaded."""

    def __init__(self, *, plan: Plan, until: datetime) -> None:
        self.plan, self.until = plan, until
        self.holder = functools.cache(self._holder)

    def play(self, *, script: Scripted) -> CaseState:
        """Open the action and do its steps up to now."""
        opened = script.opened or day_of(self.until) - timedelta(days=script.ago or 0)
        recent = script.opened is None
        at = self._at(opened, 0)
        state = open_action(
            plan=self.plan, proposal=self._proposal(script, opened), by=self.holder("plan.officer", LEAD, at.year),
            at=at, key=f"demo/action/{script.id}", as_of=None if recent else at,
        )  # fmt: skip
        for number, step in enumerate(script.steps, start=1):
            moment = self._at(opened + timedelta(days=step.day), number)
            if moment < self.until:
                key = f"demo/action/{script.id}/{number}"
                state = self._step(script, step, state, moment, key, opened, recent)
        return state

    def _at(self, day: date, number: int) -> datetime:
        return datetime.combine(day, time(9, 30 + number), ZONE)

    def _proposal(self, script: Scripted, opened: date) -> Proposal:
        promised = script.effect
        effect = None
        if promised is not None:
            effect = Effect(indicator=script.indicator, area=script.area, **msgspec.structs.asdict(promised))
        return Proposal(
            title=script.title, text=script.text, area=script.area, owner=script.owner, joint=tuple(script.joint),
            until=opened + timedelta(days=script.until), evidence=tuple(script.evidence), verifier=script.verifier,
            indicator=script.indicator, effect=effect,
        )  # fmt: skip

    def _step(
        self, script: Scripted, step: Step, state: CaseState, at: datetime, key: str, opened: date, recent: bool
    ) -> CaseState:
        given: dict[str, Any] = {"case": state.id, "by": self._by(script, step, at), "at": at, "seq": state.seq}
        given["key"] = key
        handing: dict[str, Callable[[], CaseState]] = {
            "hand_back": lambda: casework.hand_back(**given, reason=step.words, proposal=step.proposal),
            "assign": lambda: casework.assign(**given, to=Assignment(department=step.department)),
            "contribute": lambda: casework.contribute(**given, words=step.words, evidence=()),
            "close": lambda: close_action(**given, reason=step.words, as_of=None if recent else at),
        }
        if step.verb in handing:
            return handing[step.verb]()
        evidence = {name: f"演示档案〔{at.year}〕{n}号" for n, name in enumerate(script.evidence, start=1)}
        fields = {"until": str(opened + timedelta(days=step.until))} if step.until else None
        proofs = evidence if step.verb == "report" else {}
        return casework.act(**given, verb=step.verb, reason=step.words, evidence=proofs, fields=fields)

    def _by(self, script: Scripted, step: Step, at: datetime) -> Actor:
        role = ROLES.get(step.verb, "plan.officer")
        department = {"plan.act": step.department or script.owner, "plan.verify": script.verifier}.get(role, LEAD)
        return self.holder(role, department, at.year)

    def _holder(self, role: str, department: str, year: int) -> Actor:
        found = person_holding(role=role, department=department, at=datetime(year, 12, 31, tzinfo=ZONE))
        if found is None:
            raise LookupError(f"nobody in {department} holds {role} in {year}")
        return found
