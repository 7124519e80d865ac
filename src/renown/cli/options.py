"""Options that several commands share, and how to parse them."""

import math
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from renown.errors import InvalidInputError, MissingDependencyError, describe_extra

PersonArgument = Annotated[
    str, typer.Argument(metavar="WHO", help="A person's name, or an account as network:handle or network:id.")
]
PeopleArgument = Annotated[
    list[str],
    typer.Argument(metavar="WHO…", help="Names of people, or accounts as network:handle or network:id."),
]
PersonNameArgument = Annotated[str, typer.Argument(metavar="PERSON", help="Name of the person.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead, for programs.")]
JsonLinesOption = Annotated[bool, typer.Option("--json", help="Print JSON Lines instead, for programs.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
DayOption = Annotated[str | None, typer.Option(help="UTC day, as 2026-11-23. Default: the latest published.")]
MethodVersionOption = Annotated[
    str | None, typer.Option("--method", help="Version of the method. Default: that of the day.")
]
_PLOT_SUFFIXES = (".png", ".svg")


def parse_day(text: str) -> date:
    """
    Parse a UTC day in ISO 8601, such as 2026-11-23.

    Raises
    ------
    InvalidInputError
        If it is not a day.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(f"{text!r} is not a day; write it as 2026-11-23") from None


def parse_time(text: str) -> datetime:
    """
    Parse a UTC day, or a time of a UTC day, in ISO 8601, such as 2026-11-23 or 2026-11-23T06:00.

    Raises
    ------
    InvalidInputError
        If it is neither.
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(
            f"{text!r} is no day and no time; write it as 2026-11-23 or 2026-11-23T06:00, in UTC"
        ) from None
    return parsed.astimezone(UTC).replace(tzinfo=None) if parsed.tzinfo else parsed


def parse_optional_day(text: str | None) -> date | None:
    """Parse a UTC day; None if no text is given."""
    return parse_day(text) if text else None


def parse_score(value: str | float) -> float:
    """
    Parse a score to reach, from 1 to 100.

    Raises
    ------
    BadParameter
        If it is none.
    """
    text = str(value).strip()
    if text.endswith("%"):
        raise typer.BadParameter(
            f"{text!r} is a percentage; a score has no percent sign, such as 70 (`renown group create` takes "
            "percentages of the people with --goal-percentile)"
        )
    try:
        score = float(text)
    except ValueError:
        score = math.nan
    if not 1 <= score <= 100:  # noqa: PLR2004 - what a score can be
        raise typer.BadParameter(f"{text!r} is not a score; write a number from 1 to 100, such as 70 or 72.5")
    return score


def parse_percentage(value: str | int) -> int:
    """
    Parse a whole percentage from 1 to 100, with or without a percent sign.

    Raises
    ------
    BadParameter
        If it is none.
    """
    text = str(value).strip()
    digits = text.removesuffix("%").rstrip()
    if not (digits.isascii() and digits.isdecimal() and 1 <= int(digits) <= 100):  # noqa: PLR2004 - all people
        raise typer.BadParameter(f"{text!r} is not a percentage; write a whole number from 1 to 100, such as 90 or 90%")
    return int(digits)


def check_new_file(path: Path) -> None:
    """
    Check, before a long computation, that its result can be written to a new file.

    Raises
    ------
    InvalidInputError
        If there is such a file, or its folder is missing.
    """
    if path.exists():
        raise InvalidInputError(f"{str(path)!r} exists already; write to another file")
    _check_folder(path)


def _check_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise InvalidInputError(f"there is no folder {str(path.parent)!r} to write {path.name!r} to; create it")


def check_plot_path(path: Path | None) -> Path | None:
    """
    Check that a plot can be drawn to this file.

    Raises
    ------
    InvalidInputError
        If it is not a .png or .svg file, or its folder is missing.
    MissingDependencyError
        If Matplotlib is not installed.
    """
    if path is None:
        return None
    if path.suffix not in _PLOT_SUFFIXES:
        raise InvalidInputError(
            f"--plot is {str(path)!r}; write a file name that ends in {' or '.join(_PLOT_SUFFIXES)}"
        )
    if find_spec("matplotlib") is None:
        raise MissingDependencyError(f"plots need Matplotlib; {describe_extra('plot')}")
    _check_folder(path)
    return path
