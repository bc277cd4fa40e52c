"""A connector: one file that reads another system, and its test."""

from __future__ import annotations

from pathlib import Path

from dajing.kernel.scaffold.writing import FILL, usable, write_new
from dajing.kernel.text import Refusal, Text

SOURCE = '''"""{fill}: which system {name} reads, by which interface document. As made it reads a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import msgspec

from dajing.kernel.text import Text


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the system leaves its rows."""

    path: Path


def check(*, options: Options) -> list[Text]:
    """What stands in the way of reading, in words; empty when nothing does. Changes nothing."""
    if options.path.is_file():
        return []
    shown = options.path.name
    return [Text(zh=f"找不到文件 {{shown}}，请核对 path", en=f"the file {{shown}} is not there; check path")]


def pull(*, options: Options) -> Iterator[dict[str, str]]:
    """Each row as a mapping from column to cell, in the file's order."""
    with options.path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)
'''
TEST = """from dajing.domains.{domain}.connectors.{name} import Options, check, pull


def test_{name}_hands_over_every_row_in_order(tmp_path):
    source = tmp_path / "rows.csv"
    source.write_text("code,value\\n130702,1\\n130703,2\\n", encoding="utf-8-sig")
    options = Options(path=source)
    assert check(options=options) == []
    assert [row["code"] for row in pull(options=options)] == ["130702", "130703"]


def test_{name}_says_what_to_do_when_its_source_is_absent(tmp_path):
    (problem,) = check(options=Options(path=tmp_path / "gone.csv"))
    assert "gone.csv" in problem.zh
    assert "gone.csv" in problem.en
"""
PACKAGE = '"""Connectors of {domain}: one file for each system that it reads or writes."""\n'


class DomainUnknown(Refusal):
    """A connector for a domain that is not there."""

    text = Text(zh="没有领域 {domain}；已有：{known}", en="there is no domain {domain}; there are: {known}")


def new_connector(*, root: Path, name: str, domain: str) -> list[Path]:
    """Make the connector ``name`` of ``domain``. Raises ``NameUnusable``, ``DomainUnknown``, ``AlreadyThere``."""
    domains = root / "src" / "dajing" / "domains"
    folder = domains / domain
    if not (folder / "domain.toml").is_file():
        known = ", ".join(sorted(path.parent.name for path in domains.glob("*/domain.toml")))
        raise DomainUnknown(domain=domain, known=known)
    package = folder / "connectors" / "__init__.py"
    contents = {
        folder / "connectors" / f"{usable(name)}.py": SOURCE,
        folder / "tests" / f"test_connector_{name}.py": TEST,
    }
    if not package.exists():
        contents[package] = PACKAGE
    return write_new({path: body.format(name=name, domain=domain, fill=FILL) for path, body in contents.items()})
