"""The ASGI application: routes by path segments, errors as problem documents, tokens where they are demanded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

import apsw
import structlog

from dajing.domains.context.broker import batch, discovery, entities, hosting, registering, subscriptions, temporal
from dajing.domains.context.broker.exchange import JSON, PROBLEM, Answer, Request, problem, segments
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.ngsi.errors import (
    BadRequestData,
    InvalidRequest,
    MethodNotAllowed,
    NoRoom,
    Problem,
    ResourceNotFound,
)
from dajing.domains.context.store.schema import TooLong

_log = structlog.get_logger()
LONGEST_TENANT = 200
LONG_PATH = 500  # characters; a longer one is not worth keeping
type Handler = Callable[..., Awaitable[Answer]]
type Verbs = dict[str, Handler]

# the segments after /ngsi-ld/v1; "*" takes any one segment
ROUTES: dict[tuple[str, ...], Verbs] = {
    ("entities",): {"POST": entities.create, "GET": entities.query, "DELETE": entities.purge},
    ("entities", "*"): {
        "GET": entities.retrieve, "PUT": entities.replace, "PATCH": entities.merge_entity, "DELETE": entities.delete,
    },
    ("entities", "*", "attrs"): {"POST": entities.append, "PATCH": entities.update},
    ("entities", "*", "attrs", "*"): {
        "PATCH": entities.partial, "PUT": entities.replace_attribute, "DELETE": entities.delete_attribute,
    },
    ("entityOperations", "create"): {"POST": batch.create},
    ("entityOperations", "upsert"): {"POST": batch.upsert},
    ("entityOperations", "update"): {"POST": batch.update},
    ("entityOperations", "merge"): {"POST": batch.merge_all},
    ("entityOperations", "delete"): {"POST": batch.delete},
    ("entityOperations", "purge"): {"POST": batch.purge},
    ("entityOperations", "query"): {"POST": batch.query},
    ("types",): {"GET": discovery.types},
    ("types", "*"): {"GET": discovery.one_type},
    ("attributes",): {"GET": discovery.attributes},
    ("attributes", "*"): {"GET": discovery.one_attribute},
    ("subscriptions",): {"POST": subscriptions.create, "GET": subscriptions.query},
    ("subscriptions", "*"): {
        "GET": subscriptions.retrieve, "PATCH": subscriptions.update, "DELETE": subscriptions.delete,
    },
    ("csourceRegistrations",): {"POST": registering.register, "GET": registering.registrations},
    ("csourceSubscriptions",): {"POST": registering.subscribe, "GET": registering.subscriptions},
    ("info", "sourceIdentity"): {"GET": hosting.identity},
    ("jsonldContexts",): {"POST": hosting.add, "GET": hosting.listed},
    ("jsonldContexts", "*"): {"GET": hosting.serve, "DELETE": hosting.delete},
    ("temporal", "entities"): {"POST": temporal.create, "GET": temporal.query},
    ("temporal", "entities", "*"): {"GET": temporal.retrieve, "DELETE": temporal.delete},
    ("temporal", "entities", "*", "attrs"): {"POST": temporal.append},
    ("temporal", "entities", "*", "attrs", "*"): {"DELETE": temporal.delete_attribute},
    ("temporal", "entities", "*", "attrs", "*", "*"): {
        "PATCH": temporal.change_instance, "DELETE": temporal.delete_instance,
    },
    ("temporal", "entityOperations", "query"): {"POST": temporal.post_query},
}  # fmt: skip


@lru_cache(maxsize=8_192)
def _known(path: str) -> tuple[Verbs, list[str]]:
    return _route(path)  # devices write to the same few addresses


def route(path: str) -> tuple[Verbs, list[str]]:
    """The verbs of a path and the values of its variable segments."""
    return _known(path) if len(path) <= LONG_PATH else _route(path)


def _route(path: str) -> tuple[Verbs, list[str]]:
    parts = segments(path)
    if parts[:2] != ["ngsi-ld", "v1"] or len(parts) == 2:
        raise ResourceNotFound("The API is below /ngsi-ld/v1.")
    rest = parts[2:]
    if "" in rest:
        raise BadRequestData("A segment of the path is empty.")
    fixed = tuple(rest)
    if fixed in ROUTES:
        return ROUTES[fixed], []
    for pattern in _PATTERNS.get((len(rest), rest[0]), ()):
        if all(p in ("*", r) for p, r in zip(pattern, rest, strict=True)):
            return ROUTES[pattern], [r for p, r in zip(pattern, rest, strict=True) if p == "*"]
    raise ResourceNotFound(f"There is no resource {'/'.join(rest)[:200]}.")


_PATTERNS: dict[tuple[int, str], list[tuple[str, ...]]] = {}  # by length and first segment
for _pattern in ROUTES:
    if "*" in _pattern:
        _PATTERNS.setdefault((len(_pattern), _pattern[0]), []).append(_pattern)


def _tenant(request: Request) -> str:
    found = request.header("ngsild-tenant") or ""
    if len(found) > LONGEST_TENANT:
        raise BadRequestData(f"The name of a tenant has at most {LONGEST_TENANT} characters.")
    return found


def _takes_problems(request: Request) -> bool:
    """Whether a client takes problem documents under their own media type; NGSI.js, for one, reads no other JSON."""
    accept = request.header("accept")
    return accept is None or PROBLEM in accept or "*/*" in accept or "application/*" in accept


class Application:
    """One broker as an ASGI application."""

    def __init__(self, *, broker: Broker) -> None:
        self.broker = broker

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection event."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        request, answer = await self.respond(Request(scope=scope, receive=receive))
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else answer.body})

    async def respond(self, request: Request) -> tuple[Request, Answer]:
        """The request and its answer with every header; never raises."""
        if request.path == "/health":
            answer = Answer(status=200, body=b'{"status":"ok"}')  # for supervisors; says nothing about the city
        else:
            answer = await self.answer(request)
        if self.broker.lenient and answer.media == PROBLEM and not _takes_problems(request):
            answer.media = JSON
        headers = [*answer.headers]
        if answer.status != 204:
            if answer.body or answer.status not in (201, 411):
                headers.append((b"content-type", answer.media.encode()))
            headers.append((b"content-length", b"%d" % len(answer.body)))
        if request.tenant:
            headers.append((b"ngsild-tenant", request.tenant.encode("latin-1", "replace")))
        answer.headers = headers
        return request, answer

    async def answer(self, request: Request) -> Answer:
        """The answer to one request; whatever goes wrong becomes a problem document."""
        try:
            if request.method in ("POST", "PATCH", "PUT") and request.header("content-length") is None:
                return Answer(status=411).add("Connection", "close")  # what follows has no known end
            if request.method == "PATCH":
                _check_instance(request.path)
            verbs, values = route(request.path)
            handler = verbs.get("GET" if request.method == "HEAD" else request.method)
            if handler is None and request.path == "/ngsi-ld/v1/entities/":
                raise BadRequestData("The path ends where an identifier is expected.")
            if handler is None:
                refusal = MethodNotAllowed(f"{request.method} is not among {', '.join(verbs)}.")
                return problem(refusal).add("Allow", ", ".join(verbs))
            request.tenant = _tenant(request)
            if self.broker.auth is not None:
                self.broker.auth.check(request)
            return await handler(self.broker, request, *values)
        except Problem as error:
            return problem(error)
        except (apsw.FullError, apsw.IOError, apsw.ReadOnlyError) as error:
            _log.error("context.no_room", path=request.path, error=str(error))
            return problem(
                NoRoom("The store cannot be written now (is the disk full?); nothing was changed. Try again.")
            )
        except TooLong:
            return problem(BadRequestData("An id or a name is longer than the store can hold."))
        except RecursionError:
            return problem(InvalidRequest("The body is nested too deep."))
        except Exception as error:
            _log.exception("context.failed", path=request.path, method=request.method)
            failure = Problem(f"{type(error).__name__}: the request could not be completed; it had no effect.")
            return problem(failure)

    async def _lifespan(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self.broker.start()
                except BaseException as error:
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    raise
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.broker.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _check_instance(path: str) -> None:
    """To change an instance of an attribute without a name is a verb that its path lacks."""
    if "/attrs//" in path and path.startswith("/ngsi-ld/v1/temporal/entities/"):
        raise MethodNotAllowed("PATCH needs the name of an attribute before the instance.")
