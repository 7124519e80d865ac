"""Learn a method's weights, exchange rates or curves, and write them to a new method file."""

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
    write_method_file,
)
from renown.cli.options import JsonOption, check_new_file, parse_optional_day
from renown.cli.output import console
from renown.cli.output import research as output_research
from renown.cli.progress import ProgressBar

learn_app = typer.Typer(help="Learn a method's weights, exchange rates or curves from data.", no_args_is_help=True)


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

    base_method = load_base_method(context, base)
    check_new_file(to)
    judgement_file = judgements.read_judgements(file, load_mapping(signals, base_method))
    with ProgressBar() as bar, open_reader(context) as engine:
        progress = None if json else bar
        result = learn.learn_weights(judgement_file, base_method, engine, version=to.stem, seed=seed, progress=progress)
    (output.print_json if json else output_research.print_learned_weights)(result)
    write_method_file(result.text, to)
    draw_plot(result, plot)


@learn_app.command("rates")
def learn_rates(
    context: typer.Context,
    network: Annotated[str, typer.Option(help="Network, in lower case, such as bluesky.")],
    to: Annotated[Path, typer.Option(help="The method file to write; its name becomes the version.")],
    day: Annotated[str | None, typer.Option(help="UTC day, as 2026-11-23. Default: the latest published.")] = None,
    base: MethodFileOption = None,
    plot: PlotOption = None,
    json: JsonOption = False,
) -> None:
    """
    Learn what a unit of each signal is worth on a network, in followers, and write a new method file.

    The rates come from the network's own accounts on a published day. For methods without a ledger, such as 2.1; for
    others see `renown learn curves`.

    Example: `renown learn rates --network bluesky --to bluesky.toml`
    """
    from renown import method
    from renown.research import rates
    from renown.scoring.points import open_all_points

    home = open_home(context)
    check_new_file(to)
    base_method = method.load_method(base) if base else home.method
    published_day = home.days.find(parse_optional_day(day))
    with (
        home.reader() as engine,
        open_all_points(engine, home.lake, published_day, home.settings.home) as published,
    ):
        result = rates.learn_rates(published, base_method, network, version=to.stem)
    (output.print_json if json else output_research.print_rates)(result)
    write_method_file(result.text, to)
    draw_plot(result, plot)


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
    from renown.research import curves
    from renown.scoring.points import open_all_points

    home = open_home(context)
    if to:
        check_new_file(to)
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
        write_method_file(result.text, to)
    elif not json:
        console.print("no file was written; add --to FILE.toml to write the method with these curves")
    draw_plot(result, plot)
