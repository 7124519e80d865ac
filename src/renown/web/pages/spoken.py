"""Spoken: numbers, days and names as a reader's language writes them."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import format_decimal, format_percent
from starlette.requests import Request

DEFAULT = Locale.parse("en")
_MOST_ASKED = 10
"""Languages of a request that are looked at."""
_MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"
"""What stands where there is no value."""
_NETWORKS = {"bluesky": "Bluesky", "mastodon": "Mastodon", "github": "GitHub", "x": "X"}
"""Networks whose names are written otherwise than with a capital."""
_LONGEST_POST = 24


def locale_of(request: Request) -> Locale:
    """Return the language that a reader likes best of those whose numbers and days we can write (RFC 9110, 12.5.4)."""
    liked = []
    for place, part in enumerate(request.headers.get("accept-language", "").split(",")[:_MOST_ASKED]):
        tag, _, quality = part.strip().partition(";q=")
        try:
            liked.append((-float(quality or 1), place, Locale.parse(tag, sep="-")))
        except (ValueError, UnknownLocaleError, TypeError):
            continue
    return min(liked, key=lambda each: each[:2])[2] if liked else DEFAULT


def spoken(locale: Locale) -> dict[str, Callable[..., str]]:
    """
    Return the functions by which templates write values.

    Parameters
    ----------
    locale : Locale
        Of the reader.
    """

    def number(value: float | None, digits: int = 0) -> str:
        return NOTHING if value is None else format_decimal(value, _form(digits), locale=locale)

    def signed(value: float | None, digits: int = 1) -> str:
        if value is None:
            return NOTHING
        shown = round(value, digits)
        sign = "+" if shown > 0 else _MINUS if shown < 0 else "±"
        return sign + format_decimal(abs(shown), _form(digits), locale=locale)

    def percent(value: float | None, digits: int = 0) -> str:
        return NOTHING if value is None else format_percent(value / 100, _form(digits) + "%", locale=locale)

    def share(value: float | None, digits: int = 0) -> str:
        return NOTHING if value is None else format_percent(value, _form(digits) + "%", locale=locale)

    def day(value: str | date | None, form: str = "medium") -> str:
        return NOTHING if not value else format_date(_day(value), form, locale=locale)

    def day_of_year(value: str | date) -> str:
        return format_skeleton("MMMd", _day(value), locale=locale)

    def instant(value: str | datetime | None) -> str:
        if not value:
            return NOTHING
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        return f"{format_datetime(at, 'medium', locale=locale)} UTC"

    return {each.__name__: each for each in (number, signed, percent, share, day, day_of_year, instant)}


def network(name: str) -> str:
    """
    Return how a network is written.

    Examples
    --------
    >>> network("bluesky"), network("github"), network("lemmy")
    ('Bluesky', 'GitHub', 'Lemmy')
    """
    return _NETWORKS.get(name, name[:1].upper() + name[1:])


def path(who: str, below: str = "") -> str:
    """
    Return the address of somebody's page, or of one below it.

    Examples
    --------
    >>> path("ada"), path("Ada Ä/B", "why")
    ('/people/ada', '/people/Ada%20%C3%84%2FB/why')
    """
    return f"/people/{quote(who, safe='')}" + (f"/{below}" if below else "")


def post_name(post: str) -> str:
    """
    Return a post's id in short.

    Examples
    --------
    >>> post_name("at://did:plc:ada/app.bsky.feed.post/3k"), post_name("ada.sky.example/42")
    ('post 3k', 'post 42')
    """
    last = post.rstrip("/").rpartition("/")[2]
    return f"post {last if len(last) <= _LONGEST_POST else last[:_LONGEST_POST] + '…'}"


def count(value: float, one: str, many: str) -> str:
    """Return the form of a word that goes with a number; the number is written beside it."""
    return one if value == 1 else many


def _form(digits: int) -> str:
    return "#,##0." + "0" * digits if digits else "#,##0"


def _day(value: Any) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value
