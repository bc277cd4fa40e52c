"""What every route shares: the store's two sides, the contexts, the notifier, the clock."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

import apsw
import structlog

from dajing.domains.context.broker.contexts import Contexts, Remote
from dajing.domains.context.broker.outgoing import Outgoing
from dajing.domains.context.broker.pieces import Pieces
from dajing.domains.context.ngsi.errors import NoTenant, TooComplexQuery
from dajing.domains.context.ngsi.terms import iso, micros
from dajing.domains.context.store.chronicle import Keep
from dajing.domains.context.store.holding import hold
from dajing.domains.context.store.reader import Reader
from dajing.domains.context.store.schema import Location
from dajing.domains.context.store.transaction import Changed
from dajing.domains.context.store.writer import Act, Writer

_log = structlog.get_logger()
if TYPE_CHECKING:
    from dajing.domains.context.archive.cold import Archive
    from dajing.domains.context.broker.notifier import Notifier

MOST_RENDERED = 20_000
SHORT = 0.001  # seconds that a query may hold the event loop
LONGEST = 20.0  # seconds that it may hold one of the two threads beside it
MOST_INSTANCES = 10_000  # of one temporal answer; a longer one is cut (206)
HOT = timedelta(days=2)  # how long history stays in live.db once it is archived
SET_BACK = timedelta(hours=1)  # a clock set back further was wrong before, and its new time counts
HOUSEKEEPING = 30.0  # seconds
SWEEPING = 0.5
STEPS = 1_000  # instructions of SQLite's machine between two looks at the clock
LOOKS = 5_000_000  # the same beside the event loop, where each look waits for the interpreter


class Broker:
    """One running broker over one live.db, or one database of PostgreSQL. ``clock`` gives the time of each act."""

    def __init__(
        self, *, path: Location, clock: Callable[[], datetime], keep: Keep = "all", lenient: bool = False,
        auth: Any = None, may_call: str = "", archive: Archive | None = None,
        most_instances: int = MOST_INSTANCES,
    ) -> None:  # fmt: skip
        self.path = path
        self.clock = clock
        self.keep = keep
        self.lenient = lenient
        self.auth = auth
        self.archive = archive
        self.most_instances = most_instances
        self.since = self._latest = clock()
        self.alias = hashlib.sha256(str(path).encode()).hexdigest()[:12]
        self.outgoing = Outgoing(allowed=may_call)
        self.contexts = Contexts(outgoing=self.outgoing)
        self.contexts.now = self.now
        self.pieces = Pieces()
        self.rendered: OrderedDict[tuple[str, str], dict[str, bytes]] = OrderedDict()
        self.asked: dict[
            tuple[str, bytes, str | None, str | None, str | None], Any
        ] = {}  # parsed queries, see ``entities``
        self.tenants: set[str] = set()
        self.pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="query")
        self.writer: Writer
        self.reader: Reader
        self.notifier: Notifier
        self._held: TextIO | None = None

    def now(self) -> str:
        """The time of an act as UTC text; a clock that is set back a little stands still until it has caught up."""
        at = self.clock()
        if at < self._latest and self._latest - at < SET_BACK:
            at = self._latest
        self._latest = at
        return iso(at)

    async def start(self) -> None:
        """Open the store and take up the subscriptions."""
        from dajing.domains.context.broker.notifier import Notifier

        if not isinstance(self.path, str):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._held = hold(path=self.path)
        self.notifier = Notifier(broker=self)
        self.writer = Writer(path=self.path, committed=self._committed, before=self.notifier.match)
        await self.writer.start()
        self.reader = Reader(path=self.path)
        self.tenants = self.reader.tenants()
        for tenant, identifier, document in self.reader.documents(table="context"):
            self.contexts.hosted[tenant, identifier] = Remote(**document)
        await self.notifier.start()
        keep = self.keep
        await self.write(lambda tx: setattr(tx.chronicle, "keep", keep))
        self._sweeper = asyncio.create_task(self._sweep())
        self._keeper = asyncio.create_task(self._keep_house())

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Broker]:
        """Only read, without a writer: for pages that ask in a process of their own."""
        from dajing.domains.context.broker.notifier import Notifier

        self.reader = Reader(path=self.path)
        self.tenants = self.reader.tenants()
        for tenant, identifier, document in self.reader.documents(table="context"):
            self.contexts.hosted[tenant, identifier] = Remote(**document)
        self.notifier = Notifier(broker=self)
        try:
            yield self
        finally:
            self.pool.shutdown(wait=False)

    async def stop(self) -> None:
        """Finish what waits, and close."""
        self._sweeper.cancel()
        self._keeper.cancel()
        await self.notifier.stop()
        await self.writer.stop()
        if self._held is not None:
            self._held.close()
        self.pool.shutdown(wait=False)

    def write[T](self, act: Act[T], *, heavy: bool = False) -> asyncio.Future[T]:
        """Run an act in the writer; done once it is on disk. ``heavy`` where it may take long."""
        return self.writer.submit(act, heavy=heavy)

    async def read[T](self, work: Callable[[], T]) -> T:
        """Run a query beside the event loop, so that a slow one delays nobody; one that takes too long is given up."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self.pool, self._within, LONGEST, LOOKS, work)
        except apsw.InterruptError:
            raise TooComplexQuery(
                f"The query took longer than {LONGEST:g} seconds; narrow it by type, place, time or value."
            ) from None

    async def ask[T](self, work: Callable[[], T]) -> T:
        """Run a query here while it is short, beside the event loop when it turns out to be long."""
        if isinstance(self.reader.connection, apsw.Connection):  # a server is always waited for
            with contextlib.suppress(apsw.InterruptError):
                return self._within(SHORT, STEPS, work)
        return await self.read(work)

    def _within[T](self, seconds: float, steps: int, work: Callable[[], T]) -> T:
        """What work gives; ``apsw.InterruptError`` where the store takes longer. A server counts for itself."""
        connection = self.reader.connection
        if not isinstance(connection, apsw.Connection):
            return work()
        until = time.perf_counter() + seconds
        connection.set_progress_handler(lambda: time.perf_counter() > until, steps)
        try:
            return work()
        finally:
            connection.set_progress_handler(None)
            if connection.in_transaction:  # cut off inside: its view of the store must not stay
                connection.execute("ROLLBACK")

    def need_tenant(self, tenant: str) -> None:
        """Refuse to read from a tenant that was never written to (6.3.14)."""
        if tenant and tenant not in self.tenants:
            raise NoTenant(f"The tenant {tenant!r} does not exist; it begins with its first creation.")

    def _committed(self, changes: list[Changed], queued: Any) -> None:
        for changed in changes:
            self.rendered.pop((changed.tenant, changed.id), None)
            if changed.tenant:
                self.tenants.add(changed.tenant)
        if queued:
            self.notifier.committed(queued)

    def remember(self, tenant: str, identifier: str, key: str, body: bytes) -> None:
        """Keep a rendered entity until it changes; the least recently made ones give way."""
        if len(self.rendered) >= MOST_RENDERED:
            self.rendered.popitem(last=False)
        forms = self.rendered.setdefault((tenant, identifier), {})
        if len(forms) < 4:
            forms[key] = body

    async def _keep_house(self) -> None:
        """Offer rows of history to the archive, and remove old ones that it has."""
        await again(every=HOUSEKEEPING, turn=partial(self.archived, hot=HOT), what="archive")

    async def archived(self, *, hot: timedelta) -> int:
        """One turn of housekeeping; rows older than ``hot`` that are in the archive leave the tail. How many left."""
        if self.archive is None:
            return 0
        position = await self.read(self.archive.position)
        before = micros(iso(self.clock() - hot))
        await self.write(lambda tx: tx.chronicle.offer())
        total = 0
        while gone := await self.write(lambda tx: tx.chronicle.trim(position=position, before=before), heavy=True):
            total += gone
        return total

    async def _sweep(self) -> None:
        """Remove transient entities whose time is over."""
        await again(every=SWEEPING, turn=self._sweep_once, what="sweep")

    async def _sweep_once(self) -> None:
        from dajing.domains.context.ngsi.merge import Change, expired

        at = self.now()

        def act(tx: Any) -> None:
            for tenant, key, entity in tx.expired(micros(at)):
                new = expired(entity, at=at)
                if new is None:
                    tx.delete(tenant, key, entity, at)
                    continue
                change = Change(old=entity, new=new, at=at)
                tx.change(tenant, key, entity, new)
                for _, iri, old, _ in change.attributes():
                    tx.chronicle.evaporate(tenant, entity["id"], iri, (old or {}).get("datasetId"))

        await self.write(act, heavy=True)


async def again(*, every: float, turn: Callable[[], Awaitable[Any]], what: str) -> None:
    """A turn every so many seconds, for ever: one that fails (a full disk) is no reason to give up the next."""
    failing = False
    while True:
        await asyncio.sleep(every)
        try:
            await turn()
            failing = False
        except Exception as error:
            if not failing:  # once, not at every turn of a night with a full disk
                _log.exception(f"context.{what}_failed", error=str(error))
            failing = True
