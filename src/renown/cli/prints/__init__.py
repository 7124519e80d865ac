"""What the command line prints: tables for people, JSON for programs."""

import dataclasses
import json
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from renown.answers import (
    Changes,
    Claimant,
    Explanation,
    GroupList,
    GroupLog,
    Held,
    Leaders,
    Receipt,
    Standing,
    Standings,
    Status,
    Timeline,
    Way,
)
from renown.jobs.daily import Run
from renown.jobs.evaluate import Agreement
from renown.jobs.gather import Visit
from renown.jobs.learn import Learned
from renown.jobs.prove import Finding
from renown.jobs.rates import Rates
from renown.jobs.scale import Scale
from renown.jobs.spread import Spread
from renown.jobs.wishes import Granted
from renown.store import Verdict

console = Console(highlight=False)

Answer = (
    Agreement
    | Changes
    | Explanation
    | Held
    | GroupList
    | GroupLog
    | Leaders
    | Learned
    | Rates
    | Receipt
    | Run
    | Scale
    | Spread
    | Standing
    | Status
    | Standings
    | Timeline
    | Verdict
    | Way
)


def as_json(answer: Answer) -> None:
    """Print an answer as JSON: its fields by their names, in their order."""
    print(json.dumps(dataclasses.asdict(answer), indent=2, ensure_ascii=True))  # noqa: T201 - as it is, no width, no colours


def as_json_lines(answers: Sequence[Claimant | Finding | Granted | Visit]) -> None:
    """Print answers as JSON, one a line."""
    for answer in answers:
        print(json.dumps(dataclasses.asdict(answer), ensure_ascii=True))  # noqa: T201 - as above


def plain(text: str) -> str:
    """Return text that a terminal shows and never obeys."""
    return escape("".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text))


def new_table(title: str, *columns: str) -> Table:
    """Return an empty table; columns that end in > hold numbers."""
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for column in columns:
        table.add_column(column.removesuffix(">"), justify="right" if column.endswith(">") else "left", overflow="fold")
    return table
