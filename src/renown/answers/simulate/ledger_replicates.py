"""Score the replicates of people's reactions: tables of all of them, from arrays instead of a row per replicate."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renown.answers.simulate.confidence import MAX_BLOCKS, REPLICATES
from renown.answers.simulate.ledger_inputs import (
    LedgerInputs,
    UnknownRow,
    create_parameter_rows,
    run_score_steps,
    table_columns,
)
from renown.engines.base import Engine
from renown.method.parameters import BASE_SCORE

Draws = NDArray[np.int64]
"""One number per replicate."""
_Part = tuple[Any, ...]
"""Values of each column for all replicates: an array, or a single value that is the same in all."""
_STATE_TABLES = ("accounts", "receipt_accounts", "members", "balances", "reactors", "unknown_actors", "latest_profiles")


@dataclass(frozen=True)
class LedgerResamples:
    """What each account received in every replicate."""

    balances: Mapping[tuple[int, int, int], Draws] = field(default_factory=dict)
    """(account, signal, known) to balances."""
    people: Mapping[int, Draws] = field(default_factory=dict)
    """Account to numbers of people."""
    blocks: Mapping[tuple[int, int], Sequence[int]] = field(default_factory=dict)
    """(account, signal) to how many blocks of the acts of unknown actors occur, of at most `MAX_BLOCKS`."""
    sample_size: int = 0
    with_added_actor: "LedgerResamples | None" = None
    """The same with one more actor, for the upper end of the range; None if nobody reacted by name."""


def score_replicates(engine: Engine, cases: Sequence[tuple[LedgerInputs, LedgerResamples]]) -> list[list[float]]:
    """
    Score every replicate of several people of one day in one pass.

    Every replicate gets account keys of its own.

    Parameters
    ----------
    engine : Engine
        Its tables are overwritten.
    cases : sequence of (LedgerInputs, LedgerResamples)

    Returns
    -------
    list of list of float
        The scores of each person; none of somebody to whom nobody reacted.

    Raises
    ------
    InvalidMethodError
        If inputs were published by other steps than those of this version.
    """
    for table, rows in create_parameter_rows([inputs for inputs, _ in cases]).items():
        engine.create_table(table, rows, table_columns(table))
    parts: dict[str, list[_Part]] = {table: [] for table in _STATE_TABLES}
    person_keys: list[NDArray[np.int64]] = []
    offset = 0
    for inputs, resamples in cases:
        keys = _number_accounts(inputs, offset if resamples.sample_size else None)
        offset += keys.size
        person_keys.append(-keys[:, 0] if inputs.is_claimed else keys[:, 0])
        for table, table_parts in _build_parts(inputs, resamples, keys).items() if resamples.sample_size else ():
            parts[table] += table_parts
    for table, table_parts in parts.items():
        columns = table_columns(table)
        engine.create_column_table(table, dict(zip(columns, _join(table_parts, columns), strict=True)), columns)
    scores = run_score_steps(engine)
    return [[scores.get(key, BASE_SCORE) for key in keys.tolist()] for keys in person_keys]


def _number_accounts(inputs: LedgerInputs, offset: int | None) -> NDArray[np.int64]:
    """Return a key for each replicate (row) and account (column) after an offset; no rows without one."""
    accounts = len(inputs.accounts)
    if offset is None:
        return np.empty((0, accounts), np.int64)
    return np.arange(offset + 1, offset + REPLICATES * accounts + 1).reshape(REPLICATES, accounts)


def _build_parts(inputs: LedgerInputs, resamples: LedgerResamples, keys: NDArray[np.int64]) -> dict[str, list[_Part]]:
    """Return the rows of each table; followers and lists are the same in all replicates."""
    columns = {account: keys[:, index] for index, (_, account, _, _) in enumerate(inputs.accounts)}
    state = inputs.states[0]
    return {
        "accounts": [(network, columns[account], "") for network, account, _, _ in inputs.accounts],
        "receipt_accounts": [(column,) for column in columns.values()],
        "members": [(column, -keys[:, 0], "") for column in columns.values() if inputs.is_claimed],
        "balances": [
            (columns[account], signal, known, draws, (draws > 0).astype(np.int64))
            for (account, signal, known), draws in resamples.balances.items()
        ],
        # Without any actor, reactions would not be observed at all.
        "reactors": [(columns[account], np.maximum(draws, 1)) for account, draws in resamples.people.items()],
        "unknown_actors": [
            (columns[row[0]], *_sum_blocks(row, resamples.blocks[row[:2]]))
            for row in state.unknown_actors
            if row[:2] in resamples.blocks
        ],
        "latest_profiles": [(columns[row[0]], *row[1:]) for row in state.latest_profiles],
    }


def _sum_blocks(row: UnknownRow, blocks: Iterable[int]) -> _Part:
    """Sum the blocks of each replicate that are drawn from a row of `unknown_actors`, without its account."""
    _, signal, received, acts, self_reported, self_reported_acts, observed = row
    total = min(acts, MAX_BLOCKS)
    # Numbers of Python: products of counts and blocks can exceed 64 bits.
    amounts = (received, acts, self_reported, self_reported_acts)
    drawn_amounts = (np.array([amount * drawn // total for drawn in blocks], np.int64) for amount in amounts)
    return (signal, *drawn_amounts, observed)


def _join(parts: Sequence[_Part], columns: Mapping[str, str]) -> Iterator[NDArray[Any]]:
    """Join the rows of a table, column by column; null is masked."""
    for index, kind in enumerate(columns.values()):
        dtype, blank = (object, "") if kind == "string" else (np.int64, 0)
        values = [part[index] for part in parts]
        joined = np.empty(len(values) * REPLICATES, dtype)
        for number, value in enumerate(values):
            joined[number * REPLICATES : (number + 1) * REPLICATES] = blank if value is None else value
        missing = [value is None for value in values]
        yield np.ma.array(joined, mask=np.repeat(missing, REPLICATES)) if any(missing) else joined
