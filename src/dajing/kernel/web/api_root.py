"""``/api/v1``: each slice's ``http.py`` brings a router; every error is a problem document (RFC 9457)."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.responses import NinjaJSONEncoder

from dajing import __version__
from dajing.kernel.manifest import kernel_parts, slice_parts
from dajing.kernel.text import Refusal

_log = structlog.get_logger()


def problem(*, status: int, title: str, detail: str = "", **more: Any) -> HttpResponse:
    """One error as ``application/problem+json``."""
    import json

    body = {"type": "about:blank", "title": title, "status": status} | ({"detail": detail} if detail else {}) | more
    text = json.dumps(body, cls=NinjaJSONEncoder, ensure_ascii=False)
    return HttpResponse(text, status=status, content_type="application/problem+json")


def unknown_address(request: HttpRequest) -> HttpResponse:
    """Answers every address below ``/api`` that no router has."""
    return problem(status=404, title="Not found", detail=request.path)


def _handlers(api: NinjaAPI) -> None:
    def refused(request: HttpRequest, error: Refusal) -> HttpResponse:
        texts = {"detail_zh": error.message.zh, "detail_en": error.message.en} | error.details()
        return problem(status=getattr(error, "status", 422), title=type(error).__name__, detail=str(error), **texts)

    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        return problem(status=422, title="Invalid request", errors=error.errors)

    def unknown(request: HttpRequest, error: Http404) -> HttpResponse:
        return problem(status=404, title="Not found", detail=str(error))

    def denied(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
        return problem(status=403, title="Not allowed", detail=str(error))

    def unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        answer = problem(status=401, title="Sign in or send a token")
        answer["WWW-Authenticate"] = "Bearer"
        return answer

    def failed(request: HttpRequest, error: HttpError) -> HttpResponse:
        return problem(status=error.status_code, title=error.message)

    def broken(request: HttpRequest, error: Exception) -> HttpResponse:
        _log.exception("api.broken", path=request.path)
        return problem(status=500, title="Internal error")

    handlers: dict[type[Exception], Any] = {
        Refusal: refused,
        ValidationError: invalid,
        Http404: unknown,
        PermissionDenied: denied,
        AuthenticationError: unauthenticated,
        HttpError: failed,
        Exception: broken,
    }
    for kind, handler in handlers.items():
        api.exception_handler(kind)(handler)


def build() -> NinjaAPI:
    """The API with every router of the installation."""
    api = NinjaAPI(title="Dajing 大境", version=__version__, urls_namespace="api", docs_url="/docs")
    _handlers(api)
    for part in (*kernel_parts(name="http"), *slice_parts(name="http")):
        name = part.__name__.split(".")[-2]
        api.add_router(f"/{name}", part.ROUTER, tags=[name])
    return api
