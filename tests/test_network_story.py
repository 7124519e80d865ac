"""One person on nine networks and with three exports: collected, scored, explained; then a reaction is taken back."""

import json
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from blog_server import BlogServer
from community import PLENTY
from forum_servers import Forum as VoteForum
from forum_servers import ForumAnswer, ForumPost, HackerNewsForum, LemmyForum, StackExchangeForum
from http_server import Site
from mastodon_server import Network
from renown import cli
from renown.home import open_home
from renown.home.app_state import build_app_state
from renown.web.app import make_app
from renown.web.pages.formatting import network_label
from test_discourse import Forum
from test_github import Github
from test_misskey import Misskey
from test_youtube import Youtube

NOW = datetime.now(UTC)
LATELY = NOW - timedelta(days=2)
ARCHIVES = Path(__file__).parent / "archives"


@dataclass(kw_only=True)
class NetworkStory:
    """What to type for an account on a network, what it has there, and what is taken back."""

    name: str
    approvals: int = 8
    """Likes, votes or stars that the account has."""
    observed: list[str]
    take_back: Callable[[], object]


def tell_github(site: Site) -> NetworkStory:
    """Eight stars, of which one is taken back."""
    server = Github()
    site.script = [server]
    server.stars = [(f"fan{number}", LATELY - timedelta(minutes=number)) for number in range(8, 0, -1)]
    observed = ["comment", "fork", "star"]
    return NetworkStory(name="https://github.com/Ada", observed=observed, take_back=server.stars.pop)


def tell_youtube(site: Site) -> NetworkStory:
    """Forty likes without names, and three comments."""
    server = Youtube()
    site.script = [server]
    server.now = NOW
    video = server.publish(2, likes=40)
    for number in range(3):
        server.comment(video, f"UCfan{number}")

    def take_back() -> None:
        server.videos[video]["likes"] -= 1

    name = "https://www.youtube.com/@ada"
    return NetworkStory(name=name, approvals=40, observed=["comment"], take_back=take_back)


def tell_discourse(site: Site) -> NetworkStory:
    """Eight likes with names, and a reply."""
    server = Forum()
    site.script = [server]
    server.now = NOW
    post = server.post(topic=1, days=2)
    server.likes[post] = list(range(20, 28))
    server.post(topic=1, user=20)
    observed = ["answer", "like", "reply"]
    return NetworkStory(name="https://forum.example/u/ada", observed=observed, take_back=server.likes[post].pop)


def tell_mastodon(site: Site) -> NetworkStory:
    """Eight likes, three boosts and a reply."""
    server = Network(site)
    fans = [f"fan{number}" for number in range(8)]
    server.posts("ada", 1, at=LATELY, likes=fans, boosts=fans[:3], replies=fans[:1])
    observed = ["like", "quote", "reply", "repost"]
    name = "https://example.social/@ada"
    return NetworkStory(name=name, observed=observed, take_back=lambda: server.takes_back_like("ada", 1))


def tell_misskey(site: Site) -> NetworkStory:
    """Eight reactions, three renotes and a reply."""
    server = Misskey(NOW)
    site.script = [server]
    note = server.note(2, likes=8, renotes=3, replies=1)
    observed = ["like", "quote", "reply", "repost"]
    name = "https://misskey.example/@ada"
    return NetworkStory(name=name, observed=observed, take_back=lambda: server.remove(note, "fan0"))


def tell_votes(site: Site, server: VoteForum, observed: list[str]) -> NetworkStory:
    """Eight votes without names, and two answers."""
    site.script = [server]
    answers = [ForumAnswer(2_000 + number, number, LATELY) for number in range(2)]
    post = ForumPost(1_000, LATELY, votes=8, answers=answers)
    server.posts.append(post)

    def take_back() -> None:
        post.votes -= 1

    return NetworkStory(name=server.url, observed=observed, take_back=take_back)


def tell_blog(site: Site) -> NetworkStory:
    """Eight likes and a reply of other sites."""
    server = BlogServer()
    site.script = [server]
    for number in range(9):
        kind = "like-of" if number else "in-reply-to"
        server.list_mention(number, f"https://fan{number}.example/1", kind, LATELY)
    observed = ["like", "mention", "reply", "repost"]
    return NetworkStory(name="https://ada.example", observed=observed, take_back=server.mentions.pop)


STORIES: dict[str, Callable[[Site], NetworkStory]] = {
    "github": tell_github,
    "youtube": tell_youtube,
    "discourse": tell_discourse,
    "mastodon": tell_mastodon,
    "misskey": tell_misskey,
    "hackernews": lambda site: tell_votes(site, HackerNewsForum(), ["comment", "reply"]),
    "stackexchange": lambda site: tell_votes(site, StackExchangeForum(), ["answer", "comment", "reply", "star"]),
    "lemmy": lambda site: tell_votes(site, LemmyForum(), ["comment", "reply"]),
    "blog": tell_blog,
}
EXPORTS = {
    "tiktok-export": ("new", {"2024-02-01": f"{LATELY:%Y-%m-%d}", "2024-02-02": f"{LATELY:%Y-%m-%d}"}),
    "linkedin-export": ("complete", {"2024/01/05": f"{LATELY:%Y/%m/%d}"}),
    "instagram-export": ("english", {"1690000000": str(int(LATELY.timestamp()))}),
}
"""Kind of an export to its case in `archives/`, and dates in it that become recent ones."""


@pytest.fixture
def networks(monkeypatch):
    """Return the stories by network; the settings name their servers."""
    stories, sites = {}, []
    for network, tell in STORIES.items():
        site = Site()
        stories[network] = tell(site)
        threading.Thread(target=site.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv(f"RENOWN_{network.upper()}_SERVER", site.url)
        monkeypatch.setenv(f"RENOWN_{network.upper()}_PRIVATE", "true")
        sites.append(site)
    yield stories
    for site in sites:
        site.shutdown()
        site.server_close()


@pytest.fixture
def exports(tmp_path):
    """Return the paths of the exports by kind, with recent dates."""
    paths = {}
    for kind, (case, dates) in EXPORTS.items():
        paths[kind] = Path(shutil.copytree(ARCHIVES / kind / case, tmp_path / kind))
        for file in (file for file in paths[kind].rglob("*") if file.is_file()):
            text = file.read_text(encoding="utf-8")
            for old, new in dates.items():
                text = text.replace(old, new)
            file.write_text(text, encoding="utf-8")
    return paths


class CommandLine:
    """A home."""

    def __init__(self, path):
        self.path = path

    def run(self, *words, text=None):
        """Run a command; return its output."""
        result = CliRunner().invoke(cli.app, ["--home", str(self.path), *map(str, words)], input=text)
        assert 0 == result.exit_code, result.output
        return result.output

    def receipt(self):
        """Collect and score; return the signals of the receipt by network and name, and check that points add up."""
        for line in self.run("collect", "--json").splitlines():
            summary = json.loads(line)
            # Accounts of exports cannot be read without the person's own sign-in.
            is_read = summary["network"] in STORIES
            assert not is_read or (True, "") == (summary["complete"], summary["message"]), summary["network"]
        self.run("score")
        explanation = json.loads(self.run("explain", "ada", "--json"))
        receipt = explanation["receipt"]
        points = sum(row["points"] for row in receipt["points"])
        assert receipt["score"] == pytest.approx(receipt["base_score"] + points, abs=1e-9)
        return {
            (signal["subject"]["network"], signal["subject"]["signal"]): signal for signal in explanation["signals"]
        }


@pytest.mark.proof
def test_reaction_that_is_taken_back_leaves_the_receipt(networks, exports, tmp_path):
    """On every network, whether reactions have names or are counted; everything else stays as it was."""
    renown = CommandLine(tmp_path / "home")
    renown.run("init")
    renown.run("credentials", "set", "youtube", text="AIzaKey\n")
    names = [word for network, story in networks.items() for word in (f"--{network}", story.name)]
    assert "terms of use of youtube" in renown.run("add", "ada", *names)
    for kind, path in exports.items():
        renown.run("import", kind, path, "--claim", "ada")
    before = renown.receipt()
    check_pages(renown.path)
    for story in networks.values():
        story.take_back()
    after = renown.receipt()

    assert {*networks, "tiktok", "linkedin", "instagram"} <= {network for network, _ in before}
    for network, story in networks.items():
        acts = [sum(line["count"] for line in receipt[network, "approval"]["actors"]) for receipt in (before, after)]
        assert [story.approvals, story.approvals - 1] == acts, network
        received = [receipt[network, "approval"]["subject"]["received"] for receipt in (before, after)]
        assert received[1] < received[0], network
    others = {key for key in before if key[1] != "approval" or key[0] not in networks}
    assert {(network, "conversation") for network in networks if network != "github"} <= others
    assert {("github", "audience"), ("mastodon", "amplification"), ("tiktok", "approval")} <= others
    assert {key: before[key]["subject"]["received"] for key in others} == {
        key: after[key]["subject"]["received"] for key in others
    }
    people = {line["name"] for line in after["youtube", "conversation"]["actors"]}
    assert {"youtube:@UCfan0", "youtube:@UCfan1", "youtube:@UCfan2"} == people
    assert {"discourse:user20@forum.example"} == {line["name"] for line in after["discourse", "conversation"]["actors"]}
    assert {"blog:fan0.example"} == {line["name"] for line in after["blog", "conversation"]["actors"]}
    accounts = {row["network"]: row["accounts"][0] for row in json.loads(renown.run("status", "--json"))["networks"]}
    assert {network: story.observed for network, story in networks.items()} == {
        network: list(accounts[network]["observed"]) for network in networks
    }


def check_pages(path):
    """Check that interface and page have all networks, and points that add up to the score."""
    app = make_app(build_app_state(open_home(path, {})), PLENTY, clock=time.time)
    with TestClient(app) as client:
        receipt = client.get("/api/people/ada/receipt").json()["receipt"]
        page = client.get("/people/ada").text
    rows = receipt["points"]
    assert receipt["score"] == pytest.approx(receipt["base_score"] + sum(row["points"] for row in rows), abs=1e-6)
    assert set(STORIES) <= {row["network"] for row in rows}
    assert [] == [network for network in STORIES if f"{network_label(network)}: <" not in page]
