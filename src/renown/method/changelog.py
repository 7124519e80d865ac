"""Parse the changelog for changes that affect people's scores, with their measured effect."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

_FILE = "CHANGELOG.md"
"""Inside the package in a wheel; at the root of a checkout."""
_RELEASE_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_SCORES_SECTION = re.compile(r"^### Scores\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class ScoreChanges:
    """Section on score changes of one release."""

    release: str
    """Heading of the release: version and day."""
    text: str
    """Markdown."""


@cache
def load_score_changes() -> tuple[ScoreChanges, ...]:
    """Load the section "Scores" of every release that has one, latest first."""
    packaged = files("renown") / _FILE
    file = packaged if packaged.is_file() else Path(__file__).parents[3] / _FILE
    return parse_changelog(file.read_text(encoding="utf-8"))


def parse_changelog(text: str) -> tuple[ScoreChanges, ...]:
    r"""
    Parse the sections "Scores" of a changelog.

    Examples
    --------
    >>> parse_changelog("## 2.0\n### Scores\n- Up.\n### Added\n- A.\n## 1.0\n### Added\n- B.\n")
    (ScoreChanges(release='2.0', text='- Up.'),)
    """
    _, *parts = _RELEASE_HEADING.split(text)
    sections = [(release, _SCORES_SECTION.search(body)) for release, body in zip(parts[::2], parts[1::2], strict=True)]
    return tuple(ScoreChanges(release, section[1].strip()) for release, section in sections if section)
