"""Pages of the network: coverage by area, one place with its link budget, the gap list. Internal, by role."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from dajing.domains.network import contents, rasters
from dajing.domains.network.coverage import reading
from dajing.domains.network.coverage.gaps import INDICATORS, Gap, gaps
from dajing.domains.network.coverage.profile import Spot, spot, spot_at
from dajing.domains.network.coverage.refusals import NoCoordinates, NoRun, PlaceUnknown, ServiceUnknown
from dajing.domains.network.coverage.structs import Line, RunInfo
from dajing.domains.network.drawing import city_map, profile_drawing
from dajing.domains.network.roles import VIEW
from dajing.domains.network.standards import Service, standards
from dajing.kernel.areas.api import AreaUnknown, townships, villages
from dajing.kernel.areas.api import area as find_area
from dajing.kernel.identity.api import requires
from dajing.kernel.packs.api import city
from dajing.kernel.ui.moment import as_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN = 50


class Asked:
    """What every page is asked for: a run, a service, an operator. Raises ``NoRun``, ``ServiceUnknown``."""

    def __init__(self, request: HttpRequest, *, kinds: tuple[str, ...] = ()) -> None:
        self.run: RunInfo = reading.latest(as_of=as_of(request).moment)
        self.services = [s for s in standards().services if not kinds or s.kind in kinds]
        self.service: Service = reading.service_of(id=request.GET.get("service") or self.services[0].id)
        self.operators = reading.operators(run=self.run.id, service=self.service.id)
        wanted = request.GET.get("operator", "")
        self.operator = wanted if wanted in self.operators else ""

    @property
    def level(self) -> str:
        """Wi-Fi is a matter of venues, everything else of where people live."""
        return "venue" if self.service.kind == "wifi" else "unit"

    def context(self) -> dict[str, Any]:
        """The variables of the choices."""
        return {
            "run": self.run,
            "service": self.service,
            "operator": self.operator,
            "services": [(s.id, s.title) for s in self.services],
            "operators": [("", gettext("全部运营商合计")), *((o, o) for o in self.operators)] if self.operators else [],
        }


def _nothing(request: HttpRequest, refusal: NoRun) -> HttpResponse:
    return render(request, "network/empty.html", {"refusal": refusal.message, "jobs": contents.waiting()})


@requires(VIEW)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Coverage of the city by county unit, or of venues by Wi-Fi, with the map of townships."""
    try:
        asked = Asked(request)
    except NoRun as refusal:
        return _nothing(request, refusal)
    except ServiceUnknown as refusal:
        raise Http404(str(refusal)) from refusal
    lines = _lines(asked, asked.level)
    run = asked.run
    context = asked.context() | {
        "lines": lines, "level": asked.level, "past": contents.history(asked),
        "left_out": contents.left_out(run.digest, run.on, run.known_at),
    }  # fmt: skip
    if asked.level == "venue":
        registered = {line.code for line in lines}
        context |= {"missing": [venue for venue in standards().venues if venue.id not in registered]}
    if asked.level == "unit":
        raster, layers = rasters.shown(
            run=asked.run, service=asked.service, operator=asked.operator, wanted=request.GET.get("layer", "")
        )
        context |= {"total": _lines(asked, "city")[0], "map": _map(asked, raster), "raster": raster, "layers": layers}
    return render(request, "network/overview.html", context)


def _lines(asked: Asked, level: str, within: str | None = None) -> list[Line]:
    return reading.lines(run=asked.run, service=asked.service.id, level=level, operator=asked.operator, within=within)


def _map(asked: Asked, raster: rasters.Shown | None) -> Any:
    places, masts = contents.positions(run=asked.run, technology=asked.service.technology)
    box = raster.box if raster else None
    return city_map(lines=_lines(asked, "township"), places=places, masts=masts, box=box)


@requires(VIEW)
@require_safe
def area(request: HttpRequest, code: str) -> HttpResponse:
    """A county unit by township, or a township by village and community."""
    town = next((place for place in townships() if place.code == code), None)
    try:
        asked = Asked(request, kinds=("mobile", "fixed", "broadcast"))
        unit = find_area(town.unit or "" if town else code)
        if unit.level == "city" or asked.level != "unit":
            raise Http404(code)
    except NoRun as refusal:
        return _nothing(request, refusal)
    except (AreaUnknown, ServiceUnknown) as refusal:
        raise Http404(str(refusal)) from refusal
    crumbs = [(gettext("网络覆盖"), _address("network", asked))]
    if town:
        crumbs.append((str(unit.name), _address("network-area", asked, unit.code)))
    level = "place" if town else "township"
    whole = next((line for line in _lines(asked, "township" if town else "unit") if line.code == code), None)
    context = asked.context() | {
        "lines": sorted(_lines(asked, level, within=code), key=lambda line: -line.lacking),
        "level": level,
        "total": whole,
        "name": town.name if town else unit.name,
        "crumbs": crumbs,
    }
    return render(request, "network/area.html", context)


def _address(view: str, asked: Asked, *args: str) -> str:
    query = {"service": asked.service.id} | ({"operator": asked.operator} if asked.operator else {})
    return f"{reverse(view, args=args)}?{urlencode(query)}"


@requires(VIEW)
@require_safe
def point(request: HttpRequest, code: str) -> HttpResponse:
    """One place: who could serve it, the terrain between and the link budget; the nearest fibre access point."""
    try:
        asked = Asked(request, kinds=("mobile", "fixed"))
        found = spot(
            run=asked.run, code=code, service=asked.service, sector=request.GET.get("sector"), operator=asked.operator
        )
    except NoRun as refusal:
        return _nothing(request, refusal)
    except (PlaceUnknown, ServiceUnknown) as refusal:
        raise Http404(str(refusal)) from refusal
    village = next((p for p in villages() if p.code == code), None)
    town = next((t for t in townships() if village and t.code == village.township), None)
    crumbs = [(gettext("网络覆盖"), _address("network", asked))]
    if town and town.unit:
        crumbs += [
            (str(find_area(town.unit).name), _address("network-area", asked, town.unit)),
            (town.name, _address("network-area", asked, town.code)),
        ]
    context = asked.context() | shown(found) | {
        "crumbs": crumbs,
        "shares": contents.shares_of(run=asked.run, code=code, operator=asked.operator),
        "action": action_address(
            asked.service, asked.run, code=code, name=found.name, unit=(town.unit or "") if town else ""
        ),
    }  # fmt: skip
    return render(request, "network/point.html", context)


def shown(found: Spot) -> dict[str, Any]:
    """What the page of a place draws of it."""
    return {"spot": found, "drawing": profile_drawing(profile=found.profile) if found.profile else None}


@requires(VIEW)
@require_safe
def place(request: HttpRequest) -> HttpResponse:
    """Any place on the map by its coordinates: who could serve it, the terrain between and the link budget."""
    try:
        asked = Asked(request, kinds=("mobile", "fixed"))
        longitude, latitude = (float(request.GET.get(name, "")) for name in ("longitude", "latitude"))
        found = spot_at(
            run=asked.run, longitude=longitude, latitude=latitude, service=asked.service,
            sector=request.GET.get("sector"), operator=asked.operator,
        )  # fmt: skip
    except NoRun as refusal:
        return _nothing(request, refusal)
    except ServiceUnknown as refusal:
        raise Http404(str(refusal)) from refusal
    except ValueError as error:
        raise NoCoordinates() from error
    crumbs = [(gettext("网络覆盖"), _address("network", asked))]
    return render(request, "network/point.html", asked.context() | shown(found) | {"crumbs": crumbs})


@requires(VIEW)
@require_safe
def gap_list(request: HttpRequest) -> HttpResponse:
    """Who is not covered, most people first."""
    try:
        asked, found, chosen = _gaps(request, limit=SHOWN)
    except NoRun as refusal:
        return _nothing(request, refusal)
    except ServiceUnknown as refusal:
        raise Http404(str(refusal)) from refusal
    rows = [
        (gap, action_address(asked.service, asked.run, code=gap.line.code, name=gap.line.name, unit=gap.unit))
        for gap in found
    ]
    context = asked.context() | {
        "rows": rows, "unit": chosen, "units": contents.unit_choices(), "shown": SHOWN,
        "download": f"{reverse('network-gaps-xlsx')}?{request.GET.urlencode()}",
    }  # fmt: skip
    return render(request, "network/gaps.html", context)


@requires(VIEW)
@require_safe
def gap_workbook(request: HttpRequest) -> HttpResponse:
    """The whole gap list as a workbook."""
    from dajing.domains.network.coverage.workbook import write_gaps

    try:
        asked, found, _ = _gaps(request, limit=None)
    except (NoRun, ServiceUnknown) as refusal:
        raise Http404(str(refusal)) from refusal
    language = "en" if (get_language() or "").startswith("en") else "zh"
    answer = HttpResponse(
        write_gaps(gaps=found, run=asked.run, service=asked.service, language=language), content_type=XLSX
    )
    answer["Content-Disposition"] = f'attachment; filename="gaps-{asked.service.id}-{asked.run.on}.xlsx"'
    return answer


def _gaps(request: HttpRequest, *, limit: int | None) -> tuple[Asked, list[Gap], str]:
    asked = Asked(request)
    known = {code for code, _ in contents.unit_choices()}
    unit = request.GET.get("unit", "")
    unit = unit if unit in known else ""
    found = gaps(
        run=asked.run, service=asked.service.id, level="venue" if asked.level == "venue" else "place",
        operator=asked.operator, unit=unit or None, limit=limit,
    )  # fmt: skip
    return asked, found, unit


def action_address(service: Service, run: RunInfo, *, code: str, name: str, unit: str) -> str:
    """The form of a new action of the plan, filled in with what is known of a gap; empty if there is none."""
    from django.urls import NoReverseMatch

    try:
        address = reverse("plan-action-new", args=[city().default_plan])
    except NoReverseMatch:
        return ""
    query = {
        "indicator": INDICATORS.get(service.id, ""),
        "area": unit,
        "title": gettext("补齐 %(place)s 的%(service)s覆盖") % {"place": name, "service": service.title},
        "source": gettext("网络覆盖缺口 %(code)s（台账 %(on)s，测算摘要 %(digest)s）")
        % {"code": code, "on": run.on, "digest": run.digest[:12]},
        "due": _due(run.on).isoformat(),
    }
    return f"{address}?{urlencode({key: value for key, value in query.items() if value})}"


def _due(on: date) -> date:
    """Proposed for the form, to be changed there: the end of the year after the registers' day."""
    return date(on.year + 1, 12, 31)
