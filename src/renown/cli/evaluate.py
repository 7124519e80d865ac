"""Evaluate methods next to simple baselines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from renown.cli import output
from renown.cli.home import open_home
from renown.cli.method_files import (
    JudgementsArgument,
    MethodFileOption,
    PlotOption,
    SeedOption,
    SignalsOption,
    draw_plot,
    load_base_method,
    load_mapping,
    open_reader,
)
from renown.cli.options import JsonOption, parse_time
from renown.cli.output import research as output_research
from renown.cli.progress import ProgressBar

evaluate_app = typer.Typer(
    help="Evaluate a method on judgements, Klout scores, later reposts or partial data, next to simple baselines.",
    no_args_is_help=True,
)

_DEFAULT_SHRINKAGE = 1.0
"""Default strength of regularization (towards equal weights), for methods that do not record theirs."""


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

    evaluated_method = load_base_method(context, base)
    judgement_file = judgements.read_judgements(file, load_mapping(signals, evaluated_method))
    shrinkage = float(evaluated_method.provenance.get("shrinkage", _DEFAULT_SHRINKAGE))
    with ProgressBar() as bar, open_reader(context) as engine:
        progress = None if json else bar
        answer = research_pairs.evaluate_pairs(
            judgement_file, evaluated_method, engine, shrinkage=shrinkage, seed=seed, progress=progress
        )
    (output.print_json if json else output_research.print_agreement)(answer)
    draw_plot(answer, plot)


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

    evaluated_method = load_base_method(context, base)
    judgement_file = judgements.read_judgements(file, load_mapping(signals, evaluated_method))
    with ProgressBar() as bar, open_reader(context) as engine:
        answer = coverage.evaluate_coverage(judgement_file, evaluated_method, engine, progress=None if json else bar)
    (output.print_json if json else output_research.print_coverage)(answer)
    draw_plot(answer, plot)


@evaluate_app.command("klout")
def evaluate_klout(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with the columns followers, listed, klout_score.")],
    base: MethodFileOption = None,
    seed: SeedOption = 1,
    plot: PlotOption = None,
    json: JsonOption = False,
) -> None:
    """
    Evaluate scores computed from followers and lists alone against those that Klout gave the same accounts.

    Example: `renown evaluate klout klout.csv --plot klout.svg`
    """
    from renown.research import klout

    evaluated_method, klout_accounts = load_base_method(context, base), klout.read_klout_scores(file)
    with open_reader(context) as engine:
        answer = klout.evaluate_klout(klout_accounts, evaluated_method, engine, seed=seed)
    (output.print_json if json else output_research.print_klout_evaluation)(answer)
    draw_plot(answer, plot)


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
    from renown.research import spread

    home = open_home(context)
    evaluated_method = method.load_method(base) if base else home.method
    cuts = [parse_time(text.strip()) for value in cut for text in value.split(",")]
    with ProgressBar() as bar:
        progress = None if json else bar
        answer = spread.evaluate_spread_cuts(
            home.reader, home.lake, evaluated_method, cuts=cuts, horizon=horizon, progress=progress
        )
    (output.print_json if json else output_research.print_spread_evaluation)(answer)
    draw_plot(answer, plot)
