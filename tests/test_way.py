"""What could be: the way to a score, what if, and what is left when nothing more comes."""

import dataclasses

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

import community
from community import HEADER, app_of
from conftest import DAY, NOW, publisher, taker
from renown import answers, assembly, jobs
from renown.answers import levers
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
