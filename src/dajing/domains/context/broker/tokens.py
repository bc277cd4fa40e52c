"""Tokens of API clients: the Django-free view of kernel.identity, asked for every request."""

from __future__ import annotations

from dajing.domains.context.broker.exchange import Request
from dajing.domains.context.ngsi.errors import Unauthorised


class Tokens:
    """Refuses whoever brings no valid token."""

    def check(self, request: Request) -> None:
        """Raise when the request may not pass."""
        raise Unauthorised("Send Authorization: Bearer followed by a token of this centre.")
