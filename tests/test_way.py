"""What could be: the way to a score, what if, and what is left when nothing more comes."""

import dataclasses
import json
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from typer.testing import CliRunner

import community
from community import HEADER, app_of
from conftest import DAY, NOW, publisher, taker
from renown import answers, assembly, jobs
from renown.answers import levers
from renown.answers.way import outlook, smallest
from renown.cli import app
from renown.errors import BadInput, BadMethod
from renown.jobs.progress import Silent
from renown.store import Published

EVERYBODY = ["ann", "bob", "cat"]


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    """Return a home with people in it."""
    return community.settled(tmp_path_factory.mktemp("way") / "home")


@pytest.fixture(scope="module")
def site(settled):
    """Return what the web reads from."""
    return settled.site()


@pytest.fixture(scope="module")
def client(settled):
    """Return a client of the API."""
    with TestClient(app_of(settled), raise_server_exceptions=False, base_url="http://x/api") as asks:
        yield asks


@pytest.fixture(scope="module")
def engine(settled):
    """Return a session that all tests suppose in: tables are replaced, none is left to the next."""
    with settled.reader() as session:
        yield session


@pytest.fixture(scope="module")
def community_site(tmp_path_factory):
    """Return the site of a simulated community, of which one day is published."""
    home = assembly.open_demo(tmp_path_factory.mktemp("demo") / "home", {})
    jobs.demo.simulate(home.reader, home.lake, home.people, last=DAY, seed=1, now=NOW, progress=Silent())
    made = publisher(home)()
    jobs.portray.portray(home.reader, home.lake, home.people, home.portraits, made)
    return home.site()


def supposed(site, engine, who, *changes):
    """Return what if of a person."""
    found = site.find(who)
    read = [answers.read_change(text) for text in changes]
    return answers.what_if(found.name, found.score, site.ground(found), read, engine)


@pytest.mark.parametrize("who", EVERYBODY)
def test_without_a_change_the_score_is_the_published_one(settled, site, engine, who):
    """To the last bit, and so is every signal's number of points."""
    told = supposed(site, engine, who)
    with Published(settled.days.find()) as published:
        key = site.find(who).key
        points = {(row.network, row.signal): row.points for row in published.points(key) if row.points}
        score = published.score(key).score

    assert points
    assert score == told.score == told.score_then
    assert points == {(row.network, row.signal): row.points for row in told.signals if row.points}
    assert points == {(row.network, row.signal): row.points_then for row in told.signals if row.points_then}
    assert "" == told.said


@pytest.mark.parametrize("who", ["ada", "linus", "newcomer", "bix"])
def test_people_of_a_community_stand_where_they_were_published(community_site, who):
    """Simulated people on three networks, tallies and lists among what they have."""
    with community_site.reader() as engine:
        told = supposed(community_site, engine, who)

    assert community_site.find(who).score == told.score == told.score_then
    assert told.score == pytest.approx(1 + sum(row.points for row in told.signals))
    assert len(told.signals) > 2


@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_more_of_anything_never_lowers_a_score(site, engine, data):
    """Whatever is changed, one thing after another: more is more or the same, and the points sum to the score."""
    who = data.draw(st.sampled_from(EVERYBODY))
    keys = [lever.key for lever in levers.Levers(site.ground(site.find(who))).all.values()]
    more = st.tuples(st.sampled_from(keys), st.integers(0, 10**6)).map(lambda each: f"{each[0]}={each[1]}")
    times = st.tuples(st.sampled_from([*keys, "everything"]), st.integers(100, 999)).map(
        lambda each: f"{each[0]}=x{each[1] / 100}"
    )
    changes = data.draw(st.lists(more | times, max_size=4))
    further = data.draw(more | times)
    less, told = supposed(site, engine, who, *changes), supposed(site, engine, who, *changes, further)

    assert told.score <= less.score_then <= told.score_then
    assert told.score_then == pytest.approx(1 + sum(row.points_then for row in told.signals))


def test_what_is_supposed_is_what_would_be_published(tmp_path):
    """More followers, and more people like those who are there: scored in earnest, it is the score supposed."""
    home = community.settled(tmp_path / "home")
    take, publish = taker(home, tmp_path), publisher(home)
    with home.reader() as engine:
        followed = supposed(home.site(), engine, "bob", "x:102/audience=+900")
        reposted = supposed(home.site(), engine, "cat", "mastodon:cat@m.example/amplification=+3")
    profile = f"102,bob_b,{DAY},{followed.signals[0].then}"
    take("account,handle,at,followers", profile, table="profiles", network="x")
    fans = [f"https://m.example/users/g{n},https://m.example/users/cat,{DAY},repost,t1,g{n}" for n in range(3)]
    take(HEADER, *fans, network="mastodon")
    publish()

    assert followed.score < followed.score_then == home.served.by_name("bob").score
    assert reposted.score < reposted.score_then == home.served.by_name("cat").score


def test_one_person_less_and_one_more_again_is_nothing(site, engine):
    """Down to nobody, whose signal then gives no points, and no further."""
    gone = supposed(site, engine, "ann", "x:ann/approval=-4")
    points = {row.key: row.points_then for row in gone.signals}

    assert gone.score_then < gone.score
    assert 0 == points["x:101/approval"] == next(row.then for row in gone.signals if row.key == "x:101/approval")
    back = supposed(site, engine, "ann", "x:ann/approval=-1", "x:ann/approval=1").score_then
    assert gone.score == pytest.approx(back, abs=1e-5)  # millionths of a person were rounded down on the way
    with pytest.raises(BadInput, match="4 can be taken away"):
        supposed(site, engine, "ann", "x:ann/approval=-5")


def test_a_signal_without_anybody_is_moved_by_typical_people(site, engine):
    """Nobody reposted ann on Bluesky: what one would bring is the day's typical act, and says so."""
    lever = next(
        each
        for each in levers.Levers(site.ground(site.find("ann"))).all.values()
        if each.key == "bluesky:did:plc:ann/amplification"
    )

    assert (0, "typical") == (lever.now, lever.each_of)
    assert 0 < lever.each < 1
    assert ("repost", "quote", "share", "fork") == lever.verbs
    told = supposed(site, engine, "ann", f"{lever.key}=100")
    assert told.score < told.score_then


WRONG = [
    *("", "=", "x:101/approval", "x:101/approval=", "x:101/approval=ten", "x:101/approval=1.5", "everything=5"),
    *("x:101/approval=x", "x:101/approval=-5", "x:101/views=1", "x:102/approval=1", "bluesky:did:plc:ann/curation=1"),
    *("x:101/approval=9999999999", "everything=x1e9", "\0=1", "everything=x-1", "x:101/approval=\u0661"),
]


@pytest.mark.parametrize("wrong", [*([one] for one in WRONG), ["everything=x9999"] * 9, ["everything=x1"] * 101])
def test_what_cannot_be_supposed_is_refused(client, wrong):
    """In the one shape of errors, saying what was wrong."""
    found = client.get("/people/ann/if", params={"change": wrong})

    assert (400, "bad_input") == (found.status_code, found.json()["error"]["code"])


@pytest.mark.parametrize("change", ["x:101/approval=+12", "x:ANN/approval= 12", "x:101/approval=12"])
def test_a_plus_in_an_address_is_a_space_and_meant_so(client, change):
    """However a program writes it: there are 16 then."""
    written = client.get(f"/people/ann/if?change={change}").json()

    assert [(4, 16)] == [(row["now"], row["then"]) for row in written["signals"] if row["key"] == "x:101/approval"]


def test_portraits_of_an_older_renown_are_read_and_made_anew(tmp_path):
    """Without ground: pages show them as they are, and what if is told from one that is made now."""
    home = community.settled(tmp_path / "home")
    with TestClient(app_of(home), base_url="http://x/api") as client:
        fresh, path = client.get("/people/ann/way").json(), "/people/ann/if?change=everything=x2"
        before = client.get(path).json()
        for key, _, body in home.portraits.all():
            older = msgspec.json.decode(body)
            assert older.pop("ground")
            home.portraits.replace(key, msgspec.json.encode(older))

        assert 200 == client.get("/people/ann/receipt").status_code
        assert (fresh, before) == (client.get("/people/ann/way").json(), client.get(path).json())


def test_a_ground_is_small(settled):
    """A few dozen rows beside a receipt's hundreds."""
    for _, _, body in settled.portraits.all():
        ground = msgspec.json.encode(answers.unpacked(body).ground)
        assert 500 < len(ground) < 2500


def test_ground_of_other_steps_bears_nothing(site, engine):
    """A day that another renown published is not supposed by this one's steps."""
    found = site.find("ann")
    other = dataclasses.replace(site.ground(found), steps="0" * 16)
    with pytest.raises(BadMethod, match="other steps"):
        answers.what_if("ann", found.score, other, [], engine)


def test_what_is_lost_from_the_lake_is_said(site, engine):
    """A ground that does not bear the published score says that it is not that."""
    found = site.find("ann")
    assert "no longer in the lake" in answers.what_if("ann", found.score + 1, site.ground(found), [], engine).said


def told_way(site, engine, who, target):
    """Return the way of a person."""
    found = site.find(who)
    return answers.way(
        found.name, found.score, site.ground(found), site.served.history(found.key), engine, target=target
    )


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("ahead", [0.5, 4])
def test_a_step_is_the_least_that_reaches_the_target(site, engine, who, ahead):
    """With so many more the target is reached, with one less it is not; what does not do does not with all."""
    target = site.find(who).score + ahead
    told = told_way(site, engine, who, target)
    reached = [step for step in told.steps if step.more is not None]

    assert reached
    for step in told.steps:
        more = step.most if step.more is None else step.more
        there = supposed(site, engine, who, f"{step.lever.key}={more}").score_then
        assert (step.score, step.more is not None) == (there, there >= target)
        assert step.more is None or target > supposed(site, engine, who, f"{step.lever.key}={more - 1}").score_then
    assert sorted(step.more for step in reached) == [step.more for step in told.steps[: len(reached)]]
    assert told.even.score == supposed(site, engine, who, f"everything=x{1 + told.even.percent / 100}").score_then
    assert target > supposed(site, engine, who, f"everything=x{1 + (told.even.percent - 1) / 100}").score_then


@given(
    st.dictionaries(st.sampled_from("abcde"), st.tuples(st.integers(1, 10**8), st.integers(0, 2 * 10**8)), min_size=1)
)
def test_the_least_number_is_found_wherever_it_is(levers_of):
    """Of several levers in the same passes, each with its own threshold; beyond its most there is none."""
    passes = []

    def tried(asked):
        passes.append(asked)
        return [float(number >= levers_of[of][1]) for of, number in asked]

    found = smallest(tried, {of: most for of, (most, _) in levers_of.items()}, 1.0)

    assert {of: least if least <= most else None for of, (most, least) in levers_of.items()} == {
        of: number for of, (number, _) in found.items()
    }
    assert len(passes) < 9


def test_a_target_that_is_reached_needs_nothing(site, engine):
    """No more of anything, and the odds are certain."""
    told = told_way(site, engine, "ann", 10)

    assert {0} == {step.more for step in told.steps} | {told.even.percent}
    assert (0.0, 1.0, 1.0, told.day) == (told.ahead, told.outlook.odds_30, told.outlook.odds_90, told.outlook.date)
    assert told.score == told.steps[0].score == told.even.score


def test_what_is_left_is_what_later_days_publish(tmp_path):
    """The same acts seven and thirty days on: scored in earnest, with nothing new, it is the score foretold."""
    home = community.settled(tmp_path / "home", days=(0,))
    take, publish = taker(home, tmp_path), publisher(home)
    old = [
        f"https://m.example/users/o{ago},https://m.example/users/cat,{DAY - timedelta(days=ago)},{verb},t1,o{ago}"
        for ago, verb in ((84, "repost"), (83, "repost"), (82, "reply"), (60, "repost"), (59, "reply"))
    ]
    take(HEADER, *old, network="mastodon")
    made = publish()
    jobs.portray.portray(home.reader, home.lake, home.people, home.portraits, made)
    with home.reader() as engine:
        week, month = told_way(home.site(), engine, "cat", 70).fading
    later = {days: publish(DAY + timedelta(days=days)) for days in (7, 30)}

    # Of the window of 90 days, acts 83 days and older are gone a week later, those of 60 days and more in a month.
    assert (2, {"amplification": 2}) == (week.acts, week.acts_by_signal)
    assert (4, {"amplification": 3, "conversation": 1}) == (month.acts, month.acts_by_signal)
    for foretold in (week, month):
        with Published(later[foretold.days]) as published:
            key = home.people.by_name("cat").key
            assert foretold.score == published.score(key).score
            assert {row.signal: row.points for row in published.points(key) if row.points} == {
                row.signal: row.points_then for row in foretold.signals if row.points_then
            }
        assert foretold.day == later[foretold.days].day.isoformat()
    assert month.move < week.move < 0


PAST = {DAY - timedelta(days=ago): 50 - ago * 0.1 for ago in range(31)}


def test_a_trend_that_rises_has_a_date():
    """A tenth of a point a day reaches five points more in fifty days, with scatter in odds for it."""
    told = outlook(PAST, DAY, 50.0, 55.0)
    wobbling = outlook({day: score + 0.2 * (day.day % 2) for day, score in PAST.items()}, DAY, 50.0, 55.0)

    assert ((DAY + timedelta(days=50)).isoformat(), 0.0, 1.0) == (told.date, told.odds_30, told.odds_90)
    assert (pytest.approx(0.1), 30, "") == (told.drift, told.days, told.said)
    assert 0 < wobbling.odds_30 < wobbling.odds_90 < 1


@pytest.mark.parametrize(
    ("past", "target", "said"),
    [
        ({}, 60.0, "0 of the last 31 days have a score"),
        ({day: score for day, score in PAST.items() if (DAY - day).days < 13}, 60.0, "13 of the last 31 days"),
        ({day: 100 - score for day, score in PAST.items()}, 60.0, "does not rise: -0.10 points a day over 30"),
        (dict.fromkeys(PAST, 50.0), 60.0, "does not rise: +0.00"),
        ({day: 50 - (DAY - day).days / 1e4 for day in PAST}, 60.0, "more than 3,660 days"),
    ],
)
def test_a_trend_that_names_no_date_says_why(past, target, said):
    """Too short a history, none that rises, or too far away."""
    told = outlook(past, DAY, 50.0, target)

    assert told.date is None
    assert said in told.said
    assert (told.odds_30 is None) == (told.drift is None) == (len(past) < 14)


def test_the_way_is_told_by_the_api_and_the_command_line(client, settled, site, engine):
    """The same answer; a target out of range is refused."""
    there = client.get("/people/x:ANN/way", params={"target": 21}).json()
    ours = json.loads(msgspec.json.encode(told_way(site, engine, "ann", 21)))
    home = ["--home", str(settled.settings.home)]
    as_json = CliRunner().invoke(app, [*home, "way", "ann", "--target", "21", "--json"])
    table = CliRunner().invoke(app, [*home, "way", "x:Ann", "--target", "21"])

    assert ours == there == json.loads(as_json.output)
    assert there["steps"][0]["said"].split(",")[0].split()[0] in table.output
    assert 70.0 == client.get("/people/ann/way").json()["target"]
    for wrong in ("0", "101", "nan", "x"):
        assert "bad_input" == client.get("/people/ann/way", params={"target": wrong}).json()["error"]["code"]


def test_people_who_bring_nothing_are_not_supposed_without_end():
    """Though nothing comes to more than whole numbers hold but their number."""
    ground = levers.Ground(
        steps="",
        claimed=True,
        accounts=(("x", 1, "101", "x:ann"),),
        constants=(0.0,),
        profiles=(),
        scales=(("x", 1, "approval", "interactions", 0, 1.0),),
        observed=(),
        verbs=(("x", 1, 1),),
        typical={1: 0},
        signals={0: ((1, 1, 0, 5, 0, 5),)},
    )
    many = [answers.read_change("everything=x9999")] * 20

    with pytest.raises(BadInput, match="comes to more than can be counted"):
        levers.Levers(ground).supposed(many)
