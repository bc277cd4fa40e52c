"""A full disk is said in words: nothing of the request was kept, and what was acknowledged before is safe."""

from __future__ import annotations

import errno
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
WORDS = ("disk is full", "disk I/O error", "could not extend file", "No space left")  # SQLite, PostgreSQL
STATUS = 507  # Insufficient Storage, RFC 4918
_log = structlog.get_logger(__name__)


def is_full(error: BaseException | None) -> bool:
    """Whether ``error``, or what caused it, is a store that could not grow."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        if any(words in str(error) for words in WORDS):
            return True
        error = error.__cause__ or error.__context__
    return False


class FullDisk:
    """Middleware that answers 507 with what to do; every act is one transaction, so nothing is half-done."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing is done unless a view fails."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Django asks for every exception that a view lets through."""
        if not is_full(exception):
            return None
        _log.error("disk full", path=request.path, error=str(exception))
        if request.path.startswith("/api/"):
            problem = {
                "status": STATUS,
                "title": "the disk of the centre is full; nothing of this request was kept",
                "detail": "数据中心的磁盘已满，本次请求未作任何改动；请联系运维人员清理后再试。",
            }
            return JsonResponse(problem, status=STATUS, content_type="application/problem+json")
        return render(request, "507.html", {"moment_control": False}, status=STATUS)
