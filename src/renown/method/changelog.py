"""The changelog of scores: every change that moves people's scores, with the measured effect."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

_FILE = "CHANGELOG.md"
"""Lies in the wheel; in a checkout, at its top."""
_RELEASE = re.compile(r"^## (.+)$", re.MULTILINE)
_SCORES = re.compile(r"^### Scores\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Moves:
    """What moved people's scores in one release."""

    release: str
    """Its heading: version and day."""
    text: str
    """Markdown."""


@cache
def moves_of_scores() -> tuple[Moves, ...]:
    """Return the section Scores of every release that has one, latest first."""
    inside = files("renown") / _FILE
    file = inside if inside.is_file() else Path(__file__).parents[3] / _FILE
    return read(file.read_text(encoding="utf-8"))


def read(text: str) -> tuple[Moves, ...]:
    r"""
    Return the sections of scores of a changelog.

    Examples
    --------
    >>> read("## 2.0\n### Scores\n- Up.\n### Added\n- A.\n## 1.0\n### Added\n- B.\n")
    (Moves(release='2.0', text='- Up.'),)
    """
    _, *parts = _RELEASE.split(text)
    found = [(release, _SCORES.search(below)) for release, below in zip(parts[::2], parts[1::2], strict=True)]
    return tuple(Moves(release, section[1].strip()) for release, section in found if section)
