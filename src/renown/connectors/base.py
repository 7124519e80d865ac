"""
The connector contract: read one network's accounts, return our records.

A connector reads claimed accounts and has no state of its own. The caller stores the
cursor and the counts of the last run and passes them back in.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from renown.connectors.http.api import ApiSpec
from renown.connectors.oauth import OAuthSpec
from renown.connectors.post_times import no_post_time, no_post_url
from renown.records import (
    AccountAlias,
    AccountCoverage,
    ActorName,
    Interaction,
    PostDetails,
    Presence,
    Profile,
    Tally,
    Undone,
    is_valid_id,
)

if TYPE_CHECKING:
    from renown.connectors.http.client import Client

_MAX_PLAUSIBLE_COUNT = 10**10
"""Maximum plausible number of followers or likes: more than there are people."""
Record = Interaction | Profile | Tally | Undone | Presence | ActorName | AccountAlias | PostDetails | AccountCoverage
Counts = Mapping[tuple[str, str], int]
"""(post, verb) to the number of acts that the network states; a list with an unchanged count need not be read again."""


@dataclass(frozen=True)
class Account:
    """An account to read."""

    account_id: str
    """The network's permanent id."""
    handle: str
    """The name people type, as it is now."""


@dataclass(frozen=True)
class Actor:
    """An account in the list of those who liked or reposted a post."""

    account_id: str
    at: datetime | None = None
    """UTC instant of the act; None where the network does not tell it."""
    unverified: bool = False
    """Whether only the target's own server tells of the act, although the actor lives on another server."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """
    The accounts that acted on a post with one verb, as the network lists them now.

    Most networks list who liked a post, but give a like no id and report no unlike:
    new and undone acts are found by reconciling the list with the lake.
    """

    target_id: str
    post_id: str
    verb: str
    actors: tuple[Actor, ...]
    complete: bool
    """Whether this is the whole list, or all of it since `complete_since`; only then is a missing act an undone one."""
    at: datetime
    """UTC instant of the acts whose actor has none."""
    complete_since: datetime | None = None
    """UTC instant of the oldest act that a complete list names, if older ones were not read; None if all were."""


@dataclass(frozen=True, kw_only=True)
class Omissions:
    """What of a network's answers could not be read."""

    skipped_lists: tuple[str, ...] = ()
    """Lists that were skipped or only partly read, and why; one sentence each."""
    dropped: tuple[str, ...] = ()
    """Unreadable elements of lists: where and why."""


@dataclass(frozen=True, kw_only=True)
class AccountIdentity:
    """How an account presents itself on its network: untrusted text and an untrusted URL, which its owner chose."""

    display_name: str | None = None
    """None if it has none."""
    avatar_url: str | None = None
    """URL of its picture, absolute or relative to that of the API; None if it has none."""


@dataclass(frozen=True, kw_only=True)
class Page(Omissions):
    """One page of records: stored as a unit, with the cursor from which to resume."""

    records: tuple[Record, ...] = field(default=(), kw_only=False)
    listings: tuple[Listing, ...] = field(default=(), kw_only=False)
    cursor: str = field(default="", kw_only=False)
    """Where to resume once the lake has this page; empty keeps the previous cursor."""
    counts: Counts = field(default_factory=dict, kw_only=False)
    """The network's counts of the lists that were read for this page."""
    validators: Mapping[str, str] = field(default_factory=dict)
    """Name of a list, which the connector chooses, to `HttpResult.validator` of its response."""
    identity: AccountIdentity | None = None
    """How the account presents itself; None if the page does not tell."""


@dataclass(frozen=True)
class KnownState:
    """What earlier runs know of an account: the state to resume from."""

    since: datetime
    """Start of the window; older posts no longer count."""
    cursor: str = ""
    """Cursor of the last stored page; empty at first."""
    counts: Counts = field(default_factory=dict)
    """The network's count of each list when it was last read."""
    validators: Mapping[str, str] = field(default_factory=dict)
    """Name of a list to the validator of its last response."""


@dataclass(frozen=True)
class ReadLimits:
    """How much of one account a run reads."""

    max_actors: int = 1000
    """Maximum actors read of one list; the rest is only counted, as acts of unknown actors."""
    days: int = 90
    """Days before now whose posts are read."""
    max_lookups: int = 1000
    """Maximum profiles of those who acted on one account that a run looks up, where the network has such requests."""


class FindAccount(Protocol):
    """Look up an account by its name: as people type it, or as `Connector.profile_urls` take it from a URL."""

    def __call__(self, client: "Client", name: str, *, now: datetime) -> Profile:
        """Return its profile; raise `AccountGoneError` where there is no such account."""


class ReadAccount(Protocol):
    """Read what is new of an account since the last run."""

    def __call__(
        self, client: "Client", account: Account, known: KnownState, limits: ReadLimits, *, now: datetime
    ) -> Iterator[Page]:
        """Yield pages in such an order that a run can resume from the cursor of any of them."""


@dataclass(frozen=True)
class Link:
    """A link in an account's profile."""

    url: str
    """As written there."""
    has_rel_me: bool = True
    """Whether it is marked ``rel="me"`` (the target is the same person); True where the network has no such mark."""


@dataclass(frozen=True)
class AccountBio:
    """An account's own description, which only its owner can write."""

    text: str = ""
    """The visible text, without markup."""
    links: tuple[Link, ...] = ()
    domain: str = ""
    """A domain that the network verified to be the account's."""


class ReadBio(Protocol):
    """Read an account's own description, for verification."""

    def __call__(self, client: "Client", account: Account, *, now: datetime) -> AccountBio:
        """Return it; raise `AccountGoneError` where there is no such account."""


class LookUpActors(Protocol):
    """Look up the figures of several accounts with few requests."""

    def __call__(self, client: "Client", account_ids: Sequence[str], *, now: datetime) -> Iterator[Page]:
        """Yield pages with a profile of each account; one that is hidden or gone has a profile without figures."""


@dataclass(frozen=True, kw_only=True)
class Connector:
    """A network whose accounts can be read: an entry of the registry."""

    network: str
    """Full lower-case name."""
    covers: tuple[str, ...]
    """Verbs that can be read from it."""
    example: str
    """A handle as people type it, for help texts."""
    server_url: Callable[[str], str]
    """Handle to the base URL of the server to ask, where the settings name none."""
    find: FindAccount
    read: ReadAccount
    read_bio: ReadBio
    look_up: LookUpActors | None = None
    """Looks up those who acted; None where that takes a request for each, or tells nothing."""
    uncertain: tuple[str, ...] = ()
    """Verbs of `covers` that are observed of some accounts only; pages tell of which by `AccountCoverage`."""
    anonymous: tuple[str, ...] = ()
    """Verbs of `covers` that the network only counts: who acted is not observed of any account."""
    untimed: tuple[str, ...] = ()
    """Verbs of `covers` whose acts the network lists without an instant: theirs is that of reading the list."""
    terms: str = ""
    """What the network's terms of use demand of whoever reads it; shown when an account is added."""
    has_many_servers: bool = False
    """Whether accounts live on servers of their own: then a token is for one of them."""
    relays: tuple[str, ...] = ()
    """
    Base URLs of the servers of a network without home servers, which are read over WebSockets one after another.

    The settings may name others in place of them.
    """
    api: ApiSpec = field(default_factory=ApiSpec)
    """Conventions of its HTTP interface: headers, how the token is sent, what errors mean."""
    oauth: OAuthSpec | None = None
    """How people sign in with `renown login`; None if the network has only tokens that are copied from its settings."""
    has_rel_me: bool = False
    """Whether its links can be marked ``rel="me"``; without that, a fan's link looks like the owner's."""
    profile_urls: tuple[str, ...] = ()
    """
    Patterns of the pages of accounts, the usual one first; `renown add` accepts them, and pages link to the first.

    Their placeholders are {handle}, {id}, {site}, {user} and {server}, or {id_name} and {id_server} (the parts of an id
    before and after @), and {page} for what is not part of the name; each also as {name:regular expression}.
    """
    icon: str = ""
    """Data of an SVG path on 16 by 16 units, drawn for renown; a letter is shown if there is none."""
    post_time: Callable[[str], datetime | None] = no_post_time
    """Post id, whoever wrote it, to the UTC instant that it contains; None where there is none."""
    post_url: Callable[[str], str | None] = no_post_url
    """Post id, whoever wrote it, to the URL of its page; None where there is none."""


def clean_count(count: int | None) -> int | None:
    """
    Return a count stated by a network; None if it is unknown, hidden (negative) or absurdly large.

    Examples
    --------
    >>> clean_count(7), clean_count(-1), clean_count(10**30), clean_count(None)
    (7, None, None, None)
    """
    return count if count is not None and 0 <= count <= _MAX_PLAUSIBLE_COUNT else None


def clean_handle(text: str) -> str | None:
    """
    Return a handle stated by a network; None if the lake does not accept it.

    Examples
    --------
    >>> clean_handle("ada"), clean_handle(""), clean_handle("a" * 3000)
    ('ada', None, None)
    """
    return text if is_valid_id(text) else None
