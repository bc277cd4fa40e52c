"""Writes scaffolds: a name must be usable, nothing that exists is touched, all files appear or none."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from pathlib import Path

from dajing.kernel.settings import REPOSITORY
from dajing.kernel.text import Refusal, Text

FILL = "FILL IN"  # marks what a person must write; dajing check names every place
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")


class NameUnusable(Refusal):
    """A scaffold's name that Python or the packs could not use."""

    text = Text(
        zh="“{name}”不能用作名称：用小写英文字母、数字和下划线，字母开头",
        en="“{name}” cannot be a name: use lower-case letters, digits and underscores, a letter first",
    )


class AlreadyThere(Refusal):
    """A scaffold would overwrite something."""

    text = Text(zh="{what} 已存在，未改动任何文件", en="{what} is already there; nothing was changed")


class NoCheckout(Refusal):
    """Scaffolds are made in a checkout, not in an installed package."""

    text = Text(
        zh="这里不是源码目录：请先克隆仓库再运行 dajing new",
        en="this is no checkout: clone the repository and run dajing new there",
    )


def checkout() -> Path:
    """Root of the checkout. Raises ``NoCheckout``."""
    if not (REPOSITORY / "pyproject.toml").is_file():
        raise NoCheckout()
    return REPOSITORY


def usable(name: str) -> str:
    """``name`` itself if it can be one. Raises ``NameUnusable``."""
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise NameUnusable(name=name)
    return name


def write_new(files: Mapping[Path, str]) -> list[Path]:
    """Write every file, or none if one exists already. Raises ``AlreadyThere``."""
    for path in files:
        if path.exists():
            raise AlreadyThere(what=path.name)
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return list(files)
