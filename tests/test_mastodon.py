"""Mastodon: what a server answers, and the records that it means."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpcore2
import msgspec
import pytest

from renown.connectors.base import Account, Known, Limits
from renown.connectors.http import Budget
from renown.connectors.http.addresses import Network
from renown.connectors.mastodon import CONNECTOR
from renown.errors import AccountGone, BadInput, BudgetSpent, CursorLost, NetworkRefused
from renown.records import Interaction, Profile, Tally
from sites import NOON, reply, serve

NOW = datetime.fromtimestamp(NOON, UTC)
SINCE = NOW - timedelta(days=90)
ADA = Account("ada@example.social", "Ada@example.social")
DATA = Path(__file__).parent / "data" / "mastodon"
LOOKUP, STATUSES = "/api/v1/accounts/lookup?acct=ada", "/api/v1/accounts/1/statuses?exclude_reblogs=true&limit=40"
TOKEN = "t"  # noqa: S105 - a test's
POST = "https://example.social/users/Ada/statuses/90"


def read(client, known=None, *, limits=None, now=NOW):
    """Return all pages of Ada."""
    return list(CONNECTOR.read(client, ADA, known or Known(SINCE), limits or Limits(), now=now))


def plain(value):
    """Return records as JSON would have them, without what is None."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items() if one is not None}
    return [plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def told(pages):
    """Return pages as the expected files have them."""
    return [
        {
            "records": [[type(one).__name__, plain(msgspec.to_builtins(one))] for one in page.records],
            "listings": plain(msgspec.to_builtins(page.listings)),
            "cursor": json.loads(page.cursor or "null"),
        }
        for page in pages
    ]


def someone(number, acct=None, **more):
    """Return an account as a server has it."""
    return {"id": str(number), "acct": acct or f"u{number}", "followers_count": number} | more


def status(number="90", at="2023-11-10T12:00:00Z", **more):
    """Return a status of Ada's."""
    uri = f"https://example.social/users/Ada/statuses/{number}"
    return {"id": number, "uri": uri, "created_at": at, "account": someone(1, "Ada")} | more


@pytest.fixture
def world(site):
    """Return what the server answers, with Ada and no status."""
    said = {"/api/v2/instance": {"domain": "example.social"}, LOOKUP: someone(1, "Ada"), STATUSES: []}
    serve(site, said)
    return said


@pytest.mark.parametrize("case", ["statuses", "mentions", "quotes", "hidden_names"])
def test_answers_mean_records(site, client, case):
    """Pairs of files: what the server says, and what is read of it."""
    given = json.loads((DATA / f"{case}.json").read_text(encoding="utf-8"))
    expected = json.loads((DATA / f"{case}.expected.json").read_text(encoding="utf-8"))
    serve(site, given["answers"])
    acts = {tuple(post.split()): count for post, count in given["known"].items()}

    pages = read(client(token=given.get("token")), Known(SINCE, counts=acts))

    assert expected == told(pages)
    asked = {path for path, _ in site.asked}
    assert set(given["answers"]) == asked - {"/api/v2/instance"} | (set(given["answers"]) & {"/api/v2/instance"})


def test_two_servers_that_spell_an_account_differently_mean_one(world, client):
    """Its own server leaves out the domain; others say it, in letters or as DNS has it, in any case."""
    world["/api/v1/statuses/90/favourited_by?limit=80"] = [
        someone(2, "EVA"),
        someone(3, "Eva@Example.Social"),
        someone(4, "Max@BÜCHER.example"),
        someone(5, "max@xn--bcher-kva.EXAMPLE"),
    ]
    world[STATUSES] = [status(favourites_count=2)]

    [listing] = [one for page in read(client()) for one in page.listings]

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
def test_a_server_that_is_old_or_secretive_has_a_domain_all_the_same(site, client, instance, domain):
    """Accounts without a domain get that of the instance, said in one of two ways, else the host's."""
    serve(site, {LOOKUP: someone(1, "Ada")} | instance)

    assert f"ada@{domain}" == CONNECTOR.find(client(), "Ada".lower(), now=NOW).account_id


def test_find_returns_public_figures(world, client):
    """A name as people type it, with or without the first @."""
    world["/api/v1/accounts/lookup?acct=eva"] = someone(7, "Eva", statuses_count=0)

    assert CONNECTOR.find(client(), "@ada@example.social", now=NOW) == Profile(
        "mastodon", "ada@example.social", NOW, handle="Ada@example.social", followers=1
    )
    assert 0 == CONNECTOR.find(client(), " eva@Example.social ", now=NOW).posts


class Unsealed(httpcore2.SyncBackend):
    """A wire on which every host is the site, and TLS changes nothing."""

    def __init__(self, port):
        self.port = port

    def connect_tcp(self, _host, _port, *args, **kwargs):
        """Connect to the site."""
        stream = super().connect_tcp("127.0.0.1", self.port, *args, **kwargs)
        stream.start_tls = lambda *_, **__: stream
        return stream


@pytest.fixture
def towns(site, client):
    """Return what hosts answer to lookups and WebFinger, and a function that asks one of them for a name."""
    said = {}

    def say(line):
        host, path = line.headers["Host"], line.path.partition("?")[0].rpartition("/")[2]
        answer = said.get((host, path))
        if isinstance(answer, str):
            line.wfile.write(reply(302, Location=f"https://{answer}{line.path}"))
        else:
            body = json.dumps(answer or {"error": "Record not found"}).encode()
            line.wfile.write(reply(200 if answer else 404, body, kind="application/jrd+json"))

    def find(host, name):
        network = Network(lambda *_: ["93.184.215.14"], Unsealed(site.server_port))
        asked = client(f"https://{host}", network=network, private_ok=False)
        return CONNECTOR.find(asked, name, now=NOW).account_id

    site.script = [say]
    return said, find


def finger(*uris, rel="self"):
    """Return what WebFinger says of an account."""
    return {"subject": "acct:x@x.example", "links": [{"rel": "x"}, *({"rel": rel, "href": uri} for uri in uris)]}


HERS = "https://good.example/users/victim"
PAGE = "http://webfinger.net/rel/profile-page"


@pytest.mark.parametrize("uri", [HERS, "https://evil.example/users/me", None])
@pytest.mark.parametrize("how", [{"domain": "evil.example", "acct": "victim@good.example"}, {"domain": "good.example"}])
def test_a_server_does_not_answer_with_an_account_of_another_domain(towns, how, uri):
    """Whatever it says of itself and of the account: that domain says otherwise, or somebody else was asked for."""
    said, find = towns
    said["evil.example", "instance"] = {"domain": how["domain"]}
    said["evil.example", "lookup"] = someone(1, how.get("acct", "victim"), uri=uri)
    said["evil.example", "webfinger"] = finger(uri)
    said["good.example", "webfinger"] = finger(HERS)

    with pytest.raises(
        NetworkRefused, match=r"calls '@me@evil\.example' victim@good\.example, and good\.example does not"
    ):
        find("evil.example", "@me@evil.example")


@pytest.mark.parametrize("answers", ["good.example", "web.good.example"])
@pytest.mark.parametrize("name", ["@ada@good.example", "@ada@web.good.example"])
def test_a_server_at_another_host_than_in_names_is_confirmed_by_the_domain(towns, name, answers):
    """That domain answers, or leads to the server as Mastodon advises."""
    said, find = towns
    uri = "https://web.good.example/users/ada"
    said["web.good.example", "instance"] = {"domain": "good.example"}
    said["web.good.example", "lookup"] = someone(1, "Ada", uri=uri)
    said["good.example", "webfinger"] = answers
    said[answers, "webfinger"] = finger(uri)

    assert "ada@good.example" == find("web.good.example", name)


@pytest.mark.parametrize(
    ("figures", "confirmed"),
    [
        ({"uri": HERS}, finger(HERS)),
        ({"url": HERS}, finger(HERS, rel=PAGE)),
        ({"uri": HERS, "url": None}, finger(HERS)),
    ],
)
def test_another_servers_account_is_confirmed_by_its_domain(towns, figures, confirmed):
    """A server in the settings may be asked about others' accounts; one older than 4.2 says only their pages."""
    said, find = towns
    said["near.example", "instance"] = {"domain": "near.example"}
    said["near.example", "lookup"] = someone(1, "victim@good.example", **figures)
    said["good.example", "webfinger"] = confirmed

    assert "victim@good.example" == find("near.example", "victim@good.example")
    for other in (finger("https://good.example/users/other"), finger(HERS, rel="x"), None, "far.example"):
        said["good.example", "webfinger"] = other
        with pytest.raises(NetworkRefused, match="does not confirm it"):
            find("near.example", "victim@good.example")


@pytest.mark.parametrize("acct", ["ada@good.example/evil", "ada@good.example?x=", "ada@u:p"])
def test_what_is_no_domain_confirms_nothing(towns, site, acct):
    """It is not asked."""
    said, find = towns
    said["evil.example", "lookup"] = someone(1, acct, uri="https://evil.example/users/ada")

    with pytest.raises(NetworkRefused, match="does not confirm it"):
        find("evil.example", "@ada@evil.example")
    assert not [path for path, _ in site.asked if "webfinger" in path]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"$status": 404, "$body": {"error": "Record not found"}}, "answered 404"),
        ({"$status": 410, "$body": {"error": "Gone"}}, "answered 410"),
        (someone(1, "ada", suspended=True), "ada@example.social is suspended"),
        (someone(1, "ada", moved=someone(2, "ada@new.example")), "ada@example.social moved to ada@new.example; claim"),
    ],
    ids=["unknown", "deleted", "suspended", "moved"],
)
def test_who_is_gone_is_said_by_name(world, client, answer, said):
    """Deleted, suspended and moved accounts are told apart, by find and by read."""
    world[LOOKUP] = answer

    with pytest.raises(AccountGone, match=said):
        CONNECTOR.find(client(), "ada@example.social", now=NOW)
    with pytest.raises(AccountGone, match=said):
        read(client())


def test_an_account_that_moved_leaves_its_last_figures(world, client):
    """Followers that did not come along still count for the old account."""
    world[LOOKUP] = someone(1, "ada", followers_count=12, moved=someone(2, "ada@new.example"))
    pages = CONNECTOR.read(client(), ADA, Known(SINCE), Limits(), now=NOW)

    assert 12 == next(pages).records[0].followers
    with pytest.raises(AccountGone, match=r"claim that"):
        next(pages)


def test_an_account_that_goes_by_another_name_is_not_taken_for_the_one_claimed(world, client):
    """A name that leads elsewhere by now yields nothing at all."""
    world[LOOKUP] = someone(1, "grace")
    pages = CONNECTOR.read(client(), ADA, Known(SINCE), Limits(), now=NOW)

    with pytest.raises(AccountGone, match=r"ada@example\.social moved to grace@example\.social"):
        next(pages)


def test_a_status_deleted_while_it_is_read_is_passed_over(world, client):
    """The others are read all the same."""
    world[STATUSES] = [status("91", favourites_count=1), status("90", favourites_count=1)]
    world["/api/v1/statuses/90/favourited_by?limit=80"] = [someone(2)]

    assert [POST] == [one.post_id for page in read(client()) for one in page.listings]


def test_an_account_deleted_while_it_is_read_is_gone(world, client):
    """What was read before is kept."""
    world[STATUSES] = {"$status": 410, "$body": {"error": "Gone"}}

    with pytest.raises(AccountGone, match="answered 410"):
        read(client())


def names(world, count, *, first=1000):
    """Let as many accounts as that have liked status 90, 80 a page."""
    path = "/api/v1/statuses/90/favourited_by?limit=80"
    for start in range(0, count, 80):
        here = path if not start else f"{path}&max_id={start}"
        people = [someone(first + n) for n in range(start, min(start + 80, count))]
        rest = {"$next": f"{path}&max_id={start + 80}"} if start + 80 < count else {}
        world[here] = {"$body": people, **rest}


def test_a_hundred_thousand_likes_cost_as_many_pages_as_the_limit_says(world, client, site):
    """Beyond the limit likes are a number, of which the named are part."""
    world[STATUSES] = [status(favourites_count=100_000)]
    names(world, 400)

    pages = read(client(), limits=Limits(actors=200))

    [listing] = [one for page in pages for one in page.listings]
    assert (200, False) == (len(listing.actors), listing.complete)
    post_at = datetime(2023, 11, 10, 12, tzinfo=UTC)
    tallies = [one for page in pages for one in page.records if isinstance(one, Tally)]
    assert [Tally("mastodon", "ada@example.social", POST, "like", 100_000, post_at)] == tallies
    assert 3 == len([path for path, _ in site.asked if "favourited_by" in path])


@pytest.mark.parametrize(("count", "complete"), [(199, True), (200, True), (201, False)])
def test_a_list_as_long_as_the_limit_is_whole(world, client, count, complete):
    """One more is not, and is counted."""
    world[STATUSES] = [status(favourites_count=count)]
    names(world, count)

    pages = read(client(), limits=Limits(actors=200))

    [listing] = [one for page in pages for one in page.listings]
    assert complete == listing.complete
    assert complete == (not [one for page in pages for one in page.records if isinstance(one, Tally)])


def test_a_whole_list_is_the_truth(world, client):
    """Counts hold suspended accounts too; who is listed is who counts, oneself and the suspended without figures."""
    world[STATUSES] = [status(favourites_count=5)]
    listed = [someone(1, "Ada"), someone(2), someone(3, suspended=True)]
    world["/api/v1/statuses/90/favourited_by?limit=80"] = listed

    pages = read(client())

    [listing] = [one for page in pages for one in page.listings]
    assert (3, True) == (len(listing.actors), listing.complete)
    records = [one for page in pages for one in page.records]
    assert ["ada@example.social", "u2@example.social"] == [one.account_id for one in records]


def test_another_server_does_not_know_all_who_liked(world, client):
    """Its lists name those it has heard of: nobody is missing from them, and the rest is counted."""
    world["/api/v1/accounts/lookup?acct=eva%40other.example"] = someone(1, "eva@other.example")
    world[STATUSES] = [status(favourites_count=5)]
    world["/api/v1/statuses/90/favourited_by?limit=80"] = [someone(2)]
    eva = Account("eva@other.example", "eva@other.example")

    pages = list(CONNECTOR.read(client(), eva, Known(SINCE), Limits(), now=NOW))

    assert [False] == [one.complete for page in pages for one in page.listings]
    assert [5] == [one.count for page in pages for one in page.records if isinstance(one, Tally)]


def test_a_mention_is_read_though_the_servers_clock_is_behind(world, client):
    """It came after the last collect began by our clock, before it by the server's."""
    note = {"id": "9", "type": "mention", "created_at": "2023-11-14T09:55:00Z", "account": someone(2)}
    mention = status("71", "2023-11-14T09:55:00Z") | {"account": someone(2)}
    world["/api/v1/accounts/verify_credentials"] = someone(1, "Ada")
    world["/api/v1/notifications?types%5B%5D=mention&limit=40"] = [note | {"status": mention}]

    pages = read(client(token=TOKEN), Known(SINCE, '{"finished": "2023-11-14T10:00:00Z"}'))

    assert ["mention"] == [one.verb for page in pages for one in page.records if isinstance(one, Interaction)]


def test_quotes_are_read_over_pages_that_are_empty_and_without_end(world, client, site):
    """A page of which all is hidden is not the last; the limit is."""
    path, quoting = "/api/v1/statuses/90/quotes?limit=40", {"state": "accepted"}
    world[STATUSES] = [status(quotes_count=9)]
    world[path] = {"$body": [], "$next": f"{path}&max_id=9"}
    quote = status("91", "2023-11-11T00:00:00Z", quote=quoting) | {"account": someone(2)}
    world[f"{path}&max_id=9"] = {"$body": [quote], "$next": f"{path}&max_id=9"}

    records = [one for page in read(client(), limits=Limits(actors=100)) for one in page.records]

    [act] = [one for one in records if isinstance(one, Interaction)]
    assert ("quote", "u2@example.social", POST) == (act.verb, act.actor_id, act.post_id)
    assert [9] == [one.count for one in records if isinstance(one, Tally)]
    assert 3 == len([asked for asked, _ in site.asked if "quotes" in asked])


def test_quotes_that_need_a_token_are_counted_without_one(world, client):
    """Mastodon 4.5 names them to people with a token only."""
    world[STATUSES] = [status(quotes_count=2)]
    world["/api/v1/statuses/90/quotes?limit=40"] = {"$status": 401, "$body": {"error": "The access token is invalid"}}

    records = [one for page in read(client()) for one in page.records]

    assert [("quote", 2)] == [(one.verb, one.count) for one in records if isinstance(one, Tally)]


def test_a_list_that_never_ends_is_left(world, client, site):
    """A server that says the same page again and again does not get the whole budget."""
    path = "/api/v1/statuses/90/favourited_by?limit=80"
    world[path] = {"$body": [someone(2)], "$next": path}
    world[STATUSES] = [status(favourites_count=9)]

    [listing] = [one for page in read(client()) for one in page.listings]

    assert not listing.complete
    assert 2 == len([asked for asked, _ in site.asked if "favourited_by" in asked])


def test_a_status_whose_counts_are_as_they_were_is_not_asked_about(world, client, site):
    """Nothing new costs nothing; one that lost all its likes is asked about."""
    world[STATUSES] = [status("91", favourites_count=2, reblogs_count=1, replies_count=3, quotes_count=0), status()]
    world["/api/v1/statuses/90/favourited_by?limit=80"] = []
    acts = {(status("91")["uri"], verb): n for verb, n in {"like": 2, "repost": 1, "reply": 3}.items()}

    pages = read(client(), Known(SINCE, counts=acts | {(POST, "like"): 1}))

    [listing] = [one for page in pages for one in page.listings]
    assert (POST, (), True) == (listing.post_id, listing.actors, listing.complete)
    assert not [path for path, _ in site.asked if "/statuses/91/" in path]


def test_own_replies_are_nobodys(world, client):
    """A thread's count of replies counts its author, wherever a run that was cut short goes on."""
    mine = {"in_reply_to_id": "90", "in_reply_to_account_id": "1"}
    replies = [status("92", **mine), status("91", **mine)]
    world[STATUSES] = [*replies, status(replies_count=2)]
    world["/api/v1/statuses/90/context"] = {"ancestors": [], "descendants": replies}

    assert not [one for page in read(client()) for one in page.records if not isinstance(one, Profile)]


def test_new_acts_are_as_old_as_the_last_collect(world, client):
    """Mastodon gives likes no instant: they are younger than the status, and than the collect that did not see them."""
    world[STATUSES] = [status("91", "2023-11-14T12:00:00Z", favourites_count=1), status(favourites_count=1)]
    for number in ("90", "91"):
        world[f"/api/v1/statuses/{number}/favourited_by?limit=80"] = [someone(2)]
    last = datetime(2023, 11, 13, tzinfo=UTC)

    pages = read(client(), Known(SINCE, cursor=read(client(), now=last)[-1].cursor))

    at = {one.post_id[-2:]: one.at for page in pages for one in page.listings}
    assert {"91": datetime(2023, 11, 14, 12, tzinfo=UTC), "90": last} == at


def test_clocks_that_run_ahead_do_not_reach_the_future(world, client):
    """A reply of the year 2100 was made now; the same read again tomorrow changes nothing that counts."""
    late = "2100-01-01T00:00:00Z"
    world[STATUSES] = [status(at=late, favourites_count=1, replies_count=1, reblogs_count=0)]
    world["/api/v1/statuses/90/favourited_by?limit=80"] = [someone(2)]
    answer = status("91", late, in_reply_to_id="90") | {"account": someone(2)}
    world["/api/v1/statuses/90/context"] = {"descendants": [answer]}

    pages = read(client())

    at = [one.at for page in pages for one in (*page.records, *page.listings)]
    assert 4 == len(at)
    assert set(at) == {NOW}


@pytest.mark.parametrize(
    "acct", ["", "@", "a b@x.example", "a\u202e@x.example", "a\n", "a@b@c", "x" * 1100, f"a@{900 * 'é'}"]
)
def test_what_can_be_no_name_is_counted_but_not_named(world, client, acct):
    """Hostile text reaches no record."""
    world[STATUSES] = [status(favourites_count=2)]
    world["/api/v1/statuses/90/favourited_by?limit=80"] = [someone(2, "bob"), someone(3) | {"acct": acct}]

    pages = read(client())

    records = [one for page in pages for one in page.records if not isinstance(one, Profile)]
    assert ["bob@example.social"] == [
        actor.account_id for page in pages for one in page.listings for actor in one.actors
    ]
    assert [2] == [one.count for one in records]


def test_a_count_that_no_lake_holds_is_none(world, client):
    """Servers pass on what strangers' servers say of themselves; it keeps nobody from being read."""
    much, most = 10**30, 10**10
    world[LOOKUP] = someone(1, "Ada", followers_count=much, statuses_count=most)
    world[STATUSES] = [status(favourites_count=1, reblogs_count=most + 1, quotes_count=-much)]
    world["/api/v1/statuses/90/favourited_by?limit=80"] = [someone(2, following_count=much)]

    pages = read(client())

    ada, fan = [one for page in pages for one in page.records]
    assert (None, most) == (ada.followers, ada.posts)
    assert (2, None) == (fan.followers, fan.following)
    assert {(POST, "like"): 1} == {key: count for page in pages for key, count in page.counts.items()}


def test_an_answer_of_another_shape_is_refused_by_place(world, client):
    """Unknown fields are passed over; a known one of another kind is not."""
    world[STATUSES] = [status() | {"favourites_count": "many"}]

    with pytest.raises(NetworkRefused, match=r"another shape.*favourites_count"):
        read(client())


def test_a_server_that_is_none_of_mastodon_is_refused(world, client):
    """An instance of another shape, and an account without a name."""
    world["/api/v2/instance"] = {"domain": 5}
    with pytest.raises(NetworkRefused, match=r"another shape.*domain"):
        CONNECTOR.find(client(), "ada@example.social", now=NOW)
    world["/api/v2/instance"], world[LOOKUP] = {"domain": "example.social"}, someone(1) | {"acct": ""}
    with pytest.raises(NetworkRefused, match=r"calls 'ada' '', which is no name"):
        CONNECTOR.find(client(), "ada@example.social", now=NOW)


def test_rate_limits_of_mastodon_are_kept_to(world, client, site, hours):
    """X-RateLimit-Reset is an instant in ISO 8601; the pages after it come when it has passed."""
    until = datetime.fromtimestamp(NOON + 120, UTC).isoformat().replace("+00:00", "Z")
    calm, [say] = json.dumps(world[LOOKUP]).encode(), site.script
    full = reply(body=calm, X_RateLimit_Limit="300", X_RateLimit_Remaining="0", X_RateLimit_Reset=until)
    site.script = [say, lambda line: line.wfile.write(full), say]

    assert read(client())
    assert [120.0] == hours.slept


def test_a_collect_cut_short_goes_on_where_it_was_until_everything_was_read(world, client):
    """With a budget that never suffices for all, every list is read once, those of one run after those of another."""
    second = f"{STATUSES}&max_id=86"
    world[STATUSES] = {"$body": [status(str(n), favourites_count=1) for n in range(90, 85, -1)], "$next": second}
    for n in range(90, 80, -1):
        world[f"/api/v1/statuses/{n}/favourited_by?limit=80"] = [someone(2)]
        world[f"{STATUSES}&max_id={n}"] = [status(str(m), favourites_count=1) for m in range(n - 1, 80, -1)]

    cursor, seen, runs = "", [], 0
    while '"finished"' not in cursor:
        runs += 1
        try:
            for page in CONNECTOR.read(
                client(budget=Budget(5, 3600)), ADA, Known(SINCE, cursor), Limits(), now=NOW + timedelta(hours=runs)
            ):
                seen += [one.post_id[-2:] for one in page.listings]
                cursor = page.cursor or cursor
        except BudgetSpent:
            continue

    assert [str(n) for n in range(90, 80, -1)] == seen
    assert 4 < runs < 8
    assert json.loads(cursor) == {"finished": "2023-11-14T23:13:20Z"}


def test_a_list_that_never_answers_keeps_no_other_from_being_read(world, client):
    """It is left out, said, and asked for in the next run; another server's troubles are not this one's."""
    world[STATUSES] = [status("91", favourites_count=1, reblogs_count=1), status(favourites_count=1)]
    world["/api/v1/statuses/91/favourited_by?limit=80"] = {"$status": 500, "$body": {}}
    for path in ("91/reblogged_by", "90/favourited_by"):
        world[f"/api/v1/statuses/{path}?limit=80"] = [someone(2)]

    pages = read(client())

    assert [("91", "repost"), ("90", "like")] == [(key[0][-2:], key[1]) for page in pages for key in page.counts]
    [said] = [said for page in pages for said in page.left_out]
    assert "like of 'https://example.social/users/Ada/statuses/91' is left out" in said


def test_a_status_that_costs_more_than_a_run_is_got_past(world, client):
    """What was read of its list is kept, the rest counted; the next run reads on behind it."""
    world[STATUSES] = [status(favourites_count=400)]
    names(world, 400)
    pages = CONNECTOR.read(client(budget=Budget(5, 3600)), ADA, Known(SINCE), Limits(), now=NOW)
    kept = [next(pages), next(pages)][-1]

    assert [(160, False)] == [(len(one.actors), one.complete) for one in kept.listings]
    assert [400] == [one.count for one in kept.records if isinstance(one, Tally)]
    assert {(POST, "like"): 400} == kept.counts
    assert "costs more than a whole run: the rest is counted" in kept.left_out[0]
    assert '"max_id":"90"' in kept.cursor


def test_mentions_cut_short_go_on_where_they_were(world, client):
    """Mentions come first; what is left of them is not lost behind the statuses."""
    path = "/api/v1/notifications?types%5B%5D=mention&limit=40"
    note = {"type": "mention", "created_at": "2023-11-14T10:00:00Z", "account": someone(2)}
    said = {n: status(str(n), in_reply_to_id=None) | {"account": someone(2)} for n in (71, 72)}
    world["/api/v1/accounts/verify_credentials"] = someone(1, "Ada")
    world[path] = {"$body": [note | {"id": "9", "status": said[72]}], "$next": f"{path}&max_id=9"}
    world[f"{path}&max_id=9"] = [note | {"id": "8", "status": said[71]}]
    seen, cursor = [], ""
    for budget in (4, 100):
        try:
            for page in CONNECTOR.read(
                client(budget=Budget(budget, 9), token=TOKEN), ADA, Known(SINCE, cursor), Limits(), now=NOW
            ):
                seen += [one.interaction_id for one in page.records if isinstance(one, Interaction)]
                cursor = page.cursor or cursor
        except BudgetSpent:
            assert "mentions" in cursor

    assert [f"{said[n]['uri']}#mention:ada@example.social" for n in (72, 71)] == seen
    assert "finished" in cursor


def test_mentions_that_were_read_are_not_read_again_with_the_rest_of_the_statuses(world, client, site):
    """What was mentioned in the meantime is the next collect's."""
    cursor = {"began": "2023-11-14T10:00:00Z", "stage": "statuses", "max_id": "90"}
    world[f"{STATUSES}&max_id=90"] = []

    [_, end] = read(client(token=TOKEN), Known(SINCE, json.dumps(cursor)))

    assert {"finished": "2023-11-14T10:00:00Z"} == json.loads(end.cursor)
    assert not [path for path, _ in site.asked if "notifications" in path]


@pytest.mark.parametrize(
    "owner", [someone(5, "operator"), {"$status": 403, "$body": {"error": "outside the authorized scopes"}}]
)
def test_a_token_of_somebody_else_reads_no_mentions(world, client, site, owner):
    """Notifications are those of the token's owner."""
    world["/api/v1/accounts/verify_credentials"] = owner

    assert read(client(token=TOKEN))
    assert not [path for path, _ in site.asked if "notifications" in path]


@pytest.mark.usefixtures("world")
def test_a_cursor_that_is_none_is_lost(client):
    """It is said, and reading starts again."""
    with pytest.raises(CursorLost, match=r"cannot read on from 'bafy'.*from the start"):
        read(client(), Known(SINCE, cursor="bafy"))


@pytest.mark.parametrize("name", ["ada", "@ada", "ada@", "ada@a/b", "ada@b c", "ada@b@c"])
def test_a_name_without_a_server_is_refused(name):
    """What is typed says which server is asked, and nothing else."""
    with pytest.raises(BadInput, match="write @NAME@SERVER"):
        CONNECTOR.server(name)


def test_a_name_says_its_server():
    """In lower case and as DNS has it."""
    assert CONNECTOR.server(CONNECTOR.example) == "https://example.social"
    assert CONNECTOR.server("eva@BÜCHER.example") == "https://xn--bcher-kva.example"
