"""The gazetted years: which are known, and loading the next one when its notice is out."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from dajing.kernel.clocks.calendar import gazetted_years, years_loaded
from dajing.kernel.clocks.years import YearInvalid, load_year, renew, written
from dajing.kernel.identity.administration.frame import acting, shown
from dajing.kernel.identity.api import requires
from dajing.kernel.identity.roles import SYSTEM

LONGEST = 5000  # characters of a list of days


@requires(SYSTEM)
@require_http_methods(["GET", "POST"])
def calendar(request: HttpRequest) -> HttpResponse:
    """The years whose notice is known; loading one, after which provisional limits are counted anew."""
    renew()
    if request.method == "GET":
        return shown(request, "calendar", _known())
    by, now = acting(request)
    typed = {name: request.POST.get(name, "") for name in ("year", "notice", "off", "worked")}
    given = {name: text.replace("\0", "").strip()[:LONGEST] for name, text in typed.items()}
    try:
        year = load_year(
            text=written(
                year=given["year"], notice=given["notice"], off=given["off"].split(), worked=given["worked"].split()
            ),
            by=by,
            at=now,
        )
    except YearInvalid as refusal:
        return shown(request, "calendar", _known(), refused=refusal, field="off")
    messages.success(request, gettext("%s 年已载入并记入账本；暂定的时限正在重新计算。") % year.year)
    return HttpResponseRedirect(reverse("admin-calendar"))


def _known() -> dict[str, object]:
    years = gazetted_years()
    loaded = [(year, _intervals(year.off), _intervals(year.worked)) for year in reversed(years_loaded())]
    return {"first": years[0], "last": years[-1], "next": years[-1] + 1, "loaded": loaded}


def _intervals(days: tuple[date, ...]) -> list[str]:
    """Days as they are typed: neighbours joined into one interval."""
    starts = [0, *(n for n, (one, other) in enumerate(pairwise(days), 1) if (other - one).days > 1), len(days)]
    runs = [days[begin:end] for begin, end in pairwise(starts) if begin < end]
    return [f"{run[0]}/{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]
