"""Choose which account's display name and picture stand for a person."""

from collections.abc import Iterable
from dataclasses import dataclass

from renown.store import IdentityCandidate


@dataclass(frozen=True)
class ShownIdentity:
    """Display name and picture that others see of a person."""

    display_name: str = ""
    """Empty if there is none; it is shown beside the person's registered name, since it may imitate anybody's."""
    digest: str = ""
    """Digest of the picture; empty if there is none."""


def choose_identity(candidates: Iterable[IdentityCandidate]) -> ShownIdentity:
    """
    Choose the display name and picture of a person, both of one account.

    That is the account that the person chose; otherwise a verified one, with a picture, claimed first, in this order.

    Parameters
    ----------
    candidates : iterable of IdentityCandidate
        All accounts of the person that have a display name or a picture.
    """
    best = min(candidates, key=_rank, default=None)
    if best is None:
        return ShownIdentity()
    choice = best.choice
    return ShownIdentity(
        best.display_name if choice.shows_name else "",
        best.digest if choice.shows_picture else "",
    )


def _rank(candidate: IdentityCandidate) -> tuple[object, ...]:
    choice = candidate.choice
    is_chosen = (choice.network, choice.account_id) == (candidate.network, candidate.account_id)
    return (
        *(not is_chosen, not candidate.is_verified, not candidate.digest),
        *(candidate.claimed_at, candidate.network, candidate.account_id),
    )
