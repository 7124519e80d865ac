"""Contents: what an archive says, whichever network it is of."""

from dataclasses import dataclass

from renown.connectors.base import Account, Record


@dataclass(frozen=True)
class Contents:
    """An account's archive."""

    network: str
    account: Account
    """Whose it is: only they could get it."""
    covers: tuple[str, ...]
    """Verbs that it shows."""
    records: tuple[Record, ...]
