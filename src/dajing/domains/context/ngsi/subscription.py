"""Subscriptions (clause 5.2.12): reading, checking, and deciding which changes they want."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from dajing.domains.context.ngsi import geoquery, projection, selection
from dajing.domains.context.ngsi import query as q_language
from dajing.domains.context.ngsi.context import Context
from dajing.domains.context.ngsi.errors import BadRequestData
from dajing.domains.context.ngsi.forms import LOCATION, Form
from dajing.domains.context.ngsi.merge import Change
from dajing.domains.context.ngsi.pattern import Pattern
from dajing.domains.context.ngsi.scope import ScopeQuery
from dajing.domains.context.ngsi.terms import canonical_time, need_name, need_time, need_uri, parse_time

type Json = dict[str, Any]

TRIGGERS = (
    "entityCreated", "entityUpdated", "entityDeleted", "attributeCreated", "attributeUpdated", "attributeDeleted",
)  # fmt: skip
DEFAULT_TRIGGERS = frozenset({"attributeCreated", "attributeUpdated"})
STYLES = {"normalized": "normalized", "concise": "concise", "keyValues": "simplified", "simplified": "simplified"}
ACCEPTS = ("application/json", "application/ld+json", "application/geo+json")
MEMBERS = (
    "id", "type", "subscriptionName", "description", "entities", "watchedAttributes", "notificationTrigger",
    "timeInterval", "q", "geoQ", "csf", "isActive", "notification", "expiresAt", "throttling", "temporalQ", "lang",
    "scopeQ", "jsonldContext", "datasetId", "localOnly", "splitEntities", "expandValues", "join", "joinLevel",
    "containedBy",
)  # fmt: skip
NOTIFICATION_MEMBERS = (
    "attributes", "format", "endpoint", "showChanges", "sysAttrs", "join", "joinLevel", "pick", "omit",
)  # fmt: skip
MOST_LEVELS = 10  # of entities that a notification follows


@dataclass(frozen=True)
class Selector:
    """One entry of ``entities``."""

    types: selection.Types
    ids: tuple[str, ...] = ()
    pattern: Pattern | None = None

    def matches(self, *, entity: Json) -> bool:
        """Whether an entity is selected."""
        if self.ids and entity["id"] not in self.ids:
            return False
        if self.pattern is not None and not self.pattern.found_in(entity["id"]):
            return False
        return selection.matches(types=self.types, entity=entity["type"])


@dataclass
class Subscription:
    """One subscription, read for use. ``document`` is what the subscriber gave."""

    id: str
    tenant: str
    document: Json
    source: Any
    context: Context
    selectors: tuple[Selector, ...] = ()
    watched: frozenset[str] = frozenset()
    triggers: frozenset[str] = DEFAULT_TRIGGERS
    q: q_language.Node | None = None
    geo: geoquery.GeoQuery | None = None
    scope: ScopeQuery | None = None
    expires: datetime | None = None
    datasets: tuple[str, ...] | None = None
    status: Json = field(default_factory=dict)
    rendering: Context | None = None  # of the member jsonldContext, where it was given
    form: Form | None = None  # of its notifications, once there was one
    owner: tuple[str, str] | None = None  # client and department, where a token was needed
    silenced: bool = False  # whether its owner may no longer read

    @property
    def notification(self) -> Json:
        """The member ``notification``."""
        return self.document["notification"]

    @property
    def endpoint(self) -> Json:
        """Where notifications go."""
        return self.notification["endpoint"]

    @property
    def active(self) -> bool:
        """Whether it was not paused."""
        return self.document.get("isActive", True) is not False

    def state(self, *, at: datetime) -> str:
        """``active``, ``paused`` or ``expired``."""
        if self.expires is not None and self.expires <= at:
            return "expired"
        return "active" if self.active and not self.silenced else "paused"

    def content(self, *, entity: Json, lookup: Callable[[str], Json | None]) -> bool:
        """Whether an entity satisfies q, geoQ and scopeQ."""
        if self.scope is not None and not self.scope.matches(scopes=entity.get("scope", ())):
            return False
        if self.geo is not None and not self.geo.matches(entity=entity):
            return False
        return self.q is None or q_language.holds(node=self.q, entity=entity, lookup=lookup)

    def selects(self, *, entity: Json) -> bool:
        """Whether an entity is among those selected by type, id and pattern."""
        return not self.selectors or any(s.matches(entity=entity) for s in self.selectors)

    def wants(self, *, change: Change) -> list[tuple[str, str, Json | None, Json | None]] | None:
        """The attribute changes that this subscription is notified of; None when the change is none of its affair."""
        touched = change.attributes()
        seen = [c for c in touched if not self.watched or c[1] in self.watched]
        if change.old is None and "entityCreated" in self.triggers:
            return seen if seen or not self.watched else None
        if change.new is None:
            if "entityDeleted" in self.triggers or ("attributeDeleted" in self.triggers and seen):
                shows = "attributeDeleted" in self.triggers or self.notification.get("showChanges")
                return (seen if shows else []) if seen or not self.watched else None
            return None
        kinds = self.triggers | (frozenset(TRIGGERS[3:]) if "entityUpdated" in self.triggers else frozenset())
        if change.old is None and "entityUpdated" in self.triggers:
            kinds = self.triggers
        wanted = [c for c in seen if c[0] in kinds]
        return wanted or None


def read(*, document: Json, context: Context, source: Any, tenant: str, at: datetime | None) -> Subscription:
    """A checked subscription; ``at`` refuses an expiry in the past (None when it is read back from the store)."""
    if document.get("type") != "Subscription":
        raise BadRequestData("The type must be Subscription.")
    need_uri(document.get("id"), what="The id of a subscription")
    _plain(document)
    found = Subscription(
        id=document["id"], tenant=tenant, document=document, source=source, context=context,
        selectors=tuple(_selector(s, context) for s in _list(document, "entities", dict)),
        watched=frozenset(context.expand(need_name(n, what="watchedAttributes"))
                          for n in _list(document, "watchedAttributes", str)),
    )  # fmt: skip
    if not found.selectors and not found.watched and document.get("localOnly") is not True:
        raise BadRequestData("A subscription names entities or watchedAttributes.")
    triggers = _list(document, "notificationTrigger", str)
    if set(triggers) - set(TRIGGERS):
        raise BadRequestData(f"notificationTrigger may hold {', '.join(TRIGGERS)}.")
    found.triggers = frozenset(triggers) or DEFAULT_TRIGGERS
    expand = frozenset(context.expand(n) for n in _names(document.get("expandValues", "")))
    if "q" in document:
        found.q = q_language.parse(text=unquote(_text(document, "q")), context=context, expand_values=expand)
    if "csf" in document:
        q_language.parse(text=_text(document, "csf"), context=context)
    if "scopeQ" in document:
        found.scope = ScopeQuery(text=_text(document, "scopeQ"))
    found.geo = _geo(document.get("geoQ"), context)
    found.datasets = tuple(_list(document, "datasetId", str)) or None
    if "expiresAt" in document:
        found.expires = parse_time(need_time(document["expiresAt"], what="expiresAt"))
        if at is not None and found.expires is not None and found.expires <= at:
            raise BadRequestData(f"expiresAt {canonical_time(document['expiresAt'])} is in the past.")
    _notification(document.get("notification"), context)
    return found


def _plain(document: Json) -> None:
    for name in ("subscriptionName", "description", "lang", "jsonldContext"):
        if name in document:
            _text(document, name)
    if not isinstance(document.get("isActive", True), bool):
        raise BadRequestData("isActive must be true or false.")
    for name in ("timeInterval", "throttling"):
        value = document.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value <= 0):
            raise BadRequestData(f"{name} must be a positive number of seconds.")
    if "timeInterval" in document:
        for other in ("throttling", "watchedAttributes"):
            if other in document:
                raise BadRequestData(f"timeInterval and {other} exclude each other.")
    if document.get("jsonldContext"):
        need_uri(document["jsonldContext"], what="jsonldContext")


def _text(document: Json, name: str) -> str:
    if not isinstance(document[name], str) or not document[name]:
        raise BadRequestData(f"{name} must be a text.")
    return str(document[name])


def _names(given: Any) -> list[str]:
    """Names as a list (5.2.12) or, as in a query, with commas."""
    names = given.split(",") if isinstance(given, str) else given
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadRequestData("expandValues must be a list of names of attributes.")
    return [need_name(name.strip(), what="expandValues") for name in names if name]


def _list(document: Json, name: str, kind: type) -> list[Any]:
    value = document.get(name)
    if value is None:
        if name in document:
            raise BadRequestData(f"{name} must not be null.")
        return []
    if not isinstance(value, list) or not value or not all(isinstance(v, kind) for v in value):
        raise BadRequestData(f"{name} must be a list of at least one entry.")
    return value


def _selector(given: Json, context: Context) -> Selector:
    if not isinstance(given.get("type"), str):
        raise BadRequestData("Every entry of entities names a type.")
    ids = given.get("id", [])
    ids = ids if isinstance(ids, list) else [ids]
    for identifier in ids:
        need_uri(identifier, what="The id of an entity")
    pattern = None
    if "idPattern" in given:
        pattern = Pattern(text=given["idPattern"], what="idPattern")
    return Selector(types=selection.parse(text=given["type"], context=context), ids=tuple(ids), pattern=pattern)


def _geo(given: Any, context: Context) -> geoquery.GeoQuery | None:
    if given is None:
        return None
    if not isinstance(given, dict) or not {"georel", "geometry", "coordinates"} <= set(given):
        raise BadRequestData("geoQ needs georel, geometry and coordinates.")
    name = given.get("geoproperty")
    if name is not None:
        need_name(name, what="geoproperty")
    return geoquery.parse(
        georel=str(given["georel"]), geometry=given["geometry"], coordinates=given["coordinates"],
        attribute=context.expand(name) if name else LOCATION,
    )  # fmt: skip


def _notification(given: Any, context: Context) -> None:
    if not isinstance(given, dict) or not isinstance(given.get("endpoint"), dict):
        raise BadRequestData("notification with an endpoint is needed.")
    if not isinstance(given.get("format", "normalized"), str) or given.get("format", "normalized") not in STYLES:
        raise BadRequestData(f"notification.format must be one of {', '.join(STYLES)}.")
    for name in ("attributes", "pick", "omit"):
        _list(given, name, str)
    _projection(given, context)
    if given.get("join", "@none") not in ("@none", "inline", "flat"):
        raise BadRequestData("notification.join must be inline, flat or @none.")
    level = given.get("joinLevel", 1)
    if isinstance(level, bool) or not isinstance(level, int) or not 1 <= level <= MOST_LEVELS:
        raise BadRequestData(f"notification.joinLevel must be a whole number from 1 to {MOST_LEVELS}.")
    if given.get("showChanges") and STYLES[given.get("format", "normalized")] == "simplified":
        raise BadRequestData("showChanges cannot be combined with the simplified form.")
    for name in ("showChanges", "sysAttrs"):
        if not isinstance(given.get(name, False), bool):
            raise BadRequestData(f"notification.{name} must be true or false.")
    _endpoint(given["endpoint"])


def _projection(given: Json, context: Context) -> None:
    if given.get("attributes") and (given.get("pick") or given.get("omit")):
        raise BadRequestData("notification.attributes cannot be combined with pick or omit.")
    pick = projection.parse(text=given["pick"], context=context, what="pick") if "pick" in given else None
    omit = projection.parse(text=given["omit"], context=context, what="omit") if "omit" in given else None
    if pick and omit and pick.names.keys() & omit.names.keys():
        raise BadRequestData("The same member is in pick and in omit.")


def _endpoint(endpoint: Json) -> None:
    need_uri(endpoint.get("uri"), what="endpoint.uri")
    try:
        parts = urlsplit(endpoint["uri"])
        known = parts.scheme in ("http", "https", "mqtt", "mqtts") and parts.hostname and parts.port != 0
        (parts.hostname or "").encode("idna")
    except ValueError:  # brackets that do not close, a port beyond 65535, a label that is too long
        known = False
    if not known:
        raise BadRequestData("endpoint.uri must be an http, https, mqtt or mqtts address.")
    topic = unquote(parts.path).strip("/")
    if parts.scheme.startswith("mqtt") and (not topic or "+" in topic or "#" in topic):
        raise BadRequestData("endpoint.uri must name the topic to publish to, as mqtt://host:1883/topic.")
    if endpoint.get("accept", ACCEPTS[0]) not in ACCEPTS:
        raise BadRequestData(f"endpoint.accept must be one of {', '.join(ACCEPTS)}.")
    for name in ("receiverInfo", "notifierInfo"):
        for pair in _list(endpoint, name, dict):
            if set(pair) - {"key", "value"} or not all(isinstance(pair.get(k), str) for k in ("key", "value")):
                raise BadRequestData(f"endpoint.{name} holds pairs of a text key and a text value.")
    for name in ("timeout", "cooldown"):
        value = endpoint.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise BadRequestData(f"endpoint.{name} must be a number of milliseconds.")
