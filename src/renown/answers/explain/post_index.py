"""Look up posts: title, URL and tags, by which people recognize them, and when they were made."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from renown.answers.explain.reaction_times import FirstReactions, find_post_time, load_first_reactions
from renown.answers.explain.receipt_lines import ReceiptLine
from renown.connectors import CONNECTORS
from renown.engines.base import Engine
from renown.records import split_tags

_LabelRow = tuple[str | None, str | None, str | None]
"""Title, URL and tags of a post as the lake has them: of thousands of posts, few are looked up."""
_NO_LABELS: _LabelRow = (None, None, None)


@dataclass(frozen=True)
class PostLabels:
    """Title, URL and tags of a post, each the latest that is known."""

    title: str | None = None
    url: str | None = None
    """As its network or a file gave it: not always of http or https."""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class PostIndex:
    """Labels and first reactions of posts, by the key of their account and their id."""

    first_reactions: FirstReactions
    label_rows: Mapping[tuple[int, str], _LabelRow]

    def find_labels(self, account: int, post: str) -> PostLabels:
        """Return the labels of a post; without values if none are known."""
        title, url, tags = self.label_rows.get((account, post), _NO_LABELS)
        return PostLabels(title, url, tuple(split_tags(tags)))

    def find_url(self, network: str, account: int, post: str) -> str | None:
        """Return the http or https URL of a post; None if it is unknown."""
        return _keep_web_url(self.find_labels(account, post).url) or post_url(network, post)

    def find_time(self, network: str, account: int, post: str) -> str | None:
        """Return when a post was made, as `find_post_time`."""
        return find_post_time(network, account, post, self.first_reactions)

    def add_to_line(self, line: ReceiptLine, network: str, account: int) -> ReceiptLine:
        """Return the line of a post of an account with what is known about it; other lines as they are."""
        if line.kind != "post":
            return line
        return replace(
            line,
            posted_at=self.find_time(network, account, line.name),
            title=self.find_labels(account, line.name).title,
            url=self.find_url(network, account, line.name),
        )


def load_post_index(
    engine: Engine, accounts: Collection[int], table: str = "interactions", *, networks: Iterable[str] | None = None
) -> PostIndex:
    """
    Load what is known about the posts of accounts.

    Parameters
    ----------
    engine : Engine
        Has the lake's table `posts`.
    accounts : collection of int
    table : str
        Table with the interactions of the window.
    networks : iterable of str, optional
        As `load_first_reactions`.
    """
    first_reactions = load_first_reactions(engine, table, networks=networks)
    label_rows: dict[tuple[int, str], _LabelRow] = {}
    if accounts and not engine.is_known_empty("posts"):
        rows = engine.query(
            "select account, post, title, url, tags from posts "
            f"where account in ({', '.join(map(str, sorted(accounts)))}) order by seen, title, url, tags"
        )
        for account, post, title, url, tags in rows:
            known_title, known_url, known_tags = label_rows.get((account, post), _NO_LABELS)
            label_rows[account, post] = (title or known_title, url or known_url, tags or known_tags)
    return PostIndex(first_reactions, label_rows)


def post_url(network: str, post: str) -> str | None:
    """Return the URL of a post as its connector builds it; None if unknown, or not http(s) and so an unsafe link."""
    connector = CONNECTORS.get(network)
    url = connector.post_url(post) if connector else None
    return _keep_web_url(url)


def _keep_web_url(url: str | None) -> str | None:
    """Return a URL if pages may link to it: of http or https."""
    return url if url and url.startswith(("https://", "http://")) else None
