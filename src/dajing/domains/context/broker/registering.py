"""/csourceRegistrations and /csourceSubscriptions (5.9–5.11): their place is kept; there is no federation yet.

A query is answered truthfully with nothing, so that clients which look for other sources go on; registering is refused.
"""

from __future__ import annotations

from dajing.domains.context.broker.answers import finish
from dajing.domains.context.broker.exchange import Answer, Request
from dajing.domains.context.broker.reading import reading
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.ngsi.errors import NotSupported


async def registrations(broker: Broker, request: Request) -> Answer:
    """GET /csourceRegistrations: no source is registered here."""
    return await _nothing(broker, request)


async def subscriptions(broker: Broker, request: Request) -> Answer:
    """GET /csourceSubscriptions: nobody subscribes to sources."""
    return await _nothing(broker, request)


async def register(broker: Broker, request: Request) -> Answer:
    """POST /csourceRegistrations: this broker holds all of its entities itself."""
    raise NotSupported("Registrations of other context sources are not supported: all entities are held here.")


async def subscribe(broker: Broker, request: Request) -> Answer:
    """POST /csourceSubscriptions: there are no sources whose changes could be told."""
    raise NotSupported("Subscriptions to context sources are not supported: all entities are held here.")


async def _nothing(broker: Broker, request: Request) -> Answer:
    meta = await reading(request, broker.contexts)
    answer = finish([], meta, request)
    return answer.add("NGSILD-Results-Count", "0") if request.flag("count") else answer
