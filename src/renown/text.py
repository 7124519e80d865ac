"""Text for messages: cut texts, spelling suggestions, plurals, ordinal numbers and ranges of days."""

import difflib
from collections.abc import Collection, Iterable
from datetime import date, timedelta

_MAX_LISTED = 20
"""Maximum known words to list before a suggestion: among more of them it would be overlooked."""


def truncate(text: str, limit: int) -> str:
    """
    Cut a text that has more characters than a limit; an ellipsis says that it was cut.

    Examples
    --------
    >>> truncate("ada", 3), truncate("adam", 3)
    ('ada', 'ada…')
    """
    return text if len(text) <= limit else f"{text[:limit]}…"


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
    nearest = find_nearest(word, candidates)
    if nearest and len(candidates) > _MAX_LISTED:
        return f"did you mean {nearest!r}?"
    return f"known: {', '.join(candidates)}" + (f"; did you mean {nearest!r}?" if nearest else "")


def find_nearest(word: str, candidates: Iterable[str], *, likeness: float = 0.6) -> str | None:
    """
    Return the known word that an unknown one most likely is, regardless of case; None if none is near.

    `likeness` is how much of the words has to match, as `difflib.SequenceMatcher.ratio` measures it.

    Examples
    --------
    >>> find_nearest("LIKES", ["like", "reply"]), find_nearest("smile", ["like", "reply"])
    ('like', None)
    """
    by_lower_case = {candidate.lower(): candidate for candidate in candidates}
    matches = difflib.get_close_matches(word.lower(), by_lower_case, n=1, cutoff=likeness)
    return by_lower_case[matches[0]] if matches else None


def plural(count: int, singular: str, plural_form: str = "") -> str:
    """
    Format a count with its noun in the singular or plural.

    Examples
    --------
    >>> plural(1, "day"), plural(2000, "day"), plural(0, "person", "people")
    ('1 day', '2,000 days', '0 people')
    """
    return f"{count:,} {singular if count == 1 else plural_form or singular + 's'}"


def ordinal(number: int) -> str:
    """
    Return a number with its English ordinal suffix.

    Examples
    --------
    >>> ordinal(1), ordinal(12), ordinal(1023)
    ('1st', '12th', '1,023rd')
    """
    is_teen = number // 10 % 10 == 1
    suffix = "th" if is_teen else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{suffix}"


def format_short_day(day: date) -> str:
    """
    Write a day without its year, in an order that is understood everywhere.

    Examples
    --------
    >>> format_short_day(date(2026, 11, 3))
    '3 Nov'
    """
    return f"{day.day} {day:%b}"


def format_days(days: Iterable[date]) -> str:
    """
    Format sorted days; consecutive ones as a range.

    Examples
    --------
    >>> format_days(date(2026, 11, day) for day in (3, 7, 8, 9))
    '2026-11-03, 2026-11-07 to 2026-11-09 (3 days)'
    """
    spans: list[list[date]] = []
    for day in days:
        if spans and day - spans[-1][-1] == timedelta(days=1):
            spans[-1].append(day)
        else:
            spans.append([day])
    return ", ".join(f"{span[0]} to {span[-1]} ({len(span)} days)" if len(span) > 1 else f"{span[0]}" for span in spans)
