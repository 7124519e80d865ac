"""Columns of names: where the terminal is narrow, each word is cut so that names stay apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

_ELLIPSIS = "…"


class NameCell:
    """
    A cell of a column of names.

    Parameters
    ----------
    text : Text
    column : list of str
        The words of the whole column, which is filled as rows are added.
    """

    def __init__(self, text: Text, column: list[str]) -> None:
        self._text = text
        self._column = column

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the cell: words next to others go on in the next line, a single one is cut."""
        if " " in self._text.plain or self._text.cell_len <= options.max_width:
            yield self._text
        else:
            yield Text(cut_name(self._text.plain, self._column, options.max_width), overflow="crop", no_wrap=True)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Measure the cell as its text."""
        return Measurement.get(console, options, self._text)


class NameTable(Table):
    """A table, some of whose columns have names: those whose words are cut off with an ellipsis."""

    def __init__(self, *, title: str) -> None:
        super().__init__(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
        self._words_by_column: dict[int, list[str]] = {}

    def add_row(self, *cells: RenderableType | None, style: str | None = None, end_section: bool = False) -> None:  # type: ignore[override]
        """Add a row of cells."""
        new_cells = [
            self._wrap(number, cell) if isinstance(cell, str) and self.columns[number].overflow == "ellipsis" else cell
            for number, cell in enumerate(cells)
        ]
        super().add_row(*new_cells, style=style, end_section=end_section)

    def _wrap(self, number: int, cell: str) -> NameCell:
        words = self._words_by_column.setdefault(number, [])
        text = Text.from_markup(cell, overflow="ellipsis")
        words.append(text.plain)
        return NameCell(text, words)


def cut_name(name: str, names: Sequence[str], width: int) -> str:
    """
    Cut a name to a width: at its end, or else in the middle, or at its start, whichever keeps most names apart.

    Examples
    --------
    >>> cut_name("member222.example", ["member222.example", "member9.example"], 10)
    'member222…'
    >>> cut_name("ada.example/132", ["ada.example/132", "ada.example/97"], 10)
    'ada.e…/132'
    """
    best_cut = max((_cut_end, _cut_middle, _cut_start), key=lambda cut: len({cut(other, width) for other in names}))
    return best_cut(name, width)


def _cut_end(name: str, width: int) -> str:
    return name if len(name) <= width else name[: max(0, width - 1)] + _ELLIPSIS


def _cut_middle(name: str, width: int) -> str:
    tail = max(0, (width - 1) // 2)
    return name if len(name) <= width else name[: max(0, width - 1 - tail)] + _ELLIPSIS + name[len(name) - tail :]


def _cut_start(name: str, width: int) -> str:
    return name if len(name) <= width else _ELLIPSIS + name[len(name) - max(0, width - 1) :]
