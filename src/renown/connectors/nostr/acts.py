"""
Acts: what an event of somebody else means for the account that it names, as a verb and a post.

References
----------
NIP-10 (replies), NIP-18 (reposts and quotes), NIP-22 (comments), NIP-25 (reactions), NIP-57 (zaps).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from renown.connectors.nostr.events import ACTS, COMMENT, NOTE, REACTION, ZAP, ZAP_REQUEST, Event, parse_embedded
from renown.connectors.nostr.keys import format_npub

LISTED_VERBS = frozenset({"like", "repost"})
"""Verbs of which one act of an account on a post counts: they are reconciled as lists."""
TEXT_VERBS = ("reply", "quote", "mention")
"""Verbs of notes."""
_ADDRESS_NAME_BYTES = 500
"""Longest name of an article whose reactions are read; ids in the lake have at most 1,024 bytes."""
_MAX_MENTIONS = 50
"""Accounts that one note mentions; one that names more addresses nobody."""
_DISLIKE = "-"


@dataclass(frozen=True, slots=True)
class Act:
    """One act on the account."""

    verb: str
    actor_id: str
    post_id: str | None
    event_id: str
    """The event that undoes it if it is deleted."""
    second: int
    """Seconds since 1970, as its author claims."""

    @property
    def interaction_id(self) -> str:
        """Id of the act; it has the author, who alone may delete it."""
        return interaction_id(self.event_id, self.verb, self.actor_id)


def interaction_id(event_id: str, verb: str, actor_id: str) -> str:
    """Return the id of the act that an event of an author is."""
    return f"{event_id} {verb} {actor_id}"


def post_ids(event: Event) -> list[str]:
    """Return the ids of a post of the account: of an article, whose event changes with each edit, its address first."""
    names = event.values("d")
    is_article = event.kind >= 30_000 and names and len(names[0].encode()) <= _ADDRESS_NAME_BYTES  # noqa: PLR2004 - NIP-01
    return [*([f"{event.kind}:{event.pubkey}:{names[0]}"] if is_article else []), event.id]


def target_ids(event: Event) -> list[tuple[str, str]]:
    """
    Return the verbs and the posts on which an event may be an act: whose posts they are is not known yet.

    Examples
    --------
    >>> like = Event("0" * 64, "1" * 64, 5, 7, [["e", "a" * 64], ["p", "2" * 64]], "+", "3" * 128)
    >>> [(verb, post[:3]) for verb, post in target_ids(like)]
    [('like', 'aaa')]
    """
    targets = [*event.values("a"), *event.values("e")[-1:]]
    if event.kind == REACTION:
        return [] if event.content == _DISLIKE else [("like", target) for target in targets]
    if event.kind == ZAP:
        return [("star", target) for target in targets]
    if event.kind not in {NOTE, COMMENT}:
        return [("repost", target) for target in targets]
    parent = _parent_id(event) if event.kind == NOTE else next(iter(event.values("e")[-1:]), None)
    replies = [*([parent] if parent else []), *(event.values("a") if event.kind == COMMENT else [])]
    return [*(("quote", target) for target in event.values("q")), *(("reply", target) for target in replies)]


def to_acts(event: Event, key: str, posts: Mapping[str, tuple[str, int]]) -> list[Act]:
    """
    Return the acts of an event on an account, at most one of each verb.

    Parameters
    ----------
    event : Event
        Not of the account itself; a zap is one that `verify_zap` accepts.
    key : str
        Id of the account.
    posts : mapping of str to (str, int)
        Id or address of each post of the account to the id that it is stored by, and to its instant.
    """
    actor = zap_sender(event) if event.kind == ZAP else event.pubkey
    if event.kind not in ACTS or not actor or actor == key:
        return []
    targets = {verb: posts[target] for verb, target in reversed(target_ids(event)) if target in posts}
    acts = [
        Act(verb, actor, post_id, event.id, max(event.created_at, instant))
        for verb, (post_id, instant) in targets.items()
    ]
    if not acts and event.kind == ZAP and not event.values("e") and not event.values("a"):
        acts = [Act("star", actor, None, event.id, event.created_at)]
    if not acts and _is_mention(event, key):
        acts = [Act("mention", actor, None, event.id, event.created_at)]
    return acts


def verify_zap(event: Event, key: str, provider: str) -> bool:
    """
    Tell whether the recipient's payment provider confirms a zap, and its sender signed for it (NIP-57, appendix F).

    Parameters
    ----------
    event : Event
    key : str
        Id of the recipient.
    provider : str
        Public key with which the provider signs receipts.
    """
    request = _zap_request(event)
    if request is None or event.pubkey != provider:
        return False
    return request.values("p") == [key] == event.values("p") and request.values("e") == event.values("e")


def zap_sender(event: Event) -> str | None:
    """Return who signed for a zap; None if they want to be unknown."""
    request = _zap_request(event)
    return request.pubkey if request and not any(tag[:1] == ["anon"] for tag in request.tags) else None


def _zap_request(event: Event) -> Event | None:
    texts = event.values("description")
    request = parse_embedded(texts[0]) if texts else None
    return request if request and request.kind == ZAP_REQUEST else None


def _parent_id(event: Event) -> str | None:
    """Return the id of the note that a note replies to: by its marker, or else by position."""
    tags = [tag for tag in event.tags if len(tag) > 1 and tag[0] == "e"]
    markers = {tag[3]: tag[1] for tag in tags if len(tag) > 3 and tag[3]}  # noqa: PLR2004 - NIP-10: id, relay, marker
    if "reply" in markers or "root" in markers:
        return markers.get("reply", markers.get("root"))
    positional = [tag[1] for tag in tags if len(tag) < 4 or not tag[3]]  # noqa: PLR2004 - as above
    return positional[-1] if positional else None


def _is_mention(event: Event, key: str) -> bool:
    """Tell whether a note mentions an account: replies also name all who took part before."""
    if event.kind not in {NOTE, COMMENT} or not 0 < len(event.values("p")) <= _MAX_MENTIONS:
        return False
    is_reply = any(verb == "reply" for verb, _ in target_ids(event))
    return key in event.values("p") and (not is_reply or format_npub(key) in event.content)
