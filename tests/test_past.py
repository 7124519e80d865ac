"""Recomputed days: their scores have the bits of published ones, and they never take the place of a published day."""

import random
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from conftest import DAY, new_home, taker
from renown import scoring
from renown.home import open_home
from renown.progress import NullProgress
from renown.records import day_number
from renown.scoring import past
from renown.store import PublishedTables
from test_ledger import HEADER, METHOD, PEOPLE, claim_seeds, random_act, score

FIRST_DAY = DAY - timedelta(days=130)


def fill(home, tmp_path, *, seed, days=131, acts=900):
    """Import acts, figures, counts, undone acts and departures of many days, and claim accounts."""
    take, draw = taker(home, tmp_path), random.Random(seed)
    rows = [random_act(draw, FIRST_DAY + timedelta(days=draw.randrange(days)), number) for number in range(acts)]
    take(HEADER, *rows)
    claim_seeds(home, [f"u{index}" for index in range(6)])
    home.people.add("ada", [("x", "u6"), ("x", "u7"), ("mastodon", "m1")], at=datetime(2020, 1, 1, tzinfo=UTC))
    home.people.add("bob", [("x", "nobody")], at=datetime(2020, 1, 1, tzinfo=UTC))
    figures = [
        f"u{n},{FIRST_DAY + timedelta(days=draw.randrange(days))},{n * 50 + extra},{n % 4}"
        for n in range(PEOPLE)
        for extra in range(2)
    ]
    take("account,at,followers,lists", *figures, table="profiles")
    counts = [
        f"u{draw.randrange(9)},{FIRST_DAY + timedelta(days=draw.randrange(days))},like,p{draw.randrange(9)},{n}"
        for n in range(40)
    ]
    take("account,at,verb,post,count", *counts, table="tallies")
    undone = [f"i{draw.randrange(acts)},{DAY - timedelta(days=draw.randrange(60))}T12:00:00" for _ in range(60)]
    take("id,at", *undone, table="undone")
    presence = [
        f"u{draw.randrange(5, 16)},{DAY - timedelta(days=draw.randrange(80))},{draw.choice(['true', 'false'])}"
        for _ in range(30)
    ]
    take("account,at,present", *presence, table="presence")
    late = FIRST_DAY + timedelta(days=100)
    take(HEADER, *(f"m{n},m1,{late}T10:00:00,repost,q{n},m{n}" for n in range(2, 7)), network="mastodon")
    with home.reader() as engine:
        subject = scoring.resolve_subject("x:u20", engine, home.lake, home.people)
    home.people.opt_outs.add("x", "u20", subject.key)


def recompute(home, first, last, *, engine=None):
    """Return the recomputed scores of all people by (person, day)."""
    with home.engine(engine) as session:
        versions = past.refresh_ledger(session, home.lake, home.days, home.people, METHOD)
        days = past.PastDays(people=home.people.all_consenting(), first=first, last=last)
        scores = past.recompute_days(session, home.lake, METHOD, days, versions=versions, progress=NullProgress())
    return {(-person_id, day_no): value for person_id, rows in scores.items() for day_no, value in rows}


def read_published(published_day):
    """Return the published score of each claimed person, None if nothing was known of them."""
    with PublishedTables(published_day) as published:
        rows = [row for row in published.read_top_scores(1_000) if row.person < 0]
        known = {row.person: any(strength.weights for strength in published.read_strengths(row.person)) for row in rows}
    return {row.person: row.score if known[row.person] else None for row in rows}


@pytest.mark.parametrize(
    "seed", [1, pytest.param(2, marks=pytest.mark.proof), pytest.param(3, marks=pytest.mark.proof)]
)
def test_recomputed_scores_have_the_bits_of_a_published_rebuild(tmp_path, seed):
    """Of every person on every day: also before the ledger began, and with departures, undone acts and counts."""
    home = open_home(new_home(tmp_path / "home"), {})
    fill(home, tmp_path, seed=seed)
    score(home, DAY - timedelta(days=1))
    score(home, DAY)
    recomputed = recompute(home, DAY - timedelta(days=89), DAY)

    shutil.copytree(home.settings.home, tmp_path / "copy")
    rebuilt_home = open_home(tmp_path / "copy", {})
    compared = 0
    for age in (0, 1, 3, 17, 45, 89):
        day = DAY - timedelta(days=age)
        published = read_published(score(rebuilt_home, day))
        expected = {person.key: published.get(person.key) for person in home.people.all_consenting()}
        assert {key: recomputed[key, day_number(day)] for key in expected} == expected
        compared += sum(value is not None for value in expected.values())
    assert compared > 30
    assert len({value for value in recomputed.values() if value is not None}) > 200
