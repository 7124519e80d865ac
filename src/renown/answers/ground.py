"""Ground: what the last steps read of one person, so few rows that their portrait keeps them, and the steps on it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from renown.answers.evidence import suppose
from renown.engines import Engine
from renown.errors import BadMethod
from renown.method import INPUTS, MILLION, Method, read_steps
from renown.records import KEPT
from renown.steps import Step
from renown.store import Published

LAST = ("values", "strengths", "scores", "points")
"""The steps from an account's signals to its points: they read a person's own rows alone."""
AHEAD = (7, 30)
"""Days after the day for which the ground knows what is left if nothing more comes."""
EVERYBODY = 1.0
"""The point that everybody has, and the score of who has no signal."""

SignalRow = tuple[int, int, int, int, int, int]
"""Account, signal, received, people, unknown as step `signals` says; acts of known actors."""
ProfileRow = tuple[int, str, int | None, int | None]
"""Account, network, followers, lists as step `latest_profiles` says."""


@dataclass(frozen=True)
class Ground:
    """A person's rows of what the steps `LAST` read on a day, and what a further person would bring."""

    steps: str
    """Digest of the steps `LAST`; a renown with others cannot stand on this ground."""
    claimed: bool
    """Whether the accounts are a person's; else there is one, which nobody claimed."""
    accounts: tuple[tuple[str, int, str, str], ...]
    """Network, key, the network's id, and `network:handle` of each account that was scored."""
    constants: tuple[float, ...]
    """Row of `constants`."""
    profiles: tuple[ProfileRow, ...]
    scales: tuple[tuple[str, int, str, str, int, float], ...]
    """Rows of `scales` of these networks."""
    observed: tuple[tuple[str, int, int], ...]
    """Rows of `observed` of these networks."""
    verbs: tuple[tuple[str, int, int], ...]
    """Network, signal and verb of each verb that the network's data shows and a signal reads."""
    typical: dict[int, int]
    """Signal to what one more person brings somebody who has nobody yet, in millionths of a fully trusted person."""
    signals: dict[int, tuple[SignalRow, ...]]
    """Days ahead to the signals then, if nothing more comes; 0 is the day itself."""


@dataclass(frozen=True)
class Supposed:
    """What the steps are to run on: signals and profiles in place of those of the ground."""

    signals: tuple[SignalRow, ...]
    profiles: tuple[ProfileRow, ...]


@dataclass(frozen=True)
class Outcome:
    """What the steps made of a supposition."""

    score: float
    """1 to 100."""
    points: Mapping[tuple[int, int], float]
    """(account, signal) to points; with `EVERYBODY` they sum to the score."""


def grounds(
    engine: Engine,
    method: Method,
    published: Published,
    owned: Mapping[int, Sequence[int]],
    called: Mapping[int, str],
) -> list[Ground]:
    """
    Read the ground of people from an engine that ran a day's steps for them; it is at a later day afterwards.

    Parameters
    ----------
    engine : Engine
        Its tables ``…_that_day`` are those of the day, see `evidence.gather`.
    method : Method
    published : Published
    owned : mapping of int to sequence of int
        Person to their accounts.
    called : mapping of int to str
        Account to `network:handle`.
    """
    typical = _typical(engine, method, published)
    rows = _Rows(engine)
    signals = {0: _signals(engine)}
    for days in AHEAD:
        ages = f"select cast(day_no + {days} as integer) as day_no, decay from ages_that_day"
        suppose(engine, method, {"ages": ages}, last="signals")
        signals[days] = _signals(engine)
    return [rows.ground(person, accounts, called, typical, signals) for person, accounts in owned.items()]


def outcomes(engine: Engine, ground: Ground, supposed: Sequence[Supposed]) -> list[Outcome]:
    """
    Run the steps on suppositions, each with its points.

    Raises
    ------
    BadMethod
        If the ground is of other steps than this renown's.
    """
    scores = scored(engine, ground, supposed)
    points: list[dict[tuple[int, int], float]] = [{} for _ in supposed]
    accounts = [account for _, account, _, _ in ground.accounts]
    for key, signal, each in engine.rows("select account, signal, points from points"):
        place, which = divmod(key - 1, len(accounts))
        points[place][accounts[which], signal] = each
    return [Outcome(score, each) for score, each in zip(scores, points, strict=True)]


def scored(engine: Engine, ground: Ground, supposed: Sequence[Supposed]) -> list[float]:
    """
    Run the steps on suppositions, all in one pass, each with keys of its own; return the scores.

    Raises
    ------
    BadMethod
        If the ground is of other steps than this renown's.
    """
    return scored_together(engine, [(ground, supposed)])[0]


def scored_together(engine: Engine, asked: Sequence[tuple[Ground, Sequence[Supposed]]]) -> list[list[float]]:
    """
    Run the steps on suppositions of several people of one day, all in one pass; return each one's scores.

    Raises
    ------
    BadMethod
        If a ground is of other steps than this renown's.
    """
    if any(ground.steps != _digest() for ground, _ in asked):
        msg = "the day was published by other steps than this renown's; what would be is known from the next day on"
        raise BadMethod(msg)
    tables: dict[str, list[tuple[object, ...]]] = {
        "constants": [ground.constants for ground, _ in asked[:1]],
        "scales": sorted({row for ground, _ in asked for row in ground.scales}),
        "observed": sorted({row for ground, _ in asked for row in ground.observed}),
        # An account that has gone has no strength, so no ground holds one.
        "absent": [],
        **{table: [] for table in ("accounts", "members", "signals", "latest_profiles")},
    }
    people = [_put(tables, ground, one) for ground, supposed in asked for one in supposed]
    for table, rows in tables.items():
        engine.table(table, rows, _columns()[table])
    for step in _last():
        engine.run(step)
    found: dict[int, float] = dict(engine.rows("select person, score from scores"))
    scores = iter([found.get(person, EVERYBODY) for person in people])
    return [[next(scores) for _ in supposed] for _, supposed in asked]


def _put(tables: Mapping[str, list[tuple[object, ...]]], ground: Ground, one: Supposed) -> int:
    """Put a supposition's rows into the tables under the next keys; return whose its score will be."""
    last = len(tables["accounts"])
    keys = {account: last + place for place, (_, account, _, _) in enumerate(ground.accounts, 1)}
    person = -last - 1 if ground.claimed else last + 1
    tables["accounts"] += [(network, keys[account], "") for network, account, _, _ in ground.accounts]
    tables["members"] += [(key, person, "") for key in keys.values() if ground.claimed]
    tables["signals"] += [(keys[row[0]], *row[1:5]) for row in one.signals]
    tables["latest_profiles"] += [(keys[row[0]], *row[1:]) for row in one.profiles]
    return person


class _Rows:
    """The rows of everybody of whom an engine ran a day's steps."""

    def __init__(self, engine: Engine) -> None:
        self._constants = engine.rows("select * from constants_that_day")[0]
        self._accounts = {row[1]: row for row in engine.rows("select * from accounts_that_day")}
        self._profiles = {row[0]: row for row in engine.rows("select * from latest_profiles")}
        self._scales = engine.rows("select * from scales_that_day order by network, signal")
        self._observed = engine.rows("select * from observed_that_day order by network")
        self._verbs = engine.rows("""
            select distinct c.network, v.signal, v.verb
            from coverage c join verbs_that_day v on v.verb = c.verb order by c.network, v.signal, v.verb""")

    def ground(
        self,
        person: int,
        accounts: Sequence[int],
        called: Mapping[int, str],
        typical: dict[int, int],
        signals: Mapping[int, Sequence[SignalRow]],
    ) -> Ground:
        own = [self._accounts[account] for account in sorted(accounts)]
        keys, networks = set(accounts), {network for network, _, _ in own}
        return Ground(
            _digest(),
            person < 0,
            tuple((net, key, name, called.get(key, f"{net}:{name}")) for net, key, name in own),
            self._constants,
            tuple(self._profiles[key] for _, key, _ in own if key in self._profiles),
            tuple(row for row in self._scales if row[0] in networks),
            tuple(row for row in self._observed if row[0] in networks),
            tuple(row for row in self._verbs if row[0] in networks),
            typical,
            {days: tuple(row for row in rows if row[0] in keys) for days, rows in signals.items()},
        )


def _signals(engine: Engine) -> list[SignalRow]:
    acts = "select target, signal, cast(sum(acts) as bigint) as acts from pairs group by target, signal"
    return engine.rows(f"""
        select s.account, s.signal, s.received, s.people, s.unknown, coalesce(a.acts, 0)
        from signals s left join ({acts}) a on a.target = s.account and a.signal = s.signal
        order by s.account, s.signal""")


def _typical(engine: Engine, method: Method, published: Published) -> dict[int, int]:
    """
    Return of each signal what one act brings: the weight of the day's actors, at the mean worth over the window.

    Where nobody did such a thing that day, it is the weight of an actor of whom nothing is known.
    """
    ((worth,),) = engine.rows("""
        select avg(w.worth) from ages_that_day a
        join worths_that_day w on w.acts = cast(floor(cast(a.decay as double) / 1e3) as integer)""")
    weights, unknown = published.weights(), method["trust_unknown"] * MILLION
    numbers = [signal.number for signal in method.signals if signal.reads == "interactions"]
    return {number: int(weights.get(number, unknown) * worth / MILLION) for number in numbers}


@cache
def _last() -> tuple[Step, ...]:
    """Return the steps `LAST`."""
    found = {step.name: step for step in read_steps("steps")}
    return tuple(found[name] for name in LAST)


@cache
def _columns() -> dict[str, dict[str, str]]:
    return KEPT | INPUTS | {step.name: step.columns for step in read_steps("steps")}


@cache
def _digest() -> str:
    said = "\n".join(f"{step.name} {step.sql}" for step in _last())
    return hashlib.sha256(said.encode()).hexdigest()[:16]
