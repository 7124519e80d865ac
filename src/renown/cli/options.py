"""What options of several commands mean."""

from datetime import date
from typing import Annotated

import typer

from renown.errors import BadInput

WhoText = Annotated[str, typer.Argument(metavar="WHO", help="A person's name, network:handle or network:id.")]


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
