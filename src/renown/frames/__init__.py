"""
Python API: a home as data frames, for notebooks and scripts.

::

    import renown

    home = renown.open("~/.renown")
    home.scores()                    # a table of the latest day
    home.scores(as_="polars")        # as a frame of Polars; also "pandas", "arrow" and "duckdb"
    home.receipt("ada")              # why ada has this score
    home.history("ada", as_="pandas").plot(x="day", y="score")

Frames come from DuckDB through Arrow, without a copy where the library allows it. Days are dates, scores and points are
real numbers, and people have names, not keys. Everything calls the functions that the command line calls.
"""

import os
from pathlib import Path

from renown.errors import InvalidInputError
from renown.frames.actions import HomeFrames
from renown.frames.parameters import check_text, shorten
from renown.frames.table import FORMATS, Table
from renown.home import open_home
from renown.settings import check_variables, resolve_home

__all__ = ["FORMATS", "HomeFrames", "Table", "open"]


def open(home: str | os.PathLike[str] | None = None, **environment: str) -> HomeFrames:  # noqa: A001 - renown.open
    """
    Open a home for reading, scoring and importing.

    Parameters
    ----------
    home : str or path, optional
        Its folder; by default RENOWN_HOME, else ``~/.renown``.
    **environment
        Settings that override those of the home, by the names of their environment variables, such as
        ``RENOWN_STORE="postgresql://…"``.

    Raises
    ------
    HomeError
        If there is no home.
    InvalidSettingsError
        If a setting is unknown or not valid.
    InvalidInputError
        If the folder is no path, or a setting is no text.
    """
    if home is not None and not isinstance(home, str | os.PathLike):
        raise InvalidInputError(f"the home is {shorten(home)}; write the path of its folder")
    check_variables(environment)
    variables = os.environ | {name: check_text(name, value) for name, value in environment.items()}
    folder = resolve_home(Path(home).expanduser() if home else None, variables)
    return HomeFrames(open_home(folder, variables))
