"""Group log: an append-only hash chain of scores, as commitments, from which people can still be erased."""

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

_SALT_BYTES = 16
WITHDRAWN = "withdrawn"
"""Kind of an entry which says that a day's scores, as logged before, were taken back."""


@dataclass(frozen=True)
class LogOpening:
    """Opening of a commitment; once it is deleted, the commitment reveals nothing about anybody."""

    member: str
    """The person's name."""
    score: int | None
    """Hundredths of a point; None without a score."""
    salt: str
    """128 random bits in hex: without it, nobody can guess the name and score behind the commitment."""

    @property
    def commitment(self) -> str:
        """SHA-256, in hex, of ``salt score name`` (single spaces); a missing score is ``-``."""
        return _sha256_hex(f"{self.salt} {'-' if self.score is None else self.score} {self.member}")


@dataclass(frozen=True)
class GroupLogEntry:
    """One entry of a group's log."""

    number: int
    """1, 2, 3 …"""
    message: str
    """JSON: `group`, `number`, `before` (digest of the previous entry), `at`, `kind`, `members` (commitments), …"""
    digest: str
    """SHA-256 of `message`, in hex."""
    openings: tuple[LogOpening, ...]
    """Openings of the members' commitments, except erased ones."""


@dataclass(frozen=True)
class LogVerification:
    """Result of verifying a group's log."""

    group: str
    entries: int
    head: str
    """Digest of the last entry; with it anybody can check later that nothing up to it was changed."""
    erased_scores: int
    """Commitments whose openings were erased with their person."""
    faults: tuple[str, ...]
    """What was changed after it was written; empty if nothing was."""


def create_opening(member: str, score: int | None) -> LogOpening:
    """Create the opening of a commitment, with a random salt."""
    return LogOpening(member, score, secrets.token_hex(_SALT_BYTES))


def build_entry(
    group: str,
    number: int,
    previous_digest: str,
    *,
    at: datetime,
    kind: str,
    openings: Sequence[LogOpening] = (),
    day: date | None = None,
    challenge: int = 0,
    terms: Mapping[str, Any] | None = None,
) -> GroupLogEntry:
    """
    Build the next entry of the hash chain.

    Parameters
    ----------
    group : str
    number : int
        Position in the log, from 1.
    previous_digest : str
        Digest of the previous entry; empty for the first.
    at : datetime
        UTC instant.
    kind : str
    openings : sequence of LogOpening
        Commitments are sorted by their hex digits, so that the order reveals no name or score.
    day : date, optional
        UTC day of the scores.
    challenge : int
        0 for the group itself.
    terms : mapping, optional
        Further fields of the entry.
    """
    fields: dict[str, Any] = {
        "group": group,
        "number": number,
        "before": previous_digest,
        "at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "kind": kind,
        "day": day.isoformat() if day else None,
        "challenge": challenge,
        "members": sorted(opening.commitment for opening in openings),
        **(terms or {}),
    }
    text = json.dumps(fields)
    return GroupLogEntry(number, text, _sha256_hex(text), tuple(openings))


def verify_log(
    group: str,
    entries: Sequence[GroupLogEntry],
    *,
    head: str | None = None,
    index_keys: Sequence[tuple[int, str | None]],
    terms: Sequence[tuple[str, int, Mapping[str, Any]]],
) -> LogVerification:
    """
    Verify a log by recomputing its hash chain and commitments.

    Parameters
    ----------
    group : str
    entries : sequence of GroupLogEntry
        In log order.
    head : str, optional
        A digest from an earlier verification: if no entry has it, entries up to it were changed or removed.
    index_keys : sequence of (challenge, day)
        Columns that each entry's row is indexed by; they must match its text.
    terms : sequence of (kind, challenge, terms)
        Terms of the group and its challenges as stored; the log must say the same.
    """
    digests = [entry.digest for entry in entries]
    previous_digests = ["", *digests]
    faults = [
        f"entry {entry.number}: {fault}"
        for index, entry in enumerate(entries)
        for fault in _find_entry_faults(group, index + 1, previous_digests[index], entry)
    ]
    if head and head not in digests:
        faults.append(f"no entry has the digest {head}: entries up to it were changed or removed")
    erased_scores = 0
    if not faults:
        messages = [json.loads(entry.message) for entry in entries]
        erased_scores = sum(len(message["members"]) for message in messages) - sum(
            len(entry.openings) for entry in entries
        )
        faults += _find_index_faults(messages, index_keys, terms)
    return LogVerification(group, len(entries), digests[-1] if digests else "", erased_scores, tuple(faults))


def _find_index_faults(
    messages: Sequence[Mapping[str, Any]],
    index_keys: Sequence[tuple[int, str | None]],
    terms: Sequence[tuple[str, int, Mapping[str, Any]]],
) -> Iterator[str]:
    """Yield differences between the log and the store's other columns and tables."""
    for message, index_key in zip(messages, index_keys, strict=True):
        if (message["challenge"], message["day"]) != index_key:
            yield (
                f"entry {message['number']}: its row is indexed under challenge and day {index_key}, "
                "its text says otherwise"
            )
    logged_messages = [dict(message) for message in messages if message["kind"] in {"created", "challenge"}]
    for message in messages:
        if message["kind"] == "changed":
            logged_messages[0] |= {key: message[key] for key in ("title", "goal", "goal_origin") if key in message}
    stored_terms = [{"kind": kind, "challenge": number, **values} for kind, number, values in terms]
    logged_terms = [
        {key: message.get(key) for key in row} for message, row in zip(logged_messages, stored_terms, strict=False)
    ]
    if logged_terms != stored_terms or len(logged_messages) != len(stored_terms):
        yield "the terms of the group, or of one of its challenges, differ from the log"


def _find_entry_faults(group: str, number: int, previous_digest: str, entry: GroupLogEntry) -> Iterator[str]:
    if _sha256_hex(entry.message) != entry.digest:
        yield "its text does not match its digest"
        return
    message = json.loads(entry.message)
    if (entry.number, message["number"], message["group"]) != (number, number, group):
        yield f"it is not entry {number} of {group!r}"
    if message["before"] != previous_digest:
        yield "it does not name the digest of the previous entry"
    commitments = list(message["members"])
    for opening in entry.openings:
        if opening.commitment in commitments:
            commitments.remove(opening.commitment)
        else:
            yield f"the name or score of {opening.member!r} does not match its commitment"


def _sha256_hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
