"""Options and files of the commands that learn and evaluate methods."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from renown.cli.home import open_existing_home
from renown.cli.options import check_plot_path
from renown.cli.output import notify
from renown.errors import InvalidInputError

if TYPE_CHECKING:
    from renown.engines.duckdb import DuckDB
    from renown.method.file import Method
    from renown.research.plots import Drawable

JudgementsArgument = Annotated[Path, typer.Argument(metavar="FILE", help="CSV with one judged pair per line.")]
SignalsOption = Annotated[
    Path | None,
    typer.Option("--signals", help="TOML file that maps columns to signals. Default: the method's own."),
]
MethodFileOption = Annotated[
    Path | None,
    typer.Option(
        "--method",
        help="Method file, or a version included in renown, such as 2.1. Default: the home's, else the included one.",
    ),
]
SeedOption = Annotated[int, typer.Option(min=0, help="Random seed: the same seed gives the same splits of people.")]

PlotOption = Annotated[
    Path | None, typer.Option(callback=check_plot_path, help="Also draw a plot to this .png or .svg file.")
]


def draw_plot(answer: Drawable, path: Path | None) -> None:
    """Draw an answer to a file; do nothing without one."""
    if path:
        from renown.research import plots

        plots.draw(answer, path)
        notify(f"wrote {path}")


def write_method_file(text: str, path: Path) -> None:
    """Write a learned method, and say how to use it; on stderr, as standard output may be JSON."""
    path.write_text(text, encoding="utf-8")
    notify(f"wrote {path}: score with it by `renown score --method {shlex.quote(str(path))}`")


def load_base_method(context: typer.Context, base: Path | None) -> Method:
    """Load a method file, by default that of the home, else the one included in renown."""
    from renown import method

    home = open_existing_home(context) if base is None else None
    return home.method if home else method.load_method(base)


def open_reader(context: typer.Context) -> DuckDB:
    """Open a DuckDB session within the limits of the home, if there is one."""
    from renown.engines.duckdb import DuckDB

    home = open_existing_home(context)
    return home.reader() if home else DuckDB()


def load_mapping(path: Path | None, base_method: Method) -> dict[str, Any]:
    """
    Load which column of judged pairs has which signal, from a file, or from what a method was learned.

    Raises
    ------
    InvalidInputError
        If no file is given, and the method was not learned from judgements.
    """
    from renown.research import judgements

    if path is not None:
        return judgements.read_mapping(path)
    if "mapping" not in base_method.provenance:
        raise InvalidInputError(
            f"method {base_method.version!r} was not learned from judgements, so it maps no columns; "
            "add --signals FILE.toml"
        )
    return dict(base_method.provenance["mapping"])
