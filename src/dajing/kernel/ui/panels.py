"""Panels and navigation entries: slices register them in their ``panels.py``, the frame and the desks place them.

A panel is a function of (request, as_of) that returns the variables of its template. The registry is filled when
Django starts and never changes afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from dajing.kernel.text import Text
from dajing.kernel.ui.moment import AsOf, as_of

PUBLIC, SIGNED_IN = "public", "signed-in"
Fill = Callable[[HttpRequest, AsOf], dict[str, Any]]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the main navigation. ``view`` is a URL name that needs no arguments (or a path starting with ``/``).

    ``audience`` is ``public``, ``signed-in`` or a role.
    """

    id: str
    title: Text
    view: str
    order: int = 50
    audience: str = PUBLIC


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One panel that desks may place: ``template`` is rendered with what ``fill`` returns."""

    id: str
    title: Text
    template: str
    fill: Fill
    order: int
    audience: str


class AlreadyRegistered(Exception):
    """Two slices claim the same id; a mistake of the program, found at start."""


_entries: dict[str, Entry] = {}
_panels: dict[str, Panel] = {}


def navigate(*, id: str, title: Text, view: str, order: int = 50, audience: str = PUBLIC) -> Entry:
    """Add one entry to the main navigation. Raises ``AlreadyRegistered``."""
    if id in _entries:
        raise AlreadyRegistered(id)
    _entries[id] = Entry(id=id, title=title, view=view, order=order, audience=audience)
    return _entries[id]


def panel(*, id: str, title: Text, template: str, order: int = 50, audience: str = PUBLIC) -> Callable[[Fill], Fill]:
    """Register the decorated function as the panel ``id``. Raises ``AlreadyRegistered``."""

    def keep(fill: Fill) -> Fill:
        if id in _panels:
            raise AlreadyRegistered(id)
        _panels[id] = Panel(id=id, title=title, template=template, fill=fill, order=order, audience=audience)
        return fill

    return keep


def entries(*, request: HttpRequest) -> list[Entry]:
    """Navigation entries that the visitor may follow, in their order."""
    return sorted((e for e in _entries.values() if may_see(request, e.audience)), key=lambda e: (e.order, e.id))


def panels(*, request: HttpRequest, only: tuple[str, ...] | None = None) -> list[Panel]:
    """Panels that the visitor may see, in their order; ``only`` restricts them to these ids."""
    found = (p for p in _panels.values() if (only is None or p.id in only) and may_see(request, p.audience))
    return sorted(found, key=lambda p: (p.order, p.id))


def render(*, panel: Panel, request: HttpRequest) -> SafeString:
    """The panel's HTML for this request."""
    return render_to_string(panel.template, {"panel": panel} | panel.fill(request, as_of(request)), request=request)


def may_see(request: HttpRequest, audience: str) -> bool:
    """Whether the visitor belongs to ``audience``; roles are those of the actor that identity put on the request."""
    if audience == PUBLIC:
        return True
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return False
    return audience == SIGNED_IN or audience in roles_of(request)


def roles_of(request: HttpRequest) -> frozenset[str]:
    """Roles of the visitor's posts, asked once per request."""
    kept: frozenset[str] | None = getattr(request, "dajing_roles", None)
    if kept is None:
        # Imported here: identity's own pages use this frame.
        from dajing.kernel.identity.api import actor_of

        kept = actor_of(request=request, at=datetime.now(UTC)).roles
        request.dajing_roles = kept
    return kept
