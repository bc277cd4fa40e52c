"""From committed changes to notifications: matched by type and id, never by scanning; each subscription its own queue.

A slow or dead endpoint fills only its own queue, is tried again after a growing pause, and costs nobody else anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog

from dajing.domains.context.broker.delivery import Failed, Sender, sender_for
from dajing.domains.context.broker.messages import message, payload
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.ngsi.context import Context
from dajing.domains.context.ngsi.errors import Problem
from dajing.domains.context.ngsi.merge import Change
from dajing.domains.context.ngsi.subscription import Subscription, read
from dajing.domains.context.ngsi.terms import iso
from dajing.domains.context.store.reader import Wanted
from dajing.domains.context.store.transaction import Changed

_log = structlog.get_logger()
type Json = dict[str, Any]
MOST_WAITING = 20_000
PAUSES = (0.5, 2.0, 5.0)
IDLE_SECONDS = 5.0
SAVE_SECONDS = 2.0


@dataclass
class Lane:
    """The queue of one subscription with its counters."""

    subscription: Subscription
    waiting: deque[tuple[bytes, dict[str, str]]] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None
    periodic: asyncio.Task[None] | None = None
    last: float = 0.0
    dirty: bool = False
    lost: int = 0


class Notifier:
    """All subscriptions of a broker."""

    def __init__(self, *, broker: Broker) -> None:
        self._broker = broker
        self.lanes: dict[tuple[str, str], Lane] = {}
        # (tenant, type IRI) -> keys; the empty type holds what cannot be found by type
        self._by_type: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
        self._saver: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take up the stored subscriptions."""
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
            if document["given"].get("jsonldContext"):
                found.rendering = await self._rendering(found)
            self.add(found)
        self._saver = asyncio.create_task(self._save())

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
        """End every lane; what waits is counted as failed by its absence from timesSent."""
        if self._saver is not None:
            self._saver.cancel()
        for lane in self.lanes.values():
            for task in (lane.task, lane.periodic):
                if task is not None:
                    task.cancel()
        await self._save_once()

    def add(self, subscription: Subscription) -> None:
        """Begin (or begin anew) to serve a subscription."""
        key = subscription.tenant, subscription.id
        self.remove(key)
        lane = self.lanes[key] = Lane(subscription=subscription)
        for iri in _types(subscription):
            self._by_type[subscription.tenant, iri].add(key)
        if subscription.document.get("timeInterval"):
            lane.periodic = asyncio.create_task(self._periodically(lane))

    def remove(self, key: tuple[str, str]) -> None:
        """Stop serving a subscription."""
        lane = self.lanes.pop(key, None)
        if lane is None:
            return
        for iri in _types(lane.subscription):
            self._by_type[lane.subscription.tenant, iri].discard(key)
        for task in (lane.task, lane.periodic):
            if task is not None:
                task.cancel()

    def changed(self, changes: list[Changed]) -> None:
        """Queue the notifications that committed changes call for."""
        if not self.lanes:
            return
        for changed in changes:
            entity: Json = changed.change.new or changed.change.old or {}
            keys = set(self._by_type.get((changed.tenant, ""), ()))
            for iri in entity["type"]:
                keys |= self._by_type.get((changed.tenant, iri), set())
            for key in keys:
                lane = self.lanes[key]
                try:
                    self._consider(lane, changed.change, entity)
                except Exception:
                    _log.exception("context.notification_failed", subscription=lane.subscription.id)

    def _consider(self, lane: Lane, change: Change, entity: Json) -> None:
        subscription = lane.subscription
        if lane.periodic is not None or not subscription.selects(entity=entity):
            return
        if subscription.state(at=self._broker.clock()) != "active":
            return
        wanted = subscription.wants(change=change)
        if wanted is None or not subscription.content(entity=entity, lookup=self._lookup(subscription.tenant)):
            return
        throttling = subscription.document.get("throttling")
        if throttling and lane.last and time.monotonic() - lane.last < throttling:
            return
        data = payload(
            subscription=subscription, change=change, wanted=wanted, lookup=self._lookup(subscription.tenant)
        )
        if data:
            self._enqueue(lane, data)

    def _lookup(self, tenant: str) -> Any:
        return lambda identifier: self._broker.reader.entity(tenant=tenant, identifier=identifier)

    def _enqueue(self, lane: Lane, data: list[Json]) -> None:
        lane.last = time.monotonic()
        if len(lane.waiting) >= MOST_WAITING:
            lane.waiting.popleft()
            lane.lost += 1
            lane.subscription.status["timesFailed"] = lane.subscription.status.get("timesFailed", 0) + 1
        lane.waiting.append(message(subscription=lane.subscription, data=data, at=self._broker.now()))
        if lane.task is None or lane.task.done():
            lane.task = asyncio.create_task(self._deliver(lane))

    async def _deliver(self, lane: Lane) -> None:
        sender = sender_for(endpoint=lane.subscription.endpoint, outgoing=self._broker.outgoing)
        try:
            idle_since = time.monotonic()
            while lane.waiting or time.monotonic() - idle_since < IDLE_SECONDS:
                if not lane.waiting:
                    await asyncio.sleep(0.02)
                    continue
                body, headers = lane.waiting[0]
                await self._try(lane, sender, body, headers)
                if lane.waiting and lane.waiting[0][0] is body:
                    lane.waiting.popleft()
                idle_since = time.monotonic()
        finally:
            with contextlib.suppress(Exception):
                await sender.close()

    async def _try(self, lane: Lane, sender: Sender, body: bytes, headers: dict[str, str]) -> None:
        """Deliver one notification, with pauses between attempts; the counters tell what became of it."""
        status, endpoint = lane.subscription.status, lane.subscription.endpoint
        status["timesSent"] = status.get("timesSent", 0) + 1
        status["lastNotification"] = self._broker.now()
        lane.dirty = True
        seconds = endpoint.get("timeout", 0) / 1000 or 5.0
        cooldown = endpoint.get("cooldown", 0) / 1000
        for attempt, pause in enumerate((*PAUSES, None)):
            try:
                await sender.send(body=body, headers=headers, seconds=seconds)
            except Failed as error:
                if attempt == 0:
                    status["timesFailed"] = status.get("timesFailed", 0) + 1
                status["lastFailure"] = self._broker.now()
                if pause is None:
                    _log.warning("context.notification_lost", subscription=lane.subscription.id, error=str(error))
                    return
                await asyncio.sleep(max(pause, cooldown))
            else:
                status["lastSuccess"] = self._broker.now()
                return

    async def _periodically(self, lane: Lane) -> None:
        subscription = lane.subscription
        interval = float(subscription.document["timeInterval"])
        while True:
            await asyncio.sleep(interval)
            if subscription.state(at=self._broker.clock()) != "active":
                continue
            try:
                found = await self._broker.read(lambda: self._all(subscription))
            except Exception:
                _log.exception("context.periodic_failed", subscription=subscription.id)
                continue
            if found:
                self._enqueue(lane, found)

    def _all(self, subscription: Subscription) -> list[Json]:
        """Every entity that a periodic subscription covers, at most 1,000."""
        lookup = self._lookup(subscription.tenant)
        types = tuple(t for s in subscription.selectors for t in s.types)
        wanted = Wanted(tenant=subscription.tenant, types=types or None, geo=subscription.geo, q=subscription.q)
        found: list[Json] = []
        for entity in self._broker.reader.find(wanted=wanted):
            if subscription.selects(entity=entity) and subscription.content(entity=entity, lookup=lookup):
                change = Change(old=entity, new=entity, at=entity["modifiedAt"])
                found += payload(subscription=subscription, change=change, wanted=[], lookup=lookup)
                if len(found) >= 1_000:
                    break
        return found

    async def _save(self) -> None:
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            await self._save_once()

    async def _save_once(self) -> None:
        """Write the counters of subscriptions that notified."""
        dirty = [lane for lane in self.lanes.values() if lane.dirty]
        if not dirty:
            return
        for lane in dirty:
            lane.dirty = False
        rows = [(lane.subscription.tenant, lane.subscription.id, stored(lane.subscription)) for lane in dirty]

        def act(tx: Any) -> None:
            for tenant, identifier, document in rows:
                if tx.document("subscription", tenant, identifier) is not None:
                    tx.put_document("subscription", tenant, identifier, document)

        await self._broker.write(act)

    def until(self, *, seconds: float) -> str:
        """The time in so many seconds, as text."""
        return iso(self._broker.clock() + timedelta(seconds=seconds))


def stored(subscription: Subscription) -> Json:
    """What live.db keeps of a subscription."""
    return {"given": subscription.document, "source": subscription.source, "status": subscription.status}


def _types(subscription: Subscription) -> set[str]:
    """The type IRIs under which a subscription is found; the empty one when it takes any type."""
    found: set[str] = set()
    for selector in subscription.selectors:
        if not selector.types:
            return {""}
        found |= {next(iter(sorted(wanted))) for wanted in selector.types}
    return found or {""}
