"""
Exceptions that this package raises on purpose, and the text of unexpected ones without secrets.

::

    RenownError
    ├── InvalidInputError         a file or value is not valid; nothing was changed
    ├── InvalidSettingsError      the settings file or an environment variable is not valid
    ├── InvalidMethodError        a method file is not valid
    ├── HomeError                 the home folder is missing, read-only, full, or made by a newer version
    │   ├── DamagedHomeError      a part of the home is damaged or missing; `renown check` lists all damage
    │   └── DepartureError        somebody opted out or was erased while a day was scored; score it again
    ├── LakeLockedError           another process holds the lock for writing to the lake
    ├── RunInProgressError        another run is in progress in this home
    ├── StepFailedError           a step failed, or returned other columns than it declares
    ├── MissingDependencyError    an optional package or program is not installed
    ├── PersonNotFoundError       no person or account has this name
    ├── GroupNotFoundError        no group or challenge has this name
    ├── InvitationError           an invitation is missing, unknown, used or expired
    ├── DayNotPublishedError      no scores are published for this day
    ├── NetworkUnavailableError   a network does not respond now; a retry may succeed
    │   └── RateLimitedError      a network asks to wait before the next request
    ├── NetworkRefusedError       a network rejects a request, or it must not be sent; a retry does not help
    │   ├── HostNotFoundError     the network's server has no address; the name is wrong, or there is no connection
    │   ├── AccountGoneError      the account was deleted, suspended or hidden
    │   ├── CursorExpiredError    the network no longer knows the cursor; read again from the start
    │   ├── ListUnavailableError  the network does not give this list; other lists can be read
    │   └── CredentialError       the credential is missing, expired or lacks a permission
    ├── MailError                 a mail was not accepted
    └── BudgetExceededError       a run used up its budget of requests or time
        └── QuotaExceededError    the network's quota of a credential is used up; other accounts share it

A message says what happened, with the value; what would be right; what to do. A remedy that only the operator of a home
can apply, such as a command, stands apart: visitors of the site do not read it.
"""

import traceback
from pathlib import Path

import renown

_PACKAGE = Path(renown.__file__).parent


class RenownError(Exception):
    """Base class of all exceptions that this package raises on purpose."""

    public_message: str
    """The message without `remedy`, which is what only the operator of the home can do, such as a command to run."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(f"{message}; {remedy}" if remedy else message)
        self.public_message = message


class InvalidInputError(RenownError):
    """A file or value is not valid; nothing was changed."""


class InvalidSettingsError(RenownError):
    """The settings file or an environment variable is not valid."""


class InvalidMethodError(RenownError):
    """A method file is not valid."""


class HomeError(RenownError):
    """The home folder is missing, read-only, full, or made by a newer version."""


class DamagedHomeError(HomeError):
    """A part of the home is damaged or missing; `renown check` lists all damage."""


class DepartureError(HomeError):
    """Somebody opted out or was erased while a day was scored; score it again."""


class LakeLockedError(RenownError):
    """Another process holds the lock for writing to the lake."""


class RunInProgressError(RenownError):
    """Another run is in progress in this home."""


class StepFailedError(RenownError):
    """A step failed, or returned other columns than it declares."""


class MissingDependencyError(RenownError):
    """An optional package or program is not installed."""


class PersonNotFoundError(RenownError):
    """No person or account has this name."""


class GroupNotFoundError(RenownError):
    """No group or challenge has this name."""


class InvitationError(RenownError):
    """An invitation is missing, unknown, used or expired."""


class DayNotPublishedError(RenownError):
    """No scores are published for this day."""


class NetworkUnavailableError(RenownError):
    """A network does not respond now; a retry may succeed."""

    status: int | None
    """HTTP status; None if there was no complete response."""
    wait: float
    """Seconds that the network asked to wait (Retry-After); 0 if it did not."""

    def __init__(self, message: str, *, status: int | None = None, wait: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.wait = wait


class RateLimitedError(NetworkUnavailableError):
    """A network asks to wait before the next request, whatever it is for."""

    reason: str
    """Why, in plain words; empty if the network gives no reason."""

    def __init__(self, message: str, *, status: int | None = None, wait: float = 0.0, reason: str = "") -> None:
        super().__init__(message, status=status, wait=wait)
        self.reason = reason


class NetworkRefusedError(RenownError):
    """A network rejects a request, or the request must not be sent; a retry does not help."""

    status: int | None
    """HTTP status, 200 where the response could not be read; None without a response that is small enough."""
    code: str | None
    """The network's own error code: `error` in the response body."""

    def __init__(self, message: str, *, status: int | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class HostNotFoundError(NetworkRefusedError):
    """The network's server has no address: its name is wrong, or this machine has no connection."""


class AccountGoneError(NetworkRefusedError):
    """The account was deleted, suspended or hidden."""


class CursorExpiredError(NetworkRefusedError):
    """The network no longer knows the cursor; read again from the start."""


class ListUnavailableError(NetworkRefusedError):
    """The network does not give this list, such as comments that are switched off; other lists can be read."""


class CredentialError(NetworkRefusedError):
    """The credential is missing, expired or lacks a permission; that concerns every account that is read with it."""


class MailError(RenownError):
    """A mail was not accepted."""

    is_permanent: bool
    """Whether a retry does not help, since the address is refused."""

    def __init__(self, message: str, is_permanent: bool = False) -> None:  # noqa: FBT001 - one property
        super().__init__(message)
        self.is_permanent = is_permanent


class BudgetExceededError(RenownError):
    """A run used up its budget of requests or time."""

    wait: float
    """Seconds that the network asked to wait (Retry-After), if that exceeds the remaining time; 0 otherwise."""

    def __init__(self, message: str, *, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


class QuotaExceededError(BudgetExceededError):
    """The network's quota of a credential is used up; that concerns every account that is read with it."""


def describe_extra(extra: str) -> str:
    """Return how to install an extra of this package: in a checkout, or with a wheel."""
    return f"install the extra {extra!r}: pip install '.[{extra}]' in a checkout, or pip install 'WHEEL[{extra}]'"


def format_unexpected_error(error: Exception) -> str:
    """Return an error as one line; of an unexpected exception only type, file and line: its text may hold a secret."""
    if isinstance(error, RenownError):
        return str(error)
    own_frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if _PACKAGE in Path(frame.filename).parents
    ]
    location = (
        f" in {Path(own_frames[-1].filename).relative_to(_PACKAGE)}, line {own_frames[-1].lineno}" if own_frames else ""
    )
    return f"{type(error).__name__}{location}: a bug in renown; please report it"


def describe_io_error(error: Exception) -> str:
    """
    Say why a file or socket cannot be used, without its name and the number of the error.

    Examples
    --------
    >>> describe_io_error(FileNotFoundError(2, "No such file or directory", "a.csv"))
    'there is no such file or folder'
    >>> describe_io_error(PermissionError(13, "Permission denied", "a.csv"))
    'permission denied'
    """
    if isinstance(error, FileNotFoundError):
        return "there is no such file or folder"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
