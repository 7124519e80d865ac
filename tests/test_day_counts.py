"""Counts per day: days add up, the latest reading of a day counts, and each day ages by itself."""

from datetime import UTC, datetime, time, timedelta

from conftest import DAY, publisher
from renown import ingest
from renown.connectors.record_rows import group_rows
from renown.records import VERBS, Profile, Tally, build_day_tally
from renown.store import PublishedTables
from renown.web.pages.formatting import post_label

NOON = datetime.combine(DAY, time(12), UTC)
YESTERDAY = DAY - timedelta(days=1)


def test_counts_of_days_are_worth_what_counts_of_posts_are(home_2):
    """Readings of a day replace each other; an account whose posts were counted has the same strength."""
    home = home_2
    readings = [(YESTERDAY, 50, NOON), (DAY, 30, NOON - timedelta(hours=2)), (DAY, 70, NOON)]
    daily = [
        build_day_tally(network="x", account_id="daily", verb="like", day=day, count=count, now=now)
        for day, count, now in readings
    ]
    posts = [
        Tally(network="x", account_id="posts", post_id=post, verb="like", count=count, at=at)
        for post, count, at in (("p", 50, NOON - timedelta(hours=13)), ("q", 70, NOON))
    ]
    fewer = Tally(network="x", account_id="fewer", post_id="p", verb="like", count=70, at=NOON)
    names = ("daily", "posts", "fewer")
    profiles = [Profile(network="x", account_id=name, at=NOON, followers=90_000) for name in names]
    with home.reader() as engine:
        for table, rows in group_rows([*daily, *posts, fewer, *profiles]).items():
            ingest.import_batch(engine, home.lake, rows, table=table, network="x", covers=[VERBS["like"]])
    for name in names:
        home.people.add(name, [("x", name)], at=NOON)

    with PublishedTables(publisher(home)()) as tables:
        scores = {name: tables.read_score(home.people.by_name(name).key).score for name in names}

    assert scores["daily"] == scores["posts"] > scores["fewer"]
    assert f"all posts on {DAY}" == post_label(daily[-1].post_id)
