"""Each request counts by the calendar as it now is, whichever process loaded a year."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from dajing.kernel.clocks.years import renew


class Calendar:
    """Looks whether a folder of years has changed, which costs microseconds."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer by the newest calendar."""
        renew()
        return self._answer(request)
