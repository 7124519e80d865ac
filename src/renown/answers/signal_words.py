"""Signals in the plain words of pages, commands and messages, singular and plural."""

_WORDS = {
    "audience": ("follower", "followers"),
    "curation": ("list", "lists"),
    "amplification": ("repost", "reposts"),
    "conversation": ("reply", "replies"),
    "approval": ("like", "likes"),
}


def signal_word(name: str, number: float = 2) -> str:
    """
    Return the plain word for a signal, singular if the number is 1; signals of other methods keep their name.

    Examples
    --------
    >>> signal_word("amplification"), signal_word("approval", 1), signal_word("karma")
    ('reposts', 'like', 'karma')
    """
    singular, plural = _WORDS.get(name, (name, name))
    return singular if number == 1 else plural
