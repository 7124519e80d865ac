"""Command line: a home from `init` to `forget`, and the JSON that programs read."""

import io
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tomllib
from functools import partial

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from conftest import copy_home
from renown import cli
from renown.cli import options, output, progress
from renown.engines.duckdb import DuckDB
from renown.errors import RenownError
from renown.steps import Step
from test_pipeline import HEADER, acts


@pytest.fixture
def renown(tmp_path):
    """Return a function that runs a command on a home and returns its output."""
    return partial(run_command, tmp_path / "home")


def run_command(home, *arguments, code=0):
    """Run a command in this process; return its output, after asserting its exit status."""
    result = CliRunner().invoke(cli.app, ["--home", str(home), *arguments])
    assert code == result.exit_code, result.output
    return result.output


@pytest.fixture(scope="module")
def template_home(tmp_path_factory):
    """Create a home with two published days by commands."""
    folder = tmp_path_factory.mktemp("cli")
    file = folder / "acts.csv"
    file.write_text("\n".join([HEADER, *acts(300)]) + "\n", encoding="utf-8")
    renown = partial(run_command, folder / "home")
    renown("init")
    assert "300 interactions read, 300 new" in renown("import", "interactions", str(file), "--network", "x")
    assert "was imported before" in renown("import", "interactions", str(file), "--network", "x")
    assert "ada owns x:u2 (not proven), x:u3 (not proven)" in renown(
        "add", "ada", "--account", "x:u3", "--account", "x:u2"
    )
    assert "people scored by method 3" in renown("score", "--from", "2024-01-31", "--to", "2024-02-01")
    return folder / "home"


@pytest.fixture
def empty(renown):
    """Return the function on an empty home."""
    renown("init")
    return renown


@pytest.fixture
def scored(renown, template_home, tmp_path):
    """Return the function on a home with two published days."""
    copy_home(template_home, tmp_path / "home")
    return renown


def test_posts_of_a_file_are_topics(scored, tmp_path):
    """The import says how many are new, and how to see them; twice is once."""
    file = tmp_path / "posts.csv"
    owners = [("u2", post) for post in ("p1", "p2")] + [("u3", "p1")]
    file.write_text("\n".join(["account,id,title,tags", *(f"{who},{post},T,#Go" for who, post in owners)]) + "\n")
    command = ["import", "posts", str(file), "--network", "x", "--map", "post=id"]

    imported, again = scored(*command), scored(*command)
    assert "3 posts read, 3 with new details, 0 new accounts" in imported
    assert "publish the latest again: `renown score --day 2024-02-01`" in imported
    assert "3 posts read, 0 with new details" in again
    assert "publish" not in again
    assert "go" not in scored("topics", "ada")
    scored("score", "--day", "2024-02-01")
    assert "go" in scored("topics", "ada")


def test_commands_print_tables(scored):
    """Leaderboard, receipt with posts, confidence range and changes are printed as tables for people."""
    assert "people reached" in scored("top", "-n", "3")
    assert "more posts" in scored("explain", "ada", "--top", "2")
    shown = scored("show", "ada")
    assert "confidence range: " in shown
    assert (
        "(90% of resamples of the people who reacted; what could not be observed: followers of x:u3, lists of x:u3, "
        in shown
    )
    output = scored("changes", "ada")
    assert all(word in output for word in ("score on 2024-01-31", "decay", "score on 2024-02-01"))
    assert "0.0000" not in output


def list_commands(command, path=()):
    """Yield the path of each command and group of commands."""
    yield path
    for name in getattr(command, "commands", {}):
        yield from list_commands(command.commands[name], (*path, name))


@pytest.mark.parametrize("width", [80, 110])
def test_help_fills_its_lines(width):
    """In each paragraph of each command, a line ends only where the next word does not fit."""
    checked = 0
    for path in list_commands(typer.main.get_command(cli.app)):
        text = CliRunner().invoke(cli.app, [*path, "--help"], env={"COLUMNS": str(width)}).output.partition("╭")[0]
        lines = [line.strip() for line in text.splitlines()]
        for line, following in itertools.pairwise(lines[2:]):
            if line and following:
                checked += 1
                assert len(f"{line} {following.split()[0]}") > width - 2, (path, line, following)
    assert checked > 20


def test_help_names_no_file_that_an_installation_lacks():
    """The documentation is not part of the installed package."""
    for path in list_commands(typer.main.get_command(cli.app)):
        assert "docs/" not in CliRunner().invoke(cli.app, [*path, "--help"], env={"COLUMNS": "200"}).output, path


def test_names_in_tables_are_shortened_and_other_words_are_whole():
    """On a narrow terminal a name ends in an ellipsis; a column that is not for names continues on the next line."""
    table = output.new_table("", "from…", "key")
    table.add_row("member222.sky.example", "abcdefghijklmnopqrstuvwxyz")
    console = Console(width=30, file=io.StringIO())

    console.print(table)

    text = console.file.getvalue()
    assert "…" in text
    assert "member222" in text
    assert "xample" not in text
    assert "abcdefghijklmnopqrstuvwxyz" == "".join(re.findall("[a-z]+", text.partition("member222")[2])).removeprefix(
        re.search(r"member222([a-z.]*)…", text)[1].replace(".", "")
    )


def test_json_points_add_up(scored):
    """In JSON, points add up to the score, to each signal and to the change; all commands have the same score."""
    receipt, explanation, changes = (
        json.loads(scored(command, "ada", "--json")) for command in ("show", "explain", "changes")
    )
    leaderboard = json.loads(scored("top", "--json"))

    assert receipt == explanation["receipt"] | {"method_switch": None}
    assert receipt["score"] == pytest.approx(1 + sum(row["points"] for row in receipt["points"]), abs=1e-9)
    for signal_lines in explanation["signals"]:
        assert signal_lines["subject"]["points"] == pytest.approx(
            sum(line["points"] for line in signal_lines["posts"]), abs=1e-9
        )
    assert changes["last"] == receipt["score"]
    assert changes["move"] == pytest.approx(sum(cause["points"] for cause in changes["causes"]), abs=1e-9)
    assert receipt["score"] == next(row["score"] for row in leaderboard["leaders"] if row["name"] == "ada")


def test_forget_asks_for_confirmation(scored):
    """Without confirmation nothing is deleted; with `--yes` the person is erased."""
    scored("forget", "ada", code=1)
    assert "rows deleted" in scored("forget", "ada", "--yes")
    assert "ada" not in scored("top", "-n", "40")


def test_method_show_prints_file_and_steps(empty):
    """`method show` prints the method file, then the SQL of every step in order."""
    output = empty("method", "show")

    assert "[constants.window_days]" in output
    assert output.index("-- step credits") < output.index("-- step entries") < output.index("-- step members")
    assert output.index("-- step members") < output.index("-- step published_points")


def test_settings_show_redacts_secrets(empty, tmp_path, monkeypatch):
    """Secrets in Spark's settings, in its Java options and in the URL of a Connect server are redacted."""
    monkeypatch.setenv("RENOWN_SPARK_MASTER", "sc://spark.example:443/;use_ssl=true;token=sesame1;user_id=ada")
    with (tmp_path / "home" / "settings.toml").open("a", encoding="utf-8") as file:
        file.write('"spark.hadoop.fs.s3a.secret.key" = "sesame2"\n"spark.ui.port" = "4040"\n')
        file.write('"spark.driver.extraJavaOptions" = "-Djavax.net.ssl.trustStorePassword=sesame3 -Xss4m"\n')

    output = empty("settings", "show")

    assert "sesame" not in output
    assert "sc://spark.example:443/;use_ssl=true;token=…;user_id=ada" in output
    assert "4040" in output
    assert "-Xss4m" in output


def test_settings_show_writes_values_as_the_file_does(empty, monkeypatch):
    """Each setting can be read again; of secrets one sees whether they are set."""
    monkeypatch.setenv("RENOWN_METRICS_TOKEN", "sesame")
    monkeypatch.setenv("RENOWN_TRUSTED_PROXY", "127.0.0.1,10.0.0.0/8")

    lines = dict(line.split(" = ", 1) for line in empty("settings", "show").strip().split("\n"))

    assert ("set", "not set", "not set") == tuple(
        lines.pop(name) for name in ("serve.metrics_token", "mail.password", "operator.key")
    )
    values = tomllib.loads("\n".join(f'"{name}" = {value}' for name, value in lines.items()))
    assert (False, "", 8000) == (values["serve.access_log"], values["method.file"], values["serve.port"])
    assert ["127.0.0.1", "10.0.0.0/8"] == values["serve.trusted_proxy"]
    assert {} == values["spark.conf"]


def test_output_to_a_file_is_not_folded():
    """Whoever searches it finds whole names; COLUMNS still says how wide it is."""
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    code = "from renown.cli.output import console; console.print('word ' * 100)"
    lines = [
        subprocess.run([sys.executable, "-c", code], env=environment | more, capture_output=True, text=True, check=True)
        .stdout.strip()
        .split("\n")
        for more in ({}, {"COLUMNS": "60"})
    ]
    assert [1, 9] == list(map(len, lines))


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_escapes_untrusted_text(terminal):
    """Markup and control characters in handles and messages of servers are printed, not interpreted."""
    output = io.StringIO()
    console = Console(file=output, force_terminal=terminal, highlight=False, width=200)

    with progress.ProgressBar(console) as bar:
        bar.start("reading accounts", 1)
        bar.advance(r"mastodon:\[/x]")
        bar._progress.refresh()
        bar.finish("it closed with 1000 [/red]\x07")

    assert "1000 [/red]\\x07" in output.getvalue()
    assert "\x07" not in output.getvalue()
    assert terminal == (r"mastodon:\[/x]" in output.getvalue())


def test_names_that_start_alike_stay_apart_on_a_narrow_terminal():
    """Posts of one account are cut in the middle or at their start; sentences go on in the next line."""
    posts = [f"averylonghandle.example/{number}" for number in (7, 131, 132, 133)]
    table = output.new_table("", "from…", "key", "on…")
    for post in posts:
        table.add_row("member222.example", "key", post)
    table.add_row("", "", "(4 more posts)")
    text = io.StringIO()

    Console(file=text, width=45).print(table)

    cells = [line.split()[-1] for line in text.getvalue().splitlines() if "member222" in line]
    assert len(posts) == len(set(cells))
    assert all(cell.endswith(post[-4:]) and "…" in cell for cell, post in zip(cells, posts, strict=True))
    assert "(4 more posts)" in text.getvalue()


def test_progress_without_a_terminal_prints_a_line_every_half_minute():
    """A log shows that a long task goes on; a short one prints its final line only."""
    output, seconds = io.StringIO(), iter([0, 29, 30, 30, 31, 32])

    with progress.ProgressBar(Console(file=output, width=200), clock=lambda: next(seconds)) as bar:
        bar.start("reading accounts", 3)
        for name in ("ada", "bix", "eve"):
            bar.advance(name)
        bar.finish("3 accounts read")

    assert ["reading accounts: bix (2 of 3)", "3 accounts read"] == output.getvalue().splitlines()


def error_of(home, *arguments):
    """Return the error message of a command that fails."""
    with pytest.raises(RenownError) as error:
        CliRunner().invoke(cli.app, ["--home", str(home), *arguments], catch_exceptions=False)
    return str(error.value)


@pytest.mark.usefixtures("scored")
def test_invalid_arguments_are_explained_and_change_nothing(tmp_path, monkeypatch):
    """Future days, days in the wrong order, missing folders and packages, and used ports give an error message."""
    home = tmp_path / "home"
    before = sorted(home.glob("published/*"))
    with socket.create_server(("127.0.0.1", 0)) as other_server:
        port = str(other_server.getsockname()[1])
        message = f"cannot listen on 127.0.0.1, port {port}: address already in use"
        assert message in error_of(home, "serve", "--port", port)
    assert "2999-01-01 is in the future" in error_of(home, "score", "--day", "2999-01-01")
    assert "write the earlier day first" in error_of(home, "score", "--from", "2024-02-02", "--to", "2024-02-01")
    assert "there is no folder" in error_of(home, "export", "scores", str(tmp_path / "nowhere" / "x.csv"))
    monkeypatch.setattr(options, "find_spec", lambda _: None)
    assert "extra 'plot': pip install '.[plot]' in a checkout, or pip install 'WHEEL[plot]'" in error_of(
        home, "history", "ada", "--plot", "h.png"
    )

    assert before == sorted(home.glob("published/*"))


def test_interrupted_query_raises_keyboard_interrupt(monkeypatch):
    """Ctrl-C during a query ends the program; DuckDB reports it as an error of the query."""

    class Interrupted:
        def execute(self, *_arguments):
            raise RuntimeError("Query interrupted")

    with DuckDB() as engine, monkeypatch.context() as patch:
        patch.setattr(engine, "_connection", Interrupted())
        with pytest.raises(KeyboardInterrupt):
            engine.run(Step(name="long", sql="select 1 as n", columns={"n": "integer"}))


LONG_COMMAND = """
import os
from pathlib import Path

import typer

from renown import cli
from renown.engines.duckdb import DuckDB
from renown.engines.session import SessionLimits

cli.app = typer.Typer()

@cli.app.command()
def count() -> None:
    with DuckDB(SessionLimits(spill=Path(os.environ["SPILL"]))) as engine:
        print("started", flush=True)
        while True:
            engine.execute("select count(*) from range(1_000_000) numbers(n) where hash(n) % 7 = 3")

cli.main()
"""


@pytest.mark.parametrize(("signal_number", "status"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 130)])
def test_signal_ends_a_command_and_removes_the_spill_folder(tmp_path, signal_number, status):
    """What stops a service (SIGTERM) leaves no more behind than Ctrl-C does."""
    process = subprocess.Popen(
        [sys.executable, "-c", LONG_COMMAND],
        env=os.environ | {"SPILL": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "started\n"
        spill_folders = list(tmp_path.iterdir())
        process.send_signal(signal_number)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()

    assert (status, "") == (process.returncode, errors)
    assert spill_folders
    assert not any(folder.exists() for folder in spill_folders)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("key list", "no API key yet; `renown key create NAME` creates one"),
        ("alias list", "no aliases; `renown alias set` says which ids are one account"),
        ("group list", "no group yet; create one with `renown group create"),
        ("people", "nobody was added yet; add people with `renown add"),
        ("credentials list", "no token is set; `renown credentials set NETWORK`"),
        ("webhook list", "no webhooks"),
        ("deliveries", "no notifications"),
        ("trust reviews", "nobody asked for a review"),
    ],
)
def test_lists_without_rows_say_so(home, words, message):
    """In place of nothing, or of the head of a table."""
    result = CliRunner().invoke(cli.app, ["--home", str(home.settings.home), *words.split()])

    assert 0 == result.exit_code
    assert result.output.startswith(message)
    assert "─" not in result.output
