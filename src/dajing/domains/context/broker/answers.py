"""How entities are answered: in the media type of the request, with their @context, in pages (6.3.5, 6.3.6, 6.3.10)."""

from __future__ import annotations

import re
from typing import Any

from dajing.domains.context.broker.exchange import GEO_JSON, LD_JSON, Answer, Request, encode, link, quoted
from dajing.domains.context.broker.reading import Meta
from dajing.domains.context.ngsi import earlier
from dajing.domains.context.ngsi.errors import BadRequestData
from dajing.domains.context.ngsi.forms import LOCATION, Form, feature, flat, render
from dajing.domains.context.ngsi.terms import need_name

type Json = dict[str, Any]
_VERSION = re.compile(r'(?:^|,)\s*ngsi-ld\s*=\s*"?(\d+\.\d+)"?', re.IGNORECASE)


def needs_geo(request: Request, meta: Meta) -> None:
    """Refuse geometryProperty where no GeoJSON is answered."""
    if "geometryProperty" in request.parameters and meta.media != GEO_JSON:
        raise BadRequestData("geometryProperty goes with Accept: application/geo+json alone.")


def one(*, entity: Json, form: Form, meta: Meta, request: Request) -> Answer:
    """One entity as an answer in the media type of the request."""
    if meta.media == GEO_JSON:
        return _shown(feature(entity=entity, form=form, geometry=_geometry(request, form)), meta, request)
    if form.join == "flat":
        found = flat(entities=[entity], form=form)
        return _shown(found if len(found) > 1 else found[0], meta, request)
    return _shown(render(entity=entity, form=form), meta, request)


def _geometry(request: Request, form: Form) -> str:
    name = request.parameters.get("geometryProperty")
    return form.context.expand(need_name(name, what="geometryProperty")) if name else LOCATION


def older(request: Request) -> earlier.Version | None:
    """The version that a consumer is limited to, where it is older than the newest kinds of attributes."""
    preferred = _VERSION.search(request.header("prefer") or "")
    if preferred is None:
        return None
    major, _, minor = preferred[1].partition(".")
    version = int(major[:4]), int(minor[:4])
    return version if version < earlier.NEWEST_KINDS else None


def _shown(document: Any, meta: Meta, request: Request) -> Answer:
    """Entities as an answer; 203 where they were amended for an earlier version (4.3.6.8)."""
    version = older(request)
    if version is None:
        return finish(document, meta, request)
    document, changed = earlier.amended(document=document, version=version)
    answer = finish(document, meta, request)
    if changed:
        answer.status = 203
    return answer


def finish(document: Any, meta: Meta, request: Request) -> Answer:
    """The bytes of an answer, with the @context in the body or in a Link header (6.3.5, 6.3.6)."""
    embedded = meta.media == LD_JSON or (
        meta.media == GEO_JSON and (request.header("prefer") or "body=ld+json").replace(" ", "") != "body=json"
    )
    preferred = _VERSION.search(request.header("prefer") or "")
    if not embedded:
        answer = Answer(status=200, body=encode(document), media=meta.media)
        answer.add("Link", link(meta.source if isinstance(meta.source, str) else _hosted(meta)))
        return answer.add("Preference-Applied", f"ngsi-ld={preferred[1]}") if preferred else answer
    if isinstance(document, list):
        document = [{**item, "@context": meta.source} for item in document]
    else:
        document = {**document, "@context": meta.source}
    answer = Answer(status=200, body=encode(document), media=meta.media)
    return answer.add("Preference-Applied", f"ngsi-ld={preferred[1]}") if preferred else answer


def _hosted(meta: Meta) -> str:
    first = next((part for part in meta.source if isinstance(part, str)), None)
    return first or "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"


def joined(pieces: list[bytes], meta: Meta) -> bytes:
    """Rendered entities as one array, each with its @context where the media type asks for it."""
    pieces = [piece for piece in pieces if piece != b"{}"]
    if meta.media == LD_JSON:
        tail = b',"@context":' + encode(meta.source) + b"}"
        pieces = [piece[:-1] + tail for piece in pieces]
    return b"[" + b",".join(pieces) + b"]"


def complete(body: bytes, meta: Meta, request: Request) -> Answer:
    """An answer whose body is ready, with its Link header where the @context is not in it."""
    preferred = _VERSION.search(request.header("prefer") or "")
    answer = Answer(status=200, body=body, media=meta.media)
    if meta.media != LD_JSON:
        answer.add("Link", link(meta.source if isinstance(meta.source, str) else _hosted(meta)))
    return answer.add("Preference-Applied", f"ngsi-ld={preferred[1]}") if preferred else answer


def page_links(media: str, request: Request, *, offset: int, limit: int, more: bool) -> list[tuple[bytes, bytes]]:
    """The next and prev links of a page, as headers (6.3.10)."""

    def header(start: int, rel: str) -> tuple[bytes, bytes]:
        parameters = {**request.parameters, "limit": str(limit), "offset": str(start)}
        text = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in sorted(parameters.items()))
        link = f'<{request.path.rstrip("/")}?{text}>; rel="{rel}";type="{media}"'
        return b"Link", link.encode("latin-1", "replace")

    found = [header(max(0, offset - limit), "prev")] if offset > 0 else []
    return [*found, header(offset + limit, "next")] if more else found


def many(*, entities: list[Json], form: Form, meta: Meta, request: Request) -> Answer:
    """A list of entities as an answer in the media type of the request."""
    if meta.media == GEO_JSON:
        geometry = _geometry(request, form)
        features = [feature(entity=e, form=form, geometry=geometry) for e in entities]
        return _shown({"type": "FeatureCollection", "features": features}, meta, request)
    if form.join == "flat":
        return _shown(flat(entities=entities, form=form), meta, request)
    rendered = [render(entity=e, form=form) for e in entities]
    if form.pick is not None:
        rendered = [r for r in rendered if r]
    return _shown(rendered, meta, request)
