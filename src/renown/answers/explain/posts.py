"""Rank a person's posts by the points that they contributed to the score, over all signals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from renown.answers.explain.explanation import Explanation
from renown.answers.explain.post_index import PostIndex
from renown.answers.explain.receipt_lines import SignalReceipt
from renown.engines.base import Engine, Row
from renown.method.file import Method
from renown.store import PublishedPoints

MAX_POSTS = 25
"""Maximum number of posts returned."""


@dataclass(frozen=True, kw_only=True)
class PostSummary:
    """One post with its points; the text of posts is never stored."""

    network: str
    account: str
    """``network:handle``, or its id if it has no handle."""
    post: str
    """Id of the post on its network."""
    url: str | None
    """http or https URL of the post; None if it is unknown."""
    points: float
    """Points of score."""
    percent: float
    """Percent of the score."""
    reactions: Mapping[str, int]
    """Number of acts by signal, including acts of unknown actors."""
    title: str | None = None
    """Name of the post, such as that of a repository, if it has one."""
    tags: tuple[str, ...] = ()
    """What the post is about, such as its hashtags."""
    posted_at: str | None = None
    """UTC instant of the post, by its id, else of the first reaction in the window; None if neither is known."""


PostShares = Mapping[Row, Sequence[Row]]
"""(score key,) to account, number of the signal, post, acts, received, and what the signal received in all."""


@dataclass(kw_only=True)
class PostTotal:
    """What one post of a person brought, over all signals."""

    key: tuple[int, str]
    """Account and id of the post."""
    network: str
    account: str
    """``network:handle``, or its id if it has no handle."""
    points: float = 0.0
    """Points of score."""
    reactions: dict[str, int] = field(default_factory=dict)
    """Number of acts by signal."""


def load_post_shares(engine: Engine) -> PostShares:
    """Load what everybody's posts received from an engine with the tables `post_shares` and `owners`."""
    return engine.query_by_key(
        """
        select o.person, p.account, p.signal, p.post, p.acts, p.received,
          sum(p.received) over (partition by p.account, p.signal)
        from post_shares p join owners o on o.account = p.account
        order by p.account, p.signal, p.post""",
        width=1,
    )


def sum_posts(
    shares: PostShares, key: int, explanation: Explanation, points: list[PublishedPoints], method: Method
) -> list[PostTotal]:
    """
    Sum what each of a person's posts brought, over all signals.

    Parameters
    ----------
    shares : PostShares
    key : int
        Score key of the person.
    explanation : Explanation
        Of the same score; a post's points per signal are those of the explanation.
    points : list of PublishedPoints
        As published, in the order of the explanation's signals.
    method : Method

    Returns
    -------
    list of PostTotal
        Most points first.
    """
    numbers = {signal.name: signal.number for signal in method.signals}
    signals = {
        (row.account, numbers[row.signal]): signal for row, signal in zip(points, explanation.signals, strict=True)
    }
    points_by_signal = {signal_key: _sum_post_points(signal) for signal_key, signal in signals.items()}
    totals: dict[tuple[int, str], PostTotal] = {}
    for account, number, post, acts, received, signal_received in shares.get((key,), ()):
        if post and (signal := signals.get((account, number))):
            post_key, subject = (account, post), signal.subject
            empty_total = PostTotal(key=post_key, network=subject.network, account=subject.account)
            total = totals.setdefault(post_key, empty_total)
            total.points += points_by_signal[account, number] * float(received) / (float(signal_received) or 1.0)
            total.reactions[subject.signal] = acts
    return sorted(totals.values(), key=lambda total: (-total.points, -sum(total.reactions.values()), total.key))


def rank_posts(totals: Sequence[PostTotal], post_index: PostIndex, score: float) -> tuple[PostSummary, ...]:
    """Return the posts with most points, from the sums of `sum_posts`."""
    return tuple(
        PostSummary(
            network=total.network,
            account=total.account,
            post=total.key[1],
            url=post_index.find_url(total.network, *total.key),
            title=post_index.find_labels(*total.key).title,
            tags=post_index.find_labels(*total.key).tags,
            points=total.points,
            percent=100 * total.points / score,
            reactions=total.reactions,
            posted_at=post_index.find_time(total.network, *total.key),
        )
        for total in totals[:MAX_POSTS]
    )


def _sum_post_points(signal: SignalReceipt) -> float:
    """Sum the points of a signal that the lake's rows still explain."""
    return sum(line.points for line in signal.posts if line.kind != "forgotten")
