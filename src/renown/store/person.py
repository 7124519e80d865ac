"""A person, the accounts that they claimed with their proofs, and their consent; what names and ids are valid."""

from dataclasses import dataclass, field
from datetime import datetime

from renown.errors import InvalidInputError
from renown.records import MAX_ID_BYTES, is_valid_id

PROOFS = {
    "token": "the account's profile contains the claim's token",
    "sign-in": "the account's owner signed in at its network",
    "link": "the account's profile links to the person's page",
    "domain": "the account's handle is the domain of this home's pages",
    "archive": "somebody had the account's archive, which can be forged: not verified",
}
"""Kinds of proof of a claim, with what they mean; a claim that was only typed in has none."""
UNVERIFIED_PROOFS = ("", "archive")
"""Values of `proof` that do not verify a claim."""
CONSENT_GIVEN, CONSENT_WITHDRAWN = "given", "withdrawn"
"""Values of a person's consent."""
DEFAULT_TIME_ZONE = "UTC"
"""Time zone of people who did not choose one."""
_MAX_NAME_LENGTH = 100
_MAX_SHOWN_CHARACTERS = 80
"""Maximum characters of a name or an id in a message."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A claim of a person to own an account."""

    network: str
    account_id: str
    token: str = field(repr=False)
    """Token that the account's profile must contain to verify the claim."""
    proof: str
    """One of `PROOFS`; empty without a proof."""
    proved_at: datetime | None
    claimed_at: datetime

    @property
    def is_verified(self) -> bool:
        """Whether the claim is verified: only whoever controls the account could have given its proof."""
        return self.proof not in UNVERIFIED_PROOFS


@dataclass(frozen=True, kw_only=True)
class Person:
    """A person who claimed accounts."""

    person_id: int
    name: str
    claims: tuple[Claim, ...]
    consent: str
    """`CONSENT_GIVEN` or `CONSENT_WITHDRAWN`."""
    consent_at: datetime
    """UTC instant of the last change of consent."""
    time_zone: str = DEFAULT_TIME_ZONE
    """IANA name of the zone in which they read hours, such as Europe/Paris."""

    @property
    def key(self) -> int:
        """Score key: negative, so that it differs from every account's key."""
        return -self.person_id

    @property
    def accounts(self) -> tuple[tuple[str, str], ...]:
        """(network, account_id) of every account claimed."""
        return tuple((claim.network, claim.account_id) for claim in self.claims)

    @property
    def has_consented(self) -> bool:
        """Whether they may be collected, scored and shown."""
        return self.consent == CONSENT_GIVEN

    def has_verified_besides(self, network: str, account_id: str) -> bool:
        """Return whether the person has a verified account besides this one, by which they can sign in."""
        return any(
            claim.is_verified for claim in self.claims if (claim.network, claim.account_id) != (network, account_id)
        )


def check_name(name: str) -> None:
    """
    Check that a name is valid for a person.

    Raises
    ------
    InvalidInputError
    """
    if not name.strip() or ":" in name or len(name) > _MAX_NAME_LENGTH or not name.isprintable():
        raise InvalidInputError(
            f"{name[:_MAX_SHOWN_CHARACTERS]!r} cannot be a person's name; write 1 to {_MAX_NAME_LENGTH} printable "
            "characters without ':'"
        )


def check_account_id(network: str, account_id: str) -> None:
    """
    Check that the lake can have records of an account.

    Raises
    ------
    InvalidInputError
        If its id, or handle, is empty or too long.
    """
    if not is_valid_id(account_id):
        size = len(account_id.encode("utf-8", "replace"))
        raise InvalidInputError(
            f"the id {account_id[:_MAX_SHOWN_CHARACTERS]!r} on {network} has {size:,} bytes in UTF-8; "
            f"ids that can be stored have 1 to {MAX_ID_BYTES:,}"
        )
