"""Read the SQL files of steps; a file of several sets of steps exists once."""

import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from renown import steps
from renown.steps import Step

_SHARED_FOLDER = "shared"
"""Folder of the steps that several sets have; it stands beside the folders of the sets."""
_REFERENCE = re.compile(r"-- shared: (?P<name>\w+)(, of (?P<tables>[\w ]+) in place of (?P<replaced>[\w ]+))?\s*")
"""Whole content of a file in place of which a file of the shared folder is read; it may read other tables."""
SEED_GROUPS = 8
"""Most groups of verified people: credit has a column for each."""
_GROUP_ITEM = re.compile(r"\[\[(?P<sum>\+?)(?P<item>.*?)\]\]", re.DOTALL)
"""Part of a file that is written once for each group of seeds."""


@cache
def read_steps(folder: str, *, seed_groups: int = SEED_GROUPS) -> tuple[Step, ...]:
    """Load the SQL steps of a folder of this package, ordered by file name, for so many groups of seeds."""
    path = files("renown.method").joinpath(*folder.split("/"))
    sql_files = [file for file in path.iterdir() if file.name.endswith(".sql")]
    shared_folder = files("renown.method").joinpath(*folder.split("/")[:-1], _SHARED_FOLDER)
    return tuple(
        steps.parse_step(file.name[3:-4], repeat_for_groups(_read_text(file, shared_folder), seed_groups))
        for file in sorted(sql_files, key=lambda file: file.name)
    )


def repeat_for_groups(text: str, seed_groups: int) -> str:
    """
    Write each ``[[item]]`` once for each group of seeds, with the number of the group in place of ``#``.

    Items are separated by commas; those of ``[[+item]]`` are added, and those of a header are lines.

    Examples
    --------
    >>> repeat_for_groups("select [[credit_#]], [[+credit_#]]", 2)
    'select credit_0, credit_1, credit_0 + credit_1'
    """

    def repeat(match: re.Match[str]) -> str:
        separator = " + " if match["sum"] else "\n" if match["item"].startswith("--") else ", "
        return separator.join(match["item"].replace("#", str(group)) for group in range(seed_groups))

    return _GROUP_ITEM.sub(repeat, text)


def _read_text(file: Traversable, shared_folder: Traversable) -> str:
    """Return the text of a step, which may be that of a shared file."""
    text = file.read_text(encoding="utf-8")
    reference = _REFERENCE.fullmatch(text)
    if not reference:
        return text
    shared_text = (shared_folder / f"{reference['name']}.sql").read_text(encoding="utf-8")
    if reference["tables"]:
        names = dict(zip(reference["replaced"].split(" and "), reference["tables"].split(" and "), strict=True))
        shared_text = re.sub(r"\w+", lambda word: names.get(word[0], word[0]), shared_text)
    return shared_text
