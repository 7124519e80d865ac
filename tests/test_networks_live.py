"""From two account names to a receipt on real servers: add, collect, score, explain."""

import json
import time
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from bluesky_local import missing_requirement, wait_until
from renown import cli
from renown.home import open_home
from renown.records import LAKE_COLUMNS, VERBS
from test_bluesky_live import bluesky
from test_mastodon_live import mastodon, server_url

__all__ = ["bluesky", "mastodon", "server_url"]
pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

MISSING_PICTURE = (
    "the picture was not read: host not found: 'mock.example'; the name may be wrong, or this machine may have no "
    "connection"
)
"""The server names its pictures by its domain, which exists in this test only."""
VERB_NAMES = {number: verb for verb, number in VERBS.items()}


class CommandLine:
    """A home that fetches from the two servers."""

    def __init__(self, home):
        self.home = home

    def run(self, *arguments):
        """Run a command; return its output."""
        result = CliRunner().invoke(cli.app, ["--home", str(self.home), *arguments])
        assert 0 == result.exit_code, result.exception or result.output
        return result.stdout

    def collect(self):
        """Fetch all accounts; return the number of undone acts by network."""
        summaries = [json.loads(line) for line in self.run("collect", "--json").splitlines()]
        assert {"bluesky": None, "mastodon": MISSING_PICTURE} == {
            summary["network"]: summary["message"] or None for summary in summaries
        }
        return {summary["network"]: summary["undone"] for summary in summaries}

    def current_acts(self, network):
        """Return (actor, verb) of every act in the lake that is not undone."""
        home = open_home(self.home, {})
        with home.reader() as engine:
            for table in ("interactions", "undone", "accounts"):
                engine.scan(table, home.lake.files(table, network=network), LAKE_COLUMNS[table])
            acts = engine.query("""
                select a.account_id, i.verb from interactions i join accounts a on a.account = i.actor
                left join undone u on u.interaction = i.interaction where u.interaction is null""")
        return sorted((actor, VERB_NAMES[verb]) for actor, verb in acts)

    def receipt(self):
        """Score today; return Ada's receipt with its actors."""
        self.run("score", "--day", f"{datetime.now(UTC):%Y-%m-%d}")
        return json.loads(self.run("explain", "ada", "--json"))


@pytest.fixture
def renown(bluesky, mastodon, tmp_path, monkeypatch):
    """Return a home in which Ada claims an account on each network."""
    for network, server in (("BLUESKY", bluesky.appview), ("MASTODON", mastodon.url)):
        monkeypatch.setenv(f"RENOWN_{network}_SERVER", server)
        monkeypatch.setenv(f"RENOWN_{network}_PRIVATE", "true")
    command_line = CommandLine(tmp_path / "home")
    command_line.run("init")
    output = command_line.run("add", "ada", "--bluesky", "ada.test", "--mastodon", "@ada@mock.example")
    assert "mastodon:ada@mock.example" in output
    return command_line


def actors_by_signal(receipt):
    """Return (network, signal) to the actors and other lines behind it."""
    return {
        (signal["subject"]["network"], signal["subject"]["signal"]): sorted(
            (line["kind"], line["name"].partition(":")[2]) for line in signal["actors"]
        )
        for signal in receipt["signals"]
    }


@pytest.mark.skipif(missing_requirement() is not None, reason=str(missing_requirement()))
def test_two_names_become_a_receipt(renown, bluesky, mastodon):
    """Every act counts once; undone acts leave the lake and the receipt."""
    mastodon.post("p", "ada", "a receipt that adds up")
    for account in ("bob", "eva", "max"):
        mastodon.act(account, "favourite", "p")
    mastodon.act("bob", "reblog", "p")
    dids = {name: bluesky.did(name) for name in ("bob", "cyd", "dan", "eve")}
    on_bluesky = [
        *(("bob", "like"), ("bob", "reply"), ("cyd", "like"), ("cyd", "quote")),
        *(("dan", "repost"), ("eve", "like"), ("eve", "repost")),
    ]

    renown.collect()
    first = renown.receipt()
    renown.collect()

    assert sorted((dids[name], verb) for name, verb in on_bluesky) == renown.current_acts("bluesky")
    people = ["bob@mock.example", "eva@mock.example", "max@other.example"]
    assert sorted([(account, "like") for account in people] + [(people[0], "repost")]) == renown.current_acts(
        "mastodon"
    )
    assert [("actor", "cyd.test"), ("actor", "dan.test"), ("actor", "eve.test")] == actors_by_signal(first)[
        "bluesky", "amplification"
    ]
    assert [("actor", account) for account in people] == actors_by_signal(first)["mastodon", "approval"]
    receipt = first["receipt"]
    assert receipt["score"] == pytest.approx(
        receipt["base_score"] + sum(row["points"] for row in receipt["points"]), abs=1e-9
    )
    assert receipt["score"] > 1

    mastodon.act("eva", "unfavourite", "p")
    post = bluesky.posts("ada")["a receipt"]
    bluesky.unlike("eve", post)
    wait_until(lambda: bluesky.posts("ada")["a receipt"]["likeCount"] == post["likeCount"] - 1)
    time.sleep(1)

    assert {"bluesky": 1, "mastodon": 1} == renown.collect()
    assert sorted(
        (dids[name], verb) for name, verb in on_bluesky if (name, verb) != ("eve", "like")
    ) == renown.current_acts("bluesky")
    second = actors_by_signal(renown.receipt())
    assert [("actor", "bob@mock.example"), ("actor", "max@other.example")] == second["mastodon", "approval"]
    assert ("actor", "eve.test") not in second["bluesky", "approval"]
