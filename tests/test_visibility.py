"""Who is visible: no response tells anything of hidden, opted-out or erased people, and no copy outlives a change."""

import dataclasses
import random
import time
from datetime import timedelta
from email.utils import formatdate
from urllib.parse import quote, unquote

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

import community
from conftest import DAY, NOW, copy_home, new_home, publisher, taker
from proofs import only_in_full, scaled
from renown import answers, privacy, scoring
from renown.answers.explain.receipt import SignalPoints
from renown.answers.explain.receipt_lines import MIN_UNNAMED_PEOPLE, ReceiptLine, SignalReceipt
from renown.home import open_home
from renown.home.app_state import build_app_state
from renown.runs import group_scores, profiles
from renown.settings import ServeSettings
from renown.store import PublishedTables
from renown.web.api.cursor import CURSOR_PATTERN, decode_cursor, encode_cursor

NAMES = ("quillon", "brisbark", "tansyvale", "wexmoor", "jorundel", "pippavane", "oskrith", "zefirelle")
"""Names that occur nowhere else, so that any occurrence is a trace."""
FIRST_PERSON_ID = 731_905_001
"""People's ids are as long as no other number of a response is."""
HEADER = "actor,target,at,verb,post,id"
PERSON_PARTS = (
    *(
        "",
        "/score",
        "/history",
        "/standing",
        "/receipt",
        "/changes",
        "/influence",
        "/posts",
        "/goal",
        "/if",
        "/similar",
    ),
)
PAGE_PARTS = ("", "/badge.svg", "/card.png", "/why", "/goal", "/similar")
FIXED_PATHS = (
    *(
        "/",
        "/api/",
        "/api/groups",
        "/api/groups/seventy",
        "/api/groups/seventy/log",
        "/api/groups/seventy/challenges/1",
    ),
    *("/groups", "/groups/seventy", "/groups/seventy/wall", "/groups/seventy/log", "/groups/seventy/challenges/1"),
    *("/groups/seventy/challenges/1/wall", "/api/days", "/api/method", "/api/evaluations", "/method", "/me"),
)
KLOUT_PARTS = (
    *("klout.json", "klout.xml", "users/show.json", "users/show.xml", "users/topics.json"),
    *("soi/influenced_by.json", "soi/influencer_of.json", "soi/influencer_of.xml"),
)
PATHS_WITH_A_DATE = ("/api/people", "/api/leaders", "/api/leaders?network=x", "/api/people/brisbark/influence")
"""Routes with Last-Modified whose responses name quillon."""
CHANGES = ("unverified", "withdrawn", "hidden at once", "erased")
"""What makes a person invisible."""


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    """Return the folder of a home with eight verified people who react to each other, fans, and a group of all."""
    folder = tmp_path_factory.mktemp("crowd")
    home = open_home(new_home(folder / "home"), {})
    with sa.create_engine(f"sqlite:///{folder / 'home' / 'store.sqlite'}").begin() as connection:
        connection.execute(
            sa.text(
                "insert into people (person_id, name, added_at, consent, consent_at) "
                "values (:id, 'nobody', :at, 'withdrawn', :at)"
            ),
            {"id": FIRST_PERSON_ID - 1, "at": "2024-01-01 00:00:00"},
        )
    take, publish = taker(home, folder), publisher(home)
    profile_rows, act_rows = [], []
    for n, name in enumerate(NAMES):
        home.people.add(name, [("x", account_id(name)), ("bluesky", f"did:plc:{name}")], at=NOW)
        for network, account in home.people.by_name(name).accounts:
            home.people.record_proof(network, account, "token", at=NOW)
        profile_rows.append(f"{account_id(name)},{name}_at_x,{DAY - timedelta(days=30)},{100 + 77 * n}")
        others = [other for other in NAMES[: n + 2] if other != name]
        act_rows += [
            f"{account_id(other)},{account_id(name)},{DAY - timedelta(days=n + ago)},{verb},"
            f"post{n}{ago},{name}{other}{ago}"
            for other in others
            for ago, verb in ((0, "like"), (1, "repost"), (8, "reply"))
        ]
        act_rows += [
            f"fan{fan},{account_id(name)},{DAY - timedelta(days=fan)},like,post{n},f{name}{fan}" for fan in range(n + 3)
        ]
    take("account,handle,at,followers", *profile_rows, table="profiles", network="x")
    take(HEADER, *act_rows, network="x")
    likes = [
        f"did:plc:{name},did:plc:{NAMES[n - 1]},{DAY - timedelta(days=n)},like,at://{n},b{n}"
        for n, name in enumerate(NAMES)
    ]
    take(HEADER, *likes, network="bluesky")
    home.groups.create("seventy", goal=20, at=NOW - timedelta(days=40))
    for name in NAMES:
        home.groups.join("seventy", home.people.by_name(name), at=NOW - timedelta(days=40))
    home.groups.challenges.start(
        "seventy",
        first=DAY - timedelta(days=1),
        last=DAY,
        method_day=publish(DAY - timedelta(days=8)),
        at=NOW - timedelta(days=40),
    )
    for ago in (7, 1, 0):
        day = publish(DAY - timedelta(days=ago))
        group_scores.publish_group_scores(home.days, home.groups, day.day, now=NOW)
    profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, day)
    # Changes in one second are dated a second apart, so the last of these would be in the future.
    with sa.create_engine(f"sqlite:///{folder / 'home' / 'store.sqlite'}").begin() as connection:
        connection.execute(sa.text("update visibility set changed_at = 1"))
    return folder / "home"


def account_id(name):
    """Return the id of a person's account on X."""
    return f"id-of-{name}"


def open_copy(crowd, folder):
    """Return a copy of a home."""
    copy_home(crowd, folder)
    return open_home(folder, {})


def open_client(home, **serve_settings):
    """Return a client of a home with settings of `[serve]`, and an API key for Klout's API."""
    state = dataclasses.replace(build_app_state(home), settings=ServeSettings(**serve_settings))
    app = community.make_app(state, community.PLENTY, clock=time.time)
    return TestClient(app, raise_server_exceptions=False, base_url="http://x", follow_redirects=False)


def hide(home, name, change):
    """Make a person invisible; `unverified` takes effect where such people are hidden."""
    person = home.people.by_name(name)
    with home.reader() as engine:
        subject = scoring.resolve_subject(name, engine, home.lake, home.people)
        if change == "unverified":
            home.people.add(name, [("threads", f"unverified-{name}")], at=NOW)
        elif change == "withdrawn":
            privacy.opt_out_people(engine, home.personal_data, [subject], now=NOW)
        elif change == "hidden at once":
            privacy.hide(engine, home.personal_data, person, now=NOW)
        else:
            privacy.erase_people(engine, home.personal_data, [subject])


def read_traces(home):
    """Return what would be a trace of each person: name, handles, ids, keys and the score in full."""
    traces = {}
    with home.reader() as engine, PublishedTables(home.days.find()) as published:
        for name in NAMES:
            subject = scoring.resolve_subject(name, engine, home.lake, home.people)
            score = published.read_score(subject.key).score
            keys = [str(account) for _, account in subject.accounts] + [str(-subject.key), repr(score)]
            traces[name] = [name, *keys]
    return traces


def draw_request(draw, traces, key):
    """Return (path, parameters) of any route, about anybody, visible, hidden or unknown."""
    who = quote(draw.choice([*NAMES, *(f"x:{account_id(name)}" for name in NAMES), "nobody-at-all", "x:fan1"]))
    limit, pair = draw.choice((1, 2, 3, 100)), draw.sample(NAMES, 2)
    text = draw.choice((who[:3], "id-of", "did:plc", "z", who))
    klout_id = draw.choice([trace for values in traces.values() for trace in values[1:-1]])
    screen_names = ",".join(f"{name}_at_x" for name in draw.sample(NAMES, 3))
    cursor = encode_cursor((draw.randint(0, 9), draw.randint(-(2**62), 2**62)), draw.randbytes(32))
    week_ago = (DAY - timedelta(days=7)).isoformat()
    requests = (
        *((f"/api/people/{who}{part}", {}) for part in PERSON_PARTS),
        *((f"/people/{who}{part}", {}) for part in PAGE_PARTS),
        (f"/api/people/{who}/similar", {"target": draw.choice((1, 5, 15))}),
        (f"/people/{who}/similar", {"target": 1}),
        (f"/api/people/{who}/receipt", {"day": week_ago}),
        (f"/api/people/{who}/changes", {"since": week_ago}),
        ("/api/people", {"limit": limit}),
        *(("/api/leaders", {"limit": limit} | network) for network in ({}, {"network": "x"}, {"network": "bluesky"})),
        *(("/people", network) for network in ({}, {"network": "x"})),
        ("/api/people", {"limit": limit, "after": cursor}),
        ("/api/people", {"ids": [who, *pair], "max_score": draw.choice((50, 100))}),
        *(("/api/people", filters) for filters in ({"network": "x"}, {"group": "seventy"}, {"min_score": 1})),
        *(("/api/changes", {"limit": limit} | after) for after in ({}, {"after": cursor})),
        ("/api/leaders", {"limit": limit, "after": cursor, "network": "x"}),
        ("/api/search", {"q": text, "limit": limit}),
        ("/search", {"q": text}),
        *((f"{base}/compare", {"who": pair}) for base in ("", "/api")),
        ("/api/method/try", {"audience": 0, "limit": limit}),
        ("/method/try", {"audience": 2}),
        *((path, {}) for path in FIXED_PATHS),
        ("/v2/identity.json/twitter", {"key": key, "screenName": unquote(who)}),
        (f"/v2/identity.json/tw/{account_id(pair[0])}", {"key": key}),
        *((f"/v2/user.json/{klout_id}{part}", {"key": key}) for part in ("", "/score", "/influence", "/topics")),
        ("/v2/tw-user.json/batch/score", {"key": key, "twitterIds": ",".join(map(account_id, pair))}),
        *((f"/1/{part}", {"key": key, "users": screen_names}) for part in KLOUT_PARTS),
    )
    return draw.choice(requests)


def find_traces(response, traces, invisible):
    """Return the traces of invisible people in headers and body, except words that the request itself contains."""
    sent = unquote(str(response.request.url))
    text = f"{response.headers} {response.text}"
    return [
        (sent, trace)
        for name in invisible
        for trace in traces[name]
        if trace in text and trace not in sent and name not in sent
    ] + [(sent, "answered") for name in invisible if is_about(sent, name) and response.status_code == 200]


def is_about(url, name):
    """Return whether a request asks for nobody but this person, or compares them."""
    path = url.removeprefix("http://x").partition("?")[0]
    return name in path or ("/compare" in path and name in url)


def read_all_pages(client, path, rows_name, **filters):
    """Return the rows of all pages of one row; no page before the last is empty, and no cursor tells anything."""
    rows, parameters = [], {"limit": 1} | filters
    while True:
        page = client.get(path, params=parameters).json()
        rows += page[rows_name]
        if page["next"] is None:
            return rows
        assert page[rows_name], "an empty page tells that somebody is hidden"
        assert CURSOR_PATTERN.fullmatch(page["next"])
        parameters["after"] = page["next"]


def find_gaps(client, invisible, *, everyone):
    """Return lists whose ranks, pages or counts tell that somebody is hidden."""
    gaps = []
    visible = set(NAMES) - set(invisible)
    for path, rows_name, filters in (
        ("/api/people", "people", {}),
        ("/api/leaders", "leaders", {}),
        ("/api/leaders", "leaders", {"network": "x"}),
        ("/api/leaders", "leaders", {"network": "bluesky"}),
    ):
        whole = client.get(path, params={"limit": 100} | filters).json()[rows_name]
        if read_all_pages(client, path, rows_name, **filters) != whole:
            gaps.append((path, filters, "pages"))
        if {row["name"] for row in whole if ":" not in row["name"]} - visible:
            gaps.append((path, filters, "names"))
        # Over all networks, the ranks of claimed people also count accounts that nobody claimed.
        if (filters or (everyone and path == "/api/leaders")) and not has_plain_ranks(whole):
            gaps.append((path, filters, "ranks", [(row["name"], row["rank"], row["score"]) for row in whole]))
    standings = client.get("/api/groups/seventy").json()["standings"]
    [group] = client.get("/api/groups").json()["groups"]
    if visible != {row["name"] for row in standings} or len(visible) != group["members"]:
        gaps.append("group")
    if not has_plain_ranks(standings):
        gaps.append("ranks of the group")
    return gaps


def has_plain_ranks(rows):
    """Return whether ranks count the listed rows and nobody else."""
    return all(row["rank"] == 1 + sum(other["score"] > row["score"] for other in rows) for row in rows)


def search_traces(crowd, folder, draw, requests):
    """Make random people invisible in random ways, send random requests, and return the traces of them."""
    home, invisible = open_copy(crowd, folder), draw.sample(NAMES, draw.randint(1, 4))
    traces, key = read_traces(home), home.api_keys.create("tests", per_second=10**4, per_day=10**6, at=NOW)
    for name in invisible:
        hide(home, name, draw.choice(CHANGES))
    found = []
    for visibility in ("claimed", "everyone"):
        with open_client(home, visibility=visibility, unproven="hide") as client:
            found += find_gaps(client, invisible, everyone=visibility == "everyone")
            for _ in range(requests // 2):
                path, parameters = draw_request(draw, traces, key)
                found += find_traces(client.get(path, params=parameters), traces, invisible)
    return found


@pytest.mark.proof
@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=2, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@pytest.mark.home
def test_no_response_has_a_trace_of_hidden_people(crowd, tmp_path_factory, seed):
    """Whoever is unverified, opted out or erased, and whatever is requested: no names, ids, keys, scores, ranks."""
    draw = random.Random(seed)

    assert [] == search_traces(crowd, tmp_path_factory.mktemp("hidden") / "home", draw, requests=40)


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_ten_thousand_requests_have_no_trace_of_hidden_people(crowd, tmp_path_factory, capsys):
    """The same with 10,000 requests over twenty homes; prints the number of traces."""
    draw, homes, requests, found = random.Random(14), scaled(20, 1), scaled(10_000, 200), []
    for _ in range(homes):
        found += search_traces(crowd, tmp_path_factory.mktemp("proof") / "home", draw, requests=requests // homes)
    with capsys.disabled():
        print(f"{requests:,} requests, {homes} homes: {len(found)} traces of hidden people")  # noqa: T201 - the figure

    assert [] == found


def test_search_for_traces_finds_them(crowd, tmp_path):
    """The search can fail: with people who are visible, it finds each kind of trace."""
    home = open_copy(crowd, tmp_path / "home")
    traces = read_traces(home)
    with open_client(home) as client:
        found = [
            trace
            for path in ("/api/people/quillon", "/api/groups/seventy", "/api/people/brisbark/influence", "/api/people")
            for trace in find_traces(client.get(path), traces, ["brisbark", "tansyvale"])
        ]
        gaps = find_gaps(client, ["brisbark"], everyone=False)

    assert {"brisbark", "tansyvale"} < {trace for _, trace in found}
    assert any(trace == "answered" for _, trace in found)
    assert {traces["brisbark"][-1], traces["tansyvale"][-1]} <= {trace for _, trace in found}
    assert "group" in gaps


@st.composite
def signal_receipts(draw):
    """Return the receipt of a signal with named, unnamed, erased and uncounted people, and the names allowed."""
    amounts = st.floats(0.01, 5)
    actors = [
        ReceiptLine(kind="actor", name=f"x:{n}", count=draw(st.integers(1, 9)), received=received, points=received / 7)
        for n, received in enumerate(sorted(draw(st.lists(amounts, max_size=9, unique=True)), reverse=True))
    ]
    sums = [
        ReceiptLine(kind=kind, name="", count=count, received=received, points=received / 7, acts=acts)
        for kind, count, acts in (("others", 1, 4), ("others", 5, 9), ("unknown", 7, 0), ("forgotten", 0, 0))
        if draw(st.booleans()) and (received := draw(amounts))
    ]
    lines = (*actors, *sums)
    subject = SignalPoints(
        network="x",
        account="x:me",
        signal="approval",
        received=sum(line.received for line in lines),
        value=1.0,
        weight=1.0,
        points=sum(line.points for line in lines),
        self_reported=0.0,
    )
    return SignalReceipt(subject, lines, ()), draw(st.sets(st.sampled_from([f"x:{n}" for n in range(9)])))


@given(signal_receipts())
def test_redacted_receipts_keep_their_sums(case):
    """Acts, trust and points sum to the same; at most one line stands for unnamed actors, and names nobody."""
    receipt, allowed_names = case
    redacted = receipt.redact_names(allowed_names)
    unnamed = [line for line in redacted.actors if line.kind == "actor" and line.name == "x"]

    for amount in ("received", "points"):
        assert getattr(receipt.subject, amount) == pytest.approx(sum(getattr(line, amount) for line in redacted.actors))
    assert sum(line.acts or line.count for line in receipt.actors) == sum(
        line.acts or line.count for line in redacted.actors
    )
    assert len(unnamed) <= 1
    assert {line.name for line in redacted.actors if line.kind == "actor"} <= {*allowed_names, "x"}
    assert {0} >= {line.account for line in unnamed}
    assert redacted == redacted.redact_names(allowed_names | {"x"})


@given(signal_receipts())
def test_public_acts_do_not_match_unnamed_actors(case):
    """Whoever knows all public acts, and subtracts all that is named, learns nobody's weight among three people."""
    receipt, allowed_names = case
    actors = [line for line in receipt.actors if line.kind == "actor"]
    secrets = [line for line in actors if line.name not in allowed_names]
    if len(actors) >= MIN_UNNAMED_PEOPLE:
        assert [] == match_actors(receipt.redact_names(allowed_names), secrets)


def test_matching_finds_single_unnamed_actors():
    """The attack works where every unnamed actor has a line, or a single one the rest of the sum."""
    lines = tuple(ReceiptLine(kind="actor", name=f"x:{n}", count=n + 1, received=n + 0.5, points=1.0) for n in range(4))
    subject = SignalPoints(
        network="x",
        account="x:me",
        signal="approval",
        received=8.0,
        value=1.0,
        weight=1.0,
        self_reported=0.0,
        points=4.0,
    )
    anonymous = [dataclasses.replace(line, name="x") for line in lines]

    assert 4 == len(match_actors(SignalReceipt(subject, tuple(anonymous), ()), lines))
    assert ["x:3"] == match_actors(SignalReceipt(subject, (*lines[:3], anonymous[3]), ()), lines[3:])
    assert ["x:3"] == match_actors(SignalReceipt(subject, lines[:3], ()), lines[3:])


def match_actors(receipt, secrets):
    """Return the names of actors whose weight a line gives away, or the rest when all named ones are subtracted."""
    named = [line for line in receipt.actors if ":" in line.name]
    counted = [line for line in receipt.actors if line.kind == "unknown"]
    guesses = [line.received for line in receipt.actors if line not in named and line not in counted]
    guesses.append(receipt.subject.received - sum(line.received for line in (*named, *counted)))
    return [line.name for line in secrets if any(abs(guess - line.received) < 1e-6 for guess in guesses)]


@pytest.mark.parametrize(
    "serve_settings",
    [pytest.param({}, marks=[pytest.mark.proof, only_in_full]), {"visibility": "everyone", "unproven": "hide"}],
)
def test_no_receipt_tells_the_weight_of_an_unnamed_actor(crowd, tmp_path, serve_settings):
    """Receipts and changes of everybody, matched with the true weights of fans and of a hidden person."""
    home = open_copy(crowd, tmp_path / "home")
    hide(home, "quillon", "unverified")
    with home.reader() as engine, PublishedTables(home.days.find()) as published:
        subjects = [scoring.resolve_subject(name, engine, home.lake, home.people) for name in NAMES[1:]]
    true_lines = {}
    for subject in subjects:
        with home.reader() as engine, PublishedTables(home.days.find()) as published:
            explanation = answers.explain(subject, published, engine, home.lake, top=100)
        true_lines[subject.name] = [signal.actors for signal in explanation.signals]
    with open_client(home, **serve_settings) as client:
        receipts = {name: client.get(f"/api/people/{name}/receipt").json()["signals"] for name in true_lines}

    compared = 0
    for name, signals in receipts.items():
        for signal, actors in zip(signals, true_lines[name], strict=True):
            redacted = msgspec.convert(signal, SignalReceipt)
            shown = {line.name for line in redacted.actors}
            secrets = [line for line in actors if line.kind == "actor" and line.name not in shown]
            if len([line for line in actors if line.kind == "actor"]) >= MIN_UNNAMED_PEOPLE:
                compared += len(secrets)
                assert [] == match_actors(redacted, secrets)
            assert redacted.subject.points == pytest.approx(sum(line.points for line in redacted.actors))
    assert compared > 0


@given(st.integers(0, 999_999_999), st.integers(-(2**63) + 1, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_cursors_are_encrypted_positions(rank, key, secret):
    """Only who has the secret reads a position; neighbours have nothing in common."""
    cursor = encode_cursor((rank, key), secret)
    neighbour = encode_cursor((rank + 1, key), secret)

    assert CURSOR_PATTERN.fullmatch(cursor)
    assert (rank, key) == decode_cursor(cursor, secret) != decode_cursor(cursor, secret[::-1] + b"1")
    assert sum(a == b for a, b in zip(cursor, neighbour, strict=True)) < 12


@pytest.mark.parametrize("cursor", ["z" * 22, "-" * 22, "_" * 21 + "A"])
def test_made_up_cursors_are_positions_of_the_same_list(cursor):
    """A cursor that nobody issued gives no error and no position out of range."""
    rank, key = decode_cursor(cursor, b"secret")

    assert 0 <= rank <= 999_999_999
    assert -(2**63) < key < 2**63


def conditional_headers(response):
    """Return the headers with which a client asks whether its copy is still valid."""
    return (
        {"If-None-Match": response.headers["ETag"]},
        {"If-Modified-Since": response.headers["Last-Modified"]},
        {"If-Modified-Since": formatdate(time.time(), usegmt=True)},
    )


@pytest.mark.parametrize("change", [*CHANGES, "settings"])
def test_no_copy_outlives_a_change_of_visibility(crowd, tmp_path, change):
    """After each change, a copy that names the person is never confirmed, by tag, by date, or by the present time."""
    home = open_copy(crowd, tmp_path / "home")
    home.people.visibility.record_settings("claimed hide")
    wait_until_dated(home)
    with open_client(home, unproven="hide") as client:
        copies = {path: client.get(path) for path in PATHS_WITH_A_DATE}
        assert all("quillon" in response.text for response in copies.values())
        requests = [(path, headers) for path, response in copies.items() for headers in conditional_headers(response)]
        confirmed = [client.get(path, headers=headers).status_code for path, headers in requests]
        if change != "settings":
            hide(home, "quillon", change)
    with open_client(home, unproven="mark" if change == "settings" else "hide") as client:
        responses = [
            (path, client.get(path, headers=headers))
            for path, headers in requests
            if change != "settings" or "If-Modified-Since" in headers
        ]

    assert {304} == set(confirmed)
    assert [] == [path for path, response in responses if response.status_code == 304]
    if change != "settings":
        assert [] == [path for path, response in responses if "quillon" in response.text and "quillon" not in path]


def wait_until_dated(home):
    """Wait until the second of the last change is over; many changes at once are dated a second apart."""
    for _ in range(6000):
        if home.people.visibility.version().changed_at <= time.time():
            return
        time.sleep(0.01)
    raise TimeoutError


@pytest.mark.parametrize(
    "change",
    [
        lambda home, person: home.people.add(person.name, [("threads", "new")], at=NOW),
        lambda home, person: home.people.set_consent(person.key, "withdrawn", at=NOW),
        lambda home, person: home.people.set_consent(person.key, "given", at=NOW),
        lambda home, _: home.people.record_proof("x", "other", "token", at=NOW),
        lambda home, _: home.people.opt_outs.add("x", "other"),
        lambda home, _: home.people.opt_outs.remove("x", "other"),
        lambda home, person: home.groups.leave("seventy", person, at=NOW),
        lambda home, person: home.groups.join("seventy", person, at=NOW),
        lambda home, person: home.claims.assign_account(person.key, "x", "more", "token", at=NOW),
        lambda home, person: home.days.hide(person.key),
        lambda home, person: home.people.erase(person.key),
        lambda home, _: home.people.visibility.record_settings("everyone mark"),
    ],
)
def test_every_change_moves_version_and_date(changed_home, change):
    """Each change gives a new version, and a date later than any before, also within the same second."""
    before = changed_home.people.visibility.version()
    person = changed_home.people.by_name("wexmoor") or changed_home.people.by_name("oskrith")
    change(changed_home, person)
    after = changed_home.people.visibility.version()

    assert after.number > before.number
    assert after.changed_at > before.changed_at
    assert after.changed_at > time.time() - 1


@pytest.fixture(scope="module")
def changed_home(crowd, tmp_path_factory):
    """Return a home to change."""
    home = open_copy(crowd, tmp_path_factory.mktemp("changed") / "home")
    home.people.visibility.record_settings("claimed mark")
    return home


def test_group_log_of_hidden_members_still_verifies(crowd, tmp_path):
    """Hidden members have commitments without openings, like erased ones; digests and head stay the same."""
    home = open_copy(crowd, tmp_path / "home")
    with open_client(home) as client:
        before = client.get("/api/groups/seventy/log").json()
    hide(home, "quillon", "unverified")
    with open_client(home, unproven="hide") as client:
        after = client.get("/api/groups/seventy/log").json()
    members = [
        {opening["member"] for entry in log["entries"] for opening in entry["openings"]} for log in (before, after)
    ]

    assert [set(NAMES), set(NAMES) - {"quillon"}] == members
    assert before["head"] == after["head"]
    assert [entry["message"] for entry in before["entries"]] == [entry["message"] for entry in after["entries"]]
    assert () == home.groups.log.verify("seventy").faults


def test_hidden_member_sees_their_own_row(crowd, tmp_path):
    """Somebody who is hidden from others still sees their own place in the group, and nobody else does."""
    home = open_copy(crowd, tmp_path / "home")
    hide(home, "quillon", "unverified")
    site = dataclasses.replace(build_app_state(home), settings=ServeSettings(unproven="hide"))
    key = home.people.by_name("quillon").key
    own = site.standings_cache.get_standings_for(key, "seventy", site.visibility)
    public = site.standings_cache.get_standings("seventy", 0, site.visibility)

    assert {"quillon"} == {row.name for row in own.standings} - {row.name for row in public.standings}
