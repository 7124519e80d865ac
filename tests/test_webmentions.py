"""Webmentions: from the endpoint to the lake, exactly once, and out of it again."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from blog_server import POST, BlogServer
from conftest import new_home
from renown import privacy, runs, scoring
from renown.connectors.blog import open_site
from renown.connectors.blog.microformats import parse_microformats
from renown.errors import NetworkRefusedError
from renown.home import open_home
from renown.home.app_state import build_app_state
from renown.records import LAKE_COLUMNS, VERBS
from renown.runs import webmentions
from renown.store import webmentions as queue
from renown.web.app import make_app
from renown.web.middleware.rate_limit import Allowance

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ADA = ("blog", "ada.example")
VERB_NAMES = {number: verb for verb, number in VERBS.items()}


class Receiver:
    """A home that receives webmentions for Ada's blog, its server, and the web around it."""

    def __init__(self, path, site):
        self.blog = BlogServer()
        site.script = [self.blog]
        environment = {"RENOWN_BLOG_SERVER": site.url, "RENOWN_BLOG_PRIVATE": "true", "RENOWN_WEBMENTIONS": "true"}
        self.home = open_home(new_home(path), environment)
        self.home.people.add("ada", [ADA], at=NOW)
        self.now = NOW
        state = build_app_state(self.home)
        self.started = []
        actions = dataclasses.replace(state.actions, start_webmention_processing=lambda: self.started.append(1))
        self.state = dataclasses.replace(state, actions=actions, now=lambda: self.now)
        app = make_app(self.state, Allowance(10_000, 10_000), clock=self.clock)
        self.browser = TestClient(app, base_url="https://renown.example")

    def clock(self):
        """Return now, in epoch seconds."""
        return self.now.timestamp()

    def send(self, source, target=POST):
        """Send a webmention; return the status and the message."""
        self.now += timedelta(seconds=1)
        response = self.browser.post("/webmention", data={"source": source, "target": target})
        return response.status_code, response.json().get("message") or response.json()["error"]["message"]

    def process(self):
        """Verify what is waiting; return how many sources were verified, rejected and postponed."""
        summary = runs.process_webmentions(self.home.run_resources, now=lambda: self.now)
        return dataclasses.astuple(summary)

    def acts(self):
        """Return actor and verb of each act in the lake that is not undone, with its day."""
        with self.home.reader() as engine:
            for table in ("interactions", "undone", "accounts"):
                engine.scan(table, self.home.lake.files(table, network="blog"), LAKE_COLUMNS[table])
            rows = engine.query("""
                select a.account_id, i.verb, i.post from interactions i join accounts a on a.account = i.actor
                left join undone u on u.interaction = i.interaction where u.interaction is null""")
        return sorted((actor, VERB_NAMES[verb], post) for actor, verb, post in rows)


@pytest.fixture
def receiver(tmp_path, site):
    """Return a home that receives webmentions."""
    return Receiver(tmp_path / "receiver", site)


ENGINE = "ada.example/engine"


def test_webmention_counts_exactly_once(receiver, monkeypatch):
    """However often it is sent and processed, and if the process is killed after the import."""
    receiver.blog.write("/likes/1", "like-of", at=NOW - timedelta(days=2))
    assert 202 == receiver.send("https://bob.example/likes/1")[0]
    assert 202 == receiver.send("https://bob.example/likes/1")[0]
    assert [1, 1] == receiver.started
    assert [] == receiver.acts()

    with monkeypatch.context() as patch:
        patch.setattr(webmentions, "_finish", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            receiver.process()
    assert (1, 0, 0) == receiver.process()
    assert (0, 0, 0) == receiver.process()
    receiver.send("https://bob.example/likes/1")
    assert (1, 0, 0) == receiver.process()

    assert [("bob.example", "like", ENGINE)] == receiver.acts()


def test_run_takes_what_was_received(receiver):
    """`renown run` verifies before it scores, and the receipt has the act."""
    receiver.blog.write("/re", "in-reply-to")
    receiver.send("https://bob.example/re")
    receiver.now = NOW + timedelta(days=1)

    runs.run(receiver.home.run_resources, now=lambda: receiver.now)

    assert [("bob.example", "reply", ENGINE)] == receiver.acts()
    assert receiver.now.date() == receiver.home.days.find().day  # the first run publishes the current day


def test_update_and_deletion_of_a_source(receiver):
    """A like becomes a reply, is deleted (410), and comes back: it counts as what it is now."""
    source = "https://bob.example/1"
    states = []
    for change in ("like-of", "in-reply-to", None, "in-reply-to", "u"):
        if change:
            receiver.blog.write("/1", change)
        else:
            receiver.blog.pages["/1"] = (410, "")
        receiver.send(source)
        receiver.now += timedelta(hours=1)
        receiver.process()
        states.append([verb for _, verb, _ in receiver.acts()])

    assert [["like"], ["reply"], [], ["reply"], ["mention"]] == states


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        (POST, f"{POST}/", "source and target are the same page"),
        ("https://bob.example/1", "https://eve.example/", "receives no webmentions for the target"),
        ("https://bob.example/1", "https://ada.example.evil.example/", "receives no webmentions for the target"),
        ("ftp://bob.example/1", POST, "source is no address of a public page"),
        ("https://bob@bob.example/1", POST, "source is no address of a public page"),
        ("http://127.0.0.1/1", POST, "source is no address of a public page"),
        ("http://169.254.169.254/latest", POST, "source is no address of a public page"),
        ("http://localhost/1", POST, "source is no address of a public page"),
        ("https://bob.example:8080/1", POST, "source is no address of a public page"),
        (f"https://bob.example/{'x' * 1100}", POST, "source is no address of a public page"),
        ("https://bob.example/1", "", "target is no address of a public page"),
    ],
)
def test_request_that_is_refused(receiver, source, target, message):
    """With 400 and the reason; nothing is queued."""
    status, text = receiver.send(source, target)

    assert (400, True) == (status, message in text), text
    assert [] == receiver.home.webmentions.list_due(NOW + timedelta(days=1), 10)


def test_endpoint_is_off_by_default(receiver):
    """And accepts POST only."""
    state = dataclasses.replace(
        receiver.state, settings=dataclasses.replace(receiver.state.settings, webmentions=False)
    )
    app = make_app(state, Allowance(10, 10), clock=NOW.timestamp)

    assert (
        404 == TestClient(app).post("/webmention", data={"source": "https://bob.example/1", "target": POST}).status_code
    )
    assert (405, "POST") == ((answer := receiver.browser.get("/webmention")).status_code, answer.headers["Allow"])
    assert 400 == receiver.browser.post("/webmention", content=b"x" * 9_000).status_code


def test_hidden_people_are_as_unknown_ones(receiver):
    """Where unproven claims are hidden, the answer does not tell that somebody claimed the blog."""
    settings = dataclasses.replace(receiver.state.settings, unproven="hide")
    hiding = make_app(dataclasses.replace(receiver.state, settings=settings), Allowance(10, 10), clock=NOW.timestamp)
    targets = [POST, "https://eve.example/"]

    answers = [
        TestClient(hiding).post("/webmention", data={"source": "https://bob.example/1", "target": target})
        for target in targets
    ]
    assert [400, 400] == [answer.status_code for answer in answers]
    assert answers[0].json() == answers[1].json()


def test_people_who_opted_out_receive_nothing(receiver):
    """As if their blog was not claimed; what was waiting for them is dropped, and so is what they write."""
    receiver.blog.write("/1", "like-of")
    receiver.send("https://bob.example/1")
    with receiver.home.reader() as engine:
        subject = scoring.load_subject(receiver.home.people.by_name("ada"), engine, receiver.home.lake)
        privacy.opt_out_people(engine, receiver.home.personal_data, [subject], now=NOW)

    assert 400 == receiver.send("https://bob.example/2")[0]
    assert (0, 1, 0) == receiver.process()
    assert [] == receiver.acts()
    assert [] == receiver.home.webmentions.find_by_account(["ada.example"])


def test_erasure_and_export_know_webmentions(receiver):
    """Of the person who was mentioned."""
    receiver.blog.write("/1", "like-of")
    receiver.send("https://bob.example/1")
    receiver.process()
    ada = receiver.home.people.by_name("ada")
    with receiver.home.reader() as engine:
        subject = scoring.load_subject(ada, engine, receiver.home.lake)
        for name, expected in (("ada.example", [POST]), ("bob.example", [POST, "https://bob.example/1"])):
            parts = privacy.iter_export_parts(subject, {("blog", name): None}, receiver.home.personal_data, engine)
            [row] = next(list(part.rows()) for part in parts if part.name == "store/webmentions")
            assert expected == [row[key] for key in ("target", "source") if key in row]
        privacy.erase_people(engine, receiver.home.personal_data, [subject])

    assert [] == receiver.home.webmentions.find_by_account(["ada.example", "bob.example"])


@pytest.mark.parametrize(
    "page",
    [
        (200, '<a href="https://ada.example/other">other</a>'),
        (
            200,
            f'<div class="h-entry"><a class="u-in-reply-to" href="{POST}">x</a><data class="p-rsvp" value="yes"></div>',
        ),
        (200, f"<!-- {POST} -->{POST}"),
        (200, f'<script>"<a href={POST}>"</script>'),
        (200, f'{"x" * 1_000_001}<a href="{POST}">'),
        (403, f'<a href="{POST}">'),
    ],
)
def test_source_that_does_not_mention_its_target(receiver, page):
    """It is rejected and forgotten: a page without the link, an answer to an invitation, a page that is too large."""
    receiver.blog.pages["/1"] = page
    receiver.send("https://bob.example/1")

    assert (0, 1, 0) == receiver.process()
    assert [] == receiver.home.webmentions.find_by_account(["ada.example"])
    assert [] == receiver.acts()


def test_own_and_bridged_pages_do_not_count(receiver):
    """A site that links itself, and reactions that another network already has."""
    receiver.blog.write("/1", "in-reply-to")
    for source in ("https://ada.example/1", "https://brid.gy/1"):
        receiver.send(source)

    assert (0, 2, 0) == receiver.process()
    assert [] == receiver.acts()


def test_source_that_does_not_answer_is_fetched_again(receiver, monkeypatch):
    """Later each time, and at most five times."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    receiver.blog.pages["/1"] = (404, "")
    receiver.blog.write("/2", "like-of")
    receiver.send("https://bob.example/2")
    receiver.process()
    receiver.blog.pages["/2"] = (503, "")
    receiver.send("https://bob.example/2")
    waits = []
    for _ in range(webmentions.MAX_ATTEMPTS):
        assert (0, 0, 1) == receiver.process()
        assert (0, 0, 0) == receiver.process()
        [waiting] = receiver.home.webmentions.find_by_account(["ada.example"])
        if waiting.due_at:
            waits.append((waiting.due_at - receiver.now) / timedelta(hours=1))
            receiver.now = waiting.due_at

    assert [1, 2, 4, 8] == waits
    assert [("bob.example", "like", ENGINE)] == receiver.acts()


def test_queue_is_bounded(receiver, monkeypatch):
    """By host of the source and in all, and senders are limited by address and by source."""
    monkeypatch.setattr(queue, "MAX_WAITING_PER_SOURCE", 2)
    monkeypatch.setattr(queue, "MAX_WAITING", 3)
    statuses = [receiver.send(f"https://{host}.example/{number}")[0] for host in "bc" for number in range(3)]
    assert [202, 202, 429, 202, 429, 429] == statuses
    receiver.now -= timedelta(seconds=1)
    burst = [
        receiver.browser.post("/webmention", data={"source": "https://d.example/", "target": POST}) for _ in range(9)
    ]
    assert "retry in 1 s" in burst[-1].json()["error"]["message"]
    assert 429 == burst[-1].status_code
    assert burst[-1].headers["Retry-After"]


def test_pages_in_private_networks_are_not_fetched(client, site):
    """The guard of the HTTP client holds for sources, too (SSRF)."""
    with (
        pytest.raises(NetworkRefusedError, match="not a public address"),
        client(private_ok=False) as http,
        open_site(http, site.url) as other,
    ):
        other.fetch_html(f"{site.url}/")
    assert [] == site.requests


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 40_000,
        "<p><b>x" * 30_000,
        '<div class="e-content p-name h-entry u-url u-author">x' * 4_000,
        "<div class=h-entry>" + '<div class="p-name u-url p-author dt-published">x' * 4_000,
        '<a rel="me" href="https://[">x</a><base href="https://[">' * 2_000,
        '<div class="h-entry"><time class="dt-published" datetime="9999-99-99T99:99"></time>' * 100,
    ],
)
def test_hostile_page_takes_linear_time(page):
    """The tree that the parser gets is small, whatever the page is."""
    started = datetime.now(UTC)
    result = parse_microformats(page, "https://bob.example/1")
    assert datetime.now(UTC) - started < timedelta(seconds=15)
    assert len(result.items) <= 500
