"""Which posts and roles somebody has at a moment."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.models import Appointment, Person, PostRole


def appointments(*, person: Person, at: datetime) -> QuerySet[Appointment]:
    """The appointments of ``person`` that hold at ``at``, own posts before deputised ones."""
    return (
        Appointment.objects.filter(Q(valid_to=None) | Q(valid_to__gt=at), person=person, valid_from__lte=at)
        .select_related("post__department")
        .order_by("deputy", "post_id")
    )


def roles_of_post(*, post: str, at: datetime) -> frozenset[str]:
    """The approved roles that a post carries at ``at``."""
    rows = PostRole.objects.filter(Q(ended_at=None) | Q(ended_at__gt=at), post_id=post, approved_at__lte=at)
    return frozenset(rows.values_list("role", flat=True))


def actor(*, person: Person, at: datetime, post: str | None = None) -> Actor:
    """``person`` acting in ``post`` (by default the first post held); without a post the actor has no roles."""
    held = list(appointments(person=person, at=at)) if person.is_active else []
    chosen = next((a for a in held if a.post_id == post), held[0] if held else None)
    if chosen is None:
        return Actor(id=f"person:{person.pk}", name=person.name)
    department = chosen.post.department
    return Actor(
        id=f"person:{person.pk}",
        name=person.name,
        department=department.pk,
        post=chosen.post_id,
        areas=frozenset({department.area}),
        roles=roles_of_post(post=chosen.post_id, at=at),
    )
