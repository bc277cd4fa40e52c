"""What ``dajing new`` left for a person to write."""

from __future__ import annotations

from pathlib import Path

from dajing.kernel.packs.problem import Problems
from dajing.kernel.scaffold.writing import FILL
from dajing.kernel.text import Text

# Sources that hold the mark as such: the scaffolds themselves
_MAKERS = Path("src/dajing/kernel/scaffold")


def check_blanks(*, root: Path, problems: Problems) -> None:
    """Report every line that still carries the mark, in packs and domains."""
    for folder in (root / "cities", root / "src" / "dajing"):
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".toml", ".py"} and not path.is_relative_to(root / _MAKERS):
                _check(path, problems)


def _check(path: Path, problems: Problems) -> None:
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if FILL in line:
            problems.add(
                file=path,
                line=number,
                message=Text(zh=f"待填：{line.strip()}", en=f"to be filled in: {line.strip()}"),
                fix=Text(zh=f"写上内容，去掉 {FILL}", en=f"write it and remove {FILL}"),
            )
