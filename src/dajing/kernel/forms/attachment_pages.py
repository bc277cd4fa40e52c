"""Opening attachments: a picture as its clean copy, everything else as a download that can do nothing in a page."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from dajing.kernel.catalog import objects
from dajing.kernel.forms import attachments
from dajing.kernel.forms.models import Attachment
from dajing.kernel.identity.api import actor_of, audience
from dajing.kernel.ledger.api import record

SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


@audience("signed-in")
@require_safe
def attachment(request: HttpRequest, attachment: int) -> HttpResponseBase:
    """The copy to look at; with ``?original=1`` the sealed original, which is noted in the ledger."""
    at = datetime.now(UTC)
    by = actor_of(request=request, at=at)
    row = Attachment.objects.filter(pk=attachment).first()
    if row is None or not attachments.may_read(row=row, by=by):
        raise Http404(str(attachment))  # nobody learns which numbers exist
    original = request.GET.get("original") == "1"
    if original:
        with transaction.atomic():
            subject = f"{row.owner}/attachment:{row.pk}"
            record(act="forms.attachment.opened", by=by, at=at, subject=subject, detail={"sha256": row.sha256})
    shown = row.type.startswith("image/") and not original
    path = objects.place(digest=row.served if shown else row.sha256)
    if not path.is_file():
        raise Http404(row.sha256)
    answer = FileResponse(path.open("rb"), content_type=row.type if shown else "application/octet-stream")
    answer["Content-Disposition"] = f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{quote(row.name)}"
    answer["Content-Security-Policy"] = SANDBOX
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
