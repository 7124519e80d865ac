"""
Every exception raised on purpose.

::

    RenownError
    ├── BadInput         a file or value that cannot be taken as it is
    ├── BadSettings      the settings file or environment says something impossible
    ├── BadMethod        a method file that cannot be scored with
    ├── HomeError        the home is missing, read-only, full, or made by a newer version
    ├── BusyLake         another process is writing to the lake
    ├── BusyRun          another run is going on in this home
    ├── StepFailed       a step could not run, or made other columns than it promised
    ├── PartMissing      a package or program that a part needs is not installed
    ├── UnknownWho       nobody goes by that name
    ├── UnknownGroup     there is no group or challenge of that name
    ├── NotInvited       an invitation is missing, unknown, used or expired
    ├── NotPublished     no such day has been published
    ├── NetworkBusy      a network does not answer now; the same request may be answered later
    ├── NetworkRefused   a network does not answer this request, or may not be asked it
    │   ├── AccountGone  the account was deleted, suspended or hidden
    │   └── CursorLost   the network does not know any more where to read on from
    └── BudgetSpent      a run has asked for all the pages, or taken all the time, that it was given

A message says what happened, with the value; what would be right; what to do.
"""


class RenownError(Exception):
    """Base of everything this package raises on purpose."""


class BadInput(RenownError):
    """A file or value cannot be taken as it is; nothing was changed."""


class BadSettings(RenownError):
    """The settings file or the environment says something impossible."""


class BadMethod(RenownError):
    """A method file cannot be scored with."""


class HomeError(RenownError):
    """The home is missing, read-only, full, or made by a newer version."""


class BusyLake(RenownError):
    """Another process is writing to the lake."""


class BusyRun(RenownError):
    """Another run is going on in this home."""


class StepFailed(RenownError):
    """A step could not run, or made other columns than it promised."""


class PartMissing(RenownError):
    """A package or program that a part needs is not installed."""


class UnknownWho(RenownError):
    """Nobody goes by that name."""


class UnknownGroup(RenownError):
    """There is no group or challenge of that name."""


class NotInvited(RenownError):
    """An invitation is missing, unknown, used or expired."""


class NotPublished(RenownError):
    """No such day has been published."""


class NetworkBusy(RenownError):
    """A network does not answer now; the same request may be answered later."""

    status: int | None
    """What it answered; None where no answer came, or none that is whole."""
    wait: float
    """Seconds it asked to wait; 0 where it did not."""

    def __init__(self, message: str, *, status: int | None = None, wait: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.wait = wait


class NetworkRefused(RenownError):
    """A network does not answer this request, or may not be asked it; asking again changes nothing."""

    status: int | None
    """What it answered; None where it was not asked."""
    code: str | None
    """The network's own word for it: `error` in the answer's body."""

    def __init__(self, message: str, *, status: int | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class AccountGone(NetworkRefused):
    """The account was deleted, suspended or hidden."""


class CursorLost(NetworkRefused):
    """The network does not know any more where to read on from; read again from the start."""


class BudgetSpent(RenownError):
    """A run has asked for all the pages, or taken all the time, that it was given."""

    wait: float
    """Seconds that the network asked to wait, more than were left; 0 where that is not why."""

    def __init__(self, message: str, *, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait
