"""The odds of a goal, and what the whole way to it takes, in words."""

from renown.answers.simulate.forecast import format_odds
from renown.answers.simulate.goal_forecast import GoalForecast
from renown.answers.simulate.trend_history import MIN_HISTORY_DAYS
from renown.text import plural

MAX_MULTIPLE = 3.0
"""Multiple of all that a person has, beyond which a trend tells nothing of the odds; stated."""
_ODDS_WORDS = (
    (0.9, "almost certain"),
    (0.65, "likely"),
    (0.35, "about even"),
    (0.1, "unlikely"),
    (0.0, "very unlikely"),
)
"""Lowest probability of each word."""
_TOO_EARLY = "Too early to say"


def describe_odds(forecast: GoalForecast, history_days: int | None, multiple: float | None) -> str:
    """
    Describe the odds in words, or why it is too early to say.

    Parameters
    ----------
    forecast : GoalForecast
    history_days : int, optional
        Days with a score, published or recomputed; None if the score contains self-reported figures.
    multiple : float, optional
        Factor of everything that it takes; None if none is enough.
    """
    if forecast.odds_30 == 1:
        return "The target is reached."
    if history_days is None:
        return f"There are no odds: {forecast.message}."
    if history_days < MIN_HISTORY_DAYS:
        verb = "is" if history_days == 1 else "are"
        return (
            f"{_TOO_EARLY} how likely the whole way is: that needs a history of {MIN_HISTORY_DAYS} days with a score, "
            f"as most scores rise in their first weeks, and there {verb} {history_days}."
        )
    if multiple is None or multiple > MAX_MULTIPLE:
        takes = "more than 100" if multiple is None else f"{multiple:.1f}"
        return f"{_TOO_EARLY}: it takes {takes} times what there is today, and no trend says whether that comes."
    if forecast.odds_30 is None or forecast.odds_90 is None:
        return f"{_TOO_EARLY}: {forecast.message}."
    chances = describe_chances(forecast.odds_30, forecast.odds_90)
    return (
        f"{chances[0].upper()}{chances[1:]}, at the trend of the last month"
        f"{describe_recomputed_trend(forecast.recomputed_days)}."
    )


def describe_chances(odds_30: float, odds_90: float) -> str:
    """Describe the odds within 30 and within 90 days."""
    return (
        f"{_name_odds(odds_30)} within 30 days ({format_odds(odds_30)}), "
        f"{_name_odds(odds_90)} within 90 days ({format_odds(odds_90)})"
    )


def describe_recomputed_trend(days: int) -> str:
    """
    Describe that scores of a trend were recomputed, to be continued; empty if none were.

    Examples
    --------
    >>> describe_recomputed_trend(26), describe_recomputed_trend(0)
    (', of which 26 days were computed later', '')
    """
    return f", of which {plural(days, 'day was', 'days were')} computed later" if days else ""


def _name_odds(odds: float) -> str:
    return next(word for lowest, word in _ODDS_WORDS if odds >= lowest)


def describe_whole_way(score: float, target: float, multiple: float | None, highest: float | None = None) -> str:
    """
    Describe what the whole way to a target takes, in one sentence.

    Parameters
    ----------
    score : float
    target : float
    multiple : float, optional
        Factor of reactions, followers and lists that reaches the target; None if 101 times are not enough.
    highest : float, optional
        Highest score of a home, to compare with.

    Examples
    --------
    >>> describe_whole_way(48.0, 70.0, 5.71)
    '70 takes about 5.7 times what there is today, followers and lists included.'
    """
    others = "" if highest is None else f"; the highest score here is {highest:.1f}"
    if score >= target:
        return f"{target:g} is reached{others}."
    if multiple is None:
        return f"{target:g} takes more than 100 times what there is today, followers and lists included{others}."
    amount = f"{multiple:.1f}" if multiple < 10 else f"{multiple:.0f}"  # noqa: PLR2004 - two digits
    return f"{target:g} takes about {amount} times what there is today, followers and lists included{others}."
