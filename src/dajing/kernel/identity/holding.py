"""Which posts and roles somebody has at a moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from django.db.models import Q, QuerySet

from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.models import Appointment, Department, Person, Post, PostRole
from dajing.kernel.text import Text


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a post: ``id`` is the actor's (``person:<pk>``), ``title`` the post's name."""

    id: str
    name: str
    post: str
    title: Text
    deputy: bool


def holders(*, department: str, at: datetime) -> list[Holder]:
    """Who holds a post of ``department`` at ``at``, by post and name; people without a valid account are left out."""
    rows = Appointment.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=at), post__department=department, valid_from__lte=at, person__is_active=True
    )
    return [
        Holder(
            id=f"person:{row.person_id}",
            name=row.person.name,
            post=row.post_id,
            title=Text(zh=row.post.title_zh, en=row.post.title_en),
            deputy=row.deputy,
        )
        for row in rows.select_related("person", "post").order_by("post_id", "person__name", "pk")
    ]


def names_of(*, people: Iterable[str]) -> dict[str, str]:
    """The names behind actor ids such as ``person:7``; ids of machines and of the system stay as they are."""
    keys = {id: int(id[7:]) for id in people if id.startswith("person:") and id[7:].isdecimal()}
    known = dict(Person.objects.filter(pk__in=set(keys.values())).values_list("pk", "name"))
    return {id: known[key] for id, key in keys.items() if key in known}


def address_of(*, person: str) -> str:
    """The e-mail address of an actor id such as ``person:7``; empty for one without a valid account."""
    key = person.removeprefix("person:")
    row = Person.objects.filter(pk=int(key), is_active=True).first() if key.isdecimal() else None
    return row.email if row else ""


def post_names(*, posts: Iterable[str]) -> dict[str, Text]:
    """The titles of these posts."""
    rows = Post.objects.filter(pk__in=set(posts)).values_list("id", "title_zh", "title_en")
    return {id: Text(zh=zh, en=en) for id, zh, en in rows}


def department_names() -> dict[str, Text]:
    """The name of every department, former ones included."""
    rows = Department.objects.order_by("id").values_list("id", "name_zh", "name_en")
    return {id: Text(zh=zh, en=en) for id, zh, en in rows}


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
