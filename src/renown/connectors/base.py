"""
The contract of a connector: one module a network, its JSON in, our records out.

A connector reads accounts that somebody claimed. It keeps nothing: what was read
before comes back to it as a cursor and as the acts that the lake knows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from renown.connectors.http import Client
from renown.records import SAID, VERBS, Interaction, Presence, Profile, Tally, Undone, epoch_seconds

Record = Interaction | Profile | Tally | Undone | Presence

Counts = Mapping[tuple[str, str], int]
"""(post, verb) to the number of acts that a network states; a list whose number is as it was needs no reading."""


@dataclass(frozen=True)
class Account:
    """An account to be read."""

    account_id: str
    """The network's permanent id."""
    handle: str
    """The name people type, as the network knows it now."""


@dataclass(frozen=True)
class Actor:
    """Somebody in a list of those who liked or passed on a post."""

    account_id: str
    at: datetime | None = None
    """UTC instant of the act; None where the network does not say."""


@dataclass(frozen=True)
class Listing:
    """
    Who did something to a post, as the network lists it now.

    Most networks list who liked a post but give a like no id and do not tell of one
    taken back: the acts that are new, and those that are gone, are found by
    comparing the list with the lake.
    """

    target_id: str
    post_id: str
    verb: str
    actors: tuple[Actor, ...]
    complete: bool
    """Whether this is the whole list; only then is who is missing known to have taken the act back."""
    at: datetime
    """UTC instant for acts that the network gives none."""


@dataclass(frozen=True)
class Page:
    """What was read together and is taken in together, with where to read on."""

    records: tuple[Record, ...] = ()
    listings: tuple[Listing, ...] = ()
    cursor: str = ""
    """Where to read on from once the lake has this page; empty keeps the last one."""
    counts: Counts = field(default_factory=dict)
    """What the network said of the lists that were read for this page."""
    left_out: tuple[str, ...] = ()
    """Lists that were not read, or in part, and why; a sentence each."""


@dataclass(frozen=True)
class Known:
    """What is known of an account before it is read."""

    since: datetime
    """Posts older than this no longer count."""
    cursor: str = ""
    """The last page's, empty at first."""
    counts: Counts = field(default_factory=dict)
    """What the network said when each list was last read."""


@dataclass(frozen=True)
class Limits:
    """How much of one account is read in a run."""

    actors: int = 1000
    """Most names read of one list; the rest is counted, as acts of unknown actors."""
    days: int = 90
    """Days back from now that are read."""


class Find(Protocol):
    """Look up who goes by a name that people type."""

    def __call__(self, client: Client, name: str, *, now: datetime) -> Profile:
        """Return their profile; raise `AccountGone` where there is nobody."""


class Read(Protocol):
    """Read what is new of an account."""

    def __call__(
        self, client: Client, account: Account, known: Known, limits: Limits, *, now: datetime
    ) -> Iterator[Page]:
        """Yield pages in an order in which each page's cursor may be read on from."""


@dataclass(frozen=True)
class Link:
    """A link that an account shows."""

    url: str
    """As it stands there."""
    me: bool = True
    """Whether it says that it leads to the same person (``rel="me"``), where the network has a way to say it."""


@dataclass(frozen=True)
class About:
    """What an account says of itself, where nobody but its owner can write."""

    text: str = ""
    """What there is to read, without markup."""
    links: tuple[Link, ...] = ()
    domain: str = ""
    """A domain that the network checked to be the account's."""


class Tell(Protocol):
    """Read what an account says of itself."""

    def __call__(self, client: Client, account: Account, *, now: datetime) -> About:
        """Return it; raise `AccountGone` where there is nobody."""


def nowhere(_post_id: str) -> str | None:
    """Return that a post's id does not say where people read it."""
    return None


@dataclass(frozen=True)
class Connector:
    """A network that accounts can be read from: a line of the registry."""

    network: str
    """Full lower-case name."""
    covers: tuple[str, ...]
    """Verbs that it shows."""
    example: str
    """A name as people type it."""
    server: Callable[[str], str]
    """From such a name to the base address of the server to ask, where the settings name none."""
    find: Find
    read: Read
    about: Tell
    says_me: bool = False
    """Whether a link can say there that it leads to the same person; else a fan's looks the same."""
    post_address: Callable[[str], str | None] = nowhere
    """From a post's id, whoever wrote it, to the address at which people read it; None where it has none."""


TABLES: Mapping[type[Record], str] = {
    Interaction: "interactions",
    Tally: "tallies",
    Profile: "profiles",
    Undone: "undone",
    Presence: "presence",
}
"""The table that each record is a row of."""


def rows(records: Iterable[Record]) -> dict[str, list[tuple[object, ...]]]:
    """
    Sort records into the rows of batches, one of each table that has any, in the columns of `records.SAID`.

    The network is not among them: a batch is one network's.

    Examples
    --------
    >>> rows([Undone("x", "1", datetime(1970, 1, 2))])
    {'undone': [('1', 86400)]}
    """
    found: dict[str, list[tuple[object, ...]]] = {}
    for record in records:
        table = TABLES[type(record)]
        found.setdefault(table, []).append(tuple(_said(getattr(record, column), column) for column in SAID[table]))
    return found


def _said(value: object, column: str) -> object:
    """Return a value as a batch has it: instants as seconds of the epoch, verbs as their numbers."""
    if isinstance(value, datetime):
        return epoch_seconds(value)
    return VERBS[str(value)] if column == "verb" else value
