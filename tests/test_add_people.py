"""Add many people from a CSV file: looked up, stored once, and each failure named by its line."""

import json
import time
import zlib

import pytest
from typer.testing import CliRunner

from conftest import new_home
from http_server import reply
from renown import cli
from renown.home import open_home


@pytest.fixture
def renown(tmp_path, site, monkeypatch):
    """Return a function that adds people from the text of a file; GitHub answers for everybody but nobody."""

    def answer(request):
        handle = request.path.rpartition("/")[2].partition("?")[0]
        user = {"id": zlib.crc32(handle.encode()), "login": handle, "followers": 7, "following": 1}
        found = handle != "nobody"
        request.wfile.write(
            reply(200 if found else 404, json.dumps(user if found else {"message": "Not Found"}).encode())
        )

    site.script = [answer]
    monkeypatch.setenv("RENOWN_GITHUB_SERVER", site.url)
    monkeypatch.setenv("RENOWN_GITHUB_PRIVATE", "true")
    monkeypatch.setenv("RENOWN_GITHUB_TOKEN", "ghp_secret")
    home = new_home(tmp_path / "home")

    def add(text, *options):
        (tmp_path / "people.csv").write_text(text, encoding="utf-8")
        arguments = ["--home", str(home), "add-people", str(tmp_path / "people.csv"), *options]
        result = CliRunner().invoke(cli.app, arguments)
        return result.exit_code, result.output + str(result.exception or "")

    add.home = open_home(home, {})
    return add


def test_people_are_added_and_failures_named(renown):
    """A handle that does not exist, a bad name and a row without accounts do not stop the others."""
    text = "name,github,account\nada,ada,x:1 x:2\nbob,https://github.com/bob,\n,eve,\nnil,nobody,\nnone,,\n"
    code, output = renown(text, "--json")

    rows = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert 1 == code
    assert [("ada", 3), ("bob", 1)] == [(row["name"], row["accounts"]) for row in rows if not row["message"]]
    assert [4, 5, 6] == [row["line"] for row in rows if row["message"]]
    assert "nobody" in rows[3]["message"]
    assert {"ada", "bob"} == {person.name for person in renown.home.people.all()}
    with renown.home.reader() as engine:
        engine.scan("profiles", renown.home.lake.files("profiles"), {"account": "bigint", "followers": "bigint"})
        assert [(3, 7)] == engine.query("select count(distinct account), min(followers) from profiles")
    code, output = renown("name,account\nAda,x:9\n")
    assert "'Ada' differs only in case from 'ada'" in output
    assert 1 == code
    for people in ("name,github\nada,ada\nbob,bob\n", "sep=;\nName;GitHub\nada;ada\nbob;bob\n"):
        code, output = renown(people)
        assert (0, "added 2 of 2 people") == (code, output.strip().splitlines()[-1])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("who,github\nada,ada\n", "no column 'name'"),
        ("name,githib\nada,ada\n", "did you mean 'github'"),
        ("name,github\nada\n", "line 2"),
        ("name,account\nada,x\n", "is not network:id"),
        (
            "name,account\nada,https://bsky.app/profile/ada.example\n",
            "is a link; give it as the option, argument or column",
        ),
        ('name,github\n"ada,ada\n', "cannot read"),
    ],
)
def test_invalid_files_add_nobody(renown, text, problem):
    """The message names the line or the column."""
    code, output = renown(text)

    assert (1, True) == (code, problem in output), output
    assert [] == renown.home.people.all()


@pytest.mark.proof
def test_five_hundred_people_take_less_than_thirty_seconds(renown):
    """With a lookup for each of them at a server on this machine."""
    text = "name,github\n" + "".join(f"p{n},user{n:04}x{'y' * (n % 30)}{n * n}\n" for n in range(500))
    started_at = time.monotonic()
    code, output = renown(text)

    assert time.monotonic() - started_at < 30
    assert "of 500 people" in output
    assert (0, 500) == (code, len(renown.home.people.all())), output[-500:]
