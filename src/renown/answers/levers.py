"""Levers: what of a person could be more or less, what one more brings, and what somebody supposes of it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from renown.answers.ground import Ground, SignalRow, Supposed
from renown.errors import BadInput
from renown.method import MILLION
from renown.records import VERBS

EVERYTHING = "everything"
"""What a change of all that people do is of; followers and lists stay."""
UNITS = {"interactions": "people", "followers": "followers", "lists": "lists"}
"""What a signal counts, by what it reads."""
_MOST = 10**18
"""Millionths that a signal may be supposed to receive, and people: what the steps' whole numbers hold."""
_CHANGE = re.compile(r"(?P<of>.+)=\s*(?P<value>x\d{1,4}(\.\d{1,6})?|[+-]?\d{1,9})", re.DOTALL | re.ASCII)
_LIKE = "'bluesky:ada.bsky.social/amplification=+12' (so many people more), '…=x1.5' (so many times), 'everything=x1.5'"


@dataclass(frozen=True)
class Lever:
    """One signal of one account that could be more or less."""

    network: str
    account: str
    """``network:handle``, or its id where it has no handle."""
    key: str
    """What a change is of: ``network:id/signal``."""
    signal: str
    unit: str
    """What is counted: `people` in the window, `followers` or `lists`."""
    verbs: tuple[str, ...]
    """What these people do that the network shows; empty for followers and lists."""
    now: int
    """People of the window, known by name or as a number; followers; lists."""
    each: float
    """What one more brings, in the signal's unit: trusted people, followers, lists."""
    each_of: str
    """
    Whose that is: `own`, the mean of what people of this signal brought here; `typical`, where nobody has yet: an act
    of the day's mean weight, at the mean worth over the window; `one`, of followers and lists.
    """


@dataclass(frozen=True)
class Change:
    """What somebody supposes of one signal, or of everything."""

    of: str
    """``network:handle/signal``, ``network:id/signal`` or `EVERYTHING`."""
    more: int
    """People, followers or lists more than now; below zero less."""
    times: Fraction
    """So many times as much, before `more`."""


def read_change(text: str) -> Change:
    """
    Return the change that somebody wrote.

    Raises
    ------
    BadInput
        If it is none.

    Examples
    --------
    >>> read_change("x:101/approval=+12")
    Change(of='x:101/approval', more=12, times=Fraction(1, 1))
    >>> read_change("everything=x1.25").times
    Fraction(5, 4)
    """
    found = _CHANGE.fullmatch(text)
    if found is None:
        shown = text if len(text) <= 100 else text[:100] + "…"  # noqa: PLR2004 - a line of text
        msg = f"{shown!r} is no change; write {_LIKE}"
        raise BadInput(msg)
    value = found["value"]
    if value.startswith("x"):
        return Change(found["of"], 0, Fraction(value[1:]))
    return Change(found["of"], int(value), Fraction(1))


class Levers:
    """What of a person could be more or less."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._reads = {(network, signal): reads for network, signal, _, reads, _, _ in ground.scales}
        names = {(network, signal): name for network, signal, name, *_ in ground.scales}
        self.now = Supposed(ground.signals[0], ground.profiles)
        self._rows = {row[:2]: row for row in ground.signals[0]}
        self.all = {
            (account, signal): self._lever(account, signal, name)
            for network, account, _, _ in ground.accounts
            for (there, signal), name in names.items()
            if there == network and self._movable(account, network, signal)
        }

    def supposed(self, changes: Iterable[Change]) -> Supposed:
        """
        Return the signals and profiles after changes, one after another.

        Raises
        ------
        BadInput
            If a change is of nothing that there is, or of more than there is.
        """
        rows, profiles = dict(self._rows), {row[0]: row for row in self._ground.profiles}
        for change in changes:
            for lever in self._meant(change):
                row = rows.get(lever, (*lever, 0, 0, 0, 0))
                rows[lever] = row = self._moved(row, change)
                if (reads := self._read_by(lever)) != "interactions":
                    figure, (account, network, followers, lists) = row[2] // MILLION, profiles[lever[0]]
                    known = (figure, lists) if reads == "followers" else (followers, figure)
                    profiles[lever[0]] = (account, network, *known)
        return Supposed(tuple(rows.values()), tuple(profiles.values()))

    def moves_people(self, lever: tuple[int, int]) -> bool:
        """Tell whether a lever is of what people do, not of a figure of the profile."""
        return self._read_by(lever) == "interactions"

    def _meant(self, change: Change) -> Sequence[tuple[int, int]]:
        if change.of == EVERYTHING:
            if change.more:
                msg = f"{EVERYTHING}={change.more:+} says not of what; write {EVERYTHING}=x1.5, or the signal it is of"
                raise BadInput(msg)
            return [lever for lever in self.all if self.moves_people(lever)]
        handle = change.of.casefold()
        found = [lever for lever, told in self.all.items() if told.key == change.of] or [
            lever for lever, told in self.all.items() if f"{told.account}/{told.signal}".casefold() == handle
        ]
        if not found:
            known = ", ".join(lever.key for lever in self.all.values())
            msg = f"there is no {change.of[:100]!r} to change; there is {known or 'nothing'}"
            raise BadInput(msg)
        return found

    def _moved(self, row: SignalRow, change: Change) -> SignalRow:
        account, signal, received, people, unknown, acts = row
        times, more = change.times, change.more
        received, people, unknown = (int(each * times) for each in (received, people, unknown))
        if not self.moves_people((account, signal)):
            count, received = received // MILLION, received // MILLION * MILLION
            moved = (account, signal, received + more * MILLION, 0, 0, 0)
        else:
            count = people + unknown
            received += received * more // count if count else self._ground.typical.get(signal, 0) * more
            moved = (account, signal, received, max(0, people + more), unknown + min(0, people + more), acts)
        if count + more < 0:
            msg = f"{change.of}={more:+} is more than there is; {count:,} can be taken away"
            raise BadInput(msg)
        if max(moved[2:]) > _MOST:
            msg = f"{change.of} comes to more than can be counted; suppose less"
            raise BadInput(msg)
        return moved

    def _read_by(self, lever: tuple[int, int]) -> str:
        network = next(network for network, key, _, _ in self._ground.accounts if key == lever[0])
        return self._reads[network, lever[1]]

    def _movable(self, account: int, network: str, signal: int) -> bool:
        """Tell whether the data could show more: what it shows already, and acts that the network shows."""
        shown = any((network, signal) == each[:2] for each in self._ground.verbs)
        return shown or (account, signal) in self._rows

    def _lever(self, account: int, signal: int, name: str) -> Lever:
        network, _, account_id, called = next(row for row in self._ground.accounts if row[1] == account)
        _, _, received, people, unknown, _ = self._rows.get((account, signal), (account, signal, 0, 0, 0, 0))
        reads = self._reads[network, signal]
        shown = {verb for net, of, verb in self._ground.verbs if (net, of) == (network, signal)}
        made = Lever(
            network,
            called,
            f"{network}:{account_id}/{name}",
            name,
            UNITS[reads],
            tuple(verb for verb, number in VERBS.items() if number in shown),
            people + unknown,
            received / (people + unknown) / MILLION if people + unknown else self._ground.typical.get(signal, 0) / 1e6,
            "own" if people + unknown else "typical",
        )
        return made if reads == "interactions" else replace(made, now=received // MILLION, each=1.0, each_of="one")
