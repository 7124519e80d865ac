"""Standings: places, moves and days in a row, from SQLite and from PostgreSQL."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import DAY
from renown import answers
from renown.answers.standing import streaks
from renown.errors import BadInput, NotPublished, UnknownWho
from renown.store import Days, Served, open_database
from test_served import published_day, write

GOAL = 70
UNKNOWN = "unknown"
CALENDARS = st.lists(st.sampled_from([UNKNOWN, None, 69.99, 70.0, 88.0]), max_size=40)


@pytest.fixture
def served(store, tmp_path):
    """Return what is served of a store, and a function that publishes given scores of a day."""
    database = open_database(store)
    days = Days(database, tmp_path / "published")

    def publish(day, scores):
        with days.staging(day, "1") as folder:
            write(folder, scores)
            days.publish(published_day(day, folder, len(scores)))

    yield Served(database, tmp_path / "published"), publish
    database.dispose()


@given(CALENDARS)
def test_rows_of_days_are_those_of_every_pair_of_ends(calendar):
    """A day that nobody was scored on neither breaks a row nor counts; a day without a score breaks it."""
    days = {DAY + timedelta(days=n): score for n, score in enumerate(calendar)}
    known = [day for day, score in days.items() if score != UNKNOWN]

    def holds(first, last):
        return all(days[day] is not None and days[day] >= GOAL for day in known if first <= day <= last)

    spans = [(a, b) for a in known for b in known if a <= b and holds(a, b)]
    whole = [(a, b) for a, b in spans if not any((c, d) != (a, b) and c <= a and b <= d for c, d in spans)]

    assert sorted(whole) == [(row[0], row[-1]) for row in streaks([(day, days[day]) for day in known], GOAL)]
    rows = streaks([(day, days[day]) for day in known], GOAL)
    assert [sum(a <= day <= b for day in known) for a, b in sorted(whole)] == [len(row) for row in rows]


@given(st.integers(1, 10**8), st.data())
def test_a_place_that_is_said_holds(people, data):
    """Rounded up, never to nothing, by less than it takes to be wrong."""
    place = data.draw(st.integers(1, people))
    top = 100 * place / people
    said = float(answers.top_said(top).removeprefix("top ").removesuffix(" %"))

    assert 0 < top <= said + 1e-9
    assert said <= 100
    assert said - top < max(0.1, top)


def test_a_standing_is_what_was_published(served):
    """Place, moves, extremes and rows of a person with a gap, against the scores given."""
    told, publish = served
    scores = [60.0, 72.0, 71.0, None, 70.0, 80.0, 75.0]
    for ago, score in zip((9, 8, 7, 6, 4, 1, 0), scores, strict=True):
        publish(DAY - timedelta(days=ago), {7: 50.0, 9: 90.0} | ({-1: score} if score else {}))

    found = answers.standing(told, -1, in_a_row=3)

    assert ("ada", f"{DAY}", 75.0, 2) == (found.who, found.day, found.score, found.rank)
    assert (-5.0, 4.0, None) == (found.day_change, found.week_change, found.month_change)
    assert (80.0, "2024-01-31", 60.0, "2024-01-23") == (
        *(found.highest, found.highest_day),
        *(found.lowest, found.lowest_day),
    )
    assert (pytest.approx(428 / 6, abs=0.01), 6) == (found.average, found.scored)
    assert (3, "2024-01-28", "2024-02-01") == (found.current.days, found.current.first_day, found.current.last_day)
    assert found.current == found.longest
    assert (True, "2024-02-01") == (found.met, found.met_since)
    assert not answers.standing(told, -1, in_a_row=4).met
    assert 2 == answers.standing(told, -1, goal=75).current.days
    assert 0 == answers.standing(told, -1, goal=76).current.days


def test_a_place_counts_everybody_as_high(served):
    """The percent of people whose score is at least as high, never none of them."""
    told, publish = served
    scores = {key: float(value) for key, value in enumerate((90, 80, 80, 80, 50, 20, 20, 10), 1)}
    publish(DAY, scores)

    assert {key: 100 * sum(other >= score for other in scores.values()) / 8 for key, score in scores.items()} == {
        key: answers.standing(told, key).top for key in scores
    }


def test_a_history_has_every_day(served):
    """A day without a score and a day that nobody was scored on are told apart."""
    told, publish = served
    for ahead, scores in ((0, {-1: 5.0}), (1, {7: 5.0}), (3, {-1: 6.5, 7: 5.0})):
        publish(DAY + timedelta(days=ahead), scores)

    found = answers.history(told, -1)

    assert [("2024-02-01", 5.0, True), ("2024-02-02", None, True), ("2024-02-03", None, False)] == [
        (row.day, row.score, row.published) for row in found.days[:3]
    ]
    assert ("2024-02-01", "2024-02-04", 4) == (found.first_day, found.last_day, len(found.days))
    assert ["2024-02-04"] == [row.day for row in answers.history(told, -1, days=2).days]


def test_who_has_no_score_has_no_standing(served):
    """Neither before a day is served nor without one on it."""
    told, publish = served
    for asked in (answers.standing, answers.history):
        with pytest.raises(NotPublished, match="no day is served yet"):
            asked(told, -1)
    publish(DAY, {7: 50.0})
    for asked in (answers.standing, answers.history):
        with pytest.raises(UnknownWho, match="no score on 2024-02-01"):
            asked(told, -1)
    with pytest.raises(BadInput, match="ask for 1 or more"):
        answers.standing(told, 7, in_a_row=0)


def test_a_club_asks_for_thirty_days(served):
    """One lucky day is none of thirty."""
    told, publish = served
    for n in range(30):
        publish(date(2024, 1, 1) + timedelta(days=n), {-1: 70.0, 7: 95.0 if n == 29 else 40.0})

    assert (True, "2024-01-30") == (answers.standing(told, -1).met, answers.standing(told, -1).met_since)
    assert (False, 1) == (answers.standing(told, 7).met, answers.standing(told, 7).current.days)
