"""Score accounts of which only public counts are known: followers, lists, and how many reactions came lately."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from renown.engines.base import Engine
from renown.method.file import Method
from renown.method.parameters import BASE_SCORE
from renown.records import LAKE_COLUMNS, VERBS
from renown.scoring.inputs import create_parameter_tables, input_columns

_DAY_NO = 0
"""Day on which the accounts are scored; only the ages of the reactions count, not the date."""


@dataclass(frozen=True, kw_only=True)
class PublicCounts:
    """The public counts of an account; None means unknown."""

    network: str
    followers: int | None = None
    lists: int | None = None
    reactions: Mapping[str, int] = field(default_factory=dict)
    """Verb to the number of acts on the posts of the window; empty if unknown."""


def score_public_counts(engine: Engine, method: Method, accounts: Sequence[PublicCounts]) -> list[float]:
    """
    Score accounts by a method's own steps, each as an account that nobody claimed and of which only counts are read.

    The dates of the reactions are unknown: they are spread evenly over the days of the window.

    Parameters
    ----------
    engine : Engine
        A session that nothing else uses.
    method : Method
    accounts : sequence of PublicCounts

    Returns
    -------
    list of float
        Scores from 1 to 100, in the order of the accounts.
    """
    scores = [BASE_SCORE] * len(accounts)
    # Whether reactions are observed is a property of a network, so accounts without reactions are scored by themselves.
    for has_reactions in (False, True):
        keys = [key for key, account in enumerate(accounts) if bool(account.reactions) == has_reactions]
        if keys:
            _load_counts(engine, method, {key: accounts[key] for key in keys})
            for step in method.steps_until("scores"):
                engine.run(step)
            for key, score in engine.query("select person, score from scores"):
                scores[key] = score
    return scores


def _load_counts(engine: Engine, method: Method, accounts: Mapping[int, PublicCounts]) -> None:
    """Load accounts by key into the tables that the steps read."""
    rows_by_table: dict[str, list[tuple[object, ...]]] = {
        "profiles": [
            (account.network, _DAY_NO, key, account.followers, None, None, account.lists, None, None, 0, None)
            for key, account in accounts.items()
        ],
        "tallies": list(_iter_tallies(accounts, int(method["window_days"]))),
        "accounts": [(account.network, key, str(key)) for key, account in accounts.items()],
    }
    for table in ("interactions", "tallies", "undone", "presence", "profiles", "accounts", "account_coverage"):
        engine.create_table(table, rows_by_table.get(table, []), LAKE_COLUMNS[table])
    coverage = {(account.network, VERBS[verb]) for account in accounts.values() for verb in account.reactions}
    observed_days = {account.network: 1 for account in accounts.values()}
    create_parameter_tables(engine, method, _DAY_NO, coverage=coverage, days=observed_days)
    columns = input_columns(method)
    for table in columns.keys() & {"standings", "claims", "entries", "seeds", "presumed_accounts"}:
        engine.create_table(table, [], columns[table])


def _iter_tallies(accounts: Mapping[int, PublicCounts], window_days: int) -> Iterable[tuple[object, ...]]:
    """Yield rows of `tallies` that spread each count evenly over the window; each day is a post of its own."""
    for key, account in accounts.items():
        for verb, count in account.reactions.items():
            for age in range(window_days):
                share = count * (age + 1) // window_days - count * age // window_days
                yield (account.network, _DAY_NO - age, key, f"day/{age}", VERBS[verb], share, 0, False)
