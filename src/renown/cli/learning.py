"""The commands that learn methods and judge them."""

import csv
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from renown import answers, jobs, method
from renown.assembly import open_home
from renown.cli import prints
from renown.cli.options import day_in, day_or_none, drawable
from renown.cli.prints import console, judging, plain
from renown.cli.progress import Bar
from renown.connectors import judgements, klout_scores
from renown.engines import open_engine
from renown.errors import BadInput
from renown.jobs.evaluate import Agreement
from renown.jobs.learn import Learned
from renown.jobs.scale import Scale
from renown.jobs.spread import Spread
from renown.method import Method
from renown.store import Published

learn_app = typer.Typer(help="Learn a method's weights.", no_args_is_help=True)
evaluate_app = typer.Typer(help="Judge a method next to simple and free alternatives.", no_args_is_help=True)

_SHRINKAGE = 1.0
"""Pull towards even weights where the method says none."""

File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV, one judged pair a line.")]
Mapping = Annotated[
    Path | None,
    typer.Option("--signals", help="TOML that says which columns are which; the method's own without it."),
]
Base = Annotated[
    Path | None, typer.Option("--method", help="A method file; the home's, else renown's own, without it.")
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same splits of people.")]


Plot = Annotated[Path | None, typer.Option(callback=drawable, help="Draw it, too: a .png or .svg file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, as docs/evaluation.md says.")]


def judge(
    context: typer.Context,
    winner: Annotated[str, typer.Argument(metavar="WINNER", help="Who is more influential, you say.")],
    loser: Annotated[str, typer.Argument(metavar="LOSER", help="Than whom.")],
    by: Annotated[str, typer.Option(help="Who says so.")] = "",
) -> None:
    """Say who of two is more influential; methods can be learned from what people say."""
    home = open_home(context.obj, os.environ)
    with home.reader() as engine:
        one, other = (answers.who(asked, engine, home.lake, home.people) for asked in (winner, loser))
    home.judgements.add(one.key, other.key, judge=by, at=datetime.now(UTC))
    said = f"{plain(one.name)} is more influential than {plain(other.name)}"
    console.print(f"{said}: {len(home.judgements.all()):,} judgements are kept")


def judgements_to(
    context: typer.Context,
    to: Annotated[Path, typer.Option(help="The .csv file to write; its mapping goes beside it, as .toml.")],
    day: Annotated[str | None, typer.Option(help="UTC day whose figures count; the latest without it.")] = None,
) -> None:
    """Write what people judged, with the figures of both sides, for `renown learn pairs`."""
    home = open_home(context.obj, os.environ)
    _refuse_to_replace(to)
    signals = [signal.name for signal in home.method.signals]
    with Published(home.days.find(day_or_none(day))) as published:
        found = answers.judged_pairs(home.judgements.all(), published, signals)
    with to.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([found.header, *found.rows])
    beside = to.with_suffix(".toml")
    beside.write_text(answers.mapping(signals), encoding="utf-8")
    left = f", {found.left_out:,} of people without a score that day are left out" if found.left_out else ""
    console.print(
        f"{len(found.rows):,} judgements in {to}{left}; renown learn pairs {to} --signals {beside} --to NEW.toml",
        soft_wrap=True,
    )


@learn_app.command("pairs")
def learn_pairs(
    context: typer.Context,
    file: File,
    to: Annotated[Path, typer.Option(help="The method file to write; its name becomes the version.")],
    signals: Mapping = None,
    base: Base = None,
    seed: Seed = 1,
    plot: Plot = None,
    json: Json = False,
) -> None:
    """Learn weights from pairwise judgements, as even as the judgements allow, and write a new method."""
    used = _method(context, base)
    _refuse_to_replace(to)
    judged = judgements.read(file, _mapping(signals, used))
    with Bar() as bar, open_engine("duckdb") as engine:
        told = None if json else bar
        learned = jobs.learn.weights(judged, used, engine, version=to.stem, seed=seed, progress=told)
    to.write_text(learned.text, encoding="utf-8")
    (prints.as_json if json else judging.learned)(learned)
    _draw(learned, plot)


@learn_app.command("rates")
def learn_rates(
    context: typer.Context,
    network: Annotated[str, typer.Option(help="Full lower-case name of the network, as bluesky.")],
    to: Annotated[Path, typer.Option(help="The method file to write; its name becomes the version.")],
    day: Annotated[str | None, typer.Option(help="UTC day, as 2026-11-23; the latest published without it.")] = None,
    base: Base = None,
    json: Json = False,
) -> None:
    """Set a network's exchange rates from its own population on a published day, and write a new method."""
    home = open_home(context.obj, os.environ)
    _refuse_to_replace(to)
    used = method.load(base) if base else home.method
    with Published(home.days.find(day_or_none(day))) as published:
        found = jobs.rates.learn(published, used, network, version=to.stem)
    to.write_text(found.text, encoding="utf-8")
    (prints.as_json if json else judging.rates)(found)


@evaluate_app.command("pairs")
def evaluate_pairs(
    context: typer.Context,
    file: File,
    signals: Mapping = None,
    base: Base = None,
    seed: Seed = 1,
    plot: Plot = None,
    json: Json = False,
) -> None:
    """Compare a method's order of people with human judges', next to followers, lists, percentiles and boosting."""
    used = _method(context, base)
    judged = judgements.read(file, _mapping(signals, used))
    shrinkage = float(used.provenance.get("shrinkage", _SHRINKAGE))
    with Bar() as bar, open_engine("duckdb") as engine:
        told = None if json else bar
        answer = jobs.evaluate.pairs(judged, used, engine, shrinkage=shrinkage, seed=seed, progress=told)
    (prints.as_json if json else judging.agreement)(answer)
    _draw(answer, plot)


@evaluate_app.command("klout")
def evaluate_klout(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV: followers, listed, klout_score.")],
    base: Base = None,
    seed: Seed = 1,
    plot: Plot = None,
    json: Json = False,
) -> None:
    """Compare scores from accounts' public figures with the scores that Klout gave them."""
    used, given = _method(context, base), klout_scores.read(file)
    with open_engine("duckdb") as engine:
        answer = jobs.scale.klout(given, used, engine, seed=seed)
    (prints.as_json if json else judging.scale)(answer)
    _draw(answer, plot)


@evaluate_app.command("spread")
def evaluate_spread(
    context: typer.Context,
    cut: Annotated[str, typer.Option(help="First UTC day that is not known, as 2026-11-23.")],
    horizon: Annotated[int, typer.Option(min=1, help="Days from the cut on that are foretold.")] = 7,
    base: Base = None,
    plot: Plot = None,
    json: Json = False,
) -> None:
    """Ask the lake whether a higher score before a day spread further after it, next to counts and PageRank."""
    home = open_home(context.obj, os.environ)
    used = method.load(base) if base else home.method
    day = day_in(cut)
    with Bar() as bar:
        told = None if json else bar
        answer = jobs.spread.foretell(home.reader, home.lake, used, cut=day, horizon=horizon, progress=told)
    (prints.as_json if json else judging.spread)(answer)
    _draw(answer, plot)


def _refuse_to_replace(to: Path) -> None:
    if to.exists():
        msg = f"{str(to)!r} is there already; a method that was published must not change: name another file"
        raise BadInput(msg)


def _draw(answer: Agreement | Learned | Scale | Spread, path: Path | None) -> None:
    if path:
        from renown.cli import plots  # noqa: PLC0415 - heavy, and of the extra `learn`

        plots.draw(answer, path)


def _method(context: typer.Context, base: Path | None) -> Method:
    path: Path = context.obj
    if base is None and path.exists():
        return open_home(path, os.environ).method
    return method.load(base)


def _mapping(path: Path | None, used: Method) -> dict[str, Any]:
    if path is not None:
        return judgements.read_mapping(path)
    if "mapping" not in used.provenance:
        what = "say which columns are which with --signals FILE.toml"
        msg = f"method {used.version!r} was not learned from judgements; {what}"
        raise BadInput(msg)
    return dict(used.provenance["mapping"])
