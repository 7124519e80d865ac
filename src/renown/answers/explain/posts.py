"""Rank a person's posts by the points that they contributed to the score, over all signals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from renown.answers.explain.explanation import Explanation
from renown.answers.explain.reaction_times import FirstReactions, find_post_time, load_first_reactions
from renown.answers.explain.receipt_lines import SignalReceipt
from renown.connectors import CONNECTORS
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
    posted_at: str | None = None
    """UTC instant of the post, by its id, else of the first reaction in the window; None if neither is known."""


@dataclass(frozen=True)
class PostRows:
    """Rows of posts, by (score key,) of their owner."""

    shares: Mapping[Row, Sequence[Row]]
    """Account, number of the signal, post, acts, received, and what the signal received in all."""
    names: Mapping[Row, Sequence[Row]]
    """Account, post, title and URL, oldest first."""
    first_reactions: FirstReactions


@dataclass
class _PostTotal:
    network: str
    account: str
    points: float = 0.0
    reactions: dict[str, int] = field(default_factory=dict)


def load_post_rows(engine: Engine) -> PostRows:
    """Load the rows of everybody's posts from an engine with the tables `post_shares`, `owners` and `posts`."""
    return PostRows(
        shares=engine.query_by_key(
            """
            select o.person, p.account, p.signal, p.post, p.acts, p.received,
              sum(p.received) over (partition by p.account, p.signal)
            from post_shares p join owners o on o.account = p.account
            order by p.account, p.signal, p.post""",
            width=1,
        ),
        names=engine.query_by_key(
            """
            select o.person, p.account, p.post, p.title, p.url from posts p join owners o on o.account = p.account
            order by p.seen, p.title, p.url""",
            width=1,
        ),
        first_reactions=load_first_reactions(engine),
    )


def rank_posts(
    rows: PostRows, key: int, explanation: Explanation, points: list[PublishedPoints], method: Method
) -> tuple[PostSummary, ...]:
    """
    Return a person's posts with most points.

    Parameters
    ----------
    rows : PostRows
    key : int
        Score key of the person.
    explanation : Explanation
        Of the same score; a post's points per signal are those of the explanation.
    points : list of PublishedPoints
        As published, in the order of the explanation's signals.
    method : Method
    """
    numbers = {signal.name: signal.number for signal in method.signals}
    signals = {
        (row.account, numbers[row.signal]): signal for row, signal in zip(points, explanation.signals, strict=True)
    }
    points_by_signal = {signal_key: _sum_post_points(signal) for signal_key, signal in signals.items()}
    totals: dict[tuple[int, str], _PostTotal] = {}
    for account, number, post, acts, received, signal_received in rows.shares.get((key,), ()):
        if post and (signal := signals.get((account, number))):
            total = totals.setdefault((account, post), _PostTotal(signal.subject.network, signal.subject.account))
            total.points += points_by_signal[account, number] * float(received) / (float(signal_received) or 1.0)
            total.reactions[signal.subject.signal] = acts
    names = {(account, post): (title, url) for account, post, title, url in rows.names.get((key,), ())}
    ranked = sorted(totals.items(), key=lambda item: (-item[1].points, -sum(item[1].reactions.values()), item[0]))
    return tuple(
        replace(
            _to_summary(post, total, explanation.receipt.score, *names.get((account, post), (None, None))),
            posted_at=find_post_time(total.network, account, post, rows.first_reactions),
        )
        for (account, post), total in ranked[:MAX_POSTS]
    )


def _sum_post_points(signal: SignalReceipt) -> float:
    """Sum the points of a signal that the lake's rows still explain."""
    return sum(line.points for line in signal.posts if line.kind != "forgotten")


def _to_summary(post: str, total: _PostTotal, score: float, title: str | None, url: str | None) -> PostSummary:
    percent = 100 * total.points / score
    return PostSummary(
        network=total.network,
        account=total.account,
        post=post,
        url=_safe_url(url) or post_url(total.network, post),
        title=title,
        points=total.points,
        percent=percent,
        reactions=total.reactions,
    )


def post_url(network: str, post: str) -> str | None:
    """Return the URL of a post as its connector builds it; None if unknown, or not http(s) and so an unsafe link."""
    connector = CONNECTORS.get(network)
    url = connector.post_url(post) if connector else None
    return _safe_url(url)


def _safe_url(url: str | None) -> str | None:
    return url if url and url.startswith(("https://", "http://")) else None
