"""One person on several networks: added, collected, scored, explained; then a reaction is taken back on each."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from http_server import Site
from renown import cli
from test_discourse import Forum
from test_github import Github
from test_youtube import Youtube

NOW = datetime.now(UTC)


@dataclass
class NetworkStory:
    """A network's server, what to type for the account, and what is taken back there."""

    server: Callable
    """Answers requests."""
    name: str
    approvals: int
    """Likes or stars that the account has."""
    observed: list[str]
    take_back: Callable[[], object]


def tell_github() -> NetworkStory:
    """Twelve stars, of which one is taken back."""
    server = Github()
    server.stars = [(f"fan{number}", NOW - timedelta(days=2, minutes=number)) for number in range(8, 0, -1)]
    return NetworkStory(server, "https://github.com/Ada", 8, ["comment", "fork", "star"], server.stars.pop)


def tell_youtube() -> NetworkStory:
    """Forty likes without names, and three comments."""
    server = Youtube()
    server.now = NOW
    video = server.publish(2, likes=40)
    for number in range(3):
        server.comment(video, f"UCfan{number}")

    def take_back() -> None:
        server.videos[video]["likes"] -= 1

    return NetworkStory(server, "https://www.youtube.com/@ada", 40, ["comment"], take_back)


def tell_discourse() -> NetworkStory:
    """Eight likes with names, and a reply."""
    server = Forum()
    server.now = NOW
    post = server.post(topic=1, days=2)
    server.likes[post] = list(range(20, 28))
    server.post(topic=1, user=20)
    observed = ["answer", "like", "reply"]
    return NetworkStory(server, "https://forum.example/u/ada", 8, observed, server.likes[post].pop)


STORIES = {"github": tell_github, "youtube": tell_youtube, "discourse": tell_discourse}


@pytest.fixture
def networks(monkeypatch):
    """Return the stories by network; the settings name their servers."""
    stories, sites = {network: tell() for network, tell in STORIES.items()}, []
    for network, story in stories.items():
        site = Site()
        site.script = [story.server]
        threading.Thread(target=site.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv(f"RENOWN_{network.upper()}_SERVER", site.url)
        monkeypatch.setenv(f"RENOWN_{network.upper()}_PRIVATE", "true")
        sites.append(site)
    yield stories
    for site in sites:
        site.shutdown()
        site.server_close()


class CommandLine:
    """A home."""

    def __init__(self, path):
        self.path = path

    def run(self, *words, text=None):
        """Run a command; return its output."""
        result = CliRunner().invoke(cli.app, ["--home", str(self.path), *words], input=text)
        assert 0 == result.exit_code, result.output
        return result.output

    def receipt(self):
        """Collect and score; return the signals of the receipt by network and name."""
        for line in self.run("collect", "--json").splitlines():
            summary = json.loads(line)
            assert (True, "") == (summary["complete"], summary["message"]), summary["network"]
        self.run("score")
        signals = json.loads(self.run("explain", "ada", "--json"))["signals"]
        return {(signal["subject"]["network"], signal["subject"]["signal"]): signal for signal in signals}


@pytest.mark.proof
def test_reaction_that_is_taken_back_leaves_the_receipt(networks, tmp_path):
    """On every network, whether reactions have names or are counted; everything else stays as it was."""
    renown = CommandLine(tmp_path / "home")
    renown.run("init")
    renown.run("credentials", "set", "youtube", text="AIzaKey\n")
    names = [word for network, story in networks.items() for word in (f"--{network}", story.name)]
    assert "terms of use of youtube" in renown.run("add", "ada", *names)
    before = renown.receipt()
    for story in networks.values():
        story.take_back()
    after = renown.receipt()

    for network, story in networks.items():
        acts = [sum(line["count"] for line in receipt[network, "approval"]["actors"]) for receipt in (before, after)]
        assert [story.approvals, story.approvals - 1] == acts
        received = [receipt[network, "approval"]["subject"]["received"] for receipt in (before, after)]
        assert received[1] < received[0]
    others = {key for key in before if key[1] != "approval"}
    assert {("youtube", "conversation"), ("discourse", "conversation"), ("github", "audience")} <= others
    assert {key: before[key]["subject"]["received"] for key in others} == {
        key: after[key]["subject"]["received"] for key in others
    }
    people = {line["name"] for line in after["youtube", "conversation"]["actors"]}
    assert {"youtube:@UCfan0", "youtube:@UCfan1", "youtube:@UCfan2"} == people
    assert {"discourse:user20@forum.example"} == {line["name"] for line in after["discourse", "conversation"]["actors"]}
    accounts = {row["network"]: row["accounts"][0] for row in json.loads(renown.run("status", "--json"))["networks"]}
    assert {network: story.observed for network, story in networks.items()} == {
        network: list(account["observed"]) for network, account in accounts.items()
    }
