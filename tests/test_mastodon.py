"""The Mastodon connector against a local server; its cases are in `networks/mastodon`."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import httpcore2
import pytest

from http_server import NOON, reply, serve
from renown.connectors.base import Account, KnownState, ReadLimits
from renown.connectors.http import RequestBudget
from renown.connectors.http.ssrf import Transport
from renown.connectors.mastodon import CONNECTOR
from renown.errors import (
    AccountGoneError,
    BudgetExceededError,
    CursorExpiredError,
    InvalidInputError,
    NetworkRefusedError,
)
from renown.records import Interaction, PostDetails, Profile, Tally

NOW = datetime.fromtimestamp(NOON, UTC)
SINCE = NOW - timedelta(days=90)
ADA = Account("ada@example.social", "Ada@example.social")
LOOKUP, STATUSES = "/api/v1/accounts/lookup?acct=ada", "/api/v1/accounts/1/statuses?exclude_reblogs=true&limit=40"
TOKEN = "t"  # noqa: S105 - not a real one
POST = "https://example.social/users/Ada/statuses/90"


def read(client, state=None, *, limits=None, now=NOW):
    """Return all pages of Ada's account."""
    return list(CONNECTOR.read(client, ADA, state or KnownState(SINCE), limits or ReadLimits(), now=now))


def account(number, acct=None, **more):
    """Return an account as a server states it."""
    return {"id": str(number), "acct": acct or f"u{number}", "followers_count": number} | more


def status(number="90", at="2023-11-10T12:00:00Z", **more):
    """Return a status of Ada."""
    uri = f"https://example.social/users/Ada/statuses/{number}"
    return {"id": number, "uri": uri, "created_at": at, "account": account(1, "Ada")} | more


@pytest.fixture
def answers(site):
    """Serve Ada's account without statuses; return the answers by path."""
    answers = {"/api/v2/instance": {"domain": "example.social"}, LOOKUP: account(1, "Ada"), STATUSES: []}
    serve(site, answers)
    return answers


def test_account_names_are_normalized(answers, client):
    """The account's own server omits the domain; others spell it in Unicode or Punycode, in any case."""
    answers["/api/v1/statuses/90/favourited_by?limit=80"] = [
        account(2, "EVA"),
        account(3, "Eva@Example.Social"),
        account(4, "Max@BÜCHER.example"),
        account(5, "max@xn--bcher-kva.EXAMPLE"),
    ]
    answers[STATUSES] = [status(favourites_count=2)]

    [listing] = [item for page in read(client()) for item in page.listings]

    assert ["eva@example.social", "max@xn--bcher-kva.example"] == [actor.account_id for actor in listing.actors]
    assert listing.complete


@pytest.mark.parametrize(
    ("instance", "domain"),
    [
        ({"/api/v1/instance": {"uri": "old.example"}}, "old.example"),
        (
            {"/api/v2/instance": {"domain": "no domain\n"}, "/api/v1/instance": {"uri": "https://Pl.example/"}},
            "pl.example",
        ),
        ({}, "127.0.0.1"),
    ],
)
def test_domain_of_a_server_without_v2_instance(site, client, instance, domain):
    """Accounts without a domain get that of the instance, stated in one of two ways, or else the host's."""
    serve(site, {LOOKUP: account(1, "Ada")} | instance)

    assert f"ada@{domain}" == CONNECTOR.find(client(), "Ada".lower(), now=NOW).account_id


def test_find_returns_public_counts(answers, client):
    """A name as people type it, with or without the leading @."""
    answers["/api/v1/accounts/lookup?acct=eva"] = account(7, "Eva", statuses_count=0)

    assert CONNECTOR.find(client(), "@ada@example.social", now=NOW) == Profile(
        network="mastodon", account_id="ada@example.social", at=NOW, handle="Ada@example.social", followers=1
    )
    assert 0 == CONNECTOR.find(client(), " eva@Example.social ", now=NOW).posts


class PlaintextBackend(httpcore2.SyncBackend):
    """A TCP backend that connects every host to the site and skips TLS."""

    def __init__(self, port):
        self.port = port

    def connect_tcp(self, _host, _port, *args, **kwargs):
        """Connect to the site."""
        stream = super().connect_tcp("127.0.0.1", self.port, *args, **kwargs)
        stream.start_tls = lambda *_, **__: stream
        return stream


@pytest.fixture
def federation(site, client):
    """Return what hosts answer to lookups and WebFinger, and a function that looks a name up on one of them."""
    answers = {}

    def respond(request):
        host, path = request.headers["Host"], request.path.partition("?")[0].rpartition("/")[2]
        answer = answers.get((host, path))
        if isinstance(answer, str):
            request.wfile.write(reply(302, Location=f"https://{answer}{request.path}"))
        else:
            body = json.dumps(answer or {"error": "Record not found"}).encode()
            request.wfile.write(reply(200 if answer else 404, body, kind="application/jrd+json"))

    def find(host, name):
        transport = Transport(lambda *_: ["93.184.215.14"], PlaintextBackend(site.server_port))
        http = client(f"https://{host}", network=transport, private_ok=False)
        return CONNECTOR.find(http, name, now=NOW).account_id

    site.script = [respond]
    return answers, find


def webfinger(*uris, rel="self"):
    """Return a WebFinger answer with links to an account."""
    return {"subject": "acct:x@x.example", "links": [{"rel": "x"}, *({"rel": rel, "href": uri} for uri in uris)]}


HERS = "https://good.example/users/victim"
PAGE = "http://webfinger.net/rel/profile-page"


@pytest.mark.parametrize("uri", [HERS, "https://evil.example/users/me", None])
@pytest.mark.parametrize(
    "stated", [{"domain": "evil.example", "acct": "victim@good.example"}, {"domain": "good.example"}]
)
def test_account_of_an_unconfirmed_domain_is_refused(federation, stated, uri):
    """Whatever a server states about itself and the account, WebFinger of that domain has to confirm it."""
    answers, find = federation
    answers["evil.example", "instance"] = {"domain": stated["domain"]}
    answers["evil.example", "lookup"] = account(1, stated.get("acct", "victim"), uri=uri)
    answers["evil.example", "webfinger"] = webfinger(uri)
    answers["good.example", "webfinger"] = webfinger(HERS)

    with pytest.raises(
        NetworkRefusedError, match=r"calls '@me@evil\.example' victim@good\.example, and good\.example does not"
    ):
        find("evil.example", "@me@evil.example")


@pytest.mark.parametrize("webfinger_host", ["good.example", "web.good.example"])
@pytest.mark.parametrize("name", ["@ada@good.example", "@ada@web.good.example"])
def test_server_on_another_host_is_confirmed_by_webfinger(federation, name, webfinger_host):
    """The domain of the names answers, or redirects to the server as Mastodon advises."""
    answers, find = federation
    uri = "https://web.good.example/users/ada"
    answers["web.good.example", "instance"] = {"domain": "good.example"}
    answers["web.good.example", "lookup"] = account(1, "Ada", uri=uri)
    answers["good.example", "webfinger"] = webfinger_host
    answers[webfinger_host, "webfinger"] = webfinger(uri)

    assert "ada@good.example" == find("web.good.example", name)


@pytest.mark.parametrize(
    ("fields", "confirmed"),
    [
        ({"uri": HERS}, webfinger(HERS)),
        ({"url": HERS}, webfinger(HERS, rel=PAGE)),
        ({"uri": HERS, "url": None}, webfinger(HERS)),
    ],
)
def test_remote_account_is_confirmed_by_its_domain(federation, fields, confirmed):
    """A server in the settings may be asked for remote accounts; before version 4.2 it states only their page."""
    answers, find = federation
    answers["near.example", "instance"] = {"domain": "near.example"}
    answers["near.example", "lookup"] = account(1, "victim@good.example", **fields)
    answers["good.example", "webfinger"] = confirmed

    assert "victim@good.example" == find("near.example", "victim@good.example")
    for unconfirmed in (webfinger("https://good.example/users/other"), webfinger(HERS, rel="x"), None, "far.example"):
        answers["good.example", "webfinger"] = unconfirmed
        with pytest.raises(NetworkRefusedError, match="does not confirm it"):
            find("near.example", "victim@good.example")


@pytest.mark.parametrize("acct", ["ada@good.example/evil", "ada@good.example?x=", "ada@u:p"])
def test_invalid_domain_is_not_requested(federation, site, acct):
    """An account name with an invalid domain is refused without a WebFinger request."""
    answers, find = federation
    answers["evil.example", "lookup"] = account(1, acct, uri="https://evil.example/users/ada")

    with pytest.raises(NetworkRefusedError, match="does not confirm it"):
        find("evil.example", "@ada@evil.example")
    assert not [path for path, _ in site.requests if "webfinger" in path]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"$status": 404, "$body": {"error": "Record not found"}}, "answered 404"),
        ({"$status": 410, "$body": {"error": "Gone"}}, "answered 410"),
        (account(1, "ada", suspended=True), "ada@example.social is suspended"),
        (account(1, "ada", moved=account(2, "ada@new.example")), "ada@example.social moved to ada@new.example; claim"),
    ],
    ids=["unknown", "deleted", "suspended", "moved"],
)
def test_gone_account_is_reported_by_name(answers, client, answer, message):
    """`find` and `read` tell deleted, suspended and moved accounts apart."""
    answers[LOOKUP] = answer

    with pytest.raises(AccountGoneError, match=message):
        CONNECTOR.find(client(), "ada@example.social", now=NOW)
    with pytest.raises(AccountGoneError, match=message):
        read(client())


def test_moved_account_yields_its_last_profile(answers, client):
    """Followers that did not move along still count for the old account."""
    answers[LOOKUP] = account(1, "ada", followers_count=12, moved=account(2, "ada@new.example"))
    pages = CONNECTOR.read(client(), ADA, KnownState(SINCE), ReadLimits(), now=NOW)

    assert 12 == next(pages).records[0].followers
    with pytest.raises(AccountGoneError, match=r"claim that"):
        next(pages)


def test_account_of_another_name_yields_nothing(answers, client):
    """A lookup that leads to another name is not the claimed account."""
    answers[LOOKUP] = account(1, "grace")
    pages = CONNECTOR.read(client(), ADA, KnownState(SINCE), ReadLimits(), now=NOW)

    with pytest.raises(AccountGoneError, match=r"ada@example\.social moved to grace@example\.social"):
        next(pages)


def test_status_deleted_meanwhile_costs_only_itself(answers, client):
    """The other statuses are read; its likes are counted as any list that is refused."""
    answers[STATUSES] = [status("91", favourites_count=1), status("90", favourites_count=1)]
    answers["/api/v1/statuses/90/favourited_by?limit=80"] = [account(2)]

    assert [POST] == [listing.post_id for page in read(client()) for listing in page.listings]


def test_account_deleted_meanwhile_is_gone(answers, client):
    """Pages read before are stored."""
    answers[STATUSES] = {"$status": 410, "$body": {"error": "Gone"}}

    with pytest.raises(AccountGoneError, match="answered 410"):
        read(client())


def add_likers(answers, count, *, first=1000):
    """Let `count` accounts like status 90, paginated by 80."""
    path = "/api/v1/statuses/90/favourited_by?limit=80"
    for start in range(0, count, 80):
        page_path = path if not start else f"{path}&max_id={start}"
        people = [account(first + n) for n in range(start, min(start + 80, count))]
        link = {"$next": f"{path}&max_id={start + 80}"} if start + 80 < count else {}
        answers[page_path] = {"$body": people, **link}


def test_likes_beyond_the_limit_are_counted(answers, client, site):
    """Pagination ends at the limit; a tally counts all likes, including those listed."""
    answers[STATUSES] = [status(favourites_count=100_000)]
    add_likers(answers, 400)

    pages = read(client(), limits=ReadLimits(max_actors=200))

    [listing] = [item for page in pages for item in page.listings]
    assert (200, False) == (len(listing.actors), listing.complete)
    post_at = datetime(2023, 11, 10, 12, tzinfo=UTC)
    tallies = [item for page in pages for item in page.records if isinstance(item, Tally)]
    assert [
        Tally(network="mastodon", account_id="ada@example.social", post_id=POST, verb="like", count=100_000, at=post_at)
    ] == tallies
    assert 3 == len([path for path, _ in site.requests if "favourited_by" in path])


@pytest.mark.parametrize(("count", "complete"), [(199, True), (200, True), (201, False)])
def test_list_as_long_as_the_limit_is_complete(answers, client, count, complete):
    """With one actor more it is incomplete, and counted."""
    answers[STATUSES] = [status(favourites_count=count)]
    add_likers(answers, count)

    pages = read(client(), limits=ReadLimits(max_actors=200))

    [listing] = [item for page in pages for item in page.listings]
    assert complete == listing.complete
    assert complete == (not [item for page in pages for item in page.records if isinstance(item, Tally)])


def test_complete_list_takes_precedence_over_the_count(answers, client):
    """Counts include suspended accounts; the list includes oneself and suspended accounts, without a profile."""
    answers[STATUSES] = [status(favourites_count=5)]
    listed = [account(1, "Ada"), account(2), account(3, suspended=True)]
    answers["/api/v1/statuses/90/favourited_by?limit=80"] = listed

    pages = read(client())

    [listing] = [item for page in pages for item in page.listings]
    assert (3, True) == (len(listing.actors), listing.complete)
    records = [item for page in pages for item in page.records]
    assert ["ada@example.social", "u2@example.social"] == [item.account_id for item in records]


def test_list_of_a_remote_server_is_incomplete(answers, client):
    """It lists only accounts that it knows: nobody is missing from it, and the total is counted."""
    answers["/api/v1/accounts/lookup?acct=eva%40other.example"] = account(1, "eva@other.example")
    answers[STATUSES] = [status(favourites_count=5)]
    answers["/api/v1/statuses/90/favourited_by?limit=80"] = [account(2)]
    eva = Account("eva@other.example", "eva@other.example")

    pages = list(CONNECTOR.read(client(), eva, KnownState(SINCE), ReadLimits(), now=NOW))

    assert [False] == [item.complete for page in pages for item in page.listings]
    assert [5] == [item.count for page in pages for item in page.records if isinstance(item, Tally)]


def test_mention_is_read_despite_clock_skew(answers, client):
    """It came after the last run by the local clock, but before it by the server's."""
    note = {"id": "9", "type": "mention", "created_at": "2023-11-14T09:55:00Z", "account": account(2)}
    mention = status("71", "2023-11-14T09:55:00Z") | {"account": account(2)}
    answers["/api/v1/accounts/verify_credentials"] = account(1, "Ada")
    answers["/api/v1/notifications?types%5B%5D=mention&limit=40"] = [note | {"status": mention}]

    pages = read(client(token=TOKEN), KnownState(SINCE, '{"finished": "2023-11-14T10:00:00Z"}'))

    assert ["mention"] == [record.verb for page in pages for record in page.records if isinstance(record, Interaction)]


def test_quotes_are_paginated_past_empty_pages(answers, client, site):
    """A page of hidden quotes is not the last one; the limit ends an endless list."""
    path, quoting = "/api/v1/statuses/90/quotes?limit=40", {"state": "accepted"}
    answers[STATUSES] = [status(quotes_count=9)]
    answers[path] = {"$body": [], "$next": f"{path}&max_id=9"}
    quote = status("91", "2023-11-11T00:00:00Z", quote=quoting) | {"account": account(2)}
    answers[f"{path}&max_id=9"] = {"$body": [quote], "$next": f"{path}&max_id=9"}

    records = [record for page in read(client(), limits=ReadLimits(max_actors=100)) for record in page.records]

    [act] = [record for record in records if isinstance(record, Interaction)]
    assert ("quote", "u2@example.social", POST) == (act.verb, act.actor_id, act.post_id)
    assert [9] == [record.count for record in records if isinstance(record, Tally)]
    assert 3 == len([requested for requested, _ in site.requests if "quotes" in requested])


def test_quotes_are_counted_without_a_token(answers, client):
    """Mastodon 4.5 lists quotes only to requests with a token."""
    answers[STATUSES] = [status(quotes_count=2)]
    answers["/api/v1/statuses/90/quotes?limit=40"] = {"$status": 401, "$body": {"error": "The access token is invalid"}}

    records = [record for page in read(client()) for record in page.records]

    assert [("quote", 2)] == [(record.verb, record.count) for record in records if isinstance(record, Tally)]


def test_pagination_loop_is_incomplete(answers, client, site):
    """A server that repeats the same page does not use up the budget."""
    path = "/api/v1/statuses/90/favourited_by?limit=80"
    answers[path] = {"$body": [account(2)], "$next": path}
    answers[STATUSES] = [status(favourites_count=9)]

    [listing] = [item for page in read(client()) for item in page.listings]

    assert not listing.complete
    assert 2 == len([requested for requested, _ in site.requests if "favourited_by" in requested])


def test_unchanged_counts_cost_no_request(answers, client, site):
    """A status whose likes dropped to zero gets an empty complete list."""
    answers[STATUSES] = [status("91", favourites_count=2, reblogs_count=1, replies_count=3, quotes_count=0), status()]
    answers["/api/v1/statuses/90/favourited_by?limit=80"] = []
    counts = {(status("91")["uri"], verb): n for verb, n in {"like": 2, "repost": 1, "reply": 3}.items()}

    pages = read(client(), KnownState(SINCE, counts=counts | {(POST, "like"): 1}))

    [listing] = [item for page in pages for item in page.listings]
    assert (POST, (), True) == (listing.post_id, listing.actors, listing.complete)
    assert not [path for path, _ in site.requests if "/statuses/91/" in path]


def test_own_replies_are_not_counted(answers, client):
    """A reply count includes the author's own replies, also where an interrupted run resumes."""
    mine = {"in_reply_to_id": "90", "in_reply_to_account_id": "1"}
    replies = [status("92", **mine), status("91", **mine)]
    answers[STATUSES] = [*replies, status(replies_count=2)]
    answers["/api/v1/statuses/90/context"] = {"ancestors": [], "descendants": replies}

    assert not [record for page in read(client()) for record in page.records if not isinstance(record, Profile)]


def test_new_likes_are_dated_by_the_last_run(answers, client):
    """Mastodon gives likes no instant: they are younger than the status and than the run that did not list them."""
    answers[STATUSES] = [status("91", "2023-11-14T12:00:00Z", favourites_count=1), status(favourites_count=1)]
    for number in ("90", "91"):
        answers[f"/api/v1/statuses/{number}/favourited_by?limit=80"] = [account(2)]
    last = datetime(2023, 11, 13, tzinfo=UTC)

    pages = read(client(), KnownState(SINCE, cursor=read(client(), now=last)[-1].cursor))

    at = {listing.post_id[-2:]: listing.at for page in pages for listing in page.listings}
    assert {"91": datetime(2023, 11, 14, 12, tzinfo=UTC), "90": last} == at


def test_instants_in_the_future_become_now(answers, client):
    """A status or reply dated 2100 was made now."""
    late = "2100-01-01T00:00:00Z"
    answers[STATUSES] = [status(at=late, favourites_count=1, replies_count=1, reblogs_count=0)]
    answers["/api/v1/statuses/90/favourited_by?limit=80"] = [account(2)]
    answer = status("91", late, in_reply_to_id="90") | {"account": account(2)}
    answers["/api/v1/statuses/90/context"] = {"descendants": [answer]}

    pages = read(client())

    at = [item.at for page in pages for item in (*page.records, *page.listings)]
    assert 4 == len(at)
    assert set(at) == {NOW}


@pytest.mark.parametrize(
    "acct", ["", "@", "a b@x.example", "a\u202e@x.example", "a\n", "a@b@c", "x" * 1100, f"a@{900 * 'é'}"]
)
def test_invalid_account_name_is_counted_but_not_listed(answers, client, acct):
    """Hostile text reaches no record."""
    answers[STATUSES] = [status(favourites_count=2)]
    answers["/api/v1/statuses/90/favourited_by?limit=80"] = [account(2, "bob"), account(3) | {"acct": acct}]

    pages = read(client())

    records = [item for page in pages for item in page.records if not isinstance(item, Profile)]
    assert ["bob@example.social"] == [
        actor.account_id for page in pages for item in page.listings for actor in item.actors
    ]
    assert [2] == [item.count for item in records]


def test_absurd_count_is_unknown(answers, client):
    """Servers pass on what other servers state about themselves; the account is read nevertheless."""
    absurd, maximum = 10**30, 10**10
    answers[LOOKUP] = account(1, "Ada", followers_count=absurd, statuses_count=maximum)
    answers[STATUSES] = [status(favourites_count=1, reblogs_count=maximum + 1, quotes_count=-absurd)]
    answers["/api/v1/statuses/90/favourited_by?limit=80"] = [account(2, following_count=absurd)]

    pages = read(client())

    ada, fan = [record for page in pages for record in page.records]
    assert (None, maximum) == (ada.followers, ada.posts)
    assert (2, None) == (fan.followers, fan.following)
    assert {(POST, "like"): 1} == {key: count for page in pages for key, count in page.counts.items()}


@pytest.mark.parametrize("fields", [{"acct": ""}, {"acct": []}, {"id": None}])
def test_server_of_other_software_is_refused(answers, client, fields):
    """An account without a name or an id, and something else instead of one."""
    answers[LOOKUP] = [account(1, "Ada")]
    with pytest.raises(NetworkRefusedError, match=r"unexpected JSON schema.*a list instead of an object"):
        CONNECTOR.find(client(), "ada@example.social", now=NOW)
    answers[LOOKUP] = account(1, "ada") | fields
    with pytest.raises(NetworkRefusedError, match=r"invalid account name '' for 'ada'|and no id|acct: a list"):
        CONNECTOR.find(client(), "ada@example.social", now=NOW)


def test_elements_are_read_one_by_one(answers, client):
    """What is unreadable of one status, account or reply costs only that, and is named; counts in text are counts."""
    answers[STATUSES] = [
        status("93", at=None),
        status("92", "2023-11-12", favourites_count="1", reblogs_count=None, quote=True, account=None),
        status("91", "2023-11-11 12:00:00", favourites_count={}, replies_count=3),
        status(90, "2023-11-10T12:00:00", favourites_count=3, reblog=False),
        status("89", favourites_count=1, visibility=None),
    ]
    answers["/api/v1/statuses/92/favourited_by?limit=80"] = [account(2, id=None, followers_count=None)]
    answers["/api/v1/statuses/90/favourited_by?limit=80"] = [account(2), account(3) | {"acct": None}, {}]
    thread = {"in_reply_to_id": 91, "account": account(2, created_at="yesterday")}
    replies = [status("94", **thread | {"account": {}}), status("95", **thread), status("96", at="soon", **thread)]
    answers["/api/v1/statuses/91/context"] = {"descendants": replies}

    pages = read(client())

    listings = [item for page in pages for item in page.listings]
    assert [("92", True), ("90", False)] == [(item.post_id[-2:], item.complete) for item in listings]
    assert [("u2@example.social",)] * 2 == [tuple(actor.account_id for actor in item.actors) for item in listings]
    assert [datetime(2023, 11, 12, tzinfo=UTC), datetime(2023, 11, 10, 12, tzinfo=UTC)] == [
        item.at for item in listings
    ]
    records = [item for page in pages for item in page.records]
    assert ["95"] == [item.interaction_id[-2:] for item in records if isinstance(item, Interaction)]
    assert {("reply", 3), ("like", 3)} == {(item.verb, item.count) for item in records if isinstance(item, Tally)}
    assert [
        "reply $.descendants[2].created_at: text instead of an instant",
        "like $[1].acct: null instead of text",
        "like $[2].acct: missing",
        "status $[0].created_at: null instead of an instant",
        "status $[4].visibility: null instead of text",
    ] == [reason for page in pages for reason in page.dropped]


REFUSALS = [401, 403, 404, 410, 422, 400, 451]


@pytest.mark.parametrize("code", REFUSALS)
def test_refused_list_is_counted(answers, client, code):
    """Whatever the refusal, the other lists and statuses are read, and a missing list is reported once."""
    refusal = {"$status": code, "$body": {"error": "This method requires an authenticated user"}}
    answers[STATUSES] = [
        status("91", favourites_count=4, reblogs_count=1, replies_count=1, quotes_count=1),
        status(favourites_count=1, reblogs_count=2),
    ]
    for path in ("91/favourited_by?limit=80", "91/context", "91/quotes?limit=40", "90/favourited_by?limit=80"):
        answers[f"/api/v1/statuses/{path}"] = refusal
    for number in ("91", "90"):
        answers[f"/api/v1/statuses/{number}/reblogged_by?limit=80"] = [account(2)]

    pages = read(client())

    listings = [(item.post_id[-2:], item.verb) for page in pages for item in page.listings]
    assert [("91", "repost"), ("90", "repost")] == listings
    tallies = [item for page in pages for item in page.records if isinstance(item, Tally)]
    assert [("91", "like", 4), ("91", "reply", 1), ("91", "quote", 1), ("90", "like", 1)] == [
        (item.post_id[-2:], item.verb, item.count) for item in tallies if item.verb != "repost"
    ]
    reports = [message for page in pages for message in page.skipped_lists]
    verbs = [] if code in {401, 403, 422} else ["like", "reply", "quote"]
    assert verbs == [message.partition(" ")[0] for message in reports]
    assert all(f"answered {code}" in message for message in reports)


def test_list_that_is_a_web_page_is_counted(answers, client, site):
    """Some servers send their web page, or a login, instead of a list that they lack."""
    answers[STATUSES] = [status(str(number), favourites_count=1) for number in range(95, 90, -1)]
    [respond] = site.script
    page, empty = reply(body=b"<html>Log in</html>", kind="text/html"), reply(204, b"", kind="")
    site.script = [
        lambda request: (
            request.wfile.write(empty if "/91/" in request.path else page)
            if "favourited_by" in request.path
            else respond(request)
        )
    ]

    pages = read(client())

    assert [1] * 5 == [item.count for page in pages for item in page.records if isinstance(item, Tally)]
    assert "finished" in pages[-1].cursor


@pytest.mark.parametrize("code", REFUSALS)
def test_refused_later_page_keeps_what_was_read(answers, client, code):
    """The rest of that list is only counted, and the list does not count as whole."""
    path = "/api/v1/statuses/90/favourited_by?limit=80"
    answers[STATUSES] = [status(favourites_count=9)]
    answers[path] = {"$body": [account(2)], "$next": f"{path}&max_id=2"}
    answers[f"{path}&max_id=2"] = {"$status": code, "$body": {}}

    pages = read(client())

    [listing] = [item for page in pages for item in page.listings]
    assert (1, False) == (len(listing.actors), listing.complete)
    assert [9] == [item.count for page in pages for item in page.records if isinstance(item, Tally)]
    assert ["partly read"] == ["partly read" for page in pages for text in page.skipped_lists if "partly read" in text]


@pytest.mark.parametrize("code", [401, 403, 404, 422])
def test_refused_mentions_do_not_end_reading(answers, client, code):
    """The token may lack the permission, or the server the list."""
    answers["/api/v1/accounts/verify_credentials"] = account(1, "Ada")
    answers["/api/v1/notifications?types%5B%5D=mention&limit=40"] = {"$status": code, "$body": {}}
    answers[STATUSES] = [status(favourites_count=1)]
    answers["/api/v1/statuses/90/favourited_by?limit=80"] = [account(2)]

    pages = read(client(token=TOKEN))

    assert ["like"] == [item.verb for page in pages for item in page.listings]
    assert [f"answered {code}"] == [
        text[text.index("answered") :][:12] for page in pages for text in page.skipped_lists
    ]


@pytest.mark.parametrize("code", [401, 403, 404, 410, 422])
def test_refused_statuses_are_an_error_of_the_account(answers, client, code):
    """Without its statuses nothing of an account can be read."""
    answers[STATUSES] = {"$status": code, "$body": {"error": "This API requires a login"}}

    with pytest.raises(NetworkRefusedError, match=f"answered {code}"):
        read(client())


def liked(*numbers):
    """Return statuses with one like each."""
    return [status(str(number), favourites_count=1) for number in numbers]


@pytest.fixture
def paged(answers, site, client):  # noqa: ARG001 - they are served where no page is asked for
    """Return a function that serves pages of statuses by `max_id`; it returns what was read, and what was reported."""
    [respond] = site.script

    def read_paged(pages, link=""):
        def answer(request):
            path, _, query = request.path.partition("?")
            params = dict(parse_qsl(query))
            if path == "/api/v1/accounts/1/statuses":
                body = pages(params.get("max_id")) if callable(pages) else pages.get(params.get("max_id"), [])
                last = body[-1]["id"] if body else params.get("max_id")
                headers = {"Link": link.format(last=last)} if link and last else {}
                request.wfile.write(reply(body=json.dumps(body).encode(), **headers))
            elif "favourited_by" in path:
                request.wfile.write(reply(body=json.dumps([account(2)]).encode()))
            else:
                respond(request)

        site.script = [answer]
        result = read(client())
        assert "finished" in result[-1].cursor
        return [item.post_id.rpartition("/")[2] for page in result for item in page.listings], [
            text for page in result for text in page.skipped_lists
        ]

    return read_paged


OWN = "/api/v1/accounts/1/statuses"


def test_last_page_that_comes_again_ends_the_list(paged, site):
    """`max_id` includes the status itself on some servers: a page without a new id is the end."""
    pages = {None: liked(91, 90), "90": liked(90, 89), "89": liked(89)}

    assert (["91", "90", "89"], []) == paged(pages, f'<{OWN}?max_id={{last}}>; rel="next"')
    assert 3 == len([path for path, _ in site.requests if "accounts/1/statuses" in path])


def test_pages_in_a_circle_end_the_list(paged, site):
    """Two pages that lead to each other are read once; full ones are reported."""
    first, second = list(range(150, 110, -1)), list(range(110, 70, -1))
    pages = {None: liked(*first), str(first[-1]): liked(*second), str(second[-1]): liked(*first)}

    post_ids, reports = paged(pages, f'<{OWN}?max_id={{last}}>; rel="next"')

    assert [*map(str, first), *map(str, second)] == post_ids
    assert ["api/v1/accounts/1/statuses repeats a full page; what follows is not read"] == reports
    assert 3 == len([path for path, _ in site.requests if "accounts/1/statuses" in path])


@pytest.mark.parametrize(
    "link",
    [
        f'<{OWN}?min_id={{last}}>; rel="next", <{OWN}?max_id={{last}}>; rel="prev"',
        f'<{OWN}?min_id={{last}}>; rel="next"',
        f'<https://elsewhere.example{OWN}?max_id={{last}}>; rel="next"',
        '<http://[::1>; rel="next"',
        "",
    ],
    ids=["swapped", "newer", "elsewhere", "invalid", "none"],
)
def test_odd_links_do_not_hide_older_statuses(paged, site, link):
    """Only the query of a link counts; without a usable one the last id tells where the list goes on."""
    newer, older = list(range(150, 110, -1)), [110, 109]

    assert ([*map(str, newer), *map(str, older)], []) == paged({None: liked(*newer), "111": liked(*older)}, link)
    assert {f"127.0.0.1:{site.server_port}"} == {headers["Host"] for _, headers in site.requests}


def test_short_page_without_links_is_the_last_one(paged, site):
    """Only a full page is asked for its successor."""
    assert (["91"], []) == paged({None: liked(91)})
    assert 1 == len([path for path, _ in site.requests if "accounts/1/statuses" in path])


def test_server_that_ignores_max_id_is_reported(paged):
    """It gives one full page whatever is asked: older statuses may be missing."""
    numbers = list(range(150, 110, -1))

    post_ids, reports = paged(lambda _: liked(*numbers))

    assert [*map(str, numbers)] == post_ids
    assert ["api/v1/accounts/1/statuses repeats a full page; what follows is not read"] == reports


def test_empty_pages_end_the_list(paged, site):
    """A page may be empty because its statuses are hidden; more than ten in a row are reported."""
    link = f'<{OWN}?max_id={{last}}0>; rel="next"'

    post_ids, reports = paged(lambda max_id: [] if max_id else liked(91), link)

    assert ["91"] == post_ids
    assert ["more than 10 empty pages"] == ["more than 10 empty pages" for text in reports if "than 10 empty" in text]
    assert 12 == len([path for path, _ in site.requests if "accounts/1/statuses" in path])


def test_pages_without_end_are_bounded(paged, monkeypatch, site):
    """A server that invents statuses does not use up the budget of a run; the limit is reported."""
    monkeypatch.setattr("renown.connectors.pagination.MAX_PAGES", 5)
    link = f'<{OWN}?max_id={{last}}>; rel="next"'

    post_ids, reports = paged(lambda max_id: liked(int(max_id or 1000) - 1), link)

    assert ["999", "998", "997", "996", "995"] == post_ids
    assert ["api/v1/accounts/1/statuses was read up to the limit of 5 pages"] == reports
    assert 5 == len([path for path, _ in site.requests if "accounts/1/statuses" in path])


@pytest.mark.parametrize(
    ("date", "count"), [("1970-01-01T00:00:00Z", 2), ("0001-01-01T00:00:00Z", 2), ("2020-01-01", 1)]
)
def test_zero_date_does_not_end_reading(paged, date, count):
    """Servers write an unknown instant as the first of their calendar; a real date before the window ends the list."""
    newest = [*liked(91), status("90", date)]

    post_ids, _ = paged({None: newest, "90": liked(89)}, f'<{OWN}?max_id={{last}}>; rel="next"')

    assert ["91", "89"][:count] == post_ids


def test_list_without_links_is_incomplete_if_the_page_is_full(answers, client):
    """Ids of accounts are no cursor: more of them may follow, and are counted."""
    answers[STATUSES] = [status("91", favourites_count=90), status(favourites_count=40)]
    answers["/api/v1/statuses/91/favourited_by?limit=80"] = [account(n) for n in range(100, 180)]
    answers["/api/v1/statuses/90/favourited_by?limit=80"] = [account(n) for n in range(100, 140)]

    pages = read(client())

    assert [("91", False), ("90", True)] == [
        (item.post_id[-2:], item.complete) for page in pages for item in page.listings
    ]
    assert [90] == [item.count for page in pages for item in page.records if isinstance(item, Tally)]


@pytest.mark.parametrize("instance", ["v1", "v2"])
def test_account_domain_names_the_accounts_of_a_server(site, client, instance):
    """GoToSocial: the host of the server is not the domain of its accounts, which others and archives know."""
    stated = {"uri": "https://gts.example.org", "domain": "gts.example.org", "account_domain": "Example.org"}
    statuses = [status(favourites_count=1)]
    lists = {STATUSES: statuses, "/api/v1/statuses/90/favourited_by?limit=80": [account(2, "bob")]}
    serve(site, {f"/api/{instance}/instance": stated, LOOKUP: account(1, "ada")} | lists)
    ada = Account("ada@example.org", "ada@example.org")

    assert "ada@example.org" == CONNECTOR.find(client(), "@ada@example.org", now=NOW).account_id
    pages = list(CONNECTOR.read(client(), ada, KnownState(SINCE), ReadLimits(), now=NOW))
    assert ["bob@example.org"] == [
        actor.account_id for page in pages for item in page.listings for actor in item.actors
    ]
    gts = Account("ada@gts.example.org", "ada@gts.example.org")
    serve(site, {f"/api/{instance}/instance": stated, f"{LOOKUP}@gts.example.org": account(1, "ada")})
    with pytest.raises(AccountGoneError, match=r"ada@gts\.example\.org moved to ada@example\.org; claim that account"):
        list(CONNECTOR.read(client(), gts, KnownState(SINCE), ReadLimits(), now=NOW))


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/api/v1/accounts/ada", account(1, "Ada")),
        ("/api/v1/accounts/search?q=ada&limit=40", [account(5, "ada2"), account(1, "Ada")]),
    ],
)
@pytest.mark.parametrize("code", [404, 400, 403])
def test_server_without_lookup_is_asked_in_another_way(answers, client, path, answer, code):
    """Friendica before 2024 and Akkoma lack it; an account of another name is not taken."""
    answers[LOOKUP] = {"$status": code, "$body": {"error": "Record not found"}}
    answers[path] = answer
    assert "ada@example.social" == CONNECTOR.find(client(), "@ada@example.social", now=NOW).account_id

    answers[path] = [account(5, "ada2")] if isinstance(answer, list) else account(5, "ada2")
    with pytest.raises(NetworkRefusedError, match=f"lookup.*answered {code}"):
        CONNECTOR.find(client(), "@ada@example.social", now=NOW)


def test_mastodon_rate_limit_is_waited_for(answers, client, site, clock):
    """X-RateLimit-Reset is an instant in ISO 8601; the next page is requested after it."""
    until = datetime.fromtimestamp(NOON + 120, UTC).isoformat().replace("+00:00", "Z")
    calm, [say] = json.dumps(answers[LOOKUP]).encode(), site.script
    full = reply(body=calm, X_RateLimit_Limit="300", X_RateLimit_Remaining="0", X_RateLimit_Reset=until)
    site.script = [say, lambda line: line.wfile.write(full), say]

    assert read(client())
    assert [120.0] == clock.slept


def test_interrupted_runs_resume_until_complete(answers, client):
    """With a budget that never suffices for everything, every list is read exactly once, in order."""
    second = f"{STATUSES}&max_id=86"
    answers[STATUSES] = {"$body": [status(str(n), favourites_count=1) for n in range(90, 85, -1)], "$next": second}
    for n in range(90, 80, -1):
        answers[f"/api/v1/statuses/{n}/favourited_by?limit=80"] = [account(2)]
        answers[f"{STATUSES}&max_id={n}"] = [status(str(m), favourites_count=1) for m in range(n - 1, 80, -1)]

    cursor, post_ids, runs = "", [], 0
    while '"finished"' not in cursor:
        runs += 1
        try:
            for page in CONNECTOR.read(
                client(budget=RequestBudget(5, 3600)),
                ADA,
                KnownState(SINCE, cursor),
                ReadLimits(),
                now=NOW + timedelta(hours=runs),
            ):
                post_ids += [listing.post_id[-2:] for listing in page.listings]
                cursor = page.cursor or cursor
        except BudgetExceededError:
            continue

    assert [str(n) for n in range(90, 80, -1)] == post_ids
    assert 4 < runs < 8
    assert json.loads(cursor) == {"finished": "2023-11-14T23:13:20Z"}


def test_interrupted_run_has_the_tags_of_all_statuses_that_it_listed(answers, client):
    """The next run resumes below those whose reactions it read."""
    answers[STATUSES] = [status(str(number), favourites_count=1, tags=[{"name": "maths"}]) for number in (91, 90)]
    answers["/api/v1/statuses/91/favourited_by?limit=80"] = [account(2)]
    tagged_posts, listings = [], []

    with pytest.raises(BudgetExceededError):  # noqa: PT012 - what was read before counts
        for page in CONNECTOR.read(client(budget=RequestBudget(4, 9)), ADA, KnownState(SINCE), ReadLimits(), now=NOW):
            tagged_posts += [record.post_id[-2:] for record in page.records if isinstance(record, PostDetails)]
            listings += page.listings

    assert (["91", "90"], 1) == (tagged_posts, len(listings))


def test_failing_list_is_skipped_and_reported(answers, client):
    """It is retried in the next run; the other lists and statuses are read."""
    answers[STATUSES] = [status("91", favourites_count=1, reblogs_count=1), status(favourites_count=1)]
    answers["/api/v1/statuses/91/favourited_by?limit=80"] = {"$status": 500, "$body": {}}
    for path in ("91/reblogged_by", "90/favourited_by"):
        answers[f"/api/v1/statuses/{path}?limit=80"] = [account(2)]

    pages = read(client())

    assert [("91", "repost"), ("90", "like")] == [(key[0][-2:], key[1]) for page in pages for key in page.counts]
    [message] = [message for page in pages for message in page.skipped_lists]
    assert "like of 'https://example.social/users/Ada/statuses/91' was skipped" in message


def test_status_that_exceeds_the_budget_is_counted(answers, client):
    """The actors listed so far are stored, the total is counted, and the next run resumes behind it."""
    answers[STATUSES] = [status(favourites_count=400)]
    add_likers(answers, 400)
    pages = CONNECTOR.read(client(budget=RequestBudget(5, 3600)), ADA, KnownState(SINCE), ReadLimits(), now=NOW)
    page = [next(pages), next(pages)][-1]

    assert [(160, False)] == [(len(item.actors), item.complete) for item in page.listings]
    assert [400] == [item.count for item in page.records if isinstance(item, Tally)]
    assert {(POST, "like"): 400} == page.counts
    assert "exceeds the budget of a run: the rest is only counted" in page.skipped_lists[0]
    assert '"max_id":"90"' in page.cursor


def test_interrupted_mentions_resume(answers, client):
    """Mentions come first; the next run reads the remaining ones before the statuses."""
    path = "/api/v1/notifications?types%5B%5D=mention&limit=40"
    note = {"type": "mention", "created_at": "2023-11-14T10:00:00Z", "account": account(2)}
    statuses = {n: status(str(n), in_reply_to_id=None) | {"account": account(2)} for n in (71, 72)}
    answers["/api/v1/accounts/verify_credentials"] = account(1, "Ada")
    answers[path] = {"$body": [note | {"id": "9", "status": statuses[72]}], "$next": f"{path}&max_id=9"}
    answers[f"{path}&max_id=9"] = [note | {"id": "8", "status": statuses[71]}]
    mentions, cursor = [], ""
    for budget in (4, 100):
        try:
            for page in CONNECTOR.read(
                client(budget=RequestBudget(budget, 9), token=TOKEN),
                ADA,
                KnownState(SINCE, cursor),
                ReadLimits(),
                now=NOW,
            ):
                mentions += [record.interaction_id for record in page.records if isinstance(record, Interaction)]
                cursor = page.cursor or cursor
        except BudgetExceededError:
            assert "mentions" in cursor

    assert [f"{statuses[n]['uri']}#mention:ada@example.social" for n in (72, 71)] == mentions
    assert "finished" in cursor


def test_resumed_statuses_do_not_read_mentions_again(answers, client, site):
    """New mentions belong to the next run."""
    cursor = {"began": "2023-11-14T10:00:00Z", "stage": "statuses", "max_id": "90"}
    answers[f"{STATUSES}&max_id=90"] = []

    [_, end] = read(client(token=TOKEN), KnownState(SINCE, json.dumps(cursor)))

    assert {"finished": "2023-11-14T10:00:00Z"} == json.loads(end.cursor)
    assert not [path for path, _ in site.requests if "notifications" in path]


@pytest.mark.parametrize(
    "owner", [account(5, "operator"), {"$status": 403, "$body": {"error": "outside the authorized scopes"}}]
)
def test_token_of_another_account_reads_no_mentions(answers, client, site, owner):
    """Notifications belong to the token's owner."""
    answers["/api/v1/accounts/verify_credentials"] = owner

    assert read(client(token=TOKEN))
    assert not [path for path, _ in site.requests if "notifications" in path]


@pytest.mark.usefixtures("answers")
def test_invalid_cursor_is_expired(client):
    """The error tells that reading starts from the beginning."""
    with pytest.raises(CursorExpiredError, match=r"cursor 'bafy' is not valid.*from the start"):
        read(client(), KnownState(SINCE, cursor="bafy"))


@pytest.mark.parametrize("name", ["ada", "@ada", "ada@", "ada@a/b", "ada@b c", "ada@b@c"])
def test_name_without_a_server_is_refused(name):
    """The name that people type has to contain the server."""
    with pytest.raises(InvalidInputError, match="write its name with its server"):
        CONNECTOR.server_url(name)


def test_server_url_of_a_name():
    """The domain in lower case and Punycode."""
    assert CONNECTOR.server_url(CONNECTOR.example) == "https://example.social"
    assert CONNECTOR.server_url("eva@BÜCHER.example") == "https://xn--bcher-kva.example"
