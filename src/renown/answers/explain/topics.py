"""Rank what a person's posts are about, by the points that these posts contributed to the score."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from renown.answers.explain.post_index import PostIndex
from renown.answers.explain.posts import PostTotal

MAX_TOPICS = 20
"""Maximum number of topics of a person."""


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A topic of a person: a tag of posts that people reacted to in the window."""

    topic: str
    """Tag in lower case, such as a hashtag without its sign."""
    points: float
    """Points of score that the posts with this tag brought; a post with several tags counts for each of them."""
    percent: float
    """Percent of the score."""
    posts: int
    """Number of posts with this tag that people reacted to; a repository whose stars are counted by day is one."""
    reactions: Mapping[str, int]
    """Number of acts on these posts by signal, including acts of unknown actors."""


@dataclass(frozen=True, kw_only=True)
class TopicList:
    """What a person's posts of the window are about."""

    name: str
    day: str
    """UTC day, as 2026-11-23."""
    topics: tuple[Topic, ...]
    """Most points first."""


@dataclass
class _TopicTotal:
    points: float = 0.0
    posts: set[object] = field(default_factory=set)
    """URLs of the posts, or their keys where they have none."""
    reactions: dict[str, int] = field(default_factory=dict)


def rank_topics(posts: Iterable[PostTotal], post_index: PostIndex, score: float) -> tuple[Topic, ...]:
    """
    Return the topics with most points.

    Parameters
    ----------
    posts : iterable of PostTotal
        All posts of the person that people reacted to.
    post_index : PostIndex
    score : float
        Score of the person.
    """
    totals: dict[str, _TopicTotal] = {}
    for post in posts:
        labels = post_index.find_labels(*post.key)
        for tag in labels.tags:
            total = totals.setdefault(tag, _TopicTotal())
            total.points += post.points
            total.posts.add(labels.url or post.key)
            for signal, acts in post.reactions.items():
                total.reactions[signal] = total.reactions.get(signal, 0) + acts
    ranked = sorted(totals.items(), key=lambda item: (-item[1].points, -len(item[1].posts), item[0]))
    return tuple(
        Topic(
            topic=tag,
            points=total.points,
            percent=100 * total.points / score,
            posts=len(total.posts),
            reactions=total.reactions,
        )
        for tag, total in ranked[:MAX_TOPICS]
    )
