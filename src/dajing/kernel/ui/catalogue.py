"""The translation catalogue: extract Chinese source texts, say which lack English, compile without system gettext."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import msgspec
from babel.messages.catalog import Catalog
from babel.messages.extract import extract as babel_extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).resolve().parents[2]
LOCALE = PACKAGE / "locale"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
SKIPPED = {"tests", "migrations", "__pycache__", "vendor"}


class Message(msgspec.Struct, frozen=True):
    """One source text: ``id`` in Chinese, its ``plural`` and ``context`` if it has them, and where it stands."""

    id: str
    plural: str | None
    context: str | None
    file: str
    line: int


def extract() -> list[Message]:
    """Every text in Python files and templates of the package that is marked for translation, by file and line."""
    return [message for path in _sources() for message in _messages(path)]


def untranslated(*, language: str = "en") -> list[Message]:
    """Texts that have no complete translation in ``language``; an empty list is the state to keep."""
    catalogue = _read(_po(language))
    return [message for message in _unique(extract()) if not _complete(catalogue, message)]


def stale(*, language: str = "en") -> list[str]:
    """Source texts that the catalogue still holds although nothing uses them."""
    used = {(message.id, message.context) for message in extract()}
    held = ((_first(entry.id), entry.context) for entry in _read(_po(language)) if entry.id)
    return sorted(id_ for id_, context in held if (id_, context) not in used)


def _first(id_: str | tuple[str, ...] | list[str]) -> str:
    return id_ if isinstance(id_, str) else id_[0]


def update(*, language: str = "en") -> tuple[int, int]:
    """Bring the catalogue file in step with the sources; returns how many texts came in and how many went out."""
    old, new = _read(_po(language)), Catalog(locale=language, charset="utf-8", fuzzy=False)
    new.mime_headers = old.mime_headers
    for message in sorted(_unique(extract()), key=lambda m: (m.id, m.context or "")):
        key = (message.id, message.plural) if message.plural else message.id
        kept = old.get(message.id, context=message.context)
        new.add(key, kept.string if kept else None, context=message.context)
    before, after = {(m.id, m.context) for m in old}, {(m.id, m.context) for m in new}
    _write(_po(language), new)
    return len(after - before), len(before - after)


def compile_all() -> list[Path]:
    """Compile each catalogue whose ``.mo`` is absent or older than its ``.po``; returns those written.

    A read-only installation keeps the ``.mo`` that its wheel brought.
    """
    written = []
    for po in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns:
            continue
        try:
            _compile(po, mo)
        except PermissionError:
            if not mo.exists():
                raise
            continue
        written.append(mo)
    return written


def _compile(po: Path, mo: Path) -> None:
    # Written beside and renamed: two processes that start at once never see half a catalogue.
    handle, name = tempfile.mkstemp(dir=po.parent, suffix=".mo.part")
    try:
        with os.fdopen(handle, "wb") as file:
            write_mo(file, _read(po))
        Path(name).chmod(0o644)
        Path(name).replace(mo)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _sources() -> Iterator[Path]:
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix in {".py", ".html"} and not SKIPPED & set(path.relative_to(PACKAGE).parts):
            yield path


def _messages(path: Path) -> Iterator[Message]:
    text = path.read_text(encoding="utf-8")
    source = _as_python(text, path) if path.suffix == ".html" else text
    if not any(keyword in source for keyword in ("_(", "gettext")):
        return
    name = str(path.relative_to(PACKAGE))
    found = babel_extract("python", BytesIO(source.encode()), keywords=KEYWORDS, options={"encoding": "utf-8"})
    for line, ids, _comments, context in found:
        first, plural = ids if isinstance(ids, tuple) else (ids, None)
        yield Message(first, plural, context, name, line)


def _as_python(text: str, path: Path) -> str:
    """A template as calls of gettext on the same lines; indentation is dropped because it means something in Python."""
    from django.utils.translation.template import templatize

    return "\n".join(line.strip() for line in templatize(text, origin=str(path)).splitlines())


def _unique(messages: list[Message]) -> list[Message]:
    return list({(m.id, m.context): m for m in reversed(messages)}.values())[::-1]


def _complete(catalogue: Catalog, message: Message) -> bool:
    found = catalogue.get(message.id, context=message.context)
    if found is None or found.fuzzy:
        return False
    strings = found.string if isinstance(found.string, tuple | list) else (found.string,)
    return all(strings) and (message.plural is None or len(strings) > 1)


def _po(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def _read(path: Path) -> Catalog:
    if not path.exists():
        return Catalog(locale=path.parents[1].name, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=path.parents[1].name, charset="utf-8")


def _write(path: Path, catalogue: Catalog) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = BytesIO()
    write_po(buffer, catalogue, width=110, omit_header=False, sort_output=True)
    dated = ("POT-Creation-Date", "PO-Revision-Date", "Generated-By", "Last-Translator", "Report-Msgid-Bugs-To")
    lines = buffer.getvalue().decode().splitlines()
    # Dates in the header would make every update a conflict between branches.
    kept = [
        line for line in lines if not line.startswith(tuple(f'"{key}' for key in dated)) and not line.startswith("# ")
    ]
    path.write_text("\n".join(kept).lstrip("#\n") + "\n", encoding="utf-8")
