"""Panels of the network."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from dajing.domains.network.coverage import reading
from dajing.domains.network.coverage.gaps import gaps
from dajing.domains.network.coverage.refusals import NoRun
from dajing.domains.network.roles import VIEW
from dajing.domains.network.standards import standards
from dajing.kernel.text import Text
from dajing.kernel.ui.moment import AsOf
from dajing.kernel.ui.panels import panel

FIRST = 10


@panel(
    id="network.coverage", title=Text(zh="网络覆盖（测算）", en="Coverage, computed"),
    template="network/panel_coverage.html", order=60, audience=VIEW,
)  # fmt: skip
def coverage(request: HttpRequest, as_of: AsOf) -> dict[str, Any]:
    """The city's share of people by service, each with its interval."""
    try:
        run = reading.latest(as_of=as_of.moment)
    except NoRun as refusal:
        return {"refusal": refusal.message}
    rows = [
        (service, reading.lines(run=run, service=service.id, level="city")[0])
        for service in standards().services
        if service.kind != "wifi"
    ]
    return {"run": run, "rows": rows}


@panel(
    id="network.gaps", title=Text(zh="没有 4G 的人最多的地方", en="Where most people are without 4G"),
    template="network/panel_gaps.html", order=61, audience=VIEW,
)  # fmt: skip
def worst(request: HttpRequest, as_of: AsOf) -> dict[str, Any]:
    """The first places of the gap list."""
    try:
        run = reading.latest(as_of=as_of.moment)
    except NoRun as refusal:
        return {"refusal": refusal.message}
    return {"run": run, "gaps": gaps(run=run, service="4g", limit=FIRST)}
