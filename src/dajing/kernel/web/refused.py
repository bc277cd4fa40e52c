"""A refusal that no view of its own shows becomes a page with its words, never a failure of the server."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dajing.kernel.text import Refusal


class RefusedPage:
    """Middleware for refusals that leave a view; the API answers its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing is done unless a view refuses."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Django asks for every exception that a view lets through."""
        if not isinstance(exception, Refusal):
            return None
        context = {"refusal": exception.message, "moment_control": False}
        return render(request, "refused.html", context, status=getattr(exception, "status", 422))
