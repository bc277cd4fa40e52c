"""A refusal that no view of its own shows becomes a page with its words, never a failure of the server."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dajing.kernel.text import Refusal, Text


class ZeroByte(Refusal):
    """A zero byte in an address or a form, which PostgreSQL keeps in no text."""

    status = 400
    text = Text(
        zh="输入中含有不能保存的字符（零字节）；请删去后重试。",
        en="The input holds a character that cannot be kept (a zero byte); remove it and try again.",
    )


class RefusedPage:
    """Middleware for refusals that leave a view; the API answers its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing is done unless a view refuses."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Django asks for every exception that a view lets through."""
        if isinstance(exception, ValueError) and "NUL" in str(exception):  # psycopg's words for a zero byte
            exception = ZeroByte()
        if not isinstance(exception, Refusal):
            return None
        context = {"refusal": exception.message, "moment_control": False}
        return render(request, "refused.html", context, status=getattr(exception, "status", 422))
