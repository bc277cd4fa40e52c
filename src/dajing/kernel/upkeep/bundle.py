"""``dajing bundle``: an installer for a machine without network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

from dajing.kernel.settings import REPOSITORY
from dajing.kernel.upkeep.refusals import UnableToBundle

PARTS = (
    "dajing",
    "pyproject.toml",
    "requirements.lock",
    "hatch_build.py",
    "package.json",
    "package-lock.json",
    "README.md",
    "LICENSE",
    "src",
    "cities",
    "conftest.py",
)
_NOT_TAKEN = shutil.ignore_patterns("__pycache__", "*.pyc", ".dajing", "node_modules", "*.egg-info")


def not_taken(folder: str, names: list[str]) -> set[str]:
    """Names of ``folder`` that a bundle leaves out: what is made anew, and links that lead back to where they are."""
    here = Path(folder).resolve()
    loops = {name for name in names if here.is_relative_to((Path(folder) / name).resolve())}
    return loops | _NOT_TAKEN(folder, names)


class Bundle(msgspec.Struct, frozen=True):
    """What was made: number of packages, bytes of all files."""

    wheels: int
    size: int


def make(*, target: Path, lock: Path | None = None) -> Bundle:
    """Fill ``target`` with the program, its built front-end parts and every locked package for this Python.

    The launcher sees ``wheels/`` and installs from it alone, with the same hashes. Raises ``UnableToBundle``.
    """
    if target.exists() and any(target.iterdir()):
        raise UnableToBundle(why=f"{target} 不是空目录", why_en=f"{target} is not empty")
    if not (REPOSITORY / "dajing").exists():
        raise UnableToBundle(why="请在源码目录中运行", why_en="run it from a checkout")
    if not (REPOSITORY / "src/dajing/kernel/ui/static/vendor/.lock").exists():
        raise UnableToBundle(
            why="前端部件尚未构建，请先运行 ./dajing up", why_en="build the front end first: ./dajing up"
        )
    target.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        source = REPOSITORY / part
        if source.is_dir():
            shutil.copytree(source, target / part, ignore=not_taken, dirs_exist_ok=True)
        elif source.exists():
            shutil.copy2(source, target / part)
    if lock is not None:
        shutil.copy2(lock, target / "requirements.lock")
    wheels = download(lock=target / "requirements.lock", folder=target / "wheels")
    return Bundle(wheels, sum(path.stat().st_size for path in target.rglob("*") if path.is_file()))


def download(*, lock: Path, folder: Path) -> int:
    """Every package of ``lock`` as a wheel for this interpreter and platform, checked against its hash."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--require-hashes", "-r", str(lock), "-d", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        why = done.stderr.strip()[-800:]
        raise UnableToBundle(why=why, why_en=why)
    return len(list(folder.glob("*.whl")))
