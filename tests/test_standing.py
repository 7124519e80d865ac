"""Standings: ranks, score changes and streaks, from SQLite and from PostgreSQL."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import DAY
from renown import answers
from renown.answers.standing import find_streaks
from renown.errors import DayNotPublishedError, InvalidInputError, PersonNotFoundError
from renown.store import PublishedDayStore, ServedScoreStore, open_database
from test_served_scores import published_day, write

GOAL = 70
UNKNOWN = "unknown"
CALENDARS = st.lists(st.sampled_from([UNKNOWN, None, 69.99, 70.0, 88.0]), max_size=40)


@pytest.fixture
def days(store, tmp_path):
    """Return a store of published days."""
    database = open_database(store)
    yield PublishedDayStore(database, tmp_path / "published")
    database.dispose()


@pytest.fixture
def served_store(days, tmp_path):
    """Return a store of served scores, and a function that publishes a day of scores."""

    def publish(day, scores):
        with days.staging_folder(day, "1") as folder:
            write(folder, scores)
            days.publish(published_day(day, folder, len(scores)))

    return ServedScoreStore(days._database, tmp_path / "published"), publish


@given(CALENDARS)
def test_streaks_are_the_longest_spans_at_the_goal(calendar):
    """A day that is not published neither breaks a streak nor counts; a day without a score breaks it."""
    days = {DAY + timedelta(days=n): score for n, score in enumerate(calendar)}
    known = [day for day, score in days.items() if score != UNKNOWN]

    def reaches_goal(first, last):
        return all(days[day] is not None and days[day] >= GOAL for day in known if first <= day <= last)

    spans = [(a, b) for a in known for b in known if a <= b and reaches_goal(a, b)]
    longest = [(a, b) for a, b in spans if not any((c, d) != (a, b) and c <= a and b <= d for c, d in spans)]

    assert sorted(longest) == [
        (streak[0], streak[-1]) for streak in find_streaks([(day, days[day]) for day in known], GOAL)
    ]
    streaks = find_streaks([(day, days[day]) for day in known], GOAL)
    assert [sum(a <= day <= b for day in known) for a, b in sorted(longest)] == [len(streak) for streak in streaks]


@given(st.integers(1, 10**8), st.data())
def test_format_top_rounds_up(people, data):
    """Never to 0%, and by less than 0.1 or the percentage itself."""
    rank = data.draw(st.integers(1, people))
    top = 100 * rank / people
    rounded = float(answers.format_top(top).removeprefix("top ").removesuffix("%"))

    assert 0 < top <= rounded + 1e-9
    assert rounded <= 100
    assert rounded - top < max(0.1, top)


def test_standing_of_a_person(served_store):
    """Rank, changes, extremes and streaks over days with a gap."""
    served_scores, publish = served_store
    scores = [60.0, 72.0, 71.0, None, 70.0, 80.0, 75.0]
    for days_ago, score in zip((9, 8, 7, 6, 4, 1, 0), scores, strict=True):
        publish(DAY - timedelta(days=days_ago), {7: 50.0, 9: 90.0} | ({-1: score} if score else {}))

    standing = answers.compute_standing(served_scores, -1, in_a_row=3)

    assert ("ada", f"{DAY}", 75.0, 2) == (standing.name, standing.day, standing.score, standing.rank)
    assert (-5.0, 4.0, None) == (standing.day_change, standing.week_change, standing.month_change)
    assert (80.0, "2024-01-31", 60.0, "2024-01-23") == (
        *(standing.highest, standing.highest_day),
        *(standing.lowest, standing.lowest_day),
    )
    assert (pytest.approx(428 / 6, abs=0.01), 6) == (standing.average, standing.scored_days)
    assert (3, "2024-01-28", "2024-02-01") == (
        standing.current_streak.days,
        standing.current_streak.first_day,
        standing.current_streak.last_day,
    )
    assert standing.current_streak == standing.longest_streak
    assert (True, "2024-02-01") == (standing.has_met_goal, standing.goal_met_since)
    assert not answers.compute_standing(served_scores, -1, in_a_row=4).has_met_goal
    assert 2 == answers.compute_standing(served_scores, -1, goal=75).current_streak.days
    assert 0 == answers.compute_standing(served_scores, -1, goal=76).current_streak.days


def test_top_percent_counts_equal_scores(served_store):
    """The percentage of people whose score is at least as high."""
    served_scores, publish = served_store
    scores = {key: float(value) for key, value in enumerate((90, 80, 80, 80, 50, 20, 20, 10), 1)}
    publish(DAY, scores)

    assert {
        key: 100 * sum(other_score >= score for other_score in scores.values()) / 8 for key, score in scores.items()
    } == {key: answers.compute_standing(served_scores, key).top_percent for key in scores}


def test_people_who_left_do_not_count(days, served_store):
    """Somebody between, above and beside a person is erased: ranks and shares are those of who remains."""
    served_scores, publish = served_store
    publish(DAY, {-key: float(value) for key, value in enumerate((90, 80, 70, 70, 50), 1)})

    for departed, expected in ((-2, (1, 25.0)), (-1, (1, 200 / 3)), (-4, (1, 50.0))):
        days.hide(departed)
        key = -1 if departed == -2 else -3
        standing = answers.compute_standing(served_scores, key)
        assert expected == (standing.rank, pytest.approx(standing.top_percent))

    assert (2, 2) == (standing.scored_people, answers.compute_standing(served_scores, -5).rank)


def test_history_has_every_day(served_store):
    """A day without a score differs from a day that is not published."""
    served_scores, publish = served_store
    for days_later, scores in ((0, {-1: 5.0}), (1, {7: 5.0}), (3, {-1: 6.5, 7: 5.0})):
        publish(DAY + timedelta(days=days_later), scores)

    history = answers.load_history(served_scores, -1)

    assert [("2024-02-01", 5.0, True), ("2024-02-02", None, True), ("2024-02-03", None, False)] == [
        (row.day, row.score, row.is_published) for row in history.days[:3]
    ]
    assert ("2024-02-01", "2024-02-04", 4) == (history.first_day, history.last_day, len(history.days))
    assert ["2024-02-04"] == [row.day for row in answers.load_history(served_scores, -1, days=2).days]


def test_person_without_a_score_has_no_standing(served_store):
    """Before the first served day, and without a score on it."""
    served_scores, publish = served_store
    for load in (answers.compute_standing, answers.load_history):
        with pytest.raises(DayNotPublishedError, match="no day is served yet"):
            load(served_scores, -1)
    publish(DAY, {7: 50.0})
    for load in (answers.compute_standing, answers.load_history):
        with pytest.raises(PersonNotFoundError, match="no score on 2024-02-01"):
            load(served_scores, -1)
    with pytest.raises(InvalidInputError, match="ask for 1 or more"):
        answers.compute_standing(served_scores, 7, in_a_row=0)


def test_goal_is_met_after_a_streak_of_30_days(served_store):
    """A single day at the goal does not meet it."""
    served_scores, publish = served_store
    for n in range(30):
        publish(date(2024, 1, 1) + timedelta(days=n), {-1: 70.0, 7: 95.0 if n == 29 else 40.0})

    assert (True, "2024-01-30") == (
        answers.compute_standing(served_scores, -1).has_met_goal,
        answers.compute_standing(served_scores, -1).goal_met_since,
    )
    assert (False, 1) == (
        answers.compute_standing(served_scores, 7).has_met_goal,
        answers.compute_standing(served_scores, 7).current_streak.days,
    )
