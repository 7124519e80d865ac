"""The command line: parse, open, call, print."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from renown import answers, assembly, method, settings
from renown.cli import daily, demo, importing, networks, people, scoring, serving, standing, way
from renown.cli.groups import group_app
from renown.cli.learning import evaluate_app, judge, judgements_to, learn_app
from renown.cli.prints import console
from renown.cli.streaming import stream_app
from renown.errors import RenownError

app = typer.Typer(help="An open influence score with a receipt that adds up.", no_args_is_help=True)
method_app = typer.Typer(help="Read the method.", no_args_is_help=True)


@app.callback()
def home(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="Where the data lies; RENOWN_HOME, else ~/.renown.")] = None,
) -> None:
    """Score people's influence in the open, with a receipt that adds up."""
    context.obj = settings.home_of(home, os.environ)


def init(context: typer.Context) -> None:
    """Make a home: a settings file with comments, an empty lake and a store."""
    made = assembly.make_home(context.obj)
    console.print(f"made a home in {context.obj}" if made else f"there is a home in {context.obj} already")


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


_COMMANDS: dict[str, dict[str, Callable[..., None] | typer.Typer]] = {
    "Begin": {
        "init": init,
        "demo": demo.demo,
        "add": networks.add,
        "collect": networks.collect,
        "import": importing.import_,
        "stream": stream_app,
    },
    "Days": {
        "score": scoring.score,
        "run": daily.run,
        "status": daily.status,
        "serve": serving.serve,
        "export": scoring.export,
    },
    "Answers": {
        "top": scoring.top,
        "show": scoring.show,
        "explain": scoring.explain,
        "changes": scoring.changes,
        "standing": standing.standing,
        "history": standing.history,
        "way": way.way,
        "group": group_app,
    },
    "People": {
        "people": people.people,
        "prove": people.prove,
        "opt-out": people.opt_out,
        "opt-in": people.opt_in,
        "data": people.data,
        "forget": people.forget,
        "wishes": people.wishes,
    },
    "Method and settings": {
        "method": method_app,
        "judge": judge,
        "judgements": judgements_to,
        "learn": learn_app,
        "evaluate": evaluate_app,
        "settings": networks.settings_app,
        "key": serving.key_app,
    },
}
"""Every command by the panel of `renown --help` that it stands in, in the order in which somebody new needs them."""

_SPECIAL: dict[str, dict[str, Any]] = {
    "add": {"context_settings": networks.NETWORK_OPTIONS, "epilog": networks.EPILOG},
}

for panel, commands in _COMMANDS.items():
    for name, command in commands.items():
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, rich_help_panel=panel)
        else:
            app.command(name, rich_help_panel=panel, **_SPECIAL.get(name, {}))(command)


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
