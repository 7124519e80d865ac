"""List a person's levers (signals that can change), and apply what-if changes to them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Protocol

from renown.answers.signal_words import signal_word
from renown.answers.simulate.inputs import (
    HypotheticalState,
    ScoringInputs,
    SignalRow,
    SimulatedOutcome,
    simulate_outcomes,
    simulate_scores,
)
from renown.engines.base import Engine
from renown.errors import InvalidInputError
from renown.method.parameters import MILLION
from renown.records import VERBS
from renown.text import truncate

EVERYTHING = "everything"
"""Subject of a change to all reactions; followers and lists stay as they are."""
ALL = "all"
"""Subject of a change to all reactions, followers and lists."""
UNITS = {"interactions": "people", "followers": "followers", "lists": "lists"}
"""Unit of a signal, by the data that it reads."""
MAX_AMOUNT = 10**18
"""Upper bound of received millionths, of people and of acts, so that the integers of the steps do not overflow."""
_CHANGE_PATTERN = re.compile(r"(?P<subject>.+)=\s*(?P<value>x\d{1,4}(\.\d{1,6})?|[+-]?\d{1,9})", re.DOTALL | re.ASCII)
_CHANGE_EXAMPLES = (
    "'bluesky:ada.bsky.social/reposts=+12' (12 more), 'likes=x1.5' (1.5 times as many), 'everything=x1.5'"
)


@dataclass(frozen=True, kw_only=True)
class Lever:
    """One signal of one account that can be changed in a simulation."""

    network: str
    account: str
    """``network:handle``, or its id if it has no handle."""
    key: str
    """Subject of a change: ``network:id/signal``."""
    signal: str
    unit: str
    """Unit of `now`: `people` in the window, `followers` or `lists`."""
    verbs: tuple[str, ...]
    """Observed verbs that this signal reads; empty for followers and lists."""
    now: int
    """People in the window, both named and counted; followers; lists."""
    rate: float
    """What one more adds, in the signal's unit: trusted people, followers, lists."""
    rate_source: str
    """
    Source of `rate`: `own`, the mean of this account's people; `typical`, if there are none yet: an act of the day's
    mean weight, at the mean worth over the window; `one`, for followers and lists.
    """


@dataclass(frozen=True)
class WhatIfChange:
    """A hypothetical change of one signal, or of all reactions."""

    subject: str
    """
    ``network:handle/signal``, ``network:id/signal``, ``signal`` of all accounts, `EVERYTHING` or `ALL`.

    A signal is written as its name or its plain word, such as ``approval`` or ``likes``.
    """
    increase: int
    """People, followers or lists to add; negative to remove."""
    factor: Fraction
    """Factor that is applied before `increase`."""


def parse_change(text: str) -> WhatIfChange:
    """
    Parse a what-if change.

    Raises
    ------
    InvalidInputError
        If the text is not a change.

    Examples
    --------
    >>> parse_change("x:101/approval=+12")
    WhatIfChange(subject='x:101/approval', increase=12, factor=Fraction(1, 1))
    >>> parse_change("everything=x1.25").factor
    Fraction(5, 4)
    """
    match = _CHANGE_PATTERN.fullmatch(text)
    if match is None:
        raise InvalidInputError(f"{truncate(text, 100)!r} is not a change; write {_CHANGE_EXAMPLES}")
    value = match["value"]
    if value.startswith("x"):
        return WhatIfChange(match["subject"], 0, Fraction(value[1:]))
    return WhatIfChange(match["subject"], int(value), Fraction(1))


class LeverSet(Protocol):
    """The levers of a person by (account, signal)."""

    @property
    def levers(self) -> Mapping[tuple[int, int], Lever]:
        """Levers by account and signal."""

    def is_about_people(self, lever: tuple[int, int]) -> bool:
        """Return whether a lever counts people who reacted, not a number of the profile."""


def match_levers(lever_set: LeverSet, change: WhatIfChange) -> Sequence[tuple[int, int]]:
    """
    Return the levers that a change is about.

    Raises
    ------
    InvalidInputError
        If there is none, or if a number is to be added to the signal of several accounts.
    """
    if change.subject in (EVERYTHING, ALL):
        if change.increase:
            raise InvalidInputError(
                f"{change.subject}={change.increase:+} is not possible: {change.subject!r} takes a factor, "
                f"e.g. {change.subject}=x1.5; to add people, name a signal"
            )
        return [lever for lever in lever_set.levers if change.subject == ALL or lever_set.is_about_people(lever)]
    candidates = lever_set.levers.items()
    matches = [key for key, lever in candidates if lever.key == change.subject]
    matches = matches or [key for key, lever in candidates if change.subject.casefold() in _list_names(lever)]
    if matches:
        return matches
    matches = [key for key, lever in candidates if change.subject.casefold() in _list_words(lever)]
    if not matches or (change.increase and len(matches) > 1):
        named_levers = [lever for key, lever in candidates if not matches or key in matches]
        available = ", ".join(f"{lever.account}/{signal_word(lever.signal)}" for lever in named_levers) or "none"
        problem = (
            f"{change.subject}={change.increase:+} is of several accounts; name one"
            if matches
            else f"there is no signal {change.subject[:100]!r} to change; possible"
        )
        raise InvalidInputError(f"{problem}: {available}")
    return matches


def _list_words(lever: Lever) -> set[str]:
    """List the names of a lever's signal, in lower case."""
    return {lever.signal.casefold(), signal_word(lever.signal), signal_word(lever.signal, 1)}


def _list_names(lever: Lever) -> set[str]:
    """List what a lever is called, in lower case: its account by handle or id, and its signal by name or word."""
    accounts = (lever.account, lever.key.removesuffix(f"/{lever.signal}"))
    return {f"{account.casefold()}/{word}" for account in accounts for word in _list_words(lever)}


class Levers:
    """A person's levers by (account, signal)."""

    def __init__(self, inputs: ScoringInputs) -> None:
        self._inputs = inputs
        self._sources = {(network, signal): source for network, signal, _, source, _, _ in inputs.scales}
        names = {(network, signal): name for network, signal, name, *_ in inputs.scales}
        self.current_state = HypotheticalState(inputs.signals[0], inputs.profiles)
        self.decayed_states = {
            days: HypotheticalState(rows, inputs.profiles) for days, rows in inputs.signals.items() if days
        }
        self._rows = {row[:2]: row for row in inputs.signals[0]}
        self.levers = {
            (account, signal): self._build_lever(account, signal, name)
            for network, account, _, _ in inputs.accounts
            for (lever_network, signal), name in names.items()
            if lever_network == network and self._can_change(account, network, signal)
        }

    def apply_changes(self, changes: Iterable[WhatIfChange]) -> HypotheticalState:
        """
        Return the signals and profiles after applying changes in order.

        Raises
        ------
        InvalidInputError
            If a change names no lever, or removes more than there is.
        """
        rows, profiles = dict(self._rows), {row[0]: row for row in self._inputs.profiles}
        for change in changes:
            for lever in match_levers(self, change):
                row = rows.get(lever, (*lever, 0, 0, 0, 0))
                rows[lever] = row = self._apply_change(row, change)
                if (source := self._get_source(lever)) != "interactions":
                    figure, (account, network, followers, lists) = row[2] // MILLION, profiles[lever[0]]
                    figures = (figure, lists) if source == "followers" else (followers, figure)
                    profiles[lever[0]] = (account, network, *figures)
        return HypotheticalState(tuple(rows.values()), tuple(profiles.values()))

    def is_about_people(self, lever: tuple[int, int]) -> bool:
        """Return whether a lever counts people who reacted, not a number of the profile."""
        return self._get_source(lever) == "interactions"

    def count(self, lever: tuple[int, int], state: HypotheticalState) -> int:
        """Return how many people, followers or lists a state has of a lever."""
        row = next((row for row in state.signals if row[:2] == lever), (*lever, 0, 0, 0, 0))
        return row[3] + row[4] if self.is_about_people(lever) else row[2] // MILLION

    def count_acts(self, state: HypotheticalState) -> dict[str, int]:
        """Return the number of acts of named people by signal."""
        names = {signal: name for _, signal, name, *_ in self._inputs.scales}
        acts: dict[str, int] = {}
        for _, signal, _, _, _, signal_acts in state.signals:
            acts[names.get(signal, "")] = acts.get(names.get(signal, ""), 0) + signal_acts
        return acts

    def simulate_outcomes(
        self, engine: Engine, states: Sequence[HypotheticalState], *, with_points: int | None = None
    ) -> list[SimulatedOutcome]:
        """Simulate states and return the score and points of each."""
        return simulate_outcomes(engine, self._inputs, states, with_points=with_points)

    def simulate_scores(self, engine: Engine, states: Sequence[HypotheticalState]) -> list[float]:
        """Simulate states and return the scores."""
        return simulate_scores(engine, self._inputs, states)

    def _apply_change(self, row: SignalRow, change: WhatIfChange) -> SignalRow:
        account, signal, received, people, unknown, acts = row
        factor, increase = change.factor, change.increase
        received, people, unknown = (int(value * factor) for value in (received, people, unknown))
        if not self.is_about_people((account, signal)):
            count, received = received // MILLION, received // MILLION * MILLION
            new_row = (account, signal, received + increase * MILLION, 0, 0, 0)
        else:
            count = people + unknown
            received += received * increase // count if count else self._inputs.typical_rates.get(signal, 0) * increase
            new_row = (account, signal, received, max(0, people + increase), unknown + min(0, people + increase), acts)
        check_removal(change, count)
        if max(new_row[2:]) > MAX_AMOUNT:
            raise too_large_error(change)
        return new_row

    def _get_source(self, lever: tuple[int, int]) -> str:
        network = next(network for network, key, _, _ in self._inputs.accounts if key == lever[0])
        return self._sources[network, lever[1]]

    def _can_change(self, account: int, network: str, signal: int) -> bool:
        """Return whether a signal can change: it has data already, or the network's data shows its verbs."""
        is_observed = any((network, signal) == observed_verb[:2] for observed_verb in self._inputs.verbs)
        return is_observed or (account, signal) in self._rows

    def _build_lever(self, account: int, signal: int, signal_name: str) -> Lever:
        network, _, account_id, account_name = next(row for row in self._inputs.accounts if row[1] == account)
        _, _, received, people, unknown, _ = self._rows.get((account, signal), (account, signal, 0, 0, 0, 0))
        source = self._sources[network, signal]
        observed_verbs = {
            verb
            for verb_network, verb_signal, verb in self._inputs.verbs
            if (verb_network, verb_signal) == (network, signal)
        }
        lever = Lever(
            network=network,
            account=account_name,
            key=f"{network}:{account_id}/{signal_name}",
            signal=signal_name,
            unit=UNITS[source],
            verbs=tuple(verb for verb, number in VERBS.items() if number in observed_verbs),
            now=people + unknown,
            rate=received / (people + unknown) / MILLION
            if people + unknown
            else self._inputs.typical_rates.get(signal, 0) / 1e6,
            rate_source="own" if people + unknown else "typical",
        )
        return (
            lever if source == "interactions" else replace(lever, now=received // MILLION, rate=1.0, rate_source="one")
        )


def check_removal(change: WhatIfChange, count: int) -> None:
    """
    Check that a change removes no more than there is.

    Raises
    ------
    InvalidInputError
        If it does.
    """
    if count + change.increase < 0:
        raise InvalidInputError(
            f"{change.subject}={change.increase:+} removes more than there is; at most {count:,} can be removed"
        )


def too_large_error(change: WhatIfChange) -> InvalidInputError:
    """Return the error of a change after which the integers of the steps would overflow."""
    return InvalidInputError(f"{change.subject} is too large to be computed; choose a smaller change")
