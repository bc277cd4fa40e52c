"""TOML with line numbers: ``tomllib`` decides what a file says, a scan of its lines decides where it says so."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from dajing.kernel.packs.problem import Problems
from dajing.kernel.packs.references import Note
from dajing.kernel.packs.structures import Path as KeyPath
from dajing.kernel.packs.structures import decode
from dajing.kernel.text import Text

_TABLE = re.compile(r"^\s*(?P<open>\[\[?)\s*(?P<name>[^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*(?P<key>[\w.\-\"']+)\s*=")
_SYNTAX = re.compile(r"at line (\d+)")
_FENCES = ('"""', "'''")


def lines_of(text: str) -> dict[KeyPath, int]:
    """Line of every table and key: ``("indicators", 2, "goal") → 41``. Inline tables: their own line."""
    found: dict[KeyPath, int] = {(): 1}
    counts: dict[KeyPath, int] = {}
    table: KeyPath = ()
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if fence:
            fence = "" if line.count(fence) % 2 else fence
            continue
        if header := _TABLE.match(line):
            table = _enter(_split(header["name"]), header["open"] == "[[", counts)
            found[table] = number
        elif key := _KEY.match(line):
            found.setdefault((*table, *_split(key["key"])), number)
            fence = next((mark for mark in _FENCES if line.count(mark) % 2), "")
    return found


def _split(name: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in name.split("."))


def _enter(name: tuple[str, ...], array: bool, counts: dict[KeyPath, int]) -> KeyPath:
    path: KeyPath = ()
    for depth, part in enumerate(name, start=1):
        path = (*path, part)
        if array and depth == len(name):
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


class Entry[T: msgspec.Struct](msgspec.Struct, frozen=True):
    """A decoded table with the place it was read from."""

    value: T
    path: KeyPath


class TomlFile:
    """One TOML file of a pack; its faults go to ``problems``."""

    def __init__(self, *, path: Path, problems: Problems) -> None:
        self.path = path
        self.problems = problems
        self.data: dict[str, Any] = {}
        self.lines: dict[KeyPath, int] = {}
        self.readable = False
        try:
            text = path.read_bytes().decode("utf-8")
            self.data = tomllib.loads(text)
            self.lines = lines_of(text)
            self.readable = True
        except FileNotFoundError:
            self._whole(0, Text(zh="文件不存在", en="the file does not exist"), Text(zh="补上该文件", en="add it"))
        except UnicodeDecodeError as error:
            line = path.read_bytes()[: error.start].count(b"\n") + 1
            self._whole(line, Text(zh="不是 UTF-8", en="not UTF-8"), Text(zh="另存为 UTF-8", en="save it as UTF-8"))
        except RecursionError:
            self._whole(1, Text(zh="嵌套过深", en="nested too deeply"), Text(zh="展平", en="make it flatter"))
        except tomllib.TOMLDecodeError as error:
            place = _SYNTAX.search(str(error))
            self._whole(
                int(place[1]) if place else text.count("\n") + 1,  # "at end of document"
                Text(zh=f"不是合格的 TOML：{error}", en=f"not valid TOML: {error}"),
                Text(zh="改正语法", en="correct the syntax"),
            )

    def _whole(self, line: int, message: Text, fix: Text) -> None:
        self.problems.add(file=self.path, line=line, message=message, fix=fix)

    def line(self, path: KeyPath) -> int:
        """Line of ``path``, or of its nearest enclosing table."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def report(self, path: KeyPath, message: Text, fix: Text) -> None:
        """Note a fault at ``path``."""
        self.problems.add(file=self.path, line=self.line(path), message=message, fix=fix)

    def at(self, path: KeyPath) -> Note:
        """A function that notes a fault at ``path``."""
        return lambda message, fix: self.report(path, message, fix)

    def table[T: msgspec.Struct](self, type_: type[T], *, without: Sequence[str] = ()) -> T | None:
        """The file's top level as one structure; ``without`` names the arrays that are read apart."""
        raw = {key: value for key, value in self.data.items() if key not in without}
        return decode(raw, type_, report=self.report) if self.readable else None

    def array[T: msgspec.Struct](self, name: str, type_: type[T]) -> list[Entry[T]]:
        """The tables ``[[name]]``; those with faults are reported and left out."""
        raw = self.data.get(name, [])
        if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
            self.report(
                (name,),
                Text(zh=f"“{name}”应为表的数组", en=f"“{name}” must be an array of tables"),
                Text(zh=f"写成 [[{name}]]", en=f"write [[{name}]]"),
            )
            return []
        decoded = ((decode(item, type_, report=self.report, at=(name, i)), (name, i)) for i, item in enumerate(raw))
        return [Entry(value, path) for value, path in decoded if value is not None]

    def only(self, *names: str) -> None:
        """Report top-level keys other than ``names``."""
        for name in self.data:
            if name not in names:
                self.report(
                    (name,) if (name,) in self.lines else (name, 0),
                    Text(zh=f"不认识的表“{name}”", en=f"unknown table “{name}”"),
                    Text(zh=f"此文件只有：{', '.join(names)}", en=f"this file has only: {', '.join(names)}"),
                )
