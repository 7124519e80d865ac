"""Command line: parse the arguments, open the home, run a command, print the result."""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from renown import __version__
from renown.cli.commands import CommandGroup
from renown.errors import RenownError, describe_io_error

_UsageError: Any = typer.BadParameter.__bases__[0]
"""What Typer raises for wrong options and arguments; of its kinds of errors it exports only `BadParameter`."""

_NUMBER_WORDS = (
    (re.compile(r"is not a valid int(eger)?( range)?$"), "is not a whole number"),
    (re.compile(r"is not a valid float( range)?$"), "is not a number"),
    (re.compile(r"is not in the range (\S+)<=x<=(\S+)$"), r"is not from \1 to \2"),
    (re.compile(r"is not in the range x>=(\S+)$"), r"is too small; write \1 or more"),
)
"""What Typer says of numbers, to plain words."""

app = typer.Typer(
    cls=CommandGroup,
    help="Compute an open influence score: one number from 1 to 100, explained by points that add up to it.\n\n"
    "Try `renown demo` first: it simulates a community and needs no accounts. "
    "For your own score: `renown init`, `renown add NAME --bluesky HANDLE`, `renown run`, `renown show NAME`.",
    no_args_is_help=True,
)


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


def _describe_usage_error(error: Any) -> str:
    """Return what is wrong with an option or argument, in one line; empty if the help was printed instead."""
    message = " ".join(error.format_message().replace("Input should be", "it should be").split()).rstrip(".")
    for pattern, words in _NUMBER_WORDS:
        message = pattern.sub(words, message)
    see = " See" if message.endswith("?") else "; see"
    hint = f"{see} `{error.ctx.command_path} --help`" if error.ctx else ""
    return f"renown: {message[0].lower()}{message[1:]}{hint}" if message else ""


def _format_os_error(error: OSError) -> str:
    """Return what happened to which file, and what to do."""
    remedy = "check that the folder is writable and the disk is not full"
    if isinstance(error, FileNotFoundError):
        remedy = "check the name, and create its folder if it is missing"
    elif isinstance(error, PermissionError):
        remedy = "let the user who runs renown read and write it, or run renown as its owner"
    file = f"{error.filename!r}: " if error.filename else ""
    return f"{file}{describe_io_error(error)}; {remedy}"


def _interrupt(signal_number: int, _frame: object) -> None:
    """Interrupt the command like Ctrl-C, so that it removes its temporary files; a second signal ends it at once."""
    signal.signal(signal_number, signal.SIG_DFL)
    raise KeyboardInterrupt


def _end_by_sigterm() -> None:
    """End the process by SIGTERM if it received one: whoever sent it sees that it was obeyed."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.raise_signal(signal.SIGTERM)


def _check_arguments(arguments: list[str]) -> None:
    """Check that arguments are text: neither the store nor the engine can search for other bytes."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            message = f"the argument {argument!r} has bytes that are not UTF-8; write it in UTF-8, or rename the file"
            raise typer.BadParameter(message) from None


def main() -> None:
    """Run the command line; print an expected error as one line and exit with status 1, or 2 if the usage is wrong."""
    # What a command imports stays until it ends: with Python's thresholds, collecting took a tenth of `renown show`.
    gc.set_threshold(10_000, 20, 50)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _check_arguments(sys.argv[1:])
        sys.exit(app(standalone_mode=False))
    except _UsageError as error:
        if message := _describe_usage_error(error):
            typer.echo(message, err=True)
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit("renown: aborted")
    except RenownError as error:
        sys.exit(f"renown: {error}")
    except OSError as error:
        sys.exit(f"renown: {_format_os_error(error)}")
    finally:
        _end_by_sigterm()
