"""Landmarks: public figures on an operator's list, scored by their public counts, to give other scores a scale."""

import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from renown.answers.visibility import Visibility
from renown.engines.base import Engine
from renown.errors import InvalidSettingsError, describe_io_error
from renown.method.file import Method
from renown.records import VERBS
from renown.scoring import PublicCounts, score_public_counts
from renown.text import suggest_spelling

_Count = Annotated[int, Meta(ge=0)]
_Name = Annotated[str, Meta(min_length=1, max_length=100)]


class LandmarkEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of an operator's list: an account, and its public counts on a day."""

    name: _Name
    """What the public figure is called on pages."""
    network: Annotated[str, Meta(pattern=r"^[a-z0-9]{1,40}$")]
    account_id: Annotated[str, Meta(min_length=1, max_length=1024)]
    """Permanent id of the account, by which an opt-out is recognized."""
    day: date
    """UTC day on which the counts were read."""
    source: Annotated[str, Meta(pattern=r"^https?://[^\s<>\"]+$", max_length=1000)]
    """URL where the counts can be checked."""
    followers: _Count | None = None
    lists: _Count | None = None
    reactions: dict[str, _Count] = {}
    """Verb to the number of acts on the posts of the 90 days up to `day`."""


class _LandmarkFile(Struct, frozen=True, forbid_unknown_fields=True):
    landmarks: list[LandmarkEntry]


@dataclass(frozen=True, kw_only=True)
class Landmark:
    """A public figure with a score that the method computed from public counts."""

    name: str
    network: str
    account_id: str
    score: float
    """1 to 100."""
    method: str
    """Version of the method."""
    day: str
    """UTC day of the counts, as 2026-11-23."""
    source: str
    """URL where the counts can be checked."""
    followers: int | None
    lists: int | None
    reactions: dict[str, int] = field(default_factory=dict)
    """Verb to the number of acts on the posts of the 90 days up to `day`; empty if unknown."""

    @property
    def reaction_count(self) -> int:
        """Number of acts over all verbs."""
        return sum(self.reactions.values())

    def is_visible(self, visibility: Visibility, owner: int | None) -> bool:
        """
        Return whether others may see it: its account did not opt out, and its owner is not hidden.

        Parameters
        ----------
        visibility : Visibility
        owner : int or None
            Score key of the person who claimed the account.
        """
        is_opted_out = visibility.is_opted_out(self.network, self.account_id)
        return not is_opted_out and (owner is None or visibility.includes(owner))


def read_landmarks(path: Path) -> list[LandmarkEntry]:
    """
    Read an operator's list of landmarks, a TOML file with a table ``[[landmarks]]`` for each.

    Raises
    ------
    InvalidSettingsError
        If it cannot be read, or an entry is not valid.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        entries = msgspec.convert(tables, _LandmarkFile).landmarks
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InvalidSettingsError(
            f"cannot read the landmarks {str(path)!r}: {describe_io_error(error)}; correct the file, or remove the "
            "setting serve.landmarks"
        ) from error
    for entry in entries:
        _check_counts(entry, path)
    for account, occurrences in Counter(f"{entry.network}:{entry.account_id}" for entry in entries).items():
        if occurrences > 1:
            raise InvalidSettingsError(f"{str(path)!r} has {account} {occurrences} times; keep one entry of it")
    return entries


def score_landmarks(entries: Sequence[LandmarkEntry], method: Method, engine: Engine) -> list[Landmark]:
    """
    Score landmarks by the steps of a method, the highest first.

    Parameters
    ----------
    entries : sequence of LandmarkEntry
    method : Method
    engine : Engine
        A session that nothing else uses.
    """
    scores = score_public_counts(engine, method, [_to_counts(entry) for entry in entries])
    landmarks = [
        Landmark(
            name=entry.name,
            network=entry.network,
            account_id=entry.account_id,
            score=score,
            method=method.version,
            day=entry.day.isoformat(),
            source=entry.source,
            followers=entry.followers,
            lists=entry.lists,
            reactions=entry.reactions,
        )
        for entry, score in zip(entries, scores, strict=True)
    ]
    return sorted(landmarks, key=attrgetter("score"), reverse=True)


def _check_counts(entry: LandmarkEntry, path: Path) -> None:
    if not entry.reactions and entry.followers is None and entry.lists is None:
        raise InvalidSettingsError(
            f"{str(path)!r}: {entry.name!r} has no counts; write followers, lists or reactions, which its score is "
            "computed from"
        )
    for verb in entry.reactions.keys() - VERBS.keys():
        raise InvalidSettingsError(
            f"{str(path)!r}: {entry.name!r} has reactions {verb!r}; {suggest_spelling(verb, VERBS)}"
        )


def _to_counts(entry: LandmarkEntry) -> PublicCounts:
    return PublicCounts(network=entry.network, followers=entry.followers, lists=entry.lists, reactions=entry.reactions)
