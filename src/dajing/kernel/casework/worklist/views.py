"""Filtered queues that people keep under a name of their own."""

from __future__ import annotations

from django.db import transaction

from dajing.kernel.casework.models import SavedView
from dajing.kernel.identity.actor import Actor
from dajing.kernel.text import Refusal, Text

MOST = 20


class UnableToKeepView(Refusal):
    """A view without a name, or one too many."""

    text = Text(
        zh="无法保存：请填写 60 字以内的名称，每人最多 {most} 个；可先删除不用的。",
        en="It cannot be kept: give a name of at most 60 characters; one person keeps {most} at most, delete one.",
    )


def views_of(*, by: Actor) -> list[SavedView]:
    """The actor's own views, by name."""
    return list(SavedView.objects.filter(person=by.id).order_by("name"))


def keep_view(*, name: str, query: str, by: Actor) -> SavedView:
    """Keep ``query`` under ``name``; the same name again replaces it. Raises ``UnableToKeepView``."""
    name = name.strip()
    with transaction.atomic():
        others = SavedView.objects.filter(person=by.id).exclude(name=name).count()
        if not name or len(name) > 60 or len(query) > 500 or others >= MOST:
            raise UnableToKeepView(most=MOST)
        return SavedView.objects.update_or_create(person=by.id, name=name, defaults={"query": query})[0]


def drop_view(*, view: int, by: Actor) -> None:
    """Forget one of the actor's own views; another's stays."""
    SavedView.objects.filter(pk=view, person=by.id).delete()
