"""Method: print it and its model card, and compare the scores of two methods."""

from __future__ import annotations

import shlex
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from renown.cli.home import open_home
from renown.cli.method_files import PlotOption, draw_plot, load_base_method
from renown.cli.options import JsonOption, parse_optional_day
from renown.cli.output import print_json
from renown.errors import DayNotPublishedError

if TYPE_CHECKING:
    from renown.home import Home
    from renown.store import PublishedDay

method_app = typer.Typer(help="Read the scoring method and its model card; compare two methods.", no_args_is_help=True)


@method_app.command("show")
def method_show(context: typer.Context) -> None:
    """Print the scoring method: each constant with its source, then the SQL steps in order."""
    scoring_method = load_base_method(context, None)
    print(scoring_method.text)  # noqa: T201 - verbatim: no wrapping, no colours
    for step in scoring_method.all_steps():
        print(f"-- step {step.name}: {step.description}\n{step.sql};\n")  # noqa: T201 - as above


@method_app.command("card")
def method_card(
    context: typer.Context,
    evaluations: Annotated[
        list[Path] | None,
        typer.Argument(metavar="EVALUATION...", help="Files with the output of `renown evaluate … --json`."),
    ] = None,
    method_file: Annotated[
        Path | None, typer.Option("--method", help="Method file, or an included version. Default: the home's.")
    ] = None,
) -> None:
    """
    Print the model card in Markdown: what the score measures, how it was evaluated, where it fails.

    Example: `renown method card pairs.json klout.json > model-card.md`
    """
    from renown import research

    scoring_method = load_base_method(context, method_file)
    card = research.render_model_card(scoring_method, research.read_evaluations(evaluations or [], scoring_method))
    print(card, end="")  # noqa: T201 - verbatim


@method_app.command("compare")
def method_compare(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="Version of the method to switch from, or its file.")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="Version of the method to switch to, or its file.")],
    day: Annotated[
        str | None, typer.Option(help="UTC day that both methods scored. Default: the latest that BEFORE scored.")
    ] = None,
    n: Annotated[int, typer.Option("-n", min=0, help="Number of largest rises, and of largest falls.")] = 10,
    plot: PlotOption = None,
    json: JsonOption = False,
) -> None:
    """
    Compare the scores of a day by two methods: what a switch does to whom, and why.

    Both have scored the day: `renown score --day DAY --method FILE` does so for a method of your own.

    Example: `renown method compare 2.1 3 --day 2026-11-23 --plot shifts.svg`
    """
    from renown import answers
    from renown.cli.output.methods import print_method_comparison
    from renown.store import PublishedTables

    home = open_home(context)
    before_day = _find_scored_day(home, parse_optional_day(day), before)
    after_day = _find_scored_day(home, before_day.day, after)
    with (
        home.reader() as engine,
        PublishedTables(before_day, engine.connection) as before_tables,
        PublishedTables(after_day, engine.connection) as after_tables,
    ):
        answer = answers.compare_methods(before_tables, after_tables, engine, home.lake, n=n)
    (print_json if json else print_method_comparison)(answer)
    draw_plot(answer, plot)


def _find_scored_day(home: Home, day: date | None, name: str) -> PublishedDay:
    """
    Find a day that a method scored, by default its latest; the method has the name of a version or file.

    Raises
    ------
    DayNotPublishedError
        If it did not; the remedy is the command that scores it, or says which versions are included.
    InvalidMethodError
        If a file is no method, or differs from the one of this version that scored days.
    """
    from renown.method import find_version

    is_file = name.endswith(".toml") or Path(name).is_file()
    version = _read_version(home, Path(name)) if is_file else name
    try:
        return home.days.find(day, version)
    except DayNotPublishedError as error:
        included_file = find_version(version)
        scored_day = day or home.days.find().day
        if is_file or included_file.is_file():
            remedy = f"score it with `renown score --day {scored_day} --method {shlex.quote(name)}`"
            raise DayNotPublishedError(error.public_message, remedy=remedy) from None
        versions = ", ".join(sorted(file.stem for file in included_file.parent.glob("*.toml")))
        raise DayNotPublishedError(
            f"{error.public_message}; version {version!r} is not included in renown, which has {versions}",
            remedy=f"with a file of that method, score it with `renown score --day {scored_day} --method FILE`",
        ) from None


def _read_version(home: Home, file: Path) -> str:
    """Return the version of a method file, with whose constants days of this version were scored."""
    from renown.method import load_method

    scoring_method = load_method(file)
    home.days.check_version(scoring_method.version, scoring_method.digest)
    return scoring_method.version
