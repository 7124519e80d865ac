"""
Stack Exchange: votes, answers, accepted answers and comments that an account receives, on any of its sites.

References
----------
api.stackexchange.com/docs, version 2.3: "Users", "Questions", "Posts", "Throttles", "Error Handling", "Filters".
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from html import unescape
from typing import TYPE_CHECKING

from msgspec.structs import replace

from renown.connectors.base import (
    Account,
    AccountBio,
    Actor,
    Connector,
    KnownState,
    Link,
    Listing,
    Page,
    ReadLimits,
    Record,
)
from renown.connectors.pagination import describe_omissions
from renown.connectors.post_tags import read_tags
from renown.connectors.resume import ListSkipper
from renown.connectors.stackexchange.api import ACT_LISTS, API, OWN_LISTS
from renown.connectors.stackexchange.models import (
    TEXT_LENGTH,
    StackComment,
    StackFilters,
    StackPosition,
    StackPost,
    StackPosts,
    StackUser,
    StackUsers,
)
from renown.connectors.stackexchange.run import PAGE_SIZE, StackRun
from renown.connectors.stackexchange.sites import NETWORK, SITES, parse_account, post_url
from renown.connectors.verification import parse_html_bio
from renown.records import Interaction, PostDetails, Profile, Tally

if TYPE_CHECKING:
    from renown.connectors.http import Client


def find_account(client: "Client", name: str, *, now: datetime) -> Profile:
    """Look up an account by the URL of its profile on a site, or as ``ID@SITE``."""
    number, site = parse_account(name)
    return _fetch_user(client, number, site).to_profile(site, now)


def read_account(
    client: "Client",
    account: Account,
    known: KnownState,
    limits: ReadLimits,  # noqa: ARG001 - part of the contract
    *,
    now: datetime,
) -> Iterator[Page]:
    """Read the account's posts of the window if its reputation changed, and what others wrote to them."""
    number, site = parse_account(account.account_id)
    user = _fetch_user(client, number, site)
    yield Page((user.to_profile(site, now),), identity=user.to_identity())
    position = StackPosition.parse(known.cursor)
    skipper = ListSkipper(partial(_fetch_user, client, number, site))
    run = StackRun(client=client, number=number, site=site, known=known, position=position, skipper=skipper, now=now)
    is_current = position.is_current(user.points, now)
    yield from _read_newest(run) if is_current else skipper.track_progress(_read_all(run, user.points))


def read_bio(client: "Client", account: Account, *, now: datetime) -> AccountBio:  # noqa: ARG001 - part of the contract
    """Read what the account says about itself; that text has to be asked for with a filter."""
    query = {"include": "user.about_me", "base": "default", "unsafe": "false"}
    filters = client.get("2.3/filters/create", query, response_type=StackFilters).body.items
    user = _fetch_user(client, *parse_account(account.account_id), filter_name=filters[0].filter if filters else "")
    bio = parse_html_bio([user.about_me or ""], client.check_time)
    return AccountBio(bio.text, (*bio.links, *([Link(user.website_url)] if user.website_url else [])))


def _fetch_user(client: "Client", number: int, site: str, filter_name: str = "") -> StackUser:
    query = {"site": site} | ({"filter": filter_name} if filter_name else {})
    users: StackUsers = client.get(f"2.3/users/{number}", query, response_type=StackUsers).body
    return users.find(number, site)


def _read_newest(run: StackRun) -> Iterator[Page]:
    """Read what others wrote to the newest known posts: an unchanged account costs three requests."""
    for verb, counted in (("answer", "answer"), ("comment", "upvote")):
        known = [int(post.partition("/")[2]) for post, kind in run.known.counts if kind == counted]
        yield from _read_acts(run, verb, sorted(known, reverse=True)[:PAGE_SIZE])


def _read_all(run: StackRun, reputation: int | None) -> Iterator[Page]:
    """Read the account's posts of the window page by page, and each page's answers and comments with it."""
    position = replace(run.position, started=run.position.started or int(run.now.timestamp()))
    span = {"fromdate": int(run.known.since.timestamp()), "todate": position.started}
    is_whole, own_posts = True, {post for post, _ in run.known.counts}
    while position.list_number < len(OWN_LISTS):
        path, response_type = OWN_LISTS[position.list_number]
        for page in run.paginate(path, [run.number], response_type, {**span, "page": position.page}):
            yield from describe_omissions("post", [page])
            for part in _read_posts(run, page.items):
                is_whole = is_whole and not part.skipped_lists
                yield part
            own_posts |= {f"{run.site}/{post.number}" for post in page.items}
            position = replace(position, page=position.page + 1)
            yield Page(cursor=str(position))
        position = replace(position, list_number=position.list_number + 1, page=1)
    yield from _read_acts(run, "reply", [run.number], own_posts)
    # A list that was skipped is read again from where it was.
    yield Page(cursor=str(StackPosition(position.started if is_whole else run.position.since, reputation)))


def _read_posts(run: StackRun, posts: Sequence[StackPost]) -> Iterator[Page]:
    """Read the votes for a page of own posts, who accepted them, and what others wrote to them."""
    questions = {post.question_id: post for post in posts if post.answer_id is None}
    own_questions, changed = list(questions), [post for post in posts if run.is_changed(post)]
    missing = sorted({post.question_id for post in changed} - questions.keys())
    for page in run.fetch("title", "questions/{}", missing, StackPosts, {}):
        questions |= {question.question_id: question for question in page.items}
    pages = [_describe_post(run, post, questions.get(post.question_id)) for post in changed]
    yield Page(
        tuple(record for page in pages for record in page.records),
        tuple(listing for page in pages for listing in page.listings),
        counts={key: number for page in pages for key, number in page.counts.items()},
    )
    yield from _read_acts(run, "answer", own_questions)
    yield from _read_acts(run, "comment", [post.number for post in posts])


def _describe_post(run: StackRun, post: StackPost, question: StackPost | None) -> Page:
    """Return the votes for a post, less those against it, and for an answer whether who asked accepted it."""
    post_id, target, at = f"{run.site}/{post.number}", run.target, min(post.creation_date, run.now)
    title = unescape(question.title or "")[:TEXT_LENGTH] if question else ""
    url, counts = post_url(post_id), {(post_id, "upvote"): post.votes}
    details = PostDetails(
        network=NETWORK,
        account_id=target,
        post_id=post_id,
        title=title or None,
        url=url,
        at=run.now,
        tags=read_tags(question.tags if question else None),
    )
    tally = Tally(network=NETWORK, account_id=target, post_id=post_id, verb="upvote", count=post.votes, at=at)
    if post.answer_id is None or question is None:
        return Page((details, tally), counts=counts | {(post_id, "answer"): 0})
    names, accepted_at = run.names([question.owner] if post.is_accepted else []), max(at, run.last_read_at)
    actors = tuple(Actor(name.account_id) for name in names)
    listing = Listing(target_id=target, post_id=post_id, verb="star", actors=actors, complete=True, at=accepted_at)
    return Page((details, tally, *names), (listing,), counts=counts | {(post_id, "star"): int(post.is_accepted)})


def _read_acts(run: StackRun, verb: str, numbers: Sequence[int], without: Collection[str] = ()) -> Iterator[Page]:
    """Read what others wrote since the last run to posts, or to an account elsewhere than on its own posts."""
    if not numbers:
        return
    path, response_type = ACT_LISTS[verb]
    read = run.fetch(verb, path, numbers, response_type, {"fromdate": int(run.last_read_at.timestamp())})
    items = [item for page in read for item in page.items if f"{run.site}/{item.parent}" not in without]
    yield Page(tuple(_acts(run, verb, items)), skipped_lists=run.skipper.pop_skipped())
    yield from describe_omissions(verb, read)


def _acts(run: StackRun, verb: str, items: Iterable[StackPost | StackComment]) -> Iterator[Record]:
    """Return what others wrote as acts, with their names."""
    for item in items:
        for name in run.names([item.owner]):
            yield name
            yield Interaction(
                network=NETWORK,
                interaction_id=f"{run.site} {'answer' if verb == 'answer' else 'comment'} {item.number}",
                verb=verb,
                actor_id=name.account_id,
                target_id=run.target,
                post_id=f"{run.site}/{item.parent}",
                at=min(item.creation_date, run.now),
            )


CONNECTOR = Connector(
    network=NETWORK,
    covers=("answer", "comment", "reply", "star", "upvote"),
    anonymous=("upvote",),
    untimed=("star",),
    example="https://stackoverflow.com/users/22656",
    server_url=lambda _name: "https://api.stackexchange.com",
    find=find_account,
    read=read_account,
    read_bio=read_bio,
    api=API,
    post_url=post_url,
    terms="what people write there is under CC BY-SA; renown keeps names, titles, tags and counts, no texts",
    profile_urls=(
        f"https://{{id_server:{SITES}}}/users/{{id_name:\\d+}}",
        f"https://{{id_server:{SITES}}}/users/{{id_name:\\d+}}/{{page:[^?#]*}}",
    ),
    icon="M3 2.500h10V5H3zM3 6.500h10V9H3zM3 10.500h10V13H9.500L7 15v-2H3z",
)
