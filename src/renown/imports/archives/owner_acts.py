"""Acts and figures that an account's own archive tells of, where accounts have names and no ids."""

from dataclasses import dataclass
from datetime import UTC, datetime

from renown.imports.column_reader import EARLIEST_INSTANT
from renown.records import Interaction, Profile, Tally

_LATEST_SECOND = 4_102_444_800
"""Start of the year 2100: a larger number counts milliseconds."""


@dataclass
class OwnerActs:
    """
    Makes records of what an archive tells of its owner, and notes when the latest of it was.

    Everything is marked: an archive is easy to edit, so acts are unverified until another source has them, and figures
    are self-reported.
    """

    network: str
    owner: str
    now: datetime
    handle: str = ""
    """The owner's name, if the id is another."""
    latest: datetime | None = None

    def plausible_instant(self, at: datetime | None) -> datetime | None:
        """Return an instant, at most now; None if it is before any network."""
        if at is None or at < EARLIEST_INSTANT:
            return None
        at = min(at, self.now)
        self.latest = max(self.latest or at, at)
        return at

    def build_incoming_act(self, verb: str, actor: str, at: datetime, post_id: str | None = None) -> Interaction:
        """Return an act of another account on the owner."""
        return self._interaction(verb, actor, self.owner, at, post_id)

    def build_outgoing_act(self, verb: str, target: str, at: datetime, post_id: str | None = None) -> Interaction:
        """Return an act of the owner on another account."""
        return self._interaction(verb, self.owner, target, at, post_id)

    def tally(self, verb: str, count: int, at: datetime, post_id: str | None) -> Tally:
        """Return the count of acts on a post of the owner."""
        return Tally(
            network=self.network,
            account_id=self.owner,
            post_id=post_id,
            verb=verb,
            count=count,
            at=at,
            self_reported=True,
        )

    def profile(
        self, *, followers: int | None = None, following: int | None = None, posts: int | None = None
    ) -> Profile:
        """Return the owner's figures, dated at the latest entry of the archive."""
        return Profile(
            network=self.network,
            account_id=self.owner,
            at=self.latest or self.now,
            handle=self.handle or self.owner,
            followers=followers,
            following=following,
            posts=posts,
            self_reported=True,
        )

    def _interaction(self, verb: str, actor: str, target: str, at: datetime, post_id: str | None) -> Interaction:
        return Interaction(
            network=self.network,
            interaction_id=None,
            verb=verb,
            actor_id=actor,
            target_id=target,
            post_id=post_id,
            at=at,
            unverified=True,
        )


def parse_epoch(number: int | None) -> datetime | None:
    """
    Return the instant of an epoch second or millisecond; None for none, 0 and impossible ones.

    Examples
    --------
    >>> str(parse_epoch(1_700_000_000)) == str(parse_epoch(1_700_000_000_000)) == "2023-11-14 22:13:20+00:00"
    True
    """
    if not number or number < 0:
        return None
    seconds = number // 1000 if number > _LATEST_SECOND else number
    return datetime.fromtimestamp(seconds, UTC) if seconds <= _LATEST_SECOND else None


def parse_local_instant(text: str, *formats: str) -> datetime | None:
    """
    Return the instant of text in one of these formats, which is UTC; None if it is in none of them.

    Examples
    --------
    >>> str(parse_local_instant("12 Nov 2024", "%d %b %Y"))
    '2024-11-12 00:00:00+00:00'
    """
    for text_format in formats:
        try:
            return datetime.strptime(text, text_format).replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            continue
    return None
