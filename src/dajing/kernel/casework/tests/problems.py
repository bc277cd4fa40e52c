"""One kind of case with a table of who may do what to it in which state, for matrices over addresses."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from dajing.kernel.casework import service
from dajing.kernel.casework.events import Assignment
from dajing.kernel.casework.registry import kind
from dajing.kernel.identity.actor import Actor

KEYS = itertools.count()
CALLERS = {  # department and roles
    "nobody": None, "forged": None,
    "holder": ("zjk-spj", ("plan.fill",)), "head": ("zjk-spj", ("plan.review",)),
    "opener": ("zjk-swj", ("plan.fill",)), "officer": ("zjk-gxj", ("plan.officer",)),
    "stranger": ("zjk-gdj", ("plan.fill",)), "roleless": ("zjk-gdj", ("plan.sign",)),
}  # fmt: skip
STATES = ("given", "answered", "closed")
READERS = {"holder", "head", "opener", "officer"}
BUILT_IN = ("assign", "hand_back", "contribute", "link", "suspend", "resume", "supervise", "note")
VERBS = ("answer", "accept", "dispute", *BUILT_IN, "escalate", "open", "nonsense")
# state: verb: who may; everything else is refused and leaves nothing.
MAY = {
    "given": {"answer": {"holder", "head"}, "assign": {"head", "officer"}, "hand_back": {"holder", "head"},
              "supervise": {"head", "officer"}, "note": {"holder", "head"}, "link": {"head", "officer"}},
    "answered": {"accept": {"opener"}, "dispute": {"opener"}, "assign": {"head", "officer"},
                 "link": {"head", "officer"}, "supervise": {"head", "officer"}, "note": {"opener"},
                 "hand_back": {"opener"}},
    "closed": {},
}  # fmt: skip


def actor(login):
    department, roles = CALLERS[login]
    return Actor(id=f"client:c-{login}", name=login, department=department, roles=frozenset(roles))


def made(state="given", title="数据存疑"):
    """A case of the city's own kind that has come to ``state``."""
    at, key = datetime.now(UTC) - timedelta(hours=1), str(next(KEYS))
    case = service.open_case(
        kind=kind(id="data_problem"), title=title, area="130700", to=Assignment(department="zjk-spj"),
        by=actor("opener"), at=at, key=key,
    )  # fmt: skip
    for verb, who in (("answer", "holder"), ("accept", "opener"))[: STATES.index(state)]:
        case = service.act(
            case=case.id, verb=verb, by=actor(who), at=at, seq=case.seq, key=f"{key}{verb}", reason="已核"
        )
    return case
