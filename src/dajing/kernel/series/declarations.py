"""The streams that there are: names and typed columns, declared once in a slice's ``streams.py``."""

from __future__ import annotations

import re

import msgspec

from dajing.kernel.series.refusals import StreamMisdeclared, StreamUnknown

KNOWN_AT = "known_at"
TYPES = ("string", "int32", "int64", "float64", "boolean", "timestamp", "date")
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_COLUMN = re.compile(r"[a-z][a-z0-9_]*")


class Column(msgspec.Struct, frozen=True):
    """One column: its name, its type (one of ``TYPES``) and whether it may be null."""

    name: str
    type: str
    nullable: bool


class Stream(msgspec.Struct, frozen=True):
    """A declared stream. Every fact also has ``known_at``, a timestamp in UTC with microseconds."""

    name: str
    columns: tuple[Column, ...]


_streams: dict[str, Stream] = {}


def _column(stream: str, name: str, spelled: str) -> Column:
    type_ = spelled.removeprefix("!")
    if type_ not in TYPES:
        raise StreamMisdeclared(stream=stream, problem=f"{name}: {spelled!r} is none of {', '.join(TYPES)}")
    if not _COLUMN.fullmatch(name) or name == KNOWN_AT:
        raise StreamMisdeclared(stream=stream, problem=f"{name!r} cannot name a column")
    return Column(name, type_, nullable=type_ == spelled)


def declare(*, stream: str, columns: dict[str, str]) -> Stream:
    """Declare ``stream`` (``slice.name``) with its columns as name → type.

    A type is one of ``string int32 int64 float64 boolean timestamp date``; a leading ``!`` forbids null. Declaring the
    same again is allowed, declaring it otherwise raises ``StreamMisdeclared``.
    """
    if not _NAME.fullmatch(stream):
        raise StreamMisdeclared(stream=stream, problem="a stream is named slice.name in lower case")
    if not columns:
        raise StreamMisdeclared(stream=stream, problem="it has no columns")
    made = Stream(stream, tuple(_column(stream, name, type_) for name, type_ in columns.items()))
    if _streams.setdefault(stream, made) != made:
        raise StreamMisdeclared(stream=stream, problem="it is already declared with other columns")
    return made


def declared(*, stream: str) -> Stream:
    """The declaration of ``stream``; ``StreamUnknown`` names those that there are."""
    try:
        return _streams[stream]
    except KeyError:
        raise StreamUnknown(stream=stream, known=", ".join(sorted(_streams)) or "—") from None


def streams() -> tuple[Stream, ...]:
    """Every declared stream, by name."""
    return tuple(_streams[name] for name in sorted(_streams))
