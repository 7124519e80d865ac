"""Say in one sentence why a score changed: the move, the post that brought most, and the largest other causes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from renown.answers.explain.causes import ChangeCause
from renown.text import format_short_day

if TYPE_CHECKING:
    from renown.answers.explain.receipt_lines import ReceiptLine

MIN_MENTIONED_POINTS = 0.05
"""Smallest contribution that the sentence mentions, in points: less is not visible in a score with one decimal."""
_MIN_BEST_POINTS = 0.005
"""Smallest contribution of a best post, in points: less is shown as 0.00."""
_MAX_PARTS = 3
"""Maximum contributions that the sentence mentions."""
_MIN_REMAINDER = 0.01
"""Smallest sum of all that the sentence does not name that it mentions, in points: less is rounding."""
_VISIBLE_POINTS = 0.005
"""Smallest move that is visible in a score with two decimals, in points."""
_NEW = "new"
CAUSE_NOUNS = {
    "undone": "undone reactions",
    "absence": "deleted or restored accounts",
    "late": "reactions that arrived late",
    "left": "reactions older than the window",
    "decay": "fading",
    _NEW: "new reactions",
    "standing": "the weight of the people who reacted",
    "profile": "followers and lists",
    "coverage": "what can be observed",
    "identities": "linked accounts",
    "method": "the new method",
    "forgotten": "deleted data",
}
"""Causes as nouns of a sentence."""


@dataclass(frozen=True, kw_only=True)
class PostGain:
    """Points that the new reactions to one post brought, over all signals."""

    network: str
    post: str
    """Id of the post on its network."""
    posted_at: str | None
    """UTC instant of the post, by its id, else of the first reaction in the window; None if neither is known."""
    points: float
    title: str | None = None
    """Name of the post, if it has one."""
    url: str | None = None
    """http or https URL of the post; None if it is unknown."""


@dataclass(frozen=True, kw_only=True)
class ChangeSummary:
    """A score change in one sentence, with the figures that are in it."""

    sentence: str = ""
    """The move, and what brought or took most of it; English, with points of score."""
    best_post: PostGain | None = None
    """The post whose new reactions brought most; None if none brought a hundredth of a point."""
    fading: float = 0.0
    """Signed points of the ageing of reactions, and of those that left the window."""
    posts_gained: int = 0
    """Number of posts that brought at least `MIN_MENTIONED_POINTS`."""


def summarize_changes(causes: Iterable[ChangeCause], first_day: date, last_day: date, move: float) -> ChangeSummary:
    """
    Summarize a score change.

    Parameters
    ----------
    causes : iterable of ChangeCause
        Their points sum to `move`.
    first_day, last_day : date
    move : float
        Signed points of score.
    """
    causes = list(causes)
    points = {cause.kind: cause.points for cause in causes}
    gains = _sum_post_gains(causes)
    mentioned_gains = [gain for gain in gains if gain.points >= MIN_MENTIONED_POINTS]
    return ChangeSummary(
        sentence=describe_change(causes, first_day, last_day, move),
        best_post=next((gain for gain in gains if gain.points >= _MIN_BEST_POINTS), None),
        fading=points.get("decay", 0.0) + points.get("left", 0.0),
        posts_gained=len(mentioned_gains),
    )


def _sum_post_gains(causes: Iterable[ChangeCause]) -> list[PostGain]:
    """Sum the points of each post's new reactions over its signals, most first."""
    lines: dict[tuple[str, str], ReceiptLine] = {}
    for cause in causes:
        for signal in cause.signals if cause.kind == _NEW else ():
            for line in signal.posts:
                if line.kind == "post":
                    key = (signal.network, line.name)
                    lines[key] = replace(line, points=line.points + (lines[key].points if key in lines else 0.0))
    gains = [
        PostGain(
            network=network, post=post, posted_at=line.posted_at, points=line.points, title=line.title, url=line.url
        )
        for (network, post), line in lines.items()
        if line.points > 0
    ]
    return sorted(gains, key=lambda gain: (-gain.points, gain.network, gain.post))


def describe_change(
    causes: Iterable[ChangeCause],
    first_day: date,
    last_day: date,
    move: float,
    *,
    format_day: Callable[[date], str] = format_short_day,
) -> str:
    """
    Say in one sentence what a score change is and what brought or took most of it, in English.

    Parameters
    ----------
    causes : iterable of ChangeCause
        Their points sum to `move`.
    first_day, last_day : date
    move : float
        Signed points of score.
    format_day : callable, optional
        Writes a day without its year; by default as 27 Nov.
    """
    causes = list(causes)
    points = {cause.kind: cause.points for cause in causes}
    posts = [gain for gain in _sum_post_gains(causes) if gain.points >= MIN_MENTIONED_POINTS][:1]
    parts = [
        (f"the post of {format_day(_parse_day(post.posted_at))}" if post.posted_at else "one post", post.points)
        for post in posts
    ]
    rest = dict(points)
    if posts:
        rest[_NEW] = points[_NEW] - posts[0].points
    nouns = CAUSE_NOUNS | ({_NEW: "other new reactions"} if posts else {})
    others = sorted(rest.items(), key=lambda item: -abs(item[1]))
    parts += [(nouns[kind], value) for kind, value in others if abs(value) >= MIN_MENTIONED_POINTS]
    mentioned = parts[:_MAX_PARTS]
    mentioned += _find_remainder(mentioned, move)
    text = "; ".join(f"{noun} {'brought' if value > 0 else 'took'} {abs(value):.2f}" for noun, value in mentioned)
    described_move = _describe_move(move, first_day, last_day, format_day)
    return f"{described_move}." + (f" {text[0].upper()}{text[1:]}." if text else "")


def _find_remainder(mentioned: Sequence[tuple[str, float]], move: float) -> list[tuple[str, float]]:
    """
    Return the contribution of everything that is not mentioned, so that the figures add up to the move as written.

    Examples
    --------
    >>> [(name, points)] = _find_remainder([("new reactions", 0.42), ("fading", -0.58)], -0.12)
    >>> name, round(points, 2)
    ('everything else', 0.04)
    >>> _find_remainder([("fading", -0.12)], -0.125)
    []
    """
    if not mentioned or abs(move - sum(points for _, points in mentioned)) < _MIN_REMAINDER:
        return []
    return [("everything else", round(move, 2) - sum(round(points, 2) for _, points in mentioned))]


def _describe_move(move: float, first_day: date, last_day: date, format_day: Callable[[date], str]) -> str:
    """
    Describe a move with its span of days.

    Examples
    --------
    >>> _describe_move(0.461, date(2026, 11, 22), date(2026, 11, 23), format_short_day)
    'Up 0.46 since the day before'
    >>> _describe_move(-2.0, date(2026, 11, 1), date(2026, 11, 23), format_short_day)
    'Down 2.00 since 1 Nov'
    >>> _describe_move(0.0, date.min, date.max, format_short_day)
    'Unchanged since 1 Jan'
    """
    since = "the day before" if (last_day - first_day).days == 1 else format_day(first_day)
    if abs(move) < _VISIBLE_POINTS:
        return f"Unchanged since {since}"
    return f"{'Up' if move > 0 else 'Down'} {abs(move):.2f} since {since}"


def _parse_day(instant: str) -> date:
    return datetime.fromisoformat(instant).date()
