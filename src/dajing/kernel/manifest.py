"""Which slices there are: kernel parts and domains say what they are in a manifest, and are found by scanning."""

from __future__ import annotations

import functools
import importlib
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import msgspec

from dajing.kernel.text import Text

PACKAGE = Path(__file__).resolve().parents[1]
KERNEL_APPS = ("ui", "identity", "ledger", "bus", "jobs", "series", "areas", "casework", "notify", "forms")


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``domain.toml`` (or ``desk.toml``): identity, the chapter of the plan, what it offers and needs."""

    id: str
    title: Text
    chapter: Text
    offers: list[str] = []
    needs: list[str] = []


class Slice(msgspec.Struct, frozen=True):
    """One domain or desk: its import path and its manifest."""

    module: str
    folder: Path
    manifest: Manifest

    def part(self, *, name: str) -> ModuleType | None:
        """The slice's module ``name`` (``pages``, ``http``, ``jobs`` …), or None where it has none."""
        path = f"{self.module}.{name}"
        return importlib.import_module(path) if find_spec(path) else None


def _scan(kind: str, file: str) -> list[Slice]:
    found = []
    for path in sorted((PACKAGE / kind).glob(f"*/{file}")):
        manifest = msgspec.toml.decode(path.read_bytes(), type=Manifest)
        found.append(Slice(f"dajing.{kind}.{path.parent.name}", path.parent, manifest))
    return found


@functools.cache
def domains() -> tuple[Slice, ...]:
    """Every domain, in the order of its folder name."""
    return tuple(_scan("domains", "domain.toml"))


@functools.cache
def desks() -> tuple[Slice, ...]:
    """Every desk."""
    return tuple(_scan("desks", "desk.toml"))


def kernel_parts(*, name: str) -> list[ModuleType]:
    """The module ``name`` of each kernel app that has one (for example ``commands``, ``urls``)."""
    present = (app for app in KERNEL_APPS if (PACKAGE / "kernel" / app / "__init__.py").exists())
    paths = (f"dajing.kernel.{app}.{name}" for app in present)
    return [importlib.import_module(path) for path in paths if find_spec(path)]


def slice_parts(*, name: str) -> list[ModuleType]:
    """The module ``name`` of each domain and desk that has one."""
    return [part for s in (*domains(), *desks()) if (part := s.part(name=name))]


def installed_apps() -> list[str]:
    """Django's applications: the kernel's, then the domains', then the desks'."""
    kernel = [f"dajing.kernel.{app}" for app in KERNEL_APPS if (PACKAGE / "kernel" / app / "__init__.py").exists()]
    return kernel + [s.module for s in (*domains(), *desks())]
