"""Shares of a score, and the posts with the most points."""

import io
import json
from datetime import timedelta

import pytest
from rich.console import Console
from starlette.testclient import TestClient
from typer.testing import CliRunner

import community
from community import app_of
from conftest import DAY, NOW
from renown import answers, ingest, runs, scoring
from renown.answers.explain.posts import MAX_POSTS
from renown.cli import app
from renown.cli.output import scores
from renown.connectors import CONNECTORS
from renown.connectors.record_rows import group_rows
from renown.home.app_state import build_app_state
from renown.progress import NullProgress
from renown.records import LAKE_COLUMNS, PostDetails
from renown.runs.profiles import build_profiles
from renown.store import PublishedTables
from renown.web.people import find_by_name
from renown.web.profiles import load_profile
from test_pipeline import HEADER, acts

URI = "at://did:plc:b/app.bsky.feed.post/3k2a"
STATUS = "https://m.example/users/b/statuses/1"


@pytest.fixture
def build_profile(home):
    """Return a function that builds a person's profile."""

    def compute_profile(name):
        with home.reader() as engine, PublishedTables(home.days.find()) as published:
            subject = scoring.resolve_subject(name, engine, home.lake, home.people)
            [profile] = answers.compute_profiles([subject], home.people.all(), published, engine, home.lake)
        return profile

    return compute_profile


def test_shares_sum_to_the_score_and_to_100_percent(home, take, publish, build_profile):
    """By network and by signal, each with the base score."""
    take(HEADER, *acts(300))
    take(HEADER, *acts(200, seed=2), network="mastodon")
    take("account,at,followers,lists", f"u3,{DAY},500,3", table="profiles")
    home.people.add("ada", [("x", "u3"), ("mastodon", "u4")], at=NOW)
    publish()

    receipt = build_profile("ada").explanation.receipt
    shares = answers.compute_shares(receipt)

    assert {"x", "mastodon"} == {share.name for share in shares.networks}
    assert {row.signal for row in receipt.points} == {share.name for share in shares.signals}
    for parts in (shares.networks, shares.signals):
        assert receipt.score == pytest.approx(shares.base.points + sum(share.points for share in parts), abs=1e-9)
        assert 100 == pytest.approx(shares.base.percent + sum(share.percent for share in parts), abs=1e-9)
        assert [share.points for share in parts] == sorted((share.points for share in parts), reverse=True)


def test_posts_sum_all_signals(take, publish, build_profile):
    """Points over all signals, reactions by signal; reactions to no post belong to none."""
    reactions = [
        f"{actor},b,{DAY},{verb},{post}" for actor in "klmn" for verb, post in (("like", "p"), ("repost", "p"))
    ]
    further_reactions = [f"{actor},b,{DAY},like,q" for actor in "klm"] + [f"{actor},b,{DAY},mention," for actor in "kl"]
    take(HEADER, *(f"{row},{n}" for n, row in enumerate(reactions + further_reactions)))
    take("account,at,post,verb,count", f"b,{DAY},q,like,50", table="tallies")
    publish()

    profile = build_profile("x:b")
    signals = {signal.subject.signal: signal for signal in profile.explanation.signals}

    assert [("p", {"approval": 4, "amplification": 4}), ("q", {"approval": 50})] == [
        (post.post, post.reactions) for post in profile.posts
    ]
    for post in profile.posts:
        lines = [line for signal in signals.values() for line in signal.posts if line.name == post.post]
        assert post.points == pytest.approx(sum(line.points for line in lines), abs=1e-9)
        assert post.percent == pytest.approx(100 * post.points / profile.explanation.receipt.score)


def test_topics_sum_the_posts_with_a_tag(home, take, publish, build_profile):
    """Over all posts, also those that the receipt sums up; a post with two tags counts for both."""
    posts = [f"p{n:02}" for n in range(30)]
    rows = [f"{actor},b,{DAY},{verb},{post}" for post in posts for actor in "klm" for verb in ("like", "reply")]
    take(HEADER, *(f"{row},{n}" for n, row in enumerate(rows)))
    tags = {post: ["even", "all"] if n % 2 == 0 else ["all"] for n, post in enumerate(posts)}
    details = [
        PostDetails(
            network="x", account_id="b", post_id=post, title=None, url=None, at=NOW, tags=tuple(tags.get(post, ()))
        )
        for post in (*posts, "without reactions")
    ]
    with home.reader() as engine:
        ingest.import_directory(engine, home.lake, group_rows(details)["posts"], table="posts", network="x")
    publish()

    profile = build_profile("x:b")
    [every, even] = profile.topics
    signals = profile.explanation.signals

    assert ("all", "even") == (every.topic, even.topic)
    assert (30, 15) == (every.posts, even.posts)
    assert {"approval": 90, "conversation": 90} == every.reactions
    assert every.points == pytest.approx(
        sum(line.points for signal in signals for line in signal.posts if line.kind != "forgotten"), abs=1e-9
    )
    assert every.percent == pytest.approx(100 * every.points / profile.explanation.receipt.score)
    assert {post.post: tuple(tags[post.post]) for post in profile.posts} == {
        post.post: post.tags for post in profile.posts
    }


@pytest.fixture
def take_posts(home, tmp_path):
    """Return a function that imports rows of a CSV with details of posts."""

    def import_rows(header, *rows, network="x"):
        path = tmp_path / "posts.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        options = runs.ImportOptions(table="posts", network=network)
        limits = home.session_limits
        return runs.import_files(
            home.reader, home.lake, [path], options, limits=limits, now=NOW, progress=NullProgress()
        ).result

    return import_rows


def read_posts(home):
    """Return the title, URL, tags and instant of each row in the lake."""
    with home.reader() as engine:
        engine.scan("stored", home.lake.files("posts"), LAKE_COLUMNS["posts"])
        return engine.query("select title, url, tags, seen from stored")


def test_imported_details_name_posts_and_make_topics(take, take_posts, publish, build_profile):
    """Of a file as of a connector: the title, the link and the tags of each post that people reacted to."""
    take(HEADER, *(f"{actor},b,{DAY},like,{post},{actor}{post}" for post in "pq" for actor in "klm"))
    result = take_posts(
        "account,post,title,url,tags", 'b,p,"Rooms, and how to book",https://x.example/p,"How-To,Rooms"', "b,q,,,how-to"
    )
    publish()

    profile = build_profile("x:b")

    assert (2, 2, 0, 0) == (result.records, result.new, result.accounts, result.ambiguous_posts)
    assert {
        ("p", "Rooms, and how to book", "https://x.example/p", ("how-to", "rooms")),
        ("q", None, None, ("how-to",)),
    } == {(post.post, post.title, post.url, post.tags) for post in profile.posts}
    assert [("how-to", 2), ("rooms", 1)] == [(topic.topic, topic.posts) for topic in profile.topics]


def test_latest_title_link_and_tags_of_a_post_are_shown(take, take_posts, publish, build_profile):
    """Each the latest that is known, in receipts as among the posts."""
    take(HEADER, *(f"{actor},b,{DAY},like,p,{actor}p" for actor in "klm"))
    header = "account,post,title,url,tags,at"
    take_posts(header, "b,p,Old,https://x.example/old,old,1706700000", "b,p,New,,,1706700010", "b,p,,,new,1706700020")
    publish()

    profile = build_profile("x:b")

    [post] = profile.posts
    assert ("New", "https://x.example/old", ("new",)) == (post.title, post.url, post.tags)
    lines = {(line.title, line.url) for signal in profile.explanation.signals for line in signal.posts if line.name}
    assert {("New", "https://x.example/old")} == lines


def test_receipts_and_changes_name_posts(home, take, take_posts, publish, build_profile):
    """By title and address, on each line of a post, and the post that brought most; others by their id."""
    rows = [f"{fan},b,{DAY - timedelta(days=1)},repost,{post}" for fan in "cdef" for post in "pq"]
    take("actor,target,at,verb,post", *rows)
    take_posts("account,post,title,url", "b,p,Rooms,https://x.example/p")
    publish(DAY - timedelta(days=1))
    take("actor,target,at,verb,post", *(f"{fan},b,{DAY},repost,p" for fan in "ghij"))
    publish()
    profile = build_profile("x:b")

    names = {
        (line.name, line.title, line.url)
        for signal in profile.explanation.signals
        for line in signal.posts
        if line.name
    }
    assert {("p", "Rooms", "https://x.example/p"), ("q", None, None)} == names
    with home.reader() as engine:
        days = [home.days.find(day) for day in (DAY - timedelta(days=1), DAY)]
        subject = scoring.resolve_subject("x:b", engine, home.lake, home.people)
        with PublishedTables(days[0]) as first, PublishedTables(days[1]) as last:
            changes = answers.explain_changes(subject, first, last, engine, home.lake)
    best = changes.summary.best_post
    assert ("p", "Rooms", "https://x.example/p") == (best.post, best.title, best.url)


@pytest.mark.parametrize("width", [80, 10_000])
def test_long_titles_are_cut_to_the_terminal(take, take_posts, publish, build_profile, monkeypatch, width):
    """Each post is one line of the table, whatever its title; output for programs has all of it."""
    title = "How to [book] a room, " + "and what to do if somebody else is in it " * 3
    take("actor,target,at,verb,post", *(f"{fan},b,{DAY},repost,{post}" for fan in "cdef" for post in "pq"))
    take_posts("account,post,title", f'b,p,"{title}"', f"b,q,{'長' * 150}")
    publish()
    text = io.StringIO()
    monkeypatch.setattr(scores, "console", Console(file=text, width=width))

    scores.print_explanation(build_profile("x:b").explanation)

    lines = [line for line in text.getvalue().splitlines() if "x:b reposts" not in line]
    table = lines[next(number for number, line in enumerate(lines) if "from" in line and " on " in line) + 2 :][:4]
    assert ["c", "d", "e", "f"] == sorted(line.split()[0] for line in table)
    for start, whole in (("How to [book]", title.strip()), ("長長長長", "長" * 150)):
        (line,) = (line for line in lines if start in line)
        assert (whole in line, "…" in line) == (width > 80, width <= 80)


def test_page_names_the_best_post_by_its_id(home, take, publish):
    """With its own letters, where neither a title nor a time is known."""
    home.people.add("ada", [("x", "b")], at=NOW)
    take("actor,target,at,verb,post", *(f"{fan},b,{DAY - timedelta(days=1)},repost,Rooms" for fan in "cdef"))
    publish(DAY - timedelta(days=1))
    take("actor,target,at,verb,post", *(f"{fan},b,{DAY},repost,Rooms" for fan in "ghij"))
    publish()
    day = home.days.find()
    build_profiles(home.reader, home.lake, home.people, home.profiles, day, previous_day=home.days.find_previous(day))

    with TestClient(app_of(home), base_url="http://x") as client:
        assert "<bdi>Post Rooms</bdi> on" in client.get("/people/ada").text


def test_latest_details_of_a_post_count(home, take_posts):
    """Each by itself, in whichever order the files come; what is known, or older than what is known, adds nothing."""
    header = "account,post,title,tags,at"
    rows = ["b,p,New,,1706800020", "b,p,,a,1706800010", "b,p,Old,,1706800005"]

    first, again = take_posts(header, *rows), take_posts(header, *rows)
    older = take_posts(header, "b,p,Older,,1706800000", "b,p,,b,1706800001")
    now = take_posts("account,post,title,url", "b,p,New,https://x.example/p")

    assert [(3, 2, 1), (3, 0, 0), (2, 0, 0), (1, 1, 0)] == [
        (result.records, result.new, result.accounts) for result in (first, again, older, now)
    ]
    assert {
        ("New", None, None, 1706800020),
        ("New", "https://x.example/p", None, int(NOW.timestamp())),
        (None, None, "a", 1706800010),
    } == {*read_posts(home)}


def test_posts_in_several_rows_are_reported(take_posts):
    """A row for each tag has no instant that would tell which of them counts."""
    assert 1 == take_posts("account,post,tags", "b,p,a", "b,p,b", "b,q,a", "c,p,a").ambiguous_posts
    assert 0 == take_posts("account,post,title,tags", "b,r,,a", "b,r,T,").ambiguous_posts


def test_posts_of_opted_out_accounts_are_not_imported(home, take_posts):
    """Nor is their account; once they opt back in, the same file brings them."""
    home.people.opt_outs.add("x", "b", None)
    rows = ("account,post,title", "b,p,hers", "c,p,his")

    assert (1, 1, 1) == ((result := take_posts(*rows)).records, result.new, result.accounts)
    assert ["his"] == [row[0] for row in read_posts(home)]
    home.people.opt_outs.remove("x", "b")
    assert (2, 1, 1) == ((result := take_posts(*rows)).records, result.new, result.accounts)


def test_topics_count_a_repository_once(home, take, publish, build_profile):
    """Its stars of each day are stored as a post with the day in its id, and the address of the repository."""
    days = [f"100/2026-11-{day}" for day in (10, 11)]
    take(HEADER, *(f"{actor},b,{DAY},like,{post},{actor}{post}" for post in (*days, "7") for actor in "klm"))
    details = [
        PostDetails(network="x", account_id="b", post_id=post, title=None, url=url, at=NOW, tags=("c",))
        for post, url in [*((post, "https://a.example/100") for post in days), ("7", None)]
    ]
    with home.reader() as engine:
        ingest.import_directory(engine, home.lake, group_rows(details)["posts"], table="posts", network="x")
    publish()

    [topic] = build_profile("x:b").topics

    assert ("c", 2, {"approval": 9}) == (topic.topic, topic.posts, topic.reactions)


def test_topics_on_the_page_in_the_api_and_in_the_command(tmp_path):
    """The same in all; the page lists them below the posts, the API also as CSV."""
    home = community.create_community(tmp_path / "home")
    with TestClient(app_of(home), base_url="http://x") as client:
        body = client.get("/api/people/ann/topics").json()
        csv = client.get("/api/people/ann/topics", headers={"Accept": "text/csv"}).text.splitlines()
        page, other_page = (client.get(f"/people/{name}").text for name in ("ann", "cat"))
        posts = client.get("/api/people/ann/posts").json()["posts"]
    command = ["--home", str(home.settings.home), "topics"]
    printed, table, none = (
        CliRunner().invoke(app, [*command, *arguments]).output for arguments in (["ann", "--json"], ["ann"], ["cat"])
    )

    assert body == json.loads(printed)
    assert ["python", "open data"] == [topic["topic"] for topic in body["topics"]]
    assert [2, 1] == [topic["posts"] for topic in body["topics"]]
    tagged = [post for post in posts if "python" in post["tags"]]
    assert body["topics"][0]["points"] == pytest.approx(sum(post["points"] for post in tagged), abs=1e-9)
    assert csv[0].startswith("topic,points,percent,posts")
    assert csv[1].startswith("python,")
    assert "<bdi>open data</bdi>" in page
    assert "Topics</h3>" not in other_page
    assert f"{body['topics'][0]['points']:.2f}" in table
    assert "no post of cat with points" in none


def test_posts_beyond_a_receipts_top_are_counted_whole(take, publish, build_profile):
    """Posts that a receipt sums up as others have their own points here, up to `MAX_POSTS`."""
    rows = [
        f"{actor},b,{DAY},{verb},p{n:02}"
        for n in range(40)
        for actor in "klmn"[: 1 + n % 4]
        for verb in ("like", "reply")
    ]
    take(HEADER, *(f"{row},{n}" for n, row in enumerate(rows)))
    publish()

    profile = build_profile("x:b")

    assert MAX_POSTS == len(profile.posts)
    assert all({"approval", "conversation"} == set(post.reactions) for post in profile.posts)
    assert [post.points for post in profile.posts] == sorted((post.points for post in profile.posts), reverse=True)


def test_post_urls(home, take, publish, build_profile):
    """URLs are derived from ids on known networks, and are http or https only."""
    unsafe = [
        "javascript:alert(1)",
        "https://m.example/a b",
        "https://ada@m.example/1",
        "data:text/html;x",
        'http://m/"x',
    ]
    take(HEADER, *(f"{actor},b,{DAY},like,{URI},{actor}" for actor in "klm"), network="bluesky")
    reactions = [
        f"{actor},b,{DAY},like,{post},{actor}{n}" for n, post in enumerate([STATUS, *unsafe[:4]]) for actor in "klm"
    ]
    take(HEADER, *reactions, network="mastodon")
    take(HEADER, *(f"{actor},b,{DAY},like,{STATUS},{actor}" for actor in "klm"), network="x")
    home.people.add("ada", [(network, "b") for network in ("bluesky", "mastodon", "x")], at=NOW)
    publish()

    urls = {(post.network, post.post): post.url for post in build_profile("ada").posts}

    assert 7 == len(urls)
    assert {("bluesky", URI): "https://bsky.app/profile/did:plc:b/post/3k2a", ("mastodon", STATUS): STATUS} == {
        key: url for key, url in urls.items() if url
    }
    assert not [post_id for connector in CONNECTORS.values() for post_id in unsafe if connector.post_url(post_id)]


@pytest.mark.home
def test_profiles_of_an_older_version_are_rebuilt(tmp_path):
    """A profile that lacks newer fields can be read, but is not current."""
    home = community.create_community(tmp_path / "home")
    site = build_app_state(home)
    subject = find_by_name(site, "ann")
    expected = load_profile(site, subject)
    _, body = home.profiles.find(subject.key)
    for missing_field in ("posts", "range"):
        old_profile = json.loads(body)
        del old_profile[missing_field]
        home.profiles.update(subject.key, json.dumps(old_profile).encode())

        assert not answers.load_profile(home.profiles, subject.key).matches(subject)
        assert expected == load_profile(site, subject)


@pytest.mark.home
def test_shares_and_posts_in_the_api(tmp_path):
    """Of visible people only."""
    home = community.create_community(tmp_path / "home")
    with TestClient(app_of(home), base_url="http://x/api") as client:
        person, body = (client.get(f"/people/ann{suffix}").json() for suffix in ("", "/posts"))
        unclaimed = client.get("/people/x:dan/posts")

    assert person["score"]["score"] == pytest.approx(
        person["shares"]["base"]["points"] + sum(share["points"] for share in person["shares"]["networks"])
    )
    assert ("ann", f"{DAY}") == (body["name"], body["day"])
    assert person["range"]["low"] < person["score"]["score"] < person["range"]["high"]
    assert {"x", "bluesky"} == {post["network"] for post in body["posts"]}
    assert 404 == unclaimed.status_code
