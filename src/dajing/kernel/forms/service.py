"""Drafts and sending: a draft waits for its person or post, a form is sent once, whole or not at all."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from dajing.kernel.bus.api import publish
from dajing.kernel.casework.api import Assignment, kind, open_case, visible
from dajing.kernel.forms import attachments
from dajing.kernel.forms.definition import Form, forms
from dajing.kernel.forms.judging import judge
from dajing.kernel.forms.models import Attachment, Draft, Submission
from dajing.kernel.forms.reading import is_file
from dajing.kernel.forms.refusals import AnswersRefused, DraftChanged, DraftGone, FormUnknown
from dajing.kernel.identity.actor import Actor
from dajing.kernel.ledger import keys
from dajing.kernel.ledger.api import record


def form_of(*, id: str, by: Actor) -> Form:
    """The form, for somebody who may fill it. Raises ``FormUnknown``."""
    form = forms().get(id)
    if form is None or not by.roles.intersection(form.layout.roles):
        raise FormUnknown(id=id)
    return form


def holders_of(*, by: Actor) -> list[str]:
    """Whose drafts the actor may go on with: the own ones and those of the post."""
    return [by.id, *([f"post:{by.post}"] if by.post else [])]


def drafts_of(*, by: Actor, at: datetime) -> list[Draft]:
    """The drafts that wait for the actor, last saved first."""
    rows = Draft.objects.filter(holder__in=holders_of(by=by), expires_at__gt=at)
    return list(rows.order_by("-saved_at")[:50])


def draft_of(*, draft: int, by: Actor, at: datetime) -> Draft:
    """One of them. Raises ``DraftGone``."""
    row = Draft.objects.filter(pk=draft, holder__in=holders_of(by=by), expires_at__gt=at).first()
    if row is None:
        raise DraftGone
    return row


def answers_of(*, draft: Draft) -> dict[str, Any]:
    """What was written so far."""
    return _reveal(f"draft:{draft.pk}", bytes(draft.body))


def begin(*, form: Form, answers: dict[str, Any], by: Actor, at: datetime, shared: bool = False) -> Draft:
    """A new draft of the actor or, ``shared``, of the actor's post."""
    holder = f"post:{by.post}" if shared and by.post else by.id
    expires = at + timedelta(days=form.layout.keeps)
    with transaction.atomic():
        row = Draft.objects.create(
            form=form.id, digest=form.digest, holder=holder, body=b"", by=by.id, saved_at=at, expires_at=expires
        )
        row.body = keys.conceal(subject=f"draft:{row.pk}", body=msgspec.json.encode(answers))
        row.save()
    return row


def save(*, draft: Draft, form: Form, answers: dict[str, Any], by: Actor, at: datetime, version: int) -> Draft:
    """Keep what was written; ``version`` is the one the author saw. Raises ``DraftChanged``."""
    with transaction.atomic():
        row = Draft.objects.select_for_update().filter(pk=draft.pk, version=version).first()
        if row is None:
            raise DraftChanged
        row.body = keys.conceal(subject=f"draft:{row.pk}", body=msgspec.json.encode(answers))
        row.version, row.digest, row.by, row.saved_at = version + 1, form.digest, by.id, at
        row.expires_at = at + timedelta(days=form.layout.keeps)
        row.save()
    return row


def drop(*, draft: Draft, at: datetime) -> None:
    """Forget a draft: its words become unreadable, its attachments go."""
    with transaction.atomic():
        Attachment.objects.filter(owner=f"draft:{draft.pk}").delete()
        keys.forget(subject=f"draft:{draft.pk}", at=at)
        Draft.objects.filter(pk=draft.pk).delete()


def expire(*, at: datetime) -> int:
    """Forget the drafts whose time is over; how many."""
    old = list(Draft.objects.filter(expires_at__lte=at)[:1000])
    for draft in old:
        drop(draft=draft, at=at)
    return len(old)


def with_files(*, form: Form, answers: dict[str, Any], draft: Draft | None) -> dict[str, Any]:
    """The answers together with the numbers of the draft's attachments, as the schema sees them."""
    held = attachments.of_owner(owner=f"draft:{draft.pk}") if draft else []
    known = form.schema["properties"]  # a field that the form does not have is for ``judge`` to refuse
    whole = {name: value for name, value in answers.items() if not is_file(about=known.get(name, {}))}
    for field, about in form.schema["properties"].items():
        if is_file(about=about) and (mine := [str(row.pk) for row in held if row.field == field]):
            whole[field] = mine
    return whole


def send(
    *, form: Form, answers: dict[str, Any], by: Actor, at: datetime, key: str, draft: Draft | None = None
) -> Submission:
    """Send a form: kept encrypted, recorded, and its case opened, in one transaction; the same ``key`` is one sending.

    Raises ``AnswersRefused`` with every fault, or what opening its case refuses; then nothing is sent.
    """
    try:
        return _send(form, answers, by, at, key, draft)
    except IntegrityError:  # the same request was faster elsewhere, and won
        if (done := sent_with(form=form, key=key, by=by)) is None:
            raise
        return done


def _send(form: Form, answers: dict[str, Any], by: Actor, at: datetime, key: str, draft: Draft | None) -> Submission:
    named = f"{by.id}:{form.id}:{key}"
    with transaction.atomic():
        if (done := Submission.objects.filter(key=named).first()) is not None:
            return done
        if draft is not None and not Draft.objects.select_for_update().filter(pk=draft.pk).exists():
            raise DraftGone
        whole = with_files(form=form, answers=answers, draft=draft)
        if faults := judge(form=form, answers=whole):
            raise AnswersRefused(faults=faults)
        row = Submission.objects.create(form=form.id, digest=form.digest, key=named, body=b"", by=by.id, at=at)
        row.body = keys.conceal(subject=f"submission:{row.pk}", body=msgspec.json.encode(whole))
        row.subject = _open(form, whole, row, by, at)
        row.save()
        if draft is not None:
            attachments.hand_over(owner=f"draft:{draft.pk}", to=row.subject or f"submission:{row.pk}")
            drop(draft=draft, at=at)
        sealed = hashlib.sha256(row.body).hexdigest()
        detail = {"form": form.id, "digest": form.digest, "sealed": sealed, "subject": row.subject}
        record(act="forms.form.sent", by=by, at=at, subject=f"submission:{row.pk}", detail=detail)
        publish(topic="forms.sent", payload={"form": form.id, "submission": row.pk, "subject": row.subject}, at=at)
    return row


def _open(form: Form, answers: dict[str, Any], row: Submission, by: Actor, at: datetime) -> str:
    opens = form.layout.opens
    if opens is None:
        return ""

    def said(field: str) -> str:
        return str(answers.get(field, "")) if field else ""

    state = open_case(
        kind=kind(id=opens.kind),
        title=said(opens.title),
        text=said(opens.text),
        area=said(opens.area),
        to=Assignment(department=said(opens.department)),
        by=by,
        at=at,
        key=f"form:{hashlib.sha256(row.key.encode()).hexdigest()}",
        subject=f"submission:{row.pk}",
    )
    return f"case:{state.id}"


def sent_with(*, form: Form, key: str, by: Actor) -> Submission | None:
    """What the actor sent with this request key: sending twice leads to the same place."""
    return Submission.objects.filter(key=f"{by.id}:{form.id}:{key}").first() if key else None


def may_read(*, submission: Submission, by: Actor) -> bool:
    """Who sent it may read it, and who may read the case that it opened."""
    if submission.by == by.id:
        return True
    case = submission.subject.removeprefix("case:")
    return bool(submission.subject.startswith("case:")) and visible(by=by).filter(pk=case).exists()


def answers_sent(*, submission: Submission) -> dict[str, Any]:
    """What was sent; empty once it is erased."""
    return _reveal(f"submission:{submission.pk}", bytes(submission.body))


def sent_by(*, by: Actor) -> list[Submission]:
    """What the actor sent, newest first."""
    return list(Submission.objects.filter(by=by.id).order_by("-id")[:50])


def _reveal(subject: str, body: bytes) -> dict[str, Any]:
    clear = keys.reveal(subject=subject, body=body) if body else None
    return msgspec.json.decode(clear) if clear else {}
