"""Every archive of `archives/`, read into the records beside it; its README tells how to add one."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from renown.imports.archives import ARCHIVES, read_archive
from test_networks import to_json

CASES = Path(__file__).parent / "archives"
NAMES = sorted(f"{path.parent.name}/{path.name}" for path in CASES.glob("*/*") if path.is_dir())
NOW = datetime(2024, 3, 1, tzinfo=UTC)


def describe(contents):
    """Return all that an archive has, as JSON."""
    return {
        "network": contents.network,
        "account": to_json(contents.account),
        "covers": list(contents.covers),
        "records": [{"type": type(record).__name__} | to_json(record) for record in contents.records],
        "dropped": list(contents.dropped),
    } | ({"other_networks": [describe(other) for other in contents.other_networks]} if contents.other_networks else {})


@pytest.mark.parametrize("name", NAMES)
def test_archive_case(name):
    """The records of an archive are the expected ones, and the same when it is read again."""
    expected = json.loads((CASES / f"{name}.expected.json").read_text(encoding="utf-8"))
    contents = read_archive(name.partition("/")[0], CASES / name, now=NOW)

    assert expected == describe(contents)
    assert expected == describe(contents)


def test_every_export_has_a_case():
    """Each kind has one, apart from those whose tests are older, and each expectation its archive."""
    older = {"bluesky-repo", "mastodon-archive", "x-archive"}
    expected = {str(path.relative_to(CASES)).removesuffix(".expected.json") for path in CASES.glob("*/*.json")}

    assert set(ARCHIVES) - older == {name.partition("/")[0] for name in NAMES}
    assert expected == set(NAMES)
