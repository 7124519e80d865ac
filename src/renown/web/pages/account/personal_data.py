"""What is stored about a visitor, in the kinds of data that they know: the tables behind each, with their rows."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from renown.privacy.export import PersonalDataTable


@dataclass(frozen=True)
class DataKind:
    """A kind of data about a visitor."""

    title: str
    description: str
    tables: tuple[PersonalDataTable, ...]

    @property
    def rows(self) -> int:
        """Number of rows in all tables."""
        return sum(table.rows for table in self.tables)


_KINDS = (
    (r"store/", "Your page", "name, accounts, groups and settings here, and what your page shows"),
    (r"published/", "Published scores", "score, points and rank of each published day"),
    (r"lake/interactions/.* as target", "Reactions to you", "what others did on your posts and accounts"),
    (r"lake/interactions/.* as actor", "Your reactions", "what you did on posts and accounts of others"),
    (r"lake/", "Your accounts", "profiles, handles and counts, as their networks tell them"),
    (r"ledger/", "What reactions are worth", "from your reactions and those to you; scores are computed from it"),
)
"""Beginning of the names of tables, as a regular expression, title and description; the first that matches holds."""


def list_data_kinds(tables: Iterable[PersonalDataTable]) -> list[DataKind]:
    """Return the kinds of data with rows, each table in one of them."""
    tables_by_title: dict[str, list[PersonalDataTable]] = {}
    for table in tables:
        title = next(title for pattern, title, _ in _KINDS if re.match(pattern, table.name))
        tables_by_title.setdefault(title, []).append(table)
    return [
        DataKind(title, description, tuple(tables_by_title[title]))
        for _, title, description in _KINDS
        if title in tables_by_title
    ]
