"""A visitor's own page: signing in by proof, and what nobody but them can do there; over HTTP, with a real network."""

import dataclasses
import io
import json
import re
import subprocess
import sys
import time
import zipfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from community import PLENTY, serving
from conftest import DAY, NOW, publisher, taker
from fediverse import LOOKUP, Network
from renown import answers, assembly, cli, jobs
from renown.settings import NetworkSettings
from renown.web import make_app
from renown.web.pages.visitors import asks
from sites import serve
from visitors import Browser

ADA, EVE = ("mastodon", "ada@example.social"), ("mastodon", "eve@example.social")
DATA = Path(__file__).parent / "data"
HEADER = "actor,target,at,verb,post,id"


@pytest.fixture
def network(site):
    """Return the network."""
    return Network(site)


@pytest.fixture
def home(store, tmp_path, network):
    """Return a home on each database, which asks that network."""
    assembly.make_home(tmp_path / "home")
    told = {"RENOWN_MASTODON_SERVER": network.site.url, "RENOWN_MASTODON_PRIVATE": "true"}
    return assembly.open_home(tmp_path / "home", told | ({} if isinstance(store, Path) else {"RENOWN_STORE": store}))


@pytest.fixture
def patient(monkeypatch):
    """Let visitors ask as fast as tests do."""
    for name in ("BY_SESSION", "BY_ADDRESS", "BY_SERVER", "DOWNLOADS"):
        monkeypatch.setattr(asks, name, PLENTY)


def desk_of(home, **changed):
    """Return what visitors can have done, with wishes granted in this process."""
    made = home.site().desk
    return dataclasses.replace(made, **{"hasten": lambda: None, "welcome": lambda: None} | changed)


def site_with(home, **changed):
    """Return what the web reads, with some of it changed."""
    told = dataclasses.replace(home.settings.serve, url=changed.pop("url", ""))
    return dataclasses.replace(home.site(), desk=changed.pop("desk", desk_of(home)), told=told, **changed)


@pytest.fixture
def base(home, patient):  # noqa: ARG001 - for what it does
    """Return where the pages are."""
    with serving(make_app(site_with(home), PLENTY, clock=time.time)) as host:
        yield f"http://{host}"


@pytest.fixture
def browser(base):
    """Return a function that opens browsers."""
    with ExitStack() as open_:
        yield lambda: open_.enter_context(Browser(base)).open("/me")


def begun(browser, name="ada"):
    """Say that an account is one's own; return the token."""
    browser.open("/me").send("/me/accounts", network="mastodon", name=f"@{name}@example.social")
    assert 200 == browser.status, browser.said
    return browser.tokens[-1]


def signed_in(browser, network, name="ada", called="Ada"):
    """Prove an account, and be a person."""
    network.says(name, begun(browser, name))
    browser.send("/me/check")
    if any(form.action == "/me/name" for form in browser.page.forms):
        browser.send("/me/name", name=called)
    assert any(form.action == "/me/out" for form in browser.page.forms)
    assert called in browser.said
    return browser


def test_a_visitor_proves_an_account_and_has_a_page(browser, home, network):
    """A token, the profile, a name; then they are a person whose claim is proven, and nobody asks for a password."""
    ada = browser()
    token = begun(ada)
    assert "not in that profile yet" in ada.send("/me/check").said
    assert home.people.all() == []

    network.says("ada", "I", "am", token)
    ada.send("/me/check")
    assert "nobody has a page for it yet" in ada.said
    ada.send("/me/name", name="Ada L")

    assert "Ada L" in ada.said
    person = home.people.by_account(*ADA)
    assert ("Ada L", "token", True) == (person.name, person.claims[0].proof, person.claims[0].proven)
    assert [] == ada.tokens


def test_who_proved_an_account_is_the_same_person_the_next_time(browser, home, network):
    """With another token, in another browser; no name is asked for."""
    signed_in(browser(), network)
    network.says("ada")

    again = browser()
    token = begun(again)
    assert "not in that profile yet" in again.send("/me/check").said
    network.says("ada", token)

    assert "Ada" in again.send("/me/check").said
    assert 1 == len(home.people.all())
    assert 2 == len(home.sessions.of(home.people.by_name("Ada").key))


def test_a_token_signs_in_whom_it_was_made_for_alone(browser, home, network):
    """Eve reads Ada's public profile with the token in it: it is of no use in her browser, today or ever."""
    ada, eve = browser(), browser()
    token, other = begun(ada), begun(eve)
    assert token != other
    network.says("ada", token)

    assert "not in that profile yet" in eve.send("/me/check").said
    eve.post("/me/check", {"token": _form_token(eve), "network": "mastodon", "account": ADA[1], "renown": token})
    assert "not in that profile yet" in eve.said
    assert home.people.all() == []
    assert "yet" in ada.send("/me/check").said
    ada.send("/me/name", name="Ada")

    assert "not in that profile yet" in eve.open("/me").send("/me/check").said
    third = browser()
    begun(third)
    assert "not in that profile yet" in third.send("/me/check").said
    assert 1 == len(home.sessions.of(home.people.by_name("Ada").key))


def test_of_two_visitors_who_claim_one_account_its_owner_wins(browser, home, network):
    """The other's page goes on to ask for the other's token."""
    ada, eve = browser(), browser()
    begun(eve)
    signed_in(ada, network)

    eve.open("/me").send("/me/check")

    assert "not in that profile yet" in eve.said
    assert not any(form.action == "/me/out" and "Ada" in eve.said.split("Which")[0] for form in eve.page.forms)
    assert (ADA,) == home.people.by_name("Ada").accounts


def test_a_second_account_is_added_the_same_way(browser, home, network):
    """It is proven by a token, too; both are one person's."""
    ada = signed_in(browser(), network)
    network.says("eve", begun(ada, "eve"))

    ada.send("/me/check")

    assert {ADA, EVE} == set(home.people.by_name("Ada").accounts)
    assert all(claim.proven for claim in home.people.by_name("Ada").claims)


@pytest.mark.parametrize(("rel", "proof"), [("me nofollow", "link"), ("nofollow", "")])
def test_a_link_adds_an_account_to_who_is_signed_in(home, network, rel, proof):
    """Where it says that it leads to the same person; what a fan links to is nobody's."""
    with (
        serving(make_app(site_with(home, url="http://renown.example"), PLENTY, clock=time.time)) as host,
        Browser(f"http://{host}") as ada,
    ):
        signed_in(ada, network)
        begun(ada, "eve")
        network.links("eve", "http://renown.example/people/Ada", rel)

        ada.send("/me/check")

    found = {claim.account_id: claim.proof for claim in home.people.by_name("Ada").claims}
    assert proof == found.get(EVE[1], "")


def test_a_link_signs_nobody_in(home, network):
    """It stands in public for ever: whoever says that they are Ada would be."""
    with (
        serving(make_app(site_with(home, url="http://renown.example"), PLENTY, clock=time.time)) as host,
        Browser(f"http://{host}") as ada,
        Browser(f"http://{host}") as eve,
    ):
        signed_in(ada, network)
        network.says("ada")
        network.links("ada", "http://renown.example/people/Ada")
        begun(eve)

        assert "not in that profile yet" in eve.send("/me/check").said


def test_what_somebody_else_proved_is_refused_and_said(browser, home, network):
    """Who controls both signs in with the other."""
    signed_in(browser(), network)
    eve = signed_in(browser(), network, "eve", "Eve")
    network.says("ada", begun(eve))

    eve.send("/me/check")

    assert (400, True) == (eve.status, "somebody else's" in eve.said)
    assert (ADA,) == home.people.by_name("Ada").accounts


def test_whom_the_home_added_proves_to_be_them(browser, home, network):
    """Of whom nothing was proven, the first proof decides, and the claim is proven."""
    home.people.add("Ada", [ADA, ("x", "7")], at=NOW)

    ada = browser()
    network.says("ada", begun(ada))
    ada.send("/me/check")

    assert "Ada" in ada.said
    assert {"token", ""} == {claim.proof for claim in home.people.by_name("Ada").claims}


@pytest.mark.parametrize("called", ["Eve", "eve", "a:b", "<script>", "../admin", "\u202eAda"])
def test_names_are_free_and_shown_and_never_run(browser, home, network, called):
    """Somebody's is refused, in any case of letters; markup is text."""
    home.people.add("Eve", [("x", "1")], at=NOW)
    ada = browser()
    network.says("ada", begun(ada))
    ada.send("/me/check").send("/me/name", name=called)

    assert "<script>" not in ada.answer.text
    if called in {"<script>", "../admin"}:
        assert called in ada.said
        assert called == home.people.by_account(*ADA).name
    else:
        assert 400 == ada.status
        assert home.people.by_account(*ADA) is None


def _form_token(browser):
    return next(form.fields["token"] for form in browser.page.forms if form.fields.get("token"))


ALL = ["accounts", "check", "name", "back", "drop", "out", "data", "opt-out", "opt-in", "erase", "join", "leave"]


@pytest.mark.parametrize("what", ALL)
@pytest.mark.parametrize("attack", ["no token", "another's token", "cross-site", "same-site", "origin", "null"])
def test_no_other_site_sends_a_visitors_forms(browser, home, network, what, attack):
    """With their cookie, and all else right: without the session's token, or from elsewhere, nothing is done."""
    ada = signed_in(browser(), network)
    network.says("eve", begun(ada, "eve"))
    home.groups.create("club", goal=70, at=NOW)
    eve = browser()
    begun(eve)
    fields = {"network": EVE[0], "account": EVE[1], "confirm": "Ada", "group": "club", "name": "@eve@example.social"}
    fields["token"] = {"no token": "", "another's token": _form_token(eve)}.get(attack, _form_token(ada))
    headers = {"cross-site": {"Sec_Fetch_Site": "cross-site"}, "same-site": {"Sec_Fetch_Site": "same-site"}}
    asked = network.asked
    if attack in {"origin", "null"}:
        said = {"Origin": "null" if attack == "null" else "http://evil.example"}
        answer = ada.client.post(f"/me/{what}", data=fields, headers=said)
    else:
        answer = ada.post(f"/me/{what}", fields, **headers.get(attack, {})).answer

    assert 403 == answer.status_code
    assert "no-store" == answer.headers["cache-control"]
    assert asked == network.asked
    person = home.people.by_name("Ada")
    assert (True, (ADA,), []) == (person.consents, person.accounts, home.groups.members("club"))
    assert [] == home.wishes.open()
    assert "Ada" in ada.open("/me").said


def test_a_form_from_here_is_taken_by_its_origin_where_browsers_say_no_more(base, browser, network, home):
    """Over plain HTTP they send `Origin` alone."""
    ada = signed_in(browser(), network)

    answer = ada.client.post("/me/out", data={"token": _form_token(ada)}, headers={"Origin": base})

    assert 200 == answer.status_code
    assert [] == home.sessions.of(home.people.by_name("Ada").key)


def test_a_cookie_is_had_once_something_is_begun(browser):
    """No page sets one; what sets it lets no script read it, and no other site send it."""
    ada = browser()
    for path in ("/", "/people", "/groups", "/me", "/search?q=a"):
        assert "set-cookie" not in ada.open(path).answer.headers
    begun(ada)

    [set_] = [one.headers["set-cookie"] for one in ada.answer.history]
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip().lower() for part in set_.split(";")}
    assert "no-store" == ada.answer.headers["cache-control"]
    assert "etag" not in ada.answer.headers
    assert "content-encoding" not in ada.answer.headers


def test_with_tls_a_cookie_is_this_hosts_alone(home):
    """`__Host-` and `Secure`: no other host, and no page without TLS, can set it."""
    app = make_app(site_with(home, url="https://renown.example"), PLENTY, clock=time.time)
    with TestClient(app, base_url="https://renown.example", follow_redirects=False) as asks_:
        fields = {"network": "mastodon", "name": "@ada@example.social"}
        set_ = asks_.post("/me/accounts", data=fields, headers={"Origin": "https://renown.example"})
        refused = asks_.post("/me/accounts", data=fields, headers={"Origin": "http://renown.example"})

    assert 303 == set_.status_code
    assert set_.headers["set-cookie"].startswith("__Host-renown=")
    assert "secure" in set_.headers["set-cookie"].lower()
    assert 403 == refused.status_code


def test_a_planted_cookie_is_of_no_use(base, browser, network):
    """Eve gave Ada the cookie of a session of hers: what Ada then does signs only Ada in."""
    eve, ada = browser(), browser()
    begun(eve, "eve")
    ada.client.cookies.set("renown", eve.cookie, domain="127.0.0.1")
    ada.open("/me")
    token = begun(ada)
    planted = eve.cookie
    assert planted != ada.cookie
    network.says("ada", token)
    assert [] == eve.open("/me").tokens

    ada.open("/me").send("/me/check", 1)
    assert "nobody has a page for it yet" in ada.said
    ada.send("/me/name", name="Ada")

    assert "Ada" not in eve.open("/me").said
    with Browser(base) as third:
        third.client.cookies.set("renown", planted, domain="127.0.0.1")
        assert "Ada" not in third.open("/me").said


def test_a_session_has_another_secret_once_somebody_is_signed_in(base, browser, network):
    """The one from before opens nothing."""
    ada = browser()
    network.says("ada", begun(ada))
    ada.send("/me/check")
    before = ada.cookie
    ada.send("/me/name", name="Ada")

    assert before != ada.cookie
    with Browser(base) as other:
        other.client.cookies.set("renown", before, domain="127.0.0.1")
        assert "Which account is yours" in other.open("/me").said


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_stolen_cookie_is_of_no_use_after_signing_out(base, browser, home, network, everywhere):
    """The server ends the session; everywhere ends the others, too."""
    ada, second = signed_in(browser(), network), signed_in(browser(), network)
    stolen = ada.cookie
    if everywhere:
        second.open("/me").send("/me/out", 1)
    else:
        ada.open("/me").send("/me/out")

    with Browser(base) as thief:
        thief.client.cookies.set("renown", stolen, domain="127.0.0.1")
        assert "Which account is yours" in thief.open("/me").said
        thief.post("/me/data", {"token": _token_of(stolen)})
        assert "application/zip" != thief.answer.headers["content-type"]
    assert everywhere == (home.sessions.of(home.people.by_name("Ada").key) == [])


def _token_of(secret):
    """Return what forms of a session send."""
    from renown.web.pages.visitors.visit import Visitor  # noqa: PLC0415 - one test needs it

    return Visitor(secret, object()).form_token


@pytest.mark.parametrize("state", ["unknown", "opted out", "forgotten", "claimed"])
def test_saying_that_an_account_is_ones_own_tells_nothing_of_it(browser, home, network, state):
    """Whoever claims Ada's account is answered the same, whatever we know of her, until they prove it."""
    person = None if state == "unknown" else home.people.add("Ada", [ADA], at=NOW)
    if state == "claimed":
        home.people.prove(*ADA, "token", at=NOW)
    if person and state != "claimed":
        with home.reader() as engine:
            asked = answers.who("Ada", engine, home.lake, home.people)
            (jobs.opt_out(engine, home, asked, now=NOW) if state == "opted out" else jobs.forget(engine, home, asked))
    pages = []
    for name in ("ada", "eve"):
        visitor, before = browser(), network.asked
        token = begun(visitor, name)
        pages.append([_plain(visitor, name, token), network.asked - before])
        visitor.send("/me/check")
        pages[-1] += [_plain(visitor, name, token), network.asked - before]

    assert pages[0] == pages[1]
    assert "TOKEN" in pages[0][0]
    assert "not in that profile yet" in pages[0][2]


def _plain(visitor, name, token):
    """Return what a page tells of an account, without the name, the token and the second."""
    said = (
        visitor.answer.text.partition("<main")[2]
        .partition('id="add"')[0]
        .replace(token, "TOKEN")
        .replace(f"{name}@", "NAME@")
    )
    return re.sub(r"until [^.]*UTC", "until", re.sub(r'value="[0-9a-f]{64}"', "", said))


def test_who_was_forgotten_can_come_back(browser, home, network):
    """They prove that the account is theirs, and say so; the mark goes."""
    home.people.opt_outs.add(*ADA)
    ada = browser()
    network.says("ada", begun(ada))

    ada.send("/me/check")
    assert "left alone here, as you asked" in ada.said
    ada.send("/me/name", name="Ada")

    assert home.people.by_name("Ada").consents
    assert not home.people.opt_outs.has(*ADA)


def test_networks_that_cannot_be_asked_say_so(browser, network):
    """Nobody is kept waiting for what cannot be."""
    ada = browser()
    for name in ("x", "klout", "<b>", ""):
        ada.post("/me/accounts", {"network": name, "name": "ada"})
        assert (400, True) == (ada.status, "cannot be proven here" in ada.said), ada.said
        assert "<b>" not in ada.answer.text
    assert "" == ada.cookie
    assert 0 == network.asked


@pytest.mark.parametrize(
    "name",
    ["", " ", "ada", "@ada@", "@ada@127.0.0.1:22", "@ada@example.social:8080", "a" * 500, "@a\u0000@b", "@ada@[::1]:9"],
)
def test_nobody_has_us_knock_where_they_like(browser, network, name):
    """No ports, no names that are none: they are refused before anybody is asked."""
    ada = browser()
    ada.post("/me/accounts", {"network": "mastodon", "name": name})

    assert 400 == ada.status, ada.said
    assert 0 == network.asked


@pytest.mark.parametrize("at", ["127.0.0.1", "localhost", "169.254.169.254", "10.0.0.1", "[::1]"])
def test_nobody_has_us_ask_our_own_network(home, at):
    """Where no server is set, one in a private network is not asked; what is said tells nothing of it."""
    told = dataclasses.replace(
        home, settings=dataclasses.replace(home.settings, networks={"mastodon": NetworkSettings()})
    )
    with serving(make_app(told.site(), PLENTY, clock=time.time)) as host, Browser(f"http://{host}") as eve:
        eve.post("/me/accounts", {"network": "mastodon", "name": f"@ada@{at}"})

    assert 400 == eve.status
    assert "private" not in eve.said
    assert "" == eve.cookie


def test_a_network_that_is_away_is_said_to_be(browser, network):
    """It is waited for a few seconds, with a page that says what to do."""
    network.world[LOOKUP + "ada"] = {"$status": 503, "$body": {}}
    network.world[LOOKUP + "eve"] = {"$status": 404, "$body": {}}
    began = time.monotonic()
    ada = browser().post("/me/accounts", {"network": "mastodon", "name": "@ada@example.social"})
    assert (503, True) == (ada.status, "does not answer now" in ada.said)
    assert time.monotonic() - began < jobs.asking.SECONDS + 5

    ada.post("/me/accounts", {"network": "mastodon", "name": "@eve@example.social"})
    assert (400, True) == (ada.status, "knows nobody of that name" in ada.said)


def test_asking_has_a_limit(home):
    """By visitor, by address, by server and at once; the answer says when to try again."""
    kept = asks.Asks()
    for _ in range(asks.BY_SERVER.per_second):
        with kept.asking("", "address", "server", 0.0):
            pass
    with pytest.raises(asks.TooOften), kept.asking("", "another", "server", 0.0):
        pass
    with pytest.raises(asks.TooOften), kept.asking("", "address", "elsewhere", 0.0):
        pass
    for _ in range(asks.BY_SESSION.per_second):
        kept.naming("one", 9.0)
    with pytest.raises(asks.TooOften), kept.asking("one", "third", "third", 9.0):
        pass
    with ExitStack() as busy:
        for n in range(asks.AT_ONCE):
            busy.enter_context(kept.asking("", f"a{n}", f"s{n}", 20.0))
        with pytest.raises(asks.TooOften), kept.asking("", "last", "last", 20.0):
            pass
    app = make_app(site_with(home, now=lambda: NOW), PLENTY, clock=lambda: 0.0)
    with serving(app) as host, Browser(f"http://{host}") as eve:
        seen = [
            eve.post("/me/accounts", {"network": "mastodon", "name": "@nobody@example.social"}).answer
            for _ in range(asks.BY_SERVER.per_second + 1)
        ]
    assert [*[400] * asks.BY_SERVER.per_second, 429] == [one.status_code for one in seen]
    assert "1" == seen[-1].headers["retry-after"]


def test_a_server_is_asked_no_more_often_for_names_that_are_spelled_otherwise(home, monkeypatch):
    """It is counted as it is asked, not as it was typed."""
    for name in ("BY_SESSION", "BY_ADDRESS"):
        monkeypatch.setattr(asks, name, PLENTY)
    spelled = [f"@eve@{'example'[:n].upper()}{'example'[n:]}.social" for n in range(asks.BY_SERVER.per_second + 1)]
    app = make_app(site_with(home, now=lambda: NOW), PLENTY, clock=lambda: 0.0)
    with serving(app) as host, Browser(f"http://{host}") as eve:
        seen = [eve.open("/me").send("/me/accounts", network="mastodon", name=name).status for name in spelled]

    assert [*[200] * asks.BY_SERVER.per_second, 429] == seen


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"a=" + b"b" * 20_000, b"name=%00&network=mastodon", b"&" * 15_000, b"a=1&" * 50, b"%", b""]
)
def test_a_form_that_is_none_is_refused(browser, body):
    """Whatever is sent, it is a page that says so, and never a fault of ours."""
    eve = browser()
    head = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    for what in ALL:
        if what != "out":
            assert 400 == eve.client.post(f"/me/{what}", content=body, headers=head).status_code, what
    assert "/me" == eve.client.get("/me/erase").url.path
    assert 404 == eve.client.get("/me/wishes/x").status_code


def scored(home, tmp_path):
    """Let people be collected and scored."""
    take, publish = taker(home, tmp_path), publisher(home)
    rows = [f"{who},{ADA[1]},{DAY},like,p1,{who}1" for who in ("bob@b.example", "cat@c.example", "eve@example.social")]
    take(HEADER, *rows, f"{ADA[1]},bob@b.example,{DAY},repost,p9,a9", network="mastodon")
    made = publish()
    jobs.portray.portray(home.reader, home.lake, home.people, home.portraits, made)


def test_a_visitor_takes_along_all_that_is_held(browser, home, network, tmp_path):
    """A file a table; who acted on them is not named, whom they acted on is."""
    ada = signed_in(browser(), network)
    scored(home, tmp_path)

    ada.open("/me/data")
    assert "lake/interactions/mastodon as target 3" in ada.said
    ada.send("/me/data")

    assert "application/zip" == ada.answer.headers["content-type"]
    with zipfile.ZipFile(io.BytesIO(ada.answer.content)) as packed:
        assert packed.testzip() is None
        files = {name: packed.read(name).decode() for name in packed.namelist()}
    [acted] = map(json.loads, files["lake/interactions/mastodon as actor.jsonl"].splitlines())
    assert ("bob@b.example", "repost") == (acted["target_id"], acted["verb"])
    assert 3 == len(files["lake/interactions/mastodon as target.jsonl"].splitlines())
    everything = "".join(files.values())
    assert "cat@c.example" not in everything
    assert '"proof":"token"' in files["store/claims.jsonl"]
    assert ada.cookie not in everything


def test_of_accounts_that_nothing_proves_nothing_is_handed_out(browser, home, network, tmp_path):
    """Somebody's word gives nobody another's data."""
    home.people.add("Ada", [ADA, EVE], at=NOW)
    scored(home, tmp_path)
    ada = signed_in(browser(), network)

    said = ada.open("/me/data").said

    assert "you have not shown that it is yours" in said
    ada.send("/me/data")
    with zipfile.ZipFile(io.BytesIO(ada.answer.content)) as packed:
        acts = packed.read("lake/interactions/mastodon as actor.jsonl").decode().splitlines()
    assert 1 == len(acts)


def test_who_has_no_page_sees_and_erases_what_is_held_of_their_account(browser, home, network, tmp_path):
    """To be left alone nobody has to become somebody first."""
    scored(home, tmp_path)
    ada = browser()
    network.says("ada", begun(ada))
    ada.send("/me/check")
    assert "lake/interactions/mastodon as target 3" in ada.open("/me/data").said

    ada.open("/me").send("/me/erase", confirm="ada@example.social")

    assert "You are being erased" in ada.said
    assert home.people.opt_outs.has(*ADA)
    assert [True] == [one.done for one in jobs.grant(home.reader, home, now=lambda: NOW)]
    assert "You are erased" in ada.open(str(ada.answer.url)).said
    with home.reader() as engine:
        assert answers.alone(*ADA, engine, home.lake) is None
    assert home.people.all() == []


def test_who_opts_out_is_hidden_at_once_and_can_come_back(browser, home, network, tmp_path):
    """Before any file is rewritten, and while another writes to the lake."""
    ada = signed_in(browser(), network)
    scored(home, tmp_path)
    assert 200 == ada.open("/people/Ada").status
    ada.open("/me")

    with home.lake.writing():
        ada.send("/me/opt-out")
        ticket = str(ada.answer.url)
        assert "You are being left alone" in ada.said
        assert 404 == ada.open("/people/Ada").status
        assert 404 == ada.open("/api/people/Ada").status

    jobs.grant(home.reader, home, now=lambda: NOW)
    assert "You are left alone" in ada.open(ticket).said
    assert "You asked to be left alone" in ada.open("/me").said
    ada.send("/me/opt-in")
    assert home.people.by_name("Ada").consents
    assert not home.people.opt_outs.has(*ADA)
    publisher(home)()
    assert home.served.by_name("Ada")


def test_nobody_brings_back_whose_account_they_only_said_was_theirs(browser, home, network):
    """Its owner proved it, and wants no page: the claim that nothing proves yields, and opting in undoes nothing."""
    home.people.add("Pat", [ADA, EVE], at=NOW)
    home.people.prove(*EVE, "token", at=NOW)
    ada = browser()
    network.says("ada", begun(ada))
    ada.send("/me/check").send("/me/opt-out")
    pat = home.people.by_name("Pat")
    jobs.opt_in(home.people, pat, pat.accounts, now=NOW)

    assert "You are being left alone" in ada.said
    assert home.people.opt_outs.has(*ADA)
    assert (EVE,) == pat.accounts


def test_who_comes_back_before_their_wish_is_granted_stays(browser, home, network):
    """What they wished before is taken back with it."""
    ada = signed_in(browser(), network)
    ada.open("/me").send("/me/opt-out")
    ada.open("/me").send("/me/opt-in")

    assert [] == jobs.grant(home.reader, home, now=lambda: NOW)
    assert home.people.by_name("Ada").consents


@pytest.mark.usefixtures("patient")
def test_nobody_has_process_after_process_begun_by_leaving(home, network):
    """Asked for again, nothing is done; to and fro, they are hidden each time, and the wish waits its turn."""
    begun_at = []
    desk = desk_of(home, hasten=lambda: begun_at.append(1))
    app = make_app(site_with(home, desk=desk, now=lambda: NOW), PLENTY, clock=lambda: 0.0)
    with serving(app) as host, Browser(f"http://{host}") as ada:
        signed_in(ada, network)
        for _ in range(asks.WISHES.per_day):
            ada.open("/me").send("/me/opt-out")
            wish = {"token": ada.open("/me").page.forms[-1].fields["token"]}
            assert "You asked to be left alone" in ada.post("/me/opt-out", wish).said
            assert not home.people.by_name("Ada").consents
            assert 1 == len(home.wishes.open())
            ada.open("/me").send("/me/opt-in")

    assert asks.WISHES.per_second == len(begun_at)


def test_erasing_asks_for_the_name_and_ends_every_session(browser, home, network, tmp_path):
    """Typed wrong, nothing happens; typed right, they are hidden at once, and gone when the lake is free."""
    ada, second = signed_in(browser(), network), signed_in(browser(), network)
    scored(home, tmp_path)
    ada.open("/me").send("/me/erase", confirm="ada")
    assert (400, True) == (ada.status, "nothing was erased" in ada.said)
    assert 200 == ada.open("/people/Ada").status

    with home.lake.writing():
        ada.open("/me").send("/me/erase", confirm="Ada")
        ticket = str(ada.answer.url)
        assert 404 == ada.open("/people/Ada").status
        assert "Which account is yours" in ada.open("/me").said
        assert "Which account is yours" in second.open("/me").said
        [waits] = jobs.grant(home.reader, home, now=lambda: NOW, patience=0.3)
        assert not waits.done
        assert "that is waited for" in ada.open(ticket).said
    [done] = jobs.grant(home.reader, home, now=lambda: NOW)

    assert done.done
    assert "You are erased" in ada.open(ticket).said
    assert home.people.all() == []


@pytest.mark.usefixtures("patient")
def test_wishes_are_granted_beside_the_server(home, network):
    """By a process of its own, without anybody running anything."""
    with (
        serving(make_app(site_with(home, desk=home.site().desk), PLENTY, clock=time.time)) as host,
        Browser(f"http://{host}") as ada,
    ):
        signed_in(ada, network)
        ada.open("/me").send("/me/erase", confirm="Ada")
        until = time.monotonic() + 60
        while "You are erased" not in ada.said and time.monotonic() < until:
            time.sleep(0.5)
            ada.open(str(ada.answer.url))

    assert "You are erased" in ada.said
    assert home.people.all() == []


def test_a_run_grants_what_was_left(home, monkeypatch):
    """What was asked for, and killed in between, is done by the next run."""
    key = home.people.add("Ada", [("x", "1")], at=NOW).key
    ticket = home.wishes.add("erase", key=key, at=NOW)
    home.wishes.begin(home.wishes.find(ticket), at=NOW)
    if home.settings.store:
        monkeypatch.setenv("RENOWN_STORE", home.settings.store)

    CliRunner().invoke(cli.app, ["--home", str(home.settings.home), "run"])

    assert home.wishes.find(ticket).over
    assert home.people.all() == []


def test_a_wish_survives_the_death_of_who_works_on_it(home, monkeypatch):
    """Killed while it waits for the lake, it is begun again by the next."""
    if home.settings.store:
        monkeypatch.setenv("RENOWN_STORE", home.settings.store)
    ticket = home.wishes.add("erase", key=home.people.add("Ada", [("x", "1")], at=NOW).key, at=NOW)
    with home.lake.writing():
        worker = subprocess.Popen([sys.executable, "-m", "renown", "--home", home.settings.home, "wishes"])
        until = time.monotonic() + 60
        while home.wishes.find(ticket).tried_at is None and time.monotonic() < until:
            time.sleep(0.05)
        assert [] == jobs.grant(home.reader, home, now=lambda: NOW, patience=0.1)
        worker.kill()
        worker.wait()
    assert not home.wishes.find(ticket).over

    assert [True] == [one.done for one in jobs.grant(home.reader, home, now=lambda: NOW)]
    assert home.people.all() == []


@pytest.mark.parametrize("network_", ["mastodon", "bluesky"])
def test_what_proves_an_account_to_a_visitor(site, client, network_):
    """The token; a link only where it says that it leads to the same person; never that a name is our host's."""
    pair = json.loads((DATA / network_ / "about.json").read_text(encoding="utf-8"))
    serve(site, pair["answers"])
    asking = jobs.Asking(lambda *_: client(), lambda *_: site.url, lambda: NOW)
    account = {"mastodon": (ADA[1], ADA[1]), "bluesky": ("did:plc:ada", "ada.example")}[network_]
    told = [(pair["token"], ""), ("renown-other", pair["page"]), ("renown-other", "https://ada.example/people/ada")]

    found = [asking.look(network_, *account, *each) for each in told]

    assert ["token", "link" if network_ == "mastodon" else "", ""] == found


def test_a_person_joins_a_group_and_leaves_it(browser, home, network, tmp_path):
    """By being a person, or by invitation; their standing is on the page."""
    home.groups.create("club", goal=70, title="The club", at=NOW)
    home.groups.create("guests", goal=70, join_by="invitation", at=NOW)
    ada = signed_in(browser(), network)
    scored(home, tmp_path)

    ada.open("/me").send("/me/join", 0)
    assert "you are number 1 with" in ada.said
    ada.send("/me/join", invitation="wrong")
    assert (403, True) == (ada.status, "no invitation" in ada.said)
    ada.open("/me").send("/me/join", invitation=home.groups.invite("guests", at=datetime.now(UTC)))
    assert ["club", "guests"] == [group.name for group in home.groups.of(home.people.by_name("Ada").key)]
    ada.send("/me/leave", 0)

    assert ["guests"] == [group.name for group in home.groups.of(home.people.by_name("Ada").key)]
    stranger = browser()
    stranger.post("/me/join", {"group": "club"})
    assert (400, True) == (stranger.status, "nobody is signed in" in stranger.said)
