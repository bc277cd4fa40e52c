"""No file over 500 lines, no function over 60: what one person can hold in mind."""

from __future__ import annotations

import ast
from pathlib import Path

from dajing.kernel.packs.problem import Problems
from dajing.kernel.text import Text

FILE_LINES, FUNCTION_LINES = 500, 60
SUFFIXES = {".py", ".mjs", ".js", ".css", ".html"}
SKIPPED = {"migrations", "vendor", "node_modules", "__pycache__"}


def check_sizes(*, root: Path, problems: Problems) -> None:
    """Check the sources below ``root``: the package, the tests, the benchmarks, the packs' tools."""
    for folder in ("src", "tests", "benchmarks", "cities"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file() and not SKIPPED & set(path.parts):
                _check(path, problems)


def _check(path: Path, problems: Problems) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    if lines > FILE_LINES:
        problems.add(
            file=path,
            line=FILE_LINES,
            message=Text(zh=f"文件 {lines} 行，超过 {FILE_LINES}", en=f"{lines} lines, more than {FILE_LINES}"),
            fix=Text(zh="按职责拆成几个文件", en="split it by what its parts are for"),
        )
    if path.suffix == ".py":
        _functions(path, text, problems)


def _functions(path: Path, text: str, problems: Problems) -> None:
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > FUNCTION_LINES:
            problems.add(
                file=path,
                line=node.lineno,
                message=Text(
                    zh=f"函数 {node.name} 有 {length} 行，超过 {FUNCTION_LINES}",
                    en=f"the function {node.name} has {length} lines, more than {FUNCTION_LINES}",
                ),
                fix=Text(zh="拆成几个小函数", en="split it into smaller functions"),
            )
