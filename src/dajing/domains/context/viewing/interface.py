"""The interface in words and as an OpenAPI document, both made from the broker's own table of routes."""

from __future__ import annotations

import functools
from typing import Any

from dajing.domains.context.broker.app import ROUTES
from dajing.domains.context.viewing.operations import Operation, operation
from dajing.kernel.text import Text

type Json = dict[str, Any]
BASE = "/ngsi-ld/v1"
GROUPS = {
    "entities": Text(zh="实体与属性", en="Entities and attributes"),
    "entityOperations": Text(zh="批量操作", en="Batch operations"),
    "types": Text(zh="类型", en="Types"),
    "attributes": Text(zh="属性名", en="Attribute names"),
    "subscriptions": Text(zh="订阅与通知", en="Subscriptions and notifications"),
    "csourceRegistrations": Text(zh="其他数据源", en="Other sources"),
    "csourceSubscriptions": Text(zh="数据源订阅", en="Subscriptions to sources"),
    "temporal": Text(zh="历史", en="History"),
    "jsonldContexts": Text(zh="@context 托管", en="@context hosting"),
    "info": Text(zh="本机标识", en="Identity of this source"),
}
NAMES = {
    "entities": ("entityId", "attrId"),
    "types": ("type",),
    "attributes": ("attrId",),
    "subscriptions": ("subscriptionId",),
    "jsonldContexts": ("contextId",),
    "temporal": ("entityId", "attrId", "instanceId"),
}
READS = ("GET",)
ASKING = ("entityOperations/query", "temporal/entityOperations/query")


def groups() -> list[tuple[Text, list[tuple[str, str, Operation]]]]:
    """(group, [(verb, path, operation)]) in the order of the table."""
    found: dict[str, list[tuple[str, str, Operation]]] = {}
    for segments, verbs in ROUTES.items():
        for verb in verbs:
            row = (verb, path_of(segments), operation(verb=verb, segments=segments))
            found.setdefault(segments[0], []).append(row)
    return [(GROUPS[name], rows) for name, rows in found.items()]


def path_of(segments: tuple[str, ...]) -> str:
    """The path of a route with names in the place of its variable segments."""
    names = iter(NAMES.get(segments[0], ()))
    return BASE + "".join(f"/{{{next(names)}}}" if part == "*" else f"/{part}" for part in segments)


@functools.cache
def document() -> Json:
    """OpenAPI 3.1: operations, parameters in the path, media types, the bearer token and the scope that each needs."""
    paths: dict[str, Json] = {}
    for segments, verbs in ROUTES.items():
        path = path_of(segments)
        for verb, handler in verbs.items():
            told = operation(verb=verb, segments=segments)
            paths.setdefault(path, {})[verb.lower()] = _operation(verb, path, handler, told)
        if "{" in path:
            paths[path]["parameters"] = [
                {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string"}}
                for part in path.split("/")
                if part.startswith("{")
            ]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Dajing NGSI-LD", "version": "1.9.1",
            "description": "ETSI GS CIM 009 V1.9.1. Source of truth: https://www.etsi.org/deliver/etsi_gs/CIM/001_099/009/",
        },
        "paths": paths,
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}],
    }  # fmt: skip


def _operation(verb: str, path: str, handler: Any, told: Operation) -> Json:
    asks = verb in READS or path.endswith(ASKING)
    body = {} if verb in ("GET", "DELETE") else {
        "requestBody": {"required": True, "content": {m: {} for m in ("application/json", "application/ld+json")}}
    }  # fmt: skip
    problem = {"description": "problem details (RFC 7807)", "content": {"application/problem+json": {}}}
    return {
        "operationId": f"{handler.__module__.rpartition('.')[2]}_{handler.__name__}",
        "summary": told.does.en, "description": f"ETSI GS CIM 009 V1.9.1, {told.clause}.", "tags": [path.split("/")[3]],
        "security": [{"token": ["context.read" if asks else "context.write"]}],
        **body, "responses": {"2XX": {"description": "done"}, "4XX": problem, "5XX": problem},
    }  # fmt: skip
