"""Gathering: what a network lists reaches the lake once, what is gone is undone, no failure stops the rest."""

import dataclasses
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from renown import cli, connectors, jobs
from renown.assembly import open_home
from renown.connectors.base import About, Account, Actor, Connector, Limits, Listing, Page, rows
from renown.connectors.http import Budget, Client, Server
from renown.errors import AccountGone, BadSettings, CursorLost, NetworkBusy
from renown.records import KEPT, Interaction, Profile, Tally, Undone
from sites import reply

NOW = datetime(2024, 2, 1, 12, tzinfo=UTC)
POSTED = NOW - timedelta(days=3)
ADA = Account("1", "ada")


class Toy:
    """A network of one person with one post, whose likers are what the test says."""

    def __init__(self):
        self.likers = ["2", "3"]
        self.complete, self.fails, self.asked = True, None, []
        self.quiet, self.lost = False, ""
        self.says = ""
        self.account_id, self.post = "1", "p"

    @property
    def connector(self):
        """Return its line of the registry."""
        return Connector("toy", ("like",), "ada", lambda _name: "https://toy.example", self.find, self.read, self.about)

    def find(self, _client, name, *, now):
        """Look up Ada."""
        if name != "ada":
            msg = f"nobody goes by {name!r} on toy"
            raise AccountGone(msg)
        return Profile("toy", "1", now, handle="ada", followers=7)

    def about(self, _client, _account, *, now):  # noqa: ARG002 - the contract's
        """Return what Ada says of herself."""
        return About(self.says)

    def read(self, _client, account, known, _limits, *, now):
        """Yield a profile, then the likers."""
        self.asked.append(known)
        if self.lost and known.cursor == self.lost:
            msg = f"toy does not know {known.cursor!r}"
            raise CursorLost(msg)
        yield Page((Profile("toy", account.account_id, now, handle="ada", followers=7),), cursor="profile")
        if self.fails:
            raise self.fails
        if self.quiet:
            return
        actors = tuple(Actor(each) for each in self.likers)
        listing = Listing(self.account_id, self.post, "like", actors, self.complete, POSTED)
        tally = Tally("toy", self.account_id, self.post, "like", len(actors), POSTED)
        yield Page((tally,), (listing,), cursor="end", counts={(self.post, "like"): len(actors) + 1})


@pytest.fixture
def toy():
    """Return the network."""
    return Toy()


@pytest.fixture
def gather(home, toy):
    """Return a function that reads Ada, and what is known to stand in the lake afterwards."""

    def gather_once(hours=0, accounts=None, base="https://toy.example"):
        visits = jobs.gather(
            home.reader,
            home.lake,
            home.readings,
            accounts or [(toy.connector, ADA)],
            lambda *_: Client(Server(base, private_ok=True), Budget(1, 1), clock=lambda: 0.0, sleep=print, seed=1),
            now=lambda: NOW + timedelta(hours=hours),
            limits=Limits(),
        )
        with home.reader() as engine:
            for table in ("interactions", "undone", "accounts"):
                engine.scan(table, home.lake.files(table), KEPT[table])
            standing = engine.rows("""
                select a.account_id from interactions i join accounts a on a.account = i.actor
                left join undone u on u.interaction = i.interaction where u.interaction is null order by 1""")
        return visits, [row[0] for row in standing]

    return gather_once


def test_the_same_list_twice_is_one_act_each(gather, toy):
    """And the second time the connector is told what the network said the first."""
    assert ["2", "3"] == gather()[1]
    assert ["2", "3"] == gather(hours=1)[1]

    assert {} == toy.asked[0].counts
    assert {("p", "like"): 3} == toy.asked[1].counts
    assert ("", "end") == (toy.asked[0].cursor, toy.asked[1].cursor)


def test_who_is_missing_from_a_whole_list_took_it_back(gather, toy):
    """From a part of a list nobody is missing; who comes back has acted again, however often."""
    gather()
    toy.likers, toy.complete = ["3"], False
    assert ["2", "3"] == gather(hours=1)[1]
    toy.complete = True
    [visit], standing = gather(hours=2)
    assert (["3"], 1) == (standing, visit.gone)
    toy.likers = ["2", "3", "4"]
    assert ["2", "3", "4"] == gather(hours=3)[1]
    toy.likers = []
    assert [] == gather(hours=4)[1]
    toy.likers = ["2"]
    assert ["2"] == gather(hours=5)[1]


def test_an_act_that_a_stream_tells_again_stands_once(gather, take):
    """Read from a list and told by a stream under an id of its own: the next reading takes one of them back."""
    gather()
    take("id,verb,actor,target,post,at", f"at://2/like/1,like,2,1,p,{POSTED:%Y-%m-%d}", network="toy")
    [visit], standing = gather(hours=1)

    assert (["2", "3"], 1) == (standing, visit.gone)
    assert 0 == gather(hours=2)[0][0].gone


def test_an_act_that_a_stream_tells_after_a_list_needs_no_other_list(gather, toy, take):
    """The count is as it was, so nobody lists again; what stays is the stream's, which a deletion can take back."""
    gather()
    take("id,verb,actor,target,post,at", f"at://2/like/1,like,2,1,p,{NOW:%Y-%m-%dT%H:%M:%S}", network="toy")
    take("id,verb,actor,target,post,at", *(f"{n},reply,4,1,p,{POSTED:%Y-%m-%d}" for n in "xy"), network="toy")
    toy.quiet = True
    [visit], standing = gather(hours=1)

    assert (["2", "3", "4", "4"], 1) == (standing, visit.gone)
    assert 0 == gather(hours=2)[0][0].gone
    take("id,at", f"at://2/like/1,{NOW:%Y-%m-%d}", table="undone", network="toy")
    assert ["3", "4", "4"] == gather(hours=3)[1]


def test_what_a_stream_just_told_is_not_missing_from_a_list(gather, toy, take):
    """Lists lag behind streams: it is left to the next reading, which is told to read that list again."""
    take("id,verb,actor,target,post,at", f"at://9/like/1,like,9,1,p,{NOW:%Y-%m-%dT%H:%M:%S}", network="toy")

    [visit], standing = gather()
    assert (["2", "3", "9"], 0) == (standing, visit.gone)
    assert ["2", "3"] == gather(hours=1)[1]
    assert {} == toy.asked[1].counts


def test_a_busy_lake_is_waited_for(gather, home):
    """A stream has the writer's turn for a moment at a time."""
    with ThreadPoolExecutor() as pool, home.lake.writing():
        reading = pool.submit(gather)
        time.sleep(1)
        assert not reading.done()
    assert ["2", "3"] == reading.result()[1]


def test_adding_somebody_waits_for_a_busy_lake(home, toy, monkeypatch):
    """Nobody is half added: the person is there once their figures are."""
    monkeypatch.setitem(connectors.CONNECTORS, "toy", toy.connector)
    words = ["--home", str(home.settings.home), "add", "ada", "--toy", "ada"]
    with ThreadPoolExecutor() as pool, home.lake.writing():
        adding = pool.submit(CliRunner().invoke, cli.app, words)
        time.sleep(1)
        assert not adding.done()
        assert home.people.by_name("ada") is None
    assert "ada owns toy:1" in adding.result().output


def test_another_server_says_nothing_of_who_is_claimed(home, toy):
    """Their figures are what their own reading tells."""
    toy.likers = []
    liar = dataclasses.replace(toy.connector, read=lambda *_, now: [Page((Profile("toy", "2", now, followers=0),))])
    jobs.gather(
        home.reader,
        home.lake,
        home.readings,
        [(liar, ADA)],
        lambda *_: Client(Server("https://toy.example"), Budget(1, 1), clock=lambda: 0.0, sleep=print, seed=1),
        now=lambda: NOW,
        limits=Limits(),
        claimed=frozenset({("toy", "1"), ("toy", "2")}),
    )

    assert [] == home.lake.files("profiles")


def test_doubles_of_two_streams_never_take_an_act_with_them(home, take):
    """Each told both acts, on other days; importing them again leaves one of each."""
    days = [f"{POSTED:%Y-%m-%d}", f"{NOW:%Y-%m-%d}"]
    at = [int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp()) for day in days]
    for source, instants in (("one", at), ("two", at[::-1])):
        with home.reader() as engine:
            landing = jobs.Landing(engine, home.lake, network="toy", source=source, covers=[1])
            told = jobs.landing.Gathered(events=2, cursor=9)
            told.rows["interactions"] = [
                (act, 1, "2", "1", "p", when) for act, when in zip("xy", instants, strict=True)
            ]
            landing.take(told)
    take("id,verb,actor,target,post,at", *(f"{act},like,2,1,p,{days[0]}" for act in "xy"), network="toy")

    with home.reader() as engine:
        engine.scan("interactions", home.lake.files("interactions"), KEPT["interactions"])
        assert [(2, 2)] == engine.rows("select count(*), count(distinct interaction) from interactions")


def test_a_network_that_fails_keeps_nobody_else(gather, toy, home):
    """What was read before it failed is kept, what went wrong is said, and the others are read."""
    good = Toy()
    toy.fails = NetworkBusy("toy is busy; try again", status=503)
    other = dataclasses.replace(good.connector, network="fine")

    visits, _ = gather(accounts=[(toy.connector, ADA), (other, ADA)])

    assert ["toy is busy; try again (the next run goes on from here)", ""] == [visit.said for visit in visits]
    kept, fine = home.readings.find("toy", "1"), home.readings.find("fine", "1")
    assert ("profile", None) == (kept.cursor, kept.seen_at)
    assert ("end", NOW, "") == (fine.cursor, fine.seen_at, fine.said)


def test_what_is_left_out_is_said_of_an_account_that_was_read_to_the_end(gather, toy, home):
    """It counts as seen; the store says what is missing."""
    left = Page(cursor="end", left_out=("like of 'p' is left out",))
    other = dataclasses.replace(toy.connector, read=lambda *_, **_now: [left])
    [visit], _ = gather(accounts=[(other, ADA)])

    assert (True, "like of 'p' is left out") == (visit.ended, visit.said)
    kept = home.readings.find("toy", "1")
    assert (NOW, "like of 'p' is left out") == (kept.seen_at, kept.said)


def test_a_lost_cursor_is_said_and_the_next_run_starts_over(gather, toy):
    """Counts that were read stay; so does a cursor of the same run, which the connector may know to read on from."""
    gather()
    toy.lost = "end"
    [visit], _ = gather(hours=1)
    assert "toy does not know 'end' (the next run starts over)" == visit.said

    toy.fails = CursorLost("toy lost 'profile'")
    assert "toy lost 'profile'" == gather(hours=2)[0][0].said
    gather(hours=3)
    assert ["", "end", "", "profile"] == [known.cursor for known in toy.asked]
    assert {("p", "like"): 3} == toy.asked[-1].counts


def test_requests_that_failed_were_made_all_the_same(gather, toy, site):
    """What a visit says of itself is what the network saw."""
    site.script = [reply(404)]

    def read(client, *_, now):
        assert now
        client.get(f"{site.url}/x")
        yield Page()

    other = dataclasses.replace(toy.connector, server=lambda _name: site.url, read=read)
    [visit], _ = gather(accounts=[(other, ADA)], base=site.url)

    assert (1, True) == (visit.requests, "404" in visit.said)


def test_a_kill_between_pages_loses_and_repeats_nothing(gather, toy):
    """The cursor is that of the last page that the lake has."""
    toy.fails = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        gather()
    toy.fails = None

    assert ["2", "3"] == gather()[1]
    assert "profile" == toy.asked[-1].cursor


def test_who_is_forgotten_leaves_no_reading(gather, home):
    """Neither how far they were read nor what was counted."""
    person = home.people.add("ada", [("toy", "1")], at=NOW)
    gather()
    assert home.readings.find("toy", "1")
    assert home.readings.counts("toy", "1")

    home.people.forget(person.key)

    assert home.readings.find("toy", "1") is None
    assert {} == home.readings.counts("toy", "1")


def test_records_become_rows_of_their_table():
    """Verbs as numbers, instants as seconds."""
    records = [
        Interaction("toy", "i", "like", "2", "1", "p", NOW),
        Tally("toy", "1", None, "view", 3, NOW),
        Undone("toy", "i", NOW),
        Profile("toy", "1", NOW, created_at=NOW),
    ]
    at = int(NOW.timestamp())

    assert {
        "interactions": [("i", 1, "2", "1", "p", at)],
        "tallies": [("1", None, 14, 3, at)],
        "undone": [("i", at)],
        "profiles": [("1", None, None, None, None, None, None, at, at)],
    } == rows(records)


def test_a_new_network_is_a_module_and_a_line(tmp_path, monkeypatch, toy):
    """Added to the registry, it is an option of `add`, is collected, scored and shown; a token never is."""
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
    assert "--toy names nobody; write --toy ada" in str(renown("add", "eve", "--toy").exception)
    visit = json.loads(renown("collect", "--json").output)
    assert ("ada", "") == (visit["name"], visit["said"])
    assert visit["new"] >= len(toy.likers) + 1
    renown("score", "--day", f"{datetime.now(UTC):%Y-%m-%d}")
    assert "7 followers" in renown("show", "ada").output
    shown = renown("settings", "show").output
    assert "networks.toy: server https://toy.example, public, token set" in shown
    assert "sesame" not in shown


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"RENOWN_MASTODON_TOKEN": "sesame"}, "names no server"),
        ({"RENOWN_MASTODON_PRIVATE": "true"}, "names no server"),
        ({"RENOWN_MASTODON_SERVER": "https://a.example", "RENOWN_MASTODON_PRIVATE": "maybe"}, "write true or false"),
        ({"RENOWN_MASTODON_SERVER": "https://ada:sesame@a.example"}, "a password or query in it"),
        ({"RENOWN_MASTODON_SERVER": "https://a.example?access_token=sesame"}, "a password or query in it"),
        ({"RENOWN_MASTDON_SERVER": "https://a.example"}, "'mastdon', which is none that can be .*mean 'mastodon'"),
    ],
)
def test_a_token_is_for_one_server(home, told, said):
    """Without one, the server of whoever is read would get it; and no setting is passed over in silence."""
    with pytest.raises(BadSettings, match=said) as refused:
        open_home(home.settings.home, told)

    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("[collct]\npages = 1", r"has 'collct', which is no table of settings; known: .*; did you mean 'collect'\?"),
        (
            "[collect]\npagse = 1",
            r"has collect\.pagse, which is no setting; known: .*; did you mean 'collect\.pages'\?",
        ),
        ("[networks.mastodon]\nservr = 'x'", r"networks\.mastodon\.servr is no setting; .*did you mean 'server'\?"),
        ("[collect]\ntoken = 'sesame'", r"has collect\.token, which is no setting; .*below \[networks\.mastodon\]"),
    ],
)
def test_a_setting_that_is_none_is_refused_with_the_one_that_was_meant(home, told, said):
    """Or with where it goes."""
    (home.settings.home / "settings.toml").write_text(told, encoding="utf-8")

    with pytest.raises(BadSettings, match=said) as refused:
        open_home(home.settings.home, {})

    assert "sesame" not in str(refused.value)
