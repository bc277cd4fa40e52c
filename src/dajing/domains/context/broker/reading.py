"""From a request to its @context, tenant, representation and entity selection."""

from __future__ import annotations

import asyncio
from typing import Any

from dajing.domains.context.broker.contexts import Contexts
from dajing.domains.context.broker.exchange import (
    GEO_JSON,
    JSON,
    LD_JSON,
    Request,
    accepted,
    decode,
    link_of,
)
from dajing.domains.context.ngsi import geoquery, projection, selection
from dajing.domains.context.ngsi import query as q_language
from dajing.domains.context.ngsi.context import CORE_URL, Context, Source
from dajing.domains.context.ngsi.errors import BadRequestData, InvalidRequest
from dajing.domains.context.ngsi.forms import LOCATION, Form
from dajing.domains.context.ngsi.pattern import Pattern
from dajing.domains.context.ngsi.scope import ScopeQuery
from dajing.domains.context.ngsi.terms import SYSTEM, need_name, need_uri, whole
from dajing.domains.context.store.reader import Reader
from dajing.domains.context.store.wanted import Wanted

type Json = dict[str, Any]

STYLES = {"normalized": "normalized", "concise": "concise", "simplified": "simplified", "keyValues": "simplified"}
SELECTING = (
    "id", "type", "idPattern", "attrs", "q", "csf", "georel", "geometry", "coordinates", "geoproperty", "scopeQ",
    "datasetId", "expandValues", "local",
)  # fmt: skip
SHAPING = (
    "options",
    "format",
    "lang",
    "geometryProperty",
    "pick",
    "omit",
    "join",
    "joinLevel",
    "containedBy",
    "jsonKeys",
)
PAGING = (
    "limit", "offset", "count", "orderBy", "orderFrom", "orderGeometry", "collation", "splitEntities",
    "entityMap", "entityMapLifetime",
)  # fmt: skip
MAX_LIMIT = 1_000
LONG_BODY = 256 * 1024
DEFAULT_LIMIT = 20


class Meta:
    """The @context of a request with the way to show it in the answer."""

    __slots__ = ("context", "media", "source")

    def __init__(self, *, context: Context, source: Source, media: str) -> None:
        self.context = context
        self.source = source
        self.media = media


async def reading(request: Request, contexts: Contexts, *, offered: tuple[str, ...] = (JSON, LD_JSON)) -> Meta:
    """The @context of a request without a body: its Link header, else the core."""
    media = accepted(request.header("accept"), offered)
    url = link_of(request.header("link"))
    context = await contexts.resolve(url, tenant=request.tenant)
    return Meta(context=context, source=url or CORE_URL, media=media)


async def writing(request: Request, contexts: Contexts, *, patch: bool = False) -> tuple[Any, Context, Source | None]:
    """The body with its @context by the rules of 6.3.5."""
    media = request.media(patch=patch)
    given = await request.body()
    # of a long body others must not wait for the reading
    body = decode(given) if len(given) < LONG_BODY else await asyncio.to_thread(decode, given)
    url = link_of(request.header("link"))
    if media == LD_JSON:
        if url is not None:
            raise BadRequestData("application/ld+json carries its @context in the body, not in a Link header.")
        if isinstance(body, dict):
            if "@context" not in body:
                raise BadRequestData("application/ld+json needs a member @context.")
            source = body.pop("@context")
            need_source(source)
            return body, await contexts.resolve(source, tenant=request.tenant), source
        return body, await contexts.resolve(None), None
    if isinstance(body, dict) and "@context" in body:
        raise BadRequestData("application/json carries no @context in the body; use a Link header.")
    return body, await contexts.resolve(url, tenant=request.tenant), url


async def plainly(request: Request, contexts: Contexts) -> Context | None:
    """The @context of a body that carries none itself; None where the body must be looked at first."""
    if request.media() != JSON:
        return None
    return await contexts.resolve(link_of(request.header("link")), tenant=request.tenant)


def need_source(source: Any) -> None:
    """Refuse what cannot be an @context."""
    parts = source if isinstance(source, list) else [source]
    if source is None or not all(isinstance(p, str | dict) for p in parts):
        raise BadRequestData("An @context is a URL, an object, or an array of these.")
    for part in parts:
        # a context hosted here is named by its Location, which is relative to this server
        if isinstance(part, str) and not part.startswith("/ngsi-ld/v1/jsonldContexts/"):
            need_uri(part, what="A member of @context")


def names(text: str, context: Context) -> tuple[str, ...]:
    """Expanded attribute names of a list with commas."""
    parts = [need_name(part.strip(), what="The attribute name") for part in text.split(",")]
    if {"id", "type"} & set(parts):
        raise BadRequestData("id and type are no attributes; use pick for them.")
    return tuple(dict.fromkeys(context.expand(part) for part in parts))


def form_of(given: Json, context: Context, *, reader: Reader | None = None, tenant: str = "") -> Form:
    """The representation that the parameters (or members of a Query) ask for."""
    options = set(filter(None, str(given.get("options", "")).split(",")))
    unknown = options - {*STYLES, "sysAttrs", "noOverwrite", "update", "replace", "temporalValues", "aggregatedValues"}
    if unknown:
        raise InvalidRequest(f"options does not know {', '.join(sorted(unknown))}.")
    style = given.get("format") or next(
        (o for o in ("keyValues", "simplified", "concise") if o in options), "normalized"
    )
    if style not in STYLES:
        raise InvalidRequest(f"format must be one of {', '.join(STYLES)}.")
    pick = projection.parse(text=given["pick"], context=context, what="pick") if "pick" in given else None
    omit = projection.parse(text=given["omit"], context=context, what="omit") if "omit" in given else None
    attributes = names(given["attrs"], context) if given.get("attrs") else None
    if attributes is not None and (pick or omit):
        raise BadRequestData("attrs cannot be combined with pick or omit.")
    if pick and omit and any(pick.names[n] is None and omit.names[n] is None for n in pick.names.keys() & omit.names):
        raise BadRequestData("The same member is in pick and in omit.")
    join, level = _join(given, pick, omit)
    return Form(
        context=context, style=STYLES[style], system="sysAttrs" in options, language=given.get("lang") or None,
        pick=pick, omit=omit, attributes=attributes, datasets=_datasets(given), join=join, level=level,
        contained=tuple(str(given.get("containedBy", "")).split(",")) if given.get("containedBy") else (),
        lookup=(lambda i: reader.entity(tenant=tenant, identifier=i)) if reader and join else None,
    )  # fmt: skip


def _join(given: Json, pick: projection.Tree | None, omit: projection.Tree | None) -> tuple[str, int]:
    join = given.get("join", "")
    if join in ("@none", None):
        join = ""
    if join not in ("", "inline", "flat"):
        raise BadRequestData("join must be inline, flat or @none.")
    level = given.get("joinLevel", 1)
    if isinstance(level, str):
        level = whole(level) or 0
    if not isinstance(level, int) or isinstance(level, bool) or not 1 <= level <= 10:
        raise BadRequestData("joinLevel must be a whole number from 1 to 10.")
    hops = max(pick.depth if pick else 0, omit.depth if omit else 0)
    if hops > (level if join else 0):
        raise BadRequestData("pick or omit follows more linked entities than join and joinLevel allow.")
    return join, level


def _datasets(given: Json) -> tuple[str, ...] | None:
    text = given.get("datasetId")
    if not text:
        return None
    parts = text if isinstance(text, list) else text.split(",")
    for part in parts:
        if part != "@none":
            need_uri(part, what="datasetId")
    return tuple(parts)


def geo_of(given: Json, context: Context) -> geoquery.GeoQuery | None:
    """The geo-query of parameters, where there is one."""
    present = [n for n in ("georel", "geometry", "coordinates") if given.get(n) not in (None, "")]
    if not present:
        return None
    if len(present) < 3:
        raise BadRequestData("A geo-query needs georel, geometry and coordinates together.")
    attribute = given.get("geoproperty")
    iri = context.expand(need_name(attribute, what="geoproperty")) if attribute else LOCATION
    return geoquery.parse(
        georel=given["georel"], geometry=given["geometry"], coordinates=given["coordinates"], attribute=iri
    )


def wanted_of(given: Json, context: Context, *, tenant: str, lenient: bool = False) -> Wanted:
    """The entity selection of parameters; refuses one that selects by nothing (5.7.2.4)."""
    identifiers = tuple(filter(None, (given.get("id") or "").split(",")))
    for identifier in identifiers:
        need_uri(identifier, what="id")
    pattern = Pattern(text=given["idPattern"], what="idPattern") if given.get("idPattern") else None
    types = selection.parse(text=given["type"], context=context) if given.get("type") else None
    expand = frozenset(names(given["expandValues"], context)) if given.get("expandValues") else frozenset()
    q = q_language.parse(text=given["q"], context=context, expand_values=expand) if given.get("q") else None
    geo = geo_of(given, context)
    attributes = names(given["attrs"], context) if given.get("attrs") else ()
    if given.get("csf"):
        q_language.parse(text=given["csf"], context=context)
    if q is not None and not given.get("join") and _linked(q):
        raise BadRequestData("A query that follows linked entities needs join and joinLevel.")
    local = given.get("local") in ("true", True)
    if types == () and str(given.get("local")).lower() == "false":
        raise BadRequestData("The type * needs local=true.")
    own = [a for a in attributes if a.rpartition("/")[2] not in SYSTEM]
    about = [n for n in q_language.names(node=q) if n not in (*SYSTEM, "id")] if q is not None else []
    if not (types is not None or own or about or geo is not None or local) and not (
        lenient and (identifiers or pattern)
    ):
        raise BadRequestData("Select by type, by attributes of your own, by a geo-query, or local=true.")
    return Wanted(
        tenant=tenant, ids=identifiers, pattern=None if identifiers else pattern, types=types, attributes=attributes,
        q=q, geo=geo, scope=ScopeQuery(text=given["scopeQ"]) if given.get("scopeQ") else None,
        datasets=_datasets(given) or (),
    )  # fmt: skip


def _linked(node: q_language.Node) -> bool:
    if isinstance(node, q_language.Group):
        return any(_linked(part) for part in node.parts)
    return node.linked is not None


def offered_with_geo() -> tuple[str, ...]:
    """What retrieval and query of entities can answer."""
    return JSON, LD_JSON, GEO_JSON
