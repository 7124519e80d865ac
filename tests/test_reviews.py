"""Reviews of a person's week and year: answers, pages, share cards and routes."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from starlette.testclient import TestClient

import community
from conftest import DAY
from renown import answers
from renown.answers.week_review import find_best_day
from renown.errors import PersonNotFoundError
from renown.store import PublishedTables

WEEK = "2024-W05"
"""Week of the last published day; the community has a published day in the week before, too."""
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
SCORES = st.none() | st.integers(100, 10_000).map(lambda hundredths: hundredths / 100)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a small community."""
    return community.create_community(tmp_path_factory.mktemp("reviews") / "home")


@pytest.fixture(scope="module")
def client(home):
    """Return a client of its pages."""
    with TestClient(community.app_of(home), base_url="http://x") as test_client:
        yield test_client


@given(DAYS)
def test_every_day_is_in_its_week(day):
    """A week is written as in ISO 8601, and read back as its Monday."""
    monday = answers.parse_week(answers.format_week(day))

    assert 0 == monday.weekday()
    assert 0 <= (day - monday).days < 7


@given(DAYS, st.lists(SCORES, min_size=1, max_size=21))
def test_review_of_a_week_is_that_of_its_scores(first, scores):
    """The change is from the end of the week before; days without a score are left out."""
    history = [(first + timedelta(days=index), score) for index, score in enumerate(scores)]
    by_day = {day: score for day, score in history if score is not None}
    monday = answers.parse_week(answers.format_week(history[-1][0]))
    in_week = [day for day in by_day if monday <= day]
    if not in_week:
        with pytest.raises(PersonNotFoundError, match="no score of ada is published"):
            answers.select_week("ada", history, monday)
        return
    start = max((day for day in by_day if monday - timedelta(days=7) <= day < monday), default=in_week[0])

    span = answers.select_week("ada", history, monday)
    review = answers.review_week("ada", span, answers.WeekFigures(), [], published_until=history[-1][0])

    assert [(day.isoformat(), by_day[day]) for day in in_week] == [(row.day, row.score) for row in review.days]
    expected = None if start == in_week[-1] else round(by_day[in_week[-1]] - by_day[start], 2)
    assert (expected, start.isoformat()) == (review.change, review.compared_day)
    assert review.message.startswith("not enough data" if expected is None else "what changed")
    assert (history[-1][0].isoweekday() == 7) == review.is_over


@given(st.lists(SCORES, min_size=1, max_size=30))
def test_best_day_has_the_largest_rise_since_the_day_before(scores):
    """Days after a gap do not count: what they rose by took longer."""
    known = [(DAY + timedelta(days=index), score) for index, score in enumerate(scores) if score is not None]
    by_day = dict(known)
    rises = {
        day: round(score - by_day[day - timedelta(days=1)], 2)
        for day, score in known
        if day - timedelta(days=1) in by_day
    }
    best = find_best_day(known)

    if max(rises.values(), default=0) <= 0:
        assert best is None
    else:
        assert (max(rises.values()), rises[date.fromisoformat(best.day)]) == (best.points, best.points)


@given(st.lists(SCORES, min_size=1, max_size=50), st.integers(0, 40), SCORES.filter(bool))
def test_review_of_a_year_is_that_of_its_scores(scores, days_before, last_score):
    """Months follow on each other: their changes sum to the change of the year."""
    first = date(2024, 1, 1) - timedelta(days=min(days_before, len(scores)))
    history = [(first + timedelta(days=index), score) for index, score in enumerate([*scores, last_score])]
    known = {day: score for day, score in history if score is not None}
    year = {day: score for day, score in known.items() if day.year == 2024}
    has_before = len(known) > len(year)
    review = answers.review_year("ada", history, 2024, published_until=history[-1][0])

    assert (max(year.values()), min(year.values())) == (review.highest, review.lowest)
    assert year[date.fromisoformat(review.highest_day)] == review.highest
    assert len(year) == sum(month.days for month in review.months)
    assert max(month.highest for month in review.months) == review.highest
    changes = [month.change for month in review.months]
    assert has_before == (changes[0] is not None)
    if has_before:
        assert review.change == pytest.approx(sum(changes), abs=0.02)
    assert ("not enough data" in review.message) == (len(year) < 30)


def test_week_agrees_with_the_other_answers(client):
    """Score, causes, people, rank and place in the race are those of the same days elsewhere."""
    review = client.get(f"/api/people/ann/week/{WEEK}").json()
    changes = client.get("/api/people/ann/changes", params={"day": f"{DAY}", "since": review["compared_day"]}).json()
    score, standing = (client.get(f"/api/people/ann/{route}").json() for route in ("score", "standing"))
    [row] = [row for row in client.get("/api/groups/seventy").json()["standings"] if row["name"] == "ann"]

    assert ("2024-01-29", "2024-02-04", "2024-01-25") == (
        review["first_day"],
        review["last_day"],
        review["compared_day"],
    )
    assert (changes["summary"]["sentence"], changes["summary"]["best_post"]) == (
        review["sentence"],
        review["best_post"],
    )
    assert review["change"] == pytest.approx(changes["move"], abs=0.02)
    assert review["sentence"]
    assert (changes["people"]["new"], score["people"]) == (review["new_people"], review["people"])
    assert 0 < review["new_people"] < review["people"]
    assert (standing["rank"], row["rank"]) == (review["rank"], review["races"][0]["rank"])
    assert "" == review["message"]
    assert not review["is_over"]


def test_ranks_of_past_days_leave_out_the_hidden(home):
    """The rank is one more than the number of others with a higher score."""
    with PublishedTables(home.days.find()) as published:
        rows = published.read_top_scores(99)
        hidden = [row.person for row in rows[::3]]
        expected = {
            row.person: 1
            + sum(other.verified_score > row.verified_score for other in rows if other.person not in hidden)
            for row in rows
        }

        assert expected == {row.person: published.read_rank(row.person, hidden) for row in rows}
        assert published.read_rank(10**12) is None


def test_review_pages_can_be_shared(client):
    """Each has a card of its own and buttons to share its address; the person's page links it."""
    person = client.get("/people/ann").text
    for path in (f"/people/ann/week/{WEEK}", "/people/ann/year/2024"):
        page, card = client.get(path).text, client.get(f"{path}/card.png")

        assert f'href="{path}"' in person
        assert f'data-path="{path}" data-picture="{path}/card.png"' in page
        assert (1200, 630) == Image.open(BytesIO(card.content)).size
        assert card.content != client.get("/people/ann/card.png").content
    assert "Not enough data" in client.get("/people/ann/year/2024").text
    assert 404 == client.get(f"/people/nobody/week/{WEEK}").status_code


@pytest.mark.parametrize("base", ["/people", "/api/people"])
@pytest.mark.parametrize("who", ["ann", "x:101"])
def test_without_a_week_or_year_the_latest_is_shown(client, base, who):
    """By redirects, which stay below the address of the request."""
    for path, latest in (("week", WEEK), ("year", "2024")):
        response = client.get(f"{base}/{who}/{path}")
        assert [303] == [step.status_code for step in response.history]
        assert (200, f"{base}/{who}/{path}/{latest}") == (response.status_code, response.url.path)
        assert 404 == client.get(f"{base}/nobody/{path}").status_code


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("week/2024-W60", 400),
        ("week/last", 400),
        ("week/9999-W53", 400),
        ("week/2020-W01", 404),
        ("week/2999-W01", 404),
        ("year/20", 400),
        ("year/0000", 400),
        ("year/2020", 404),
        ("year/9999", 404),
    ],
)
def test_weeks_and_years_without_scores(client, path, status):
    """Pages, cards and routes say what is wrong."""
    for url in (f"/people/ann/{path}", f"/people/ann/{path}/card.png", f"/api/people/ann/{path}"):
        assert status == client.get(url).status_code, url
