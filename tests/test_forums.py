"""Hacker News, Stack Exchange and Lemmy against servers with state: costs, resuming, votes taken back, refusals."""

import json
import threading
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from forum_servers import FORUMS, ForumAnswer, ForumPost, HackerNewsForum, LemmyForum, StackExchangeForum
from http_server import NOON, Site, reply, serve
from proofs import only_in_full
from renown import cli, runs
from renown.connectors import CONNECTORS
from renown.connectors.base import Account, KnownState, Page, ReadLimits
from renown.connectors.http import RequestBudget
from renown.connectors.http.ssrf import Transport
from renown.errors import AccountGoneError, BudgetExceededError, CredentialError, InvalidInputError, NetworkRefusedError
from renown.records import Interaction, Tally
from test_mastodon import PlaintextBackend
from test_networks import NETWORKS

NOW = datetime.fromtimestamp(NOON, UTC)
ENOUGH = RequestBudget(2000, 3600)
MOST_REQUESTS = {"hackernews": 1 + 2, "stackexchange": 30, "lemmy": 500 + 6}
"""Requests for a new account with 500 posts in the window, each with an answer; Lemmy has no list of them."""


@contextmanager
def serving(forum):
    """Serve a forum on a server of its own."""
    with Site() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        server.script = [forum]
        yield server
        server.shutdown()


@pytest.fixture(params=FORUMS, ids=lambda forum: forum.network)
def forum(request, site):
    """Return the state of a local server of each network."""
    state = request.param()
    site.script = [state]
    return state


@pytest.fixture
def read(client):
    """Return a function that reads the account with what earlier pages left; it returns the new pages."""

    def read_once(forum, pages=(), *, now=NOW, budget=ENOUGH, token=None):
        connector = CONNECTORS[forum.network]
        counts = {key: count for page in pages for key, count in page.counts.items()}
        cursor = next((page.cursor for page in reversed(pages) if page.cursor), "")
        http = client(api=connector.api, budget=budget, token=token)
        handle = "ada@lemmy.example" if forum.network == "lemmy" else forum.account_id
        known, read_pages = KnownState(now - timedelta(days=90), cursor, counts), list[Page]()
        try:
            read_pages.extend(connector.read(http, Account(forum.account_id, handle), known, ReadLimits(), now=now))
        except BudgetExceededError:
            return read_pages, False
        return read_pages, True

    return read_once


def records(pages, *types):
    """Return what pages tell, once each: acts by id, and counts."""
    found = {record for page in pages for record in page.records if isinstance(record, types)}
    acts = {(act.verb, act.interaction_id, act.post_id) for act in found if isinstance(act, Interaction)}
    return acts | {(tally.verb, tally.post_id, tally.count) for tally in found if isinstance(tally, Tally)}


def test_account_with_500_posts_is_read_within_its_requests(forum, read, site, capsys):
    """Answers are asked for in batches; an account without anything new costs three requests at most."""
    forum.fill(500, NOW)
    pages, is_complete = read(forum)
    first = len(site.requests)
    site.requests.clear()

    later, _ = read(forum, pages, now=NOW + timedelta(hours=20))

    with capsys.disabled():
        print(f"\n{forum.network}: {first} requests for 500 posts, {len(site.requests)} for an unchanged account")  # noqa: T201
    assert is_complete
    assert 500 == len(records(pages, Interaction))
    assert set() == records(later, Tally, Interaction) - records(pages, Tally, Interaction)
    assert first <= MOST_REQUESTS[forum.network]
    assert len(site.requests) <= 3


OWN_TOKEN = "made-up"  # noqa: S105 - of a test


@pytest.mark.proof
def test_lemmy_reads_all_answers_from_the_inbox_of_its_token(read, site, capsys):
    """One list instead of one for each post; the acts are the same. Of somebody else's token the inbox is not used."""
    forum = LemmyForum()
    site.script = [forum]
    forum.fill(500, NOW)
    public, _ = read(forum)
    site.requests.clear()

    pages, _ = read(forum, token=OWN_TOKEN)
    first = len(site.requests)
    site.requests.clear()
    read(forum, pages, now=NOW + timedelta(hours=20), token=OWN_TOKEN)

    with capsys.disabled():
        print(f"\nlemmy with a token: {first} requests for 500 posts, {len(site.requests)} for an unchanged account")  # noqa: T201
    assert records(public, Interaction, Tally) == records(pages, Interaction, Tally)
    assert first <= 20
    assert 1 == len(site.requests)
    forum.token_owner = 2
    assert records(public, Interaction, Tally) == records(read(forum, token=OWN_TOKEN)[0], Interaction, Tally)


def test_lemmy_goes_on_without_an_inbox_that_is_too_long(read, site):
    """A run that ends in the inbox is followed by one that reads the lists of posts, so each makes progress."""
    forum = LemmyForum()
    site.script = [forum]
    forum.fill(200, NOW)
    whole = records(read(forum)[0], Interaction, Tally)

    pages, is_complete, count = [], False, 0
    while not is_complete and count < 200:
        new_pages, is_complete = read(forum, pages, budget=RequestBudget(4, 3600), token=OWN_TOKEN)
        pages, count = pages + new_pages, count + 1

    assert is_complete
    assert whole == records(pages, Interaction, Tally)


def test_answers_beyond_a_page_are_read(forum, read):
    """A post with 1,500 answers; on Hacker News a search ends after a thousand."""
    forum.fill(1, NOW, answers=1500)

    assert 1500 == len(records(read(forum)[0], Interaction))


def test_interrupted_runs_read_what_one_run_reads(forum, read):
    """A run that has spent its requests, or was killed, goes on where it was; nothing is lost."""
    posts, answers, requests = {"hackernews": (230, 20, 3), "stackexchange": (230, 1, 5), "lemmy": (60, 1, 5)}[
        forum.network
    ]
    forum.fill(posts, NOW, answers)
    whole = records(read(forum)[0], Tally, Interaction)

    pages, is_complete, runs = [], False, 0
    while not is_complete and runs < 100:
        budget = RequestBudget(requests, 3600)
        new_pages, is_complete = read(forum, pages, now=NOW + timedelta(minutes=runs), budget=budget)
        pages, runs = pages + new_pages, runs + 1

    assert is_complete
    assert runs > 1
    assert whole == records(pages, Tally, Interaction)


def test_new_answer_and_vote_are_found_by_the_next_run(forum, read):
    """An answer to an older post, and a vote for another."""
    forum.fill(20, NOW)
    pages, _ = read(forum)
    forum.posts[4].votes += 1
    forum.posts[3].answers.append(ForumAnswer(9_000_000, 3, NOW + timedelta(hours=1)))

    later, _ = read(forum, pages, now=NOW + timedelta(hours=2))

    new = records(later, Tally, Interaction) - records(pages, Tally, Interaction)
    assert {"upvote"} < {verb for verb, *_ in new}
    assert 2 == len(new)


def write_dump(folder, now, votes):
    """Write the dump of a site with one post of user 7, and its votes by day."""
    folder.mkdir()
    at = f"{now - timedelta(days=3):%Y-%m-%dT%H:%M:%S}"
    days = [f"{now - timedelta(days=1 + number % 2):%Y-%m-%dT00:00:00}" for number in range(votes)]
    rows = {
        "Posts": [f'<row Id="1000" PostTypeId="1" OwnerUserId="7" CreationDate="{at}" />'],
        "Votes": [
            f'<row Id="{i}" PostId="1000" VoteTypeId="2" CreationDate="{day}" />' for i, day in enumerate(days, 1)
        ],
        "Users": [f'<row Id="7" DisplayName="Ada" CreationDate="{at}" />'],
        "Comments": [],
    }
    for name, lines in rows.items():
        (folder / f"{name}.xml").write_text(f"<{name.lower()}>{''.join(lines)}</{name.lower()}>", encoding="utf-8")


@pytest.mark.parametrize("is_dump_first", [pytest.param(True, marks=[pytest.mark.proof, only_in_full]), False])
def test_votes_of_a_dump_and_of_the_account_count_once(monkeypatch, tmp_path, is_dump_first):
    """A dump counts them by day, the interface by post: whichever comes first, and after a further vote."""
    now = datetime.now(UTC)
    forum = StackExchangeForum()
    forum.posts.append(ForumPost(1000, now - timedelta(days=3), votes=8))
    write_dump(tmp_path / "stackoverflow.com", now, votes=5)

    def renown(*words):
        result = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), *words])
        assert 0 == result.exit_code, result.output
        return result.output

    def count_votes():
        renown("score")
        signals = json.loads(renown("explain", "ada", "--json"))["signals"]
        return sum(line["count"] for signal in signals for line in signal["actors"])

    with serving(forum) as server:
        monkeypatch.setenv("RENOWN_STACKEXCHANGE_SERVER", server.url)
        monkeypatch.setenv("RENOWN_STACKEXCHANGE_PRIVATE", "true")
        renown("init")
        renown("add", "ada", "--account", f"stackexchange:{forum.account_id}")
        steps = [("import", "stackexchange-dump", str(tmp_path / "stackoverflow.com")), ("collect",)]
        for words in steps if is_dump_first else [*reversed(steps), steps[1]]:
            renown(*words)
        assert 8 == count_votes()
        forum.posts[0].votes += 1
        renown("collect")
        assert 9 == count_votes()


@pytest.mark.proof
def test_accounts_become_an_explained_score_that_follows_their_votes(monkeypatch, tmp_path):
    """Added by URLs of profiles, collected, scored; on each one vote is taken back, and the receipt has one less."""
    now = datetime.now(UTC)

    def renown(*words):
        result = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), *words])
        assert 0 == result.exit_code, result.output
        return result.output

    def collect_and_count():
        collected = [json.loads(line) for line in renown("collect", "--json").splitlines() if line[0] == "{"]
        assert [True, True, True] == [account["complete"] for account in collected]
        renown("score")
        signals = json.loads(renown("explain", "ada", "--json"))["signals"]
        return {
            (signal["subject"]["network"], signal["subject"]["signal"]): [post["count"] for post in signal["posts"]]
            for signal in signals
        }

    renown("init")
    with ExitStack() as stack:
        forums = [forum() for forum in FORUMS]
        for forum in forums:
            forum.posts = [ForumPost(900, now - timedelta(days=2, hours=3), votes=4)]
            forum.posts[0].answers = [
                ForumAnswer(910 + fan, fan, now - timedelta(days=2, minutes=fan)) for fan in (1, 2)
            ]
            server = stack.enter_context(serving(forum))
            monkeypatch.setenv(f"RENOWN_{forum.network.upper()}_SERVER", server.url)
            monkeypatch.setenv(f"RENOWN_{forum.network.upper()}_PRIVATE", "true")
        renown("add", "ada", *(word for forum in forums for word in (f"--{forum.network}", forum.url)))
        counts = collect_and_count()
        [*networks] = json.loads(renown("status", "--json"))["networks"]
        for forum in forums:
            forum.posts[0].votes -= 1
        later_counts = collect_and_count()

    observed = {network["network"]: sorted(network["accounts"][0]["observed"]) for network in networks}
    names = [forum.network for forum in forums]
    assert {name: sorted({*CONNECTORS[name].covers} - {*CONNECTORS[name].anonymous}) for name in names} == observed
    assert counts == {
        (name, signal): [count] for name in names for signal, count in (("approval", 4), ("conversation", 2))
    }
    assert later_counts == {key: [3] if key[1] == "approval" else count for key, count in counts.items()}


@pytest.mark.parametrize(
    ("forum", "name"),
    [
        *((HackerNewsForum, name) for name in ("", "a b", "https://news.ycombinator.com/item?id=1", "ä", "x" * 40)),
        *((StackExchangeForum, name) for name in ("7", "ada@stackoverflow.com", "https://stackoverflow.com/q/1", "7@")),
        (StackExchangeForum, "https://stackexchange.com/users/7"),
        *((LemmyForum, name) for name in ("ada", "@lemmy.example", "https://lemmy.example/c/ada", "a b@lemmy.example")),
    ],
)
def test_name_that_is_no_account_is_refused(client, site, forum, name):
    """No request is sent for it; the message says how names look."""
    with pytest.raises(InvalidInputError, match=f"is no account of {forum.network}; write"):
        CONNECTORS[forum.network].find(client(), name, now=NOW)
    assert [] == site.requests


@pytest.mark.parametrize(
    ("forum", "name", "fields"),
    [
        (HackerNewsForum, "eve", {}),
        (StackExchangeForum, "8@stackoverflow.com", {}),
        (StackExchangeForum, "7@stackoverflow.com", {"user_type": "does_not_exist"}),
        (LemmyForum, "eve@lemmy.example", {}),
        (LemmyForum, "ada@lemmy.example", {"deleted": True}),
        (LemmyForum, "ada@lemmy.example", {"banned": True}),
        (LemmyForum, "ada@lemmy.example", {"actor_id": "https://other.example/u/ada"}),
    ],
)
def test_account_that_is_gone_is_named(client, site, forum, name, fields):
    """Deleted, banned, unknown, or another account than the one that was asked for."""
    state = forum()
    state.fields, site.script = fields, [state]

    with pytest.raises(AccountGoneError):
        CONNECTORS[forum.network].find(client(api=CONNECTORS[forum.network].api), name, now=NOW)


@pytest.mark.parametrize("network", [forum.network for forum in FORUMS])
def test_token_in_the_profile_proves_a_claim(client, site, network):
    """A link does not: anybody may have one to somebody else's page."""
    case = json.loads((NETWORKS / network / "about.json").read_text(encoding="utf-8"))
    serve(site, case["answers"])
    lookup = runs.NetworkLookup(lambda *_: client(api=CONNECTORS[network].api), lambda *_: site.url, lambda: NOW)
    account = case["account"]["account_id"], case["account"]["handle"]
    token, page = case["verification"]["token"], "https://ada.example/about"

    assert "token" == lookup.find_proof(network, *account, token, "")
    assert "" == lookup.find_proof(network, *account, "renown-other", page)


def test_quiet_account_of_hacker_news_is_looked_up(client, site):
    """An account without items in the window may be one that was renamed; the search does not tell."""
    site.script = [reply(body=b'{"hits": [], "nbHits": 0}'), reply(body=b"null")]
    known = KnownState(NOW - timedelta(days=90))

    with pytest.raises(AccountGoneError, match="nobody is called 'ada'"):
        list(CONNECTORS["hackernews"].read(client(), Account("ada", "ada"), known, ReadLimits(), now=NOW))


def test_profiles_of_hacker_news_are_read_from_its_own_server(client, site):
    """The search's own are old; only a server of one's own is asked for both."""
    site.script = [reply(body=b'{"id": "ada", "about": "renown-abc"}')]
    transport = Transport(lambda *_: ["93.184.215.14"], PlaintextBackend(site.server_port))
    http = client("https://hn.algolia.com", network=transport, private_ok=False)

    assert "renown-abc" == CONNECTORS["hackernews"].read_bio(http, Account("ada", "ada"), now=NOW).text
    [(path, headers)] = site.requests
    assert ("/v0/user/ada.json", "hacker-news.firebaseio.com") == (path, headers["Host"])


def test_lemmy_is_asked_only_about_accounts_of_the_server_itself(client, site):
    """Another server could make up votes and answers."""
    transport = Transport(lambda *_: ["93.184.215.14"], PlaintextBackend(site.server_port))
    http = client("https://evil.example", network=transport, private_ok=False)

    with pytest.raises(NetworkRefusedError, match=r"evil.example is not the server of 'ada@lemmy.example'"):
        CONNECTORS["lemmy"].find(http, "ada@lemmy.example", now=NOW)
    assert [] == site.requests


@pytest.mark.parametrize(
    ("network", "answer", "waited"),
    [
        ("stackexchange", reply(502, b'{"error_id": 502, "error_name": "throttle_violation"}'), 60),
        (
            "stackexchange",
            reply(
                400,
                b'{"error_id": 502, "error_name": "throttle_violation", "error_message": "too many requests from this '
                b'IP, more requests available in 74 seconds"}',
            ),
            74,
        ),
        ("stackexchange", reply(400, b'{"error_id": 503, "error_name": "temporarily_unavailable"}'), 10),
        ("lemmy", reply(400, b'{"error": "rate_limit_error"}'), 60),
        ("lemmy", reply(429, b'{"error": "too_many_requests"}'), 60),
        ("hackernews", reply(403, b'"Forbidden"'), 60),
    ],
)
def test_network_that_is_asked_too_often_is_waited_for(client, site, clock, network, answer, waited):
    """Whatever the status, it is a rate limit, and the run goes on after it."""
    [forum] = [forum() for forum in FORUMS if forum.network == network]
    site.script = [answer, forum]
    name = "ada@lemmy.example" if network == "lemmy" else forum.account_id

    assert CONNECTORS[network].find(client(api=CONNECTORS[network].api), name, now=NOW)
    assert [waited] == clock.slept


@pytest.mark.parametrize(
    ("network", "answer", "reason"),
    [
        (
            "stackexchange",
            reply(400, b'{"error_name": "bad_parameter", "error_message": "`key` doesn\'t match a known application"}'),
            "the key is not valid",
        ),
        ("lemmy", reply(400, b'{"error": "instance_is_private"}'), "this server answers only its own members"),
        ("lemmy", reply(401, b'{"error": "incorrect_login"}'), "this server answers only its own members"),
    ],
)
def test_credential_that_is_missing_or_wrong_is_named(client, site, network, answer, reason):
    """No other account is asked with it in vain."""
    site.script = [answer]
    name = "ada@lemmy.example" if network == "lemmy" else "7@stackoverflow.com"

    with pytest.raises(CredentialError, match=reason):
        CONNECTORS[network].find(client(api=CONNECTORS[network].api), name, now=NOW)
