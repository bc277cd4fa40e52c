"""What the frame of every page knows of the inbox."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from dajing.kernel.live.api import own_topic
from dajing.kernel.notify.service import COUNTED, unread


def inbox(request: HttpRequest) -> dict[str, Any]:
    """The unread mark and the topic that renews it; asked of the store only where a page shows it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    person = f"person:{user.pk}"
    return {"unread": SimpleLazyObject(lambda: _mark(person)), "unread_topic": own_topic(person=person)}


def _mark(person: str) -> str:
    found = unread(person=person)
    return f"{COUNTED}+" if found > COUNTED else str(found or "")
