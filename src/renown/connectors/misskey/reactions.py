"""Who reacted to a note of Misskey, renoted it and answered it."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from renown.connectors.account_run import AccountRun
from renown.connectors.base import Actor, Page
from renown.connectors.misskey.api import PAGE_SIZE, list_spec
from renown.connectors.misskey.models import MisskeyNote, MisskeyReaction, MisskeyUser
from renown.connectors.pagination import paginate
from renown.errors import ListUnavailableError
from renown.records import Interaction, Tally, Undone, is_valid_id

_PATHS: dict[str, str] = {"like": "reactions", "repost": "renotes", "reply": "replies"}
"""Verb to the list of who acted on a note."""


def read_note(run: AccountRun, note: MisskeyNote, *, cursor: str) -> Iterator[Page]:
    """Yield a page for each list of a note whose count changed; the last one has the cursor."""
    post_id = note.post_id(run.server)
    counts = run.changed_counts(post_id, note.counts)
    for number, (verb, count) in enumerate(counts.items(), 1):
        part = run.skipper.fetch_or_skip(verb, post_id, partial(_READERS[verb], run, note, count))
        changed = Page(counts={(post_id, verb): count}) if part else Page()
        yield run.page([part or Page(), changed], cursor=cursor if number == len(counts) else "")


def build_act(
    run: AccountRun, note: MisskeyNote, verb: str, *, parent: MisskeyNote | None = None, suffix: str = ""
) -> Interaction | None:
    """Return what a note of somebody else does to the account; None if it is not public, or of nobody who counts."""
    actor_id, interaction_id = _actor_id(run, note.user), f"{note.post_id(run.server)}{suffix}"
    if actor_id is None or not note.is_public or not note.post_id(run.server) or not is_valid_id(interaction_id):
        return None
    return Interaction(
        network=run.network,
        interaction_id=interaction_id,
        verb=verb,
        actor_id=actor_id,
        target_id=run.account.account_id,
        post_id=parent.post_id(run.server) if parent else None,
        at=_clamp(run, note.created_at, parent),
        unverified=_is_remote(run, actor_id),
    )


def _read_likes(run: AccountRun, note: MisskeyNote, count: int) -> Page:
    reactions, is_whole = _read_list(run, note, "like", list[MisskeyReaction])
    acts = [(reaction.user, reaction.created_at) for reaction in reactions]
    return _to_listing(run, note, "like", acts, count=count, is_whole=is_whole)


def _read_renotes(run: AccountRun, note: MisskeyNote, count: int) -> Page:
    """Read renotes: those that add nothing are reposts, the others quotes."""
    renotes, is_whole = _read_list(run, note, "repost", list[MisskeyNote])
    quotes = [renote for renote in renotes if renote.is_quote]
    acts = [(renote.user, renote.created_at) for renote in renotes if not renote.is_quote and renote.is_public]
    # A server counts renotes of neither the author nor bots.
    listing = _to_listing(run, note, "repost", acts, count=count - len(quotes), is_whole=is_whole)
    return run.page([listing, _to_acts(run, note, "quote", quotes, is_whole=is_whole)])


def _read_replies(run: AccountRun, note: MisskeyNote, count: int) -> Page:
    replies, is_whole = _read_list(run, note, "reply", list[MisskeyNote])
    part = _to_acts(run, note, "reply", replies, is_whole=is_whole)
    left_out = sum(_actor_id(run, reply.user) is None for reply in replies)
    named = sum(isinstance(record, Interaction) for record in part.records)
    return run.page([part, Page(_unnamed(run, note, "reply", 0 if is_whole else count - left_out, named))])


_READERS: dict[str, Callable[[AccountRun, MisskeyNote, int], Page]] = {
    "like": _read_likes,
    "repost": _read_renotes,
    "reply": _read_replies,
}


def _read_list(run: AccountRun, note: MisskeyNote, verb: str, response_type: Any) -> tuple[list[Any], bool]:
    """Read who acted on a note, up to the limit of names; if the server refuses the list, its acts are counted."""
    path = _PATHS[verb]
    spec = list_spec(response_type, offset_param="offset" if path == "reactions" else "")
    params: dict[str, str | int] = {"noteId": note.id, "limit": min(PAGE_SIZE, run.limits.max_actors)}
    try:
        entries, is_whole = run.read_list(path, paginate(run.client, f"api/notes/{path}", params, spec))
    except ListUnavailableError as error:
        run.skipper.report_refusal(verb, error)
        return [], False
    max_actors = run.limits.max_actors
    return entries[:max_actors], is_whole and len(entries) <= max_actors


def _to_listing(
    run: AccountRun,
    note: MisskeyNote,
    verb: str,
    acts: Iterable[tuple[MisskeyUser | None, datetime]],
    *,
    count: int,
    is_whole: bool,
) -> Page:
    """Return who acted on a note, each at the instant of the first act; what a list lacks is counted."""
    first: dict[str, datetime] = {}
    left_out = 0
    for user, at in acts:
        actor_id = _actor_id(run, user)
        left_out += actor_id is None
        if actor_id is not None:
            first[actor_id] = min(first.get(actor_id, at), at)
    actors = [Actor(key, _clamp(run, at, note), unverified=_is_remote(run, key)) for key, at in sorted(first.items())]
    post_id = note.post_id(run.server)
    listing = run.listing(post_id, verb, actors, at=note.created_at, is_complete=is_whole)
    return Page(_unnamed(run, note, verb, 0 if is_whole else count - left_out, len(actors)), (listing,))


def _to_acts(run: AccountRun, note: MisskeyNote, verb: str, notes: Iterable[MisskeyNote], *, is_whole: bool) -> Page:
    """
    Return notes of others as acts on a note.

    Their ids are remembered as counts of the note: one that a whole list lacks was deleted.
    """
    post_id, suffix = note.post_id(run.server), "#quote" if verb == "quote" else ""
    acts = [act for item in notes if (act := build_act(run, item, verb, parent=note, suffix=suffix))]
    present = {act.interaction_id for act in acts if act.interaction_id}
    known = {key for (post, key), count in run.known.counts.items() if post == post_id and count and _is_act(key, verb)}
    deleted = sorted(known - present) if is_whole else []
    undone = [Undone(run.network, interaction_id, run.now) for interaction_id in deleted]
    counts = {(post_id, key): 1 for key in present} | {(post_id, key): 0 for key in deleted}
    return Page((*acts, *undone), counts=counts)


def _is_act(key: str, verb: str) -> bool:
    """Tell whether what a count is of is the id of an act of this verb, and no verb."""
    return "://" in key and key.endswith("#quote") == (verb == "quote")


def _actor_id(run: AccountRun, user: MisskeyUser | None) -> str | None:
    """Return the id of an account; None for the account itself, bots, and names that are not valid."""
    account_id = user.account_id(run.server) if user and not user.is_bot else None
    return account_id if account_id != run.account.account_id else None


def _is_remote(run: AccountRun, account_id: str) -> bool:
    """Tell whether an account lives on another server, so that its acts are only this server's word."""
    return not account_id.endswith(f"@{run.server}")


def _clamp(run: AccountRun, at: datetime, parent: MisskeyNote | None) -> datetime:
    """Clamp an instant to a possible one: not before the note that it is about, and not in the future."""
    return min(max(at, parent.created_at if parent else at), run.now)


def _unnamed(run: AccountRun, note: MisskeyNote, verb: str, count: int, named_count: int) -> tuple[Tally, ...]:
    """Return the tally of a count that includes unknown actors; none if all actors are known."""
    return (run.tally(note.post_id(run.server), verb, count, note.created_at),) if count > named_count else ()
