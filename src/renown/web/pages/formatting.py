"""Format numbers, dates and names for pages, in the reader's locale."""

import re
import zlib
from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from babel import Locale, UnknownLocaleError
from babel.dates import format_time
from babel.numbers import format_decimal, format_percent, get_decimal_symbol
from starlette.requests import Request

from renown.connectors import CONNECTORS
from renown.connectors.profile_urls import build_profile_url
from renown.records import DAY_POST_PREFIX
from renown.text import format_short_day
from renown.web.pages.charts.bars import COLOUR_COUNT
from renown.web.pages.charts.lanes import build_initials

DEFAULT_LOCALE = Locale.parse("en")
_INTERNATIONAL_LOCALE = Locale.parse("en_150")
"""English as it is written in Europe."""
_CACHED_LOCALES, _CACHED_VALUES = 16, 4096
"""Locales, and values of each formatter, whose text is cached."""
_MAX_LANGUAGES = 10
"""Maximum languages of an Accept-Language header that are considered."""
_MINUS_SIGN = "\N{MINUS SIGN}"
NO_VALUE = "\N{EN DASH}"
"""Placeholder for a missing value."""
_NETWORK_LABELS = {
    "bluesky": "Bluesky",
    "mastodon": "Mastodon",
    "github": "GitHub",
    "youtube": "YouTube",
    "x": "X",
    "hackernews": "Hacker News",
    "stackexchange": "Stack Exchange",
}
"""Display names that are more than the capitalized id."""
_HANDLE_DOMAIN = re.compile(r"(?<=\w)[.@].*", re.DOTALL)
"""Server of a handle, after the name of the account."""
_MAX_POST_LENGTH = 24
"""Maximum characters of a post id that are shown."""


def choose_locale(request: Request) -> Locale:
    """
    Choose the English that the reader prefers, of those that Babel supports (Accept-Language, RFC 9110, 12.5.4).

    The pages are in English, so numbers and dates of another language would be foreign in their sentences, and a
    decimal comma beside the points of the texts that the answers write. Readers of other languages get the English of
    Europe: 14:05. Days are in one order for everybody, that of the texts, feeds and commands: 23 Nov 2026.
    """
    accepted = []
    for index, language_range in enumerate(request.headers.get("accept-language", "").split(",")[:_MAX_LANGUAGES]):
        tag, _, quality = language_range.strip().partition(";q=")
        try:
            accepted.append((-float(quality or 1), index, Locale.parse(tag, sep="-")))
        except (ValueError, UnknownLocaleError, TypeError):
            continue
    preferred = min(accepted, key=lambda preference: preference[:2])[2] if accepted else DEFAULT_LOCALE
    is_english = preferred.language == "en" and get_decimal_symbol(preferred) == "."
    return preferred if is_english else _INTERNATIONAL_LOCALE


def day(value: str | date | None) -> str:
    """Format a day as the texts, feeds and commands do: 23 Nov 2026."""
    return NO_VALUE if not value else f"{day_of_year(value)} {_parse_date(value).year}"


def day_of_year(value: str | date) -> str:
    """Format a day without its year."""
    return format_short_day(_parse_date(value))


def month(value: str | date) -> str:
    """Format the month of a day."""
    return f"{_parse_date(value):%B %Y}"


@lru_cache(maxsize=_CACHED_LOCALES)
def build_formatters(locale: Locale) -> dict[str, Callable[..., str]]:
    """
    Build the functions with which templates format numbers and dates.

    Parameters
    ----------
    locale : Locale
        The reader's locale.
    """

    def number(value: float | None, digits: int = 0) -> str:
        return NO_VALUE if value is None else _format_decimal(value, digits, locale)

    def exact(value: float) -> str:
        return format_decimal(value, "#,##0.##", locale=locale)

    def signed(value: float | None, digits: int = 1) -> str:
        if value is None:
            return NO_VALUE
        rounded = round(value, digits)
        sign = "+" if rounded > 0 else _MINUS_SIGN if rounded < 0 else "±"
        return sign + _format_decimal(abs(rounded), digits, locale)

    def percent(value: float | None, digits: int = 0) -> str:
        return NO_VALUE if value is None else _format_percent(value / 100, digits, locale)

    def share(value: float | None, digits: int = 0) -> str:
        return NO_VALUE if value is None else _format_percent(value, digits, locale)

    def instant(value: str | datetime | None) -> str:
        if not value:
            return NO_VALUE
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return f"{day(moment)}, {time_of_day(moment)}"

    def time_of_day(value: str | datetime) -> str:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return f"{format_time(moment, 'short', locale=locale)} UTC"

    functions = (number, exact, signed, percent, share, day, day_of_year, month, instant, time_of_day)
    # A receipt writes the same numbers and days many times, and formatting one takes as long as a query.
    return {function.__name__: lru_cache(maxsize=_CACHED_VALUES)(function) for function in functions}


def network_label(name: str) -> str:
    """
    Return the display name of a network.

    Examples
    --------
    >>> network_label("bluesky"), network_label("github"), network_label("lemmy")
    ('Bluesky', 'GitHub', 'Lemmy')
    """
    return _NETWORK_LABELS.get(name, name[:1].upper() + name[1:])


def network_icon(name: str) -> str:
    """Return the data of the SVG path of a network's icon; empty if it has none."""
    connector = CONNECTORS.get(name)
    return connector.icon if connector else ""


def profile_url(network: str, account_id: str, name: str) -> str | None:
    """Return the URL of an account's page on its network; None if the network has no such pages."""
    connector = CONNECTORS.get(network)
    return build_profile_url(connector, account_id, name if name != account_id else "") if connector else None


def initials(name: str) -> str:
    """
    Return one or two letters that stand for a name in place of a picture.

    Examples
    --------
    >>> initials("Ada  Lovelace"), initials("ada.bsky.social"), initials("<b>"), initials("!")
    ('AL', 'A', 'B', '?')
    """
    return build_initials(_HANDLE_DOMAIN.sub("", name))


def avatar_colour(name: str) -> int:
    """
    Return the number of the colour that stands for a name in place of a picture.

    Examples
    --------
    >>> 0 <= avatar_colour("ada") < 8, avatar_colour("ada") == avatar_colour("ada")
    (True, True)
    """
    return zlib.crc32(name.encode("utf-8", "replace")) % COLOUR_COUNT


def person_path(name: str, subpath: str = "") -> str:
    """
    Return the URL path of a person's page, or of a page below it.

    Examples
    --------
    >>> person_path("ada"), person_path("Ada Ä/B", "why")
    ('/people/ada', '/people/Ada%20%C3%84%2FB/why')
    """
    return f"/people/{quote(name, safe='')}" + (f"/{subpath}" if subpath else "")


def post_label(post: str) -> str:
    """
    Shorten a post id for display.

    Examples
    --------
    >>> post_label("at://did:plc:ada/app.bsky.feed.post/3k"), post_label("ada.sky.example/42")
    ('post 3k', 'post 42')
    >>> post_label("day/2024-05-01")
    'all posts on 2024-05-01'
    """
    if post.startswith(DAY_POST_PREFIX):
        return f"all posts on {post.removeprefix(DAY_POST_PREFIX)}"
    last_segment = post.rstrip("/").rpartition("/")[2]
    return f"post {last_segment if len(last_segment) <= _MAX_POST_LENGTH else last_segment[:_MAX_POST_LENGTH] + '…'}"


def pluralize(value: float, singular: str, plural: str) -> str:
    """Return the singular or plural of a word, without the number itself."""
    return singular if value == 1 else plural


def _format_decimal(value: float, digits: int, locale: Locale) -> str:
    """Format a number, with a minus sign instead of a hyphen if it is negative."""
    return format_decimal(value, _number_pattern(digits), locale=locale).replace("-", _MINUS_SIGN)


def _format_percent(value: float, digits: int, locale: Locale) -> str:
    """Format a share as a percentage, with a minus sign instead of a hyphen if it is negative."""
    return format_percent(value, _number_pattern(digits) + "%", locale=locale).replace("-", _MINUS_SIGN)


def _number_pattern(digits: int) -> str:
    return "#,##0." + "0" * digits if digits else "#,##0"


def _parse_date(value: Any) -> date:
    return datetime.fromisoformat(value).date() if isinstance(value, str) else value
