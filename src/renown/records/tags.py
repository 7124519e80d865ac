"""Tags of posts: what a post is about, in words that its author or community chose."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

MAX_TAGS = 10
"""Tags of a post that are stored, the first ones."""
MAX_TAG_LENGTH = 60
"""Characters of a tag up to which it is stored: longer ones are sentences."""
_MAX_CACHED = 10_000
"""Tags whose normalized form is remembered, the latest ones: most posts have tags that others have."""
_SEPARATOR = ","
_PUNCTUATION = frozenset("_+#.&/'- ")
"""Characters of tags beside letters, marks and numbers; not the separator."""
_CATEGORIES = frozenset("LMN")
"""First letters of the Unicode categories of letters, marks (vowels of many scripts) and numbers."""


@lru_cache(maxsize=_MAX_CACHED)
def normalize_tag(text: str) -> str:
    r"""
    Normalize a tag, so that spellings of one word are one topic; empty if nothing is left, or if it is too long.

    Examples
    --------
    >>> normalize_tag("#DataScience"), normalize_tag(" Machine\n Learning "), normalize_tag("C++"), normalize_tag("#")
    ('datascience', 'machine learning', 'c++', '')
    >>> normalize_tag("#हिन्दी"), normalize_tag("#日本語"), normalize_tag("🎉"), normalize_tag("<b>new</b>")
    ('हिन्दी', '日本語', '', 'b new /b')
    """
    letters = unicodedata.normalize("NFKC", text).casefold()
    words = "".join(letter if _is_used(letter) else " " for letter in letters).split()
    tag = " ".join(words).lstrip("# ")
    return tag if len(tag) <= MAX_TAG_LENGTH and any(letter.isalnum() for letter in tag) else ""


def _is_used(letter: str) -> bool:
    """Tell whether a tag may have a character; pictographs and control characters are none."""
    return letter in _PUNCTUATION or unicodedata.category(letter)[0] in _CATEGORIES


def join_tags(tags: Iterable[str]) -> str | None:
    """
    Join normalized tags for a column of text; None if there are none.

    Examples
    --------
    >>> join_tags(["#Python", "python", "Data, Science"])
    'python,data science'
    """
    normalized_tags = dict.fromkeys(filter(None, map(normalize_tag, tags)))
    return _SEPARATOR.join(list(normalized_tags)[:MAX_TAGS]) or None


def split_tags(text: str | None) -> list[str]:
    """
    Split the text of a column of tags.

    Examples
    --------
    >>> split_tags("python,data science"), split_tags(None)
    (['python', 'data science'], [])
    """
    return text.split(_SEPARATOR) if text else []
