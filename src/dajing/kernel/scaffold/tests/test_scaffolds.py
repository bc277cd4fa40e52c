"""Each scaffold is made in a copy of the checkout, through the command line, as a newcomer would."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from dajing.kernel.scaffold.connector import DomainUnknown, new_connector
from dajing.kernel.scaffold.domain import ContractNotFound, new_domain
from dajing.kernel.scaffold.writing import AlreadyThere, NameUnusable
from dajing.kernel.settings import REPOSITORY


class Copy:
    """A checkout of its own; nothing here touches the real one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.added: list[tuple[str, str]] = []
        kept = shutil.ignore_patterns("__pycache__", "vendor", "*.mo")
        for folder in ("src", "cities", "docs", "tests"):
            shutil.copytree(REPOSITORY / folder, root / folder, ignore=kept)
        for file in ("pyproject.toml", "conftest.py"):
            shutil.copyfile(REPOSITORY / file, root / file)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("DAJING_")}
        environment |= {"PYTHONPATH": str(self.root / "src"), "DAJING_DATA": str(self.root / "data")}
        return subprocess.run(
            [sys.executable, "-m", *words], cwd=self.root, env=environment, capture_output=True, text=True, check=False
        )

    def new(self, *words: str) -> None:
        made = self.run("dajing", "new", *words)
        assert made.returncode == 0, made.stderr

    def problems(self) -> list[tuple[str, str]]:
        checked = self.run("dajing", "check", "--json")
        assert checked.stdout, checked.stderr
        found = msgspec.json.decode(checked.stdout)
        assert checked.returncode == (1 if found else 0)
        return [(problem["file"], problem["message"]["en"]) for problem in found]

    def passes(self, *tests: str) -> None:
        run = self.run("pytest", "-q", "-p", "no:cacheprovider", *tests)
        assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """One copy for the whole page: each command costs seconds. ``before`` and ``after`` are its problems."""
    copy = Copy(tmp_path_factory.mktemp("checkout"))
    before = copy.problems()
    copy.new("domain", "energy")
    ratio = ("--goal", "infrastructure", "--numerator", "parks_wifi", "--denominator", "parks", "--target", "90")
    copy.new("indicator", "park_wifi_share", *ratio)
    copy.new("connector", "carrier", "--domain", "plan")
    copy.added = [problem for problem in copy.problems() if problem not in before]
    return copy


def test_the_check_names_what_each_scaffold_still_needs_and_nothing_else(copy):
    assert {file for file, _ in copy.added} == {
        "src/dajing/domains/energy/domain.toml",
        "src/dajing/domains/energy/__init__.py",
        "cities/zhangjiakou/plans/zjk-135/indicators.toml",
        "src/dajing/domains/plan/connectors/carrier.py",
    }
    assert all("to be filled in" in message for _, message in copy.added)


def test_the_tests_that_come_with_the_scaffolds_pass_as_they_are(copy):
    plan = "src/dajing/domains/plan/tests"
    copy.passes(
        "src/dajing/domains/energy", f"{plan}/test_indicator_park_wifi_share.py", f"{plan}/test_connector_carrier.py"
    )


def test_broken_contracts_are_all_named_at_once(copy):
    rules = copy.root / "src/dajing/domains/energy/rules.py"
    rules.write_text(rules.read_text() + "\nfrom dajing.domains.plan.pack import Plan  # noqa\n")
    bare = copy.root / "src/dajing/domains/bare"
    bare.mkdir()
    (bare / "__init__.py").write_text("")
    (copy.root / "src/dajing/domains/plan/tests/test_connector_carrier.py").unlink()
    (copy.root / "docs/guide/en/city-pack.md").unlink()
    (copy.root / "docs/reference/settings.md").write_text("# Settings\n")
    long = "def long() -> None:\n" + "    print()\n" * 61
    (copy.root / "src/dajing/domains/energy/long.py").write_text(f'"""Long."""\n{long}')
    found = dict.fromkeys(copy.problems())
    messages = " ".join(message for _, message in found)
    for words in (
        "import contract is broken",
        "bare has no place",
        "the docstring that says",
        "there are no tests",
        "the file does not exist",
        "lacks tests/test_connector_carrier.py",
        "exists in zh only",
        "differs from the program",
        "the function long has 62 lines",
    ):
        assert words in messages, words


@pytest.mark.parametrize("name", ["Energy", "class", "1x", "a b", "../plan", "x"])
def test_a_name_that_python_could_not_import_is_refused(tmp_path, name):
    with pytest.raises(NameUnusable):
        new_domain(root=REPOSITORY, name=name)


def test_nothing_that_exists_is_overwritten():
    with pytest.raises(AlreadyThere):
        new_domain(root=REPOSITORY, name="plan")


def test_a_connector_of_an_unknown_domain_names_the_domains_there_are():
    with pytest.raises(DomainUnknown, match="plan"):
        new_connector(root=REPOSITORY, name="carrier", domain="nowhere")


def test_a_checkout_without_the_contract_gets_no_domain(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    with pytest.raises(ContractNotFound):
        new_domain(root=tmp_path, name="energy")
    assert [path.name for path in tmp_path.rglob("*")] == ["pyproject.toml"]
