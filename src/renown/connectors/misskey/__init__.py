"""
Misskey, any server with its own API: who reacted to an account's notes, renoted and answered them, without a token.

References
----------
github.com/misskey-dev/misskey (read in November 2026): endpoints ``users/show``, ``users/notes``, ``notes/reactions``,
``notes/renotes``, ``notes/replies``, ``notes/mentions``, ``i``; schemas ``note``, ``user``, ``note-reaction``.
github.com/jclaudan/firefish: the same endpoints of Firefish.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from renown.connectors.account_run import AccountRun, start_run
from renown.connectors.base import Account, AccountBio, Connector, KnownState, Page, ReadLimits
from renown.connectors.mastodon.ids import post_url
from renown.connectors.misskey.api import (
    API,
    NETWORK,
    PAGE_SIZE,
    SKIP,
    check_active,
    check_only_misskey,
    fetch_account,
    list_spec,
    parse_handle,
    server_url,
)
from renown.connectors.misskey.models import MisskeyAccount, MisskeyNote, MisskeyPosition, MisskeyUser
from renown.connectors.misskey.reactions import build_act, read_note
from renown.connectors.pagination import paginate
from renown.connectors.post_tags import describe_tagged_posts
from renown.connectors.verification import find_links
from renown.errors import ListUnavailableError
from renown.records import AccountCoverage, Profile

if TYPE_CHECKING:
    from renown.connectors.http import Client

_MAX_CLOCK_LAG = timedelta(hours=1)
"""How far a server's clock may be behind ours: what it dates before the last run may have happened after it."""


def find_account(client: "Client", name: str, *, now: datetime) -> Profile:
    """Look up an account by its name with its server, or by the URL of its profile."""
    account, (_, host) = fetch_account(client, name), parse_handle(name)
    check_active(account, name)
    check_only_misskey(client, name)
    return account.to_profile(NETWORK, host, now)


def read_account(
    client: "Client", account: Account, known: KnownState, limits: ReadLimits, *, now: datetime
) -> Iterator[Page]:
    """Read the account's figures, its mentions if the token is its own, and the acts on its notes of the window."""
    position = MisskeyPosition.parse(known.cursor)
    position = replace(position, began=position.began or int(now.timestamp()))
    details = fetch_account(client, account.account_id)
    check = partial(fetch_account, client, account.account_id)
    run = start_run(NETWORK, client, account, known, limits, now=now, check=check)
    yield Page((details.to_profile(NETWORK, run.server, now),), identity=details.to_identity())
    check_active(details, account.account_id)
    if position.stage != "notes" and _has_own_token(run, details):
        yield from run.skipper.track_progress(_read_mentions(run, details, position))
    yield from run.skipper.track_progress(_read_notes(run, details, position))
    yield run.page(cursor=str(MisskeyPosition(finished=position.began)))


def read_bio(client: "Client", account: Account, *, now: datetime) -> AccountBio:  # noqa: ARG001 - part of the contract
    """Read the description and the fields of a profile."""
    details = fetch_account(client, account.account_id)
    check_active(details, account.account_id)
    text = "\n".join((details.description or "", *(field.value for field in details.fields)))
    return AccountBio(text, find_links(text))


def _has_own_token(run: AccountRun, details: MisskeyAccount) -> bool:
    """Tell whether the token belongs to the account: mentions are always those of the token's owner."""
    if not run.client.has_token:
        return False
    try:
        owner: MisskeyUser = run.client.post("api/i", json={}, response_type=MisskeyUser, errors=SKIP).body
    except ListUnavailableError as error:
        run.problems.append(f"mentions were not read: {error}")
        return False
    return owner.id == details.id


def _read_mentions(run: AccountRun, details: MisskeyAccount, position: MisskeyPosition) -> Iterator[Page]:
    """Read public mentions since the last run; answers and quotes are read with the account's notes."""
    since = max(run.known.since, datetime.fromtimestamp(position.finished, UTC) - _MAX_CLOCK_LAG)
    params: dict[str, str | int] = {"limit": PAGE_SIZE, **position.resume_params("mentions")}
    try:
        for listed in paginate(run.client, "api/notes/mentions", params, list_spec(list[MisskeyNote])):
            notes: Sequence[MisskeyNote] = run.read_items("mention", listed)
            recent = [note for note in notes if note.created_at >= since]
            others = [note for note in recent if not _is_about(note, details.id)]
            suffix = f"#mention:{run.account.account_id}"
            acts = [act for note in others if (act := build_act(run, note, "mention", suffix=suffix))]
            cursor = str(replace(position, stage="mentions", until=notes[-1].id)) if notes else ""
            yield run.page([Page(tuple(acts))], cursor=cursor)
            if len(recent) < len(notes):
                break
    except ListUnavailableError as error:
        yield Page(skipped_lists=(f"mentions were not read: {error}",))
        return
    yield Page((AccountCoverage(NETWORK, run.account.account_id, "mention", since),))


def _is_about(note: MisskeyNote, user_id: str) -> bool:
    """Tell whether a note answers or renotes a note of an account."""
    return any(parent is not None and parent.user_id == user_id for parent in (note.reply, note.renote))


def _read_notes(run: AccountRun, details: MisskeyAccount, position: MisskeyPosition) -> Iterator[Page]:
    """Read the acts on the notes of the window whose counts changed, newest first."""
    params: dict[str, str | int] = {"userId": details.id, "limit": PAGE_SIZE, "withReplies": True, "withRenotes": False}
    # Misskey before 2023.10 and its descendants have the last one for renotes.
    params |= {"withChannelNotes": True, "includeMyRenotes": False, **position.resume_params("notes")}
    spec = list_spec(list[MisskeyNote], is_skipped=False, has_full_pages=False)
    for listed in paginate(run.client, "api/users/notes", params, spec):
        notes: Sequence[MisskeyNote] = run.read_items("note", listed)
        own = [note for note in notes if _is_countable(run, note)]
        tags = {note.post_id(run.server): note.topics for note in own}
        if tagged := describe_tagged_posts(NETWORK, run.account.account_id, tags, run.now):
            yield Page(tagged)
        for note in own:
            yield from read_note(run, note, cursor=str(replace(position, stage="notes", until=note.id)))
        if notes or listed.dropped or listed.problem:
            cursor = str(replace(position, stage="notes", until=notes[-1].id)) if notes else ""
            yield run.page(cursor=cursor)
        if any(note.created_at < run.known.since for note in notes[-1:]):
            return


def _is_countable(run: AccountRun, note: MisskeyNote) -> bool:
    """Tell whether a note counts: public, within the window, and no mere renote of another."""
    is_renote = note.renote_id is not None and not note.is_quote
    return note.is_public and not is_renote and note.created_at >= run.known.since and bool(note.post_id(run.server))


CONNECTOR = Connector(
    network=NETWORK,
    covers=("like", "repost", "reply", "quote", "mention"),
    uncertain=("mention",),
    example="ada@misskey.io",
    server_url=server_url,
    find=find_account,
    read=read_account,
    read_bio=read_bio,
    api=API,
    has_many_servers=True,
    post_url=post_url,
    terms="each server has rules of its own; see its page /about",
    # Pages of accounts are as on Mastodon: only a server's name tells, or whoever says that it is one of Misskey.
    profile_urls=(
        r"https://{server:[a-z0-9.-]*misskey[a-z0-9.-]*}/@{user}",
        r"https://{site:[A-Za-z0-9.-]+/@[^/?#]+}",
    ),
    icon="M2 4a1.500 1.500 0 0 1 2.700-.9L8 7.500l3.300-4.400A1.500 1.500 0 0 1 14 4v8a1.500 1.500 0 0 1-3 0V8.500"
    "l-2 2.700a1.250 1.250 0 0 1-2 0L5 8.500V12a1.500 1.500 0 0 1-3 0z",
)
