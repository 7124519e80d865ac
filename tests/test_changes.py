"""Why a score moved: the signals, people and posts behind each part, and that they sum to it."""

import dataclasses
import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import community
from conftest import DAY, NOW
from renown import answers, jobs
from renown.answers.moves import ROUNDING, between, signal_moves
from renown.answers.replay import Gave, Made, State
from renown.cli import app
from renown.settings import ServeSettings
from renown.store import Published
from test_answers import TOMORROW, goes_on
from test_river import HEADER, acts

SPOTS = [("x", 1, "approval"), ("x", 1, "audience"), ("x", 2, "approval"), ("mastodon", 3, "conversation")]
K = 99 / 8


@pytest.fixture
def moved(home):
    """Return a function that explains somebody's move."""

    def explain_move(asked, first=DAY, last=TOMORROW, **said):
        with home.reader() as engine, Published(home.days.find(first)) as one, Published(home.days.find(last)) as other:
            who = answers.who(asked, engine, home.lake, home.people)
            return answers.changes(who, one, other, engine, home.lake, **said)

    return explain_move


def part_of(answer, kind):
    """Return the part of a kind."""
    [part] = [part for part in answer.parts if part.kind == kind]
    return part


def test_new_acts_are_their_actors_and_posts(take, publish, moved):
    """Who acted has the points of the part, and no signal that nothing happened to has any."""
    take(HEADER, *(f"{who},b,{DAY},{verb},p,{who}{verb}" for who in "klmn" for verb in ("like", "repost")))
    take("account,at,followers,lists", f"b,{DAY},500,3", table="profiles")
    publish()
    take(HEADER, f"zoe,b,{TOMORROW},repost,fresh,1", f"yan,b,{TOMORROW},repost,fresh,2")
    publish(TOMORROW)

    part = part_of(moved("x:b"), "new")
    found = {signal.signal: signal for signal in part.signals}

    assert {"approval", "amplification"} == set(found)
    assert {("actor", "x:zoe"), ("actor", "x:yan")} == {
        (line.kind, line.name) for line in found["amplification"].actors
    }
    assert [("post", "fresh", 2)] == [(line.kind, line.name, line.count) for line in found["amplification"].posts]
    # Two more people make likes less of a chance: nobody's likes are more, so it is nobody's.
    assert [("rest", "")] == [(line.kind, line.name) for line in found["approval"].actors]
    assert 0 < found["approval"].points < found["amplification"].points


def test_a_profile_moves_its_own_signals_alone(take, publish, moved):
    """More followers are the audience's, without actors."""
    take(HEADER, *(f"{who},b,{DAY},repost,p,{who}" for who in "klmn"))
    take("account,at,followers,lists", f"b,{DAY},500,3", table="profiles")
    publish()
    take("account,at,followers,lists", f"b,{TOMORROW},900,3", table="profiles")
    publish(TOMORROW)

    part = part_of(moved("x:b"), "profile")

    assert [("audience", 400.0, ["profile"])] == [
        (signal.signal, signal.received, [line.kind for line in signal.actors]) for signal in part.signals
    ]


def test_everybody_s_move_adds_up(home, take, publish, moved):
    """Among twenty accounts with profiles and counts, some claimed, over a month: down to people and posts."""
    take(HEADER, *acts(500))
    take("account,at,followers,lists", f"u1,{DAY},500,3", f"u1,{TOMORROW},900,3", table="profiles")
    take("account,at,post,verb,count", f"u2,{DAY},p1,like,50", f"u2,{DAY},,repost,5", table="tallies")
    home.people.add("ada", [("x", "u3"), ("x", "u4"), ("x", "never seen")], at=NOW)
    far = DAY - timedelta(days=30)
    people = {score.name for day in (far, DAY) for score in Published(publish(day)).leaders(100)}
    assert len(people) > 15

    kinds = set()
    for who in sorted(people):
        answer = moved(who, far, DAY, top=2)
        goes_on(answer)
        kinds |= {line.kind for part in answer.parts for s in part.signals for line in (*s.actors, *s.posts)}

    assert {"actor", "others", "post", "unknown", "profile"} <= kinds


def test_what_the_lake_forgot_is_told_without_names(home, take, publish, moved):
    """What was published stays; what no longer explains it is a line of its own."""
    take(HEADER, *(f"{who},b,{DAY},repost,p{who},{who}" for who in "klmn"))
    publish()
    publish(TOMORROW)
    with home.reader() as engine:
        answers_of = answers.who("x:k", engine, home.lake, home.people)
        jobs.forget(engine, home, answers_of)

    answer = moved("x:b")

    goes_on(answer)
    assert {"forgotten"} == {line.kind for s in part_of(answer, "forgotten").signals for line in (*s.actors, *s.posts)}


@st.composite
def states(draw):
    """Draw two states whose scores are those of their exponents, and who gave what between them."""
    exponent, got = st.floats(0, 3), st.integers(0, 10**9)
    found, gave = [], {}
    for kind in ("first", "new"):
        made = {spot: Made(0.0, draw(got), draw(exponent)) for spot in SPOTS if draw(st.booleans())}
        strengths = {}
        for account in {spot[1] for spot in made}:
            whole = sum(part.exponent for spot, part in made.items() if spot[1] == account)
            strengths[account] = round(math.expm1(whole), 9)
        total = sum(strengths.values())
        score = 1 + K * math.log10(1 + total)
        shared = {spot: dataclasses.replace(part, points=(score - 1) / len(made)) for spot, part in made.items()}
        found.append((kind, score, shared, strengths))
    for spot in SPOTS:
        each = draw(st.lists(st.integers(-(10**6), 10**6).filter(bool), max_size=4))
        gave[spot] = [Gave("actor", str(n), 1, received, abs(received)) for n, received in enumerate(each)]
    return State(*found[0], {}, {}), State(*found[1], gave, gave)


@given(states())
def test_every_level_sums_whatever_moved(pair):
    """Signals to the part, lines to the signal; who gave more never loses by it."""
    before, after = pair
    found = between(before, after)
    told = signal_moves(found, {n: f"x:{n}" for n in range(9)}, profiles={"audience"}, alone="rest")

    assert after.score - before.score == pytest.approx(sum(what.points for what in found.values()), abs=1e-6)
    assert all(abs(found[spot].points) < ROUNDING for spot in SPOTS if spot in found and same(before, after, spot))
    for signal in told:
        for lines in (signal.actors, signal.posts):
            assert signal.points == pytest.approx(sum(line.points for line in lines), abs=1e-8)
            assert all(line.points * line.received >= 0 for line in lines if line.kind == "actor")


def same(before, after, spot):
    """Return whether nothing happened at a spot."""
    return before.made.get(spot, Made()).exponent == after.made.get(spot, Made()).exponent


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    """Return a home with people in it."""
    return community.settled(tmp_path_factory.mktemp("changes") / "home")


def test_strangers_stand_by_their_network_alone(settled):
    """Who did not ask for a page is not named on somebody else's, unless everybody is shown."""
    site = settled.site()
    found = site.find("ann")
    days = settled.days.find(DAY - timedelta(days=7)), settled.days.find(DAY)
    everybody = dataclasses.replace(site, told=ServeSettings(visibility="everyone"))

    shown, all_names = (one.changes(found, *days) for one in (site, everybody))
    hidden = {
        line.account for p in shown.parts for s in p.signals for line in s.actors if line.name in {"x", "bluesky"}
    }

    assert {"x", "x:bob_b", "bluesky"} == {line.name for line in shown.actors()} - {""}
    assert {0} == hidden
    assert {"x:bob_b", "x:dan", "x:eve"} < {line.name for line in all_names.actors()}
    goes_on(shown)


def test_the_command_line_prints_people_when_asked(settled):
    """`--people`: each part's signals with their actors and posts; without it the parts alone."""
    home = ["--home", str(settled.settings.home), "changes", "ann", "--since", f"{DAY - timedelta(days=7)}"]
    short, long = CliRunner().invoke(app, home), CliRunner().invoke(app, [*home, "--people"])

    assert [0, 0] == [short.exit_code, long.exit_code], long.output
    assert "eve" not in short.output
    assert "new, x:Ann conversation: +" in long.output
    assert "eve" in long.output
