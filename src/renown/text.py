"""Text for messages: spelling suggestions and plurals."""

import difflib
from collections.abc import Collection


def suggest_spelling(word: str, candidates: Collection[str]) -> str:
    """
    Suggest known words for an unknown one: return the end of an error message.

    Examples
    --------
    >>> suggest_spelling("pagse", ["pages", "seconds"])
    "known: pages, seconds; did you mean 'pages'?"
    >>> suggest_spelling("", ["pages"])
    'known: pages'
    """
    matches = difflib.get_close_matches(word, candidates, n=1)
    return f"known: {', '.join(candidates)}" + (f"; did you mean {matches[0]!r}?" if matches else "")


def plural(count: int, singular: str, plural_form: str = "") -> str:
    """
    Format a count with its noun in the singular or plural.

    Examples
    --------
    >>> plural(1, "day"), plural(2000, "day"), plural(0, "person", "people")
    ('1 day', '2,000 days', '0 people')
    """
    return f"{count:,} {singular if count == 1 else plural_form or singular + 's'}"
