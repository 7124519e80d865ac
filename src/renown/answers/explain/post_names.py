"""By what people recognize a post in a receipt: its title and address, and when it was made."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from renown.answers.explain.reaction_times import FirstReactions, find_post_time, load_first_reactions
from renown.answers.explain.receipt_lines import ReceiptLine
from renown.connectors import CONNECTORS
from renown.engines.base import Engine


@dataclass(frozen=True)
class PostNames:
    """Titles, addresses and first reactions of posts, by the key of their account and their id."""

    first_reactions: FirstReactions
    details: Mapping[tuple[int, str], tuple[str | None, str | None]]
    """Latest title and URL; posts without either are missing."""

    def add_to_line(self, line: ReceiptLine, network: str, account: int) -> ReceiptLine:
        """Return the line of a post of an account with what is known about it; other lines as they are."""
        if line.kind != "post":
            return line
        title, url = self.details.get((account, line.name), (None, None))
        return replace(
            line,
            posted_at=find_post_time(network, account, line.name, self.first_reactions),
            title=title,
            url=keep_web_url(url) or post_url(network, line.name),
        )


def load_post_names(
    engine: Engine, accounts: Collection[int], table: str = "interactions", *, networks: Iterable[str] | None = None
) -> PostNames:
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
    details: dict[tuple[int, str], tuple[str | None, str | None]] = {}
    if accounts and not engine.is_known_empty("posts"):
        rows = engine.query(
            f"select account, post, title, url from posts where account in ({', '.join(map(str, sorted(accounts)))}) "
            "and (title is not null or url is not null) order by seen, title, url, tags"
        )
        for account, post, title, url in rows:
            known_title, known_url = details.get((account, post), (None, None))
            details[account, post] = (title or known_title, url or known_url)
    return PostNames(first_reactions, details)


def post_url(network: str, post: str) -> str | None:
    """Return the URL of a post as its connector builds it; None if unknown, or not http(s) and so an unsafe link."""
    connector = CONNECTORS.get(network)
    url = connector.post_url(post) if connector else None
    return keep_web_url(url)


def keep_web_url(url: str | None) -> str | None:
    """Return a URL if pages may link to it: of http or https."""
    return url if url and url.startswith(("https://", "http://")) else None
