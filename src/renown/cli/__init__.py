"""The command line: parse, open, call, print."""

import os
import shutil
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from renown import answers, assembly, jobs, method, settings
from renown.cli import archives, daily, networks, people, prints, serving, standing, way
from renown.cli.groups import group_app, record
from renown.cli.learning import evaluate_app, judge, judgements_to, learn_app
from renown.cli.options import WhoText, day_in
from renown.cli.prints import console
from renown.cli.progress import Bar
from renown.cli.streaming import stream_app
from renown.connectors import files
from renown.connectors.archives import ARCHIVES
from renown.errors import BadInput, BusyLake, HomeError, RenownError
from renown.records import SAID, VERBS
from renown.store import Published

app = typer.Typer(help="An open influence score with a receipt that adds up.", no_args_is_help=True)
method_app = typer.Typer(help="Read the method.", no_args_is_help=True)
app.add_typer(method_app, name="method")
app.add_typer(group_app, name="group")
app.add_typer(learn_app, name="learn")
app.add_typer(evaluate_app, name="evaluate")
app.command("add", context_settings=networks.NETWORK_OPTIONS, epilog=networks.EPILOG)(networks.add)
app.command("collect")(networks.collect)
app.command("run")(daily.run)
app.command("status")(daily.status)
app.command("standing")(standing.standing)
app.command("history")(standing.history)
app.command("way")(way.way)
for command in (people.people, people.prove, people.opt_out, people.opt_in, people.forget, people.data, people.wishes):
    app.command(command.__name__.replace("_", "-"))(command)
app.add_typer(networks.settings_app, name="settings")
app.add_typer(stream_app, name="stream")
app.command("serve")(serving.serve)
app.command("judge")(judge)
app.command("judgements")(judgements_to)
app.add_typer(serving.key_app, name="key")
Day = Annotated[str | None, typer.Option(help="UTC day, as 2026-11-23; the latest published without it.")]
By = Annotated[str | None, typer.Option("--method", help="Version of the method; the day's own without it.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, as docs/command-line.md says.")]


@app.callback()
def home(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="Where the data lies; RENOWN_HOME, else ~/.renown.")] = None,
) -> None:
    """Score people's influence in the open, with a receipt that adds up."""
    context.obj = settings.home_of(home, os.environ)


@app.command()
def init(context: typer.Context) -> None:
    """Make a home: a settings file with comments, an empty lake and a store."""
    made = assembly.make_home(context.obj)
    console.print(f"made a home in {context.obj}" if made else f"there is a home in {context.obj} already")


@app.command("import")
def import_(
    context: typer.Context,
    table: Annotated[str, typer.Argument(help=f"{', '.join(SAID)}; or {', '.join(ARCHIVES)}.")],
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…", help="CSV, JSON lines (either .gz) or Parquet; an archive's ZIP file or folder."
        ),
    ],
    network: Annotated[str | None, typer.Option(help="Full lower-case name of the network, as bluesky.")] = None,
    map_: Annotated[str, typer.Option("--map", help="FIELD=COLUMN,… where the file's columns have other names.")] = "",
    verbs: Annotated[str, typer.Option(help="WORD=verb,… where the file has words of its own.")] = "",
    at_unit: Annotated[str | None, typer.Option(help="What numbers in `at` count: s, ms, us or ns.")] = None,
    claim: Annotated[str | None, typer.Option(help="Of an archive: the person whose account it is.")] = None,
) -> None:
    """Take files of records, or an archive that a network gave, into the lake, each record once, all or nothing."""
    if table in ARCHIVES:
        if network or map_ or verbs or at_unit:
            msg = f"{table} says itself what is in it; leave out --network, --map, --verbs and --at-unit"
            raise BadInput(msg)
        archives.take(_open(context), table, paths, claim=claim, now=datetime.now(UTC))
        return
    if table not in SAID:
        msg = f"there is nothing called {table!r} to import; known: {', '.join([*SAID, *ARCHIVES])}"
        raise BadInput(msg)
    if claim:
        msg = f"--claim is {claim!r}, but {table} do not prove whose account is in them; claim it with `renown add`"
        raise BadInput(msg)
    words, columns = _pairs("--verbs", verbs), _pairs("--map", map_)
    home, name = _open(context), _network(network)
    found = files.sources(paths, table, columns=columns, verbs=words, unit=at_unit, now=datetime.now(UTC))
    covers = {VERBS[verb] for verb in (words.values() or VERBS)} if table in {"interactions", "tallies"} else set()
    _take(home, table, found, network=name, covers=covers)


def _take(home: assembly.Home, table: str, found: list[files.Source], *, network: str, covers: set[int]) -> None:
    with home.reader() as engine, Bar() as bar:
        try:
            jobs.collect(
                engine,
                home.lake,
                files.batch(table, found),
                table=table,
                network=network,
                covers=covers,
                batch_id=f"{network} {files.digest(table, found)}",
                progress=bar,
            )
        except (BusyLake, HomeError):
            raise  # nothing of the files', so they need not be read through
        except Exception as error:
            fault = files.first_fault(table, found)
            if fault is None:
                raise
            raise BadInput(fault) from error


@app.command()
def score(
    context: typer.Context,
    day: Annotated[
        str | None, typer.Option(help="UTC day, as 2026-11-23; today, as far as it is known, without it.")
    ] = None,
    from_: Annotated[str | None, typer.Option("--from", help="First of several days.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Last of several days.")] = None,
    engine: Annotated[str | None, typer.Option(help="duckdb or spark.")] = None,
    method_file: Annotated[Path | None, typer.Option("--method", help="Score by another method file.")] = None,
) -> None:
    """Compute and publish days; without a day, today as far as it is known: score it again tomorrow."""
    home = _open(context)
    used = method.load(method_file) if method_file else home.method
    last = _day(to or day) or datetime.now(UTC).date()
    first = _day(from_) or last
    for offset in range((last - first).days + 1):
        with home.engine(engine) as session, Bar() as bar:
            made = jobs.score(
                session,
                home.lake,
                home.days,
                home.people,
                used,
                day=first + timedelta(days=offset),
                now=datetime.now(UTC),
                progress=bar,
            )
        record(home, made.day)
        if not made.own:
            console.print(
                f"{made.day} has a score of its own by another method; read this one with --method {made.method}"
            )
    if made == home.days.find():
        with Bar() as bar:
            jobs.portray.portray(home.reader, home.lake, home.people, home.portraits, made, progress=bar)


@app.command()
def top(
    context: typer.Context,
    n: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 20,
    day: Day = None,
    by: By = None,
    json: Json = False,
) -> None:
    """Print the leaders of a day."""
    home = _open(context)
    with home.reader() as engine, Published(home.days.find(_day(day), by)) as published:
        answer = answers.leaders(published, engine, home.lake, n=n)
    (prints.as_json if json else prints.leaders)(answer)


@app.command()
def show(context: typer.Context, who: WhoText, day: Day = None, by: By = None, json: Json = False) -> None:
    """Print somebody's score of a day and what it is made of; with 1 for everybody the points sum to it."""
    home = _open(context)
    with home.reader() as engine, Published(home.days.find(_day(day), by)) as published:
        asked = answers.who(who, engine, home.lake, home.people)
        answer = answers.receipt(asked, published, engine, home.lake)
    (prints.as_json if json else prints.receipt)(answer)
    if not json and home.served.find(asked.key) and answer.day == f"{home.served.day()}" and by is None:
        prints.standing_line(answers.standing(home.served, asked.key))


@app.command()
def explain(
    context: typer.Context,
    who: WhoText,
    day: Day = None,
    by: By = None,
    top: Annotated[int, typer.Option(min=0, help="Actors and posts named of each signal.")] = answers.TOP,
    json: Json = False,
) -> None:
    """Print somebody's receipt down to the people and the posts that each signal's points came from."""
    home = _open(context)
    prints_it = prints.as_json if json else prints.explanation
    prints_it(_explained(home, who, _day(day), by, top))


def _explained(home: assembly.Home, who: str, day: date | None, by: str | None, top: int) -> answers.Explanation:
    with home.reader() as engine, Published(home.days.find(day, by)) as published:
        asked = answers.who(who, engine, home.lake, home.people)
        return answers.explain(asked, published, engine, home.lake, top=top)


@app.command()
def changes(
    context: typer.Context,
    who: WhoText,
    day: Day = None,
    since: Annotated[str | None, typer.Option(help="Day to compare with; the published one before without it.")] = None,
    people: Annotated[
        bool, typer.Option("--people", help="Print the people and the posts behind each part, too.")
    ] = False,
    json: Json = False,
) -> None:
    """Print why somebody's score moved between two published days, in signed parts that sum to the move."""
    home = _open(context)
    last = home.days.find(_day(day))
    earlier = home.days.find(_day(since)) if since else home.days.before(last)
    with home.reader() as engine, Published(earlier) as first, Published(last) as then:
        asked = answers.who(who, engine, home.lake, home.people)
        answer = answers.changes(asked, first, then, engine, home.lake)
    (prints.as_json if json else prints.changes)(answer)
    if people and not json:
        prints.movers(answer)


@app.command()
def demo(
    context: typer.Context,
    day: Annotated[str | None, typer.Option(help="Last day to simulate, as 2026-11-23; yesterday without it.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same community.")] = 1,
) -> None:
    """Simulate a small community on three networks for 120 days, score it, print leaders and a receipt."""
    named = context.parent.params["home"] if context.parent else None
    path = settings.home_of(named, os.environ, settings.DEMO_HOME)
    home = assembly.open_demo(path, os.environ)
    last, now = _day(day) or datetime.now(UTC).date() - timedelta(days=1), datetime.now(UTC)
    with Bar() as bar:
        jobs.demo.simulate(home.reader, home.lake, home.people, last=last, seed=seed, now=now, progress=bar)
        jobs.demo.publish(
            home.engine,
            home.lake,
            home.days,
            home.people,
            home.groups,
            home.method,
            last=last,
            now=now,
            progress=bar,
        )
        jobs.portray.portray(home.reader, home.lake, home.people, home.portraits, home.days.find(), progress=bar)
    with home.reader() as engine, Published(home.days.find(last)) as published:
        prints.leaders(answers.leaders(published, engine, home.lake, n=10))
    prints.explanation(_explained(home, "ada", last, None, 3))
    at = f"http://{home.settings.serve.host}:{home.settings.serve.port}"
    me = "renown" if shutil.which("renown") else os.path.relpath(sys.argv[0])
    console.print(f"\nTry: {me} --home {path} explain grace, changes hedy, explain bix, top -n 40", soft_wrap=True)
    console.print(f"See it: {me} --home {path} serve, then open {at} (ada is at {at}/people/ada)", soft_wrap=True)


@app.command()
def export(
    context: typer.Context,
    table: Annotated[str, typer.Argument(help="scores or points.")],
    to: Annotated[Path, typer.Option(help="A .parquet or .csv file.")],
    day: Day = None,
    by: By = None,
) -> None:
    """Write a published day to a file, in a stable order."""
    if table not in {"scores", "points"} or to.suffix not in {".csv", ".parquet"}:
        msg = f"cannot export {table!r} to {str(to)!r}; export scores or points to a .csv or .parquet file"
        raise BadInput(msg)
    home = _open(context)
    with Published(home.days.find(_day(day), by)) as published:
        # Noted first: no file with people's scores may be out of reach of `forget`.
        home.days.exports.note(to)
        console.print(f"{published.export(table, to):,} rows in {to}")


@method_app.command("show")
def method_show(context: typer.Context) -> None:
    """Print the constants, each with its source, and the steps as they run."""
    path: Path = context.obj
    used = _open(context).method if path.exists() else method.load()
    print(used.text)  # noqa: T201 - as it is, no width, no colours
    for step in used.steps:
        print(f"-- step {step.name}: {step.about}\n{step.sql};\n")  # noqa: T201 - as above


@method_app.command("card")
def method_card(
    context: typer.Context,
    evaluations: Annotated[
        list[Path] | None, typer.Argument(metavar="EVALUATION...", help="What `renown evaluate … --json` printed.")
    ] = None,
    method_file: Annotated[Path | None, typer.Option("--method", help="Another method file.")] = None,
) -> None:
    """Print the model card in Markdown: what it measures, on whom it was judged, where it fails."""
    path: Path = context.obj
    used = method.load(method_file) if method_file or not path.exists() else _open(context).method
    print(answers.card(used, answers.read_evaluations(evaluations or [], used)), end="")  # noqa: T201 - as above


def main() -> None:
    """Run the command line; every mistake ends here, in one line."""
    try:
        app()
    except RenownError as error:
        sys.exit(f"renown: {error}")
    except OSError as error:
        sys.exit(f"renown: {error}; is the folder yours to write, and the disk not full?")


def _open(context: typer.Context) -> assembly.Home:
    path: Path = context.obj
    return assembly.open_home(path, os.environ)


def _network(text: str | None) -> str:
    plain = (text or "").replace("_", "").replace("-", "")
    if text is None or not plain.isalnum() or not text.islower() or len(text) > 40:  # noqa: PLR2004
        given = "missing" if text is None else repr(text)
        msg = f"--network is {given}; write a lower-case name of letters and digits, as bluesky"
        raise BadInput(msg)
    return text


def _day(text: str | None) -> date | None:
    return day_in(text) if text else None


def _pairs(option: str, text: str) -> dict[str, str]:
    pairs = [part.split("=", 1) for part in text.split(",") if part]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):  # noqa: PLR2004 - a name and a value
        msg = f"{option} is {text!r}; write NAME=VALUE,NAME=VALUE"
        raise BadInput(msg)
    return dict(pairs)
