"""Display names and pictures on pages and in the API: visible with consent, hidden at once, never a script."""

import dataclasses
import hmac
import html
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

import community
from conftest import DAY, NOW
from proofs import DATABASES
from renown import answers, privacy
from renown.home import open_home
from renown.home.app_state import build_app_state
from renown.ingest.pictures import normalize_picture
from renown.store import (
    CONSENT_WITHDRAWN,
    IdentityChoice,
    IdentityStore,
    PeopleStore,
    Picture,
    StoredIdentity,
    open_database,
)
from renown.web.app import make_app
from renown.web.middleware.rate_limit import Allowance
from renown.web.pages.people.share_card import CardNames, choose_names
from test_first_score_pages import wait_until
from test_identities import picture

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
ANN = ("x", "101")
PAGES = ("/", "/people", "/method/try", "/people/ann", "/compare?who=ann&who=bob", "/search?q=an")


@pytest.fixture
def home(tmp_path):
    """Return a community in which ann has a hostile display name and a picture."""
    home = community.create_community(tmp_path / "home")
    content = Picture(content=normalize_picture(picture()), source_url="https://x.example/ann.png")
    for account, name, shown in ((ANN, HOSTILE, content), (("bluesky", "did:plc:ann"), "Ann Sky", None)):
        identity = StoredIdentity(network=account[0], account_id=account[1], display_name=name, picture=shown)
        home.identities.save(identity, at=NOW)
    return home


@pytest.fixture
def client(home):
    """Return a client of the pages."""
    with TestClient(community.app_of(home), base_url="http://x") as test_client:
        yield test_client


def avatar_path(home):
    """Return the path of ann's picture."""
    return f"/avatars/{home.identities.find(*ANN).picture.digest}.webp"


def group_page(home):
    """Return the path of a group that ann is in."""
    return f"/groups/{home.groups.by_member(home.people.by_name('ann').key)[0].name}"


def sign_in(home, name):
    """Return the headers and the form token of a session in which a person is signed in."""
    now = datetime.now(UTC)
    _, secret = home.sessions.create(at=now)
    secret = home.sessions.sign_in(secret, home.people.by_name(name).key, at=now)
    return {"Cookie": f"renown={secret}"}, hmac.digest(secret.encode(), b"forms", "sha256").hex()


def test_pages_show_name_and_picture_beside_the_registered_name(home, client):
    """Escaped, on every page that shows people; whoever has none has initials."""
    path = avatar_path(home)
    group = group_page(home)
    for page in (*PAGES, group, f"{group}/wall"):
        text = client.get(page).text
        assert path in text, page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text, page
        assert "<script>alert(1)" not in text, page
        assert "<img src=x" not in text, page
        assert ">ann<" in text, page
    assert 'alt="Picture of ann" loading="lazy"' in client.get("/people/ann").text
    assert '<span class="avatar' in client.get("/people/bob").text


def test_pages_of_a_person_name_them_alike(client):
    """By display and registered name: in heading or link, title, previews and shared texts."""
    both = f"{html.escape(HOSTILE, quote=False)} (ann)".replace("'", "&#39;").replace('"', "&#34;")
    year, week = DAY.isocalendar()[:2]
    previews = ("", f"/week/{year}-W{week:02}", f"/year/{DAY.year}")
    for path in (*previews, "/why", "/goal", "/similar"):
        page = client.get(f"/people/ann{path}").text
        assert path == "/similar" or f"<title>{both}: " in page, path
        assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;" in page, path
        assert "<bdi>ann</bdi>" in page, path
        if path in previews:
            assert f'<meta property="og:title" content="{both}: ' in page, path
            assert f'data-text="{both} ' in page, path
    assert "<title>bob: " in client.get("/people/bob").text


@pytest.mark.parametrize(
    ("display_name", "card_names"),
    [("Ann Other", ("Ann Other", "ann")), ("Zoë 🎉", ("Zoë", "ann")), ("愛", ("ann", "")), (None, ("ann", ""))],
)
def test_share_card_names_a_person_as_their_page(home, client, display_name, card_names):
    """As far as the font has letters; a hidden display name is on no card."""
    person = home.people.by_name("ann")
    before = client.get("/people/ann/card.png").content
    if display_name:
        home.identities.save(StoredIdentity(network=ANN[0], account_id=ANN[1], display_name=display_name), at=NOW)
        home.identities.choose(person.key, IdentityChoice(network=ANN[0], account_id=ANN[1]))
    else:
        home.identities.choose(person.key, IdentityChoice(shows_name=False))

    names = choose_names(build_app_state(home), home.served_scores.find(person.key))

    assert CardNames(*card_names) == names
    assert before != client.get("/people/ann/card.png").content


def test_picture_is_served_with_a_validator(home, client):
    """Once loaded, it is confirmed with 304; anything else is not found."""
    response = client.get(avatar_path(home))
    assert (200, "image/webp") == (response.status_code, response.headers["Content-Type"])
    assert "public, max-age=300" == response.headers["Cache-Control"]
    assert "nosniff" == response.headers["X-Content-Type-Options"]
    assert home.identities.find(*ANN).picture.content == response.content
    cached = client.get(avatar_path(home), headers={"If-None-Match": response.headers["ETag"]})
    assert (304, b"") == (cached.status_code, cached.content)
    for path in (f"/avatars/{'0' * 32}.webp", "/avatars/..%2f..%2fstore.sqlite.webp", "/avatars/%00.webp"):
        assert 404 == client.get(path).status_code


def test_api_has_name_and_picture(client, home):
    """Where a score is; null for those who have none."""
    ann, bob = client.get("/api/compare?who=ann&who=bob").json()["people"]
    assert ("ann", HOSTILE) == (ann["name"], ann["display_name"])
    assert avatar_path(home) == ann["avatar_url"]
    assert (None, None) == (bob["display_name"], bob["avatar_url"])
    assert ann == client.get("/api/people/ann/score").json() == client.get("/api/people/ann").json()["score"]


@pytest.mark.parametrize("change", ["name", "picture", "choice"])
def test_change_is_seen_by_those_who_have_a_copy(home, client, change):
    """Copies of pages and of the API's answers are not confirmed once a name or picture changed, or is hidden."""
    paths = ("/people/ann", "/people", "/api/people/ann", "/api/people")
    wait_until(lambda: "Last-Modified" in client.get("/api/people/ann").headers)
    copies = {path: client.get(path) for path in paths}
    before = home.identities.find(*ANN)
    changes = {
        "name": lambda: home.identities.save(dataclasses.replace(before, display_name="Ann Other"), at=NOW),
        "picture": lambda: home.identities.save(dataclasses.replace(before, picture=None), at=NOW),
        "choice": lambda: home.identities.choose(
            home.people.by_name("ann").key, IdentityChoice(shows_name=False, shows_picture=False)
        ),
    }
    changes[change]()

    for path, copy in copies.items():
        assert 200 == client.get(path, headers={"If-None-Match": copy.headers["ETag"]}).status_code, path
        if "Last-Modified" in copy.headers:
            answer = client.get(path, headers={"If-Modified-Since": copy.headers["Last-Modified"]})
            assert (200, True) == (answer.status_code, answer.text != copy.text), path
    assert sum("Last-Modified" in copy.headers for copy in copies.values()) > 1


def test_same_name_read_again_confirms_copies(home, client):
    """A daily reading that finds nothing new does not make everybody download everything again."""
    wait_until(lambda: "Last-Modified" in client.get("/api/people/ann").headers)
    copy = client.get("/api/people/ann")
    home.identities.save(home.identities.find(*ANN), at=NOW)

    answer = client.get("/api/people/ann", headers={"If-Modified-Since": copy.headers["Last-Modified"]})
    assert 304 == answer.status_code


def test_every_list_of_people_in_the_api_has_names_and_pictures(client, home):
    """Leaderboards, standings, influence and similar people: the same two fields, read at once for all rows."""
    group = f"/api{group_page(home)}"
    shown = {"ann": (HOSTILE, avatar_path(home)), "bob": (None, None), "cat": (None, None)}
    for path, field in (
        *(("/api/leaders", "leaders"), ("/api/leaders?network=x", "leaders"), ("/api/search?q=a", "people")),
        *((group, "standings"), (f"{group}/challenges/1", "standings")),
        *(("/api/people/bob/influence", field) for field in ("influencers", "influencees")),
    ):
        rows = client.get(path).json()[field]
        assert "ann" in {row["name"] for row in rows}, path
        assert {row["name"]: shown[row["name"]] for row in rows} == {
            row["name"]: (row["display_name"], row["avatar_url"]) for row in rows
        }, path
    weights = client.get("/api/method/try?curation=9&who=ann").json()
    for row in (*weights["ranking"], *weights["largest_rises"], *weights["largest_falls"], weights["selected"]):
        assert shown[row["name"]] == (row["display_name"], row["avatar_url"])
    assert {"ann", "bob", "cat"} == {row["name"] for row in weights["ranking"]}
    assert "ann" == weights["selected"]["name"]
    similar = client.get("/api/people/bob/similar?target=36").json()
    assert (None, None, *shown["ann"]) == (
        *(similar["display_name"], similar["avatar_url"]),
        *(similar["similar_display_name"], similar["similar_avatar_url"]),
    )
    csv = client.get("/api/leaders", headers={"Accept": "text/csv"}).text
    assert avatar_path(home) in csv.splitlines()[1]


def test_hidden_person_has_neither_anywhere(home, client):
    """Their name and picture are in no answer from the moment at which they hide."""
    path, group = avatar_path(home), group_page(home)
    home.people.set_consent(home.people.by_name("ann").key, CONSENT_WITHDRAWN, at=NOW)
    for page in ("/api/leaders", f"/api{group}", "/api/people/bob/influence", "/api/people/bob/ruler", "/people/bob"):
        text = client.get(page).text
        assert path not in text, page
        assert "alert(1)" not in text, page


def test_ruler_and_similar_person_show_names(home):
    """Of the person, and of whoever claimed the account of a landmark, beside what the operator calls it."""
    landmark = answers.Landmark(
        name="The observatory",
        network="x",
        account_id="101",
        score=50.0,
        method="3",
        day="2024-01-31",
        source="https://x.example/",
        followers=5,
        lists=None,
    )
    state = dataclasses.replace(
        build_app_state(home), landmarks=(landmark, dataclasses.replace(landmark, account_id="9"))
    )
    with TestClient(make_app(state, community.PLENTY, clock=lambda: 1e9), base_url="http://x") as client:
        ruler = client.get("/api/people/bob/ruler").json()
        assert (None, None) == (ruler["display_name"], ruler["avatar_url"])
        assert [("ann", HOSTILE, avatar_path(home)), (None, None, None)] == [
            (row["person"], row["display_name"], row["avatar_url"]) for row in ruler["landmarks"]
        ]
        assert HOSTILE == client.get("/api/people/ann/ruler").json()["display_name"]
        page = client.get("/people/bob").text
        assert '</a> · <a href="/people/ann"><bdi>ann</bdi></a> <span class="display-name' in page
        similar = client.get("/people/bob/similar?target=36").text
        assert avatar_path(home) in similar
        assert "<bdi>&lt;script&gt;alert(1)" in similar


@pytest.mark.parametrize("store", DATABASES, indirect=True)
def test_names_of_many_people_are_read_at_once(store, monkeypatch):
    """One statement, however many there are, whatever their names; who has none is left out."""
    database = open_database(store)
    people, identities = PeopleStore(database), IdentityStore(database)
    names = ["ada", 'O\'Neill "quoted"', "Ünïcode 名", "back\\slash"]
    for name in names:
        people.add(name, [("x", name)], at=NOW)
        identities.save(StoredIdentity(network="x", account_id=name, display_name=f"the {name}"), at=NOW)
    statements = []
    read_rows = identities._reader.read_rows
    monkeypatch.setattr(
        identities._reader, "read_rows", lambda sql, values: statements.append(sql) or read_rows(sql, values)
    )
    candidates = identities.list_candidates([*(f"nobody {n}" for n in range(2000)), *names])
    assert {name: f"the {name}" for name in names} == {
        candidate.person: candidate.display_name for candidate in candidates
    }
    assert 1 == len(statements)
    assert [] == identities.list_candidates(["nobody"])
    database.dispose()


def test_owner_hides_and_chooses(home, client):
    """The form of the account page takes effect with the next request, and only with its token."""
    headers, token = sign_in(home, "ann")
    account = client.get("/me", headers=headers).text
    assert "data:image/webp;base64," in account
    assert "Ann Sky" in account
    form = {"account": "bluesky:did:plc:ann", "shows_name": "1"}
    assert 403 == client.post("/me/identity", data=form, headers=headers).status_code
    assert avatar_path(home) in client.get("/people/ann").text

    wrong = client.post("/me/identity", data={**form, "account": "x:102", "token": token}, headers=headers)
    assert 400 == wrong.status_code
    assert "not one of your accounts" in wrong.text
    saved = client.post("/me/identity", data={**form, "token": token}, headers=headers, follow_redirects=False)
    assert 303 == saved.status_code

    page = client.get("/people/ann").text
    assert "<bdi>Ann Sky</bdi>" in page
    assert avatar_path(home) not in page
    assert 404 == client.get(avatar_path(home)).status_code
    assert "data:image/webp;base64," in client.get("/me", headers=headers).text


def test_opt_out_removes_the_picture_at_once(home, client):
    """From pages and by its address."""
    path = avatar_path(home)
    assert 200 == client.get(path).status_code
    with home.reader() as engine:
        privacy.hide(engine, home.personal_data, home.people.by_name("ann"), now=NOW)
    assert 404 == client.get(path).status_code
    assert path not in client.get("/people").text


@pytest.mark.parametrize("settings", [{"RENOWN_PICTURES": "false"}, {"RENOWN_UNPROVEN": "hide"}])
def test_settings_hide_pictures(home, settings):
    """Pictures switched off, or hidden people: neither is served."""
    path = avatar_path(home)
    with TestClient(community.app_of(open_home(home.settings.home, settings)), base_url="http://x") as client:
        assert 404 == client.get(path).status_code
        assert path not in client.get("/people").text
        assert "the picture" not in client.get("/me").text


def test_pictures_of_a_page_are_not_limited_like_pages(home):
    """A leaderboard has fifty of them; they have a limit of their own."""
    app = make_app(build_app_state(home), Allowance(2, 10), clock=lambda: 1e9)
    with TestClient(app, base_url="http://x") as client:
        statuses = [client.get(avatar_path(home)).status_code for _ in range(101)]
        assert ([200] * 100, 429) == (statuses[:100], statuses[100])
        assert 200 == client.get("/people").status_code


def test_display_name_equal_to_the_name_is_not_repeated(home, client):
    """Whatever its capitals."""
    home.identities.save(StoredIdentity(network=ANN[0], account_id=ANN[1], display_name="ANN"), at=NOW)
    home.identities.choose(home.people.by_name("ann").key, IdentityChoice(network="x", account_id="101"))
    assert "ANN" not in client.get("/people/ann").text
