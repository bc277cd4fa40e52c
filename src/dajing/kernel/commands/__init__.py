"""Commands that run the product as a whole."""

from __future__ import annotations

import click

from dajing.kernel.checking.commands import COMMANDS as CHECKING
from dajing.kernel.commands.manage import manage
from dajing.kernel.commands.testing import test
from dajing.kernel.scaffold.commands import COMMANDS as SCAFFOLD
from dajing.kernel.supervisor.up import up
from dajing.kernel.upkeep.commands import COMMANDS as UPKEEP

COMMANDS: list[click.Command] = [manage, test, up, *UPKEEP, *CHECKING, *SCAFFOLD]
