"""Read the rows of an XML file one by one, with expat; declarations of entities and document types are refused."""

from collections.abc import Iterator, Mapping
from typing import NoReturn
from xml.parsers import expat

MAX_ROW_BYTES = 16_000_000
"""Maximum bytes of a row; a post has at most some hundred thousand."""


def iterate_rows(chunks: Iterator[bytes]) -> Iterator[Mapping[str, str]]:
    """
    Yield the attributes of every element ``row``.

    Raises
    ------
    ValueError
        If it is no XML, ends too early, declares entities or a document type, or a row is too large.

    Examples
    --------
    >>> list(iterate_rows(iter([b'<users><row Id="1" Name="A &am', b'p; B"/><row /></users>'])))
    [{'Id': '1', 'Name': 'A & B'}, {}]
    """
    rows: list[Mapping[str, str]] = []
    parser = _create_parser(rows)
    pending_bytes = 0
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)  # noqa: FBT003 - its own interface
            pending_bytes = 0 if rows else pending_bytes + len(chunk)
            if pending_bytes > MAX_ROW_BYTES:
                _refuse(f"there is no row in {pending_bytes:,} bytes")
            yield from rows
            rows.clear()
        parser.Parse(b"", True)  # noqa: FBT003
    except (expat.ExpatError, LookupError) as error:  # LookupError: an unknown encoding
        raise ValueError(f"{error}") from error
    yield from rows


def _create_parser(rows: list[Mapping[str, str]]) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: rows.append(attributes) if name == "row" else None
    parser.StartDoctypeDeclHandler = lambda *_: _refuse("it declares a document type, which dumps do not have")
    parser.EntityDeclHandler = lambda *_: _refuse("it declares entities, which dumps do not have")
    return parser


def _refuse(problem: str) -> NoReturn:
    raise ValueError(problem)
