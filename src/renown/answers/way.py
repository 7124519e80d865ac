"""The way to a goal: what reaches it, how likely it is at today's trend, and what is left if nothing more comes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from renown.answers.ground import AHEAD, Ground, Supposed, outcomes, scored
from renown.answers.levers import EVERYTHING, Change, Lever, Levers
from renown.answers.odds import ENOUGH_DAYS, TREND_DAYS, reach, trend
from renown.answers.whatif import SignalThen, missing, signals_then
from renown.engines import Engine
from renown.records import day_of

MOST_PEOPLE = 1_000_000
"""People more in a window beyond which no step is looked for."""
MOST_FIGURE = 100_000_000
"""Followers or lists more beyond which no step is looked for: as many as a score of 100 stands for."""
MOST_PERCENT = 10_000
"""Percent more of everything beyond which no step is looked for: a hundred times as much."""
FARTHEST_DAYS = 3_660
"""Days ahead beyond which a trend names no date: no trend of a month holds for ten years."""
_AT_ONCE = 32
"""Numbers that are tried of each lever in one pass."""
_REACHED = "the target is reached"


@dataclass(frozen=True)
class WayStep:
    """What of one signal alone would reach the target."""

    lever: Lever
    more: int | None
    """People, followers or lists more than now; 0 where the target is reached; None where they alone do not do."""
    most: int
    """How many more were tried."""
    score: float
    """The score with so many more; with `most` where they do not do."""
    said: str
    """The same in words."""


@dataclass(frozen=True)
class Even:
    """What more of everything that people do, alike on every network, would reach the target."""

    percent: int | None
    """The least whole percent; None where `most` does not do."""
    most: int
    score: float
    """The score with so much more; with `most` where it does not do."""
    said: str


@dataclass(frozen=True)
class Outlook:
    """What the trend of the last days says."""

    odds_30: float | None
    """Probability, 0 to 1, that the target is reached within 30 days if it goes on so; None where it is not known."""
    odds_90: float | None
    date: str | None
    """UTC day on which the drift alone reaches the target, as 2026-11-23; None where it does not."""
    drift: float | None
    """Points a day; None where the history is too short."""
    scatter: float | None
    """Standard deviation of a day's move around the drift, in points."""
    days: int
    """Days that the trend was read from, between the first and the last score."""
    said: str
    """Why there are no odds, or no date; empty where there are."""


@dataclass(frozen=True)
class Fading:
    """What is left some days later, if nothing more comes."""

    days: int
    """Days ahead."""
    day: str
    """UTC day, as 2026-11-23."""
    score: float
    move: float
    """Signed points from now to then."""
    acts: int
    """Acts of people known by name that are older than the window then."""
    acts_by_signal: dict[str, int]
    """The same by signal; signals of which none leaves are left out."""
    signals: tuple[SignalThen, ...]
    """Largest moves first; the acts that stay age, too."""


@dataclass(frozen=True)
class Way:
    """The way from a score to a target."""

    who: str
    day: str
    """UTC day, as 2026-11-23."""
    target: float
    score: float
    """1 to 100."""
    ahead: float
    """Points from the score to the target; 0 where it is reached."""
    steps: tuple[WayStep, ...]
    """One for each signal of each account; the fewest more first, those that do not do alone last."""
    even: Even
    outlook: Outlook
    fading: tuple[Fading, ...]
    """One for each of `ground.AHEAD` days."""
    said: str
    """What keeps the steps from beginning at the published score; empty where they do."""


def way(
    who: str,
    score: float,
    ground: Ground,
    history: Sequence[tuple[date, float | None]],
    engine: Engine,
    *,
    target: float,
) -> Way:
    """
    Tell what leads from a score to a target, by the method's last steps run on what somebody would have then.

    Parameters
    ----------
    who : str
    score : float
        As it was published.
    ground : Ground
    history : sequence of (date, float or None)
        Scores by day, up to the day.
    engine : Engine
        A session of its own.
    target : float

    Raises
    ------
    BadMethod
        If the day was published by other steps than this renown's.
    """
    levers, day = Levers(ground), day_of(int(ground.constants[0]))
    now, left = fading(levers, ground, engine)
    steps, even = _steps(levers, ground, engine, target)
    return Way(
        who,
        day.isoformat(),
        target,
        score,
        max(0.0, target - score),
        steps,
        even,
        outlook(dict(history), day, score, target),
        left,
        missing(score, now),
    )


def outlook(history: Mapping[date, float | None], day: date, score: float, target: float) -> Outlook:
    """Return the odds and the date of a target at the trend of somebody's own scores."""
    past = {each: was for each, was in history.items() if was is not None and each <= day}
    found = trend(past)
    if score >= target:
        return Outlook(
            1.0,
            1.0,
            day.isoformat(),
            found.drift if found else None,
            found.scatter if found else None,
            found.days if found else 0,
            _REACHED,
        )
    if found is None:
        recent = sum((day - each).days <= TREND_DAYS for each in past)
        said = f"{recent} of the last {TREND_DAYS + 1} days have a score, {ENOUGH_DAYS} are needed to tell a trend"
        return Outlook(None, None, None, None, None, 0, said)
    ahead = target - score
    odds = [reach(found, ahead, days) for days in (30, 90)]
    # Written so that a drift of nothing, or next to it, divides nothing.
    arrives = found.drift > 0 and ahead <= found.drift * FARTHEST_DAYS
    date_then = day + timedelta(days=-int(-ahead // found.drift)) if arrives else None
    if arrives:
        said = ""
    elif found.drift > 0:
        said = f"at {found.drift:+.4f} points a day it takes more than {FARTHEST_DAYS:,} days"
    else:
        said = f"the score does not rise: {found.drift:+.2f} points a day over {found.days} days"
    shown = date_then.isoformat() if date_then else None
    return Outlook(odds[0], odds[1], shown, found.drift, found.scatter, found.days, said)


def fading(levers: Levers, ground: Ground, engine: Engine) -> tuple[float, tuple[Fading, ...]]:
    """Return the score, and what is left if nothing more comes: the same acts, older, by the method's own steps."""
    day = day_of(int(ground.constants[0]))
    each = [Supposed(ground.signals[days], ground.profiles) for days in (0, *AHEAD)]
    made = outcomes(engine, ground, each)
    told = []
    for days, supposed, then in zip(AHEAD, each[1:], made[1:], strict=True):
        gone = _gone(ground, days)
        told.append(
            Fading(
                days,
                (day + timedelta(days=days)).isoformat(),
                then.score,
                then.score - made[0].score,
                sum(gone.values()),
                gone,
                signals_then(levers, (each[0], supposed), (made[0], then)),
            )
        )
    return made[0].score, tuple(told)


def _gone(ground: Ground, days: int) -> dict[str, int]:
    names = {signal: name for _, signal, name, *_ in ground.scales}
    gone: dict[str, int] = {}
    for when, sign in ((0, 1), (days, -1)):
        for _, signal, _, _, _, acts in ground.signals[when]:
            gone[names.get(signal, "")] = gone.get(names.get(signal, ""), 0) + sign * acts
    return {name: acts for name, acts in gone.items() if acts}


def _steps(levers: Levers, ground: Ground, engine: Engine, target: float) -> tuple[tuple[WayStep, ...], Even]:
    spans = {lever.key: MOST_PEOPLE if levers.moves_people(key) else MOST_FIGURE for key, lever in levers.all.items()}

    def tried(asked: Iterable[tuple[str, int]]) -> list[float]:
        return scored(engine, ground, [levers.supposed([_change(of, more)]) for of, more in asked])

    found = smallest(tried, spans | {EVERYTHING: MOST_PERCENT}, target)
    steps = [_step(lever, *found[lever.key], spans[lever.key]) for lever in levers.all.values()]
    steps.sort(key=lambda step: (step.more is None, step.more or 0, -step.score, step.lever.key))
    return tuple(steps), _even(*found[EVERYTHING])


def smallest(
    tried: Callable[[Sequence[tuple[str, int]]], Sequence[float]], spans: Mapping[str, int], target: float
) -> dict[str, tuple[int | None, float]]:
    """
    Find the least number of each lever that reaches a target, all levers in the same passes.

    Parameters
    ----------
    tried : callable
        Returns the scores of (lever, number) pairs; never a lower one for a larger number.
    spans : mapping of str to int
        Lever to its largest number.
    target : float

    Returns
    -------
    dict of str to (int or None, float)
        The number with its score; None, with the score of the largest number, where that does not reach the target.

    Examples
    --------
    >>> smallest(lambda asked: [1 + number / 10 for _, number in asked], {"a": 100, "b": 1000}, 70)
    {'a': (None, 11.0), 'b': (690, 70.0)}
    """
    found: dict[str, tuple[int | None, float]] = {}
    open_ = {of: (-1, most) for of, most in spans.items()}
    while open_:
        asked = [(of, number) for of, (low, high) in open_.items() for number in between(low, high)]
        scores = dict(zip(asked, tried(asked), strict=True))
        for of, (low, high) in list(open_.items()):
            numbers = between(low, high)
            reached = next((number for number in numbers if scores[of, number] >= target), None)
            below = max((number for number in numbers if reached is not None and number < reached), default=low)
            if reached is None or reached - below == 1:
                found[of] = (reached, scores[of, high if reached is None else reached])
                del open_[of]
            else:
                open_[of] = (below, reached)
    return found


def between(low: int, high: int) -> list[int]:
    """
    Return numbers above `low` up to `high`: from the beginning each some times the one before, later evenly apart.

    Examples
    --------
    >>> between(7, 10)
    [8, 9, 10]
    >>> len(between(-1, 1_000_000)), between(-1, 1_000_000)[-1]
    (32, 1000000)
    """
    width, every = high - low, range(1, _AT_ONCE + 1)
    steps = [-(-width * each // _AT_ONCE) for each in every]
    if low < 0:
        steps = [1, *(round(width ** (each / _AT_ONCE)) for each in every)]
    return sorted({low + step for step in steps})


def _change(of: str, more: int) -> Change:
    return Change(of, 0, Fraction(100 + more, 100)) if of == EVERYTHING else Change(of, more, Fraction(1))


def _step(lever: Lever, more: int | None, score: float, most: int) -> WayStep:
    if more is None:
        said = f"{most:,} more {lever.unit} alone are not enough: {score:.1f}"
    elif more:
        said = f"{more:,} more {lever.unit}, where there are {lever.now:,}"
    else:
        said = _REACHED
    return WayStep(lever, more, most, score, said)


def _even(percent: int | None, score: float) -> Even:
    if percent is None:
        said = f"{MOST_PERCENT:,} % more of everything that people do is not enough: {score:.1f}"
    else:
        said = f"{percent:,} % more of everything that people do" if percent else _REACHED
    return Even(percent, MOST_PERCENT, score, said)
