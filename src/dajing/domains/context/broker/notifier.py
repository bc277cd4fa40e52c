"""From changes to notifications: matched by type and id, never by scanning; queued in the transaction of the change.

Matching runs in the writer before the commit, so that a change and its notifications are on disk together or not at
all. Sending is the business of each subscription's own lane.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import msgspec
import structlog

from dajing.domains.context.broker.lanes import Lane, Waiting, counted
from dajing.domains.context.broker.messages import message, payload
from dajing.domains.context.broker.state import Broker, again
from dajing.domains.context.ngsi.context import Context
from dajing.domains.context.ngsi.errors import Problem
from dajing.domains.context.ngsi.merge import Change
from dajing.domains.context.ngsi.subscription import Subscription, read
from dajing.domains.context.ngsi.terms import micros
from dajing.domains.context.store.transaction import Transaction
from dajing.domains.context.store.wanted import Wanted
from dajing.kernel.text import Refusal

_log = structlog.get_logger()
type Json = dict[str, Any]
type Key = tuple[str, str]
type Place = tuple[str, str, str]
type Lookup = Callable[[str], Json | None]
type Queued = list[tuple[Key, Waiting]]
SAVE_SECONDS = 2.0
OWNER_SECONDS = 0.2  # the tokens themselves are read anew within a second, see TokenView
CLEAN_SECONDS = 0.2
LEAST_INTERVAL = 1.0  # seconds between two periodic notifications, however few are asked for


class Notifier:
    """All subscriptions of a broker."""

    def __init__(self, *, broker: Broker) -> None:
        self._broker = broker
        self._guard = threading.Lock()  # the writer's thread matches while the event loop adds and removes
        self.lanes: dict[Key, Lane] = {}
        # (tenant, type IRI, id) -> keys; an empty type or id holds what cannot be found by it
        self._by_place: dict[Place, set[Key]] = defaultdict(set)
        self._readers: frozenset[str] | None = None  # as every lane has been told; None when one may not have been
        self._done: set[int] = set()  # rows that were delivered and not yet removed
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Take up the stored subscriptions and what their queues hold."""
        readers = self._readers_at_start()
        for tenant, _, document in self._broker.reader.documents(table="subscription"):
            try:
                context = await self._broker.contexts.resolve(document["source"], tenant=tenant)
                found = read(
                    document=document["given"], context=context, source=document["source"], tenant=tenant, at=None
                )
            except Exception as error:
                _log.error("context.subscription_unreadable", id=document["given"].get("id"), error=str(error))
                continue
            found.status = document.get("status", {})
            found.owner = tuple(document["owner"]) if document.get("owner") else None
            found.silenced = _rests(found, readers)
            if document["given"].get("jsonldContext"):
                found.rendering = await self._rendering(found)
            self.add(found)
        turns = (
            (SAVE_SECONDS, self._save_once, "counters"),
            (CLEAN_SECONDS, self._clean_once, "queue"),
            (OWNER_SECONDS, self._silence, "owners"),
        )
        self._tasks = [asyncio.create_task(again(every=every, turn=turn, what=what)) for every, turn, what in turns]

    async def _silence(self) -> None:
        """Subscriptions of clients that may no longer read rest; what waits for them stays."""
        if self._broker.auth is None or not self.lanes:
            return
        readers = self._broker.auth.readers()
        if readers == self._readers:
            return
        for lane in list(self.lanes.values()):
            was, lane.subscription.silenced = lane.subscription.silenced, _rests(lane.subscription, readers)
            if was and not lane.subscription.silenced and (lane.waiting or lane.behind):
                lane.wake()
        self._readers = readers

    def _readers_at_start(self) -> frozenset[str] | None:
        """Who may read (None: everybody). Nobody while tokens cannot be read: the broker starts all the same."""
        if self._broker.auth is None:
            return None
        try:
            return self._broker.auth.readers()
        except Refusal as error:
            _log.error("context.owners_unreadable", error=str(error))
            return frozenset()

    async def _rendering(self, subscription: Subscription) -> Context | None:
        """The context of its jsonldContext; without it, notifications are rendered under the subscription's own."""
        try:
            return await self._broker.contexts.resolve(
                subscription.document["jsonldContext"], tenant=subscription.tenant
            )
        except Problem as error:
            _log.warning("context.rendering_unavailable", subscription=subscription.id, error=error.reason)
            return None

    async def stop(self) -> None:
        """End every lane; what waits stays in live.db."""
        for task in self._tasks:
            task.cancel()
        for lane in self.lanes.values():
            lane.stop()
        for last in (self._save_once, self._clean_once):
            try:
                await last()
            except Exception as error:  # a full disk: the store is closed in order all the same
                _log.error("context.notifier_not_saved", error=str(error))

    def add(self, subscription: Subscription) -> None:
        """Begin (or begin anew) to serve a subscription; its queue goes on where it was."""
        key = subscription.tenant, subscription.id
        lane = Lane(subscription=subscription, broker=self._broker, done=self._done)
        if (old := self._withdraw(key)) is not None:
            lane.take_over(old)
        lane.behind = counted(broker=self._broker, key=key, without=self._done)
        self._readers = None  # what its owner may was asked before the write, and may have changed since
        with self._guard:
            self.lanes[key] = lane
            for place in _places(subscription):
                self._by_place[place].add(key)
        if subscription.document.get("timeInterval"):
            lane.periodic = asyncio.create_task(self._periodically(lane))
        if lane.behind:
            lane.wake()

    def remove(self, key: Key) -> None:
        """Stop serving a subscription."""
        if (lane := self._withdraw(key)) is not None:
            lane.stop()

    def _withdraw(self, key: Key) -> Lane | None:
        with self._guard:
            lane = self.lanes.pop(key, None)
            if lane is None:
                return None
            for place in _places(lane.subscription):
                self._by_place[place].discard(key)
                if not self._by_place[place]:
                    del self._by_place[place]
            return lane

    # -- in the writer's thread -----------------------------------------------------------------------------------
    def match(self, tx: Transaction) -> Queued:
        """Put the notifications that this transaction's changes call for into it."""
        queued: Queued = []
        if not self.lanes:
            return queued
        with self._guard:
            for changed in tx.changes:
                lanes = self._interested(changed.tenant, changed.id, changed.change.types)
                entity: Json = (changed.change.new or changed.change.old or {}) if lanes else {}
                for lane in lanes:
                    try:
                        self._consider(tx, lane, changed.change, entity, queued)
                    except Exception:
                        _log.exception("context.notification_failed", subscription=lane.subscription.id)
        return queued

    def _interested(self, tenant: str, identifier: str, types: list[str]) -> list[Lane]:
        keys: set[Key] = set()
        for iri in ("", *types):
            for name in ("", identifier):
                if (found := self._by_place.get((tenant, iri, name))) is not None:
                    keys |= found
        return [self.lanes[key] for key in keys]

    def _consider(self, tx: Transaction, lane: Lane, change: Change, entity: Json, queued: Queued) -> None:
        subscription = lane.subscription
        if lane.periodic is not None or not subscription.selects(entity=entity):
            return
        if subscription.state(at=self._broker.clock()) != "active":
            return
        wanted = subscription.wants(change=change)
        lookup = _within(tx, subscription.tenant)
        if wanted is None or not subscription.content(entity=entity, lookup=lookup):
            return
        throttling = subscription.document.get("throttling")
        if throttling and lane.last and time.monotonic() - lane.last < throttling:
            return
        data = payload(subscription=subscription, change=change, wanted=wanted, lookup=lookup)
        if not data:
            return
        lane.last = time.monotonic()
        at = self._broker.now()
        body, headers = message(subscription=subscription, data=data, at=at)
        number = tx.put_notification(*lane.key, micros(at), msgspec.json.encode(headers), body)
        queued.append((lane.key, (number, micros(at), body, headers)))

    # -- in the event loop ------------------------------------------------------------------------------------------
    def committed(self, queued: Queued) -> None:
        """Hand notifications that are on disk now to their lanes."""
        for key, entry in queued:
            if (lane := self.lanes.get(key)) is not None:
                lane.add(entry)

    async def _periodically(self, lane: Lane) -> None:
        subscription = lane.subscription
        interval = float(subscription.document["timeInterval"])
        while True:
            await asyncio.sleep(max(interval, LEAST_INTERVAL))
            if subscription.state(at=self._broker.clock()) != "active":
                continue
            try:
                found = await self._broker.read(lambda: self._all(subscription))
            except Exception:
                _log.exception("context.periodic_failed", subscription=subscription.id)
                continue
            if found:
                at = self._broker.now()
                body, headers = message(subscription=subscription, data=found, at=at)
                lane.add((None, micros(at), body, headers))

    def _all(self, subscription: Subscription) -> list[Json]:
        """Every entity that a periodic subscription covers, at most 1,000."""
        tenant = subscription.tenant

        def lookup(identifier: str) -> Json | None:
            return self._broker.reader.entity(tenant=tenant, identifier=identifier)

        types = tuple(t for s in subscription.selectors for t in s.types)
        wanted = Wanted(tenant=tenant, types=types or None, geo=subscription.geo, q=subscription.q)
        found: list[Json] = []
        for entity in self._broker.reader.find(wanted=wanted):
            if subscription.selects(entity=entity) and subscription.content(entity=entity, lookup=lookup):
                change = Change(old=entity, new=entity, at=entity["modifiedAt"])
                found += payload(subscription=subscription, change=change, wanted=[], lookup=lookup)
                if len(found) >= 1_000:
                    break
        return found

    async def _save_once(self) -> None:
        """Write the counters of subscriptions that notified."""
        dirty = [lane for lane in self.lanes.values() if lane.dirty]
        if not dirty:
            return
        for lane in dirty:
            lane.dirty = False
        rows = [(*lane.key, stored(lane.subscription)) for lane in dirty]

        def act(tx: Transaction) -> None:
            for tenant, identifier, document in rows:
                if tx.document("subscription", tenant, identifier) is not None:
                    tx.put_document("subscription", tenant, identifier, document)

        try:
            await self._broker.write(act)
        except Exception:
            for lane in dirty:
                lane.dirty = True
            raise

    async def _clean_once(self) -> None:
        """Remove the rows of notifications that were delivered."""
        if not self._done:
            return
        numbers = list(self._done)
        await self._broker.write(lambda tx: tx.drop_notifications(numbers), heavy=len(numbers) > 500)
        self._done.difference_update(numbers)


def _within(tx: Transaction, tenant: str) -> Lookup:
    def lookup(identifier: str) -> Json | None:
        found = tx.entity(tenant, identifier)
        return found[1] if found else None

    return lookup


def _rests(subscription: Subscription, readers: frozenset[str] | None) -> bool:
    """Whether the owner of a subscription is not among those who may read (None: everybody may)."""
    return readers is not None and subscription.owner is not None and subscription.owner[0] not in readers


def stored(subscription: Subscription) -> Json:
    """What live.db keeps of a subscription."""
    kept = {"given": subscription.document, "source": subscription.source, "status": subscription.status}
    return {**kept, "owner": subscription.owner} if subscription.owner else kept


def _places(subscription: Subscription) -> set[Place]:
    """The (tenant, type IRI, id) under which a subscription is found; empty where it takes any type or any id."""
    tenant = subscription.tenant
    found: set[Place] = set()
    for selector in subscription.selectors:
        iris = {next(iter(sorted(wanted))) for wanted in selector.types} if selector.types else {""}
        found |= {(tenant, iri, name) for iri in iris for name in selector.ids or ("",)}
    return found or {(tenant, "", "")}
