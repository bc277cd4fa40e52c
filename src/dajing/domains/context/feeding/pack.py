"""``feeds.toml`` of a city pack."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from dajing.kernel.packs.problem import Problems
from dajing.kernel.packs.references import unique
from dajing.kernel.packs.toml import TomlFile
from dajing.kernel.text import Text

FILE = "feeds.toml"
CONNECTORS = ("airquality", "simulator")


class Feed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One feed: its connector, whether it is sent once or goes on, and where its data come from."""

    id: str
    connector: Literal["airquality", "simulator"]
    title: Text
    every: Literal["once", "minute"]
    source: str
    file: str = ""
    seed: int = 0


def read_feeds(*, folder: Path, problems: Problems) -> tuple[Feed, ...]:
    """Every sound feed of the pack; a pack without ``feeds.toml`` has none."""
    if not (folder / FILE).exists():
        return ()
    file = TomlFile(path=folder / FILE, problems=problems)
    file.only("feeds")
    entries = file.array("feeds", Feed)
    unique(
        ((entry.value.id, file.at((*entry.path, "id"))) for entry in entries), what=Text(zh="数据源代号", en="feed id")
    )
    for entry in entries:
        if entry.value.connector == "airquality" and not (folder / entry.value.file).is_file():
            file.report(
                (*entry.path, "file"),
                Text(zh=f"找不到 {entry.value.file or 'file'}", en=f"{entry.value.file or 'file'} is not there"),
                Text(zh="放入该文件或改正 file", en="add the file or correct its name"),
            )
    return tuple(entry.value for entry in entries)
