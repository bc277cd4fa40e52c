"""The rows that follow from a case's state, as values; pure, so that a rebuild gives the same bytes as the act did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from dajing.kernel.casework.folding import CaseState, Running
from dajing.kernel.casework.kinds import CaseKind, ClockKind
from dajing.kernel.clocks.api import Act, ClockEvent, day_of, end_of, standing, working_day_after

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
Row = dict[str, object]


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """The projections of one case: its row, its places in queues, the runs of its clocks and who may read it."""

    case: Row
    queue: list[Row]
    clocks: list[Row]
    access: list[Row]

    @property
    def encoded(self) -> bytes:
        """All of them as bytes to compare."""
        return msgspec.json.encode(self, order="deterministic")


def project(*, kind: CaseKind, state: CaseState) -> Rows:
    """All rows of a case."""
    clocks = [_clock_row(kind, state, number, run) for number, run in enumerate(state.clocks)]
    case: Row = {
        "id": state.id,
        "kind": state.kind,
        "state": state.state,
        "seq": state.seq,
        "subject": state.subject,
        "area": state.area,
        "open": state.open,
        "main": state.main,
        "warn_at": _earliest(clocks, "warn_at"),
        "due": due_of(clocks=clocks),
        "opened_at": state.opened_at,
        "closed_at": state.closed_at,
        "body": msgspec.json.encode(state, order="deterministic").decode(),
    }
    access: list[Row] = [{"case": state.id, "department": department} for department in state.involved]
    return Rows(case=case, queue=_queue(kind, state, clocks), clocks=clocks, access=access)


def due_of(*, clocks: list[Row]) -> datetime:
    """The earliest limit still running, far away where there is none."""
    return _earliest(clocks, "due") or NEVER


def _earliest(clocks: list[Row], column: str) -> datetime | None:
    running = [row[column] for row in clocks if row["stopped"] is None]
    return min((moment for moment in running if isinstance(moment, datetime)), default=None)


def _queue(kind: CaseKind, state: CaseState, clocks: list[Row]) -> list[Row]:
    declared, held = kind.state(id=state.state), state.assignment
    if not declared.open or held is None or state.main:
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
    return sorted([mine, *joint], key=lambda row: str(row["department"]))


def _clock_row(kind: CaseKind, state: CaseState, number: int, run: Running) -> Row:
    declared = next(clock for clock in kind.clocks if clock.id == run.clock)
    row: Row = {"case": state.id, "run": number, "clock": run.clock, "started": run.started, "stopped": run.stopped}
    days = 0 if run.until is None else (run.until - day_of(run.started)).days
    if run.until is not None and days < 1:  # begun again after its last day: late from the first moment
        late = end_of(run.until)
        return row | {"warn_at": late, "due": late, "provisional": False}
    clock = declared.clock(reasons=frozenset(kind.suspension_reasons), amount=days)
    stands = standing(clock=clock, log=_log(declared, state, run), at=state.last_at)
    return row | {"warn_at": stands.warnings[0], "due": stands.due, "provisional": stands.provisional}


def _log(declared: ClockKind, state: CaseState, run: Running) -> list[ClockEvent]:
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
    return log


def turns(*, kind: CaseKind, warn_at: datetime | None, due: datetime | None) -> list[datetime]:
    """When a clock that goes on turns yellow, red, and is brought before each further level."""
    if warn_at is None or due is None:
        return [] if warn_at is None else [warn_at]
    last = day_of(due - INSTANT)  # a limit in days ends at 24:00, which is the next day's first instant
    steps = [working_day_after(day=last, count=step.after).at for step in kind.escalations]
    return [warn_at, due, *steps]


def colour(*, warn_at: datetime | None, due: datetime | None, at: datetime) -> str:
    """``red`` past due, ``yellow`` past the warning, ``green`` before it, ``none`` where no limit is running."""
    if due is not None and due <= at and due != NEVER:
        return "red"
    if warn_at is not None and warn_at <= at and warn_at != NEVER:
        return "yellow"
    return "none" if due in (None, NEVER) else "green"
