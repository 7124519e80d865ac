"""
Error rules: what a network's error responses mean, declared by its connector as data.

Networks report one fact in many ways. "Too many requests" is a 429, a 403 with a header, a 403 or 400 with a code, or a
field of a successful response. A rule translates one of these to an action that is the same for all networks.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from renown.errors import (
    AccountGoneError,
    CredentialError,
    CursorExpiredError,
    ListUnavailableError,
    NetworkRefusedError,
)


class Action(StrEnum):
    """What to do after an error response."""

    WAIT = "wait"
    """Wait as long as the network asks, then retry: a rate limit."""
    SKIP = "skip"
    """Skip this list and read the others."""
    STOP = "stop"
    """End the run for all accounts that are read with this credential: their quota is used up."""
    SIGN_IN = "sign in"
    """End the run for all accounts that are read with this credential: it is missing, expired or lacks a permission."""
    GONE = "gone"
    """The account does not exist, or no longer."""
    RESTART = "restart"
    """The cursor has expired; the next run starts over."""
    REFUSE = "refuse"
    """End the run of this account: also the default for errors without a rule."""


ERROR_TYPES: Mapping[Action, type[NetworkRefusedError]] = {
    Action.SKIP: ListUnavailableError,
    Action.SIGN_IN: CredentialError,
    Action.GONE: AccountGoneError,
    Action.RESTART: CursorExpiredError,
    Action.REFUSE: NetworkRefusedError,
}
"""Action to the error that the client raises for it; the others have errors with a wait."""


@dataclass(frozen=True, kw_only=True)
class ErrorRule:
    """
    What an error response means, if all conditions that are given hold.

    Examples
    --------
    >>> rule = ErrorRule(action=Action.WAIT, statuses={403, 429}, headers={"x-ratelimit-remaining": "0"})
    >>> rule.matches(403, {"x-ratelimit-remaining": "0"}, ErrorDetails()), rule.matches(403, {}, ErrorDetails())
    (True, False)
    """

    action: Action
    reason: str = ""
    """Why, in plain words; empty to quote the network."""
    statuses: Collection[int] = ()
    codes: Collection[str] = ()
    """The network's own error codes, as text."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Lower-case name to the value of a header; an empty value stands for any."""
    text: str = ""
    """A part of the network's message, in any case."""
    wait: float = 0.0
    """Seconds to wait if the response does not tell how long."""

    def matches(self, status: int, headers: Mapping[str, str], details: "ErrorDetails") -> bool:
        """Tell whether the rule applies to a response."""
        return (
            (not self.statuses or status in self.statuses)
            and (not self.codes or bool(details.codes & set(self.codes)))
            and all(name in headers and (not value or headers[name] == value) for name, value in self.headers.items())
            and self.text.lower() in details.text.lower()
        )

    @property
    def needs_body(self) -> bool:
        """Whether the body of the response decides."""
        return bool(self.codes or self.text)


@dataclass(frozen=True)
class ErrorDetails:
    """What an error response says."""

    codes: frozenset[str] = frozenset()
    code: str | None = None
    """The first of them."""
    text: str = ""
    wait: float = 0.0
    """Seconds to wait."""


@dataclass(frozen=True)
class ErrorFormat:
    """Where an API's error responses have codes, texts and waits: names of fields, joined by dots; numbers count."""

    codes: tuple[str, ...] = ("error",)
    texts: tuple[str, ...] = ("error", "message", "error_description")
    waits: tuple[str, ...] = ()
    wait_pattern: str = ""
    """Regular expression whose group is the seconds to wait, where only the text says so."""

    def parse(self, body: bytes) -> ErrorDetails:
        r"""
        Parse the body of an error response; one in another format is quoted as a whole.

        Examples
        --------
        >>> google = ErrorFormat(codes=("error.errors.0.reason",), texts=("error.message",))
        >>> google.parse(b'{"error": {"message": "Over quota", "errors": [{"reason": "quotaExceeded"}]}}').code
        'quotaExceeded'
        >>> ErrorFormat(wait_pattern=r"in (\d+) s").parse(b'{"error": "too many, more in 90 seconds"}').wait
        90.0
        """
        data = parse_json(body)
        codes = [str(value) for value in find_values(data, self.codes) if isinstance(value, str | int)]
        texts = [value for value in find_values(data, self.texts) if isinstance(value, str)]
        waits = [float(value) for value in find_values(data, self.waits) if isinstance(value, int | float)]
        if self.wait_pattern and (match := re.search(self.wait_pattern, ": ".join(texts))):
            waits.append(float(match[1]))
        return ErrorDetails(
            frozenset(codes),
            codes[0] if codes else None,
            ": ".join(texts) or body.decode("utf-8", "replace"),
            max(waits, default=0.0),
        )


def find_rule(
    rules: Sequence[ErrorRule], status: int, headers: Mapping[str, str], details: ErrorDetails
) -> ErrorRule | None:
    """Return the first rule that applies to a response; None without one."""
    return next((rule for rule in rules if rule.matches(status, headers, details)), None)


def parse_json(body: bytes) -> Any:
    """Parse JSON that may be anything; None if it is not JSON."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def find_values(data: Any, paths: Sequence[str]) -> list[Any]:
    """
    Return the values at paths of fields, without those that are missing or null.

    Examples
    --------
    >>> find_values({"extras": {"wait_seconds": 7}, "errors": ["x"]}, ["extras.wait_seconds", "errors.0", "errors.1"])
    [7, 'x']
    """
    values = (_find_value(data, path.split(".")) for path in paths)
    return [value for value in values if value is not None]


def _find_value(data: Any, names: Sequence[str]) -> Any:
    for name in names:
        if isinstance(data, dict):
            data = data.get(name)
        elif isinstance(data, list) and name.isdecimal() and int(name) < len(data):
            data = data[int(name)]
        else:
            return None
    return data
