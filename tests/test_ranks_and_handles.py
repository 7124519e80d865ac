"""Equal ranks, renamed accounts and silent networks, as the command line and the API show them."""

import json
import time
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from community import PLENTY
from conftest import DAY, NOW, copy_home, new_home, publisher, taker
from renown import cli
from renown.home import open_home
from renown.home.app_state import build_app_state
from renown.runs import group_scores
from renown.web.app import make_app

LATER = DAY + timedelta(days=4)
PEOPLE = ("ann", "bea", "cyd", "dan")
FANS = {"ann": 6, "bea": 6, "cyd": 6, "dan": 3, "7": 2, "8": 2, "9": 1}
HANDLES = [("7", 3, "Salman"), ("7", 1, "Ahmmikun"), ("8", 3, "kim"), ("8", 2, "kim_old"), ("9", 1, "Kim")]
"""Account, days before `DAY` and handle: 7 was renamed, and 9 took over the handle that 8 gave up."""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Return a home with three equal people and a weaker one, whose network is silent from `DAY` on."""
    folder = tmp_path_factory.mktemp("ranks")
    home = open_home(new_home(folder / "home"), {})
    take = taker(home, folder)
    acts = [f"f{n},{account},{DAY},reply,{account}/1" for account, count in FANS.items() for n in range(count)]
    take("actor,target,at,verb,post", *acts)
    take("actor,target,at,verb,post", f"f0,kim,{DAY},star,kim/repository", network="github")
    profiles = [f"{account},{DAY - timedelta(days=days)},{handle}" for account, days, handle in HANDLES]
    take("account,at,handle", *profiles, table="profiles")
    began_at = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
    people = [home.people.add(name, [("x", name)], at=began_at) for name in PEOPLE]
    home.groups.create("club", goal=70, at=began_at)
    for person in people:
        home.groups.join("club", person, at=began_at)
    for day in (DAY, LATER):
        publisher(home)(day)
        group_scores.publish_group_scores(home.days, home.groups, day, now=NOW)
    return folder / "home"


@pytest.fixture
def renown(path):
    """Return a function that runs a command on the home."""
    return partial(_run, path)


def _run(path, *words, code=0):
    result = CliRunner().invoke(cli.app, ["--home", str(path), *words])
    assert code == result.exit_code, result.output
    return result


def _load(result):
    return json.loads(result.stdout)


def test_equal_scores_share_a_rank_everywhere(renown, path):
    """The leaderboard, standings, the group and the API number equal scores alike, and leave out the ranks between."""
    expected = {"ann": 1, "bea": 1, "cyd": 1, "dan": 4}
    leaders = _load(renown("top", "--json"))["leaders"]
    assert expected == {row["name"]: row["rank"] for row in leaders if row["name"] in PEOPLE}
    assert expected == {name: _load(renown("standing", name, "--json"))["rank"] for name in PEOPLE}
    standings = _load(renown("group", "show", "club", "--json"))["standings"]
    assert expected == {row["name"]: row["rank"] for row in standings}
    home = open_home(path, {})
    for person in home.people.all():
        home.people.record_proof("x", person.name, "token", at=NOW)
    with TestClient(make_app(build_app_state(home), PLENTY, clock=time.monotonic)) as client:
        for url in ("/api/people", "/api/leaders"):
            rows = next(value for value in client.get(url).json().values() if isinstance(value, list))
            assert expected == {row["name"]: row["rank"] for row in rows}, url
    assert "4th of 8, top 50%" in renown("show", "dan").stdout


@pytest.mark.parametrize("command", ["show", "explain", "history", "standing", "goal"])
def test_person_who_opted_out_is_not_searched_for_in_the_data(path, tmp_path, command):
    """The message names the reason and the way back, not missing data."""
    home = copy_home(path, tmp_path / "home")
    _run(home, "opt-out", "ann", "--yes")

    for who in ("ann", "x:ann"):
        assert "ann has opted out and has no score" in str(_run(home, command, who, code=1).exception)


@pytest.mark.parametrize(("command", "handle"), [("show", "x:Salman"), ("standing", "x:@salman")])
def test_renamed_account_is_found_by_its_old_handle(renown, command, handle):
    """In any case, with or without an @; the message says what it is called now, apart from the JSON."""
    result = renown(command, handle, "--json")
    assert f"{handle} is x:Ahmmikun now\n" == result.stderr
    assert _load(renown(command, "x:AHMMIKUN", "--json")) == _load(result)
    assert not renown(command, "x:7").stderr


@pytest.mark.parametrize(
    ("who", "meant"),
    [
        ("ANNE", "ann"),
        ("anne", "ann"),
        ("@ahmmikun", "x:Ahmmikun"),
        ("githb:kim", "github"),
        ("x:ahmikun", "x:Ahmmikun"),
    ],
)
def test_similar_person_or_account_is_suggested(renown, who, meant):
    """By a person's name, by a handle without its network, by a network, by an account's name."""
    assert f"did you mean {meant!r}?" in str(renown("show", who, code=1).exception)


def test_added_account_without_data_is_named(path, tmp_path):
    """As its name may have a mistake; data may come later, so it is added."""
    home, file = copy_home(path, tmp_path / "home"), tmp_path / "acts.csv"
    file.write_text("actor,target,at,verb\nann,cleo,2026-11-20T10:00:00Z,like\n")
    _run(home, "import", "interactions", str(file), "--network", "office")

    assert "no person 'CLEO'" in (error := str(_run(home, "show", "CLEO", code=1).exception))
    assert "did you mean 'office:cleo'?" in error
    output = _run(home, "add", "cleo", *("--account", "office:cloe", "--account", "offic:cleo")).stderr
    assert "no file that was imported has the account office:cloe yet; did you mean 'office:cleo'?" in output
    assert "`renown unclaim` takes the claim of office:cloe back" in output
    assert "the account offic:cleo yet; known: github, office, x; did you mean 'office'?" in output
    assert not _run(home, "add", "cleo", "--account", "office:cleo").stderr
    accounts = {
        f"{network['network']}:{row['account']}": row["has_data"]
        for network in _load(_run(home, "status", "--json"))["networks"]
        for row in network["accounts"]
    }
    assert (True, False, False) == tuple(accounts[name] for name in ("office:cleo", "office:cloe", "offic:cleo"))
    assert 2 == _run(home, "status").stdout.count("no data")


def test_handle_belongs_to_its_latest_owner_on_its_own_network(renown):
    """Somebody who took over a handle, even in capitals, has it; equal handles of networks are different people."""
    assert _load(renown("show", "x:9", "--json")) == _load(renown("show", "x:kim", "--json"))
    assert "x:kim_old" == _load(renown("show", "x:8", "--json"))["name"]
    assert "github:kim" == _load(renown("show", "github:KIM", "--json"))["name"]
    assert _load(renown("show", "ann", "--json")) == _load(renown("show", "ANN", "--json"))
    assert "there is no person 'kim'" in str(renown("show", "kim", code=1).exception)


def test_unclaimed_account_says_how_it_leaves_the_published_score(path):
    """A claim is taken back by the account's handle in any case; published days stay until they are scored again."""
    home = open_home(path, {})
    home.people.add("eve", [("x", "7"), ("x", "8")], at=NOW)
    output = _run(path, "unclaim", "eve", "x:AHMMIKUN").stdout
    assert f"eve owns x:8 (not proven)\nscores count this from the next day on; `renown score --day {LATER}`" in output


@pytest.mark.parametrize("command", ["show", "standing", "changes"])
def test_silent_network_is_reported(renown, command):
    """Where a network has given no data for days, a score that falls is not the person's doing."""
    options = [] if command == "standing" else ["--day", f"{LATER}"]
    assert "no data from x since 2024-02-02 (4 days)" in renown(command, "ann", *options).stdout
    if command == "show":
        assert "no data" not in renown("show", "ann", "--day", f"{DAY}").stdout
