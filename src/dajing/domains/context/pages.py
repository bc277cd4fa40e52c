"""The pages of the live city: overview, one type, one entity, the console, the interface."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from dajing.domains.context import api
from dajing.domains.context.ngsi.terms import whole
from dajing.domains.context.viewing import console, contents, interface, words
from dajing.kernel.identity.api import audience
from dajing.kernel.settings import settings

PAGE = 20  # entities of one page, each with a line for every value


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """城市感知: what there is, how much of it, and how fresh it is; one type over the units."""
    found = api.kinds()
    names = [kind.name for kind in found]
    chosen = request.GET.get("type", "")
    chosen = chosen if chosen in names else next((n for n in names if n in words.KINDS and n != "Device"), "")
    spread = None
    if chosen:
        real = contents.may_see_places(signed_in=request.user.is_authenticated)
        spread = contents.spread(kind=chosen, real=real)
    context = {
        "kinds": [(kind, words.kind(kind.name)) for kind in found], "total": sum(kind.count for kind in found),
        "latest": api.latest(), "chosen": chosen, "chosen_name": words.kind(chosen), "spread": spread,
        "options": [(name, words.kind(name)) for name in names], "moment_control": False,
        "machine": f"http://{settings().machine_host}:{settings().machine}/ngsi-ld/v1",
    }  # fmt: skip
    return render(request, "context/overview.html", context)


@require_safe
@audience("signed-in")
def kind(request: HttpRequest, name: str) -> HttpResponse:
    """The entities of one type with their present values, page by page."""
    counts = {kind.name: kind.count for kind in api.kinds()}
    if name not in counts:
        raise Http404
    codes = contents.codes()
    area = request.GET.get("area", "")
    area = area if area in codes else ""
    after = request.GET.get("after", "0")
    found, following = api.items(kind=name, area=area, after=whole(after) or 0, limit=PAGE)
    context = {
        "name": name, "title": words.kind(name), "count": counts[name], "moment_control": False,
        "items": [
            (item, contents.heading(item, codes.get(item.area, "")), contents.readable(item.id),
             codes.get(item.area, ""), contents.rows(item.readings))
            for item in found
        ],
        "area": area, "areas": [("", gettext("全部县区")), *codes.items()],
        "next_url": f"?area={area}&after={following}" if following else "",
    }  # fmt: skip
    return render(request, "context/kind.html", context)


@require_safe
@audience("signed-in")
def entity(request: HttpRequest) -> HttpResponse:
    """One entity: its present values and the history of one attribute."""
    found = api.item(id=request.GET.get("id", ""))
    if found is None:
        raise Http404
    numbers = [reading for reading in found.readings if reading.number is not None and reading.observed_at]
    names = [reading.name for reading in numbers]
    chosen = request.GET.get("attribute", "")
    chosen = chosen if chosen in names else next(iter(names), "")
    drawn, values, at = *contents.NOTHING, datetime.now(UTC)
    span = request.GET.get("span", "")
    if span not in contents.SPANS:
        span = contents.shortest(id=found.id, name=chosen, at=at) if chosen else "24h"
    if chosen:
        drawn, values = contents.history(id=found.id, name=chosen, span=span, at=at)
    area = contents.codes().get(found.area, "")
    context = {
        "item": found, "rows": contents.rows(found.readings), "area": area,
        "title": contents.heading(found, area), "readable": contents.readable(found.id),
        "kinds": [(name, words.kind(name)) for name in found.types], "chosen": chosen,
        "chosen_name": words.attribute(chosen), "attributes": [(name, words.attribute(name)) for name in names],
        "unit": next((words.unit(r.unit) for r in numbers if r.name == chosen), ""), "chart": drawn,
        "values": list(reversed(values))[:50], "total": len(values), "span": span, "moment_control": False,
        "spans": [("24h", gettext("24 小时")), ("7d", gettext("7 天")), ("all", gettext("全部"))],
    }  # fmt: skip
    return render(request, "context/entity.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@audience("signed-in")
def try_out(request: HttpRequest) -> HttpResponse:
    """The console: one request to the interface, with its answer and the command that repeats it."""
    given = request.POST if request.method == "POST" else request.GET
    path, token = given.get("path", console.FIRST), request.POST.get("token", "").strip()
    base = f"http://{settings().machine_host}:{settings().machine}"
    asked = console.Asked(path=path, token=token, tenant=given.get("tenant", "").strip())
    context = {
        "path": path, "tenant": asked.tenant, "examples": console.EXAMPLES, "moment_control": False,
        "curl": console.curl(base=base, asked=asked), "base": base,
        "answer": console.ask(asked=asked, settings=settings()) if request.method == "POST" else None,
    }  # fmt: skip
    return render(request, "context/console.html", context)


@require_safe
def interface_page(request: HttpRequest) -> HttpResponse:
    """Every operation of the interface."""
    base = f"http://{settings().machine_host}:{settings().machine}"
    context = {"groups": interface.groups(), "base": base, "moment_control": False}
    return render(request, "context/interface.html", context)


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The interface as an OpenAPI 3.1 document."""
    return JsonResponse(interface.document(), json_dumps_params={"ensure_ascii": False})
