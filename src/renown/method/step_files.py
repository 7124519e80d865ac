"""Read the SQL files of steps; a file of several sets of steps exists once."""

import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from renown import steps
from renown.steps import Step

_SHARED_FOLDER = "shared"
"""Folder of the steps that several sets have; it stands beside the folders of the sets."""
_REFERENCE = re.compile(r"-- shared: (?P<name>\w+)\s*")
"""Whole content of a file in place of which a file of the shared folder is read."""


@cache
def read_steps(folder: str) -> tuple[Step, ...]:
    """Load the SQL steps of a folder of this package, ordered by file name."""
    path = files("renown.method").joinpath(*folder.split("/"))
    sql_files = [file for file in path.iterdir() if file.name.endswith(".sql")]
    shared_folder = files("renown.method").joinpath(*folder.split("/")[:-1], _SHARED_FOLDER)
    return tuple(
        steps.parse_step(file.name[3:-4], _read_text(file, shared_folder))
        for file in sorted(sql_files, key=lambda file: file.name)
    )


def _read_text(file: Traversable, shared_folder: Traversable) -> str:
    """Return the text of a step, which may be that of a shared file."""
    text = file.read_text(encoding="utf-8")
    reference = _REFERENCE.fullmatch(text)
    return (shared_folder / f"{reference['name']}.sql").read_text(encoding="utf-8") if reference else text
