"""A domain's folder: manifest, docstring, door, rules and their test, and its place in the import contract."""

from __future__ import annotations

import re
from pathlib import Path

from dajing.kernel.scaffold.writing import FILL, AlreadyThere, usable, write_new
from dajing.kernel.text import Refusal, Text

MANIFEST = """id = "{name}"
offers = []
needs = []

[title]
zh = "{fill}"
en = "{fill}"

[chapter]
zh = "{fill}"
en = "{fill}"
"""
DOCSTRING = '"""{fill}: what this domain is for, in the plan\'s words."""\n'
DOOR = '''"""The door of {name}: what other domains may call. Keyword-only functions, frozen structs."""

from __future__ import annotations

from dajing.domains.{name}.rules import share

__all__ = ["share"]
'''
RULES = '''"""Rules of {name}: pure, no Django, no clock, no input or output."""

from __future__ import annotations


def share(*, part: float, whole: float) -> float | None:
    """``part`` of ``whole`` in percent; None without a whole: nothing of nothing is unknown, not zero."""
    return 100 * part / whole if whole else None
'''
TEST = """from dajing.domains.{name}.api import share
from dajing.kernel.manifest import domains


def test_{name}_is_found_by_its_manifest():
    assert "{name}" in {{domain.manifest.id for domain in domains()}}


def test_a_share_of_nothing_is_unknown():
    assert share(part=0, whole=0) is None
    assert share(part=1, whole=4) == 25
"""
_CONTRACT = re.compile(r'(containers = \["dajing\.domains"\]\nlayers = \[)([^\]]*)(\])')


class ContractNotFound(Refusal):
    """The import contract has no list of domains to write the new one into."""

    text = Text(
        zh='pyproject.toml 中找不到领域的导入约定；请恢复 containers = ["dajing.domains"] 一段',
        en='pyproject.toml has no import contract of the domains; restore the one with containers = ["dajing.domains"]',
    )


def new_domain(*, root: Path, name: str) -> list[Path]:
    """Make the domain ``name`` below ``root``; returns the files written or changed.

    It starts as independent of every other domain. Raises ``NameUnusable``, ``AlreadyThere``, ``ContractNotFound``.
    """
    folder = root / "src" / "dajing" / "domains" / usable(name)
    if folder.exists():
        raise AlreadyThere(what=f"domains/{name}")
    pyproject = root / "pyproject.toml"
    text, found = _CONTRACT.subn(lambda match: _placed(match, name), pyproject.read_text(encoding="utf-8"))
    if found != 1:
        raise ContractNotFound()
    contents = {
        "domain.toml": MANIFEST,
        "__init__.py": DOCSTRING,
        "api.py": DOOR,
        "rules.py": RULES,
        f"tests/test_{name}.py": TEST,
    }
    written = write_new({folder / path: body.format(name=name, fill=FILL) for path, body in contents.items()})
    pyproject.write_text(text, encoding="utf-8")
    return [*written, pyproject]


def _placed(match: re.Match[str], name: str) -> str:
    """The list of layers with ``name`` beside the last layer's domains, so that neither may import the other."""
    layers = match[2].rstrip().rstrip(",")
    return f'{match[1]}{layers[:-1]} | {name}"{match[3]}'
