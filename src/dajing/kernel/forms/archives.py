"""Office files are archives: which they are, and how large they become, measured before anything reads them."""

from __future__ import annotations

import io
import zipfile
import zlib

from dajing.kernel.text import Text

MOST_ENTRIES = 2_000
MOST_UNPACKED = 200 << 20
MOST_RATIO = 200  # text of an ordinary document shrinks to a tenth, an empty sheet to a fiftieth
BLOCK = 1 << 16
NESTED = (".zip", ".7z", ".rar", ".gz", ".bz2", ".xz", ".tar", ".jar", ".exe", ".dll", ".js", ".vbs", ".bat", ".ps1")
KINDS = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "OFD.xml": "ofd"}

BROKEN = Text(
    zh="文件已损坏或加了密码；请去掉密码，另存为新文件。",
    en="the file is damaged or has a password; remove it and save the file anew.",
)
BOMB = Text(
    zh="压缩内容解开后过大，不是正常的文件；请另存为新文件。",
    en="it unpacks to a size that no document has; save it as a new file.",
)
ACTIVE = Text(zh="文件含有宏或程序；请另存为不含宏的文件。", en="it holds macros or programs; save it without them.")


def office_kind(*, body: bytes) -> str | None:
    """``docx``, ``xlsx`` or ``ofd`` by the part that makes it one; None for any other archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return None
    found = [kind for part, kind in KINDS.items() if part in names]
    if not body.startswith(b"PK\x03\x04") or len(found) != 1:
        return None
    return found[0]


def archive_fault(*, body: bytes) -> Text | None:
    """Why an office file is not taken, or None. Nothing is kept in memory while its real size is measured."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            infos = archive.infolist()
            if len(infos) > MOST_ENTRIES or sum(info.file_size for info in infos) > MOST_UNPACKED:
                return BOMB
            if any(info.flag_bits & 1 for info in infos):
                return BROKEN
            if any(_active(info.filename) for info in infos):
                return ACTIVE
            return BOMB if _too_much(archive, infos, len(body)) else None
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, NotImplementedError):
        return BROKEN


def _active(name: str) -> bool:
    return name.lower().endswith(NESTED) or "vbaproject" in name.lower() or "/activex/" in name.lower()


def _too_much(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], packed: int) -> bool:
    """Read all parts in small blocks: the sizes in the directory may be lies, which the check sum then shows."""
    total = 0
    for info in infos:
        with archive.open(info) as part:
            while block := part.read(BLOCK):
                total += len(block)
                if total > MOST_UNPACKED or total > MOST_RATIO * packed + (1 << 20):
                    return True
    return False
