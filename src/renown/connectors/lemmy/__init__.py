"""
Lemmy: votes for an account's posts and comments, and the answers to them, read from the account's own server.

References
----------
join-lemmy.org/docs: "API". github.com/LemmyNet/lemmy-js-client: types of versions 0.19 (API 3) and 1.0 (API 4).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from renown.connectors.account_names import check_home_server
from renown.connectors.base import Account, AccountBio, Connector, KnownState, Page, ReadLimits, Record
from renown.connectors.lemmy.api import API, FIND_ERRORS, parse_handle
from renown.connectors.lemmy.inbox import Inbox, read_inbox
from renown.connectors.lemmy.models import LemmyPage, LemmyPosition, LemmyView
from renown.connectors.lemmy.run import FIRST_VERSION, LAST_VERSION, PAGE_SIZE, LemmyRun, is_older
from renown.connectors.mastodon.ids import post_url
from renown.connectors.pagination import ListPage, describe_omissions
from renown.connectors.resume import ListSkipper
from renown.connectors.verification import find_links
from renown.errors import AccountGoneError, ListUnavailableError
from renown.records import ActorName, Interaction, PostDetails, Profile, Tally

if TYPE_CHECKING:
    from renown.connectors.http import Client, HttpResult

NETWORK = "lemmy"


def find_account(client: "Client", name: str, *, now: datetime) -> Profile:
    """Look up an account by its name with its server."""
    result, _ = _fetch_person(client, name, FIRST_VERSION)
    page: LemmyPage = result.body
    return page.to_profile(NETWORK, now)


def read_account(
    client: "Client",
    account: Account,
    known: KnownState,
    limits: ReadLimits,  # noqa: ARG001 - part of the contract
    *,
    now: datetime,
) -> Iterator[Page]:
    """Read the account's figures, and its posts and comments as long as a page of them has changes."""
    position = LemmyPosition.parse(known.cursor)
    result, version = _fetch_person(client, account.handle, position.version, account.account_id)
    yield Page((result.body.to_profile(NETWORK, now),), identity=result.body.to_identity())
    position = replace(position, version=version)
    skipper = ListSkipper(partial(_fetch_person, client, account.handle, version))
    number = result.body.person_view.person.id
    run = LemmyRun(
        client=client,
        account=account,
        person_number=number,
        known=known,
        position=position,
        skipper=skipper,
        now=now,
    )
    yield from skipper.track_progress(_read_texts(run, result))


def read_bio(client: "Client", account: Account, *, now: datetime) -> AccountBio:  # noqa: ARG001 - part of the contract
    """Read what the account says about itself."""
    result, _ = _fetch_person(client, account.handle, FIRST_VERSION, account.account_id)
    bio = result.body.person_view.person.bio or ""
    return AccountBio(bio, find_links(bio))


def _fetch_person(client: "Client", handle: str, first_version: int, account_id: str = "") -> "tuple[HttpResult, int]":
    """Fetch an account, with the first page of what it wrote up to version 3; return the version that answered."""
    name, host = parse_handle(handle)
    check_home_server(client, NETWORK, handle, host)
    for version in sorted({FIRST_VERSION, LAST_VERSION}, key=lambda number: number != first_version):
        path, params = f"api/v{version}/person", dict[str, str | int](username=f"{name}@{host}")
        if version == FIRST_VERSION:
            path, params = f"api/v{version}/user", {**params, "sort": "New", "page": 1, "limit": PAGE_SIZE}
        try:
            result = client.get(path, params, response_type=LemmyPage, errors=FIND_ERRORS)
        except ListUnavailableError:
            continue
        problem = result.body.find_problem(host, account_id)
        if problem:
            raise AccountGoneError(f"{handle} cannot be read: {problem}")
        return result, version
    raise AccountGoneError(f"{client.host} has no account {name!r}, or is no server of Lemmy")


def _read_texts(run: LemmyRun, result: "HttpResult") -> Iterator[Page]:
    """Read votes and answers of own posts and comments, the newest first."""
    is_whole, inbox, is_inbox_untried = True, None, run.client.has_token and run.position.has_inbox
    for page in _own_texts(run, result):
        yield from describe_omissions("post", [page])
        views = [view for view in page.items if view.at and view.at >= run.known.since and not view.is_gone]
        changed = [view for view in views if view.upvotes != run.known.counts.get((view.key, "upvote"))]
        answered = [view for view in views if (view.answers or 0) != run.known.counts.get((view.key, view.verb), 0)]
        # Until a run is finished, the next one reads all pages.
        unfinished = str(replace(run.position, full=0))
        records = tuple(record for view in changed for record in _describe_votes(run, view))
        yield Page(records, cursor=unfinished, counts={(view.key, "upvote"): view.upvotes or 0 for view in changed})
        if len(answered) > 1 and is_inbox_untried:
            # If the run ends in the inbox, the next one reads the lists of posts, and makes progress.
            yield Page(cursor=str(replace(run.position, full=0, has_inbox=False)))
            inbox, is_inbox_untried = read_inbox(run), False
        for view in answered:
            acts = run.skipper.fetch_or_skip(view.verb, view.key, partial(_read_answers, run, view, inbox))
            is_whole = is_whole and acts is not None
            counts = {} if acts is None else {(view.key, view.verb): view.answers or 0}
            yield Page(tuple(acts or ()), (), unfinished, counts, skipped_lists=run.skipper.pop_skipped())
        is_unchanged = not (run.is_full or changed or answered)
        if is_unchanged or is_older(page, run.known.since):
            break
    now = int(run.now.timestamp())
    since, full = now if is_whole else run.position.since, now if run.is_full else run.position.full
    yield Page(cursor=str(replace(run.position, since=since, full=full, has_inbox=True)))


def _own_texts(run: LemmyRun, result: "HttpResult") -> Iterator[ListPage]:
    """Yield what the account wrote; up to version 3, the first page came with the account."""
    params: dict[str, str | int] = {"username": "@".join(parse_handle(run.account.handle))}
    if run.position.version != FIRST_VERSION:
        yield from run.paginate("person/content", params)
        return
    yield ListPage(items=tuple(result.body.views), dropped=result.dropped)
    if len(result.body.views) >= PAGE_SIZE:
        yield from run.paginate("user", {**params, "sort": "New", "page": 2})


def _describe_votes(run: LemmyRun, view: LemmyView) -> Iterator[Record]:
    """Return the votes for a post or comment, without the one that everybody gives oneself."""
    target, at = run.account.account_id, min(view.at or run.now, run.now)
    yield PostDetails(
        network=NETWORK,
        account_id=target,
        post_id=view.key,
        title=view.title,
        url=post_url(view.key),
        at=run.now,
        tags=view.tags,
    )
    votes = max((view.upvotes or 0) - 1, 0)
    yield Tally(network=NETWORK, account_id=target, post_id=view.key, verb="upvote", count=votes, at=at)


def _read_answers(run: LemmyRun, view: LemmyView, inbox: Inbox | None) -> list[Record]:
    """Read the new direct answers to a post or comment, from the inbox if it was read."""
    if inbox is not None:
        return _new_acts(run, view, inbox.get(view.own_numbers, ()))
    is_numbered, number = run.position.version == FIRST_VERSION, view.text.id if view.text else 0
    kinds: dict[str, str | int] = {"type_": "All", "sort": "New"} if is_numbered else {"type_": "all", "sort": "new"}
    pages = run.paginate("comment/list", {"parent_id" if view.comment else "post_id": number, **kinds})
    acts: list[Record] = []
    for page in run.skipper.paginate_within_budget(pages):
        acts += _new_acts(run, view, page.items)
        if is_older(page, run.last_read_at):
            break
    return acts


def _new_acts(run: LemmyRun, view: LemmyView, answers: Iterable[LemmyView]) -> list[Record]:
    """Return the answers to a post or comment since the last run as acts."""
    new = [answer for answer in answers if answer.at and answer.at >= run.last_read_at and answer.is_answer_to(view)]
    return list(_acts(run, view, new))


def _acts(run: LemmyRun, view: LemmyView, answers: Iterable[LemmyView]) -> Iterator[Record]:
    """Return answers of others as acts, with their names; a server tells alone what people of others wrote."""
    target = run.account.account_id
    for answer in answers:
        actor = answer.creator
        if actor and actor.url and actor.url != target and not actor.bot_account:
            yield ActorName(NETWORK, actor.url, actor.handle, run.now)
            yield Interaction(
                network=NETWORK,
                interaction_id=answer.key,
                verb=view.verb,
                actor_id=actor.url,
                target_id=target,
                post_id=view.key,
                at=min(answer.at or run.now, run.now),
                unverified=actor.host != parse_handle(run.account.handle)[1],
            )


CONNECTOR = Connector(
    network=NETWORK,
    covers=("comment", "reply", "upvote"),
    anonymous=("upvote",),
    example="ada@lemmy.world",
    server_url=lambda name: f"https://{parse_handle(name)[1]}",
    find=find_account,
    read=read_account,
    read_bio=read_bio,
    api=API,
    has_many_servers=True,
    post_url=post_url,
    terms="each server has rules of its own; see its front page",
    profile_urls=(
        r"https://{server}/u/{user:\w+}",
        r"https://{page:[A-Za-z0-9.-]+}/u/{user:\w+}@{server}",
    ),
    icon="M3.500 2.500a2 2 0 0 1 2 1.500 6 6 0 0 1 5 0A2 2 0 1 1 13 6.500a5.500 5.500 0 1 1-10 0 2 2 0 0 1 .500-4z",
)
