"""What the log says of a failure: where it happened, and nothing of what was being worked on."""

from __future__ import annotations

import subprocess
import sys

FAILING = """
import logging, logging.config
from dajing.kernel.web.log import configure
logging.config.dictConfig(configure(form="console"))
def act(secret):
    raise ValueError("it failed")
try:
    act("of-a-person")
except ValueError:
    logging.getLogger("django.request").exception("refused")
"""


def test_a_failure_is_logged_without_the_values_that_were_worked_on() -> None:
    said = subprocess.run([sys.executable, "-c", FAILING], capture_output=True, text=True, check=True).stderr
    assert "ValueError: it failed" in said
    assert "in act" in said
    assert "secret = " not in said
