"""The errors of clause 5.5.2 and their HTTP bindings (clause 6.3.2), as refusals with a problem document."""

from __future__ import annotations

from typing import Any

from dajing.kernel.text import Refusal, Text

_BASE = "https://uri.etsi.org/ngsi-ld/errors/"


class Problem(Refusal):
    """A refusal that becomes ``application/problem+json``; ``reason`` says what to mend."""

    status = 500
    kind = "InternalError"
    title = "Internal error"
    text = Text(zh="请求被拒绝：{reason}", en="{reason}")

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)
        self.reason = reason

    def document(self) -> dict[str, Any]:
        """The body of the answer (RFC 7807)."""
        return {"type": _BASE + self.kind, "title": self.title, "detail": self.reason, "status": self.status}


class InvalidRequest(Problem):
    """The request is not well-formed: its syntax, its parameters, its JSON."""

    status, kind, title = 400, "InvalidRequest", "Invalid request"


class BadRequestData(Problem):
    """The request contains data that violates the information model."""

    status, kind, title = 400, "BadRequestData", "Bad request data"


class AlreadyExists(Problem):
    """The element to be created is there already."""

    status, kind, title = 409, "AlreadyExists", "Already exists"


class ResourceNotFound(Problem):
    """The element asked for is not there."""

    status, kind, title = 404, "ResourceNotFound", "Resource not found"


class NoTenant(Problem):
    """The tenant named by NGSILD-Tenant was never created."""

    status, kind, title = 404, "NonexistentTenant", "Non-existent tenant"


class NotSupported(Problem):
    """The operation is not supported here."""

    status, kind, title = 422, "OperationNotSupported", "Operation not supported"


class LdContextNotAvailable(Problem):
    """A remote @context could not be retrieved."""

    status, kind, title = 504, "LdContextNotAvailable", "JSON-LD context not available"


class TooComplexQuery(Problem):
    """The query would take more than it may (6.3.2)."""

    status, kind, title = 403, "TooComplexQuery", "Too complex query"


class TooManyResults(Problem):
    """The query would give more than one answer may hold."""

    status, kind, title = 403, "TooManyResults", "Too many results"


class NotAcceptable(Problem):
    """No offered representation satisfies the Accept header."""

    status, kind, title = 406, "InvalidRequest", "Not acceptable media type"


class UnsupportedMedia(Problem):
    """The Content-Type is none that the operation takes."""

    status, kind, title = 415, "InvalidRequest", "Unsupported media type"


class LengthRequired(Problem):
    """POST, PATCH and PUT need a Content-Length (clause 6.3.4)."""

    status, kind, title = 411, "InvalidRequest", "Length required"


class PayloadTooLarge(Problem):
    """The body is larger than the configured bound."""

    status, kind, title = 413, "InvalidRequest", "Payload too large"


class HeadTooLarge(Problem):
    """The request line and headers are larger than is read."""

    status, kind, title = 431, "InvalidRequest", "Request header fields too large"


class TooSlow(Problem):
    """The request did not arrive within the time that is waited for it."""

    status, kind, title = 408, "InvalidRequest", "Request timeout"


class MethodNotAllowed(Problem):
    """The resource does not take this method."""

    status, kind, title = 405, "InvalidRequest", "Method not allowed"


class Unauthorised(Problem):
    """No valid token came with the request."""

    status, kind, title = 401, "Unauthorized", "A valid token is needed"


class Forbidden(Problem):
    """The token does not reach this."""

    status, kind, title = 403, "AccessDenied", "The token has no right to this"


class NoRoom(Problem):
    """The store cannot be written: the disk is full, or fails."""

    status, kind, title = 507, "InternalError", "Insufficient storage"


class TooManyRequests(Problem):
    """The client sent more than its limit."""

    status, kind, title = 429, "TooManyRequests", "Too many requests"
