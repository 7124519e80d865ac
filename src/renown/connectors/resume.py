"""Resume: skip lists that fail or exceed the request budget, so that every run of an account makes progress."""

from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import TypeVar

from renown.connectors.base import Page
from renown.connectors.http.redact import redact
from renown.errors import (
    BudgetExceededError,
    ListUnavailableError,
    NetworkRefusedError,
    NetworkUnavailableError,
    QuotaExceededError,
    RateLimitedError,
)

T = TypeVar("T")

MAX_SKIPPED_LISTS = 3
"""Lists that a run of one account may skip: if more of them fail, the fault is not in single posts."""


class ListSkipper:
    """
    Decides which lists a run of one account skips, so that runs do not all end at the same post.

    Parameters
    ----------
    check : callable
        Repeats a request that succeeded before, to tell a failing network from a failing list.
    """

    def __init__(self, check: Callable[[], object]) -> None:
        self._check = check
        self._has_progress, self._skip_count = False, 0
        self._list_name = ""
        self._skipped: list[str] = []
        self._refused_verbs: set[str] = set()
        self.has_skipped = False
        """Whether a list has to be read again by the next run."""

    def track_progress(self, pages: Iterable[Page]) -> Iterator[Page]:
        """Yield pages, and note whether the cursor has moved: then the next run has less to read."""
        for page in pages:
            yield page
            self._has_progress = self._has_progress or bool(page.cursor)

    def fetch_or_skip(self, verb: str, post_id: str, fetch: Callable[[], T]) -> T | None:
        """
        Fetch one list of a post; return None if it is skipped until the next run.

        Raises
        ------
        NetworkUnavailableError, NetworkRefusedError
            If the network does not answer other requests either.
        BudgetExceededError
            If the next run can resume from here.
        """
        self._list_name = f"{verb} of {redact(post_id, None)}"
        try:
            return fetch()
        except ListUnavailableError as error:
            self.report_refusal(verb, error)
            return None
        except (NetworkUnavailableError, NetworkRefusedError) as error:
            self._skip_or_raise(error)
            reason = str(error)
        except BudgetExceededError as budget_error:
            self._raise_if_resumable(budget_error)
            reason = "it needs more than what is left of the request budget; allow more"
        self.has_skipped = True
        self._skipped.append(f"{self._list_name} was skipped, and will be retried in the next run: {reason}")
        return None

    def report_refusal(self, verb: str, error: NetworkRefusedError) -> None:
        """Report that a list is refused, so that its acts are only counted; once a run for all lists of a verb."""
        if verb not in self._refused_verbs:
            self._refused_verbs.add(verb)
            self._skipped.append(f"{self._list_name} and other lists like it are only counted: {error}")

    def paginate_within_budget(self, pages: Iterable[T]) -> Iterator[T]:
        """
        Yield the pages of a list; cut it short if a later page is refused, or it exceeds the request budget of a run.

        Raises
        ------
        BudgetExceededError
            If the next run can read more of it, or no page of it was read.
        """
        has_read_any = False
        try:
            for page in pages:
                yield page
                has_read_any = True
        except BudgetExceededError as budget_error:
            if not has_read_any:
                raise
            self._raise_if_resumable(budget_error)
            self._skipped.append(f"{self._list_name} exceeds the budget of a run: the rest is only counted; allow more")
        except NetworkRefusedError as error:
            if not has_read_any:
                raise
            self._skipped.append(f"{self._list_name} was partly read, the rest is only counted: {error}")

    def pop_skipped(self) -> tuple[str, ...]:
        """Return the lists skipped since the last call."""
        skipped, self._skipped = tuple(self._skipped), []
        return skipped

    def _skip_or_raise(self, error: NetworkUnavailableError | NetworkRefusedError) -> None:
        # With an error status the network itself refused; otherwise its response could not be read.
        is_refusal = isinstance(error, NetworkRefusedError) and (error.status or 0) >= HTTPStatus.BAD_REQUEST
        # A rate limit concerns the client, not the list.
        if is_refusal or isinstance(error, RateLimitedError) or self._skip_count == MAX_SKIPPED_LISTS:
            raise error
        self._skip_count += 1
        try:
            self._check()
        except (NetworkUnavailableError, NetworkRefusedError):
            raise error from None
        except BudgetExceededError as budget_error:
            self._raise_if_resumable(budget_error)

    def _raise_if_resumable(self, budget_error: BudgetExceededError) -> None:
        """Raise if the next run would get further: it has more budget for this list, or the network asks to wait."""
        if self._has_progress or budget_error.wait or isinstance(budget_error, QuotaExceededError):
            raise budget_error
