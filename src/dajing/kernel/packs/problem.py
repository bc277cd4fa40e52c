"""What is wrong with a file, where, and what to do; collected, so that a reader sees all of it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from dajing.kernel.text import Refusal, Text

SHOWN = 20  # one broken header would otherwise fill the screen; ``dajing check`` lists all


class Problem(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One fault of one file. ``line`` counts from 1; 0 means the file as a whole."""

    file: str
    line: int
    message: Text
    fix: Text

    def render(self, *, language: str | None = None) -> str:
        """``file:line: message → fix`` in one language."""
        message, fix = self.message.render(language=language), self.fix.render(language=language)
        return f"{self.file}:{self.line}: {message} → {fix}"


class PackInvalid(Refusal):
    """A pack cannot be loaded; ``problems`` holds every fault that was found."""

    text = Text(
        zh="城市包有 {count} 处问题，请逐一改正后重试（dajing check 可再次列出）：\n{list_zh}",
        en="The city pack has {count} problems; mend them and try again (dajing check lists them):\n{list_en}",
    )

    def __init__(self, *, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            count=len(self.problems),
            list_zh="\n".join(p.render(language="zh") for p in self.problems[:SHOWN]),
            list_en="\n".join(p.render(language="en") for p in self.problems[:SHOWN]),
        )


class Problems:
    """Collects the faults of the files below ``root``; paths are shown relative to it."""

    def __init__(self, *, root: Path) -> None:
        self.root = root
        self.found: list[Problem] = []

    def add(self, *, file: Path, line: int, message: Text, fix: Text) -> None:
        """Note one fault."""
        shown = file.relative_to(self.root) if file.is_relative_to(self.root) else file
        self.found.append(Problem(file=shown.as_posix(), line=line, message=message, fix=fix))

    def at(self, *, file: Path, line: int) -> Callable[[Text, Text], None]:
        """A function that notes a fault at this place."""
        return lambda message, fix: self.add(file=file, line=line, message=message, fix=fix)

    def refuse(self) -> None:
        """Raise ``PackInvalid`` with all faults if there is any."""
        if self.found:
            raise PackInvalid(problems=sorted(self.found, key=lambda p: (p.file, p.line)))
