"""All checks in one list of problems."""

from __future__ import annotations

from pathlib import Path

import click

from dajing.kernel.checking.blanks import check_blanks
from dajing.kernel.checking.contracts import check_contracts
from dajing.kernel.checking.documents import check_documents
from dajing.kernel.checking.packs import check_packs
from dajing.kernel.checking.sizes import check_sizes
from dajing.kernel.checking.translations import check_translations
from dajing.kernel.packs.problem import Problem, Problems


def check_everything(*, checkout: Path | None, cities: Path, cli: click.Group) -> list[Problem]:
    """Every problem by file and line; an installation without a checkout has only its packs to check."""
    problems = Problems(root=checkout or cities.parent)
    check_packs(cities=cities, problems=problems)
    if checkout is not None:
        check_translations(problems=problems)
        check_documents(root=checkout, cli=cli, problems=problems)
        check_contracts(root=checkout, problems=problems)
        check_blanks(root=checkout, problems=problems)
        check_sizes(root=checkout, problems=problems)
    return sorted(problems.found, key=lambda problem: (problem.file, problem.line))
