"""Find people by the beginning of a word of their name, in any case and script, with or without accents."""

import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Mapping

_LAST_CHARACTER = "\U0010ffff"


class NameIndex:
    """
    The words of people's names, sorted; a database without ICU would compare only the letters of ASCII in any case.

    Parameters
    ----------
    names : mapping of int to str
        Names by score key.

    Examples
    --------
    >>> index = NameIndex({-1: "Zoë Ångström", -2: "amélie", -3: "ada"})
    >>> index.find("AMÉ"), index.find("angs"), index.find("strö"), index.find("a")
    ([-2], [-1], [], [-3, -2, -1])
    """

    def __init__(self, names: Mapping[int, str]) -> None:
        self._names = {key: _fold(name) for key, name in names.items()}
        self._words = sorted((name[start:], key) for key, name in self._names.items() for start in _word_starts(name))

    def find(self, text: str) -> list[int]:
        """Return the keys of people with a word that begins so, sorted by name, ties by key."""
        prefix = _fold(text)
        first = bisect_left(self._words, (prefix,))
        last = bisect_left(self._words, (prefix + _LAST_CHARACTER,))
        keys = {key for _, key in self._words[first:last]}
        return sorted(keys, key=lambda key: (self._names[key], key))


def _fold(text: str) -> str:
    """Return a text without case and accents, which many leave out when they type."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if unicodedata.category(letter) != "Mn")


def _word_starts(name: str) -> Iterator[int]:
    """Yield where a name and each of its words begin."""
    for position, letter in enumerate(name):
        if position == 0 or (letter.isalnum() and not name[position - 1].isalnum()):
            yield position
