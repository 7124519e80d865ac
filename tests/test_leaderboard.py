"""Leaderboards and similar people: of visible people, from the served day."""

import dataclasses
import json
import math
import re
import time
from datetime import timedelta

import numpy as np
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

import community
from community import app_of
from conftest import DAY, NOW, new_home, publisher, taker
from renown import answers, cli, privacy, scoring
from renown.answers import Influence, Influencer
from renown.answers.comparison_band import ComparisonBand
from renown.cli.output.comparison import print_influence
from renown.home import open_home
from renown.home.app_state import build_app_state
from renown.runs import group_scores, profiles
from renown.settings import ServeSettings
from renown.store import PublishedTables
from renown.web.pages.people import search
from renown.web.people import find_by_name
from renown.web.profiles import load_profile


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a home with a small community."""
    return community.create_community(tmp_path_factory.mktemp("boards") / "home")


@pytest.fixture(scope="module")
def client(home):
    """Return a client of the API."""
    with TestClient(app_of(home), raise_server_exceptions=False, base_url="http://x/api") as test_client:
        yield test_client


@pytest.fixture(scope="module")
def open_client(home):
    """Return a function that opens a client of the same home with other settings of `[serve]`."""

    def open_test_client(**serve_settings):
        site = dataclasses.replace(build_app_state(home), settings=ServeSettings(**serve_settings))
        app = community.make_app(site, community.PLENTY, clock=lambda: 0.0)
        return TestClient(app, raise_server_exceptions=False, base_url="http://x/api")

    return open_test_client


def read_all_pages(client, limit=1, **filters):
    """Return all rows of a leaderboard, page by page."""
    rows, cursor = [], None
    while cursor or not rows:
        params = filters | {"limit": limit} | ({"after": cursor} if cursor else {})
        page = client.get("/leaders", params=params).json()
        rows += page["leaders"]
        cursor = page["next"]
        if not page["leaders"]:
            break
    return rows


def network_scores(home, network, *, everyone):
    """Compute each person's score from one network alone, with the method's formula."""
    day = home.days.find()
    with PublishedTables(day) as published, home.reader() as engine:
        engine.scan("all", day.files("strengths"), {"person": "bigint", "network": "string", "strength": "bigint"})
        sums = engine.query(f"select person, sum(strength) from \"all\" where network = '{network}' group by person")
        names = {score.person: score.name for score in published.read_top_scores(1000)}
    return {
        names[person]: 1 + 99 * math.log10(1 + strength / 1e9) / home.method["score_decades"]
        for person, strength in sums
        if everyone or person < 0
    }


@pytest.mark.parametrize("network", ["x", "bluesky", "mastodon"])
@pytest.mark.parametrize("visibility", ["claimed", "everyone"])
def test_leaderboard_of_a_network(home, open_client, network, visibility):
    """Everybody visible once, by the score from that network alone; paginated or at once."""
    client = open_client(visibility=visibility)
    leaders = read_all_pages(client, network=network)
    expected = network_scores(home, network, everyone=visibility == "everyone")

    assert expected
    assert {name: pytest.approx(score) for name, score in expected.items()} == {
        row["name"]: row["score"] for row in leaders
    }
    assert len(expected) == len(leaders)
    assert [-row["score"] for row in leaders] == sorted(-row["score"] for row in leaders)
    assert [1 + sum(other["score"] > row["score"] for other in leaders) for row in leaders] == [
        row["rank"] for row in leaders
    ]
    assert leaders == client.get("/leaders", params={"network": network, "limit": 100}).json()["leaders"]


def test_leaderboard_over_all_networks(client):
    """The same order as /people, with the published scores."""
    leaders = read_all_pages(client)

    assert [row["name"] for row in client.get("/people").json()["people"]] == [row["name"] for row in leaders]
    assert all(
        row["score"] == row["overall"] == client.get(f"/people/{row['name']}/score").json()["score"] for row in leaders
    )
    assert 3 == len(leaders)


@pytest.mark.home
def test_equal_scores_share_a_rank_everywhere(tmp_path):
    """Three people with the same acts and one below: 1, 1, 1, 4 in every list and standing, and in the group."""
    home = open_home(new_home(tmp_path / "home"), {})
    names = ("ada", "bob", "cyd", "dan")
    home.groups.create("g", goal=70, at=NOW - timedelta(days=40))
    for name in names:
        home.people.add(name, [("x", name)], at=NOW - timedelta(days=40))
        home.groups.join("g", home.people.by_name(name), at=NOW - timedelta(days=40))
    fans = [(name, fan) for name in names for fan in range(9 if name != "dan" else 3)]
    rows = [f"fan{fan},{name},{DAY},like,p{name},{name}{fan}" for name, fan in fans]
    taker(home, tmp_path)(community.HEADER, *rows)
    day = publisher(home)(DAY)
    group_scores.publish_group_scores(home.days, home.groups, DAY, now=NOW)
    with PublishedTables(day) as published, home.reader() as engine:
        top = answers.load_leaderboard(published, engine, home.lake, n=9).leaders
    with TestClient(app_of(home), base_url="http://x/api") as client:
        lists = [
            client.get(path).json()[rows]
            for path, rows in (
                *(("/people", "people"), ("/leaders", "leaders"), ("/leaders?network=x", "leaders")),
                ("/groups/g", "standings"),
            )
        ]
        standings = [client.get(f"/people/{name}/standing").json() for name in names]

    assert [(1, "ada"), (1, "bob"), (1, "cyd"), (4, "dan")] == [(row.rank, row.name) for row in top]
    for rows in (*lists, standings):
        assert {"ada": 1, "bob": 1, "cyd": 1, "dan": 4} == {row["name"]: row["rank"] for row in rows}


def test_leaderboard_with_visibility_everyone(open_client):
    """Accounts that nobody claimed are listed, too."""
    names = [row["name"] for row in read_all_pages(open_client(visibility="everyone"), limit=2)]

    assert len(names) == len(set(names))
    assert {"ann", "bob", "cat", "x:103"} < set(names)


@pytest.mark.parametrize("filters", [{}, {"network": "x"}])
def test_unverified_people_are_hidden_from_leaderboards(open_client, filters):
    """With `unproven = hide`: neither listed nor compared with similar people."""
    client = open_client(unproven="hide")

    assert [] == client.get("/leaders", params=filters).json()["leaders"]
    assert 404 == client.get("/people/ann/similar").status_code


@pytest.mark.parametrize("network", ["y", "\0", "x' or 1=1", "X", ""])
def test_leaderboard_of_an_unknown_network_is_an_error(client, network):
    """Whatever the text of the network; it is repeated, and the known ones are listed."""
    error = client.get("/leaders", params={"network": network}).json()["error"]

    assert "invalid_input" == error["code"]
    assert error["message"].startswith(f"unknown network {network!r}; known: blog, bluesky")


def test_page_says_among_how_many_a_rank_is(open_client):
    """The ranks of the page and of a person's page count the same people."""
    client = open_client(visibility="claimed")
    people = client.get("/people/ann/standing").json()["scored_people"]

    assert f"among all {people} accounts with a score" in client.get("http://x/people").text


def test_comparison_with_an_unknown_person_keeps_the_form(client):
    """Whoever mistypes a name can correct it."""
    response = client.get("http://x/compare?who=ann&who=nobody")

    assert 404 == response.status_code
    assert "Nobody with a page here is called &#39;nobody&#39;." in response.text
    assert 'value="nobody"' in response.text


def test_leaderboard_of_a_network_without_people_is_empty(client):
    """As long as accounts of the network can be claimed."""
    body = client.get("/leaders", params={"network": "lemmy"}).json()

    assert ("lemmy", [], None) == (body["network"], body["leaders"], body["next"])


@pytest.mark.parametrize("parameters", [{"after": "x"}, {"limit": 0}, {"limit": 101}, {"network": "a" * 41}])
def test_invalid_leaderboard_parameters_are_rejected(client, parameters):
    """As an error response."""
    response = client.get("/leaders", params=parameters)

    assert (400, "invalid_input") == (response.status_code, response.json()["error"]["code"])


@pytest.mark.home
def test_leaderboards_follow_opt_outs_and_new_days(tmp_path):
    """The cached leaderboards hide who opted out at once, and are replaced by a new day."""
    home = community.create_community(tmp_path / "home")
    with TestClient(app_of(home), base_url="http://x/api") as client:
        before = [row["name"] for row in client.get("/leaders?network=x").json()["leaders"]]
        similar_names = [client.get(f"/people/cat/similar?target={target}").json()["similar_name"] for target in (1, 1)]
        with home.reader() as engine:
            subject = scoring.resolve_subject(similar_names[0], engine, home.lake, home.people)
            privacy.opt_out_people(engine, home.personal_data, [subject], now=NOW)
        remaining = [row["name"] for row in client.get("/leaders?network=x").json()["leaders"]]
        next_similar = client.get("/people/cat/similar?target=1").json()["similar_name"]
        take = taker(home, tmp_path)
        take("account,handle,at,followers", f"did:plc:zoe,zoe,{DAY},5000", table="profiles", network="threads")
        before_day = client.get("/leaders?network=threads&limit=9").json()
        home.people.add("cat", [("threads", "did:plc:zoe")], at=NOW)
        publisher(home)(DAY + timedelta(days=1))
        after_day = client.get("/leaders?network=threads").json()

    assert {"ann", "bob"} == set(before)
    assert {"ann", "bob"} - {similar_names[0]} == set(remaining) == {next_similar}
    assert (DAY.isoformat(), []) == (before_day["day"], before_day["leaders"])
    assert (DAY + timedelta(days=1)).isoformat() == after_day["day"]
    assert ["cat"] == [row["name"] for row in after_day["leaders"]]


def test_similar_person_is_the_nearest_at_or_above_the_target(client):
    """Of ann and bob, both above cat: the smaller distance, with points that sum to both scores."""
    body = client.get("/people/cat/similar", params={"target": 15}).json()
    receipts = {name: client.get(f"/people/{name}/receipt").json()["receipt"] for name in ("ann", "bob", "cat")}

    def distance_to(name):
        # The reactions of an account have one value together, which every signal of them shows.
        reads = {"audience": "followers", "curation": "lists"}
        values = [
            {(row["network"], reads.get(row["signal"], "reactions")): row for row in receipts[person]["points"]}
            for person in ("cat", name)
        ]
        nothing = {"value": 0.0}
        return math.sqrt(
            sum(
                (values[0] | values[1])[key]["weight"]
                * (values[0].get(key, nothing)["value"] - values[1].get(key, nothing)["value"]) ** 2
                for key in values[0] | values[1]
            )
        )

    expected = min(("ann", "bob"), key=distance_to)
    assert any(
        len(receipt["points"]) > len({row["value"] for row in receipt["points"]}) for receipt in receipts.values()
    )
    assert (expected, 2) == (body["similar_name"], body["candidates"])
    assert distance_to(expected) == pytest.approx(body["distance"])
    assert body["score"] == pytest.approx(1 + sum(row["points"] for row in body["signals"]))
    assert body["similar_score"] == pytest.approx(1 + sum(row["similar_points"] for row in body["signals"]))
    assert body["similar_score"] - body["score"] == pytest.approx(sum(row["difference"] for row in body["signals"]))
    assert body["signals"] == sorted(body["signals"], key=lambda row: -row["difference"])


@pytest.mark.home
def test_similar_person_is_verified_where_others_are_hidden(tmp_path):
    """Of two candidates, the farther one who is verified."""
    home = community.create_community(tmp_path / "home")
    with TestClient(app_of(home), base_url="http://x/api") as client:
        nearest = client.get("/people/cat/similar?target=1").json()["similar_name"]
    verified = ({"ann", "bob"} - {nearest}).pop()
    for name in ("cat", verified):
        for network, account_id in community.CLAIMED[name]:
            home.people.record_proof(network, account_id, "token", at=NOW)
    site = dataclasses.replace(build_app_state(home), settings=ServeSettings(unproven="hide"))
    with TestClient(community.make_app(site, community.PLENTY, clock=lambda: 0.0), base_url="http://x/api") as client:
        body = client.get("/people/cat/similar?target=1").json()
        leaders = [row["name"] for row in client.get("/leaders?network=x").json()["leaders"]]

    assert (verified, 1) == (body["similar_name"], body["candidates"])
    assert [verified] == leaders


def test_similar_person_is_somebody_else_or_nobody(client):
    """At a target that nobody reaches there is no similar person; the response defines the distance."""
    ann = client.get("/people/ann/similar", params={"target": 1}).json()
    empty = client.get("/people/ann/similar").json()

    assert "ann" != ann["similar_name"]
    assert (None, None, None, 0, [], 70.0) == tuple(
        empty[name] for name in ("similar_name", "similar_score", "distance", "candidates", "signals", "target")
    )
    assert "distance" in empty["definition"]


@pytest.mark.home
def test_search_page_leads_to_those_who_do_not_fit(tmp_path, monkeypatch):
    """It does not say that all were found; each is on one of the pages, with how sure the score is."""
    monkeypatch.setattr(search, "_PAGE_SIZE", 2)
    home = community.create_community(tmp_path / "home")
    home.people.add("anna", [("x", "103")], at=NOW)
    home.people.add("annabel", [("mastodon", "https://m.example/users/f1")], at=NOW)
    profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, publisher(home)(DAY))

    with TestClient(app_of(home), base_url="http://x") as client:
        first = client.get("/search?q=@ann").text
        second = client.get(re.search(r'href="(/search[^"]*after=[^"]+)"', first)[1].replace("&amp;", "&")).text
        empty = client.get("/search?q=@").text
        wrong = client.get("/search?q=ann&after=x")

    names = [re.findall(r'<a href="/people/(ann[a-z]*)">', page) for page in (first, second)]
    assert ["ann", "anna", "annabel"] == sorted([*names[0], *names[1]])
    assert 2 == len(names[0])
    assert "The first 2 people found" in first
    assert "1 more person found" in second
    assert "few&nbsp;reactions by&nbsp;name" in second
    assert "/people/ann" not in empty
    assert 400 == wrong.status_code


def run_command(home, *arguments):
    """Return the result of a command."""
    return CliRunner().invoke(cli.app, ["--home", str(home.settings.home), *arguments])


def test_influence_in_the_command(home, client):
    """
    The claimed people are those of the API; the command has accounts that nobody claimed, too, by their handles.

    `--top` limits the table.
    """
    body = client.get("/people/ann/influence").json()
    answer = json.loads(run_command(home, "influence", "ann", "--json").output)
    table = run_command(home, "influence", "x:ANN", "--top", "1").output

    counts = ("influencers_count", "influencees_count")
    assert [body[name] for name in counts] == [answer[name] for name in counts]
    assert answer["influencers_count"] == 2
    for kind in ("influencers", "influencees"):
        claimed = [(row["key"], row["name"], row["score"]) for row in answer[kind] if row["key"] < 0]
        assert [(row["key"], row["name"], pytest.approx(row["score"])) for row in body[kind]] == claimed
    assert {"bob", "x:dan", "x:eve"} <= {row["name"] for row in answer["influencees"]}
    assert "ann reacted to 2 people:" in table
    assert f"({answer['influencees_count'] - 1} more people)" in table
    assert answer["influencees"][1]["name"] not in table
    assert "0 people reacted to" in run_command(home, "influence", "x:eve").output


def test_influence_says_that_a_list_was_cut(capsys):
    """The hundred with the highest scores are stored, so a larger `--top` lists no more."""
    people = tuple(Influencer(-key, f"p{key}", 50.0) for key in range(1, 101))
    answer = Influence(
        name="ann",
        day="2026-11-23",
        influencers=people,
        influencers_count=130,
        influencees=people[:5],
        influencees_count=7,
    )

    print_influence(answer, 200)

    output = capsys.readouterr().out
    assert "(30 more people; at most 100 are listed)" in output
    assert "(2 more people)" in output


def test_a_page_says_which_people_it_lists(home, monkeypatch):
    """Only the first are listed; of the hundred that are stored, only those with a page here."""
    site = dataclasses.replace(build_app_state(home), settings=ServeSettings(visibility="everyone"))

    def fetch():
        app = community.make_app(site, community.PLENTY, clock=lambda: 0.0)
        return " ".join(TestClient(app, base_url="http://x").get("/people/ann").text.split())

    notes = ("Only the first 1 are listed.", "Those with a page here, by their score:", "Of the 1 with the highest")
    assert [0, 1, 0] == [fetch().count(note) for note in notes]
    monkeypatch.setattr("renown.web.pages.people.person.MAX_PEOPLE", 1)
    assert [2, 1, 0] == [fetch().count(note) for note in notes]
    monkeypatch.setattr(answers, "MAX_NAMED", 1)
    assert [2, 0, 1] == [fetch().count(note) for note in notes]


def test_similar_person_in_the_command(home, client):
    """The same as in the API; the differences of the table sum to that of the scores."""
    body = client.get("/people/cat/similar", params={"target": 15}).json()

    as_json, table = (run_command(home, "similar", "cat", "--target", "15", *more) for more in (["--json"], []))

    printed = json.loads(as_json.output)
    assert printed == {name: body[name] for name in printed}
    assert set(body) - set(printed) == {
        *("display_name", "avatar_url", "similar_display_name", "similar_avatar_url"),
    }
    assert body["score"] == pytest.approx(body["base"] + sum(row["points"] for row in body["signals"]))
    *rows, score_row = [
        line.split() for line in table.output.splitlines() if re.search(r"[+-]\d+\.\d\d$", line.strip())
    ]
    assert len(rows) == len(body["signals"]) > 1
    assert score_row == [
        *("score", f"{body['score']:.2f}", f"{body['similar_score']:.2f}"),
        f"{body['similar_score'] - body['score']:+.2f}",
    ]
    assert float(score_row[-1]) == pytest.approx(sum(float(row[-1]) for row in rows), abs=0.01 * len(rows))
    assert "choose a lower score" in run_command(home, "similar", "ann").output


@pytest.mark.home
def test_command_leaves_out_similar_people_who_opted_out(tmp_path):
    """Also before a later run takes them out of the published days."""
    home = community.create_community(tmp_path / "home")
    nearest = json.loads(run_command(home, "similar", "cat", "--target", "1", "--json").output)
    home.people.set_consent(home.people.by_name(nearest["similar_name"]).key, "withdrawn", at=NOW)

    other = json.loads(run_command(home, "similar", "cat", "--target", "1", "--json").output)

    assert {"ann", "bob"} == {nearest["similar_name"], other["similar_name"]}
    assert (2, 1) == (nearest["candidates"], other["candidates"])


def test_comparison_in_the_command(home, client):
    """Points, ranges and histories are those of the API, each column sums to the score; each person counts once."""
    body = client.get("/compare?who=ann&who=bob").json()

    as_json, table = (run_command(home, "compare", "ann", "bob", "x:ANN", *more) for more in (["--json"], []))

    printed = json.loads(as_json.output)
    people = printed["people"]
    assert ["ann", "bob"] == [person["name"] for person in people]
    assert body["signals"] == [person["signals"] for person in people]
    assert body["ranges"] == [person["range"] for person in people]
    assert body["histories"] == [person["history"] for person in people]
    assert body["warnings"] == [person["warnings"] for person in people]
    assert body["base"] == printed["base"]
    for person, score in zip(people, body["people"], strict=True):
        assert person["score"] == score["score"] == pytest.approx(printed["base"] + sum(person["signals"].values()))
    lines = [line.split() for line in table.output.splitlines()]
    assert ["score", *(f"{person['score']:.2f}" for person in people)] in lines
    leader, other = sorted(people, key=lambda person: -person["score"])
    lead = leader["score"] - other["score"]
    assert f"{leader['name']} has {lead:.2f} points more than {other['name']}" in table.output


def test_tables_of_pages_add_up_to_the_scores(client):
    """Each column of points, with what everybody starts with, is the score below it, and so is that of differences."""
    for path, columns in (("/compare?who=ann&who=bob", 2), ("/people/cat/similar?target=15", 3)):
        page = client.get(f"http://x{path}").text
        page = page.replace("\N{MINUS SIGN}", "-").replace("\N{PLUS-MINUS SIGN}", "")
        body, foot = (re.findall(f"<{part}>(.*?)</{part}>", page, re.DOTALL)[-1] for part in ("tbody", "tfoot"))
        table = [re.findall(r"([-+]?\d+\.\d\d)(?:</span>)?\s*</td>", row) for row in (*body.split("</tr>"), foot)]
        *rows, sums = [[float(cell) for cell in row] for row in table if row]

        assert len(rows) > 2
        assert {columns} == {len(row) for row in (*rows, sums)}
        for column, total in enumerate(sums):
            assert total == pytest.approx(sum(row[column] for row in rows), abs=0.005 * len(rows) + 0.001)


def test_comparisons_say_where_data_is_missing(home, client):
    """Why there is not enough data stands beside the score: on both pages, in the API and in the commands."""
    similar = client.get("/people/cat/similar", params={"target": 15}).json()
    [warnings] = client.get("/compare", params={"who": ["cat", similar["similar_name"]]}).json()["warnings"][1:]

    assert warnings
    assert similar["similar_warnings"] == warnings
    assert all(warning in client.get("http://x/people/cat/similar?target=15").text for warning in warnings)
    assert all(warning in client.get("http://x/compare?who=ann&who=bob&who=cat").text for warning in warnings)
    for command in (["similar", "cat", "--target", "15"], ["compare", "cat", similar["similar_name"]]):
        line = f"not enough data about {similar['similar_name']}: {'; '.join(warnings)}"
        assert line in " ".join(run_command(home, *command).output.split())


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["ann"], "1 name was given; name 2 to 5 people to compare"),
        (["ann", "x:ANN"], "all of these are ann; name two different people"),
        (["ann", "nobody"], "there is no person 'nobody'"),
    ],
)
def test_people_who_cannot_be_compared(home, names, message):
    """The error says how many people are compared, or who is unknown."""
    assert message in str(run_command(home, "compare", *names).exception)


def test_unclaimed_accounts_are_compared_with_claimed_people(open_client):
    """With `visibility = everyone`."""
    body = open_client(visibility="everyone").get("/people/x:103/similar", params={"target": 1}).json()

    assert body["similar_name"] in {"ann", "bob", "cat"}
    assert 3 == body["candidates"]


def test_similar_person_among_10_000_takes_under_a_second(home):
    """Also with nearly all of them hidden: only visible candidates are looked up."""
    draw, n = np.random.default_rng(1), 10_000
    site = build_app_state(home)
    ann = find_by_name(site, "ann")
    signals = tuple((f"n{number // 5}", f"s{number % 5}") for number in range(40))
    keys = np.arange(-n, 0) - 10
    band = ComparisonBand(
        keys=keys,
        scores=draw.uniform(1, 100, n),
        signals=signals,
        weights=np.full(40, 0.2),
        values=draw.exponential(2, (n, 40)),
        value_names={},
    )
    receipt = load_profile(site, ann).explanation.receipt
    hidden_keys = set(keys[:-5].tolist())
    looked_up, start = [], time.perf_counter()
    answers.find_similar_person(ann, band, looked_up.append, lambda _: receipt, target=1, hidden_keys=hidden_keys)
    took = time.perf_counter() - start

    assert set(keys[-5:].tolist()) == set(looked_up)
    assert took < 1
