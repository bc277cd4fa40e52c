"""The rows that follow from a case's state, as values; pure, so that a rebuild gives the same bytes as the act did."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from dajing.kernel.casework.kinds import CaseKind
from dajing.kernel.casework.rules import CaseState, Running
from dajing.kernel.clocks.api import Act, ClockEvent, standing

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
Row = dict[str, object]


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """The projections of one case: its row, its places in queues and the runs of its clocks."""

    case: Row
    queue: list[Row]
    clocks: list[Row]

    @property
    def encoded(self) -> bytes:
        """All of them as bytes to compare."""
        return msgspec.json.encode(self, order="deterministic")


def project(*, kind: CaseKind, state: CaseState) -> Rows:
    """All rows of a case."""
    clocks = [_clock_row(kind, state, number, run) for number, run in enumerate(state.clocks)]
    body = msgspec.json.encode(state, order="deterministic").decode()
    case: Row = {"id": state.id, "kind": state.kind, "state": state.state, "seq": state.seq, "body": body}
    return Rows(case=case, queue=_queue(kind, state, clocks), clocks=clocks)


def due_of(*, clocks: list[Row]) -> datetime:
    """The earliest limit still running, far away where there is none."""
    return _earliest(clocks, "due") or NEVER


def _earliest(clocks: list[Row], column: str) -> datetime | None:
    running = [row[column] for row in clocks if row["stopped"] is None]
    return min((moment for moment in running if isinstance(moment, datetime)), default=None)


def _queue(kind: CaseKind, state: CaseState, clocks: list[Row]) -> list[Row]:
    declared, held = kind.state(id=state.state), state.assignment
    if not declared.open or held is None:
        return []
    row: Row = {
        "case": state.id,
        "kind": state.kind,
        "title": state.title,
        "area": state.area,
        "state": state.state,
        "waiting": declared.waiting or state.suspended,
        "warn_at": _earliest(clocks, "warn_at"),
        "due": due_of(clocks=clocks),
        "seq": state.seq,
    }
    mine = row | {"department": held.department, "post": held.post or "", "person": held.person or ""}
    joint = [row | {"department": name, "post": "", "person": ""} for name in sorted({*held.joint} - {held.department})]
    return [mine, *joint]


def _clock_row(kind: CaseKind, state: CaseState, number: int, run: Running) -> Row:
    declared = next(clock for clock in kind.clocks if clock.id == run.clock)
    clock = declared.clock(reasons=frozenset(kind.suspension_reasons))
    log = [ClockEvent(Act.START, run.started)]
    for pause in state.pauses if declared.suspendable else ():
        if pause.until is not None and pause.until <= run.started:
            continue
        if run.stopped is not None and pause.since >= run.stopped:
            continue
        log.append(ClockEvent(Act.SUSPEND, max(pause.since, run.started), pause.reason))
        if pause.until is not None and (run.stopped is None or pause.until <= run.stopped):
            log.append(ClockEvent(Act.RESUME, pause.until))
    if run.stopped is not None:
        log.append(ClockEvent(Act.STOP, run.stopped))
    stands = standing(clock=clock, log=log, at=state.last_at)
    return {
        "case": state.id,
        "run": number,
        "clock": run.clock,
        "started": run.started,
        "stopped": run.stopped,
        "warn_at": stands.warnings[0],
        "due": stands.due,
        "provisional": stands.provisional,
    }
