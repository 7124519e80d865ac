"""The command line, as ``python -m renown``."""

from renown.cli import main

main()
