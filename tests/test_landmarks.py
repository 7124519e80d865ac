"""Landmarks: public figures on an operator's list, and the ruler on which scores stand beside them."""

import dataclasses
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

import community
from conftest import DAY, METHOD_2
from renown import answers
from renown.answers.ruler import _find_score
from renown.errors import InvalidSettingsError
from renown.home import open_home
from renown.home.app_state import build_app_state
from renown.scoring import PublicCounts, score_public_counts
from renown.store import PublishedTables

ENTRY = """
[[landmarks]]
name = "The <b>observatory</b>"
network = "x"
account_id = "900"
day = 2024-01-31
source = "https://x.example/observatory"
followers = 50_000
reactions = { like = 900, repost = 90 }
"""


@pytest.fixture(scope="module")
def listed_home(tmp_path_factory):
    """Return a community whose operator lists a landmark, which is not in the lake."""
    home = community.create_community(tmp_path_factory.mktemp("landmarks") / "home")
    (home.settings.home / "landmarks.toml").write_text(ENTRY, encoding="utf-8")
    return open_home(home.settings.home, {"RENOWN_LANDMARKS": "landmarks.toml"})


@pytest.fixture(scope="module")
def state(listed_home):
    """Return the state of the site of that home."""
    return build_app_state(listed_home)


def fetch(state, path):
    """Fetch a page or route of a site."""
    with TestClient(community.make_app(state, community.PLENTY, clock=lambda: 0.0), base_url="http://x") as client:
        return client.get(path)


def test_landmark_scores_like_an_account_with_the_same_counts(home, take, publish):
    """An account whose counts a network told is scored the same, whether or not it has lists and reactions."""
    rows = [
        f"700,p{age},{verb},{count // 90},{DAY - timedelta(days=age)}"
        for verb, count in (("like", 900), ("repost", 90))
        for age in range(90)
    ]
    take("account,post,verb,count,at", *rows, table="tallies", network="bluesky")
    take(
        "account,at,followers,lists",
        *(f"700,{DAY},50000,400", f"701,{DAY},50000,"),
        table="profiles",
        network="bluesky",
    )
    with PublishedTables(publish()) as published:
        scores = {row.name: row.score for row in published.read_top_scores(9)}
    account = PublicCounts(network="bluesky", followers=50_000, lists=400, reactions={"like": 900, "repost": 90})

    with home.reader() as engine:
        [score] = score_public_counts(engine, home.method, [account])
    assert scores["bluesky:700"] == pytest.approx(score, abs=1e-9)
    assert 30 < scores["bluesky:701"] < score < 80


@pytest.mark.parametrize("method", ["2.1", "3"])
def test_more_counts_never_lower_a_landmark(home, method):
    """Followers and lists raise the score, by methods with and without a ledger."""
    scoring_method = METHOD_2 if method == "2.1" else home.method
    figures = [(0, 0), (1_000, 0), (1_000, 90), (1_000_000, 90), (1_000_000, 9_000)]
    counts = [PublicCounts(network="x", followers=followers, lists=lists) for followers, lists in figures]

    with home.reader() as engine:
        scores = score_public_counts(engine, scoring_method, counts)
    assert sorted(set(scores)) == scores


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ENTRY.replace("followers", "folowers"), "unknown field `folowers`"),
        (ENTRY.replace("like = 900", "likes = 900"), "did you mean 'like'"),
        (ENTRY.replace("https://x.example/observatory", "javascript:alert(1)"), "regex"),
        (ENTRY.replace("50_000", "-1"), ">= 0"),
        (ENTRY.replace('account_id = "900"\n', ""), "missing required field `account_id`"),
        (ENTRY.split("followers", maxsplit=1)[0], "has no counts"),
        (ENTRY + ENTRY, "x:900 2 times"),
        ("landmarks", "serve.landmarks"),
        ("score = 99", "unknown field `score`"),
    ],
)
def test_invalid_lists_say_what_is_wrong(tmp_path, text, message):
    """The error names the file and the entry or field."""
    path = tmp_path / "landmarks.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InvalidSettingsError, match=r"landmarks\.toml") as raised:
        answers.read_landmarks(path)
    assert message in str(raised.value)


def test_landmarks_are_on_the_ruler_with_source_and_day(state):
    """The page and the API show the same; names are shown as written."""
    ruler = fetch(state, "/api/people/ann/ruler").json()
    page = fetch(state, "/people/ann").text

    [landmark] = ruler["landmarks"]
    assert ("2024-01-31", "https://x.example/observatory") == (landmark["day"], landmark["source"])
    assert landmark["score"] == state.landmarks[0].score
    assert "The &lt;b&gt;observatory&lt;/b&gt;" in page
    assert 'href="https://x.example/observatory"' in page
    assert "31 Jan 2024" in page


def test_nothing_is_shown_by_default(state):
    """Without a list, the ruler has the person, the goal and the people here."""
    unlisted = dataclasses.replace(state, landmarks=())

    assert [] == fetch(unlisted, "/api/people/ann/ruler").json()["landmarks"]
    assert "public figure" not in fetch(unlisted, "/people/ann").text.casefold()


def test_landmark_beside_its_own_page(state):
    """The landmark is left out of the ruler of the person who claimed its account, but not of others."""
    landmark = dataclasses.replace(state.landmarks[0], account_id="102")
    listed = dataclasses.replace(state, landmarks=(landmark,))

    assert [] == fetch(listed, "/api/people/bob/ruler").json()["landmarks"]
    assert [landmark.name] == [row["name"] for row in fetch(listed, "/api/people/ann/ruler").json()["landmarks"]]


def test_opt_out_hides_a_landmark(listed_home):
    """At once, with the caches of copies; opting in shows it again."""
    state, opt_outs = build_app_state(listed_home), listed_home.people.opt_outs
    opt_outs.add("x", "900")
    try:
        assert [] == fetch(state, "/api/people/ann/ruler").json()["landmarks"]
    finally:
        opt_outs.remove("x", "900")
    assert 1 == len(fetch(state, "/api/people/ann/ruler").json()["landmarks"])


@given(st.lists(st.integers(0, 6), min_size=1, max_size=40).map(lambda scores: sorted(scores, reverse=True)), st.data())
def test_scores_that_a_share_of_people_reach(scores, data):
    """Hidden people do not count."""
    hidden = data.draw(st.lists(st.sampled_from(range(len(scores))), unique=True, max_size=len(scores) - 1))
    shown = [score for index, score in enumerate(scores) if index not in hidden]
    target = data.draw(st.integers(1, len(shown)))
    ranks = sorted(scores.index(scores[index]) + 1 for index in hidden)
    people_by_score = [(score * 100, scores.count(score)) for score in sorted(set(scores), reverse=True)]

    assert shown[target - 1] == _find_score(people_by_score, target, ranks)
