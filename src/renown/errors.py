"""
Every exception raised on purpose.

::

    RenownError
    ├── BadInput         a file or value that cannot be taken as it is
    ├── BadSettings      the settings file or environment says something impossible
    ├── BadMethod        a method file that cannot be scored with
    ├── HomeError        the home is missing, read-only, full, or made by a newer version
    ├── BusyLake         another process is writing to the lake
    ├── StepFailed       a step could not run, or made other columns than it promised
    ├── PartMissing      a package or program that a part needs is not installed
    ├── UnknownWho       nobody goes by that name
    └── NotPublished     no such day has been published

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


class StepFailed(RenownError):
    """A step could not run, or made other columns than it promised."""


class PartMissing(RenownError):
    """A package or program that a part needs is not installed."""


class UnknownWho(RenownError):
    """Nobody goes by that name."""


class NotPublished(RenownError):
    """No such day has been published."""
