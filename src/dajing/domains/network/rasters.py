"""The rasters of the coverage map: which of them a page shows, and their files. Internal, by role."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
from django.http import FileResponse, Http404, HttpRequest
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from dajing.domains.network.coverage import reading
from dajing.domains.network.coverage.maps import KINDS, MapFile, maps_of, path_of
from dajing.domains.network.coverage.painting import limits
from dajing.domains.network.coverage.refusals import NoRun
from dajing.domains.network.coverage.structs import RunInfo
from dajing.domains.network.roles import VIEW
from dajing.domains.network.standards import Service
from dajing.kernel.identity.api import requires
from dajing.kernel.ui.moment import as_of

NONE = "none"


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """The raster under a map: names of its picture, its COG and that of best servers, colour classes with words."""

    picture: str
    file: str
    title: str
    legend: list[tuple[int, str]]
    box: tuple[float, float, float, float]
    server: str


def shown(*, run: RunInfo, service: Service, operator: str, wanted: str) -> tuple[Shown | None, list[tuple[str, str]]]:
    """The raster that is asked for (by default the location probability), and the choices; both empty if none is drawn.

    ``wanted`` is a kind of map, or ``none``.
    """
    found = {one.kind: one for one in maps_of(run=run) if (one.service, one.operator) == (service.id, operator)}
    pictured = [one for one in found.values() if one.picture]
    choices = [(one.kind, str(KINDS[one.kind][0])) for one in pictured]
    if not pictured or wanted == NONE:
        return None, [(NONE, gettext("不显示")), *choices] if choices else []
    one = next((one for one in pictured if one.kind == wanted), pictured[0])
    server = found.get("server")
    return _shown(one, service, server), [(NONE, gettext("不显示")), *choices]


def _shown(one: MapFile, service: Service, server: MapFile | None) -> Shown:
    title, unit = KINDS[one.kind]
    edges = [f"{edge:g}" for edge in limits(kind=one.kind, service=service)]
    words = [f"< {edges[0]}", *(f"{low} – {high}" for low, high in pairwise(edges)), f"≥ {edges[-1]}"]
    return Shown(
        picture=one.picture,
        file=one.file,
        title=str(title),
        legend=[(level, f"{word} {unit}") for level, word in enumerate(words)],
        box=one.box,
        server=server.file if server else "",
    )


@requires(VIEW)
@require_safe
def file(request: HttpRequest, name: str) -> FileResponse:
    """A map of the run that is shown: GeoTIFF (COG) or picture."""
    try:
        run = reading.latest(as_of=as_of(request).moment)
    except NoRun as refusal:
        raise Http404(str(refusal)) from refusal
    known: dict[str, Any] = {one: kept for kept in maps_of(run=run) for one in (kept.file, kept.picture) if one}
    if name not in known:
        raise Http404(name)
    tiff = name.endswith(".tif")
    answer = FileResponse(
        path_of(run=run, file=name).open("rb"), as_attachment=tiff, filename=name,
        content_type="image/tiff; application=geotiff; profile=cloud-optimized" if tiff else "image/png",
    )  # fmt: skip
    answer["Cache-Control"] = "private, no-cache"
    return answer
