"""Fetch accounts: listings are deduplicated and reconciled, failures are isolated, cursors are resumed."""

import dataclasses
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from http_server import reply
from proofs import only_in_full
from renown import cli, connectors, ingest
from renown.connectors.base import Account, AccountBio, Actor, Connector, Listing, Page, ReadLimits
from renown.connectors.http import Client, RequestBudget
from renown.connectors.http.urls import Server
from renown.connectors.record_rows import group_rows
from renown.errors import (
    AccountGoneError,
    CredentialError,
    CursorExpiredError,
    InvalidSettingsError,
    NetworkUnavailableError,
    QuotaExceededError,
)
from renown.home import open_home
from renown.ingest import stream_writer
from renown.records import (
    LAKE_COLUMNS,
    LOOKED_UP_ACTORS,
    VERBS,
    AccountCoverage,
    ActorName,
    Interaction,
    PostDetails,
    Profile,
    Tally,
    Undone,
    day_number,
)

NOW = datetime(2024, 2, 1, 12, tzinfo=UTC)
POSTED = NOW - timedelta(days=3)
ADA = Account("1", "ada")


class Toy:
    """A fake network of one person with one post; the test sets who likes it."""

    def __init__(self):
        self.likers, self.is_complete, self.complete_since = ["2", "3"], True, None
        self.has_listing = True
        """Without a listing, a read is as one of a network whose counts are unchanged."""
        self.error, self.expired_cursor = None, ""
        self.known_states = []
        """What each read knew of the account."""
        self.says = self.terms = ""
        self.validators, self.details = {}, ()
        self.identity = None
        self.look_up = None
        self.account_id, self.post = "1", "p"

    @property
    def connector(self):
        """Return its entry of the registry."""
        return Connector(
            network="toy",
            covers=("like", "upvote"),
            anonymous=("upvote",),
            example="ada",
            server_url=lambda _name: "https://toy.example",
            find=self.find,
            read=self.read,
            read_bio=self.read_bio,
            look_up=self.look_up,
            terms=self.terms,
        )

    def find(self, _client, name, *, now):
        """Look up Ada."""
        if name != "ada":
            raise AccountGoneError(f"nobody goes by {name!r} on toy")
        return Profile(network="toy", account_id="1", at=now, handle="ada", followers=7)

    def read_bio(self, _client, _account, *, now):  # noqa: ARG002 - part of the contract
        """Return the text of Ada's profile."""
        return AccountBio(self.says)

    def read(self, _client, account, known, _limits, *, now):
        """Yield a profile, then the likers."""
        self.known_states.append(known)
        if self.expired_cursor and known.cursor == self.expired_cursor:
            raise CursorExpiredError(f"toy does not know {known.cursor!r}")
        yield Page(
            (
                Profile(network="toy", account_id=account.account_id, at=now, handle="ada", followers=7),
                *self.details,
            ),
            cursor="profile",
            validators=self.validators,
            identity=self.identity,
        )
        if self.error:
            raise self.error
        if not self.has_listing:
            return
        actors = tuple(Actor(account_id) for account_id in self.likers)
        listing = Listing(
            target_id=self.account_id,
            post_id=self.post,
            verb="like",
            actors=actors,
            complete=self.is_complete,
            complete_since=self.complete_since,
            at=POSTED,
        )
        tally = Tally(
            network="toy", account_id=self.account_id, post_id=self.post, verb="like", count=len(actors), at=POSTED
        )
        yield Page((tally,), (listing,), cursor="end", counts={(self.post, "like"): len(actors) + 1})


@pytest.fixture
def toy():
    """Return a fake network."""
    return Toy()


@pytest.fixture
def fetch(home, toy):
    """Return a function that fetches Ada and returns the summaries and the actors not undone in the lake."""

    def fetch_once(hours=0, accounts=None, base="https://toy.example", limits=None):
        summaries = ingest.fetch_network(
            home.reader,
            home.lake,
            home.sync_states,
            accounts or [(toy.connector, ADA)],
            lambda *_: Client(
                Server(base, private_ok=True), RequestBudget(1, 1), clock=lambda: 0.0, sleep=print, seed=1
            ),
            now=lambda: NOW + timedelta(hours=hours),
            limits=limits or ReadLimits(),
        )
        with home.reader() as engine:
            for table in ("interactions", "undone", "accounts"):
                engine.scan(table, home.lake.files(table), LAKE_COLUMNS[table])
            actors = engine.query("""
                select a.account_id from interactions i join accounts a on a.account = i.actor
                left join undone u on u.interaction = i.interaction where u.interaction is null order by 1""")
        return summaries, [row[0] for row in actors]

    return fetch_once


def test_fetch_is_idempotent_and_resumes_from_cursor_and_counts(fetch, toy):
    """The second fetch of a listing adds nothing; it starts with the cursor and the counts of the first."""
    assert ["2", "3"] == fetch()[1]
    assert ["2", "3"] == fetch(hours=1)[1]

    assert {} == toy.known_states[0].counts
    assert {("p", "like"): 3} == toy.known_states[1].counts
    assert ("", "end") == (toy.known_states[0].cursor, toy.known_states[1].cursor)


def test_validators_of_lists_are_stored_with_their_page(fetch, toy):
    """A later run gets the validators of the last one; an empty one deletes it."""
    toy.validators = {"posts": '"a1"', "stars": '"b"'}
    fetch()
    toy.validators = {"stars": ""}
    fetch(hours=1)
    fetch(hours=2)

    assert [{}, {"posts": '"a1"', "stars": '"b"'}, {"posts": '"a1"'}] == [
        known.validators for known in toy.known_states
    ]


def test_missing_actor_in_complete_listing_is_undone(fetch, toy):
    """In an incomplete listing nobody is missing; an actor who is listed again acted again, any number of times."""
    fetch()
    toy.likers, toy.is_complete = ["3"], False
    assert ["2", "3"] == fetch(hours=1)[1]
    toy.is_complete = True
    [summary], actors = fetch(hours=2)
    assert (["3"], 1) == (actors, summary.undone)
    toy.likers = ["2", "3", "4"]
    assert ["2", "3", "4"] == fetch(hours=3)[1]
    toy.likers = []
    assert [] == fetch(hours=4)[1]
    toy.likers = ["2"]
    assert ["2"] == fetch(hours=5)[1]


@pytest.mark.parametrize(("since", "actors"), [(POSTED, ["3"]), (POSTED + timedelta(seconds=1), ["2", "3"])])
def test_act_is_missing_only_if_it_is_in_the_part_of_the_list_that_was_read(fetch, toy, since, actors):
    """A list that is complete from an instant on tells nothing about acts before it."""
    fetch()
    toy.likers, toy.complete_since = ["3"], since

    assert actors == fetch(hours=2)[1]


def rows_of(home, table):
    """Return the rows of a directory in the lake, with the ids of accounts."""
    with home.reader() as engine:
        for name in {table, "accounts"}:
            engine.scan(name, home.lake.files(name), LAKE_COLUMNS[name])
        columns = ", ".join(f"t.{column}" for column in LAKE_COLUMNS[table] if column not in {"network", "account"})
        return engine.query(
            f"select a.account_id, {columns} from {table} t join accounts a on a.account = t.account order by all"
        )


def test_count_that_falls_replaces_the_one_before(fetch, toy, home):
    """Of counts of one post the latest holds, although all are dated at the post; an unchanged one adds nothing."""
    for hours, count in enumerate((3, 3, 2, 4, 3)):
        toy.likers = [f"fan{number}" for number in range(count)]
        fetch(hours=hours)

    with home.reader() as engine:
        engine.scan("tallies", home.lake.files("tallies"), LAKE_COLUMNS["tallies"])
        counts = engine.query('select count, second, day_no from tallies order by day_no, second, "count"')

    noon, day_no = 12 * 3600, day_number(POSTED.date())
    assert [(count, noon + later, day_no) for later, count in enumerate((3, 2, 4, 3))] == counts


def test_names_and_titles_are_stored_once(fetch, toy, home):
    """A name has no figures that would hide those of a profile; what is known already adds nothing."""

    def details(title, *tags):
        url = "https://a.example/p" if title else None
        post = PostDetails(network="toy", account_id="1", post_id="p", title=title, url=url, at=NOW, tags=tags)
        return ActorName("toy", "2", "bob", NOW), post

    titles = ("ada/one\n\x07two", "ada/one two", "ada/renamed", "x" * 300)
    changes = [*((title,) for title in titles), ("x" * 300, "#C++", "Go, fast"), (None, "c++", "go fast"), (None,)]
    for hours, change in enumerate(changes):
        toy.details = details(*change)
        fetch(hours=hours)

    url, at = "https://a.example/p", int(NOW.timestamp())
    stored = [("ada/one two", None), ("ada/renamed", None), ("x" * 200, None), ("x" * 200, "c++,go fast")]
    rows = rows_of(home, "posts")
    assert sorted((row[2], row[4] or "") for row in rows) == sorted((title, tags or "") for title, tags in stored)
    assert {("1", "p", url, at)} == {(*row[:2], row[3], row[5]) for row in rows}
    assert [("1", "ada"), ("2", "bob")] == [row[:2] for row in rows_of(home, "handles")]
    assert ["1"] == [row[0] for row in rows_of(home, "profiles")][:1]
    assert "2" not in [row[0] for row in rows_of(home, "profiles")]


def test_names_of_opted_out_accounts_are_not_stored(fetch, toy, home):
    """Directories leave out the same accounts as all other tables."""
    home.people.opt_outs.add("toy", "2", None)
    toy.details = (ActorName("toy", "2", "bob", NOW), ActorName("toy", "3", "eve", NOW))

    fetch()

    assert ["ada", "eve"] == [row[1] for row in rows_of(home, "handles")]


def test_coverage_is_recorded_per_account_and_verb(fetch, toy, home):
    """Verbs with names count from the window on once an account was read; uncertain ones where a page says so."""
    since = int((NOW - timedelta(days=90)).timestamp())
    toy.error = NetworkUnavailableError("toy is busy")
    fetch()
    assert [] == rows_of(home, "account_coverage")
    toy.error, toy.details = None, (AccountCoverage("toy", "1", "mention", NOW),)

    fetch()
    fetch(hours=30)

    verbs = {"like": VERBS["like"], "mention": VERBS["mention"]}
    expected = [("1", verbs["like"], since), ("1", verbs["mention"], int(NOW.timestamp()))]
    assert expected == rows_of(home, "account_coverage")


def test_actors_are_looked_up_once_and_again_when_they_act_much_later(fetch, toy, home):
    """Those without a profile, up to a limit; a look that shows nothing counts, too. The network's coverage says so."""
    requested = []

    def look_up(_client, account_ids, *, now):
        requested.append(sorted(account_ids))
        figures = {account_id: None if account_id == "3" else 50 for account_id in account_ids}
        yield Page(
            tuple(Profile(network="toy", account_id=key, at=now, followers=figure) for key, figure in figures.items())
        )

    toy.look_up = look_up
    fetch()
    toy.likers.append("4")
    fetch(hours=1)
    fetch(hours=2)
    toy.likers = [f"late{n}" for n in range(3)]
    fetch(hours=3, limits=ReadLimits(max_lookups=2))
    act = Interaction(
        network="toy",
        interaction_id="late",
        verb="like",
        actor_id="2",
        target_id="1",
        post_id="p",
        at=NOW + timedelta(days=31),
    )
    toy.details = (act,)
    fetch(hours=24 * 31)

    assert [["2", "3"], ["4"], [], ["late0", "late1"], ["2", "late2"]] == requested
    profiles = rows_of(home, "profiles")
    assert ["1", "2", "3", "4", "late0", "late1", "late2"] == sorted({row[0] for row in profiles})
    assert (LOOKED_UP_ACTORS,) in rows_of_coverage(home)


def rows_of_coverage(home):
    """Return the verbs of the table `coverage`."""
    with home.reader() as engine:
        engine.scan("coverage", home.lake.files("coverage"), LAKE_COLUMNS["coverage"])
        return engine.query("select verb from coverage")


def test_terms_of_use_are_shown_when_an_account_is_added(tmp_path, monkeypatch, toy):
    """Whoever adds an account learns what its network demands."""
    toy.terms = "data of others may be kept for 30 days"
    monkeypatch.setitem(connectors.CONNECTORS, "toy", toy.connector)
    home = ["--home", str(tmp_path / "home")]
    CliRunner().invoke(cli.app, [*home, "init"])

    result = CliRunner().invoke(cli.app, [*home, "add", "ada", "--toy", "ada"])

    assert "terms of use of toy: data of others may be kept for 30 days" in result.output
    assert 0 == result.exit_code


@pytest.mark.proof
@only_in_full
def test_duplicate_of_a_listed_act_from_a_stream_is_undone(fetch, take):
    """An act is listed, and a stream reports it with an id: the next fetch undoes one of the two."""
    fetch()
    take("id,verb,actor,target,post,at", f"at://2/like/1,like,2,1,p,{POSTED:%Y-%m-%d}", network="toy")
    [summary], actors = fetch(hours=1)

    assert (["2", "3"], 1) == (actors, summary.undone)
    assert 0 == fetch(hours=2)[0][0].undone


def test_duplicate_from_a_stream_is_undone_without_another_listing(fetch, toy, take):
    """The count is unchanged, so nothing is listed again; the stream's act stays, which a deletion can undo."""
    fetch()
    take("id,verb,actor,target,post,at", f"at://2/like/1,like,2,1,p,{NOW:%Y-%m-%dT%H:%M:%S}", network="toy")
    take("id,verb,actor,target,post,at", *(f"{n},reply,4,1,p,{POSTED:%Y-%m-%d}" for n in "xy"), network="toy")
    toy.has_listing = False
    [summary], actors = fetch(hours=1)

    assert (["2", "3", "4", "4"], 1) == (actors, summary.undone)
    assert 0 == fetch(hours=2)[0][0].undone
    take("id,at", f"at://2/like/1,{NOW:%Y-%m-%d}", table="undone", network="toy")
    assert ["3", "4", "4"] == fetch(hours=3)[1]


def test_recent_act_from_a_stream_is_not_missing_from_a_listing(fetch, toy, take):
    """Listings lag behind streams: the next fetch decides, and it reads that listing again."""
    take("id,verb,actor,target,post,at", f"at://9/like/1,like,9,1,p,{NOW:%Y-%m-%dT%H:%M:%S}", network="toy")

    [summary], actors = fetch()
    assert (["2", "3", "9"], 0) == (actors, summary.undone)
    assert ["2", "3"] == fetch(hours=1)[1]
    assert {} == toy.known_states[1].counts


def test_fetch_retries_while_the_lake_is_locked(fetch, home):
    """A stream locks the lake for a moment at a time."""
    with ThreadPoolExecutor() as pool, home.lake.write_batch():
        future = pool.submit(fetch)
        time.sleep(1)
        assert not future.done()
    assert ["2", "3"] == future.result()[1]


def test_adding_a_person_retries_while_the_lake_is_locked(home, toy, monkeypatch):
    """The person is not stored before their profile is in the lake."""
    monkeypatch.setitem(connectors.CONNECTORS, "toy", toy.connector)
    words = ["--home", str(home.settings.home), "add", "ada", "--toy", "ada"]
    with ThreadPoolExecutor() as pool, home.lake.write_batch():
        future = pool.submit(CliRunner().invoke, cli.app, words)
        time.sleep(1)
        assert not future.done()
        assert home.people.by_name("ada") is None
    assert "ada owns toy:1" in future.result().output


def test_profiles_of_other_claimed_accounts_are_ignored(home, toy):
    """Only the read of a claimed account itself gives its profile; other servers could forge it."""
    toy.likers = []
    liar = dataclasses.replace(
        toy.connector, read=lambda *_, now: [Page((Profile(network="toy", account_id="2", at=now, followers=0),))]
    )
    ingest.fetch_network(
        home.reader,
        home.lake,
        home.sync_states,
        [(liar, ADA)],
        lambda *_: Client(Server("https://toy.example"), RequestBudget(1, 1), clock=lambda: 0.0, sleep=print, seed=1),
        now=lambda: NOW,
        limits=ReadLimits(),
        claimed_accounts=frozenset({("toy", "1"), ("toy", "2")}),
    )

    assert [] == home.lake.files("profiles")


def test_dedup_of_two_streams_keeps_one_of_each_act(home, take):
    """Each stream has both acts, on different days; importing them again leaves one of each."""
    days = [f"{POSTED:%Y-%m-%d}", f"{NOW:%Y-%m-%d}"]
    at = [int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp()) for day in days]
    for source, instants in (("one", at), ("two", at[::-1])):
        with home.reader() as engine:
            writer = ingest.StreamWriter(engine, home.lake, network="toy", source=source, covers=[1])
            batch = stream_writer.StreamBatch(events=2, cursor=9)
            batch.rows["interactions"] = [
                (act, 1, "2", "1", "p", instant, None) for act, instant in zip("xy", instants, strict=True)
            ]
            writer.write(batch)
    take("id,verb,actor,target,post,at", *(f"{act},like,2,1,p,{days[0]}" for act in "xy"), network="toy")

    with home.reader() as engine:
        engine.scan("interactions", home.lake.files("interactions"), LAKE_COLUMNS["interactions"])
        assert [(2, 2)] == engine.query("select count(*), count(distinct interaction) from interactions")


def test_failing_network_does_not_stop_others(fetch, toy, home):
    """Pages before the failure are stored, with the error in the sync state; other networks are fetched."""
    good = Toy()
    toy.error = NetworkUnavailableError("toy is busy; try again", status=503)
    other = dataclasses.replace(good.connector, network="fine")

    summaries, _ = fetch(accounts=[(toy.connector, ADA), (other, ADA)])

    assert ["toy is busy; try again (the next run resumes here)", ""] == [summary.message for summary in summaries]
    failed, fine = home.sync_states.find("toy", "1"), home.sync_states.find("fine", "1")
    assert ("profile", None) == (failed.cursor, failed.seen_at)
    assert ("end", NOW, "") == (fine.cursor, fine.seen_at, fine.message)


def test_skipped_lists_are_reported_for_a_complete_fetch(fetch, toy, home):
    """The account counts as seen; the sync state lists what was skipped."""
    page = Page(cursor="end", skipped_lists=("like of 'p' is left out",))
    other = dataclasses.replace(toy.connector, read=lambda *_, **_now: [page])
    [summary], _ = fetch(accounts=[(other, ADA)])

    assert (True, "like of 'p' is left out") == (summary.complete, summary.message)
    state = home.sync_states.find("toy", "1")
    assert (NOW, "like of 'p' is left out") == (state.seen_at, state.message)


def test_unreadable_elements_are_counted_and_named(fetch, toy, home):
    """The most frequent reasons come first; indexes in lists do not make one reason many."""
    reasons = (*(f"status $[{n}].id: missing" for n in range(1200)), "like $[3].acct: missing", "a", "b", "c", "c")
    pages = [Page(dropped=reasons[:700]), Page(cursor="end", skipped_lists=("x was skipped",), dropped=reasons[700:])]
    other = dataclasses.replace(toy.connector, read=lambda *_, **_now: pages)
    [summary], _ = fetch(accounts=[(other, ADA)])

    expected = (
        "x was skipped; 1,205 unreadable elements of the server's answers left out: "
        "status $[…].id: missing (1,200 times), c (2 times), like $[…].acct: missing, 2 other reasons"
    )
    assert (True, expected) == (summary.complete, summary.message)
    assert expected == home.sync_states.find("toy", "1").message


@pytest.mark.parametrize(
    "error", [QuotaExceededError("the units of this day are used up"), CredentialError("the token has expired")]
)
def test_used_up_quota_or_expired_token_ends_the_run_of_its_credential(fetch, toy, error):
    """Accounts after it are not asked for in vain; each says why."""
    toy.error = error

    summaries, _ = fetch(accounts=[(toy.connector, Account(account_id, "ada")) for account_id in "12"])

    assert [False, False] == [summary.complete for summary in summaries]
    assert 1 == len(toy.known_states)
    assert f"{error}; so accounts after it were skipped in this run" in summaries[1].message


def test_expired_cursor_is_reported_and_the_next_run_starts_over(fetch, toy):
    """Counts stay; so does a cursor saved by the failed run, from which the connector may be able to resume."""
    fetch()
    toy.expired_cursor = "end"
    [summary], _ = fetch(hours=1)
    assert "toy does not know 'end' (the next run starts over)" == summary.message

    toy.error = CursorExpiredError("toy lost 'profile'")
    assert "toy lost 'profile'" == fetch(hours=2)[0][0].message
    fetch(hours=3)
    assert ["", "end", "", "profile"] == [state.cursor for state in toy.known_states]
    assert {("p", "like"): 3} == toy.known_states[-1].counts


def test_failed_requests_are_counted(fetch, toy, site):
    """A summary counts the requests that the network saw, also if they failed."""
    site.script = [reply(404)]

    def read(client, *_, now):
        assert now
        client.get(f"{site.url}/x")
        yield Page()

    other = dataclasses.replace(toy.connector, server_url=lambda _name: site.url, read=read)
    [summary], _ = fetch(accounts=[(other, ADA)], base=site.url)

    assert (1, True) == (summary.requests, "404" in summary.message)


def test_interrupt_between_pages_resumes_from_the_last_stored_page(fetch, toy):
    """Nothing is lost or duplicated."""
    toy.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        fetch()
    toy.error = None

    assert ["2", "3"] == fetch()[1]
    assert "profile" == toy.known_states[-1].cursor


def test_erased_person_has_no_sync_state(fetch, home):
    """Erasure deletes the cursor and the counts of the person's accounts."""
    person = home.people.add("ada", [("toy", "1")], at=NOW)
    fetch()
    assert home.sync_states.find("toy", "1")
    assert home.sync_states.counts("toy", "1")

    home.people.erase(person.key)

    assert home.sync_states.find("toy", "1") is None
    assert {} == home.sync_states.counts("toy", "1")


def test_records_are_grouped_into_rows_of_their_table():
    """Verbs become numbers, instants become seconds."""
    records = [
        Interaction(network="toy", interaction_id="i", verb="like", actor_id="2", target_id="1", post_id="p", at=NOW),
        Tally(network="toy", account_id="1", post_id=None, verb="view", count=3, at=NOW),
        Undone("toy", "i", NOW),
        Profile(network="toy", account_id="1", at=NOW, created_at=NOW),
    ]
    at = int(NOW.timestamp())

    assert {
        "interactions": [("i", 1, "2", "1", "p", at, False)],
        "tallies": [("1", None, 14, 3, at, False)],
        "undone": [("i", at)],
        "profiles": [("1", None, None, None, None, None, None, at, at, False)],
    } == group_rows(records)


@pytest.mark.proof
@only_in_full
def test_new_network_needs_only_a_registry_entry(tmp_path, monkeypatch, toy):
    """A registered connector becomes an option of `add`, is collected, scored and shown; its token is never shown."""
    monkeypatch.setitem(connectors.CONNECTORS, "toy", toy.connector)
    monkeypatch.setenv("RENOWN_TOY_TOKEN", "sesame")
    monkeypatch.setenv("RENOWN_TOY_SERVER", "https://toy.example")
    toy.likers = list("23456")

    def renown(*words):
        return CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), *words])

    renown("init")
    assert "ada owns toy:1" in renown("add", "ada", "--toy", "ada").output
    assert "nobody goes by 'eve' on toy" in str(renown("add", "eve", "--toy=eve").exception)
    assert "did you mean '--toy'?" in str(renown("add", "eve", "--tyo", "eve").exception)
    assert "--toy needs a name; write --toy ada" in str(renown("add", "eve", "--toy").exception)
    summary = json.loads(renown("collect", "--json").output)
    assert ("ada", "") == (summary["name"], summary["message"])
    assert summary["new"] >= len(toy.likers) + 1
    renown("score", "--day", f"{datetime.now(UTC):%Y-%m-%d}")
    assert "7 followers" in renown("show", "ada").output
    output = renown("settings", "show").output
    assert "networks.toy: server https://toy.example, public, token set" in output
    assert "sesame" not in output


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"RENOWN_MASTODON_TOKEN": "sesame"}, "has no server"),
        ({"RENOWN_MASTODON_PRIVATE": "true"}, "has no server"),
        ({"RENOWN_MASTODON_SERVER": "https://a.example", "RENOWN_MASTODON_PRIVATE": "maybe"}, "write true or false"),
        ({"RENOWN_MASTODON_SERVER": "https://ada:sesame@a.example"}, "contains a password or query"),
        ({"RENOWN_MASTODON_SERVER": "https://a.example?access_token=sesame"}, "contains a password or query"),
        ({"RENOWN_MASTDON_SERVER": "https://a.example"}, "'mastdon', which renown cannot read; .*mean 'mastodon'"),
    ],
)
def test_token_without_its_server_is_refused(home, environment, message):
    """Every account's server would get the token; a network setting that cannot take effect is an error, too."""
    with pytest.raises(InvalidSettingsError, match=message) as error:
        open_home(home.settings.home, environment)

    assert "sesame" not in str(error.value)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("[collct]\npages = 1", r"has an unknown table 'collct'; known: .*; did you mean 'collect'\?"),
        (
            "[collect]\npagse = 1",
            r"has an unknown setting collect\.pagse; did you mean 'collect\.pages'\?",
        ),
        ("[networks.mastodon]\nservr = 'x'", r"networks\.mastodon\.servr is not a setting; .*did you mean 'server'\?"),
        ("[collect]\ntoken = 'sesame'", r"has an unknown setting collect\.token; .*below \[networks\.mastodon\]"),
    ],
)
def test_unknown_setting_is_refused_with_a_suggestion(home, lines, message):
    """The error suggests the setting with a similar name, or the table where the key belongs."""
    (home.settings.home / "settings.toml").write_text(lines, encoding="utf-8")

    with pytest.raises(InvalidSettingsError, match=message) as error:
        open_home(home.settings.home, {})

    assert "sesame" not in str(error.value)
