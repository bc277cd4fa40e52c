"""Loads the synthetic registers year by year and predicts coverage at each year's end; can be stopped at any point."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from dajing.domains.network.connectors.registers import rows_of
from dajing.domains.network.coverage import service
from dajing.domains.network.demand.layer import synthetic_layer
from dajing.domains.network.demo.ground import FIRST, LAST, as_csv, registers
from dajing.domains.network.models import Load, Run
from dajing.domains.network.register.service import load
from dajing.kernel.identity.actor import system
from dajing.kernel.measures.reading import Kind

BY = system("network.demo")


def known(year: int) -> datetime:
    """When the state of a year's end became known: early in the next January."""
    return datetime(year + 1, 1, 5, 2, tzinfo=UTC)


def finished() -> bool:
    """Whether the last year's coverage is there."""
    return Run.objects.filter(on=date(LAST, 12, 31)).exclude(finished_at=None).exists()


def play(*, seen: Callable[[int, int], None]) -> None:
    """Load and predict every year that is not done yet; ``seen`` is told the share done in thousandths."""
    years = range(FIRST, LAST + 1)
    listed = registers(layer=synthetic_layer())
    for number, year in enumerate(years):
        for minute, (register, rows) in enumerate(listed.items()):
            _load(register, year, as_csv(rows=rows, until=year), known(year) + timedelta(minutes=minute))
        at = known(year) + timedelta(hours=10)
        run = service.begin(on=date(year, 12, 31), known_at=at, by=BY, at=at)
        base = number * 1000 // len(years)

        def told(done: int, total: int, base: int = base) -> None:
            seen(base + done * 1000 // max(total, 1) // len(years), 1000)

        service.work(run=run, by=BY, at=at, seen=told)
    seen(1000, 1000)


def _load(register: str, year: int, body: bytes, at: datetime) -> None:
    digest = hashlib.sha256(body).hexdigest()
    if Load.objects.filter(register=register, sha256=digest, at=at).exists():
        return
    name = f"demo-{register}-{year}.csv"
    rows = rows_of(register=register, name=name, body=body)
    load(register=register, name=name, body=body, rows=rows, by=BY, at=at, provenance=Kind.SYNTHETIC)
