"""Circuit breaker: stop asking a server that does not respond, or with a credential that cannot be used any more."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from renown.connectors.http.client import Client
from renown.errors import (
    CredentialError,
    HostNotFoundError,
    NetworkUnavailableError,
    QuotaExceededError,
    RenownError,
)

MAX_HOST_FAILURES = 3
"""Failures after which a server's remaining accounts are skipped in a run (circuit breaker)."""


class CircuitBreaker:
    """Circuit breaker: skips accounts whose server does not respond, or whose credential cannot be used any more."""

    def __init__(self) -> None:
        self._failure_counts: Counter[str] = Counter()
        self._stops: dict[tuple[str, str], RenownError] = {}

    @contextmanager
    def check(self, client: Client) -> Iterator[None]:
        """
        Count failures of a server, and reset the count on success; note errors that concern a whole credential.

        Raises
        ------
        NetworkUnavailableError
            If the server failed `MAX_HOST_FAILURES` times in a row; no request is sent.
        QuotaExceededError, CredentialError
            If an account before met this error with the same server and credential; no request is sent.
        """
        host, credential = client.host, (client.host, client.credential_name)
        if stop := self._stops.get(credential):
            raise type(stop)(f"{stop}; so accounts after it were skipped in this run")
        if self._failure_counts[host] >= MAX_HOST_FAILURES:
            raise NetworkUnavailableError(
                f"{host} did not respond for {MAX_HOST_FAILURES} accounts before this one; skipped in this run"
            )
        try:
            yield
        except (QuotaExceededError, CredentialError) as error:
            self._stops[credential] = error
            raise
        except (NetworkUnavailableError, HostNotFoundError):
            self._failure_counts[host] += 1
            raise
        self._failure_counts[host] = 0
