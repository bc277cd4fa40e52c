"""The only writer of live.db: whatever waits runs in one transaction, whose commit is on disk before any answer.

Short acts run on the event loop itself: two threads that both run Python would spend most of their time handing the
interpreter to each other (measured: four times slower). Their commit runs there too while the disk is quick, since a
hand-over takes longer than that (measured: half of a turn), and else waits in a thread, as does whatever takes long by
its nature: acts that say so (``heavy``), checkpoints, and every commit of a server. Under load the commits grow by
themselves (natural batching).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import apsw
import structlog

from dajing.domains.context.store.schema import BUSY, Location, connect

if TYPE_CHECKING:
    from dajing.domains.context.store.transaction import Transaction

_log = structlog.get_logger()
MOST = 512
QUICK = 0.001  # seconds: a disk that takes less on average is waited for on the event loop
SMOOTH = 0.1  # how much one commit counts in that average
PAGES = 10_000  # of the write-ahead log, between two times that it is brought into the file itself
BUDGET = 0.01  # seconds that the acts of one commit may take on the event loop; the others go into the next
type Act[T] = Callable[[Transaction], T]
type Result = tuple[asyncio.Future[Any], Any, BaseException | None]


class Waiting(NamedTuple):
    """One act that was not run yet."""

    act: Act[Any]
    future: asyncio.Future[Any]
    heavy: bool


class Writer:
    """Runs acts in the order of their arrival; one failing act undoes only itself.

    ``before`` is called inside the transaction before its commit (what it returns goes to ``committed`` afterwards); an
    act may be run twice, the first time undone, so it changes nothing but the transaction.
    """

    def __init__(
        self,
        *,
        path: Location,
        committed: Callable[[list[Any], Any], None],
        before: Callable[[Transaction], Any] = lambda _: None,
    ) -> None:
        self._path = path
        self._committed = committed
        self._before = before
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Waiting] = deque()
        self._turning = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live-writer")
        self._results: list[Result] = []
        self._queued: Any = None
        self._connection: apsw.Connection
        self._transaction: Transaction
        self._pace = 0.0  # seconds that a commit takes, on average
        self._pages, self._due = 0, PAGES  # of the log: how many there are, and how many are brought into the file
        self._local = False
        self.commits = 0

    async def start(self) -> None:
        """Open the file; a refusal of it is raised here."""
        from dajing.domains.context.store.transaction import Transaction

        self._connection = await self._loop.run_in_executor(self._thread, lambda: connect(path=self._path, write=True))
        self._transaction = Transaction(connection=self._connection)
        if isinstance(self._connection, apsw.Connection):
            self._local = True
            self._connection.set_wal_hook(self._logged)

    def _logged(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        """SQLite says how long its log is; the checkpoint is made in the thread, where it delays nobody."""
        if pages < self._pages:
            self._due = PAGES  # the log began anew
        self._pages = pages
        return apsw.SQLITE_OK

    async def stop(self) -> None:
        """Finish what waits, then close the file."""
        await self._idle.wait()
        await self._loop.run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown()

    def submit[T](self, act: Act[T], *, heavy: bool = False) -> asyncio.Future[T]:
        """The result of ``act`` once it is durable; ``heavy`` where it may take longer than some milliseconds."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._waiting.append(Waiting(act, future, heavy))
        if not self._turning:
            self._turning = True
            self._idle.clear()
            self._loop.call_soon(self._turn)
        return future

    # -- one turn: acts, commit, answers ------------------------------------------------------------------------
    def _turn(self) -> None:
        """Begin a transaction with what waits; it is ended by ``_finish``."""
        batch = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
        if any(waiting.heavy for waiting in batch) or not self._begun():
            self._aside(lambda: self._whole(batch))
            return
        self._guarded(lambda: self._acts(batch, until=time.perf_counter() + BUDGET), batch)
        if self._local and self._pace < QUICK and self._pages < self._due:
            self._commit()
            self._answer()
        else:
            self._aside(self._commit)

    def _aside(self, work: Callable[[], None]) -> None:
        """Do the rest of a turn in the thread."""
        self._loop.run_in_executor(self._thread, work).add_done_callback(self._finish)

    def _begun(self) -> bool:
        """Begin at once; False where another process holds the file, which is waited for in the thread."""
        self._connection.set_busy_timeout(0)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except apsw.Error:
            return False
        finally:
            self._connection.set_busy_timeout(BUSY)
        return True

    def _whole(self, batch: list[Waiting]) -> None:
        """A whole turn in the thread."""

        def run() -> None:
            self._connection.execute("BEGIN IMMEDIATE")
            self._acts(batch, until=None)

        self._guarded(run, batch)
        self._commit()

    def _guarded(self, run: Callable[[], None], batch: list[Waiting]) -> None:
        """Run the acts; where the file itself fails, all of them fail and nothing of them stays."""
        try:
            run()
        except Exception as error:
            self._failed(error, [waiting.future for waiting in batch])

    def _failed(self, error: Exception, futures: list[asyncio.Future[Any]]) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        _log.error("live.commit_failed", error=str(error), acts=len(futures))
        self._transaction.forget()
        self._results, self._queued = [(future, None, error) for future in futures], None

    def _commit(self) -> None:
        """Make the transaction durable."""
        if not self._connection.in_transaction:
            return  # it failed before
        begin = time.perf_counter()
        try:
            self._connection.execute("COMMIT")
            self.commits += 1
        except apsw.Error as error:
            self._failed(error, [future for future, _, _ in self._results])
        self._pace += SMOOTH * (time.perf_counter() - begin - self._pace)
        if self._pages >= self._due:
            self._checkpoint()

    def _checkpoint(self) -> None:
        """Bring the log into the file as far as nobody reads from it; the rest comes after as many pages more."""
        self._due = self._pages + PAGES
        try:
            self._connection.wal_checkpoint()
        except apsw.Error as error:  # what was committed stays in the log
            _log.error("live.checkpoint_failed", error=str(error))

    def _finish(self, done: asyncio.Future[None]) -> None:
        """What the thread had to do is done."""
        if (error := done.exception()) is not None:
            self._results = [(future, None, error) for future, _, _ in self._results]
            _log.error("live.turn_failed", error=str(error))
        self._answer()

    def _answer(self) -> None:
        """Answer, and go on with what arrived meanwhile."""
        results, queued = self._results, self._queued
        self._results, self._queued = [], None
        if changes := self._transaction.take_changes():
            self._committed(changes, queued)
        for future, result, failure in results:
            if future.done():
                continue
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)
        if self._waiting:
            self._loop.call_soon(self._turn)
        else:
            self._turning = False
            self._idle.set()

    # -- the acts of one transaction ------------------------------------------------------------------------------
    def _acts(self, batch: list[Waiting], *, until: float | None) -> None:
        """Run the acts and what goes with them; those that the time does not suffice for wait again."""
        results, taken = self._plainly(batch, until)
        if results is not None and not self._flushed():
            results = None
        if results is None:
            # a failing act had written already: once more from the start, each act undoable by itself
            self._connection.execute("ROLLBACK")
            self._transaction.forget()
            self._connection.execute("BEGIN IMMEDIATE")
            results = [(waiting.future, *self._one(waiting.act)) for waiting in batch[:taken]]
        self._waiting.extendleft(reversed(batch[taken:]))
        del batch[taken:]  # what waits again does not fail with the others
        self._results = results
        self._queued = self._before(self._transaction)

    def _plainly(self, batch: list[Waiting], until: float | None) -> tuple[list[Result] | None, int]:
        """Run acts without a savepoint each, and how many; no results where one failed after it had written."""
        results: list[Result] = []
        transaction = self._transaction
        for act, future, _ in batch:
            written, mark = transaction.written, transaction.mark()
            try:
                results.append((future, act(transaction), None))
            except Exception as error:
                if isinstance(error, apsw.Error) and not isinstance(error, apsw.ConstraintError):
                    raise
                # after an error of its own PostgreSQL goes no further in a transaction
                if isinstance(error, apsw.Error) or transaction.written != written or transaction.mark() != mark:
                    return None, len(results) + 1
                results.append((future, None, error))
            if until is not None and time.perf_counter() > until:
                break
        return results, len(results)

    def _flushed(self) -> bool:
        """Write what the acts have gathered; False where something of it cannot stand, which only its act can tell."""
        try:
            self._transaction.flush()
        except apsw.ConstraintError:
            return False
        return True

    def _one(self, act: Act[Any]) -> tuple[Any, BaseException | None]:
        connection, transaction = self._connection, self._transaction
        connection.execute("SAVEPOINT act")
        mark = transaction.mark()
        try:
            result = act(transaction)
            transaction.flush()
        except Exception as error:
            if isinstance(error, apsw.Error) and not isinstance(error, apsw.ConstraintError):
                raise
            connection.execute("ROLLBACK TO act")
            connection.execute("RELEASE act")
            transaction.undo(mark)
            return None, error
        connection.execute("RELEASE act")
        return result, None
