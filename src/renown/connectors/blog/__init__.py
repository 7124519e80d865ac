"""
Blogs: the webmentions that a site received, as a receiver such as webmention.io lists them, and the site's own pages.

References
----------
github.com/aaronpk/webmention.io: "API". W3C Webmention. microformats.org: "h-card", "h-entry", "rel-me".
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from renown.connectors.base import Account, AccountBio, AccountIdentity, Connector, KnownState, Link, Page, ReadLimits
from renown.connectors.blog.feeds import FEED_TYPES, FeedPost, parse_feed
from renown.connectors.blog.mentions import NETWORK
from renown.connectors.blog.microformats import Microformats, first_text, parse_microformats, texts
from renown.connectors.blog.receiver import BlogRun, read_mentions, variants
from renown.connectors.blog.sites import is_part_of, open_site, page_id, page_url, parse_site_id
from renown.connectors.http import Action, ApiSpec, ErrorRule
from renown.errors import InvalidInputError, NetworkRefusedError, NetworkUnavailableError
from renown.records import PostDetails, Profile

if TYPE_CHECKING:
    from renown.connectors.http import Client, WebPage

_POSTS_PER_REQUEST = 25
"""Posts whose mentions one request asks for, each with and without a final slash: at most 50 addresses."""


def find_account(client: "Client", name: str, *, now: datetime) -> Profile:
    """Look up a blog by the address of its home page."""
    site_id = parse_site_id(name)
    page, _ = _fetch_home(client, site_id)
    is_blog = page.items or page.rel("me") or page.rel("webmention") or _find_feeds(page)
    if not is_blog:
        raise InvalidInputError(
            f"{site_id} is no blog: its home page has no feed, no h-card, no h-entry, no rel=me and no webmention "
            "endpoint; add one of them, or write the address of another page"
        )
    return Profile(network=NETWORK, account_id=site_id, at=now, handle=site_id)


def read_account(
    client: "Client",
    account: Account,
    known: KnownState,
    limits: ReadLimits,  # noqa: ARG001 - part of the contract
    *,
    now: datetime,
) -> Iterator[Page]:
    """Read the site's feed, then the mentions of its pages in the window; with a token of all, else of known posts."""
    run = BlogRun(client, account.account_id, known, now)
    home_page, home_url = _fetch_home(client, run.account_id)
    posts = [
        post
        for post in _read_posts(run, home_page, home_url)
        if is_part_of(page_id(post.url), run.account_id) and (post.published or now) >= known.since
    ]
    described = run.page([_describe_post(run, post) for post in posts], {}, ())
    yield replace(described, identity=_read_identity(home_page, run.account_id))
    if client.has_token:
        host = run.account_id.partition("/")[0]
        yield from read_mentions(run, {"domain": host}, None)
        return
    addresses = {page_id(post.url): post.url for post in posts} | {run.account_id: f"https://{run.account_id}/"}
    for key, _ in known.counts:
        post_id = key.partition("#")[0]
        addresses.setdefault(post_id, f"https://{post_id}")
    for start in range(0, len(addresses), _POSTS_PER_REQUEST):
        batch = list(addresses)[start : start + _POSTS_PER_REQUEST]
        targets = [url for post_id in batch for url in variants(addresses[post_id])]
        yield from read_mentions(run, {"target[]": targets}, frozenset(batch))


def read_bio(client: "Client", account: Account, *, now: datetime) -> AccountBio:  # noqa: ARG001 - part of the contract
    """
    Read what a site says about itself where no visitor can write.

    That is its meta elements, its own h-card, and its links with rel=me: a comment may contain any text.
    """
    page, _ = _fetch_home(client, account.account_id)
    notes = [first_text(card, "note") for card in _find_own_cards(page, account.account_id)]
    links = tuple(Link(url) for url in page.rel("me"))
    is_whole_host = "/" not in account.account_id
    return AccountBio("\n".join([*page.meta_texts, *notes]), links, account.account_id if is_whole_host else "")


def _find_own_cards(page: Microformats, site_id: str) -> list[Mapping[str, Any]]:
    """Return the h-cards of a home page whose URL is the site's."""
    return [card for card in page.find_items("h-card") if site_id in map(page_id, texts(card, "url"))]


def _read_identity(page: Microformats, site_id: str) -> AccountIdentity:
    """Return how the site's first own h-card presents it."""
    for card in _find_own_cards(page, site_id):
        return AccountIdentity(display_name=first_text(card, "name"), avatar_url=first_text(card, "photo"))
    return AccountIdentity()


def _fetch_home(client: "Client", site_id: str) -> tuple[Microformats, str]:
    """Return the home page of a site, and its address after redirects."""
    url = f"https://{site_id}/"
    with open_site(client, url) as site:
        page = site.fetch_html(url)
    client.check_time()
    return parse_microformats(page.text, page.url), page.url


def _find_feeds(page: Microformats) -> list[str]:
    return [url for url in page.rel("alternate") if page.rel_urls[url].get("type", "").lower() in FEED_TYPES]


def _read_posts(run: BlogRun, page: Microformats, url: str) -> list[FeedPost]:
    """Read the posts of a site from its feed, or else from the entries on its home page."""
    for feed_url in _find_feeds(page)[:1]:
        try:
            with open_site(run.client, url) as site:
                feed: WebPage = site.fetch(feed_url, accept="application/atom+xml, application/rss+xml, */*;q=0.5").body
            posts = parse_feed(feed.text, feed_url)
        except (NetworkRefusedError, NetworkUnavailableError) as error:
            run.problems.append(f"the feed of {run.account_id} was not read: {error}")
        else:
            if posts is not None:
                return posts
            run.problems.append(f"the feed of {run.account_id} was not read: it is neither RSS nor Atom")
    return [
        FeedPost(url=url, title=first_text(entry, "name"))
        for entry in page.find_items("h-entry")
        for url in texts(entry, "url")[:1]
    ]


def _describe_post(run: BlogRun, post: FeedPost) -> PostDetails:
    return PostDetails(
        network=NETWORK,
        account_id=run.account_id,
        post_id=page_id(post.url),
        title=post.title or None,
        url=post.url,
        at=run.now,
        tags=post.tags,
    )


CONNECTOR = Connector(
    network=NETWORK,
    covers=("like", "repost", "reply", "mention"),
    example="https://ada.example",
    server_url=lambda _name: "https://webmention.io",
    find=find_account,
    read=read_account,
    read_bio=read_bio,
    has_rel_me=True,
    profile_urls=("https://{site}",),
    icon="M3 2h7l3 3v9H3zM5 6v1h6V6zm0 2.500v1h6v-1zM5 11v1h4v-1z",
    post_url=page_url,
    api=ApiSpec(
        auth_header="",
        auth_param="token",
        errors=(ErrorRule(action=Action.SIGN_IN, statuses={401}, reason="the token of the receiver is not valid"),),
    ),
)
