"""Posts: which of somebody's posts brought them most of their score, over all signals."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from renown.answers.receipt import Explanation, SignalReceipt
from renown.connectors import CONNECTORS
from renown.engines import Engine
from renown.method import Method
from renown.store import Points

MOST = 25
"""Posts that are told of."""


@dataclass(frozen=True)
class Post:
    """One of somebody's posts; the lake holds no words of any."""

    network: str
    account: str
    """``network:handle``, or its id where it has no handle."""
    post: str
    """The network's id of it."""
    address: str | None
    """Where people read it, http or https; None where its id does not say."""
    points: float
    """Points of score."""
    percent: float
    """Of the score."""
    reactions: Mapping[str, int]
    """Signal to acts, those of unknown actors among them."""


@dataclass
class _Sum:
    network: str
    account: str
    points: float = 0.0
    reactions: dict[str, int] = field(default_factory=dict)


def best_posts(engine: Engine, key: int, told: Explanation, points: list[Points], method: Method) -> tuple[Post, ...]:
    """
    Return the posts with most points, from an engine in which a day's steps were run for their owner.

    Parameters
    ----------
    engine : Engine
        Holds `post_shares` and `owners`.
    key : int
        Whose posts.
    told : Explanation
        Of the same score: a post has of each signal what it has there.
    points : list of Points
        As published, in the order of the explanation's signals.
    method : Method
    """
    numbers = {signal.name: signal.number for signal in method.signals}
    signals = {(row.account, numbers[row.signal]): signal for row, signal in zip(points, told.signals, strict=True)}
    found: dict[tuple[int, str], _Sum] = {}
    for account, number, post, acts, got, all_got in engine.rows(f"""
        select p.account, p.signal, p.post, p.acts, p.received,
          sum(p.received) over (partition by p.account, p.signal)
        from post_shares p join owners o on o.account = p.account
        where o.person = {key}"""):
        if post and (signal := signals.get((account, number))):
            one = found.setdefault((account, post), _Sum(signal.of.network, signal.of.account))
            one.points += _by_posts(signal) * got / (int(all_got) or 1)
            one.reactions[signal.of.signal] = acts
    best = sorted(found.items(), key=lambda item: (-item[1].points, -sum(item[1].reactions.values()), item[0]))
    return tuple(_post(post, one, told.receipt.score) for (_, post), one in best[:MOST])


def _by_posts(signal: SignalReceipt) -> float:
    """Return the points that the rows of the lake explain."""
    return sum(line.points for line in signal.posts if line.kind != "forgotten")


def _post(post: str, one: _Sum, score: float) -> Post:
    percent = 100 * one.points / score
    return Post(one.network, one.account, post, post_address(one.network, post), one.points, percent, one.reactions)


def post_address(network: str, post: str) -> str | None:
    """Return what a network's connector says; other schemes than the web's are nobody's to follow."""
    connector = CONNECTORS.get(network)
    address = connector.post_address(post) if connector else None
    return address if address and address.startswith(("https://", "http://")) else None
