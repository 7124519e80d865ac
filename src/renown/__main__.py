"""Run the command line with ``python -m renown``."""

from renown.cli import main

main()
