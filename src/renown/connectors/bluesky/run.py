"""One run that reads an account of Bluesky: what its requests share, and what of the answers could not be read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from renown.connectors.resume import ListSkipper

if TYPE_CHECKING:
    from renown.connectors.http.client import Client
    from renown.connectors.http.urls import QueryParams


@dataclass(frozen=True, kw_only=True)
class BlueskyRun:
    """Parameters that all requests of a run share."""

    client: "Client"
    account_id: str
    max_actors: int
    """Maximum actors read of one list."""
    last_read_at: datetime | None
    """When the last complete run of the account began; None at first."""
    now: datetime
    skipper: ListSkipper
    omissions: "OmissionLog"

    def fetch(self, method: str, params: "QueryParams", response_type: type[Any]) -> Any:
        """Fetch one response, and note what of it was unreadable."""
        result = self.client.get(f"xrpc/{method}", params, response_type=response_type)
        self.omissions.add_dropped(method, result.dropped)
        return result.body


class OmissionLog:
    """Collects what of the network's answers could not be read, until the next page of records reports it."""

    def __init__(self) -> None:
        self._dropped: list[str] = []
        self._problems: list[str] = []

    def add_dropped(self, method: str, dropped: Iterable[str]) -> None:
        """Add the unreadable elements of a response."""
        self._dropped += [f"{method.rpartition('.')[2]} {reason}" for reason in dropped]

    def add_problem(self, problem: str) -> None:
        """Add the reason, one sentence, why a list was not read to its end."""
        self._problems.append(problem)

    def pop_dropped(self) -> tuple[str, ...]:
        """Return the unreadable elements since the last call."""
        dropped, self._dropped = tuple(self._dropped), []
        return dropped

    def pop_problems(self) -> tuple[str, ...]:
        """Return the problems since the last call."""
        problems, self._problems = tuple(self._problems), []
        return problems
