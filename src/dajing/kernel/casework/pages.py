"""The address of any case: it leads to the page that its kind has, or shows the common one."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from dajing.kernel.casework.reading import visible
from dajing.kernel.casework.registry import page_of
from dajing.kernel.casework.worklist import case_pages
from dajing.kernel.identity.api import actor_of, audience


@audience("signed-in")
@require_safe
def case(request: HttpRequest, case: str) -> HttpResponse:
    """One link for every case, from queues and messages."""
    by = actor_of(request=request, at=datetime.now(UTC))
    kind = None if "\0" in case else visible(by=by).filter(pk=case).values_list("kind", flat=True).first()
    if kind is None:
        raise Http404(case)
    address = page_of(kind=kind, case=case)
    if address:
        return HttpResponseRedirect(address)
    return case_pages.show(request, case=case, given={}, errors=[], status=200)
