"""Domains and desks: a sound manifest, a docstring, tests, a place in the import contract, and the contract kept."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

from dajing.kernel.manifest import Manifest
from dajing.kernel.packs.problem import Problems
from dajing.kernel.packs.toml import TomlFile
from dajing.kernel.text import Text


def check_contracts(*, root: Path, problems: Problems) -> None:
    """Check every domain and desk of the checkout at ``root`` and run its import contract."""
    package = root / "src" / "dajing"
    placed = _placed(root / "pyproject.toml")
    for kind, manifest in (("domains", "domain.toml"), ("desks", "desk.toml")):
        for folder in sorted(path for path in (package / kind).iterdir() if path.is_dir()):
            if folder.name.startswith(("_", ".")) or not any(folder.iterdir()):
                continue
            _slice(folder, manifest, problems)
            if kind == "domains" and folder.name not in placed:
                problems.add(
                    file=root / "pyproject.toml",
                    line=_line_of(root / "pyproject.toml", 'containers = ["dajing.domains"]'),
                    message=Text(zh=f"领域 {folder.name} 不在导入约定中", en=f"the domain {folder.name} has no place"),
                    fix=Text(zh=f"在 layers 中写上 {folder.name}", en=f"write {folder.name} into layers"),
                )
    _imports(root, problems)


def _slice(folder: Path, manifest: str, problems: Problems) -> None:
    decoded = TomlFile(path=folder / manifest, problems=problems).table(Manifest)
    if decoded is not None and decoded.id != folder.name:
        problems.add(
            file=folder / manifest,
            line=1,
            message=Text(zh="id 与文件夹名不符", en="the id is not the folder's name"),
            fix=Text(zh=f"写 {folder.name}", en=f"write {folder.name}"),
        )
    door = folder / "__init__.py"
    if not door.is_file() or not ast.get_docstring(ast.parse(door.read_text(encoding="utf-8"))):
        problems.add(
            file=door,
            line=1,
            message=Text(zh="缺说明此领域的文档字符串", en="the docstring that says what this slice is for is missing"),
            fix=Text(zh="用规划的话写一句", en="write one sentence in the plan's words"),
        )
    _connectors(folder, problems)
    tests = [path for path in folder.rglob("test_*.py") if "def test_" in path.read_text(encoding="utf-8")]
    if not tests:
        problems.add(
            file=folder / "tests",
            line=0,
            message=Text(zh="没有测试", en="there are no tests"),
            fix=Text(zh="在 tests/ 写测试", en="write tests in tests/"),
        )


def _connectors(folder: Path, problems: Problems) -> None:
    """Each connector has its options, a check that changes nothing, a direction, and a test of its own."""
    for path in sorted(folder.glob("connectors/[a-z]*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        lacking = sorted({"Options", "check"} - names) + ([] if names & {"pull", "push"} else ["pull / push"])
        if not (folder / "tests" / f"test_connector_{path.stem}.py").is_file():
            lacking.append(f"tests/test_connector_{path.stem}.py")
        for what in lacking:
            problems.add(
                file=path,
                line=1,
                message=Text(zh=f"连接器缺 {what}", en=f"the connector lacks {what}"),
                fix=Text(zh=f"补上 {what}", en=f"add {what}"),
            )


def _placed(pyproject: Path) -> set[str]:
    contracts = tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    layers = [c["layers"] for c in contracts if c.get("containers") == ["dajing.domains"]]
    return {name.strip() for layer in layers for line in layer for name in line.replace(":", "|").split("|")}


def _line_of(path: Path, text: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, start=1) if text in line), 0)


def _imports(root: Path, problems: Problems) -> None:
    pyproject = root / "pyproject.toml"
    if find_spec("importlinter") is None:
        problems.add(
            file=pyproject,
            line=0,
            message=Text(zh="未装 import-linter，无法检查导入约定", en="import-linter is absent, imports unchecked"),
            fix=Text(zh="先运行 ./dajing test 安装测试部分", en="run ./dajing test once to install the test parts"),
        )
        return
    paths = [str(root / "src"), str(root / "tests" / "architecture"), os.environ.get("PYTHONPATH", "")]
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        broken = run.stdout[run.stdout.find("Broken contracts") :].strip() or run.stderr.strip()[-600:]
        problems.add(
            file=pyproject,
            line=_line_of(pyproject, "[[tool.importlinter.contracts]]"),
            message=Text(zh=f"导入约定被破坏：{broken}", en=f"the import contract is broken: {broken}"),
            fix=Text(zh="经 api 模块或内核端口", en="go through an api module or a port of the kernel"),
        )
