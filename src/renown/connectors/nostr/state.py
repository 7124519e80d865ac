"""What the relays of an account have sent in one run: its own events, the acts of others, and deletions."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from renown.connectors.nostr.acts import LISTED_VERBS, Act, post_ids, target_ids, to_acts, verify_zap
from renown.connectors.nostr.events import ACTS, DELETION, FOLLOWS, POSTS, PROFILE, RELAYS, ZAP, Event
from renown.connectors.post_tags import read_tags

_MAX_DELETIONS = 200
"""Events that one deletion may name."""


@dataclass(kw_only=True)
class AccountEvents:
    """
    The events of an account and of others about it, from any number of relays.

    Notes
    -----
    An act counts only on a post that the account signed. A note that replies to somebody else names all who took part,
    and anybody may name anybody.
    """

    key: str
    since: int
    """Start of the window, in seconds since 1970."""
    latest: dict[int, Event] = field(default_factory=dict)
    """Kind to the newest of the account's events of which only one counts."""
    posts: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Id or address of each post to the id that it is stored by, and to its instant."""
    tags: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    """Id that a post is stored by, to the instant of its newest event, and to the tags of that."""
    acts: dict[tuple[object, ...], Act] = field(default_factory=dict)
    """Acts by what makes them one: the post, verb and actor of a list, or the event."""
    followers: set[str] = field(default_factory=set)
    deletions: set[tuple[str, str]] = field(default_factory=set)
    """Author and event of each deletion; nobody can delete another's event."""
    foreign_ids: set[str] = field(default_factory=set)
    """Posts that are not the account's, as far as a relay knows."""
    has_all_posts: bool = False
    """Whether no relay will send more posts of the account."""
    provider: str | None = None
    """Public key of the account's payment provider; empty if there is none, None if it was not looked up."""
    _new_acts: list[Act] = field(default_factory=list)
    _pending: dict[str, Event] = field(default_factory=dict)
    _seen_ids: set[str] = field(default_factory=set)

    def add(self, events: Iterable[Event]) -> int:
        """Add the events that are new, whichever relay sent them; return their number."""
        new_events = {event.id: event for event in events if event.id not in self._seen_ids}
        for event in new_events.values():
            self._seen_ids.add(event.id)
            if event.pubkey == self.key:
                self._add_own(event)
            elif event.kind == FOLLOWS:
                self.followers.add(event.pubkey)
            elif event.kind == DELETION:
                self.deletions |= {(event.pubkey, event_id) for event_id in event.values("e")[:_MAX_DELETIONS]}
            elif event.kind in ACTS and event.created_at >= self.since:
                self._pending[event.id] = event
        return len(new_events)

    def _add_own(self, event: Event) -> None:
        if event.kind in {PROFILE, FOLLOWS, RELAYS}:
            current = self.latest.get(event.kind)
            if current is None or (event.created_at, current.id) > (current.created_at, event.id):
                self.latest[event.kind] = event
        elif event.kind in POSTS:
            ids = post_ids(event)
            self.posts |= dict.fromkeys(ids, (ids[0], event.created_at if len(ids) == 1 else 0))
            tags = (event.created_at, read_tags(event.values("t")))
            self.tags[ids[0]] = max(tags, self.tags.get(ids[0], tags))

    @property
    def has_pending_zaps(self) -> bool:
        """Whether there are payments whose provider has to be known."""
        return self.provider is None and any(event.kind == ZAP for event in self._pending.values())

    def unresolved_ids(self) -> list[str]:
        """Return the posts, newest acts first, of which is unknown whether they are the account's."""
        newest_first = sorted(self._pending.values(), key=lambda event: -event.created_at)
        ids = (target for event in newest_first for _, target in target_ids(event) if len(target) == len(self.key))
        return [target for target in dict.fromkeys(ids) if target not in self.posts and target not in self.foreign_ids]

    @property
    def instants(self) -> dict[str, int]:
        """Id of each post to its instant."""
        return dict(self.posts.values())

    def pop_new_acts(self) -> list[Act]:
        """Return the acts since the last call."""
        new_acts, self._new_acts = self._new_acts, []
        return new_acts

    def resolve(self) -> None:
        """Turn events into acts. Events on unknown posts wait for posts from other relays."""
        ready = [event for event in self._pending.values() if self.has_all_posts or self._is_resolved(event)]
        new_acts: dict[tuple[object, ...], Act] = {}
        for event in sorted(ready, key=lambda event: (event.created_at, event.id)):
            del self._pending[event.id]
            if event.kind == ZAP and not verify_zap(event, self.key, self.provider or ""):
                continue
            for act in to_acts(event, self.key, self.posts):
                if not self._is_deleted(act):
                    new_acts.setdefault(_act_key(act), act)
        new_acts = {key: act for key, act in new_acts.items() if key not in self.acts}
        self.acts |= new_acts
        self._new_acts += new_acts.values()

    def _is_resolved(self, event: Event) -> bool:
        if event.kind == ZAP and self.provider is None:
            return False
        return all(target in self.posts for _, target in target_ids(event))

    def _is_deleted(self, act: Act) -> bool:
        return (act.actor_id, act.event_id) in self.deletions

    def standing_acts(self) -> Iterator[Act]:
        """Yield the acts that were not deleted, oldest first."""
        acts = sorted(self.acts.values(), key=lambda act: (act.second, act.event_id))
        return (act for act in acts if not self._is_deleted(act))


def _act_key(act: Act) -> tuple[object, ...]:
    """Return what makes an act one: several likes of an account on a post are one like."""
    if act.verb in LISTED_VERBS:
        return (act.verb, act.post_id, act.actor_id)
    return (act.verb, act.event_id)
