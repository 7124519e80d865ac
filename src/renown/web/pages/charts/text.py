"""Measure and fit text for pictures: available glyphs, text width, truncation."""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from io import BytesIO

from PIL import ImageFont

_FONT_FILES = {"regular": "NotoSans-Regular.ttf", "bold": "NotoSans-Bold.ttf"}
_MISSING_GLYPH = "\uffff"
"""Not a character in any font, so it is drawn as the glyph for missing characters."""
_ELLIPSIS = "…"
_PROBE_SIZE = 24
"""Font size at which glyphs are compared, in pixels."""


@lru_cache(maxsize=32)
def load_font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    """
    Load the bundled font (Noto Sans: Latin, Greek and Cyrillic) at a size.

    Parameters
    ----------
    weight : str
        ``regular`` or ``bold``.
    size : int
        Pixels per em.
    """
    font_bytes = (resources.files("renown.web.pages") / "fonts" / _FONT_FILES[weight]).read_bytes()
    # The basic layout engine gives the same picture on every machine.
    return ImageFont.truetype(BytesIO(font_bytes), size, layout_engine=ImageFont.Layout.BASIC)


def text_width(text: str, weight: str, size: int) -> float:
    """Return the width of a line of text, in pixels."""
    return load_font(weight, size).getlength(text)


def printable_name(names: Iterable[str]) -> str:
    """
    Return the first name that the font can write completely; else the characters of a name that it has.

    Examples
    --------
    >>> printable_name(["愛", "ai.example"]), printable_name(["Zoë 🎉"]), printable_name(["愛"])
    ('ai.example', 'Zoë', '')
    """
    normalized = [unicodedata.normalize("NFC", name) for name in names]
    parts = [" ".join("".join(filter(_has_glyph, name)).split()) for name in normalized]
    complete = (part for part, name in zip(parts, normalized, strict=True) if part and part == name)
    return next(complete, next(filter(None, parts), ""))


def fit_text(text: str, weight: str, sizes: Iterable[int], max_width: float) -> tuple[str, int]:
    """
    Return the text and the first size at which it fits; truncated at the last size if it fits at none.

    Examples
    --------
    >>> fit_text("ada", "bold", (40, 20), 200), fit_text("a" * 99, "bold", (40, 20), 50)[0]
    (('ada', 40), 'aa…')
    """
    size = 0
    for size in sizes:
        if text_width(text, weight, size) <= max_width:
            return text, size
    # Binary search: names may be long, and every measurement reads the whole text.
    length = bisect_right(
        range(1, len(text)), max_width, key=lambda count: text_width(text[:count] + _ELLIPSIS, weight, size)
    )
    return text[:length].rstrip() + _ELLIPSIS, size


@lru_cache(maxsize=4096)
def _has_glyph(letter: str) -> bool:
    if letter == " ":
        return True
    if unicodedata.category(letter)[0] in "CZ":
        return False
    return bytes(load_font("bold", _PROBE_SIZE).getmask(letter)) != bytes(
        load_font("bold", _PROBE_SIZE).getmask(_MISSING_GLYPH)
    )
