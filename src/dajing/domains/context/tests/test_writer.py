"""The writer: while another process holds the file nobody but the writes waits; nothing is answered too early."""

from __future__ import annotations

import asyncio
from pathlib import Path

import apsw
import pytest

from dajing.domains.context.ngsi.errors import BadRequestData
from dajing.domains.context.store import writer as module
from dajing.domains.context.store.reader import Reader
from dajing.domains.context.store.schema import Location
from dajing.domains.context.store.transaction import Transaction
from dajing.domains.context.store.writer import Writer

pytestmark = pytest.mark.store_both


def _tenant(tx: Transaction, name: str) -> str:
    tx.begin_tenant(name)
    return name


async def _started(path: Location) -> Writer:
    found = Writer(path=path, committed=lambda *_: None)
    await found.start()
    return found


async def test_a_file_held_by_another_process_delays_the_write_and_not_the_loop(tmp_path: Path) -> None:
    writer = await _started(tmp_path / "live.db")
    other = apsw.Connection(str(tmp_path / "live.db"))
    other.execute("BEGIN IMMEDIATE")
    waiting = writer.submit(lambda tx: _tenant(tx, "a"))
    for _ in range(20):
        await asyncio.sleep(0.005)  # would not come back if the loop itself waited
    assert not waiting.done()
    other.execute("COMMIT")
    assert await waiting == "a"
    await writer.stop()
    assert Reader(path=tmp_path / "live.db").tenants() == {"a"}


@pytest.mark.parametrize("heavy", [False, True])
async def test_acts_that_one_commit_has_no_time_for_go_into_the_next(
    store: Location, monkeypatch: pytest.MonkeyPatch, heavy: bool
) -> None:
    monkeypatch.setattr(module, "BUDGET", 0.0)
    writer = await _started(store)
    order: list[int] = []

    def act(tx: Transaction, n: int) -> str:
        order.append(n)
        return _tenant(tx, f"t{n:02}")

    found = await asyncio.gather(*(writer.submit(lambda tx, n=n: act(tx, n), heavy=heavy) for n in range(20)))
    await writer.stop()
    assert found == [f"t{n:02}" for n in range(20)]
    assert order == list(range(20))
    assert writer.commits == (1 if heavy else 20)
    assert Reader(path=store).tenants() == set(found)


@pytest.mark.parametrize("heavy", [False, True])
async def test_an_act_that_fails_after_writing_undoes_only_itself(store: Location, heavy: bool) -> None:
    writer = await _started(store)

    def failing(tx: Transaction) -> None:
        _tenant(tx, "gone")
        raise BadRequestData("no")

    first = writer.submit(lambda tx: _tenant(tx, "first"), heavy=heavy)
    second = writer.submit(failing)
    third = writer.submit(lambda tx: _tenant(tx, "third"))
    with pytest.raises(BadRequestData):
        await second
    assert (await first, await third) == ("first", "third")
    await writer.stop()
    assert Reader(path=store).tenants() == {"first", "third"}


async def test_what_waits_at_the_stop_is_written(store: Location) -> None:
    writer = await _started(store)
    waiting = [writer.submit(lambda tx, n=n: _tenant(tx, f"t{n}")) for n in range(5)]
    await writer.stop()
    assert all(future.done() for future in waiting)
    assert len(Reader(path=store).tenants()) == 5
