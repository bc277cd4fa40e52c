"""Keeping files that belong to something: looked at, bounded, scanned, sealed by digest, served as a clean copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Protocol

from django.db import transaction
from django.db.models import Sum

from dajing.kernel.catalog import objects
from dajing.kernel.forms.archives import archive_fault
from dajing.kernel.forms.models import Attachment
from dajing.kernel.forms.pictures import stripped
from dajing.kernel.forms.refusals import FileRefused, TooManyFiles
from dajing.kernel.forms.scanning import scan
from dajing.kernel.forms.sniffing import OFFICE, Type, sniff
from dajing.kernel.identity.actor import Actor
from dajing.kernel.ledger.api import record
from dajing.kernel.manifest import kernel_parts, slice_parts
from dajing.kernel.settings import settings
from dajing.kernel.text import Text

MOST_FILES, MOST_BYTES = 20, 60 << 20  # of one owner
EMPTY = Text(zh="文件是空的；请重新选择。", en="the file is empty; choose another.")
INFECTED = (
    "含有恶意代码（{name}），已拒收；请清除后再传。",
    "it holds malware ({name}) and was refused; clean it first.",
)
Reader = Callable[[str, Actor], bool]


class Uploaded(Protocol):
    """What a web framework gives for a file: its size is known before a byte of it is read."""

    name: str | None
    size: int | None

    def read(self) -> bytes:
        """All of it."""


def keep(*, body: bytes, name: str, owner: str, by: Actor, at: datetime, field: str = "") -> Attachment:
    """Look at one file and keep it for ``owner``; the same content twice is one attachment.

    Raises ``FileRefused``, ``TooManyFiles`` or ``UnableToScan``; then nothing is kept.
    """
    limit = settings().upload_limit_mb << 20
    if len(body) > limit:
        raise FileRefused(name=name, reason=too_large(limit=limit))
    if not body:
        raise FileRefused(name=name, reason=EMPTY)
    type_ = sniff(name=name, body=body)
    if isinstance(type_, Text):
        raise FileRefused(name=name, reason=type_)
    copy = _clean(name, body, type_)
    found = scan(body=body)
    if found.state == "infected":
        zh, en = INFECTED
        raise FileRefused(name=name, reason=Text(zh=zh, en=en).format(name=found.name[:60]))
    digest = objects.keep(body=body)
    served = digest if copy is body else objects.keep(body=copy)
    with transaction.atomic():
        _room(owner, 1, len(body))
        row, new = Attachment.objects.get_or_create(
            owner=owner, field=field, sha256=digest,
            defaults={"name": shown_name(name=name, type_=type_), "type": type_.media, "size": len(body),
                      "served": served, "scan": found.state, "by": by.id, "at": at},
        )  # fmt: skip
        if new:
            detail = {"sha256": digest, "served": served, "size": len(body), "type": type_.media, "scan": found.state}
            record(act="forms.attachment.kept", by=by, at=at, subject=f"{owner}/attachment:{row.pk}", detail=detail)
    return row


def keep_uploaded(
    *, files: Sequence[Uploaded], owner: str, by: Actor, at: datetime, field: str = ""
) -> tuple[list[Attachment], list[Text]]:
    """Keep what can be kept of several files; with them, in words, why each of the others was not.

    Number and size of all are looked at before the first is read. Raises ``TooManyFiles`` or ``UnableToScan``.
    """
    _room(owner, len(files), sum(file.size or 0 for file in files))
    kept: list[Attachment] = []
    refused: list[Text] = []
    limit = settings().upload_limit_mb << 20
    for file in files:
        name = file.name or ""
        try:
            if (file.size or 0) > limit:
                raise FileRefused(name=name, reason=too_large(limit=limit))
            kept.append(keep(body=file.read(), name=name, owner=owner, by=by, at=at, field=field))
        except FileRefused as refusal:
            refused.append(refusal.message)
    return kept, refused


def of_owner(*, owner: str) -> list[Attachment]:
    """The attachments of ``owner``, oldest first."""
    return list(Attachment.objects.filter(owner=owner).order_by("pk"))


def hand_over(*, owner: str, to: str) -> int:
    """Make the attachments of one owner another's, inside the caller's transaction; how many."""
    return Attachment.objects.filter(owner=owner).update(owner=to)


def remove(*, attachment: int, owner: str, by: Actor, at: datetime) -> None:
    """Take an attachment off ``owner``; the sealed original stays, and so does the ledger's entry."""
    with transaction.atomic():
        row = Attachment.objects.filter(pk=attachment, owner=owner).first()
        if row is not None:
            subject = f"{owner}/attachment:{row.pk}"
            record(act="forms.attachment.removed", by=by, at=at, subject=subject, detail={"sha256": row.sha256})
            row.delete()


def may_read(*, row: Attachment, by: Actor) -> bool:
    """Whether the actor may open it: who brought it, and those whom the owner's slice admits (its ``guards.py``)."""
    if by.id == "anonymous":
        return False
    if row.by == by.id:
        return True
    sort, _, id = row.owner.partition(":")
    reader = _readers().get(sort)
    return reader is not None and reader(id, by)


def _readers() -> dict[str, Reader]:
    parts = (*kernel_parts(name="guards"), *slice_parts(name="guards"))
    return {sort: reader for part in parts for sort, reader in part.READERS.items()}


def _room(owner: str, files: int, size: int) -> None:
    held = Attachment.objects.filter(owner=owner)
    total = held.aggregate(total=Sum("size"))["total"] or 0
    if held.count() + files > MOST_FILES or total + size > MOST_BYTES:
        raise TooManyFiles(count=MOST_FILES, megabytes=MOST_BYTES >> 20)


def _clean(name: str, body: bytes, type_: Type) -> bytes:
    """The copy to serve: a picture drawn anew, a document as it is. Raises ``FileRefused``."""
    if type_ in OFFICE.values():
        fault = archive_fault(body=body)
        if fault is not None:
            raise FileRefused(name=name, reason=fault)
    if not type_.picture:
        return body
    copy = stripped(body=body, media=type_.media)
    if isinstance(copy, Text):
        raise FileRefused(name=name, reason=copy)
    return copy


def shown_name(*, name: str, type_: Type) -> str:
    """A name without folders, controls and surprises of direction, ending as its content says."""
    bare = PurePath(name.replace("\\", "/")).name
    kept = "".join(c for c in bare if c.isprintable() and c not in '<>:"/|?*\u202a\u202b\u202d\u202e\u2066\u2067\u2068')
    stem = kept.rsplit(".", 1)[0].strip(" .")[:100] or "file"
    return f"{stem}{type_.endings[0]}"


def too_large(*, limit: int) -> Text:
    """The words for a file over the limit."""
    size = limit >> 20
    return Text(
        zh=f"文件超过 {size} MB；请缩小或分开。", en=f"the file is over {size} MB; make it smaller or split it."
    )
