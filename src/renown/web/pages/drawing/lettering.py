"""Lettering: which letters our font has, how wide text is, and what of a name fits."""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from io import BytesIO

from PIL import ImageFont

_FILES = {"regular": "NotoSans-Regular.ttf", "bold": "NotoSans-Bold.ttf"}
_NO_LETTER = "\uffff"
"""Stands for no letter in any font: it is drawn as what a font draws in place of those it lacks."""
_CUT = "…"
_PROBE = 24
"""Size at which letters are compared."""


@lru_cache(maxsize=32)
def font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    """
    Return our font, which has Latin, Greek and Cyrillic letters.

    Parameters
    ----------
    weight : str
        ``regular`` or ``bold``.
    size : int
        Pixels of an em.
    """
    body = (resources.files("renown.web.pages") / "fonts" / _FILES[weight]).read_bytes()
    # Letters are placed one after another, on every machine alike.
    return ImageFont.truetype(BytesIO(body), size, layout_engine=ImageFont.Layout.BASIC)


def width(text: str, weight: str, size: int) -> float:
    """Return how wide a line of text is, in pixels."""
    return font(weight, size).getlength(text)


def written(names: Iterable[str]) -> str:
    """
    Return the first of somebody's names that our font can write whole; else what it can write of one.

    Examples
    --------
    >>> written(["愛", "ai.example"]), written(["Zoë 🎉"]), written(["愛"])
    ('ai.example', 'Zoë', '')
    """
    every = [unicodedata.normalize("NFC", name) for name in names]
    parts = [" ".join("".join(filter(_has, name)).split()) for name in every]
    whole = (part for part, name in zip(parts, every, strict=True) if part and part == name)
    return next(whole, next(filter(None, parts), ""))


def fitted(text: str, weight: str, sizes: Iterable[int], room: float) -> tuple[str, int]:
    """
    Return text and the first size at which it fits; cut at the last size where it fits at none.

    Examples
    --------
    >>> fitted("ada", "bold", (40, 20), 200), fitted("a" * 99, "bold", (40, 20), 50)[0]
    (('ada', 40), 'aa…')
    """
    size = 0
    for size in sizes:
        if width(text, weight, size) <= room:
            return text, size
    # Half as many letters a look: names of strangers may be long, and each look measures all of them.
    kept = bisect_right(range(1, len(text)), room, key=lambda letters: width(text[:letters] + _CUT, weight, size))
    return text[:kept].rstrip() + _CUT, size


@lru_cache(maxsize=4096)
def _has(letter: str) -> bool:
    if letter == " ":
        return True
    if unicodedata.category(letter)[0] in "CZ":
        return False
    return bytes(font("bold", _PROBE).getmask(letter)) != bytes(font("bold", _PROBE).getmask(_NO_LETTER))
