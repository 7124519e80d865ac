"""Chain: a log whose every entry names the digest of the one before, and from which people can still be erased."""

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

_SALT_BYTES = 16


@dataclass(frozen=True)
class Opening:
    """What a commitment was made to; once it is erased, the commitment says nothing of anybody."""

    member: str
    """The person's name."""
    score: int | None
    """Hundredths of a point; None where they had none."""
    salt: str
    """128 random bits in hex: without it, nobody can guess who and what was committed to."""

    @property
    def commitment(self) -> str:
        """SHA-256, in hex, of salt, score and name with a space in between; a missing score is ``-``."""
        return _sha(f"{self.salt} {'-' if self.score is None else self.score} {self.member}")


@dataclass(frozen=True)
class Entry:
    """One entry of a log."""

    number: int
    """1, 2, 3 …"""
    said: str
    """JSON: `group`, `number`, `before` (digest of the entry before), `at`, `kind`, `members` (commitments), …"""
    digest: str
    """SHA-256 of `said`, in hex."""
    openings: tuple[Opening, ...]
    """Of the members' commitments, those that are not erased."""


@dataclass(frozen=True)
class Verdict:
    """What came of recomputing a log."""

    group: str
    entries: int
    head: str
    """Digest of the last entry; whoever keeps it can tell later that nothing up to it was changed."""
    erased: int
    """Commitments of people who were forgotten."""
    faults: tuple[str, ...]
    """What was changed after it was written; empty where nothing was."""


def opening(member: str, score: int | None) -> Opening:
    """Return what to commit to, with a salt of its own."""
    return Opening(member, score, secrets.token_hex(_SALT_BYTES))


def seal(
    group: str,
    number: int,
    before: str,
    *,
    at: datetime,
    kind: str,
    openings: Sequence[Opening] = (),
    day: date | None = None,
    challenge: int = 0,
    terms: Mapping[str, Any] | None = None,
) -> Entry:
    """
    Return the next entry of a log.

    Parameters
    ----------
    group : str
    number : int
        Its place, from 1.
    before : str
        Digest of the entry before it; empty for the first.
    at : datetime
        UTC instant.
    kind : str
    openings : sequence of Opening
        Their commitments are put in the order of their digits, which is that of nobody's name or score.
    day : date, optional
        UTC day whose scores these are.
    challenge : int
        0: the group itself.
    terms : mapping, optional
        What else is said.
    """
    said: dict[str, Any] = {
        "group": group,
        "number": number,
        "before": before,
        "at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "kind": kind,
        "day": day.isoformat() if day else None,
        "challenge": challenge,
        "members": sorted(one.commitment for one in openings),
        **(terms or {}),
    }
    text = json.dumps(said)
    return Entry(number, text, _sha(text), tuple(openings))


def verify(
    group: str,
    entries: Sequence[Entry],
    *,
    head: str | None = None,
    filed: Sequence[tuple[int, str | None]],
    terms: Sequence[tuple[str, int, Mapping[str, Any]]],
) -> Verdict:
    """
    Recompute a log.

    Parameters
    ----------
    group : str
    entries : sequence of Entry
        In their order.
    head : str, optional
        A digest that somebody kept: it has to be one of the log's, or what came up to it was changed or cut off.
    filed : sequence of (challenge, day)
        What each entry is found by.
    terms : sequence of (kind, challenge, terms)
        What the group and its challenges are held to be; the log has to say the same.
    """
    digests = [entry.digest for entry in entries]
    befores = ["", *digests]
    faults = [
        f"entry {entry.number}: {fault}"
        for place, entry in enumerate(entries)
        for fault in _faults(group, place + 1, befores[place], entry)
    ]
    if head and head not in digests:
        faults.append(f"no entry has the digest {head}: what it stood for was changed or cut off")
    erased = 0
    if not faults:
        said = [json.loads(entry.said) for entry in entries]
        erased = sum(len(one["members"]) for one in said) - sum(len(entry.openings) for entry in entries)
        faults += _strays(said, filed, terms)
    return Verdict(group, len(entries), digests[-1] if digests else "", erased, tuple(faults))


def _strays(
    said: Sequence[Mapping[str, Any]],
    filed: Sequence[tuple[int, str | None]],
    terms: Sequence[tuple[str, int, Mapping[str, Any]]],
) -> Iterator[str]:
    """Yield where the store, beside the log, says something else."""
    for one, place in zip(said, filed, strict=True):
        if (one["challenge"], one["day"]) != place:
            yield f"entry {one['number']}: it is filed under challenge and day {place}, which it does not say"
    written = [one for one in said if one["kind"] in {"created", "challenge"}]
    held = [{"kind": kind, "challenge": number, **told} for kind, number, told in terms]
    told = [{key: one.get(key) for key in told} for one, told in zip(written, held, strict=False)]
    if told != held or len(written) != len(held):
        yield "the group, or one of its challenges, is not what the log says of it"


def _faults(group: str, number: int, before: str, entry: Entry) -> Iterator[str]:
    if _sha(entry.said) != entry.digest:
        yield "its text is not what its digest was made of"
        return
    said = json.loads(entry.said)
    if (entry.number, said["number"], said["group"]) != (number, number, group):
        yield f"it is not entry {number} of {group!r}"
    if said["before"] != before:
        yield "it does not follow on the one before"
    committed = list(said["members"])
    for one in entry.openings:
        if one.commitment in committed:
            committed.remove(one.commitment)
        else:
            yield f"{one.member!r} and their score are not what was committed to"


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
