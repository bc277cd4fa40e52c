"""``/api/v1/plan/reports`` and ``/uploads``: reporting for machines, with the same acts as the pages."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from ninja import File, Form, Header, Router, Schema, UploadedFile
from ninja.security import HttpBearer

from dajing.domains.plan.loading import plan as load_plan
from dajing.domains.plan.models.reporting import Report, ReportValue
from dajing.domains.plan.pack import Plan
from dajing.domains.plan.reporting import desk, service, uploading
from dajing.domains.plan.reporting.contradicting import contradictions
from dajing.domains.plan.reporting.rules import Value
from dajing.domains.plan.reporting.standing import Owed, late, missing, overdue
from dajing.kernel.identity.api import Actor, token_actor
from dajing.kernel.settings import settings

LISTS = {"late": late, "missing": missing, "overdue": overdue}
MOST = 500


class Token(HttpBearer):
    """Bearer tokens alone: a browser's session cookie opens nothing here."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        """The client, if it has a role in the plan. Raises ``TokenInvalid`` or ``PermissionDenied``."""
        by = token_actor(token=token, at=datetime.now(UTC))
        if not any(role.startswith("plan.") for role in by.roles):
            raise PermissionDenied("plan.*")
        return by


ROUTER = Router(auth=Token())


class FigureIn(Schema):
    """One figure in the field's own unit."""

    field: str
    area: str
    number: float | None


class FillIn(Schema):
    """All figures of a report, and the version that the sender saw (0 for a new one)."""

    version: int
    values: list[FigureIn]


class ActIn(Schema):
    """One act: ``submit``, ``review``, ``sign``, ``lock`` or ``return`` (with a text)."""

    verb: str
    version: int
    text: str = ""
    document: str = ""


class ReviseIn(Schema):
    """Why a locked report is revised."""

    reason: str


def _by(request: HttpRequest) -> Actor:
    return request.auth


def _key(by: Actor, given: str) -> str:
    """The request's key: one client's keys never meet another's."""
    return hashlib.sha256(f"{by.id}\0{given}".encode()).hexdigest()


def _plan(id: str | None) -> Plan:
    return load_plan(id=id)


def _latest(plan: Plan, form: str, scope: str, period: str, rows: QuerySet[Report] | None = None) -> Report:
    rows = Report.objects.all() if rows is None else rows
    found = rows.filter(plan=plan.id, form=form, scope=scope, period=period).order_by("-revision").first()
    if found is None:
        raise Http404(f"{form}/{scope}/{period}")
    return found


def _shown(report: Report) -> dict[str, Any]:
    fields = ("plan", "form", "scope", "period", "revision", "department", "state", "version", "reason", "locked_at")
    shown = {name: getattr(report, name) for name in fields}
    return shown | {"kind": "synthetic" if settings().synthetic else "reported"}


@ROUTER.get("/reports")
def reports(
    request: HttpRequest, plan: str | None = None, form: str | None = None, period: str | None = None,
    state: str | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Reports by form, period and state, newest period first, at most 500: locked ones, and one's own open ones."""
    rows = desk.concerns(plan=_plan(plan), by=_by(request))
    given = {"form": form, "period": period, "state": state}
    rows = rows.filter(**{name: value for name, value in given.items() if value is not None})
    return [_shown(row) for row in rows.order_by("-period", "form", "scope", "-revision")[:MOST]]


@ROUTER.get("/reports/lists/{name}")
def listed(request: HttpRequest, name: str, plan: str | None = None, at: datetime | None = None) -> list[Any]:
    """``late``, ``missing``, ``overdue`` (with owners) or ``contradictions``, as of ``at``."""
    given = {"plan": _plan(plan), "at": at or datetime.now(UTC)}
    if name == "contradictions":
        return [msgspec.to_builtins(row) for row in contradictions(**given)[:MOST]]  # type: ignore[arg-type]
    if name not in LISTS:
        raise Http404(name)
    return [_owed(row) for row in LISTS[name](**given)]  # type: ignore[arg-type]


def _owed(row: Owed) -> dict[str, Any]:
    return {
        "form": row.form.id,
        "period": row.period,
        "department": row.department,
        "due": row.due.day,
        "provisional": row.due.provisional,
        "state": row.state,
        "submitted": row.submitted,
        "days": row.days,
        "note": row.note,
        "reminders": row.reminders,
        "owner_post": row.owner.post if row.owner else None,
    }


@ROUTER.get("/reports/{form}/{scope}/{period}")
def report(request: HttpRequest, form: str, scope: str, period: str, plan: str | None = None) -> dict[str, Any]:
    """One report with its figures and its acts; the newest revision that the client may see."""
    rows = desk.concerns(plan=_plan(plan), by=_by(request))
    found = _latest(_plan(plan), form, scope, period, rows)
    figures = ReportValue.objects.filter(report=found).order_by("field", "area")
    acts = found.acts.order_by("version").values("version", "verb", "at", "post", "text", "document")
    return _shown(found) | {"values": list(figures.values("field", "area", "number")), "acts": list(acts)}


@ROUTER.put("/reports/{form}/{scope}/{period}")
def fill(
    request: HttpRequest, form: str, scope: str, period: str, body: FillIn,
    idempotency_key: Header[str], plan: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Replace the figures of an open report, all or nothing; sending the same key again changes nothing."""
    by, at = _by(request), datetime.now(UTC)
    values = [Value(field=v.field, area=v.area, number=v.number) for v in body.values]
    key = _key(by, idempotency_key)
    with transaction.atomic():  # what is refused leaves no empty report behind
        opened = service.open_report(plan=_plan(plan), form=form, scope=scope, period=period, by=by, at=at)
        filled = service.fill(report=opened, values=values, by=by, at=at, version=body.version, key=key)
    return _shown(filled)


@ROUTER.post("/reports/{form}/{scope}/{period}/acts")
def act(
    request: HttpRequest, form: str, scope: str, period: str, body: ActIn,
    idempotency_key: Header[str], plan: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Submit, review, sign, lock or return the newest revision."""
    by, found = _by(request), _latest(_plan(plan), form, scope, period)
    done = service.act(
        report=found, verb=body.verb, by=by, at=datetime.now(UTC), version=body.version, text=body.text,
        document=body.document, key=_key(by, idempotency_key),
    )  # fmt: skip
    return _shown(done)


@ROUTER.post("/reports/{form}/{scope}/{period}/revisions")
def revise(
    request: HttpRequest, form: str, scope: str, period: str, body: ReviseIn,
    idempotency_key: Header[str], plan: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Open the next revision of a locked report."""
    by, found = _by(request), _latest(_plan(plan), form, scope, period)
    key = _key(by, idempotency_key)
    return _shown(service.revise(report=found, reason=body.reason, by=by, at=datetime.now(UTC), key=key))


@ROUTER.post("/uploads")
def upload(
    request: HttpRequest, file: File[UploadedFile], form: Form[str], scope: Form[str | None] = None,
    period: Form[str | None] = None, check_only: Form[bool] = False, plan: Form[str | None] = None,
) -> dict[str, Any]:  # fmt: skip
    """A spreadsheet as the open report of its period; ``check_only`` reads it and changes nothing.

    State secrets must not be entered. 不得上传涉及国家秘密的信息。
    """
    found, by, body = _plan(plan), _by(request), file.read()
    given = {
        "plan": found, "form": form, "scope": scope or found.area, "name": file.name or "upload", "body": body,
        "by": by, "at": datetime.now(UTC), "period": period or None,
    }  # fmt: skip
    digest = hashlib.sha256(body).hexdigest()
    if check_only:
        seen = uploading.preview(**given)
        faults = [msgspec.to_builtins(fault) for fault in seen.faults]
        return {"outcome": "checked", "period": seen.period, "figures": len(seen.values), "faults": faults,
                "missing": seen.missing, "sha256": digest}  # fmt: skip
    receipt = uploading.accept(**given)
    return {"outcome": receipt.outcome, "sha256": digest, "report": _shown(receipt.report)}
