"""``/api/v1/forms``: forms for integrators: what may be filled, its JSON Schema, and sending it once."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from django.db import transaction
from django.http import Http404, HttpRequest
from ninja import Header, Router
from pydantic import Field

from dajing.kernel.forms import attachments, service
from dajing.kernel.forms.definition import Form, forms
from dajing.kernel.forms.models import Submission
from dajing.kernel.forms.reading import is_file
from dajing.kernel.forms.refusals import FileRefused
from dajing.kernel.identity.actor import Actor
from dajing.kernel.text import Text
from dajing.kernel.web.bearer import Bearer, Plain, caller, key_of

ROUTER = Router(auth=Bearer())
NO_BASE64 = Text(zh="附件内容不是 base64。", en="The content of the attachment is no base64.")
Words = Annotated[str, Field(max_length=20_000)]


class Brought(Plain):
    """One attachment: the field it belongs to, its name and its bytes in base64."""

    field: str = Field(max_length=60)
    name: str = Field(max_length=200)
    content: str


class Filled(Plain):
    """The answers of one form, with its attachments (at most 2.5 MB in one request)."""

    answers: dict[str, Words | int | float | bool | list[Words]]
    files: list[Brought] = Field([], max_length=20)


@ROUTER.get("")
def listed(request: HttpRequest) -> list[dict[str, Any]]:
    """The forms that the caller may fill."""
    by = caller(request=request)
    known = [form for form in forms().values() if by.roles.intersection(form.layout.roles)]
    return [{"id": form.id, "title": msgspec.to_builtins(form.layout.title), "digest": form.digest} for form in known]


@ROUTER.get("/{form}")
def form(request: HttpRequest, form: str) -> dict[str, Any]:
    """One form: its JSON Schema with the city's lists filled in, and its words."""
    found = service.form_of(id=form, by=caller(request=request))
    return {"id": found.id, "digest": found.digest, "schema": found.strict(),
            "layout": msgspec.to_builtins(found.layout)}  # fmt: skip


@ROUTER.post("/{form}/submissions")
def send(request: HttpRequest, form: str, body: Filled, idempotency_key: Header[str]) -> dict[str, Any]:
    """Send a form once: kept encrypted, and the case that it opens is opened; every fault is told by field."""
    by, at = caller(request=request), datetime.now(UTC)
    found, key = service.form_of(id=form, by=by), key_of(by=by, given=idempotency_key)
    done = service.sent_with(form=found, key=key, by=by)
    return _shown(done or _send(found, body, by, at, key))


def _send(form: Form, body: Filled, by: Actor, at: datetime, key: str) -> Submission:
    with transaction.atomic():  # attachments of a sending that is refused do not stay
        draft = service.begin(form=form, answers=body.answers, by=by, at=at) if body.files else None
        for file in body.files:
            _keep(form, file, f"draft:{draft.pk}" if draft else "", by, at)
        return service.send(form=form, answers=body.answers, by=by, at=at, key=key, draft=draft)


def _keep(form: Form, file: Brought, owner: str, by: Actor, at: datetime) -> None:
    about = form.schema["properties"].get(file.field)
    if about is None or not is_file(about=about):
        raise Http404(file.field)
    try:
        content = base64.b64decode(file.content, validate=True)
    except binascii.Error:
        raise FileRefused(name=file.name, reason=NO_BASE64) from None
    attachments.keep(name=file.name, body=content, owner=owner, by=by, at=at, field=file.field)


@ROUTER.get("/submissions/{submission}")
def submission(request: HttpRequest, submission: int) -> dict[str, Any]:
    """What was sent, for who sent it and those who may read what came of it; no answers once it is erased."""
    row = Submission.objects.filter(pk=submission).first() if 0 < submission < 2**63 else None
    if row is None or not service.may_read(submission=row, by=caller(request=request)):
        raise Http404(str(submission))
    return _shown(row) | {"answers": service.answers_sent(submission=row)}


def _shown(row: Submission) -> dict[str, Any]:
    case = row.subject.removeprefix("case:") if row.subject.startswith("case:") else None
    return {"submission": row.pk, "form": row.form, "digest": row.digest, "at": row.at, "case": case}
