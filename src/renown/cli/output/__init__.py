"""Print results: tables for people, JSON for programs."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from renown.cli.output.name_column import NameTable

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from rich.table import Table

_UNFOLDED_WIDTH = 10_000
"""Width of output to a file or another program, which looks for whole names and sentences in a line."""


def _choose_width() -> int | None:
    """Return the width of the output; None for that of the terminal, or of the variable COLUMNS."""
    return None if sys.stdout.isatty() or "COLUMNS" in os.environ else _UNFOLDED_WIDTH


console = Console(highlight=False, width=_choose_width())


def print_json(answer: DataclassInstance) -> None:
    """Print a result as JSON, its fields in their order."""
    print(json.dumps(dataclasses.asdict(answer), indent=2, ensure_ascii=True))  # noqa: T201 - verbatim: no wrapping, no colours


def print_json_lines(answers: Sequence[DataclassInstance]) -> None:
    """Print results as JSON Lines, one per line."""
    for answer in answers:
        print(json.dumps(dataclasses.asdict(answer), ensure_ascii=True))  # noqa: T201 - as above


def notify(line: str) -> None:
    """Print a message, such as a wait or a failure, to stderr."""
    typer.echo(line, err=True)


def escape_text(text: str) -> str:
    """Escape markup and control characters, so that a terminal shows text of others as it is, and obeys none of it."""
    return escape(_escape_controls(text))


def _escape_controls(text: str) -> str:
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def cut_title(title: str) -> Text:
    """Return a cell with a title of others in one line, which ends with an ellipsis where the terminal is narrow."""
    return Text(_escape_controls(title), overflow="ellipsis", no_wrap=True)


def new_table(title: str, *columns: str) -> Table:
    """
    Return an empty table.

    Columns whose name ends in ``>`` are right-aligned, for numbers. Where the terminal is narrow, long words are
    continued on the next line, and in columns whose name ends in ``…``, for names to read, cut where they are alike.
    """
    table = NameTable(title=title)
    for column in columns:
        table.add_column(
            column.rstrip(">…"),
            justify="right" if column.endswith(">") else "left",
            overflow="ellipsis" if column.endswith("…") else "fold",
        )
    return table


def print_warnings(name: str, warnings: Sequence[str]) -> None:
    """Print why there is not enough data about a person; nothing if there is."""
    if warnings:
        console.print(
            f"not enough data about {escape_text(name)}: {'; '.join(warnings)}", style="yellow", soft_wrap=True
        )


def format_instant(instant: str | None) -> str:
    """Format an instant to the minute."""
    return instant[:16].replace("T", " ") + " UTC" if instant else "never"
