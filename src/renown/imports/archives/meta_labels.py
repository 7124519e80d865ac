"""Labels of Meta's exports in the language of the account: English, German, French, Spanish, Portuguese or Italian."""

import re
from functools import lru_cache

from renown.imports.archives.mojibake import repair_text

MAX_COUNT_DIGITS = 12
"""Maximum digits of a count."""

_QUOTES = re.compile("[\"'`\u00ab\u00bb\u2018-\u201f]")
_SEPARATED_NUMBER = re.compile(r"\d{1,3}([.,'\u2019\s\u00a0\u202f]\d{3})+")


@lru_cache(maxsize=1000)
def normalize_label(label: str) -> str:
    """
    Return a label without mojibake, capitals, quotation marks and apostrophes.

    Examples
    --------
    >>> normalize_label("„Gefällt mir“-Angaben"), normalize_label("Mentions  J'aime ")
    ('gefällt mir-angaben', 'mentions jaime')
    """
    return " ".join(_QUOTES.sub("", repair_text(label)).casefold().split())


USERNAME = frozenset(
    (
        *("username", "benutzername", "nutzername", "nom dutilisateur", "nom dutilisateurice"),
        *("nombre de usuario", "nome de usuário", "nome de utilizador", "nome utente"),
    )
)
"""Name of an account, as it is in its address."""
MEDIA_OWNER = frozenset(
    (
        *("media owner", "medieninhaber", "medieneigentümer", "propriétaire du média"),
        *("propriétaire du contenu multimédia", "propriétaire des contenus multimédias"),
        *("propietario del contenido multimedia", "propietario del contenido", "proprietário da mídia"),
        *("proprietário do conteúdo multimédia", "dono da mídia", "proprietario del contenuto multimediale"),
    )
)
"""Account whose post a comment is on."""
URL = frozenset(("url", "link", "lien", "enlace"))
LIKES = frozenset(
    (
        *("likes", "instagram likes", "gefällt mir-angaben", "gefällt mir-angaben auf instagram"),
        *("mentions jaime", "mentions jaime instagram", "jaime", "me gusta", "me gusta de instagram"),
        *("curtidas", "curtidas do instagram", "curtidas no instagram", "gostos", "mi piace", "mi piace di instagram"),
    )
)
COMMENTS = frozenset(
    (
        *("comments", "instagram comments", "kommentare", "instagram-kommentare", "commentaires"),
        *("commentaires instagram", "comentarios", "comentarios de instagram", "comentários"),
        *("comentários do instagram", "comentários no instagram", "commenti", "commenti di instagram"),
    )
)
SHARES = frozenset(
    (
        *("shares", "instagram shares", "geteilt", "geteilte inhalte", "mal geteilt", "partages"),
        *("partages instagram", "veces compartido", "veces que se compartió", "compartidos", "contenido compartido"),
        *("compartilhamentos", "compartilhamentos do instagram", "partilhas", "condivisioni"),
        *("condivisioni di instagram", "instagram-shares"),
    )
)


def parse_count(text: str | None) -> int | None:
    """
    Return a count as the export writes it: with any separator between thousands; None if there is none.

    Examples
    --------
    >>> parse_count("12"), parse_count("12.345"), parse_count("1,234,567"), parse_count("--"), parse_count(None)
    (12, 12345, 1234567, None, None)
    """
    text = repair_text(text or "").strip()
    if _SEPARATED_NUMBER.fullmatch(text):
        text = re.sub(r"\D", "", text)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_COUNT_DIGITS else None
