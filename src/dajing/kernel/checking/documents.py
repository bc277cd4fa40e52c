"""Documents: each setting, command and address is described, and each guide exists in both languages."""

from __future__ import annotations

import inspect
from itertools import zip_longest
from pathlib import Path

import click

from dajing.kernel.checking.reference import addresses_page, commands_page, first_sentence, routes, settings_page, walk
from dajing.kernel.packs.problem import Problems
from dajing.kernel.settings import Settings
from dajing.kernel.text import Text

LANGUAGES = ("zh", "en")
RENEW = Text(zh="运行 dajing check --write", en="run dajing check --write")


def pages(*, cli: click.Group) -> dict[str, str]:
    """The generated pages by their file name in ``docs/reference``."""
    return {
        "settings.md": settings_page(),
        "commands.md": commands_page(cli=cli),
        "addresses.md": addresses_page(),
    }


def write_pages(*, root: Path, cli: click.Group) -> list[Path]:
    """Write the generated pages; returns those that changed."""
    folder = root / "docs" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, content in pages(cli=cli).items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            path.write_text(content, encoding="utf-8")
            changed.append(path)
    return changed


def check_documents(*, root: Path, cli: click.Group, problems: Problems) -> None:
    """Report pages that are out of step, things without a description, and guides in one language only."""
    for name, content in pages(cli=cli).items():
        _in_step(root / "docs" / "reference" / name, content, problems)
    _described(cli, problems)
    _guides(root / "docs" / "guide", problems)


def _in_step(path: Path, wanted: str, problems: Problems) -> None:
    held = path.read_text(encoding="utf-8") if path.exists() else ""
    pairs = enumerate(zip_longest(held.splitlines(), wanted.splitlines()), start=1)
    for line, (old, new) in pairs:
        if old != new:
            shown = new or old or ""
            message = Text(zh=f"与程序不符：{shown}", en=f"differs from the program: {shown}")
            problems.add(file=path, line=line, message=message, fix=RENEW)
            return


def _described(cli: click.Group, problems: Problems) -> None:
    here = Path(inspect.getfile(Settings))
    for name, field in Settings.model_fields.items():
        if not field.description:
            _missing(here, _line(here, f"    {name}:"), Text(zh=f"设置 {name}", en=f"the setting {name}"), problems)
    for words, command in walk(cli, ("dajing",)):
        callback = inspect.unwrap(command.callback) if command.callback else None
        file = Path(inspect.getfile(callback)) if callback else here
        line = callback.__code__.co_firstlineno if callback else 0
        name = " ".join(words)
        if not command.help:
            _missing(file, line, Text(zh=f"命令 {name}", en=f"the command {name}"), problems)
        for option in command.params:
            if isinstance(option, click.Option) and not option.help:
                shown = f"{name} {option.opts[0]}"
                _missing(file, line, Text(zh=f"选项 {shown}", en=f"the option {shown}"), problems)
    for route, view in routes():
        view = inspect.unwrap(getattr(view, "view_class", view))
        if str(getattr(view, "__module__", "")).startswith("dajing.") and not first_sentence(view):
            code = getattr(view, "__code__", None)
            file = Path(inspect.getfile(view)) if code else here
            line = code.co_firstlineno if code else 0
            _missing(file, line, Text(zh=f"地址 /{route}", en=f"the address /{route}"), problems)


def _line(path: Path, start: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, start=1) if line.startswith(start)), 0)


def _missing(file: Path, line: int, what: Text, problems: Problems) -> None:
    message = Text(zh=f"{what.zh}没有说明", en=f"{what.en} has no description")
    problems.add(file=file, line=line, message=message, fix=Text(zh="写一句说明", en="write one sentence"))


def _guides(folder: Path, problems: Problems) -> None:
    names = {language: {path.name for path in (folder / language).glob("*.md")} for language in LANGUAGES}
    for language, other in (LANGUAGES, LANGUAGES[::-1]):
        for name in sorted(names[other] - names[language]):
            problems.add(
                file=folder / language / name,
                line=0,
                message=Text(zh=f"指南只有 {other} 文", en=f"this guide exists in {other} only"),
                fix=Text(zh=f"补上 {language} 文", en=f"write it in {language}"),
            )
    if not any(names.values()):
        message = Text(zh="没有任何指南", en="there is no guide at all")
        fix = Text(zh="在 zh/ 与 en/ 各写一份", en="write one in zh/ and in en/")
        problems.add(file=folder, line=0, message=message, fix=fix)
