"""``python -m dajing``."""

from dajing.cli import main

main()
