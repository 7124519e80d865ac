"""Pace: how a reading gets past a list that does not answer, or that costs more than a whole run."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from renown.connectors.base import Page
from renown.connectors.http.masks import shown
from renown.errors import BudgetSpent, NetworkBusy, NetworkRefused

T = TypeVar("T")

MOST_PASSED = 3
"""Lists that are passed over in a run of one account: if more do not answer, it is not for the posts' sake."""
_TOO_MANY = 429
"""Status of whoever asks too much (RFC 6585, 4), whatever was asked."""


class Pace:
    """
    Of one reading of an account: which lists may be left out of it, lest every run ends at the same post.

    Parameters
    ----------
    check : callable
        Asks the network once more for what it answered before, so that it can be told from one of its lists.
    """

    def __init__(self, check: Callable[[], object]) -> None:
        self._check = check
        self._moved, self._passed = False, 0
        self._list = ""
        self._left_out: list[str] = []

    def going(self, pages: Iterable[Page]) -> Iterator[Page]:
        """Yield pages, noting whether a run that ends now would leave the next one less to read."""
        for page in pages:
            yield page
            self._moved = self._moved or bool(page.cursor)

    def ask(self, verb: str, post_id: str, ask: Callable[[], T]) -> T | None:
        """
        Return what one list of a post says; None where it has to be left out, until the next run asks for it.

        Raises
        ------
        NetworkBusy, NetworkRefused
            If the network does not answer anything else either.
        BudgetSpent
            If the next run can go on from here.
        """
        self._list = f"{verb} of {shown(post_id, None)}"
        try:
            return ask()
        except (NetworkBusy, NetworkRefused) as error:
            self._pass_over(error)
            why = str(error)
        except BudgetSpent as spent:
            self._must_end(spent)
            why = "it costs more than is left of a whole run; allow more"
        self._left_out.append(f"{self._list} is left out, and asked for in the next run: {why}")
        return None

    def begun(self, pages: Iterable[T]) -> Iterator[T]:
        """
        Yield the pages of a list; where it alone costs more than a whole run, it ends with the last that was paid.

        Raises
        ------
        BudgetSpent
            If the next run can read more of it, or nothing of it was read.
        """
        any_read = False
        try:
            for page in pages:
                yield page
                any_read = True
        except BudgetSpent as spent:
            if not any_read:
                raise
            self._must_end(spent)
            self._left_out.append(f"{self._list} costs more than a whole run: the rest is counted; allow more")

    def left_out(self) -> tuple[str, ...]:
        """Return what was left out since this was asked last."""
        said, self._left_out = tuple(self._left_out), []
        return said

    def _pass_over(self, error: NetworkBusy | NetworkRefused) -> None:
        # With a status it is the network's own word; without one the answer could not be read.
        refused = isinstance(error, NetworkRefused) and error.status is not None
        if refused or error.status == _TOO_MANY or self._passed == MOST_PASSED:
            raise error
        self._passed += 1
        try:
            self._check()
        except (NetworkBusy, NetworkRefused):
            raise error from None
        except BudgetSpent as spent:
            self._must_end(spent)

    def _must_end(self, spent: BudgetSpent) -> None:
        """Raise where the next run would come further: it has more to spend on this, or the network asks to wait."""
        if self._moved or spent.wait:
            raise spent
