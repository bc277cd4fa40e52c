"""Makes the reference pages from what they describe, so that they cannot differ from it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import click
from django.urls import URLPattern, URLResolver, get_resolver

from dajing.kernel.settings import Settings

HEAD = "<!-- Made by `dajing check --write`; edit the source instead. -->\n"


def settings_page() -> str:
    """``docs/reference/settings.md``."""
    lines = [
        HEAD,
        "# Settings",
        "",
        "In `dajing.toml` in the working directory, or in the environment, which wins.",
        "",
        "| key | environment | default | meaning |",
        "|---|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else str(field.default)
        shown = f"`{default}`" if default else "–"
        lines.append(f"| `{name}` | `DAJING_{name.upper()}` | {shown} | {field.description or ''} |")
    return "\n".join(lines) + "\n"


def commands_page(*, cli: click.Group) -> str:
    """``docs/reference/commands.md``: every command with its arguments and options."""
    lines = [HEAD, "# Commands", ""]
    for path, command in walk(cli, ("dajing",)):
        lines += [f"## `{' '.join(path)}`", "", _sentence(command.help), ""]
        rows = [_parameter(parameter) for parameter in command.params]
        if rows:
            lines += ["| argument or option | meaning |", "|---|---|", *rows, ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def walk(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Each command below ``command`` with its words, groups before their members, by name."""
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            member = command.commands[name]
            if not member.hidden:
                yield (*path, name), member
                yield from walk(member, (*path, name))


def _parameter(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Argument):
        name = parameter.make_metavar(click.Context(click.Command("x")))
        return f"| `{name}` | |".replace("[", "").replace("]", "")
    options = ", ".join(f"`{option}`" for option in (*parameter.opts, *parameter.secondary_opts))
    meaning = _sentence(getattr(parameter, "help", None))
    return f"| {options} | {meaning} |"


def _sentence(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def addresses_page() -> str:
    """``docs/reference/addresses.md``: every address that the people's port serves."""
    lines = [HEAD, "# Addresses", "", "| address | meaning |", "|---|---|"]
    lines += sorted({f"| `/{route}` | {first_sentence(view)} |" for route, view in routes()})
    return "\n".join(lines) + "\n"


def routes(*, resolver: Any = None, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every route below ``resolver`` with its view."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(resolver=pattern, before=route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback


def first_sentence(view: Any) -> str:
    """The first line of the view's docstring."""
    while isinstance(view, functools.partial):  # its own docstring tells of partials, and differs between Pythons
        view = view.func
    lines = (getattr(view, "__doc__", None) or "").strip().splitlines()
    return _sentence(lines[0]) if lines else ""
