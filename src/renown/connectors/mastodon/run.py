"""One run that reads an account of Mastodon: its state, and the records that are made of statuses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from renown.connectors.base import KnownState, ReadLimits
from renown.connectors.mastodon.accounts import build_profiles
from renown.connectors.mastodon.ids import NETWORK, normalize_account_id
from renown.connectors.mastodon.models import MastodonAccount, MastodonCursor, MastodonStatus
from renown.connectors.resume import ListSkipper
from renown.records import Interaction, Profile, is_valid_id

if TYPE_CHECKING:
    from renown.connectors.http.client import Client

PUBLIC_VISIBILITIES = frozenset({"public", "unlisted"})
"""Visibilities of public statuses; with an access token, servers also return private ones."""


@dataclass(frozen=True, kw_only=True)
class MastodonRun:
    """The state of one run that reads an account."""

    client: "Client"
    local_domain: str
    """Domain of the accounts that the server names without a domain."""
    target: str
    """Id of the account that is read."""
    server_id: str
    """The account's id on this server."""
    known: KnownState
    limits: ReadLimits
    start_cursor: MastodonCursor
    now: datetime
    skipper: ListSkipper

    @property
    def started_at(self) -> datetime:
        """Start of this collect; in an earlier run if that was interrupted."""
        return self.start_cursor.began or self.now

    def build_cursor(self, stage: str, max_id: str) -> str:
        """Return the cursor of a run that ends at an id of a stage."""
        return self.start_cursor.to_json_at(stage, max_id, began=self.started_at)

    def normalize_id(self, account: MastodonAccount | None) -> str | None:
        """Return the id of an account; None for none, or an invalid name."""
        return normalize_account_id(account.acct, self.local_domain) if account else None

    @property
    def is_home_server(self) -> bool:
        """Whether this is the account's home server; another server knows only a part of the reactions."""
        return not self.is_remote(self.target)

    def is_remote(self, account_id: str) -> bool:
        """Tell whether an account lives on another server, so that its acts are only this server's word."""
        return not account_id.endswith(f"@{self.local_domain}")

    def build_profiles(self, accounts: Iterable[MastodonAccount]) -> list[Profile]:
        """Build the profiles of other accounts that want to be found."""
        return build_profiles(
            (account for account in accounts if self.normalize_id(account) != self.target), self.local_domain, self.now
        )

    def clamp_instant(self, at: datetime, *, earliest: datetime | None = None) -> datetime:
        """Clamp an instant to a possible range: another server's clock may be wrong by any amount."""
        return min(max(at, earliest or at), self.now)


def name_dropped(item_name: str, reasons: Iterable[str]) -> tuple[str, ...]:
    """Return why elements of a list were dropped, with what they are."""
    return tuple(f"{item_name} {reason}" for reason in reasons)


def build_interactions(
    run: MastodonRun,
    statuses: Sequence[MastodonStatus],
    verb: str,
    *,
    parent: MastodonStatus | None = None,
    suffix: str = "",
) -> list[Interaction]:
    """Build interactions from statuses; one that is only a part of its status gets a suffix to the status's id."""
    return [
        Interaction(
            network=NETWORK,
            interaction_id=status.uri + suffix,
            verb=verb,
            actor_id=actor_id,
            target_id=run.target,
            post_id=parent.uri if parent else None,
            at=run.clamp_instant(status.created_at, earliest=parent.created_at if parent else None),
            unverified=run.is_remote(actor_id),
        )
        for status in statuses
        if _is_public(status, suffix) and (actor_id := run.normalize_id(status.account)) and actor_id != run.target
    ]


def _is_public(status: MastodonStatus, suffix: str = "") -> bool:
    return status.visibility in PUBLIC_VISIBILITIES and is_valid_id(status.uri + suffix)


def author_profiles(run: MastodonRun, statuses: Sequence[MastodonStatus]) -> list[Profile]:
    """Build the profiles of the authors of public statuses."""
    return run.build_profiles(status.account for status in statuses if status.account and _is_public(status))


def quote_path(text: str) -> str:
    """Percent-encode a segment of a path."""
    return quote(text, safe="")
