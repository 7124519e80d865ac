"""Confidence ranges on days with a ledger: resampled people who reacted, and what could not be observed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from renown.answers.simulate.confidence import (
    ACTORS_PER_BATCH,
    MAX_BLOCKS,
    PEOPLE_PER_BATCH,
    REPLICATES,
    poisson_weights,
    resample_blocks,
    to_range,
)
from renown.answers.simulate.ledger_inputs import (
    LedgerInputs,
    PersonRows,
    find_counted_accounts,
    find_step,
    simulate_scores_batch,
)
from renown.answers.simulate.ledger_replicates import Draws, LedgerResamples, score_replicates
from renown.answers.simulate.range import ConfidenceRange
from renown.engines.base import Engine, Row
from renown.method.parameters import MILLION

UNOBSERVED_FACTORS = {"followers": (0.36, 4.5), "lists": (0.35, 6.7), "interactions": (0.13, 5.2)}
"""
What a value that could not be observed may be, as factors of the strength that the other values give.

The 10th and the 90th percentile of that factor among the 667 people of PeerIndex 2013, of whom all three are known.
"""
VALUE_NAMES = {"followers": "followers", "lists": "lists", "interactions": "reactions"}
"""Values by the data that their signals read."""
_MANY_PEOPLE = 1_000_000
"""People behind reactions that could not be observed: enough that none of them are put down to chance."""
_UNOBSERVED_COLUMNS = {"account": "bigint", "reads": "string", "factor": "double", "bound": "smallint"}

_ADDED_ACTOR = 0
"""Key of the actor who is added for the upper end: no account has it."""
_ActorColumns = Mapping[str, NDArray[np.int64]]
"""Columns actor, account, signal, known and balance of step `actor_balances`, ordered by actor."""
_BalanceKey = tuple[int, int, int]
"""Account, signal, known."""


@dataclass(frozen=True)
class _Sums:
    """Sums over named actors in each replicate; whole numbers below 2^53, which are exact in any order."""

    balances: Mapping[_BalanceKey, NDArray[np.float64]]
    """Billionths of a fully trusted person."""
    people: Mapping[int, NDArray[np.float64]]
    """By account."""

    def to_draws(self) -> tuple[dict[_BalanceKey, Draws], dict[int, Draws]]:
        """Return balances in millionths, and people, as whole numbers."""
        balances = {key: np.floor(row / 1e3).astype(np.int64) for key, row in self.balances.items()}
        return balances, {account: row.astype(np.int64) for account, row in self.people.items()}

    def add(self, key: _BalanceKey, balance: int, weights: NDArray[np.float64]) -> "_Sums":
        """Return the sums with one more actor, who occurs in each replicate as often as the weights say."""
        account, zeros = key[0], np.zeros(REPLICATES)
        return _Sums(
            {**self.balances, key: self.balances.get(key, zeros) + balance * weights},
            {**self.people, account: self.people.get(account, zeros) + weights},
        )


def resample_ledgers(
    engine: Engine, seeds: Mapping[int, int], accounts: Iterable[tuple[str, int]]
) -> list[LedgerResamples]:
    """
    Resample everybody who reacted to people, from an engine in which a day's steps were run for them.

    Parameters
    ----------
    engine : Engine
    seeds : mapping of int to int
        Seed of each person, by score key.
    accounts : iterable of (str, int)
        Network and key of each of the people's accounts.
    """
    engine.run(find_step("actor_balances"))
    columns = engine.query_columns(
        """
        select o.person, b.actor, b.account, b.signal, b.known, b.balance
        from actor_balances b join owners o on o.account = b.account order by o.person, b.actor""",
        ("person", "actor", "account", "signal", "known", "balance"),
    )
    unknown_rows = engine.query_by_key(
        """
        select o.person, u.account, u.signal, u.people
        from unknown_actors u join owners o on o.account = u.account
        where u.people > 0 order by u.account, u.signal""",
        width=1,
    )
    signals_by_network = _load_costliest_signals(engine)
    costliest_signals = {
        account: signals_by_network[network] for network, account in accounts if network in signals_by_network
    }
    owners = columns.pop("person")
    resamples = []
    for person, seed in seeds.items():
        rows = slice(np.searchsorted(owners, person), np.searchsorted(owners, person, side="right"))
        person_columns = {name: column[rows] for name, column in columns.items()}
        resamples.append(_resample_person(person_columns, unknown_rows.get((person,), ()), costliest_signals, seed))
    return resamples


def _resample_person(
    columns: _ActorColumns, unknown_rows: Sequence[Row], costliest_signals: Mapping[int, int], seed: int
) -> LedgerResamples:
    blocks = {
        (account, signal): resample_blocks(seed, (account, signal), min(acts, MAX_BLOCKS))
        for account, signal, acts in unknown_rows
    }
    sample_size = len(np.unique(columns["actor"])) + sum(acts for *_, acts in unknown_rows)
    if not len(columns["actor"]):
        return LedgerResamples({}, {}, blocks, sample_size)
    sums = _resample_actors(columns, seed)
    key, balance = _find_added_actor(columns, costliest_signals)
    [weights] = poisson_weights(seed, np.array([_ADDED_ACTOR], dtype=np.uint64)).astype(float)
    added = LedgerResamples(*sums.add(key, balance, weights).to_draws(), blocks, sample_size)
    return LedgerResamples(*sums.to_draws(), blocks, sample_size, added)


def _load_costliest_signals(engine: Engine) -> dict[str, int]:
    """Load the signal with the highest rate of the reactions that are covered, by network."""
    rows = engine.query("""
        select network, signal from (
          select r.network, r.signal, row_number() over (partition by r.network order by r.rate desc, r.signal) as place
          from scales r
          join verbs v on v.signal = r.signal
          join coverage c on c.network = r.network and c.verb = v.verb
          where r.reads = 'interactions'
        ) ranked where place = 1""")
    return dict(rows)


def _find_added_actor(columns: _ActorColumns, costliest_signals: Mapping[int, int]) -> tuple[_BalanceKey, int]:
    """
    Return what one more actor gives: somebody known who gives as much as who gave most, by the costliest reaction.

    Resampling cannot show those who happened not to react. With few people this makes the upper end too low.

    References
    ----------
    Fay and Feuer, "Confidence intervals for directly standardized rates: a method based on the gamma distribution",
    Statistics in Medicine 16 (1997): a weighted sum of Poisson counts; for the upper limit, one more event of the
    largest weight.
    """
    is_known = columns["known"] != 0
    candidates = is_known if is_known.any() else np.ones(len(is_known), bool)
    balance = int(columns["balance"][candidates].max())
    candidates &= columns["balance"] == balance
    _, account, signal = max(
        zip(*(columns[name][candidates].tolist() for name in ("actor", "account", "signal")), strict=True)
    )
    return (account, costliest_signals.get(account, signal), 1), balance


def ledger_confidence_ranges(
    engine: Engine, requests: Sequence[tuple[LedgerInputs, LedgerResamples, float]]
) -> list[ConfidenceRange]:
    """
    Score every replicate of several people in batches, and return each person's confidence range.

    Parameters
    ----------
    engine : Engine
        Its tables are overwritten.
    requests : sequence of (LedgerInputs, LedgerResamples, float)
        One for each person, with the published score.
    """
    ranges: list[ConfidenceRange] = []
    for start in range(0, len(requests), PEOPLE_PER_BATCH):
        batch = requests[start : start + PEOPLE_PER_BATCH]
        cases = [
            (inputs, resamples)
            for inputs, draws, _ in batch
            for resamples in (draws, draws.with_added_actor or LedgerResamples())
        ]
        scores = score_replicates(engine, cases)
        for (_, draws, score), lower_scores, upper_scores in zip(batch, scores[::2], scores[1::2], strict=True):
            upper_range = to_range(upper_scores, score, draws.sample_size)
            ranges.append(to_range(lower_scores, score, draws.sample_size).extend_to(upper_range.high))
    bounds = _simulate_unobserved(engine, [inputs for inputs, _, _ in requests])
    return [_widen(range_, *bound) for range_, bound in zip(ranges, bounds, strict=True)]


def find_unobserved(inputs: LedgerInputs) -> list[tuple[int, str]]:
    """Return the values that could not be observed: account, and data that the value's signals read."""
    profiles = {row[0]: {"followers": row[2], "lists": row[3]} for row in inputs.states[0].latest_profiles}
    weights = {network: weight for network, weight, _ in inputs.observed}
    counted = find_counted_accounts(inputs.states[0])
    unobserved = []
    for network, account, _, _ in inputs.accounts:
        figures = profiles.get(account, {})
        for reads in sorted({row[3] for row in inputs.scales if row[0] == network}):
            is_observed = figures.get(reads) is not None
            if reads == "interactions":
                is_observed = bool(weights.get(network)) and account not in counted
            unobserved += [] if is_observed else [(account, reads)]
    return unobserved


def _widen(range_: ConfidenceRange, scores: Sequence[float], missing: tuple[str, ...]) -> ConfidenceRange:
    for score in scores:
        range_ = range_.extend_to(score)
    return replace(range_, missing=missing)


def _simulate_unobserved(
    engine: Engine, all_inputs: Sequence[LedgerInputs]
) -> list[tuple[Sequence[float], tuple[str, ...]]]:
    """Score each person with the lower, and with the higher, values of what could not be observed; and name them."""
    unobserved = [find_unobserved(inputs) for inputs in all_inputs]
    filled = _compute_filled_values(engine, all_inputs, unobserved)
    cases = [
        (_fill(inputs, {key[:2]: value for key, value in values.items() if key[2] == bound}))
        for inputs, values in zip(all_inputs, filled, strict=True)
        for bound in (0, 1)
        if values
    ]
    scores = iter(simulate_scores_batch(engine, [(inputs, [state]) for inputs, state in cases]) if cases else [])
    return [
        ([next(scores)[0] for _ in (0, 1)] if values else [], _name_values(inputs, values))
        for inputs, values in zip(all_inputs, filled, strict=True)
    ]


def _name_values(inputs: LedgerInputs, values: Mapping[tuple[int, str, int], float]) -> tuple[str, ...]:
    names = {account: name for _, account, _, name in inputs.accounts}
    return tuple(f"{VALUE_NAMES[reads]} of {names[account]}" for account, reads, bound in sorted(values) if not bound)


def _compute_filled_values(
    engine: Engine, all_inputs: Sequence[LedgerInputs], unobserved: Sequence[Sequence[tuple[int, str]]]
) -> list[dict[tuple[int, str, int], float]]:
    """Compute the lower and higher value of what could not be observed: (account, reads, bound) to value."""
    if not any(unobserved):
        return [{} for _ in all_inputs]
    simulate_scores_batch(engine, [(inputs, [inputs.states[0]]) for inputs in all_inputs])
    owners = [(index, account) for index, inputs in enumerate(all_inputs) for _, account, _, _ in inputs.accounts]
    keys = {owner: key for key, owner in enumerate(owners, 1)}
    rows = [
        (keys[index, account], reads, factor, bound)
        for index, values in enumerate(unobserved)
        for account, reads in values
        for bound, factor in enumerate(UNOBSERVED_FACTORS[reads])
    ]
    engine.create_table("unobserved", rows, _UNOBSERVED_COLUMNS)
    engine.run(find_step("filled_values"))
    filled: list[dict[tuple[int, str, int], float]] = [{} for _ in all_inputs]
    for key, reads, bound, value in engine.query("select account, reads, bound, value from filled_values"):
        index, account = owners[key - 1]
        filled[index][account, reads, bound] = value
    return filled


def _fill(inputs: LedgerInputs, values: Mapping[tuple[int, str], float]) -> tuple[LedgerInputs, PersonRows]:
    """Return inputs and state of a person as if all values had been observed."""
    for (account, reads), value in values.items():
        inputs = _fill_reactions(inputs, account, value) if reads == "interactions" else inputs
    state = inputs.states[0]
    profiles = {row[0]: row for row in state.latest_profiles}
    for network, account, _, _ in inputs.accounts:
        _, _, followers, lists, self_reported = profiles.get(account, (account, network, None, None, 0))
        figures = {"followers": followers, "lists": lists} | {
            reads: round(value) for (owner, reads), value in values.items() if owner == account
        }
        profiles[account] = (account, network, figures["followers"], figures["lists"], self_reported)
    return inputs, replace(state, latest_profiles=tuple(profiles.values()))


def _fill_reactions(inputs: LedgerInputs, account: int, value: float) -> LedgerInputs:
    """Move an account to a network of its own, on which reactions are observed, and let it receive some."""
    network = next(row[0] for row in inputs.accounts if row[1] == account)
    scales = [row for row in inputs.scales if row[0] == network]
    rate, signal, weight = max((row[5], row[1], row[4]) for row in scales if row[3] == "interactions")
    days = next((row[2] for row in inputs.observed if row[0] == network), 0)
    own_network, state = f"{network} of {account}", inputs.states[0]
    balance = (account, signal, 1, round(value * MILLION / rate), 1)
    filled_state = replace(
        state,
        balances=(*(row for row in state.balances if row[0] != account), balance),
        reactors=(*(row for row in state.reactors if row[0] != account), (account, _MANY_PEOPLE)),
        unknown_actors=tuple(row for row in state.unknown_actors if row[0] != account),
        latest_profiles=tuple(
            (row[0], own_network, *row[2:]) if row[0] == account else row for row in state.latest_profiles
        ),
    )
    return replace(
        inputs,
        accounts=tuple((own_network, *row[1:]) if row[1] == account else row for row in inputs.accounts),
        curves=(*inputs.curves, *((own_network, *row[1:]) for row in inputs.curves if row[0] == network)),
        scales=(*inputs.scales, *((own_network, *row[1:]) for row in scales)),
        observed=(*inputs.observed, (own_network, weight, days)),
        states={0: filled_state},
    )


def _resample_actors(columns: _ActorColumns, seed: int) -> _Sums:
    """Resample named actors."""
    actors, actor_index = np.unique(columns["actor"], return_inverse=True)
    accounts, account_index = np.unique(columns["account"], return_inverse=True)
    # One number for each account, signal and known.
    codes = (account_index * (int(columns["signal"].max()) + 1) + columns["signal"]) * 2 + columns["known"]
    _, first_rows, balance_index = np.unique(codes, return_index=True, return_inverse=True)
    balances, people = np.zeros((len(first_rows), REPLICATES)), np.zeros((len(accounts), REPLICATES))
    for start in range(0, len(actors), ACTORS_PER_BATCH):
        weights = poisson_weights(seed, actors[start : start + ACTORS_PER_BATCH].astype(np.uint64)).astype(float)
        rows = slice(np.searchsorted(actor_index, start), np.searchsorted(actor_index, start + ACTORS_PER_BATCH))
        positions = actor_index[rows] - start
        received, reacted = np.zeros((len(first_rows), len(weights))), np.zeros((len(accounts), len(weights)))
        received[balance_index[rows], positions] = columns["balance"][rows]
        reacted[account_index[rows], positions] = 1
        balances += received @ weights
        people += reacted @ weights
    keys = zip(*(columns[name][first_rows].tolist() for name in ("account", "signal", "known")), strict=True)
    return _Sums(dict(zip(keys, balances, strict=True)), dict(zip(accounts.tolist(), people, strict=True)))
