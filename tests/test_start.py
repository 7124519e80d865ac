"""The command line starts fast: `--help`, `--version` and tab completion import nothing heavy."""

import inspect
import os
import re
import subprocess
import sys

import pytest

from conftest import DAY, NOW
from renown import __version__, answers
from renown.cli import goals, groups, receipts, standing
from renown.cli.commands import COMMANDS
from renown.cli.stream import stream_bluesky
from renown.ingest import StreamLimits
from renown.store import INVITATION_DAYS, JOIN_BY

HEAVY = ("alembic", "duckdb", "fastapi", "httpx2", "msgspec", "numpy", "pyarrow", "sqlalchemy", "uvicorn")
MODULES_ALLOWED = 490
"""Modules that Python, Typer and Rich import, and the command modules."""


def run_and_list_modules(*arguments, **environment) -> tuple[str, set[str]]:
    """Run the command line in a new process; return its output, and the modules that it imported."""
    program = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('\\nMODULES', *sys.modules))\n"
        "from renown.cli import main\n"
        f"sys.argv = ['renown', *{arguments!r}]\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | environment,
    )
    output, _, modules = done.stdout.partition("\nMODULES ")
    assert modules, done.stderr
    return output, set(modules.split())


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (["--help"], {}, "Getting started"),
        (["--version"], {}, f"renown {__version__}"),
        (["explain", "--help"], {}, "receipt"),
        ([], {"_RENOWN_COMPLETE": "complete_bash", "COMP_WORDS": "renown ex", "COMP_CWORD": "1"}, "explain"),
    ],
    ids=["help", "version", "command-help", "completion"],
)
def test_start_imports_nothing_heavy(arguments, environment, expected):
    """No database, data frame, HTTP or web library is imported before a command runs."""
    output, modules = run_and_list_modules(*arguments, **environment)

    assert expected in output
    assert not modules & set(HEAVY)
    assert len(modules) < MODULES_ALLOWED


def test_a_command_imports_what_it_runs(tmp_path):
    """The check can fail: creating a home does import the store; it needs no network, and no connector."""
    _, modules = run_and_list_modules("--home", str(tmp_path / "home"), "init")

    assert {"sqlalchemy"} <= modules
    assert not {"httpx2", "renown.connectors.base", "renown.answers.standing"} & modules


@pytest.mark.parametrize("command", ["show", "explain"])
def test_reading_a_score_imports_no_more_than_it_reads(command, home, take, publish):
    """Neither other commands and their stores, nor what publishing, collecting and serving need."""
    take("actor,target,at,verb", f"bob,ada,{DAY},like")
    home.people.add("ada", [("x", "ada")], at=NOW)
    publish()

    output, modules = run_and_list_modules("--home", str(home.settings.home), command, "ada")

    assert "likes" in output
    assert {"duckdb", "sqlalchemy"} <= modules
    assert not {"alembic", "fastapi", "httpcore2", "httpx2", "numpy", "uvicorn"} & modules
    assert not {"sqlalchemy.dialects.postgresql", "renown.connectors.nostr"} & modules
    assert not {"renown.cli.serve", "renown.cli.groups", "renown.store.groups", "renown.store.oauth"} & modules


def test_reading_a_stored_receipt_imports_no_engine(home, take):
    """The receipts of claimed people are stored with the day that is served."""
    take("actor,target,at,verb", f"bob,ada,{DAY},like")
    home.people.add("ada", [("x", "ada")], at=NOW)
    folder = ("--home", str(home.settings.home))
    run_and_list_modules(*folder, "score", "--day", f"{DAY}")

    for command in ("show", "explain"):
        output, modules = run_and_list_modules(*folder, command, "ada")

        assert "likes" in output
        assert not {"duckdb", "pydantic"} & modules, command


@pytest.mark.parametrize(
    ("command", "parameter", "constant"),
    [
        (receipts.explain, "top", answers.DEFAULT_TOP),
        (standing.standing, "goal", answers.DEFAULT_GOAL),
        (standing.standing, "days", answers.DEFAULT_STREAK_DAYS),
        (goals.goal, "target", answers.DEFAULT_GOAL),
        (groups.create, "join_by", JOIN_BY[0]),
        (groups.invite, "days", INVITATION_DAYS),
        (stream_bluesky, "batch_events", StreamLimits.events),
        (stream_bluesky, "batch_seconds", StreamLimits.seconds),
    ],
)
def test_defaults_are_those_of_the_code(command, parameter, constant):
    """Commands repeat defaults so that they need not import them; they are the same."""
    assert constant == inspect.signature(command).parameters[parameter].default


def test_every_command_has_help():
    """Each command says what it does in one sentence."""
    output, _ = run_and_list_modules("--help", COLUMNS="200")

    names = re.findall(r"^│ ([a-z][a-z-]+) {2,}\S", output, re.MULTILINE)
    assert [name for commands in COMMANDS.values() for name in commands] == names
