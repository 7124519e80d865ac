"""Lenient decoding: what is unreadable costs itself, and nothing beside it."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import pytest

from renown.connectors.decode import STRICT, decode_json
from renown.connectors.decode_values import parse_lenient_instant

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Author(msgspec.Struct):
    """An account in a list."""

    name: str


class Message(msgspec.Struct):
    """An element with each kind of field."""

    id: str
    at: datetime = NOON
    likes: int | None = 0
    is_hidden: bool = False
    note: str = ""
    author: Author | None = None
    scope: Annotated[str, STRICT] = "public"
    answers: list[Author] = []
    extra: Any = None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ({"id": 10**30}, {"id": str(10**30)}),
        ({"likes": "3"}, {"likes": 3}),
        ({"likes": 3.0}, {"likes": 3}),
        *(({"likes": value}, {"likes": None}) for value in (None, "many", 3.5, True, [], {}, "9" * 50)),
        ({"note": None}, {}),
        ({"note": 7}, {"note": "7"}),
        ({"note": 7.5}, {}),
        ({"is_hidden": "true"}, {"is_hidden": True}),
        ({"is_hidden": {}}, {}),
        *(({"author": value}, {}) for value in (None, {}, True, "ada", [])),
        ({"author": {"name": 5}}, {"author": Author("5")}),
        ({"answers": None}, {}),
        ({"answers": {"name": "ada"}}, {}),
        ({"at": None}, {}),
        ({"extra": [{"x": 1}], "note": None}, {"extra": [{"x": 1}]}),
    ],
)
def test_unreadable_field_is_unknown(field, value):
    """It becomes None or else the default; of the fields that no element needs, none makes it unreadable."""
    body = msgspec.json.encode([{"id": "1"} | field, {"id": 2}])

    decoded = decode_json(body, list[Message])

    assert ([Message(**({"id": "1"} | value)), Message("2")], ()) == (decoded.value, decoded.dropped)


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        ({}, "$[1].id: missing"),
        ({"id": None}, "$[1].id: null instead of text"),
        ({"id": True}, "$[1].id: a Boolean instead of text"),
        ({"id": 1.0e18}, "$[1].id: a number instead of text"),
        ({"id": "2", "scope": None}, "$[1].scope: null instead of text"),
        (None, "$[1]: null instead of an object"),
        ({"id": {}, "answers": [{}]}, "$[1].id: an object instead of text"),
    ],
)
def test_unreadable_element_is_dropped_with_its_reason(element, reason):
    """It is named once, whatever else is wrong within it; its neighbours are kept."""
    body = msgspec.json.encode([{"id": "1"}, element, {"id": "3"}])

    decoded = decode_json(body, list[Message])

    assert ([Message("1"), Message("3")], (reason,)) == (decoded.value, decoded.dropped)


def test_elements_of_inner_lists_are_dropped_alone():
    """The element around them stays."""
    decoded = decode_json(b'{"id": "1", "answers": [{"name": "ada"}, {}, {"name": 5}]}', Message)

    assert [Author("ada"), Author("5")] == decoded.value.answers
    assert ("$.answers[1].name: missing",) == decoded.dropped


@pytest.mark.parametrize(
    "odd",
    [b"1e999", b"9" * 5000, b'"\\ud83d"', b'"\xed\xa0\xbd"', b"NaN", b'"a\nb"', b'{"\\udc00": 1}'],
    ids=["float", "digits", "surrogate", "cesu-8", "nan", "control character", "key"],
)
def test_value_that_json_parsers_refuse_costs_only_its_field(odd):
    """Numbers beyond 64 bits, halves of characters and wrong bytes; and all text can be encoded again."""
    body = b'[{"id": "1", "likes": %b, "extra": %b}, {"id": "2"}]' % (odd, odd)

    decoded = decode_json(body, list[Message])

    assert ["1", "2"] == [message.id for message in decoded.value]
    assert decoded.value[0].likes is None
    assert repr(decoded.value[0].extra).encode()


@pytest.mark.parametrize("body", [b"", b"[", b'[{"id": 1}', b"<html>", b"[" * 100_000, b"[1] [2]"])
def test_text_that_is_not_json_stays_an_error(body):
    """As msgspec reports it: the caller tells truncated from other text."""
    with pytest.raises((msgspec.DecodeError, RecursionError), match=r"truncated|malformed|recursion"):
        decode_json(body, list[Message])


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("2026-11-20T12:00:00.000Z", NOON),
        ("2026-11-20T12:00:00", NOON),
        ("2026-11-20 12:00:00", NOON),
        ("2026-11-20T14:00:00+02:00", NOON),
        ("2026-11-20", NOON.replace(hour=0)),
        (1_795_176_000, NOON),
        (1_795_176_000_000, NOON),
        *((value, None) for value in (None, "", "yesterday", True, 0, -1, 10**30, 1e308, float("nan"), [], {})),
        ("9999-12-31T23:59:59-05:00", None),
        ("0001-01-01T00:00:00+05:00", None),
    ],
)
def test_instants_of_dialects(value, instant):
    """Without a zone it is UTC; what lies outside of the calendar is none."""
    assert instant == parse_lenient_instant(value)
