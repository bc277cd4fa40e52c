"""/jsonldContexts: hosting, listing, serving and deleting @contexts (clause 5.13)."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from dajing.domains.context.broker.contexts import Remote, embedded
from dajing.domains.context.broker.exchange import JSON, LD_JSON, Answer, Request, accepted, decode, encode
from dajing.domains.context.broker.reading import need_source
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.ngsi.context import CORE_DOCUMENT, CORE_URL, CORE_URLS, Source
from dajing.domains.context.ngsi.errors import (
    BadRequestData,
    InvalidRequest,
    LdContextNotAvailable,
    NotSupported,
    ResourceNotFound,
)
from dajing.domains.context.ngsi.terms import iso
from dajing.domains.context.store.transaction import Transaction

type Json = dict[str, Any]
KINDS = ("Cached", "Hosted", "ImplicitlyCreated")
BASE = "/ngsi-ld/v1/jsonldContexts"


async def add(broker: Broker, request: Request) -> Answer:
    """POST /jsonldContexts: host an @context."""
    request.only(())
    request.media()
    body = decode(await request.body())
    if not isinstance(body, dict) or "@context" not in body:
        raise InvalidRequest("The body must be an object with a member @context.")
    need_source(body["@context"])
    await broker.contexts.resolve(body["@context"], tenant=request.tenant)
    local = await host(broker, request, body["@context"], kind="Hosted")
    return Answer(status=201).add("Location", f"{BASE}/{local}")


async def host(broker: Broker, request: Request, source: Source, *, kind: str) -> str:
    """Keep a context under a local id of its own."""
    local, tenant = str(uuid.uuid4()), request.tenant
    url = f"{_scheme(request)}://{request.header('host') or '127.0.0.1'}{BASE}/{local}"
    remote = Remote(url=url, document={"@context": source}, at=broker.now(), kind=kind)
    await broker.write(lambda tx: tx.put_document("context", tenant, local, msgspec.to_builtins(remote)))
    broker.contexts.hosted[tenant, local] = remote
    return local


def _scheme(request: Request) -> str:
    """What clients call this server by: a proxy on this machine says where it took the request over TLS."""
    client = request.scope.get("client")
    told = request.header("x-forwarded-proto") if client and client[0] in ("127.0.0.1", "::1") else None
    return told if told in ("http", "https") else str(request.scope.get("scheme", "http"))


async def identity(broker: Broker, request: Request) -> Answer:
    """GET /info/sourceIdentity (5.15): this context source, one alias per tenant."""
    request.only(())
    reading_media = accepted(request.header("accept"), (JSON, LD_JSON))
    now = broker.clock()
    document: Json = {
        "id": "urn:ngsi-ld:ContextSourceIdentity:dajing",
        "type": "ContextSourceIdentity",
        "contextSourceAlias": f"dajing-{broker.alias}-{request.tenant}" if request.tenant else f"dajing-{broker.alias}",
        "contextSourceUptime": f"PT{int((now - broker.since).total_seconds())}S",
        "contextSourceTimeAt": iso(now),
    }
    if reading_media == LD_JSON:
        document["@context"] = CORE_URL
    return Answer(status=200, body=encode(document), media=reading_media)


async def listed(broker: Broker, request: Request) -> Answer:
    """GET /jsonldContexts."""
    request.only(("details", "kind"))
    kind = request.parameters.get("kind")
    if kind is not None and kind not in KINDS:
        raise BadRequestData(f"kind must be one of {', '.join(KINDS)}.")
    details = _flag(request, "details")
    found = _own(broker, request.tenant)
    chosen = [(local, remote) for local, remote in found if kind is None or remote.kind == kind]
    if details:
        return Answer(status=200, body=encode([_details(local, remote) for local, remote in chosen]))
    return Answer(status=200, body=encode([remote.url for _, remote in chosen]))


def _flag(request: Request, name: str) -> bool:
    value = request.parameters.get(name, "false")
    if value not in ("true", "false"):
        raise BadRequestData(f"{name} must be true or false.")
    return value == "true"


def _own(broker: Broker, tenant: str) -> list[tuple[str, Remote]]:
    hosted = [(local, r) for (t, local), r in broker.contexts.hosted.items() if t == tenant]
    return hosted + [(url, r) for (t, url), r in broker.contexts.remote.items() if t == tenant]


def _details(local: str, remote: Remote) -> Json:
    found: Json = {"URL": remote.url, "localId": local, "kind": remote.kind, "createdAt": remote.at}
    if remote.used:
        found["lastUsage"] = remote.used
    found["numberOfHits"] = remote.hits
    if remote.kind != "Cached":
        found["body"] = remote.document
    return found


def _identified(broker: Broker, tenant: str, identifier: str) -> tuple[str, Remote] | None:
    if (hosted := broker.contexts.hosted.get((tenant, identifier))) is not None:
        return identifier, hosted
    if (cached := broker.contexts.remote.get((tenant, identifier))) is not None:
        return identifier, cached
    return None


async def serve(broker: Broker, request: Request, identifier: str) -> Answer:
    """GET /jsonldContexts/{id}."""
    request.only(("details",))
    details = _flag(request, "details")
    if identifier in CORE_URLS:
        core = Remote(url=identifier, document=CORE_DOCUMENT, at="2025-07-01T00:00:00.000Z")
        return Answer(status=200, body=encode(_details(identifier, core) if details else CORE_DOCUMENT), media=JSON)
    found = _identified(broker, request.tenant, identifier)
    if found is None and (own := embedded(identifier)) is not None:
        return Answer(status=200, body=encode(_details(identifier, own) if details else own.document), media=JSON)
    if found is None:
        raise ResourceNotFound(f"There is no @context {identifier[:200]}.")
    if details:
        body = encode(_details(*found))
        found[1].hits += found[1].kind != "Hosted"  # reading what the broker keeps of its own accord is a use of it
        return Answer(status=200, body=body, media=JSON)
    if found[1].kind == "Cached":
        raise NotSupported("A cached @context is served by its own address.")
    return Answer(status=200, body=encode(found[1].document), media=JSON)


async def delete(broker: Broker, request: Request, identifier: str) -> Answer:
    """DELETE /jsonldContexts/{id}; reload=true downloads a cached one again."""
    request.only(("reload",))
    reload = _flag(request, "reload")
    if identifier in CORE_URLS:
        if not reload:
            raise BadRequestData("The core @context cannot be deleted.")
        return Answer(status=204)
    found = _identified(broker, request.tenant, identifier)
    if found is None and (own := embedded(identifier)) is not None:
        if not reload:
            raise BadRequestData("This @context comes with the broker and cannot be deleted.")
        found = identifier, own  # from now on the published document counts
    if reload and (found is None or found[1].kind != "Cached"):
        raise BadRequestData("reload=true is for cached @contexts alone.")
    if found is None:
        raise ResourceNotFound(f"There is no @context {identifier[:200]}.")
    if found[1].kind == "Cached":
        await _again(broker, request, found[1], reload)
    else:
        tenant = request.tenant

        def act(tx: Transaction) -> bool:
            return tx.delete_document("context", tenant, identifier)

        await broker.write(act)
        del broker.contexts.hosted[tenant, identifier]
    broker.contexts.forget()
    broker.rendered.clear()
    broker.pieces.clear()
    return Answer(status=204)


async def _again(broker: Broker, request: Request, remote: Remote, reload: bool) -> None:
    if not reload:
        broker.contexts.remote.pop((request.tenant, remote.url), None)
        return
    try:
        await broker.contexts.download(remote.url, tenant=request.tenant)
    except LdContextNotAvailable as error:
        raise LdContextNotAvailable(f"{error.reason} The copy that was there stays in use.") from None
