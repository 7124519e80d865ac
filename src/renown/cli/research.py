"""Research: record judgements, learn weights and rates, evaluate methods."""

from __future__ import annotations

import csv
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from renown.cli import output
from renown.cli.options import JsonOption, check_plot_path, parse_optional_day, parse_time
from renown.cli.output import console, escape_text
from renown.cli.output import research as output_research
from renown.cli.progress import ProgressBar
from renown.errors import InvalidInputError

if TYPE_CHECKING:
    from renown.engines.duckdb import DuckDB
    from renown.method.file import Method
    from renown.research.plots import Drawable

learn_app = typer.Typer(help="Learn a method's weights, exchange rates or curves from data.", no_args_is_help=True)
evaluate_app = typer.Typer(
    help="Evaluate a method on judgements, Klout scores, later reposts or partial data, next to simple baselines.",
    no_args_is_help=True,
)

_DEFAULT_SHRINKAGE = 1.0
"""Default strength of regularization (towards equal weights), for methods that do not record theirs."""

JudgementsArgument = Annotated[Path, typer.Argument(metavar="FILE", help="CSV with one judged pair per line.")]
SignalsOption = Annotated[
    Path | None,
    typer.Option("--signals", help="TOML file that maps columns to signals. Default: the method's own."),
]
MethodFileOption = Annotated[
    Path | None, typer.Option("--method", help="Method file. Default: the home's, else the one included in renown.")
]
SeedOption = Annotated[int, typer.Option(min=0, help="Random seed: the same seed gives the same splits of people.")]

PlotOption = Annotated[
    Path | None, typer.Option(callback=check_plot_path, help="Also draw a plot to this .png or .svg file.")
]


def judge(
    context: typer.Context,
    winner: Annotated[str, typer.Argument(metavar="WINNER", help="The more influential person.")],
    loser: Annotated[str, typer.Argument(metavar="LOSER", help="The less influential person.")],
    by: Annotated[str, typer.Option(help="Name of the judge.")] = "",
) -> None:
    """
    Record a judgement: which of two people is more influential.

    Weights can be learned from judgements; `renown judgements` writes them to a file for that.

    Example: `renown judge ada bob --by eve`
    """
    from renown import scoring
    from renown.home import open_home

    home = open_home(context.obj, os.environ)
    with home.reader() as engine:
        winner_subject, loser_subject = (
            scoring.resolve_subject(name, engine, home.lake, home.people) for name in (winner, loser)
        )
    home.judgements.add(winner_subject.key, loser_subject.key, judge=by, at=datetime.now(UTC))
    judgement = f"{escape_text(winner_subject.name)} is more influential than {escape_text(loser_subject.name)}"
    console.print(f"recorded: {judgement} ({len(home.judgements.all()):,} judgements in all)")


def export_judgements(
    context: typer.Context,
    to: Annotated[
        Path, typer.Option(help="CSV file to write; a .toml file that maps its columns is written beside it.")
    ],
    day: Annotated[
        str | None, typer.Option(help="UTC day whose signals are written. Default: the latest published.")
    ] = None,
) -> None:
    """
    Write the recorded judgements to a CSV file, with the signals of both people, for `renown learn pairs`.

    Example: `renown judgements --to judged.csv`
    """
    from renown import research
    from renown.home import open_home
    from renown.store import PublishedTables

    home = open_home(context.obj, os.environ)
    _check_not_existing(to)
    signals = [signal.name for signal in home.method.signals]
    with home.reader() as engine, PublishedTables(home.days.find(parse_optional_day(day))) as published:
        pairs = research.build_judged_pairs(home.judgements.all(), published, signals, engine, home.lake)
    with to.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([pairs.header, *pairs.rows])
    mapping_path = to.with_suffix(".toml")
    mapping_path.write_text(research.pairs_mapping_toml(signals), encoding="utf-8")
    skipped_text = (
        f", without {pairs.skipped_judgements:,} of people who have no score that day"
        if pairs.skipped_judgements
        else ""
    )
    console.print(
        f"{len(pairs.rows):,} judgements are in {to}{skipped_text}; "
        f"renown learn pairs {to} --signals {mapping_path} --to NEW.toml",
        soft_wrap=True,
    )


@learn_app.command("pairs")
def learn_pairs(
    context: typer.Context,
    file: JudgementsArgument,
    to: Annotated[Path, typer.Option(help="The method file to write; its name becomes the version.")],
    signals: SignalsOption = None,
    base: MethodFileOption = None,
    seed: SeedOption = 1,
    plot: PlotOption = None,
    json: JsonOption = False,
) -> None:
    """
    Learn the weights of the signals from judged pairs, and write a new method file.

    Regularization keeps the weights as equal as the judgements allow.

    Example: `renown learn pairs judged.csv --signals judged.toml --to mine.toml`
    """
    from renown.research import judgements, learn

    base_method = _load_method(context, base)
    _check_not_existing(to)
    judgement_file = judgements.read_judgements(file, _load_mapping(signals, base_method))
    with ProgressBar() as bar, _open_reader(context) as engine:
        progress = None if json else bar
        result = learn.learn_weights(judgement_file, base_method, engine, version=to.stem, seed=seed, progress=progress)
    to.write_text(result.text, encoding="utf-8")
    (output.print_json if json else output_research.print_learned_weights)(result)
    _draw_plot(result, plot)


@learn_app.command("rates")
def learn_rates(
    context: typer.Context,
    network: Annotated[str, typer.Option(help="Network, in lower case, such as bluesky.")],
    to: Annotated[Path, typer.Option(help="The method file to write; its name becomes the version.")],
    day: Annotated[str | None, typer.Option(help="UTC day, as 2026-11-23. Default: the latest published.")] = None,
    base: MethodFileOption = None,
    json: JsonOption = False,
) -> None:
    """
    Learn what a unit of each signal is worth on a network, in followers, and write a new method file.

    The rates come from the network's own accounts on a published day. For methods without a ledger, such as 2.1; for
    others see `renown learn curves`.

    Example: `renown learn rates --network bluesky --to bluesky.toml`
    """
    from renown import method
    from renown.home import open_home
    from renown.research import rates
    from renown.scoring.points import open_all_points

    home = open_home(context.obj, os.environ)
    _check_not_existing(to)
    base_method = method.load_method(base) if base else home.method
    published_day = home.days.find(parse_optional_day(day))
    with (
        home.reader() as engine,
        open_all_points(engine, home.lake, published_day, home.settings.home) as published,
    ):
        result = rates.learn_rates(published, base_method, network, version=to.stem)
    to.write_text(result.text, encoding="utf-8")
    (output.print_json if json else output_research.print_rates)(result)


@learn_app.command("curves")
def learn_curves(
    context: typer.Context,
    network: Annotated[str, typer.Option(help="Network, in lower case, such as bluesky.")],
    day: Annotated[str | None, typer.Option(help="UTC day, as 2026-11-23. Default: the method's latest.")] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", "--output", help="The method file to write; its name becomes the version. Default: none."),
    ] = None,
    base: MethodFileOption = None,
    plot: PlotOption = None,
    json: JsonOption = False,
) -> None:
    """
    Learn what followers a network's accounts with as many lists, or such reactions, typically have.

    The curves come from the network's own accounts on a day that the method published; the method uses them for this
    network instead of the general ones. For methods with a ledger, such as 3; for others see `renown learn rates`.

    Example: `renown learn curves --network bluesky --to bluesky.toml`
    """
    from renown import method
    from renown.home import open_home
    from renown.research import curves
    from renown.scoring.points import open_all_points

    home = open_home(context.obj, os.environ)
    if to:
        _check_not_existing(to)
    base_method = method.load_method(base) if base else home.method
    version = to.stem if to else base_method.version
    published_day = home.days.find(parse_optional_day(day), base_method.version)
    curves.check_method(published_day, base_method)
    with (
        home.reader() as engine,
        open_all_points(engine, home.lake, published_day, home.settings.home) as published,
    ):
        result = curves.learn_curves(published, base_method, network, version=version)
    (output.print_json if json else output_research.print_curves)(result)
    if to:
        to.write_text(result.text, encoding="utf-8")
    elif not json:
        console.print("no file was written; add --to FILE.toml to write the method with these curves")
    _draw_plot(result, plot)


@evaluate_app.command("pairs")
def evaluate_pairs(
    context: typer.Context,
    file: JudgementsArgument,
    signals: SignalsOption = None,
    base: MethodFileOption = None,
    seed: SeedOption = 1,
    plot: PlotOption = None,
    json: JsonOption = False,
) -> None:
    """
    Evaluate a method on judged pairs of people, next to followers, lists, percentiles and gradient boosting.

    Example: `renown evaluate pairs judged.csv --signals judged.toml --plot pairs.svg`
    """
    from renown.research import judgements
    from renown.research import pairs as research_pairs

    evaluated_method = _load_method(context, base)
    judgement_file = judgements.read_judgements(file, _load_mapping(signals, evaluated_method))
    shrinkage = float(evaluated_method.provenance.get("shrinkage", _DEFAULT_SHRINKAGE))
    with ProgressBar() as bar, _open_reader(context) as engine:
        progress = None if json else bar
        answer = research_pairs.evaluate_pairs(
            judgement_file, evaluated_method, engine, shrinkage=shrinkage, seed=seed, progress=progress
        )
    (output.print_json if json else output_research.print_agreement)(answer)
    _draw_plot(answer, plot)


@evaluate_app.command("coverage")
def evaluate_coverage(
    context: typer.Context,
    file: JudgementsArgument,
    signals: SignalsOption = None,
    base: MethodFileOption = None,
    plot: PlotOption = None,
    json: JsonOption = False,
) -> None:
    """
    Evaluate whether a score means the same however much is seen of a person: followers, lists, reactions.

    The people of a file of judgements are scored from each of these, from every two of them, and from all.

    Example: `renown evaluate coverage judged.csv --plot coverage.svg`
    """
    from renown.research import coverage, judgements

    evaluated_method = _load_method(context, base)
    judgement_file = judgements.read_judgements(file, _load_mapping(signals, evaluated_method))
    with ProgressBar() as bar, _open_reader(context) as engine:
        answer = coverage.evaluate_coverage(judgement_file, evaluated_method, engine, progress=None if json else bar)
    (output.print_json if json else output_research.print_coverage)(answer)
    _draw_plot(answer, plot)


@evaluate_app.command("klout")
def evaluate_klout(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with the columns followers, listed, klout_score.")],
    base: MethodFileOption = None,
    seed: SeedOption = 1,
    plot: PlotOption = None,
    json: JsonOption = False,
) -> None:
    """Evaluate scores computed from followers and lists alone against those that Klout gave the same accounts."""
    from renown.research import klout

    evaluated_method, klout_accounts = _load_method(context, base), klout.read_klout_scores(file)
    with _open_reader(context) as engine:
        answer = klout.evaluate_klout(klout_accounts, evaluated_method, engine, seed=seed)
    (output.print_json if json else output_research.print_klout_evaluation)(answer)
    _draw_plot(answer, plot)


@evaluate_app.command("spread")
def evaluate_spread(
    context: typer.Context,
    cut: Annotated[
        list[str],
        typer.Option(
            help="First UTC day that is predicted, as 2026-11-23, or with the time at which days begin, as "
            "2026-11-23T06:00; only earlier data is used. Several, separated by commas or repeated, give means."
        ),
    ],
    horizon: Annotated[int, typer.Option(min=1, help="Number of days to predict.")] = 7,
    base: MethodFileOption = None,
    plot: PlotOption = None,
    json: JsonOption = False,
) -> None:
    """
    Evaluate whether scores before a day predict how many people repost after it, next to counts and PageRank.

    Example: `renown evaluate spread --cut 2012-07-04,2012-07-04T12:00 --horizon 1`
    """
    from renown import method
    from renown.home import open_home
    from renown.research import spread

    home = open_home(context.obj, os.environ)
    evaluated_method = method.load_method(base) if base else home.method
    cuts = [parse_time(text.strip()) for value in cut for text in value.split(",")]
    with ProgressBar() as bar:
        progress = None if json else bar
        answer = spread.evaluate_spread_cuts(
            home.reader, home.lake, evaluated_method, cuts=cuts, horizon=horizon, progress=progress
        )
    (output.print_json if json else output_research.print_spread_evaluation)(answer)
    _draw_plot(answer, plot)


def _check_not_existing(to: Path) -> None:
    if to.exists():
        raise InvalidInputError(
            f"{str(to)!r} exists already; a published method must not change: write to another file"
        )


def _draw_plot(answer: Drawable, path: Path | None) -> None:
    if path:
        from renown.research import plots

        plots.draw(answer, path)


def _load_method(context: typer.Context, base: Path | None) -> Method:
    from renown import method
    from renown.home import open_home

    path: Path = context.obj
    if base is None and path.exists():
        return open_home(path, os.environ).method
    return method.load_method(base)


def _open_reader(context: typer.Context) -> DuckDB:
    """Open a DuckDB session within the limits of the home, if there is one."""
    from renown.engines.duckdb import DuckDB
    from renown.home import open_home

    path: Path = context.obj
    return open_home(path, os.environ).reader() if path.exists() else DuckDB()


def _load_mapping(path: Path | None, base_method: Method) -> dict[str, Any]:
    from renown.research import judgements

    if path is not None:
        return judgements.read_mapping(path)
    if "mapping" not in base_method.provenance:
        raise InvalidInputError(
            f"method {base_method.version!r} was not learned from judgements, so it maps no columns; "
            "add --signals FILE.toml"
        )
    return dict(base_method.provenance["mapping"])
