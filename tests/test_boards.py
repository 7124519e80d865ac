"""Who leads on a network, and who is like whom: among those who may be shown, from the served day."""

import dataclasses
import math
import time
from datetime import timedelta

import numpy as np
import pytest
from starlette.testclient import TestClient

import community
from community import app_of
from conftest import DAY, NOW, publisher, taker
from renown import answers, jobs
from renown.answers.boards import Crowd
from renown.method import tables
from renown.records import day_number
from renown.settings import ServeSettings
from renown.store import Published


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    """Return a home with people in it."""
    return community.settled(tmp_path_factory.mktemp("boards") / "home")


@pytest.fixture(scope="module")
def client(settled):
    """Return a client of the API."""
    with TestClient(app_of(settled), raise_server_exceptions=False, base_url="http://x/api") as asks:
        yield asks


@pytest.fixture(scope="module")
def told(settled):
    """Return a function that returns a client of the same home with other settings of whom to show."""

    def told_client(**serve):
        site = dataclasses.replace(settled.site(), told=ServeSettings(**serve))
        app = community.make_app(site, community.PLENTY, clock=lambda: 0.0)
        return TestClient(app, raise_server_exceptions=False, base_url="http://x/api")

    return told_client


def pages(client, limit=1, **asked):
    """Return all leaders, page by page."""
    found, after = [], None
    while after or not found:
        params = asked | {"limit": limit} | ({"after": after} if after else {})
        page = client.get("/leaders", params=params).json()
        found += page["leaders"]
        after = page["next"]
        if not page["leaders"]:
            break
    return found


def alone(settled, network, *, everyone):
    """Return what each person scores on one network alone, as the method's own step says of their strengths."""
    day = settled.days.find()
    with Published(day) as published, settled.reader() as engine:
        engine.scan("all", day.files("strengths"), {"person": "bigint", "network": "string", "strength": "bigint"})
        constants = tables(settled.method, day_number(day.day), coverage=(), days={})["constants"][0]
        decades, sums = (
            constants[6],
            engine.rows(f"select person, sum(strength) from \"all\" where network = '{network}' group by person"),
        )
        names = {score.person: score.name for score in published.leaders(1000)}
    return {
        names[person]: 1 + 99 * math.log10(1 + strength / 1e9) / decades
        for person, strength in sums
        if everyone or person < 0
    }


@pytest.mark.parametrize("network", ["x", "bluesky", "mastodon"])
@pytest.mark.parametrize("visibility", ["claimed", "everyone"])
def test_leaders_of_a_network_are_everybody_shown_once_in_order(settled, told, network, visibility):
    """By what they would score with that network alone; page by page the same as at once."""
    client = told(visibility=visibility)
    found = pages(client, network=network)
    expected = alone(settled, network, everyone=visibility == "everyone")

    assert expected
    assert {name: pytest.approx(score) for name, score in expected.items()} == {
        row["who"]: row["score"] for row in found
    }
    assert len(expected) == len(found)
    assert [-row["score"] for row in found] == sorted(-row["score"] for row in found)
    assert [1 + sum(other["score"] > row["score"] for other in found) for row in found] == [
        row["rank"] for row in found
    ]
    assert found == client.get("/leaders", params={"network": network, "limit": 100}).json()["leaders"]


def test_leaders_over_all_are_people_by_rank(client):
    """The same as /people, page by page; the score is the score."""
    found = pages(client)

    assert [row["who"] for row in client.get("/people").json()["people"]] == [row["who"] for row in found]
    assert all(
        row["score"] == row["overall"] == client.get(f"/people/{row['who']}/score").json()["score"] for row in found
    )
    assert 3 == len(found)


def test_leaders_over_all_are_everybody_where_everybody_is_shown(told):
    """Accounts that nobody claimed among them."""
    found = [row["who"] for row in pages(told(visibility="everyone"), limit=2)]

    assert len(found) == len(set(found))
    assert {"ann", "bob", "cat", "x:103"} < set(found)


@pytest.mark.parametrize("asked", [{}, {"network": "x"}])
def test_who_is_not_proven_leads_nowhere_where_they_are_hidden(told, asked):
    """Nobody of this home is proven; nor is anybody's twin."""
    hidden = told(unproven="hide")

    assert [] == hidden.get("/leaders", params=asked).json()["leaders"]
    assert 404 == hidden.get("/people/ann/twin").status_code


@pytest.mark.parametrize("network", ["y", "\0", "x' or 1=1", "X", ""])
def test_nobody_leads_where_nobody_is_scored(client, network):
    """Whatever is written for a network."""
    told = client.get("/leaders", params={"network": network}).json()

    assert (network, [], None) == (told["network"], told["leaders"], told["next"])


@pytest.mark.parametrize("asked", [{"after": "x"}, {"limit": 0}, {"limit": 101}, {"network": "a" * 41}])
def test_what_is_no_board_is_refused(client, asked):
    """In the one shape of errors."""
    found = client.get("/leaders", params=asked)

    assert (400, "bad_input") == (found.status_code, found.json()["error"]["code"])


def test_who_leaves_is_on_no_board_at_once_and_a_new_day_is_read(tmp_path):
    """What is held in memory shows nobody who opted out meanwhile, and not the day before."""
    home = community.settled(tmp_path / "home")
    with TestClient(app_of(home), base_url="http://x/api") as client:
        before = [row["who"] for row in client.get("/leaders?network=x").json()["leaders"]]
        twins = [client.get(f"/people/cat/twin?target={target}").json()["twin"] for target in (1, 1)]
        with home.reader() as engine:
            who = answers.who(twins[0], engine, home.lake, home.people)
            jobs.opt_out(engine, home, who, now=NOW)
        left = [row["who"] for row in client.get("/leaders?network=x").json()["leaders"]]
        other = client.get("/people/cat/twin?target=1").json()["twin"]
        take = taker(home, tmp_path)
        take("account,handle,at,followers", f"did:plc:zoe,zoe,{DAY},5000", table="profiles", network="threads")
        early = client.get("/leaders?network=threads&limit=9").json()
        home.people.add("cat", [("threads", "did:plc:zoe")], at=NOW)
        publisher(home)(DAY + timedelta(days=1))
        later = client.get("/leaders?network=threads").json()

    assert {"ann", "bob"} == set(before)
    assert {"ann", "bob"} - {twins[0]} == set(left) == {other}
    assert (DAY.isoformat(), []) == (early["day"], early["leaders"])
    assert (DAY + timedelta(days=1)).isoformat() == later["day"]
    assert ["cat"] == [row["who"] for row in later["leaders"]]


def test_a_twin_is_the_nearest_at_or_above_the_target(client):
    """Of ann and bob, both above cat: by the distance that is stated, with points that are their receipts'."""
    told = client.get("/people/cat/twin", params={"target": 15}).json()
    receipts = {who: client.get(f"/people/{who}/receipt").json()["receipt"] for who in ("ann", "bob", "cat")}

    def distance(who):
        values = [{(row["network"], row["signal"]): row for row in receipts[each]["points"]} for each in ("cat", who)]
        nothing = {"value": 0.0}
        return math.sqrt(
            sum(
                (values[0] | values[1])[key]["weight"]
                * (values[0].get(key, nothing)["value"] - values[1].get(key, nothing)["value"]) ** 2
                for key in values[0] | values[1]
            )
        )

    expected = min(("ann", "bob"), key=distance)
    assert (expected, 2) == (told["twin"], told["among"])
    assert distance(expected) == pytest.approx(told["distance"])
    assert told["score"] == pytest.approx(1 + sum(row["points"] for row in told["signals"]))
    assert told["twin_score"] == pytest.approx(1 + sum(row["twin_points"] for row in told["signals"]))
    assert told["twin_score"] - told["score"] == pytest.approx(sum(row["difference"] for row in told["signals"]))
    assert told["signals"] == sorted(told["signals"], key=lambda row: -row["difference"])


def test_whose_claims_are_not_proven_is_nobodys_twin_where_they_are_hidden(tmp_path):
    """Of two who would do, the one that is farther away but proven."""
    home = community.settled(tmp_path / "home")
    with TestClient(app_of(home), base_url="http://x/api") as client:
        nearest = client.get("/people/cat/twin?target=1").json()["twin"]
    other = ({"ann", "bob"} - {nearest}).pop()
    for name in ("cat", other):
        for network, account_id in community.CLAIMED[name]:
            home.people.prove(network, account_id, "token", at=NOW)
    site = dataclasses.replace(home.site(), told=ServeSettings(unproven="hide"))
    with TestClient(community.make_app(site, community.PLENTY, clock=lambda: 0.0), base_url="http://x/api") as client:
        told = client.get("/people/cat/twin?target=1").json()
        leaders = [row["who"] for row in client.get("/leaders?network=x").json()["leaders"]]

    assert (other, 1) == (told["twin"], told["among"])
    assert [other] == leaders


def test_nobody_is_their_own_twin_and_some_have_none(client):
    """At a target that nobody reaches there is none, said with what is meant by one."""
    ann = client.get("/people/ann/twin", params={"target": 1}).json()
    none = client.get("/people/ann/twin").json()

    assert "ann" != ann["twin"]
    assert (None, None, None, 0, [], 70.0) == tuple(
        none[name] for name in ("twin", "twin_score", "distance", "among", "signals", "target")
    )
    assert "distance" in none["how"]


def test_accounts_that_nobody_claimed_have_twins_among_those_who_are(told):
    """Where everybody is shown."""
    found = told(visibility="everyone").get("/people/x:103/twin", params={"target": 1}).json()

    assert found["twin"] in {"ann", "bob", "cat"}
    assert 3 == found["among"]


def test_ten_thousand_people_are_compared_in_a_moment(settled):
    """With nearly all of them hidden, too; asked for those who may be shown alone."""
    draw, many = np.random.default_rng(1), 10_000
    site = settled.site()
    ann = site.find("ann")
    of = tuple((f"n{number // 5}", f"s{number % 5}") for number in range(40))
    keys = np.arange(-many, 0) - 10
    crowd = Crowd(keys, draw.uniform(1, 100, many), of, np.full(40, 0.2), draw.exponential(2, (many, 40)))
    receipt = site.portrait(ann).explanation.receipt
    hidden = set(keys[:-5].tolist())
    asked, began = [], time.perf_counter()
    answers.twin(ann, crowd, asked.append, lambda _: receipt, target=1, hidden=hidden)
    took = time.perf_counter() - began

    assert set(keys[-5:].tolist()) == set(asked)
    assert took < 1
