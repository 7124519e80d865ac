"""What options of several commands mean."""

from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from renown.errors import BadInput, PartMissing

WhoText = Annotated[str, typer.Argument(metavar="WHO", help="A person's name, network:handle or network:id.")]
_FORMS = (".png", ".svg")


def day_in(text: str) -> date:
    """
    Return the day that somebody typed.

    Raises
    ------
    BadInput
        If it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        msg = f"{text!r} is no day; write it as 2026-11-23"
        raise BadInput(msg) from None


def day_or_none(text: str | None) -> date | None:
    """Return the day that somebody typed, None where they typed none."""
    return day_in(text) if text else None


def drawable(path: Path | None) -> Path | None:
    """
    Return the file that somebody named for a plot.

    Raises
    ------
    BadInput
        If it is of no kind that is drawn.
    PartMissing
        If what draws is not installed.
    """
    if path is not None and path.suffix not in _FORMS:
        msg = f"--plot is {str(path)!r}; write a file that ends in {' or '.join(_FORMS)}"
        raise BadInput(msg)
    if path is not None and find_spec("matplotlib") is None:
        msg = "plots need Matplotlib; install it with: pip install 'renown[learn]'"
        raise PartMissing(msg)
    return path
