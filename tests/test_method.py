"""The method file: every constant with its source, and one method to a version."""

import re

import pytest

from conftest import DAY, NOW
from renown import jobs, method
from renown.errors import BadMethod
from renown.method import parse
from renown.store import Published
from test_river import HEADER, acts

TEXT = method.load().text


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("value = 90\n", "value = -90\n", "no constant may be negative"),
        ("value = 90\n", "value = nan\n", "no constant may be negative"),
        ("value = 90\n", 'value = "90"\n', "write { value = NUMBER"),
        ('unit = "days"', "", "has no unit or no source"),
        ("[constants.half_life_days]", "[constants.half_time]", "constants must be exactly"),
        ("value = 0.10,", "value = 0.20,", "the weights sum to 1.1"),
        ('"repost", "quote"', '"repost", "reply"', "counts for two signals"),
        ('"repost", "quote"', '"smile", "quote"', "has the verbs ['smile']"),
        ('reads = "lists"', 'reads = "stars"', "it can read interactions, followers, lists"),
        ("number = 2", "number = 1", "two signals have the same number"),
        ('version = "2"', 'version = "../2"', "write letters, digits, dots and dashes"),
        ("[constants.", "[constants = ", "cannot read the method file"),
    ],
)
def test_a_method_that_cannot_be_is_refused(old, new, said):
    """What is wrong is said, with the value."""
    assert old in TEXT
    with pytest.raises(BadMethod, match=re.escape(said)):
        parse(TEXT.replace(old, new, 1), "mine.toml")


def test_comments_do_not_make_another_method_but_numbers_do():
    """The digest is of what is computed."""
    assert method.load().digest == parse(TEXT + "\n# a remark\n", "mine").digest
    assert method.load().digest != parse(TEXT.replace("value = 50.0", "value = 49.0"), "mine").digest


def test_another_methods_days_stay_as_they_are(home, take, publish):
    """A day scored again by another method stays the first one's; the other is beside it."""
    take(HEADER, *acts(100))
    first = publish()
    own = parse(TEXT.replace('version = "2"', 'version = "3"').replace("value = 50.0", "value = 16.0"), "mine")

    with home.engine() as engine:
        second = jobs.score(engine, home.lake, home.days, home.people, own, day=DAY, now=NOW)

    assert (True, False) == (first.own, second.own)
    assert home.days.find(DAY).inputs == first.inputs != second.inputs
    with Published(home.days.find(DAY)) as one, Published(home.days.find(DAY, "3")) as other:
        assert one.leaders(1)[0].score > other.leaders(1)[0].score


def test_a_version_is_one_method(home, take, publish):
    """Other constants under a version that has published are refused, and nothing changes."""
    take(HEADER, *acts(100))
    published = publish()
    changed = parse(TEXT.replace("value = 50.0", "value = 16.0"), "mine")

    with home.engine() as engine, pytest.raises(BadMethod, match="give the changed method a version of its own"):
        jobs.score(engine, home.lake, home.days, home.people, changed, day=DAY, now=NOW)

    assert published == home.days.find(DAY)
