"""A newcomer's story on real servers: two accounts by name, collect, score, and a receipt that names people."""

import json
import time
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from bluesky_local import missing, until
from renown import cli
from renown.assembly import open_home
from renown.records import KEPT, VERBS
from test_bluesky_live import bluesky
from test_mastodon_live import town

__all__ = ["bluesky", "town"]
pytestmark = [pytest.mark.whole, pytest.mark.timeout(900)]

WORDS = {number: verb for verb, number in VERBS.items()}


class Story:
    """A home that asks the two servers."""

    def __init__(self, home):
        self.home = home

    def renown(self, *words):
        """Run a command; return what it printed."""
        done = CliRunner().invoke(cli.app, ["--home", str(self.home), *words])
        assert 0 == done.exit_code, done.exception or done.output
        return done.stdout

    def collect(self):
        """Read everybody; return how many acts are known of each account to have been taken back."""
        visits = [json.loads(line) for line in self.renown("collect", "--json").splitlines()]
        assert not [visit["said"] for visit in visits if visit["said"]]
        return {visit["network"]: visit["gone"] for visit in visits}

    def standing(self, network):
        """Return (actor, verb) of every act that stands in the lake."""
        home = open_home(self.home, {})
        with home.reader() as engine:
            for table in ("interactions", "undone", "accounts"):
                engine.scan(table, home.lake.files(table, network=network), KEPT[table])
            acts = engine.rows("""
                select a.account_id, i.verb from interactions i join accounts a on a.account = i.actor
                left join undone u on u.interaction = i.interaction where u.interaction is null""")
        return sorted((actor, WORDS[verb]) for actor, verb in acts)

    def receipt(self):
        """Score today; return Ada's receipt down to the actors."""
        self.renown("score", "--day", f"{datetime.now(UTC):%Y-%m-%d}")
        return json.loads(self.renown("explain", "ada", "--json"))


@pytest.fixture
def story(bluesky, town, tmp_path, monkeypatch):
    """Return a home in which Ada is known by both her names."""
    for network, server in (("BLUESKY", bluesky.appview), ("MASTODON", town.url)):
        monkeypatch.setenv(f"RENOWN_{network}_SERVER", server)
        monkeypatch.setenv(f"RENOWN_{network}_PRIVATE", "true")
    told = Story(tmp_path / "home")
    told.renown("init")
    said = told.renown("add", "ada", "--bluesky", "ada.test", "--mastodon", "@ada@mock.example")
    assert "mastodon:ada@mock.example" in said
    return told


def named(receipt):
    """Return (network, signal) to the people and other lines behind it."""
    return {
        (signal["of"]["network"], signal["of"]["signal"]): sorted(
            (line["kind"], line["name"].partition(":")[2]) for line in signal["actors"]
        )
        for signal in receipt["signals"]
    }


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_two_names_become_a_score_with_a_receipt(story, bluesky, town):
    """Every act once, from both networks; what is taken back leaves the lake and the receipt."""
    town.post("p", "ada", "a receipt that adds up")
    for who in ("bob", "eva", "max"):
        town.act(who, "favourite", "p")
    town.act("bob", "reblog", "p")
    dids = {name: bluesky.did(name) for name in ("bob", "cyd", "dan", "eve")}
    on_bluesky = [
        *(("bob", "like"), ("bob", "reply"), ("cyd", "like"), ("cyd", "quote")),
        *(("dan", "repost"), ("eve", "like"), ("eve", "repost")),
    ]

    story.collect()
    first = story.receipt()
    story.collect()

    assert sorted((dids[name], verb) for name, verb in on_bluesky) == story.standing("bluesky")
    people = ["bob@mock.example", "eva@mock.example", "max@other.example"]
    assert sorted([(who, "like") for who in people] + [(people[0], "repost")]) == story.standing("mastodon")
    assert [("actor", "cyd.test"), ("actor", "dan.test"), ("actor", "eve.test")] == named(first)[
        "bluesky", "amplification"
    ]
    assert [("actor", who) for who in people] == named(first)["mastodon", "approval"]
    told = first["receipt"]
    assert told["score"] == pytest.approx(told["everybody"] + sum(row["points"] for row in told["points"]), abs=1e-9)
    assert told["score"] > 1

    town.act("eva", "unfavourite", "p")
    post = bluesky.posts("ada")["a receipt"]
    bluesky.unlikes("eve", post)
    until(lambda: bluesky.posts("ada")["a receipt"]["likeCount"] == post["likeCount"] - 1)
    time.sleep(1)

    assert {"bluesky": 1, "mastodon": 1} == story.collect()
    assert sorted((dids[name], verb) for name, verb in on_bluesky if (name, verb) != ("eve", "like")) == story.standing(
        "bluesky"
    )
    second = named(story.receipt())
    assert [("actor", "bob@mock.example"), ("actor", "max@other.example")] == second["mastodon", "approval"]
    assert ("actor", "eve.test") not in second["bluesky", "approval"]
