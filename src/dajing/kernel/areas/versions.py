"""Writes the pack's areas into rows as versions, and reads what was known at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Max

from dajing.kernel.areas.api import Area, of_region, register_of
from dajing.kernel.areas.models import AreaVersion
from dajing.kernel.areas.register import Region
from dajing.kernel.identity.actor import Actor
from dajing.kernel.text import Refusal, Text


class AreasBackdated(Refusal):
    """A version that would be older than one already known."""

    text = Text(
        zh="区划版本不能早于已有版本（{known}）；请检查本机时钟",
        en="a version of the areas cannot be older than one already known ({known}); check this machine's clock",
    )


def load(*, pack: Path, at: datetime, by: Actor) -> int:
    """Append a version for every area of the pack folder that is new, changed or gone since the last load.

    Returns how many were appended: 0 when the pack says what is already known. Raises ``PackInvalid`` before anything
    is written, ``AreasBackdated`` if ``at`` is not after what is known.
    """
    regions = {region.code: region for region in register_of(folder=pack).regions}
    wanted = {code: msgspec.json.encode(region).decode() for code, region in regions.items()}
    with transaction.atomic():
        last = AreaVersion.objects.aggregate(at=Max("known_from"))["at"]
        latest = {version.code: version.content for version in AreaVersion.objects.order_by("known_from")}
        gone = {code: "" for code in latest if code not in wanted}
        changed = {code: content for code, content in (wanted | gone).items() if latest.get(code) != content}
        if changed and last is not None and at <= last:
            raise AreasBackdated(known=last.isoformat())
        AreaVersion.objects.bulk_create(
            AreaVersion(code=code, known_from=at, content=content, by=by.id, **_validity(regions.get(code)))
            for code, content in sorted(changed.items())
        )
    return len(changed)


def _validity(region: Region | None) -> dict[str, Any]:
    return {"valid_from": region.valid_from, "valid_to": region.valid_to} if region else {}


def known_at(*, at: datetime) -> Mapping[str, Area]:
    """Every area by code as the loaded packs stated it at that time; empty before the first load."""
    versions = AreaVersion.objects.filter(known_from__lte=at).order_by("known_from")
    latest = {version.code: version.content for version in versions}
    return {code: of_region(msgspec.json.decode(content, type=Region)) for code, content in latest.items() if content}
