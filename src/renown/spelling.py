"""Spelling: what somebody probably meant by a word that is not known, and how many there are of something."""

import difflib
from collections.abc import Collection


def offer(word: str, known: Collection[str]) -> str:
    """
    Return the end of a message about a word that is not known: which are, and the one that was probably meant.

    Examples
    --------
    >>> offer("pagse", ["pages", "seconds"])
    "known: pages, seconds; did you mean 'pages'?"
    >>> offer("", ["pages"])
    'known: pages'
    """
    near = difflib.get_close_matches(word, known, n=1)
    return f"known: {', '.join(known)}" + (f"; did you mean {near[0]!r}?" if near else "")


def plural(count: int, one: str, many: str = "") -> str:
    """
    Return how many there are of something.

    Examples
    --------
    >>> plural(1, "day"), plural(2000, "day"), plural(0, "person", "people")
    ('1 day', '2,000 days', '0 people')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
