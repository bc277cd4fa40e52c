"""The only writer of live.db: a thread that takes whatever waits, runs it in one transaction, and then answers.

Nothing is acknowledged before its commit is on disk; under load the commits grow by themselves (natural batching).
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw
import structlog

from dajing.domains.context.store.schema import connect

if TYPE_CHECKING:
    from dajing.domains.context.store.transaction import Transaction

_log = structlog.get_logger()
MOST = 512
type Act[T] = Callable[[Transaction], T]
type Result = tuple[asyncio.Future[Any], Any, BaseException | None]


class Writer:
    """Runs acts in the order of their arrival; one failing act undoes only itself.

    ``before`` is called inside the transaction before its commit (what it returns goes to ``committed`` afterwards); an
    act may be run twice, the first time undone, so it changes nothing but the transaction.
    """

    def __init__(
        self,
        *,
        path: Path,
        committed: Callable[[list[Any], Any], None],
        before: Callable[[Transaction], Any] = lambda _: None,
    ) -> None:
        self._queue: queue.SimpleQueue[tuple[Act[Any], asyncio.Future[Any]] | None] = queue.SimpleQueue()
        self._path = path
        self._committed = committed
        self._before = before
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name="live-writer", daemon=True)
        self.commits = 0

    async def start(self) -> None:
        """Open the file; a refusal of it is raised here."""
        self._thread.start()
        await self._ready

    async def stop(self) -> None:
        """Finish what waits, then close the file."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def submit[T](self, act: Act[T]) -> asyncio.Future[T]:
        """The result of ``act`` once it is durable."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put((act, future))
        return future

    def _run(self) -> None:
        from dajing.domains.context.store.transaction import Transaction

        try:
            connection = connect(path=self._path, write=True)
        except BaseException as error:
            self._loop.call_soon_threadsafe(self._ready.set_exception, error)
            return
        self._loop.call_soon_threadsafe(self._ready.set_result, None)
        transaction = Transaction(connection=connection)
        while (first := self._queue.get()) is not None:
            batch, last = [first], False
            while len(batch) < MOST and not last:
                try:
                    following = self._queue.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    last = True
                else:
                    batch.append(following)
            self._commit(connection, transaction, batch)
            if last:
                break
        connection.close()

    def _commit(self, connection: apsw.Connection, transaction: Transaction, batch: list[Any]) -> None:
        results: list[Result] | None = None
        queued: Any = None
        try:
            connection.execute("BEGIN IMMEDIATE")
            results = self._plainly(transaction, batch)
            if results is None:
                # a failing act had written already: once more from the start, each act undoable by itself
                connection.execute("ROLLBACK")
                transaction.forget()
                connection.execute("BEGIN IMMEDIATE")
                results = [(future, *self._one(connection, transaction, act)) for act, future in batch]
            queued = self._before(transaction)
            connection.execute("COMMIT")
            self.commits += 1
        except apsw.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            _log.error("live.commit_failed", error=str(error), acts=len(batch))
            transaction.forget()
            results = [(future, None, error) for _, future in batch]
            queued = None
        changes = transaction.take_changes()
        try:
            self._loop.call_soon_threadsafe(self._answer, results, changes, queued)
        except RuntimeError:
            _log.warning("live.loop_closed", acts=len(batch))

    @staticmethod
    def _plainly(transaction: Transaction, batch: list[Any]) -> list[Result] | None:
        """Run the acts without a savepoint each; None when one failed after it had written something."""
        results: list[Result] = []
        for act, future in batch:
            written, mark = transaction.written, transaction.mark()
            try:
                results.append((future, act(transaction), None))
            except Exception as error:
                if isinstance(error, apsw.Error) and not isinstance(error, apsw.ConstraintError):
                    raise
                if transaction.written != written or transaction.mark() != mark:
                    return None
                results.append((future, None, error))
        return results

    @staticmethod
    def _one(connection: apsw.Connection, transaction: Transaction, act: Act[Any]) -> tuple[Any, BaseException | None]:
        connection.execute("SAVEPOINT act")
        mark = transaction.mark()
        try:
            result = act(transaction)
        except Exception as error:
            if isinstance(error, apsw.Error) and not isinstance(error, apsw.ConstraintError):
                raise
            connection.execute("ROLLBACK TO act")
            connection.execute("RELEASE act")
            transaction.undo(mark)
            return None, error
        connection.execute("RELEASE act")
        return result, None

    def _answer(self, results: list[Result], changes: list[Any], queued: Any) -> None:
        if changes:
            self._committed(changes, queued)
        for future, result, error in results:
            if future.done():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
