"""Loads offices and posts of the pack, and in a demo the fictional people who hold them; repeating changes nothing."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time

from django.db import transaction
from django.utils import timezone

from dajing.kernel.identity.actor import Actor, system
from dajing.kernel.identity.models import Appointment, Department, Person, Post, PostRole
from dajing.kernel.identity.pack import PostTemplate, read_names, read_posts
from dajing.kernel.ledger.api import Act, record_many
from dajing.kernel.packs import api as packs
from dajing.kernel.packs.problem import Problems
from dajing.kernel.settings import settings

SEED = 20160101


def load_offices(*, by: Actor, at: datetime) -> int:
    """Create the departments and posts of the pack that are not there yet; how many posts were new."""
    folder = settings().city_dir
    offices = packs.departments()
    problems = Problems(root=folder)
    templates = read_posts(folder=folder, departments=frozenset(o.id for o in offices), problems=problems)
    problems.refuse()
    there = set(Post.objects.values_list("pk", flat=True))
    acts = []
    with transaction.atomic():
        for office in offices:
            Department.objects.get_or_create(
                pk=office.id,
                defaults={
                    "name_zh": office.name.zh,
                    "name_en": office.name.en,
                    "kind": office.kind,
                    "area": office.area,
                    "valid_from": office.valid_from,
                    "valid_to": office.valid_to,
                },
            )
            for template in templates:
                if template.department == office.id or (template.department is None and template.kind == office.kind):
                    post = f"{office.id}-{template.id}"
                    if post not in there:
                        _make_post(post, office.id, template, by, at)
                        acts.append(
                            Act(act="identity.post.made", subject=f"post:{post}", detail={"roles": template.roles})
                        )
        record_many(acts=acts, by=by, at=at)
    return len(acts)


def _make_post(post: str, department: str, template: PostTemplate, by: Actor, at: datetime) -> None:
    Post.objects.create(pk=post, department_id=department, title_zh=template.title.zh, title_en=template.title.en)
    since = datetime.combine(Department.objects.get(pk=department).valid_from, time.min, UTC)
    PostRole.objects.bulk_create(
        PostRole(post_id=post, role=role, proposed_by=by.id, proposed_at=since, approved_by=by.id, approved_at=since)
        for role in template.roles
    )


def demo_people(*, at: datetime) -> int:
    """One fictional person for every post without a holder, only where data is synthetic; how many were made."""
    if not settings().synthetic:
        return 0
    problems = Problems(root=settings().city_dir)
    names = read_names(folder=settings().city_dir, problems=problems)
    problems.refuse()
    assert names is not None  # noqa: S101 - refuse() raised otherwise
    generator = random.Random(SEED)  # noqa: S311 - names, not secrets
    made = 0
    with transaction.atomic():
        for post in Post.objects.select_related("department").order_by("pk"):
            name = generator.choice(names.family) + generator.choice(names.given)
            if Appointment.objects.filter(post=post).exists():
                continue
            person = Person.objects.create_user(post.pk, None, name=f"{name}（演示）", synthetic=True)
            since = datetime.combine(post.department.valid_from, time.min, UTC)
            Appointment.objects.create(person=person, post=post, valid_from=since)
            made += 1
    return made


def load() -> None:
    """The start-up step: offices and posts, and the people of the demo."""
    load_offices(by=system("identity.load"), at=timezone.now())
    demo_people(at=timezone.now())
