"""
Farcaster: who liked, recast, answered and mentioned an account, from a hub that the settings name.

References
----------
docs.farcaster.xyz and docs.neynar.com, "Snapchain HTTP API": "Casts", "Reactions", "Links", "UserData", "Usernames";
FIP-2 and the protocol's "Messages" (timestamps count from 2021-01-01).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from renown.connectors.account_names import invalid_name_error
from renown.connectors.account_run import AccountRun, start_run
from renown.connectors.base import (
    Account,
    AccountBio,
    AccountIdentity,
    Actor,
    Connector,
    KnownState,
    Link,
    Page,
    ReadLimits,
    clean_handle,
)
from renown.connectors.farcaster.models import API, HASH, LIST, SKIPPED_LIST, Message, Messages, NameProof, post_url
from renown.connectors.http import Action, ErrorRule
from renown.connectors.pagination import ListPage, paginate
from renown.connectors.verification import find_links
from renown.errors import AccountGoneError, InvalidSettingsError
from renown.records import DAY_SECONDS, Interaction, Profile, is_valid_id

if TYPE_CHECKING:
    from renown.connectors.http import Client

NETWORK = "farcaster"
PAGE_SIZE = 1000
"""Maximum entries per page."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}(\.(base\.)?eth)?")
_FOLLOWERS_AGAIN = 7 * DAY_SECONDS
"""Seconds after which followers are counted again: a hub only lists them."""
_MAX_FOLLOWER_PAGES = 200
_REACTIONS = {"like": "Like", "repost": "Recast"}
_GONE = (ErrorRule(action=Action.GONE, statuses={404}, reason="no account of farcaster has this name"),)


def find_account(client: "Client", name: str, *, now: datetime) -> Profile:
    """Look up an account by its name, or by its number (fid)."""
    text = name.strip().lstrip("@").removeprefix("!").lower()
    if not _NAME.fullmatch(text):
        raise invalid_name_error(NETWORK, name, "its name, such as @ada, or its number (fid)")
    fid = text
    if not text.isdecimal():
        params = {"name": text}
        fid = str(client.get("v1/userNameProofByName", params, response_type=NameProof, errors=_GONE).body.fid)
    handle = _fetch_user(client, fid).get("USERNAME") or text
    return Profile(network=NETWORK, account_id=fid, at=now, handle=clean_handle(handle))


def read_account(
    client: "Client", account: Account, known: KnownState, limits: ReadLimits, *, now: datetime
) -> Iterator[Page]:
    """Read the account's casts that are due with who reacted, and who mentioned it; 3 requests if none is due."""
    user = (check := partial(_fetch_user, client, account.account_id))()
    run = start_run(NETWORK, client, account, known, limits, now=now, check=check)
    identity = AccountIdentity(display_name=user.get("DISPLAY"), avatar_url=user.get("PFP"))
    followers = run.skip_refused("followers", _read_followers(run, user.get("USERNAME") or account.handle))
    yield run.page([Page(identity=identity), *followers])
    yield from run.skipper.track_progress(_read_casts(run))
    yield run.page(run.skip_refused("mentions", _read_mentions(run)))
    yield run.page(cursor=now.isoformat())


def read_bio(client: "Client", account: Account, *, now: datetime) -> AccountBio:  # noqa: ARG001 - part of the contract
    """Read the description and the address of a profile, which the account signed."""
    user = _fetch_user(client, account.account_id)
    text, url = user.get("BIO", ""), user.get("URL", "")
    return AccountBio(text, (*find_links(text), *([Link(url)] if url else [])))


def _fetch_user(client: "Client", fid: str) -> dict[str, str]:
    """Fetch the parts of a profile by their kinds, without the prefix."""
    messages: Messages = client.get("v1/userDataByFid", {"fid": fid}, response_type=Messages, errors=_GONE).body
    parts = [message.data.user_data_body for message in messages.messages]
    if not parts:
        raise AccountGoneError(f"the server knows no account {fid} of farcaster, or nothing of its profile")
    # The network allows no longer values: what a hub has beyond cannot be stored.
    return {part.type.removeprefix("USER_DATA_TYPE_"): part.value for part in parts if is_valid_id(part.value)}


def _list(run: AccountRun, path: str, params: Mapping[str, str | int], *, can_skip: bool = True) -> Iterator[ListPage]:
    """List messages; the newest first."""
    query = {**params, "pageSize": PAGE_SIZE, "reverse": 1}
    return paginate(run.client, f"v1/{path}", query, SKIPPED_LIST if can_skip else LIST)


def _read_followers(run: AccountRun, handle: str) -> Iterator[Page]:
    """Return the profile; count its followers once a week."""
    seconds, counts = int(run.now.timestamp()), run.known.counts
    followers = counts.get(("followers", "follow"))
    new_counts: dict[tuple[str, str], int] = {}
    if seconds - counts.get(("followers", "read"), 0) >= _FOLLOWERS_AGAIN:
        pages = _list(run, "linksByTargetFid", {"target_fid": run.account.account_id, "link_type": "follow"})
        followed_by = {
            message.data.fid
            for _, page in zip(range(_MAX_FOLLOWER_PAGES), pages, strict=False)
            for message in page.items
        }
        followers = len(followed_by)
        new_counts = {("followers", "follow"): followers, ("followers", "read"): seconds}
    profile = Profile(
        network=NETWORK, account_id=run.account.account_id, at=run.now, handle=clean_handle(handle), followers=followers
    )
    yield Page((profile,), counts=new_counts)


def _read_casts(run: AccountRun) -> Iterator[Page]:
    """Read who reacted to the casts of the window that are due, newest first."""
    for listed in _list(run, "castsByFid", {"fid": run.account.account_id}, can_skip=False):
        casts = run.read_items("cast", listed)
        for cast in casts:
            if cast.at >= run.known.since and HASH.fullmatch(cast.hash) and run.is_due(cast.hash, cast.at):
                yield _read_cast(run, cast)
        yield run.page()
        if any(cast.at < run.known.since for cast in casts):
            return


def _read_cast(run: AccountRun, cast: Message) -> Page:
    """Read who liked, recast and answered a cast; a reaction that the lists lack was taken back."""
    parts = [Page((run.post(cast.hash, None, post_url(cast.hash), cast.channel),))]
    target = {"target_fid": run.account.account_id, "target_hash": cast.hash}
    is_whole = True
    for verb, kind in _REACTIONS.items():
        pages = _list(run, "reactionsByCast", {**target, "reaction_type": kind})
        part = run.skipper.fetch_or_skip(verb, cast.hash, partial(_to_listing, run, cast, verb, pages))
        is_whole = is_whole and part is not None
        parts.append(part or Page())
    pages = _list(run, "castsByParent", {"fid": run.account.account_id, "hash": cast.hash})
    part = run.skipper.fetch_or_skip("reply", cast.hash, partial(_to_listing, run, cast, "reply", pages))
    done = run.mark_read(cast.hash) if is_whole and part is not None else Page()
    return run.page([*parts, part or Page(), done], cursor="interrupted")


def _to_listing(run: AccountRun, cast: Message, verb: str, pages: Iterable[ListPage]) -> Page:
    """Return the messages of others as a list of who acted; the first act of each counts."""
    messages, is_whole = run.read_list(verb, pages)
    own = int(run.account.account_id)
    first: dict[int, datetime] = {}
    for message in messages:
        if message.data.fid != own:
            first[message.data.fid] = min(first.get(message.data.fid, message.at), message.at)
    actors = [Actor(str(fid), min(max(at, cast.at), run.now)) for fid, at in sorted(first.items())]
    return Page(listings=(run.listing(cast.hash, verb, actors, at=cast.at, is_complete=is_whole),))


def _read_mentions(run: AccountRun) -> Iterator[Page]:
    """Read who mentioned the account, or quoted one of its casts and mentioned it, newest first."""
    pages = _list(run, "castsByMention", {"fid": run.account.account_id})
    casts, _ = run.read_list("mention", pages, is_enough=lambda cast: cast.at < run.known.since)
    acts = [_to_act(run, cast) for cast in casts if cast.at >= run.known.since and HASH.fullmatch(cast.hash)]
    yield Page(tuple(act for act in acts if act))


def _to_act(run: AccountRun, cast: Message) -> Interaction | None:
    """Return what a cast does to the account; answers to its casts are listed there."""
    own, body, actor = int(run.account.account_id), cast.data.cast_add_body, cast.data.fid
    is_answer = body.parent_cast_id is not None and body.parent_cast_id.fid == own
    if actor == own or is_answer or own not in body.mentions:
        return None
    quoted = [embed.cast_id.hash for embed in body.embeds if embed.cast_id and embed.cast_id.fid == own]
    post = next(filter(HASH.fullmatch, quoted), None)
    return run.act(cast.hash, "quote" if post else "mention", str(actor), post, cast.at)


def _no_server(_name: str) -> str:
    raise InvalidSettingsError(
        "farcaster has no server for everybody; name a hub in the settings as server of networks.farcaster, such as "
        "https://snapchain-api.neynar.com with a key of Neynar, or http://127.0.0.1:3381 with private = true"
    )


CONNECTOR = Connector(
    network=NETWORK,
    covers=("like", "repost", "reply", "quote", "mention"),
    uncertain=("quote",),
    example="@ada",
    server_url=_no_server,
    find=find_account,
    read=read_account,
    read_bio=read_bio,
    api=API,
    profile_urls=("https://farcaster.xyz/{handle}", "https://warpcast.com/{handle}"),
    icon="M3 2h10v1.600h1.200l-.4 1.600h-.6v6.600h.8V14h-4v-2.200h.8V8.600a2.800 2.800 0 0 0-5.600 0v3.200H6V14H2"
    "v-2.200h.8V5.200h-.6l-.4-1.600H3z",
    post_url=post_url,
)
