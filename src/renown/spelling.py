"""Spelling: what somebody probably meant by a word that is not known."""

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
