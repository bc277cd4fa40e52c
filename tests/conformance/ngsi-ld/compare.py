"""Raw passes of an ETSI run by group, and what was lost against the committed list of passing tests.

    python tests/conformance/ngsi-ld/compare.py OUT/*/output.xml [--accept]

Names are ``suite/test``, for one test name occurs in several suites. With ``--accept`` new passes are added to
``passing.txt``; none is ever removed by this program. ``exclusions.tsv`` names failures that were reviewed, each with
its clause of ETSI GS CIM 009 V1.9.1 or its entry in the suite's own list of doubts; raw passes count them as failures.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

PASSING = Path(__file__).with_name("passing.txt")
EXCLUSIONS = Path(__file__).with_name("exclusions.tsv")


def results(*, path: Path) -> Iterator[tuple[str, str, bool]]:
    """(group, name, passed) of every test of one Robot output file."""
    root = ElementTree.parse(path).getroot().find("suite")
    if root is None:
        raise SystemExit(f"{path} is no output of Robot Framework")
    yield from _walk(root, str(root.get("name")))


def _walk(suite: ElementTree.Element, group: str) -> Iterator[tuple[str, str, bool]]:
    for inner in suite.findall("suite"):
        yield from _walk(inner, group)
    for test in suite.findall("test"):
        status = test.find("status")
        yield group, f"{suite.get('name')}/{test.get('name')}", status is not None and status.get("status") == "PASS"


def _reviewed(found: list[tuple[str, str, bool]]) -> None:
    """Print what fails outside the reviewed exclusions, and the share of each group that they are."""
    listed = [line.split("\t")[0] for line in EXCLUSIONS.read_text(encoding="utf-8").splitlines()[1:]]
    failed = [(group, name) for group, name, ok in found if not ok]
    excluded = [(g, name) for g, name in failed if name.partition("/")[2].startswith(tuple(listed))]
    total, left_out = Counter(g for g, _, _ in found), Counter(g for g, _ in excluded)
    for group in left_out:
        print(f"{left_out[group]:5d} / {total[group]:5d}  {left_out[group] / total[group]:6.1%}  excluded, {group}")
    inside = len(found) - len(excluded)
    passed = inside - len(failed) + len(excluded)
    print(f"{passed:5d} / {inside:5d}  {passed / max(inside, 1):6.1%}  outside the reviewed exclusions")
    for _, name in sorted(set(failed) - set(excluded)):
        print(f"open: {name}")


def main(arguments: list[str]) -> int:
    """Print the figures; 1 when a committed pass was lost."""
    files = [Path(a) for a in arguments if not a.startswith("--")]
    found = [result for path in files for result in results(path=path)]
    total, passed = Counter(g for g, _, _ in found), Counter(g for g, _, ok in found if ok)
    for group in total:
        print(f"{passed[group]:5d} / {total[group]:5d}  {passed[group] / total[group]:6.1%}  {group}")
    print(f"{passed.total():5d} / {total.total():5d}  {passed.total() / max(total.total(), 1):6.1%}  raw")
    _reviewed(found)
    known = set(PASSING.read_text(encoding="utf-8").splitlines()) if PASSING.exists() else set()
    now = {name for _, name, ok in found if ok}
    lost = sorted(known & {name for _, name, ok in found if not ok})
    for name in lost:
        print(f"lost: {name}")
    if "--accept" in arguments:
        PASSING.write_text("\n".join(sorted(known | now)) + "\n", encoding="utf-8")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
