"""What a file is, by its content alone; a name or a declared type is never believed, only compared."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePath

import msgspec

from dajing.kernel.forms.archives import office_kind
from dajing.kernel.text import Text

HEAD = 1024  # readers of PDF accept its mark anywhere in here (ISO 32000-1, implementation note 13)
MARKUP = (b"<!doctype", b"<html", b"<script", b"<svg", b"<?xml", b"<iframe", b"<body", b"<?php", b"#!/")


class Type(msgspec.Struct, frozen=True):
    """One accepted type: media type, the endings its names may have, and whether it is a picture."""

    media: str
    endings: tuple[str, ...]
    picture: bool = False


JPEG = Type("image/jpeg", (".jpg", ".jpeg", ".jpe"), picture=True)
PNG = Type("image/png", (".png",), picture=True)
WEBP = Type("image/webp", (".webp",), picture=True)
PDF = Type("application/pdf", (".pdf",))
DOCX = Type("application/vnd.openxmlformats-officedocument.wordprocessingml.document", (".docx",))
XLSX = Type("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (".xlsx",))
OFD = Type("application/ofd", (".ofd",))  # GB/T 33190-2016
TYPES = (JPEG, PNG, WEBP, PDF, DOCX, XLSX, OFD)
OFFICE = {"docx": DOCX, "xlsx": XLSX, "ofd": OFD}

UNKNOWN = Text(
    zh="内容不是可接收的类型（JPEG、PNG、WebP、PDF、DOCX、XLSX、OFD）；请转换后再传。",
    en="its content is none of the accepted types (JPEG, PNG, WebP, PDF, DOCX, XLSX, OFD); convert it.",
)
SEVERAL = Text(
    zh="同一文件同时是几种类型，可能有害；请重新导出一份。",
    en="the file is of several types at once, which may do harm; export it anew.",
)
NAMED_OTHERWISE = Text(
    zh="名称的后缀与内容不符；请核对是否选错文件。",
    en="the ending of its name does not fit its content; check that it is the right file.",
)


def sniff(*, name: str, body: bytes) -> Type | Text:
    """The type of ``body``, or the reason why it is not taken."""
    found = _pictures(body)
    if b"%PDF-" in body[:HEAD]:
        found.add(PDF)
    archive = zipfile.is_zipfile(io.BytesIO(body))
    if archive and (kind := office_kind(body=body)) is not None:
        found.add(OFFICE[kind])
    head = body[:HEAD].lower().lstrip(b"\xef\xbb\xbf \t\r\n")
    marked = head.startswith(MARKUP) or any(mark in head for mark in (b"<html", b"<script", b"<svg", b"<?php"))
    if len(found) > 1 or (found and (marked or (archive and found.isdisjoint(OFFICE.values())))):
        return SEVERAL
    if not found:
        return UNKNOWN
    (type_,) = found
    if type_ is PDF and not body.startswith(b"%PDF-"):
        return SEVERAL
    ending = PurePath(name.replace("\\", "/")).suffix.lower()
    return NAMED_OTHERWISE if ending and ending not in type_.endings else type_


def _pictures(body: bytes) -> set[Type]:
    if body.startswith(b"\xff\xd8\xff"):
        return {JPEG}
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return {PNG}
    return {WEBP} if body[:4] == b"RIFF" and body[8:12] == b"WEBP" else set()
