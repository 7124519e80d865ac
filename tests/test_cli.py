"""The command line: the whole story as a user tells it, and JSON that programs rely on."""

import io
import json
import socket

import pytest
from rich.console import Console
from typer.testing import CliRunner

from renown import cli
from renown.cli import options, progress
from renown.engines.duckdb import DuckDB
from renown.errors import RenownError
from renown.steps import Step
from test_river import HEADER, acts


@pytest.fixture
def renown(tmp_path):
    """Return a function that runs a command on a home and returns what it printed."""

    def run(*words, code=0):
        done = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), *words])
        assert code == done.exit_code, done.output
        return done.output

    run("init")
    return run


@pytest.fixture
def story(renown, tmp_path):
    """Return the function on a home with two published days."""
    (tmp_path / "acts.csv").write_text("\n".join([HEADER, *acts(300)]) + "\n", encoding="utf-8")
    assert "300 interactions read, 300 new" in renown(
        "import", "interactions", str(tmp_path / "acts.csv"), "--network", "x"
    )
    assert "taken in before" in renown("import", "interactions", str(tmp_path / "acts.csv"), "--network", "x")
    assert "ada owns x:u2 (not proven), x:u3 (not proven)" in renown(
        "add", "ada", "--account", "x:u3", "--account", "x:u2"
    )
    assert "people scored by method 2" in renown("score", "--from", "2024-01-31", "--to", "2024-02-01")
    return renown


def test_tables_are_for_people(story):
    """Leaders, a receipt down to posts, and a move, each with its words."""
    assert "people reached" in story("top", "-n", "3")
    assert "more posts" in story("explain", "ada", "--top", "2")
    assert "nine times of ten" in story("show", "ada")
    shown = story("changes", "ada")
    assert all(word in shown for word in ("score on 2024-01-31", "decay", "standing", "score on 2024-02-01"))


def test_json_adds_up(story):
    """What programs read is the calculation, too."""
    shown, explained, moved = (json.loads(story(word, "ada", "--json")) for word in ("show", "explain", "changes"))
    top = json.loads(story("top", "--json"))

    assert shown == explained["receipt"]
    assert shown["score"] == pytest.approx(1 + sum(row["points"] for row in shown["points"]), abs=1e-9)
    for signal in explained["signals"]:
        assert signal["of"]["points"] == pytest.approx(sum(line["points"] for line in signal["posts"]), abs=1e-9)
    assert moved["last"] == shown["score"]
    assert moved["move"] == pytest.approx(sum(part["points"] for part in moved["parts"]), abs=1e-9)
    assert shown["score"] == next(row["score"] for row in top["leaders"] if row["who"] == "ada")


def test_exports_are_the_published_rows(story, tmp_path):
    """In CSV and Parquet, in a stable order."""
    assert "rows in" in story("export", "scores", "--to", str(tmp_path / "scores.csv"))
    assert "rows in" in story("export", "points", "--to", str(tmp_path / "points.parquet"))
    head, first = (tmp_path / "scores.csv").read_text().splitlines()[:2]
    assert ["day_no", "person", "name", "score"] == head.split(",")[:4]
    assert first.split(",")[2] == json.loads(story("top", "--json"))["leaders"][0]["who"]


def test_forgetting_asks_first(story):
    """Without a yes nothing happens; with it nobody is there any more."""
    story("forget", "ada", code=1)
    assert "rows are gone" in story("forget", "ada", "--yes")
    assert "ada" not in story("top", "-n", "40")


def test_the_method_can_be_read(renown):
    """The file as it is, then every step."""
    shown = renown("method", "show")

    assert "[constants.window_days]" in shown
    assert shown.index("-- step members") < shown.index("-- step published_actors")


def test_settings_are_shown_without_secrets(renown, tmp_path, monkeypatch):
    """Spark has its own: in its settings, in Java's options among them, and in the address of a server of Connect."""
    monkeypatch.setenv("RENOWN_SPARK_MASTER", "sc://spark.example:443/;use_ssl=true;token=sesame1;user_id=ada")
    with (tmp_path / "home" / "settings.toml").open("a", encoding="utf-8") as file:
        file.write('"spark.hadoop.fs.s3a.secret.key" = "sesame2"\n"spark.ui.port" = "4040"\n')
        file.write('"spark.driver.extraJavaOptions" = "-Djavax.net.ssl.trustStorePassword=sesame3 -Xss4m"\n')

    shown = renown("settings", "show")

    assert "sesame" not in shown
    assert "sc://spark.example:443/;use_ssl=true;token=…;user_id=ada" in shown
    assert "4040" in shown
    assert "-Xss4m" in shown


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_shows_what_strangers_wrote_and_never_obeys(monkeypatch, terminal):
    """A server's farewell or a handle may look like markup, or move the cursor."""
    shown = io.StringIO()
    monkeypatch.setattr(progress, "console", Console(file=shown, force_terminal=terminal, highlight=False, width=200))

    with progress.Bar() as bar:
        bar.start("reading accounts", 1)
        bar.advance(r"mastodon:\[/x]")
        bar._bars.refresh()
        bar.done("it closed with 1000 [/red]\x07")

    assert "1000 [/red]\\x07" in shown.getvalue()
    assert "\x07" not in shown.getvalue()
    assert terminal == (r"mastodon:\[/x]" in shown.getvalue())


def refused(home, *words):
    """Return what a command says that is not done."""
    with pytest.raises(RenownError) as said:
        CliRunner().invoke(cli.app, ["--home", str(home), *words], catch_exceptions=False)
    return str(said.value)


@pytest.mark.usefixtures("story")
def test_what_cannot_be_is_said_and_nothing_is_begun(tmp_path, monkeypatch):
    """Days that have not begun or in the wrong order, folders and packages that are not there, ports that are taken."""
    home = tmp_path / "home"
    before = sorted(home.glob("published/*"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"cannot listen on 127.0.0.1, port {port}: address already in use" in refused(
            home, "serve", "--port", port
        )
    assert "2999-01-01 has not begun" in refused(home, "score", "--day", "2999-01-01")
    assert "write the earlier day first" in refused(home, "score", "--from", "2024-02-02", "--to", "2024-02-01")
    assert "there is no folder" in refused(home, "export", "scores", "--to", str(tmp_path / "nowhere" / "x.csv"))
    monkeypatch.setattr(options, "find_spec", lambda _: None)
    assert "pip install 'renown[learn]'" in refused(home, "history", "ada", "--plot", "h.png")

    assert before == sorted(home.glob("published/*"))


def test_an_interrupted_statement_is_no_fault_of_a_step(monkeypatch):
    """Ctrl-C ends the program, whatever DuckDB is at, instead of printing what it was at."""

    class Interrupted:
        def execute(self, *_given):
            msg = "Query interrupted"
            raise RuntimeError(msg)

    with DuckDB() as engine, monkeypatch.context() as patch:
        patch.setattr(engine, "_connection", Interrupted())
        with pytest.raises(KeyboardInterrupt):
            engine.run(Step("long", "select 1 as n", {"n": "integer"}))
