"""Command line: parse the arguments, open the home, run a command, print the result."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from renown import __version__
from renown.cli import (
    backup,
    check,
    collect,
    demo,
    export,
    import_,
    login,
    mcp,
    people,
    receipts,
    run,
    scores,
    serve,
    standing,
    statements,
    unpublish,
    webhooks,
)
from renown.cli.aliases import alias_app
from renown.cli.collect import stream_app
from renown.cli.credentials import credentials_app
from renown.cli.groups import group_app
from renown.cli.options import JsonOption, parse_optional_day
from renown.cli.output import console, print_json
from renown.cli.research import evaluate_app, export_judgements, judge, learn_app
from renown.cli.trust import trust_app
from renown.errors import RenownError

if TYPE_CHECKING:
    from renown.home import Home

app = typer.Typer(
    help="Compute an open influence score: one number from 1 to 100, explained by points that add up to it.\n\n"
    "Try `renown demo` first: it simulates a community and needs no accounts. "
    "For your own score: `renown init`, `renown add NAME --bluesky HANDLE`, `renown run`, `renown show NAME`.",
    no_args_is_help=True,
)
method_app = typer.Typer(help="Read the scoring method and its model card; compare two methods.", no_args_is_help=True)


def _print_version(requested: bool) -> None:  # noqa: FBT001 - Typer's callback
    if requested:
        typer.echo(f"renown {__version__}")
        raise typer.Exit


@app.callback()
def set_home(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help="Folder of settings and data. Default: $RENOWN_HOME, else ~/.renown.")
    ] = None,
    version: Annotated[  # noqa: ARG001 - the callback prints it and exits
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Set the home folder that all commands use."""
    from renown import settings

    context.obj = settings.resolve_home(home, os.environ)


def init(context: typer.Context) -> None:
    """
    Create a home: a folder with commented settings, an empty lake (the collected data) and a database.

    Example: `renown --home mydata init`
    """
    from renown.home import create_home

    created = create_home(context.obj)
    console.print(f"created a home in {context.obj}" if created else f"{context.obj} is a home already")


@method_app.command("show")
def method_show(context: typer.Context) -> None:
    """Print the scoring method: each constant with its source, then the SQL steps in order."""
    from renown import method

    path: Path = context.obj
    scoring_method = _open_home(context).method if path.exists() else method.load_method()
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
        Path | None, typer.Option("--method", help="Method file to describe. Default: the home's.")
    ] = None,
) -> None:
    """
    Print the model card in Markdown: what the score measures, how it was evaluated, where it fails.

    Example: `renown method card pairs.json klout.json > model-card.md`
    """
    from renown import method, research

    path: Path = context.obj
    scoring_method = method.load_method(method_file) if method_file or not path.exists() else _open_home(context).method
    card = research.render_model_card(scoring_method, research.read_evaluations(evaluations or [], scoring_method))
    print(card, end="")  # noqa: T201 - verbatim


@method_app.command("compare")
def method_compare(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="Version of the method to switch from.")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="Version of the method to switch to.")],
    day: Annotated[
        str | None, typer.Option(help="UTC day that both methods scored. Default: the latest that BEFORE scored.")
    ] = None,
    n: Annotated[int, typer.Option("-n", min=0, help="Number of largest rises, and of largest falls.")] = 10,
    json: JsonOption = False,
) -> None:
    """
    Compare the scores of a day by two methods: what a switch does to whom, and why.

    Example: `renown method compare 2.1 3 --day 2026-11-23`
    """
    from renown import answers
    from renown.cli.output.methods import print_method_comparison
    from renown.store import PublishedTables

    home = _open_home(context)
    before_day = home.days.find(parse_optional_day(day), before)
    after_day = home.days.find(before_day.day, after)
    with (
        PublishedTables(before_day) as before_tables,
        PublishedTables(after_day) as after_tables,
        home.reader() as engine,
    ):
        answer = answers.compare_methods(before_tables, after_tables, engine, home.lake, n=n)
    (print_json if json else print_method_comparison)(answer)


_COMMANDS: dict[str, dict[str, Callable[..., None] | typer.Typer]] = {
    "Getting started": {
        "init": init,
        "demo": demo.demo,
        "add": collect.add,
        "add-people": collect.add_people,
        "login": login.login,
        "collect": collect.collect,
        "import": import_.import_,
        "stream": stream_app,
    },
    "Scoring and serving": {
        "score": scores.score,
        "run": run.run,
        "unpublish": unpublish.unpublish,
        "status": run.status,
        "check": check.check,
        "backup": backup.backup,
        "restore": backup.restore,
        "serve": serve.serve,
        "mcp": mcp.mcp,
        "notify": run.send_notifications,
        "deliveries": run.list_deliveries,
        "redeliver": webhooks.redeliver,
        "export": export.export,
    },
    "Reading scores": {
        "top": scores.top,
        "show": receipts.show,
        "explain": receipts.explain,
        "changes": receipts.changes,
        "alerts": scores.alerts,
        "standing": standing.standing,
        "history": standing.history,
        "landmarks": scores.landmarks,
        "goal": standing.goal,
        "when": standing.when,
        "group": group_app,
    },
    "People and privacy": {
        "people": people.list_people,
        "unclaim": people.unclaim,
        "alias": alias_app,
        "prove": people.prove,
        "time-zone": people.time_zone,
        "opt-out": people.opt_out,
        "opt-in": people.opt_in,
        "data": people.data,
        "forget": people.forget,
        "requests": people.requests,
        "first-scores": people.first_scores,
        "trust": trust_app,
        "statement": statements.statement_app,
        "verify": statements.verify,
    },
    "Method and settings": {
        "method": method_app,
        "judge": judge,
        "judgements": export_judgements,
        "learn": learn_app,
        "evaluate": evaluate_app,
        "settings": collect.settings_app,
        "credentials": credentials_app,
        "key": serve.key_app,
        "webhook": webhooks.webhook_app,
    },
}
"""Commands by panel of `renown --help`, in the order in which a new user needs them."""

_COMMAND_OPTIONS: dict[str, dict[str, Any]] = {
    "add": {"context_settings": collect.NETWORK_OPTIONS, "cls": collect.AddCommand},
}

for panel, commands in _COMMANDS.items():
    for name, command in commands.items():
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, rich_help_panel=panel)
        else:
            app.command(name, rich_help_panel=panel, **_COMMAND_OPTIONS.get(name, {}))(command)


def main() -> None:
    """Run the command line; print an expected error as one line and exit with status 1."""
    try:
        app()
    except RenownError as error:
        sys.exit(f"renown: {error}")
    except OSError as error:
        sys.exit(f"renown: {error}; check that the folder is writable and the disk is not full")


def _open_home(context: typer.Context) -> Home:
    from renown.home import open_home

    path: Path = context.obj
    return open_home(path, os.environ)
