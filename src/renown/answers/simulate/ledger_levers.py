"""A person's levers on a day with a ledger: what can change, and their rows after what-if changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, Protocol

from renown.answers.simulate.inputs import ScoringInputs, SimulatedOutcome
from renown.answers.simulate.ledger_inputs import (
    LedgerInputs,
    PersonRows,
    simulate_outcomes,
    simulate_scores_batch,
)
from renown.answers.simulate.levers import (
    MAX_AMOUNT,
    Lever,
    Levers,
    WhatIfChange,
    check_removal,
    match_levers,
    too_large_error,
)
from renown.engines.base import Engine
from renown.method.parameters import MILLION
from renown.records import VERBS

LEDGER_UNITS = {"interactions": "acts", "followers": "followers", "lists": "lists"}
"""Unit of a signal, by the data that it reads."""
_MAX_FIGURE = MAX_AMOUNT // MILLION
"""Upper bound of followers and lists, which the steps count in millionths."""

LeverKey = tuple[int, int]
"""Account and signal."""


class AnyLevers(Protocol):
    """The levers of a person, on a day with or without a ledger."""

    current_state: Any

    @property
    def levers(self) -> Mapping[LeverKey, Lever]:
        """Levers by account and signal."""

    @property
    def decayed_states(self) -> Mapping[int, Any]:
        """Days ahead to the state at that time if no new reactions come."""

    def apply_changes(self, changes: Iterable[WhatIfChange]) -> Any:
        """Return the state after applying changes in order."""

    def is_about_people(self, lever: LeverKey) -> bool:
        """Return whether a lever counts reactions, not a number of the profile."""

    def count(self, lever: LeverKey, state: Any) -> int:
        """Return how many people, acts, followers or lists a state has of a lever."""

    def count_acts(self, state: Any) -> Mapping[str, int]:
        """Return the number of acts of named people by signal."""

    def simulate_outcomes(
        self, engine: Engine, states: Sequence[Any], *, with_points: int | None = None
    ) -> list[SimulatedOutcome]:
        """Simulate states and return the score of each, and the points of the first ones."""

    def simulate_scores(self, engine: Engine, states: Sequence[Any]) -> list[float]:
        """Simulate states and return the scores."""


def open_levers(inputs: ScoringInputs | LedgerInputs) -> AnyLevers:
    """Return the levers of a person's inputs."""
    return LedgerLevers(inputs) if isinstance(inputs, LedgerInputs) else Levers(inputs)


class LedgerLevers:
    """
    A person's levers by (account, signal).

    A further reaction is one act of somebody known who did not react before, worth what such acts typically are. Fewer
    reactions are fewer acts, in equal shares of the known and of strangers; nobody leaves unless there are fewer acts
    than people.
    """

    def __init__(self, inputs: LedgerInputs) -> None:
        self._inputs = inputs
        self._sources = {(network, signal): source for network, signal, _, source, _, _ in inputs.scales}
        self._names = {(network, signal): name for network, signal, name, *_ in inputs.scales}
        self._networks = {account: network for network, account, _, _ in inputs.accounts}
        self.current_state = inputs.states[0]
        self.decayed_states = {days: state for days, state in inputs.states.items() if days}
        self.levers = {
            (account, signal): self._build_lever(account, signal)
            for network, account, _, _ in inputs.accounts
            for lever_network, signal in self._names
            if lever_network == network and self._can_change((account, signal))
        }

    def apply_changes(self, changes: Iterable[WhatIfChange]) -> PersonRows:
        """
        Return the rows after applying changes in order.

        Raises
        ------
        InvalidInputError
            If a change names no lever, or removes more than there is.
        """
        rows = _ChangingRows(self.current_state)
        for change in changes:
            for lever in match_levers(self, change):
                self._apply_change(rows, lever, change)
        return rows.to_state()

    def is_about_people(self, lever: LeverKey) -> bool:
        """Return whether a lever counts reactions, not a number of the profile."""
        return self._get_source(lever) == "interactions"

    def count(self, lever: LeverKey, state: PersonRows) -> int:
        """Return how many acts, followers or lists a state has of a lever."""
        source = self._get_source(lever)
        if source == "interactions":
            return sum(row[4] for row in state.balances if row[:2] == lever) + sum(
                row[3] for row in state.unknown_actors if row[:2] == lever
            )
        figures = [row[2:4] for row in state.latest_profiles if row[0] == lever[0]]
        return sum(row[0 if source == "followers" else 1] or 0 for row in figures)

    def count_acts(self, state: PersonRows) -> dict[str, int]:
        """Return the number of acts of named people by signal."""
        acts: dict[str, int] = {}
        for account, signal, _, _, row_acts in state.balances:
            name = self._names.get((self._networks[account], signal), "")
            acts[name] = acts.get(name, 0) + row_acts
        return acts

    def simulate_outcomes(
        self, engine: Engine, states: Sequence[PersonRows], *, with_points: int | None = None
    ) -> list[SimulatedOutcome]:
        """Simulate states and return the score and points of each."""
        return simulate_outcomes(engine, self._inputs, states, with_points=with_points)

    def simulate_scores(self, engine: Engine, states: Sequence[PersonRows]) -> list[float]:
        """Simulate states and return the scores."""
        return simulate_scores_batch(engine, [(self._inputs, states)])[0]

    def _apply_change(self, rows: "_ChangingRows", lever: LeverKey, change: WhatIfChange) -> None:
        if self.is_about_people(lever):
            rows.scale(lever, change.factor)
            count = rows.count(lever)
        else:
            figure = "followers" if self._get_source(lever) == "followers" else "lists"
            count = int(rows.profiles[lever[0]][figure] * change.factor)
            rows.profiles[lever[0]][figure] = count + change.increase
        check_removal(change, count)
        if self.is_about_people(lever):
            rows.add(lever, change.increase, self._inputs.typical_balances.get(lever[1], 0))
        if rows.is_too_large(lever):
            raise too_large_error(change)

    def _get_source(self, lever: LeverKey) -> str:
        return self._sources[self._networks[lever[0]], lever[1]]

    def _can_change(self, lever: LeverKey) -> bool:
        """Return whether a signal can change: it has data already, or the network's data shows its verbs."""
        account, signal = lever
        source = self._get_source(lever)
        if source != "interactions":
            index = 2 if source == "followers" else 3
            return any(row[0] == account and row[index] is not None for row in self.current_state.latest_profiles)
        return self.count(lever, self.current_state) > 0 or any(
            (self._networks[account], signal) == observed_verb[:2] for observed_verb in self._inputs.verbs
        )

    def _build_lever(self, account: int, signal: int) -> Lever:
        network, _, account_id, account_name = next(row for row in self._inputs.accounts if row[1] == account)
        source = self._get_source((account, signal))
        signal_name = self._names[network, signal]
        observed_verbs = {verb for *lever, verb in self._inputs.verbs if lever == [network, signal]}
        lever = Lever(
            network=network,
            account=account_name,
            key=f"{network}:{account_id}/{signal_name}",
            signal=signal_name,
            unit=LEDGER_UNITS[source],
            verbs=tuple(verb for verb, number in VERBS.items() if number in observed_verbs),
            now=self.count((account, signal), self.current_state),
            rate=self._inputs.typical_balances.get(signal, 0) / MILLION,
            rate_source="typical",
        )
        return lever if source == "interactions" else replace(lever, rate=1.0, rate_source="one")


class _ChangingRows:
    """The rows of a state while changes are applied."""

    def __init__(self, state: PersonRows) -> None:
        self._balances = {row[:3]: list(row[3:]) for row in state.balances}
        self._unknown = {row[:2]: list(row[2:6]) for row in state.unknown_actors}
        self._observed = {row[:2]: row[6] for row in state.unknown_actors}
        self._people = {account: Fraction(people) for account, people in state.reactors}
        self.profiles: dict[int, dict[str, Any]] = {
            account: {"network": network, "followers": followers, "lists": lists, "self_reported": self_reported}
            for account, network, followers, lists, self_reported in state.latest_profiles
        }

    def count(self, lever: LeverKey) -> int:
        """Return the number of acts of a lever, by named and by unknown actors."""
        return sum(acts for _, acts in self._balances_of(lever)) + self._unknown.get(lever, [0, 0])[1]

    def scale(self, lever: LeverKey, factor: Fraction) -> None:
        """Multiply the acts of a lever, and the people in proportion to the acts of the account."""
        if factor == 1:
            return
        account, acts_before = lever[0], self._count_named(lever[0])
        for row in [*self._balances_of(lever), self._unknown.get(lever, [])]:
            # Amounts are not negative: this is the whole part, in a tenth of the time that fractions take.
            row[:] = [amount * factor.numerator // factor.denominator for amount in row]
        if acts_before:
            self._people[account] = self._people.get(account, Fraction(0)) * self._count_named(account) / acts_before

    def add(self, lever: LeverKey, acts: int, balance: int) -> None:
        """Add acts by further people who are known, each worth a balance; or remove acts."""
        account = lever[0]
        if acts > 0:
            row = self._balances.setdefault((*lever, 1), [0, 0])
            row[:] = [row[0] + acts * balance, row[1] + acts]
            self._people[account] = self._people.get(account, Fraction(0)) + acts
        elif acts < 0:
            self._remove(lever, self.count(lever), -acts)
            self._people[account] = min(self._people.get(account, Fraction(0)), Fraction(self._count_named(account)))

    def is_too_large(self, lever: LeverKey) -> bool:
        """Return whether amounts of a lever exceed what the steps can compute."""
        amounts = [amount for row in self._balances_of(lever) for amount in row] + self._unknown.get(lever, [])
        figures = [self.profiles.get(lever[0], {}).get(figure) or 0 for figure in ("followers", "lists")]
        return max(amounts, default=0) > MAX_AMOUNT or max(figures) > _MAX_FIGURE

    def to_state(self) -> PersonRows:
        """Return the rows as they are now."""
        return PersonRows(
            balances=tuple((*key, row[0], row[1]) for key, row in self._balances.items()),
            reactors=tuple((account, int(people)) for account, people in self._people.items()),
            unknown_actors=tuple(
                (*key, row[0], row[1], row[2], row[3], self._observed[key]) for key, row in self._unknown.items()
            ),
            latest_profiles=tuple(
                (account, row["network"], row["followers"], row["lists"], row["self_reported"])
                for account, row in self.profiles.items()
            ),
        )

    def _balances_of(self, lever: LeverKey) -> list[list[int]]:
        return [self._balances[key] for known in (0, 1) if (key := (*lever, known)) in self._balances]

    def _count_named(self, account: int) -> int:
        return sum(row[1] for key, row in self._balances.items() if key[0] == account)

    def _remove(self, lever: LeverKey, acts_before: int, removed: int) -> None:
        """Remove acts in equal shares of all rows of a lever, so that exactly as many remain."""
        remaining, cumulative_acts, assigned_acts = acts_before - removed, 0, 0
        for row in filter(None, [*self._balances_of(lever), self._unknown.get(lever)]):
            cumulative_acts += row[1]
            row_acts = cumulative_acts * remaining // acts_before - assigned_acts
            assigned_acts += row_acts
            row[:] = [amount * remaining // acts_before for amount in row]
            row[1] = row_acts
