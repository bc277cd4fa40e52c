"""Whether the first set-up is open, and the middleware that then leads every page to it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from dajing.kernel.identity.models import FirstSetup, Person
from dajing.kernel.settings import settings

OPEN_PATHS = ("/setup", "/language")
_closed = False  # once closed it stays so: the answer is kept for the life of the process


def is_open() -> bool:
    """Whether a real installation has not finished its first set-up; once closed, no store is asked again."""
    global _closed
    if _closed:
        return False
    if settings().synthetic or _finished():
        _closed = True
    return not _closed


def _finished() -> bool:
    row = FirstSetup.objects.filter(pk=1).first()
    if row is None:  # people without a begun set-up came with a restored or an older data directory
        return Person.objects.exists()
    return row.done_at is not None


def forget() -> None:
    """Ask the store again; for tests, where one process serves many stores."""
    global _closed
    _closed = False


class FirstSetupGate:
    """While the first set-up is open every page leads to it, and the API says so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the request through, or lead it to the set-up."""
        if not is_open() or request.path.startswith(OPEN_PATHS):
            return self._next(request)
        if request.path.startswith("/api/"):
            body = {"type": "about:blank", "title": "The first set-up is not finished", "status": 503}
            return JsonResponse(body, status=503, content_type="application/problem+json")
        return HttpResponseRedirect(reverse("setup"))
