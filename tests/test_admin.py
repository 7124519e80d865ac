"""The operator's pages: signed in by a key, protected against guessing and other sites' forms, page by page."""

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from community import app_of, create_community
from conftest import NOW
from renown.errors import InvalidSettingsError
from renown.home import open_home
from renown.runs import load_runs, save_last_run
from renown.runs.daily import DailyRun, DayRun, NetworkRun
from renown.runs.last_run import MAX_RUNS
from renown.settings import load_settings
from renown.store import SyncState
from renown.web.pages.admin.lists import PAGE_SIZE
from renown.web.pages.admin.session import ATTEMPTS, IDLE_SECONDS, MAX_SECONDS, OperatorSessions

KEY = "0123456789abcdef01234567"
PAGES = ("/admin/people", "/admin/groups", "/admin/keys", "/admin/accounts", "/admin/dead-letters")
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a home with an operator's key, something in each list, and more people than fit on a page."""
    return create_operated_community(tmp_path_factory.mktemp("admin") / "home")


def create_operated_community(folder):
    """Create a community with an operator's key, something in each list, and more people than fit on a page."""
    home = create_community(folder)
    for number in range(PAGE_SIZE):
        home.people.add(f"member {number:02}", [("x", f"m{number}")], at=NOW)
    account = {"network": "mastodon", "account_id": "https://m.example/users/cat"}
    home.sync_states.save(SyncState(**account, cursor="", tried_at=NOW, seen_at=None, message="<timed out>"))
    home.api_keys.create("an app", per_second=5, per_day=100, at=NOW)
    subscription = home.subscriptions.add(-1, channel="webhook", address="https://hook.example", at=NOW)
    content = {"title": "Your score rose", "day": "2024-02-01"}
    home.deliveries.queue(subscription, "move", content, at=NOW, due_at=NOW)
    home.deliveries.record_failure(home.deliveries.claim_due(at=NOW), "gone", at=NOW, is_final=True)
    network = NetworkRun(
        network="x", accounts=3, complete=2, failed=1, new=7, seen_at=None, message="one account is gone"
    )
    times = {"began_at": "2024-02-02T00:10:00+00:00", "ended_at": "2024-02-02T00:11:35+00:00"}
    days = (DayRun("2024-02-01", 9, final=True, message=""),)
    save_last_run(home.settings.home, DailyRun(**times, networks=(network,), days=days, gaps=0))
    return open_home(home.settings.home, {"RENOWN_OPERATOR_KEY": KEY})


@pytest.fixture
def client(home):
    """Return a client that is not signed in."""
    with TestClient(app_of(home), follow_redirects=False, headers=SAME_SITE) as client:
        yield client


@pytest.fixture
def operator(client):
    """Return a client that is signed in."""
    response = client.post("/admin/sign-in", data={"key": KEY})
    assert (303, "/admin") == (response.status_code, response.headers["location"])
    cookie = response.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=strict", "max-age=43200"))
    return client


def token_of(text):
    """Return the CSRF token of a page's forms."""
    return re.search(r'name="token" value="(\w+)"', text)[1]


def test_url_of_a_form_leads_to_its_page(operator):
    """It stays in the address bar after an error."""
    answers = {path: operator.get(path) for path in ("/admin/sign-in", "/admin/keys/revoke", "/admin/people/withdraw")}
    assert {303} == {answer.status_code for answer in answers.values()}
    assert ["/admin", "/admin/keys", "/admin/people"] == [answer.headers["location"] for answer in answers.values()]


def test_pages_do_not_exist_without_a_key(home):
    """Nor does the form to sign in."""
    with TestClient(app_of(open_home(home.settings.home, {})), headers=SAME_SITE) as client:
        assert {404} == {client.get(path).status_code for path in ("/admin", *PAGES)}
        assert 404 == client.post("/admin/sign-in", data={"key": ""}).status_code
        assert "Disallow: /admin" in client.get("/robots.txt").text


def test_only_the_operator_sees_the_pages(client):
    """Others are led to sign in; a wrong key, or a forged cookie, opens nothing."""
    assert {(303, "/admin")} == {(answer.status_code, answer.headers["location"]) for answer in map(client.get, PAGES)}
    sign_in = client.get("/admin")
    assert ("no-store", 200) == (sign_in.headers["cache-control"], sign_in.status_code)
    assert "Key of the operator" in sign_in.text
    refused = client.post("/admin/sign-in", data={"key": KEY[:-1] + "x"})
    assert (403, False) == (refused.status_code, "set-cookie" in refused.headers)
    assert "This key is wrong" in refused.text
    client.cookies.set("renown-operator", "guess")
    assert 303 == client.get("/admin/people").status_code


def test_key_cannot_be_guessed_by_many_attempts(client):
    """One a second, and a few a day from one address; the right key waits, too."""
    answers = [client.post("/admin/sign-in", data={"key": "wrong"}).status_code for _ in range(3)]
    assert [403, 429, 429] == answers
    assert 429 == client.post("/admin/sign-in", data={"key": KEY}).status_code
    sessions = OperatorSessions()
    for second in range(ATTEMPTS.per_day):
        assert sessions.sign_in("wrong", KEY, address="192.0.2.1", now=1.0 + second) is None
    with pytest.raises(Exception, match="Too many requests"):
        sessions.sign_in(KEY, KEY, address="192.0.2.1", now=2.0 + ATTEMPTS.per_day)
    assert sessions.sign_in(KEY, KEY, address="192.0.2.2", now=2.0)


def test_sessions_end():
    """After an idle hour, after half a day, and at sign-out."""
    sessions = OperatorSessions()
    first, second, third = (sessions.sign_in(KEY, KEY, address=f"192.0.2.{n}", now=0) for n in range(3))
    assert sessions.is_signed_in(first, now=IDLE_SECONDS)
    assert not sessions.is_signed_in(second, now=IDLE_SECONDS + 1)
    assert not sessions.is_signed_in(third, now=IDLE_SECONDS + 1)
    for now in range(IDLE_SECONDS, MAX_SECONDS + 1, IDLE_SECONDS):
        assert sessions.is_signed_in(first, now=now)
    assert not sessions.is_signed_in(first, now=MAX_SECONDS + 1)
    last = sessions.sign_in(KEY, KEY, address="192.0.2.9", now=0)
    sessions.sign_out(last)
    assert not sessions.is_signed_in(last, now=0)


def test_overview_shows_disk_and_runs(operator):
    """With durations."""
    text = operator.get("/admin").text
    for words in ("Healthy", "Collected data", "1 min 35 s", "2024-02-01", "Free on the disk"):
        assert words in text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/admin/groups", ["seventy", ">2<"]),
        ("/admin/keys", ["an app", "the operator"]),
        ("/admin/accounts", ["Mastodon: cat@m.example", "&lt;timed out&gt;", "cat</a>"]),
        ("/admin/dead-letters", ["https://hook.example", "Your score rose", "gone"]),
    ],
)
def test_lists_show_what_there_is(operator, path, words):
    """Escaped, since messages come from networks."""
    text = operator.get(path).text
    assert [] == [word for word in words if word not in text]


def test_people_are_listed_page_by_page_and_found(operator):
    """Everybody is on one page, newest first; a search looks at names, handles and ids."""
    first, second = operator.get("/admin/people"), operator.get("/admin/people?page=2")
    names = [re.findall(r'<th scope="row"><a[^>]*>([^<]+)<', page.text) for page in (first, second)]
    assert (PAGE_SIZE, 3) == tuple(map(len, names))
    assert 53 == len({*names[0], *names[1]})
    assert "member 49" == names[0][0]
    assert ("?page=2" in first.text, "?page=3" in second.text, "?page=1" in second.text) == (True, False, True)
    for text, name in {"member 07": "member 07", "bob_b": "bob", "did:plc:ann": "ann"}.items():
        assert f">{name}</a>" in operator.get("/admin/people", params={"q": text}).text
    assert "Nobody matches" in operator.get("/admin/people?q=nobody%25").text
    assert {400} == {operator.get(f"/admin/people?page={page}").status_code for page in ("0", "x", "-1", "9" * 30)}


def test_claims_are_withdrawn_and_keys_revoked(home, operator, caplog):
    """Only by forms of these pages; the log says so without names."""
    claim = {"person": str(home.people.by_name("member 03").key), "network": "x", "account": "m3"}
    revoke = {"name": "an app"}
    token = token_of(operator.get("/admin/people").text)
    for path, fields in (("/admin/people/withdraw", claim), ("/admin/keys/revoke", revoke)):
        assert 403 == operator.post(path, data=fields).status_code
        assert 403 == operator.post(path, data=fields | {"token": "0" * 64}).status_code
        other_site = {"Sec-Fetch-Site": "cross-site"}
        assert 403 == operator.post(path, data=fields | {"token": token}, headers=other_site).status_code
    assert home.people.by_name("member 03").accounts
    assert home.api_keys.all()

    for path, fields in (("/admin/people/withdraw", claim), ("/admin/keys/revoke", revoke)):
        assert 303 == operator.post(path, data=fields | {"token": token}).status_code
        assert 400 == operator.post(path, data=fields | {"token": token}).status_code
    assert () == home.people.by_name("member 03").accounts
    assert [] == home.api_keys.all()
    assert "withdrew a claim" in caplog.text
    assert "member" not in caplog.text

    assert 303 == operator.post("/admin/sign-out", data={"token": token}).status_code
    assert 303 == operator.get("/admin/people").status_code


def test_records_of_runs_are_limited(tmp_path):
    """The latest are kept, newest first."""
    for number in range(3):
        at = (NOW + timedelta(days=number)).isoformat()
        save_last_run(tmp_path, DailyRun(began_at=at, ended_at=at, networks=(), days=(), gaps=0))
    assert [(NOW + timedelta(days=number)).isoformat() for number in (2, 1, 0)] == [
        run["began_at"] for run in load_runs(tmp_path)
    ]
    line = (tmp_path / "runs.jsonl").read_text().splitlines()[0]
    (tmp_path / "runs.jsonl").write_text(f"{line}\n" * (MAX_RUNS + 9))
    save_last_run(tmp_path, DailyRun(began_at=at, ended_at=at, networks=(), days=(), gaps=0))
    assert MAX_RUNS == len(load_runs(tmp_path))


def test_short_keys_are_refused(home):
    """Without repeating them."""
    with pytest.raises(InvalidSettingsError, match=r"operator\.key has 5 characters") as error:
        load_settings(home.settings.home, {"RENOWN_OPERATOR_KEY": "short"})
    assert "short" not in str(error.value)
