"""The method file: validation, its digest, and one method per version."""

import re
from pathlib import Path

import pytest

from conftest import DAY, METHOD_2, NOW
from renown import scoring
from renown.errors import InvalidMethodError
from renown.method import find_version, load_method
from renown.method.file import parse_method
from renown.store import PublishedTables
from test_pipeline import HEADER, acts

TEXT = METHOD_2.text


@pytest.fixture
def home(home_2):
    """Return an empty home with the method before the default one, whose file and causes these tests know."""
    return home_2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("value = 90\n", "value = -90\n", "it must be 0 or more"),
        ("value = 90\n", "value = nan\n", "it must be 0 or more"),
        ("value = 90\n", 'value = "90"\n', "write { value = NUMBER"),
        ('unit = "days"', "", "has no unit or no source"),
        ("[constants.half_life_days]", "[constants.half_time]", "constants must be exactly"),
        ("value = 0.10,", "value = 0.20,", "the weights sum to 1.1"),
        ('"repost", "quote"', '"repost", "reply"', "counts for two signals"),
        ('"repost", "quote"', '"smile", "quote"', "has the unknown verbs ['smile']"),
        ('reads = "lists"', 'reads = "stars"', "write one of interactions, followers, lists"),
        ("number = 2", "number = 1", "two signals have the same number"),
        ('version = "2.1"', 'version = "../2"', "write letters, digits, dots and dashes"),
        ("[constants.", "[constants = ", "cannot read the method file"),
    ],
)
def test_invalid_method_is_refused(old, new, message):
    """The error names the invalid value and what is valid."""
    assert old in TEXT
    with pytest.raises(InvalidMethodError, match=re.escape(message)):
        parse_method(TEXT.replace(old, new, 1), "mine.toml")


@pytest.mark.parametrize("groups", ["0", "9", "2.5"])
def test_number_of_seed_groups_has_columns(groups):
    """Credit has a column for each of eight groups of verified people, so there are no more of them."""
    text = load_method(find_version("3")).text.replace(
        "[constants.seed_groups]\nvalue = 8", f"[constants.seed_groups]\nvalue = {groups}"
    )

    with pytest.raises(InvalidMethodError, match=r"'seed_groups' is .*; it must be a whole number from 1 to 8"):
        parse_method(text, "mine.toml")


def test_missing_method_names_the_included_versions():
    """What is neither a version nor a file is no method."""
    with pytest.raises(InvalidMethodError, match=r"no method '9': neither an included version \(2.1, 3\) nor a file"):
        load_method(Path("9"))


def test_digest_depends_on_numbers_not_on_comments():
    """The digest covers only what changes the scores."""
    assert METHOD_2.digest == parse_method(TEXT + "\n# a remark\n", "mine").digest
    assert METHOD_2.digest != parse_method(TEXT.replace("value = 50.0", "value = 49.0"), "mine").digest


def test_scoring_by_another_method_keeps_the_first_result(home, take, publish):
    """The day's default stays that of the first method; the other result is stored beside it."""
    take(HEADER, *acts(100))
    first = publish()
    other_method = parse_method(
        TEXT.replace('version = "2.1"', 'version = "2.2-mine"').replace("value = 50.0", "value = 16.0"), "mine"
    )

    with home.engine() as engine:
        second = scoring.score(engine, home.lake, home.days, home.people, other_method, day=DAY, now=NOW)

    assert (True, False) == (first.is_default, second.is_default)
    assert home.days.find(DAY).inputs == first.inputs != second.inputs
    with PublishedTables(home.days.find(DAY)) as default, PublishedTables(home.days.find(DAY, "2.2-mine")) as other:
        assert default.read_top_scores(1)[0].score > other.read_top_scores(1)[0].score


def test_changed_method_needs_another_version(home, take, publish):
    """Other constants with the version of a published day are refused, and nothing changes."""
    take(HEADER, *acts(100))
    published = publish()
    changed = parse_method(TEXT.replace("value = 50.0", "value = 16.0"), "mine")

    with (
        home.engine() as engine,
        pytest.raises(InvalidMethodError, match="that you changed a version of its own"),
    ):
        scoring.score(engine, home.lake, home.days, home.people, changed, day=DAY, now=NOW)

    assert published == home.days.find(DAY)
