"""Shares of a score, and the posts that brought most of it."""

import json

import pytest
from starlette.testclient import TestClient

import community
from community import app_of
from conftest import DAY, NOW
from renown import answers
from renown.answers.posts import MOST
from renown.connectors import CONNECTORS
from renown.store import Published
from test_river import HEADER, acts

URI = "at://did:plc:b/app.bsky.feed.post/3k2a"
STATUS = "https://m.example/users/b/statuses/1"


@pytest.fixture
def portray(home):
    """Return a function that portrays somebody."""

    def portray_one(asked):
        with home.reader() as engine, Published(home.days.find()) as published:
            who = answers.who(asked, engine, home.lake, home.people)
            [drawn] = answers.portraits([who], home.people.all(), published, engine, home.lake)
        return drawn

    return portray_one


def test_shares_sum_to_the_score_and_to_all_of_it(home, take, publish, portray):
    """By network and by signal, each with what everybody has."""
    take(HEADER, *acts(300))
    take(HEADER, *acts(200, seed=2), network="mastodon")
    take("account,at,followers,lists", f"u3,{DAY},500,3", table="profiles")
    home.people.add("ada", [("x", "u3"), ("mastodon", "u4")], at=NOW)
    publish()

    told = portray("ada").explanation.receipt
    found = answers.shares(told)

    assert {"x", "mastodon"} == {share.name for share in found.networks}
    assert {row.signal for row in told.points} == {share.name for share in found.signals}
    for cut in (found.networks, found.signals):
        assert told.score == pytest.approx(found.everybody.points + sum(share.points for share in cut), abs=1e-9)
        assert 100 == pytest.approx(found.everybody.percent + sum(share.percent for share in cut), abs=1e-9)
        assert [share.points for share in cut] == sorted((share.points for share in cut), reverse=True)


def test_a_post_has_all_its_signals_together(take, publish, portray):
    """Points over all signals, acts by signal; acts on no post are no post's."""
    crowd = [f"{who},b,{DAY},{verb},{post}" for who in "klmn" for verb, post in (("like", "p"), ("repost", "p"))]
    more = [f"{who},b,{DAY},like,q" for who in "klm"] + [f"{who},b,{DAY},mention," for who in "kl"]
    take(HEADER, *(f"{row},{n}" for n, row in enumerate(crowd + more)))
    take("account,at,post,verb,count", f"b,{DAY},q,like,50", table="tallies")
    publish()

    drawn = portray("x:b")
    signals = {signal.of.signal: signal for signal in drawn.explanation.signals}

    assert [("p", {"approval": 4, "amplification": 4}), ("q", {"approval": 50})] == [
        (post.post, post.reactions) for post in drawn.posts
    ]
    for post in drawn.posts:
        lines = [line for signal in signals.values() for line in signal.posts if line.name == post.post]
        assert post.points == pytest.approx(sum(line.points for line in lines), abs=1e-9)
        assert post.percent == pytest.approx(100 * post.points / drawn.explanation.receipt.score)


def test_a_post_below_the_named_of_a_signal_counts_whole(take, publish, portray):
    """What a receipt sums up as others is a post's own here; no more than some are told."""
    rows = [
        f"{who},b,{DAY},{verb},p{n:02}" for n in range(40) for who in "klmn"[: 1 + n % 4] for verb in ("like", "reply")
    ]
    take(HEADER, *(f"{row},{n}" for n, row in enumerate(rows)))
    publish()

    drawn = portray("x:b")

    assert MOST == len(drawn.posts)
    assert all({"approval", "conversation"} == set(post.reactions) for post in drawn.posts)
    assert [post.points for post in drawn.posts] == sorted((post.points for post in drawn.posts), reverse=True)


def test_posts_have_addresses_where_their_ids_say_so(home, take, publish, portray):
    """Of networks that are known to; nothing but http and https."""
    odd = ["javascript:alert(1)", "https://m.example/a b", "https://ada@m.example/1", "data:text/html;x", 'http://m/"x']
    take(HEADER, *(f"{who},b,{DAY},like,{URI},{who}" for who in "klm"), network="bluesky")
    toots = [f"{who},b,{DAY},like,{post},{who}{n}" for n, post in enumerate([STATUS, *odd[:4]]) for who in "klm"]
    take(HEADER, *toots, network="mastodon")
    take(HEADER, *(f"{who},b,{DAY},like,{STATUS},{who}" for who in "klm"), network="x")
    home.people.add("ada", [(network, "b") for network in ("bluesky", "mastodon", "x")], at=NOW)
    publish()

    found = {(post.network, post.post): post.address for post in portray("ada").posts}

    assert 7 == len(found)
    assert {("bluesky", URI): "https://bsky.app/profile/did:plc:b/post/3k2a", ("mastodon", STATUS): STATUS} == {
        spot: address for spot, address in found.items() if address
    }
    assert not [text for each in CONNECTORS.values() for text in odd if each.post_address(text)]


def test_a_portrait_of_an_older_renown_is_made_anew(tmp_path):
    """It can be read, lacks what was not told then, and is not taken for a whole one."""
    home = community.settled(tmp_path / "home")
    site = home.site()
    found = site.find("ann")
    whole = site.portrait(found)
    _, body = home.portraits.find(found.key)
    for lacking in ("posts", "range"):
        old = json.loads(body)
        del old[lacking]
        home.portraits.replace(found.key, json.dumps(old).encode())

        assert not answers.kept(home.portraits, found.key).is_of(found)
        assert whole == site.portrait(found)


def test_the_api_tells_shares_and_posts(tmp_path):
    """Of who is shown."""
    home = community.settled(tmp_path / "home")
    with TestClient(app_of(home), base_url="http://x/api") as client:
        person, told = (client.get(f"/people/ann{what}").json() for what in ("", "/posts"))
        stranger = client.get("/people/x:dan/posts")

    assert person["score"]["score"] == pytest.approx(
        person["shares"]["everybody"]["points"] + sum(share["points"] for share in person["shares"]["networks"])
    )
    assert ("ann", f"{DAY}") == (told["who"], told["day"])
    assert person["range"]["low"] < person["score"]["score"] < person["range"]["high"]
    assert {"x", "bluesky"} == {post["network"] for post in told["posts"]}
    assert 404 == stranger.status_code
