"""The registers' page: what is there, what was loaded, and loading a file with its faults shown by row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from dajing.domains.network.connectors.registers import rows_of
from dajing.domains.network.register.datum import DATUMS, Datum
from dajing.domains.network.register.kinds import KINDS
from dajing.domains.network.register.refusals import DatumUnknown, LoadedBackdated, RegisterRefused, RegisterUnknown
from dajing.domains.network.register.service import load, loads, things
from dajing.domains.network.roles import MANAGE, VIEW
from dajing.kernel.identity.api import actor_of, requires
from dajing.kernel.measures.reading import Kind
from dajing.kernel.settings import settings
from dajing.kernel.spreadsheet.files import FileUnreadable
from dajing.kernel.text import Refusal, Text
from dajing.kernel.ui.moment import as_of

DATUM_WORDS = {
    "wgs84": Text(zh="WGS-84 / CGCS2000（不换算）", en="WGS-84 / CGCS2000 (as it is)"),
    "gcj02": Text(zh="GCJ-02（高德、腾讯）", en="GCJ-02 (AMap, Tencent)"),
    "bd09": Text(zh="BD-09（百度）", en="BD-09 (Baidu)"),
}
NO_FILE = Text(zh="请选择文件", en="choose a file")


@requires(VIEW, MANAGE)
@require_safe
def registers(request: HttpRequest) -> HttpResponse:
    """How many objects stand in each register on the day shown, and what was loaded."""
    return _page(request, faults=None, refusal=None)


def _page(request: HttpRequest, *, faults: Any, refusal: Text | None, status: int = 200) -> HttpResponse:
    moment, now = as_of(request).moment, datetime.now(UTC)
    on = (moment or now).date()
    counted = [(kind, len(things(register=kind.id, on=on, as_of=moment))) for kind in KINDS.values()]
    context = {
        "counted": counted, "on": on, "faults": faults, "refusal": refusal,
        "loads": [(KINDS[made.register].title, made) for made in loads(limit=40)],
        "kinds": [(kind.id, kind.title) for kind in KINDS.values()],
        "datums": [(datum, DATUM_WORDS[datum]) for datum in DATUMS],
        "may_load": actor_of(request=request, at=now).may(MANAGE), "limit": settings().upload_limit_mb,
        "chosen": request.POST.get("register", "site"), "datum": request.POST.get("datum", "wgs84"),
    }  # fmt: skip
    return render(request, "network/registers.html", context, status=status)


def _datum(given: str) -> Datum:
    if given not in DATUMS:
        raise DatumUnknown(id=given[:20], known=", ".join(DATUMS))
    return given


@requires(MANAGE)
@require_POST
def load_file(request: HttpRequest) -> HttpResponse:
    """Load one file as a whole, or show everything that is wrong with it."""
    sent = request.FILES.get("file")
    if sent is None or isinstance(sent, list):
        return _page(request, faults=None, refusal=NO_FILE, status=422)
    register, datum = request.POST.get("register", ""), request.POST.get("datum", "wgs84")
    now = datetime.now(UTC)
    provenance = Kind.SYNTHETIC if settings().synthetic else Kind.REPORTED
    try:
        body, name = sent.read(), sent.name or "file"
        receipt = load(
            register=register, name=name, body=body, rows=rows_of(register=register, name=name, body=body),
            by=actor_of(request=request, at=now), at=now, datum=_datum(datum),
            provenance=provenance, complete=request.POST.get("complete") == "yes",
        )  # fmt: skip
    except RegisterRefused as refusal:
        return _page(request, faults=refusal.faults, refusal=None, status=422)
    except (FileUnreadable, RegisterUnknown, DatumUnknown, LoadedBackdated) as refused:
        return _page(request, faults=None, refusal=cast(Refusal, refused).message, status=422)
    messages.success(
        request,
        gettext("已导入 %(rows)s 行，新增或变更 %(appended)s 条")
        % {"rows": receipt.rows, "appended": receipt.appended},
    )
    return HttpResponseRedirect(reverse("network-registers"))
