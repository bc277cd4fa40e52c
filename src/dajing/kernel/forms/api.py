"""The door of forms: files that come with an act, and how a text refers to them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dajing.kernel.forms.attachments import Uploaded, keep, keep_uploaded, of_owner
from dajing.kernel.forms.models import Attachment
from dajing.kernel.forms.refusals import FileRefused, TooManyFiles

__all__ = [
    "Attachment",
    "FileRefused",
    "TooManyFiles",
    "Uploaded",
    "keep",
    "keep_uploaded",
    "of_owner",
    "parted",
    "reference",
]

_REFERENCE = re.compile(r"(?:^| )attachment:(\d{1,18})$")


def reference(*, words: str, files: Sequence[Attachment]) -> str:
    """One line for words (a document's number) and files; ``parted`` takes it apart again."""
    return " ".join([*([words] if words else []), *(f"attachment:{row.pk}" for row in files)])


def parted(*, reference: str) -> tuple[str, tuple[int, ...]]:
    """The words and the numbers of the attachments of a reference."""
    found: list[int] = []
    while match := _REFERENCE.search(reference):
        found.insert(0, int(match[1]))
        reference = reference[: match.start()]
    return reference, tuple(found)
