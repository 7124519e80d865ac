"""Statements: what a person states about their score on a day, as claims of a JSON Web Token."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from renown.answers.simulate.range import ConfidenceRange
from renown.errors import InvalidInputError
from renown.store import IssuedStatement, Person, PublishedDay, ServedScore

STATEMENT_PARTS = {
    "range": "the confidence range",
    "rank": "the rank among all people scored here",
    "accounts": "the verified accounts, with their handles",
}
"""What a statement can show besides name, score, day and method, as people choose."""
LIFETIMES_DAYS = (30, 90, 365)
"""Days for which a statement can be valid."""

VALID, EXPIRED, REVOKED, UNKNOWN = "valid", "expired", "revoked", "unknown"
"""States of a statement with a valid signature; unknown if this server did not issue it, or its person left."""


@dataclass(frozen=True)
class StatedAccount:
    """A verified account that a statement names."""

    network: str
    handle: str
    account_id: str


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A dated statement of a person's score; what they chose not to show is None."""

    statement_id: str
    issuer: str
    """URL of the server that signed it."""
    name: str
    issued_at: str
    """UTC instant, as 2026-11-23T12:00:00+00:00; so is `expires_at`."""
    expires_at: str
    day: str
    """UTC day of the score, as 2026-11-23."""
    score: float
    """1 to 100, rounded to a hundredth."""
    method: str
    """Version of the method."""
    method_digest: str
    low: float | None
    """Ends of the 90% confidence interval."""
    high: float | None
    rank: int | None
    """1 for the highest score."""
    people: int | None
    """Number of people scored on the day."""
    accounts: tuple[StatedAccount, ...] | None


@dataclass(frozen=True)
class VerifiedStatement:
    """A statement whose signature is valid, and whether it still holds."""

    statement: Statement
    status: str
    """One of `VALID`, `EXPIRED`, `REVOKED` and `UNKNOWN`."""


@dataclass(frozen=True, kw_only=True)
class StatementSummary:
    """A statement in the list of its person."""

    statement_id: str
    issued_at: str
    """UTC instant; so is `expires_at`."""
    expires_at: str
    status: str
    """One of `VALID`, `EXPIRED` and `REVOKED`."""


def build_statement(
    score: ServedScore,
    day: PublishedDay,
    *,
    statement_id: str,
    issuer: str,
    issued_at: datetime,
    lifetime_days: int,
    range_: ConfidenceRange | None = None,
    accounts: tuple[StatedAccount, ...] | None = None,
    show_rank: bool = False,
) -> Statement:
    """
    Build a statement of a served score.

    Parameters
    ----------
    score : ServedScore
        As others see it.
    day : PublishedDay
        The day of the score.
    statement_id, issuer : str
    issued_at : datetime
    lifetime_days : int
        One of `LIFETIMES_DAYS`.
    range_ : ConfidenceRange, optional
        Stated if given; so are `accounts`.
    accounts : tuple of StatedAccount, optional
    show_rank : bool

    Raises
    ------
    InvalidInputError
        If the lifetime is none of those.
    """
    if lifetime_days not in LIFETIMES_DAYS:
        choices = ", ".join(map(str, LIFETIMES_DAYS))
        raise InvalidInputError(f"a statement cannot be valid for {lifetime_days} days; choose one of {choices}")
    issued_at = issued_at.astimezone(UTC).replace(microsecond=0)
    is_ranked = show_rank and score.verified_score is not None
    return Statement(
        statement_id=statement_id,
        issuer=issuer,
        name=score.name,
        issued_at=issued_at.isoformat(),
        expires_at=(issued_at + timedelta(days=lifetime_days)).isoformat(),
        day=score.day.isoformat(),
        score=round(score.score, 2),
        method=day.method,
        method_digest=day.method_digest,
        low=round(range_.low, 2) if range_ else None,
        high=round(range_.high, 2) if range_ else None,
        rank=score.rank if is_ranked else None,
        people=day.people if is_ranked else None,
        accounts=accounts,
    )


def list_verified_accounts(person: Person, handles: Mapping[tuple[str, str], str]) -> tuple[StatedAccount, ...]:
    """List a person's verified accounts with their handles, which are given by network and id."""
    return tuple(
        StatedAccount(claim.network, handles.get((claim.network, claim.account_id), claim.account_id), claim.account_id)
        for claim in person.claims
        if claim.is_verified
    )


def to_claims(statement: Statement) -> dict[str, Any]:
    """Return a statement as claims of a JSON Web Token (RFC 7519, 4.1); what is not shown is left out."""
    stated = {
        "day": statement.day,
        "score": statement.score,
        "method": statement.method,
        "method_digest": statement.method_digest,
    }
    if statement.low is not None:
        stated["range"] = [statement.low, statement.high]
    if statement.rank is not None:
        stated |= {"rank": statement.rank, "people": statement.people}
    if statement.accounts is not None:
        stated["accounts"] = [
            {"network": account.network, "handle": account.handle, "id": account.account_id}
            for account in statement.accounts
        ]
    return {
        "iss": statement.issuer,
        "sub": statement.name,
        "jti": statement.statement_id,
        "iat": _to_seconds(statement.issued_at),
        "exp": _to_seconds(statement.expires_at),
        "score": stated,
    }


def from_claims(claims: Mapping[str, Any]) -> Statement:
    """
    Read a statement from the claims of a verified token.

    Raises
    ------
    InvalidInputError
        If claims are missing or have other types, such as those of a newer version.
    """
    try:
        stated = claims["score"]
        low, high = stated.get("range", (None, None))
        accounts = stated.get("accounts")
        return Statement(
            statement_id=str(claims["jti"]),
            issuer=str(claims["iss"]),
            name=str(claims["sub"]),
            issued_at=datetime.fromtimestamp(claims["iat"], UTC).isoformat(),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC).isoformat(),
            day=str(stated["day"]),
            score=float(stated["score"]),
            method=str(stated["method"]),
            method_digest=str(stated["method_digest"]),
            low=low,
            high=high,
            rank=stated.get("rank"),
            people=stated.get("people"),
            accounts=None
            if accounts is None
            else tuple(StatedAccount(row["network"], row["handle"], row["id"]) for row in accounts),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
        raise InvalidInputError(
            "the statement is signed, but its fields are not as expected; a newer version of renown may have made it"
        ) from None


def verify_offline(token: str, key_set: Mapping[str, Any], *, at: datetime) -> VerifiedStatement:
    """
    Verify a statement by public keys alone; whether it was revoked only its server knows.

    Raises
    ------
    InvalidInputError
        If it is no statement, or none of the keys signed it.
    """
    from renown.store.statement_keys import decode_statement  # noqa: PLC0415 - few commands need it

    statement = from_claims(decode_statement(token, key_set))
    return VerifiedStatement(statement, VALID if at < datetime.fromisoformat(statement.expires_at) else EXPIRED)


def find_status(statement: IssuedStatement, at: datetime) -> str:
    """Return the state of a statement that this server issued."""
    if statement.revoked_at is not None:
        return REVOKED
    return VALID if statement.is_valid(at) else EXPIRED


def list_statements(issued: Iterable[IssuedStatement], *, at: datetime) -> list[StatementSummary]:
    """List issued statements with their state."""
    return [
        StatementSummary(
            statement_id=row.statement_id,
            issued_at=row.issued_at.isoformat(),
            expires_at=row.expires_at.isoformat(),
            status=find_status(row, at),
        )
        for row in issued
    ]


def _to_seconds(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp())
