"""Lists of the API: filters, look-up by ids, one pagination for all, CSV, and the list of changes."""

import csv
import dataclasses
import io
import random
import re
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

import community
from community import app_of
from conftest import DAY, NOW, publisher
from renown import privacy, scoring
from renown.runs import profiles
from renown.settings import ServeSettings
from renown.store import CONSENT_GIVEN, CONSENT_WITHDRAWN, PeopleStore, open_database
from renown.store.person_changes import record_scores
from renown.store.visibility import record_visibility_change

CSV = {"Accept": "text/csv"}
LISTS = {
    "/people": "people",
    "/people?ids=ann,x:bob_b,mastodon:cat@m.example": "people",
    "/leaders": "leaders",
    "/search?q=1": "people",
    "/changes": "changes",
    "/groups": "groups",
    "/days": "days",
}
"""Lists with pagination, each with the name of its rows."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a community with people of odd names, one of them hidden, and a second group."""
    home = community.create_community(tmp_path_factory.mktemp("lists") / "home")
    for number, name in enumerate(("Lovelace, Ada", "annie", "=1+1"), 104):
        home.people.add(name, [("x", str(number))], at=NOW)
    home.groups.create("others", goal=50, at=NOW)
    publisher(home)(DAY + timedelta(days=1))
    profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, home.days.find())
    home.people.set_consent(home.people.by_name("annie").key, CONSENT_WITHDRAWN, at=NOW)
    return home


@pytest.fixture(scope="module")
def client(home):
    """Return a client of the API."""
    with TestClient(app_of(home), base_url="http://x/api") as test_client:
        yield test_client


def names(response):
    """Return the names of the people of a page."""
    return [person["name"] for person in response.json()["people"]]


def test_people_are_looked_up_by_many_ids_at_once(client):
    """In the requested order; unknown and hidden ones are missing alike."""
    ids = ["bob", "bluesky:did:plc:ann,x:103", "nobody,annie,cat"]
    response = client.get("/people", params={"ids": ids})

    assert ["bob", "ann", "cat"] == names(response)
    assert ["x:103", "nobody", "annie"] == response.json()["missing"]
    assert response.json()["people"][0] == client.get("/people/bob/score").json()
    assert 400 == client.get("/people", params={"ids": ["ann"] * 101}).status_code
    assert 100 == len(names(client.get("/people", params={"ids": ",".join(["ann"] * 100)})))


def test_too_many_ids_with_commas_are_rejected(client):
    """A list of ids with commas is as limited as a repeated parameter."""
    assert 400 == client.get("/people", params={"ids": ",".join(["ann"] * 101)}).status_code


def test_lookup_and_filters_combine(client):
    """Whoever does not match the other parameters is missing."""
    body = client.get("/people", params={"ids": "ann,bob,cat", "network": "x"}).json()

    assert ["ann", "bob"] == [person["name"] for person in body["people"]]
    assert ["cat"] == body["missing"]


def test_name_with_a_comma_is_one_id(client):
    """A value that is a person's name as a whole is not split."""
    assert ["Lovelace, Ada", "ann"] == names(client.get("/people", params={"ids": ["Lovelace, Ada", "ann"]}))


def test_accounts_that_nobody_claimed_are_looked_up_if_everybody_is_visible(home):
    """They have no id, since they are in no list of changes."""
    site = dataclasses.replace(app_of(home).state.site, settings=ServeSettings(visibility="everyone"))
    with TestClient(community.make_app(site, community.PLENTY, clock=lambda: 0.0), base_url="http://x/api") as client:
        body = client.get("/people", params={"ids": "x:dan,ann,x:nobody"}).json()

    assert [("x:103", False), ("ann", True)] == [(person["name"], bool(person["id"])) for person in body["people"]]
    assert ["x:nobody"] == body["missing"]


def test_people_are_filtered_by_score_network_and_group(client):
    """All conditions must hold; a group that does not exist is an error."""
    scores = {person["name"]: person["score"] for person in client.get("/people").json()["people"]}
    bound = scores["bob"]
    expected = {
        "min_score": {name for name, score in scores.items() if score >= bound},
        "max_score": {name for name, score in scores.items() if score <= bound},
    }

    for name, people in expected.items():
        assert people == set(names(client.get("/people", params={name: bound})))
        assert len(people) > 1
    assert expected["min_score"] & expected["max_score"] == set(
        names(client.get("/people", params={"min_score": bound, "max_score": bound}))
    )
    assert ["cat"] == names(client.get("/people", params={"network": "mastodon"}))
    assert {"ann", "bob"} == set(names(client.get("/people", params={"group": "seventy"})))
    assert ["ann"] == names(client.get("/people", params={"group": "seventy", "network": "bluesky"}))
    assert [] == names(client.get("/people", params={"group": "others"}))
    assert "group_not_found" == client.get("/people", params={"group": "nix"}).json()["error"]["code"]
    assert 400 == client.get("/people", params={"min_score": 0}).status_code


@pytest.mark.parametrize("start", ["/people?", "/people?ids=ann&", "/leaders?", "/search?q=a&"])
def test_unknown_network_is_an_error_with_a_suggestion(client, start):
    """A typo gets no empty list."""
    error = client.get(f"{start}network=masto").json()["error"]

    assert "invalid_input" == error["code"]
    assert error["message"].startswith("unknown network 'masto'; known: blog, bluesky")
    assert error["message"].endswith("did you mean 'mastodon'?")


@pytest.mark.parametrize(("path", "rows"), LISTS.items())
def test_pagination_is_the_same_on_all_lists(client, path, rows):
    """Pages of one row, each with the link to the next, give the whole list; the last one has none."""
    start = f"{path}{'&' if '?' in path else '?'}"
    whole = client.get(path).json()
    pages, query = [], f"{start}limit=1"
    while query:
        response = client.get(query)
        pages.append(response.json())
        link = re.fullmatch(r'<(\?.*)>; rel="next"', response.headers.get("Link", ""))
        query = link and f"{path.partition('?')[0]}{link[1]}"
        assert bool(link) == bool(pages[-1]["next"])

    assert whole[rows] == [row for page in pages for row in page[rows]]
    assert len(whole[rows]) == len(pages) > 1
    assert whole["next"] is None
    assert 400 == client.get(f"{start}limit=101").status_code
    assert 200 == client.get(f"{start}after={'A' * 22}").status_code


def test_search_finds_the_person_of_exactly_that_name_first(client):
    """And nobody twice; hidden people take no place."""
    assert ["ann"] == names(client.get("/search", params={"q": "ann", "limit": 1}))
    assert ["ann"] == names(client.get("/search", params={"q": "ann"}))
    assert ["=1+1", "ann", "bob", "Lovelace, Ada"] == names(client.get("/search", params={"q": "1"}))


@pytest.mark.parametrize("text", ["LOVE", "ada", "lovelace, a", "@Ada"])
def test_search_finds_words_of_names(client, text):
    """Not only handles: each word of the name that a person chose, in any case."""
    assert "Lovelace, Ada" in names(client.get("/search", params={"q": text}))
    assert "Lovelace, Ada" not in names(client.get("/search", params={"q": text, "network": "x"}))


@pytest.mark.parametrize("path", [*LISTS, "/people/ann/history", "/people/ann/posts"])
def test_lists_are_csv_if_the_client_prefers_it(client, path):
    """The same rows under the names of the JSON fields; caches know that the answer depends on Accept."""
    json_response, csv_response = client.get(path), client.get(path, headers=CSV)
    body = json_response.json()
    rows = next(value for value in body.values() if isinstance(value, list))
    table = list(csv.reader(io.StringIO(csv_response.text)))

    assert "text/csv; charset=utf-8; header=present" == csv_response.headers["Content-Type"]
    assert {"Accept"} <= set(json_response.headers["Vary"].split(", ")) & set(csv_response.headers["Vary"].split(", "))
    assert json_response.headers["ETag"] != csv_response.headers["ETag"]
    assert len(rows) + 1 == len(table)
    for row, cells in zip(rows, table[1:], strict=True):
        assert list(row) == table[0]
        assert len(row) == len(cells)
        assert [str(value) for value in row.values() if isinstance(value, float)] == [
            cell for cell, value in zip(cells, row.values(), strict=True) if isinstance(value, float)
        ]


def test_csv_of_an_empty_list_has_a_header(client):
    """Programs can rely on the columns."""
    response = client.get("/search", params={"q": "nobody"}, headers=CSV)

    assert response.text.startswith("id,name,day,score,verified_score,")
    assert 1 == response.text.count("\r\n")


def test_errors_and_other_routes_stay_json(client):
    """Only lists are tables."""
    for path in ("/people?limit=0", "/people/ann", "/people?group=nix"):
        assert "application/json" == client.get(path, headers=CSV).headers["Content-Type"]


def test_texts_are_no_formulas_in_csv(client):
    """A name that a spreadsheet would compute begins with an apostrophe; in JSON it is as it is."""
    [row] = csv.DictReader(io.StringIO(client.get("/people", params={"ids": "=1+1"}, headers=CSV).text))

    assert ("'=1+1", ["=1+1"]) == (row["name"], names(client.get("/people", params={"ids": "=1+1"})))


def copy_changes(client, people, cursor, limit):
    """Apply the changes after a cursor to a copy, as a client would; return the cursor to resume at."""
    while True:
        page = client.get("/changes", params={"limit": limit} | ({"after": cursor} if cursor else {})).json()
        for change in page["changes"]:
            if change["kind"] == "departed":
                people.pop(change["id"], None)
            else:
                people[change["id"]] = (change["name"], change["score"])
        cursor = page["resume"]
        if page["next"] is None:
            return cursor


def find_latest_kind(change):
    """Return the name of the latest of the instants of a change."""
    return max(("score_at", "claims_at", "consent_at"), key=lambda name: change[name] or "")


@pytest.fixture(scope="module")
def changing(tmp_path_factory):
    """Return a home whose people come and go, and a client of it."""
    home = community.create_community(tmp_path_factory.mktemp("changing") / "home")
    with TestClient(app_of(home), base_url="http://x/api") as client:
        yield home, client


def test_copy_that_follows_the_changes_equals_the_list_of_people(changing):
    """Whatever happens, in whatever order, and however large the pages are."""
    home, client = changing
    draw, copy, cursor = random.Random(7), {}, None
    people = [home.people.by_name(name) for name in community.CLAIMED]
    seen = set()
    for _ in range(30):
        for _ in range(draw.randrange(3)):
            consent = draw.choice([CONSENT_GIVEN, CONSENT_WITHDRAWN])
            home.people.set_consent(draw.choice(people).key, consent, at=NOW)
        cursor = copy_changes(client, copy, cursor, draw.randrange(1, 4))
        expected = {row["id"]: (row["name"], row["score"]) for row in client.get("/people").json()["people"]}
        seen.add(len(expected))
        assert expected == copy
    for person in people:
        home.people.set_consent(person.key, CONSENT_GIVEN, at=NOW)

    assert {0, 1, 2, 3} & seen >= {1, 2, 3}


def test_changes_say_what_changed(changing):
    """Scores by a publication, claims and consent; an instant is a place to begin, too."""
    home, client = changing
    cursor = client.get("/changes", params={"limit": 100}).json()["resume"]
    ann, bob = home.people.by_name("ann"), home.people.by_name("bob")
    before = datetime.now(UTC)
    home.people.record_proof("x", "102", "token", at=NOW)
    home.people.set_consent(ann.key, CONSENT_WITHDRAWN, at=NOW)
    page = client.get("/changes", params={"after": cursor}).json()
    since = client.get("/changes", params={"after": before.isoformat()}).json()
    home.people.set_consent(ann.key, CONSENT_GIVEN, at=NOW)
    publisher(home)(DAY + timedelta(days=2))
    later = client.get("/changes", params={"after": page["resume"]}).json()

    assert [("changed", "claims_at", "bob"), ("departed", "consent_at", None)] == [
        (row["kind"], find_latest_kind(row), row["name"]) for row in page["changes"]
    ]
    assert page["changes"] == since["changes"]
    assert page["changes"][1]["score"] is None
    assert {"ann", "bob", "cat"} == {row["name"] for row in later["changes"]}
    assert {"score_at"} == set(map(find_latest_kind, later["changes"]))
    assert home.people.changes.find(bob.key).public_id == page["changes"][0]["id"]
    for after in ("2024-01-01", "yesterday"):
        error = client.get("/changes", params={"after": after}).json()["error"]
        assert "invalid_input" == error["code"]
        assert error["message"].startswith(f"after is '{after}'; write `next` or `resume` of an earlier page, or an")


def test_publishing_the_same_scores_changes_nothing(changing):
    """Clients need not fetch what is the same."""
    home, client = changing
    cursor = client.get("/changes", params={"limit": 100}).json()["resume"]
    publisher(home)(home.days.find().day)

    assert [] == client.get("/changes", params={"after": cursor}).json()["changes"]


def test_taking_a_day_back_changes_scores(changing):
    """A copy gets the scores of the day before."""
    home, client = changing
    cursor = client.get("/changes", params={"limit": 100}).json()["resume"]
    home.days.withdraw({home.days.find().day}, in_transaction=lambda _: None)
    changes = client.get("/changes", params={"after": cursor}).json()["changes"]

    assert {"ann", "bob", "cat"} == {change["name"] for change in changes}
    assert {"score_at"} == set(map(find_latest_kind, changes))


def test_settings_that_hide_people_change_everybody(changing):
    """Who has unverified claims departs when the operator decides to hide them."""
    home, client = changing
    home.people.record_proof("x", "102", "token", at=NOW)
    cursor = client.get("/changes", params={"limit": 100}).json()["resume"]
    site = dataclasses.replace(app_of(home).state.site, settings=ServeSettings(unproven="hide"))
    with TestClient(community.make_app(site, community.PLENTY, clock=lambda: 0.0), base_url="http://x/api") as hiding:
        changes = hiding.get("/changes", params={"after": cursor}).json()["changes"]
    app_of(home)  # back to the settings before

    assert ["changed", "departed", "departed"] == sorted(change["kind"] for change in changes)


def test_erased_person_is_only_an_id(changing):
    """Whoever has a copy learns whom to delete; nobody else learns anything."""
    home, client = changing
    ann = home.people.by_name("ann")
    public_id = home.people.changes.find(ann.key).public_id
    with home.reader() as engine:
        subject = scoring.resolve_subject("ann", engine, home.lake, home.people)
        privacy.erase_people(engine, home.personal_data, [subject])
    [change] = [row for row in client.get("/changes").json()["changes"] if row["id"] == public_id]

    assert ("departed", None, None) == (change["kind"], change["name"], change["score"])
    assert home.people.changes.find(ann.key) is None


def test_changes_are_ordered_in_each_database(store):
    """By transaction, then by row; everybody once; an account that nobody claimed has none."""
    database = open_database(store)
    people = PeopleStore(database)
    added = [people.add(name, [("x", name)], at=NOW) for name in ("ada", "ben", "eve")]
    with database.begin() as connection:
        record_visibility_change(connection)
        record_scores(connection, [person.person_id for person in added] + [99], [])
    first = people.changes.list_after((0, 0), 2)
    people.set_consent(added[0].key, CONSENT_WITHDRAWN, at=NOW)
    rest = people.changes.list_after(first[-1].position, 10)
    everything = people.changes.list_after((0, 0), 10)

    assert [added[0].key, added[1].key] == [row.key for row in first]
    assert [added[2].key, added[0].key] == [row.key for row in rest]
    assert rest[0].consent_at is None
    assert rest[1].score_at < rest[1].consent_at == rest[1].changed_at
    assert [added[1].key, added[2].key, added[0].key] == [row.key for row in everything]
    assert 3 == len(people.changes.public_ids()) == len(set(people.changes.public_ids().values()))
    assert people.changes.find(5) is None
    assert everything[-1].position == people.changes.find_position(datetime.now(UTC) + timedelta(days=1))
    assert [] == people.changes.list_after((2**40, 2**62), 10)
