"""Repair the text of Meta's exports, which have each byte of UTF-8 as a character of its own."""

import re

_HAS_BYTES = re.compile("[\u0080-\u00ff]")


def repair_text(text: str) -> str:
    r"""
    Return text whose characters are bytes of UTF-8 as what those bytes say, and any other text as it is.

    Examples
    --------
    >>> repair_text("Coment\u00c3\u00a1rios"), repair_text("Comentários"), repair_text("Ã"), repair_text("Name")
    ('Comentários', 'Comentários', 'Ã', 'Name')
    """
    if not _HAS_BYTES.search(text):
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
