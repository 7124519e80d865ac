"""Pages of accounts on their networks: links to them, and names from them."""

import contextlib
from functools import partial

import pytest

from conftest import NOW
from renown.connectors import CONNECTORS
from renown.connectors.profile_urls import build_profile_url, match_profile_url, normalize_name
from renown.errors import InvalidInputError, RenownError
from renown.web.pages import templates


@pytest.mark.parametrize(
    ("network", "text", "name"),
    [
        ("github", "https://github.com/octocat", "octocat"),
        ("github", " http://www.github.com/octocat/#top ", "octocat"),
        ("github", "octocat", "octocat"),
        ("bluesky", "https://bsky.app/profile/ada.bsky.social", "ada.bsky.social"),
        ("bluesky", "https://bsky.app/profile/did:plc:abc", "did:plc:abc"),
        ("mastodon", "https://example.social/@ada", "@ada@example.social"),
        ("x", "https://x.com/ada?s=20", "ada"),
        ("x", "https://twitter.com/ada", "ada"),
        ("x", "https://x.com/i/user/2244994945", "2244994945"),
        ("threads", "https://www.threads.net/@ada.l", "ada.l"),
        ("instagram", "https://www.instagram.com/ada.l/?hl=en", "ada.l"),
        ("farcaster", "https://farcaster.xyz/ada", "ada"),
        ("mastodon", "https://example.social/users/ada?page=1", "@ada@example.social"),
        ("mastodon", "@ada@example.social", "@ada@example.social"),
        ("youtube", "https://www.youtube.com/@ada/videos", "ada"),
        ("youtube", "https://m.youtube.com/channel/UCada0000000000000000000/about", "UCada0000000000000000000"),
        ("youtube", "https://youtube.com/user/ada", "user/ada"),
        ("youtube", "https://youtube.com/c/ada", "ada"),
        ("stackexchange", "https://math.stackexchange.com/users/7/ada", "7@math.stackexchange.com"),
        ("hackernews", "https://news.ycombinator.com/user?id=Ada", "Ada"),
        ("lemmy", "https://lemmy.ml/u/ada@lemmy.world", "@ada@lemmy.world"),
        ("discourse", "https://forum.example/talk/u/ada/summary", "@ada@forum.example/talk"),
        ("nostr", "https://primal.net/p/npub10x", "npub10x"),
        ("misskey", "https://misskey.example/@ada", "@ada@misskey.example"),
        ("misskey", "https://calc.example/@ada", "calc.example/@ada"),
        ("lemmy", "https://lemmy.ml/u/ada/?page=2#top", "@ada@lemmy.ml"),
        ("github", "HTTPS://www.github.com/octocat/", "octocat"),
        ("youtube", "youtube.com/@ada", "ada"),
        ("stackexchange", "www.stackoverflow.com/users/7/ada", "7@stackoverflow.com"),
        ("discourse", "ada@forum.example/talk", "ada@forum.example/talk"),
    ],
)
def test_name_is_taken_from_the_url_of_a_page(network, text, name):
    """As people copy it from the address bar."""
    assert name == normalize_name(CONNECTORS[network], text)


@pytest.mark.parametrize("network", CONNECTORS)
def test_long_name_is_cut_in_the_message(network, client):
    """Whoever pasted a text gets one line."""
    connector = CONNECTORS[network]
    with pytest.raises(RenownError) as refused:
        connector.find(client(api=connector.api), f"{'a' * 5000} b", now=NOW)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("network", CONNECTORS)
@pytest.mark.parametrize("text", ["https://[x/u/ada", "https://[x]/@ada", "https://a\uff0fb.example/users/7/ada"])
def test_urls_that_cannot_be_split_are_refused(client, network, text):
    """By the connector itself, too, to which a program may give the text as it is."""
    connector = CONNECTORS[network]

    for read_name in (partial(normalize_name, connector), connector.server_url):
        with contextlib.suppress(RenownError):
            read_name(text)
    with pytest.raises(RenownError):
        connector.find(client(api=connector.api), text, now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com.evil.example/octocat",
        "https://evil.example/github.com/octocat",
        "https://octocat@evil.example/octocat",
        "https://github.com/octocat/repo",
        "https://github.com",
        "https://[",
    ],
)
def test_urls_of_other_pages_are_refused(text):
    """Nobody is added by a page that only looks like theirs."""
    with pytest.raises(InvalidInputError, match="is no page of an account on github"):
        normalize_name(CONNECTORS["github"], text)


@pytest.mark.parametrize(
    ("url", "networks"),
    [
        ("https://lemmy.example/u/ada", ["lemmy", "discourse"]),
        ("https://forum.example/u/ada/summary", ["discourse"]),
        ("nostr:npub10x", ["nostr"]),
        ("https://ada.example/", ["blog"]),
        ("https://example.social/@ada", ["mastodon"]),
        ("https://misskey.io/@ada", ["mastodon", "misskey"]),
        ("https://www.youtube.com/watch?v=1", []),
        ("https://stackoverflow.com/questions/7", []),
        ("https://github.com/octocat/repo", []),
    ],
)
def test_networks_of_a_url_are_those_that_may_have_the_page(url, networks):
    """Pages of forums look alike; a site that belongs to one network is no server of another, and no blog."""
    assert networks == [connector.network for connector, _ in match_profile_url(CONNECTORS.values(), url)]


def test_link_and_name_belong_together():
    """The link of an account leads to its name again; characters of handles are quoted."""
    for network, account_id, handle in (
        ("github", "1", "octocat"),
        ("bluesky", "did:plc:abc", "ada.bsky.social"),
        ("mastodon", "ada@example.social", "@ada@example.social"),
    ):
        url = build_profile_url(CONNECTORS[network], account_id, handle)
        assert handle == normalize_name(CONNECTORS[network], url)
    assert "https://github.com/%22%3E%3Cb%2F" == build_profile_url(CONNECTORS["github"], "1", '"><b/')
    assert "https://bsky.app/profile/did:plc:abc" == build_profile_url(CONNECTORS["bluesky"], "did:plc:abc", "")


PAGES = {
    "blog": ("ada.example", "", "https://ada.example"),
    "bluesky": ("did:plc:abc", "ada.example", "https://bsky.app/profile/ada.example"),
    "discourse": ("7@forum.example", "ada@forum.example", "https://forum.example/u/ada"),
    "farcaster": ("6833", "ada", "https://farcaster.xyz/ada"),
    "github": ("7", "octocat", "https://github.com/octocat"),
    "hackernews": ("pg", "", "https://news.ycombinator.com/user?id=pg"),
    "instagram": ("17841", "ada.l", "https://www.instagram.com/ada.l/"),
    "lemmy": ("https://lemmy.world/u/ada", "ada@lemmy.world", "https://lemmy.world/u/ada"),
    "mastodon": ("ada@example.social", "", "https://example.social/@ada"),
    "misskey": ("ada@calc.example", "Ada@calc.example", "https://calc.example/@Ada"),
    "nostr": ("79be", "npub10x", "https://njump.me/npub10x"),
    "stackexchange": ("7@math.stackexchange.com", "Ada", "https://math.stackexchange.com/users/7"),
    "threads": ("10001", "ada", "https://www.threads.com/@ada"),
    "x": ("2244994945", "ada", "https://x.com/ada"),
    "youtube": ("UCada0000000000000000000", "@ada", "https://www.youtube.com/@ada"),
}
"""Network to the id and the handle of an account, and its page."""


@pytest.mark.parametrize("network", CONNECTORS)
def test_every_network_has_an_icon_and_links_to_its_accounts(network):
    """Pages show both beside a name."""
    account_id, handle, url = PAGES[network]

    assert CONNECTORS[network].icon
    assert url == build_profile_url(CONNECTORS[network], account_id, handle)


def test_pages_show_the_icon_or_the_initial_and_link_to_the_account():
    """A network without a connector has its initial, and no link."""
    assert "<path d=" in render_macro("network_mark('github')")
    assert ">T</text>" in render_macro("network_mark('tiktok')")
    account = {"account_id": "1", "name": "octocat"}
    link = render_macro(f"account_link({account | {'network': 'github'}})")
    assert '<a href="https://github.com/octocat" rel="nofollow' in link
    assert "<a" not in render_macro(f"account_link({account | {'network': 'tiktok'}})")


def render_macro(call):
    """Return what a call of a macro of the pages becomes."""
    environment = templates._load_environment()
    text = f'{{% from "macros.html" import account_link, network_mark with context %}}{{{{ {call} }}}}'
    return environment.from_string(text).render()
