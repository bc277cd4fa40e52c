"""The ledger as the audit administrator reads it."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dajing.kernel.identity.administration.frame import PAGE, names_of, next_page, shown, whole
from dajing.kernel.identity.api import requires
from dajing.kernel.identity.roles import AUDIT
from dajing.kernel.ledger.api import ledger_standing, lines


@requires(AUDIT)
@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """The newest acts, filtered, and whether the ledger was found intact."""
    wanted = {name: request.GET.get(name, "").strip()[:200] for name in ("act", "by", "subject")}
    found = lines(before=whole(request.GET.get("after")), limit=PAGE + 1, **wanted)
    names = names_of([line.by for line in found])
    rows = [(line, names.get(line.by, ""), _words(line.detail)) for line in found[:PAGE]]
    context = {"rows": rows, "standing": ledger_standing(), "next_url": next_page(request, found, "id")}
    return shown(request, "ledger", context | wanted)


@requires(AUDIT)
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Have the whole ledger recomputed by the worker; the result is an entry of its own."""
    from dajing.kernel.ledger.jobs import check as job

    job.enqueue()
    return HttpResponseRedirect(reverse("admin-ledger"))


def _words(detail: dict[str, object] | None) -> str | None:
    return None if detail is None else json.dumps(detail, ensure_ascii=False) if detail else ""
