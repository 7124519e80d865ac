"""Lists as CSV: routes that answer in JSON or, if the client prefers `text/csv`, as a table with the same columns."""

import csv
import dataclasses
import io
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

MEDIA_TYPE = "text/csv"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""First characters of texts that spreadsheets compute as formulas (OWASP, "CSV Injection")."""
CSV_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page of the list; with `Accept: text/csv` its rows as CSV.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    }
}
"""The additional answer of list routes, for OpenAPI."""


class ListRoute(APIRoute):
    """
    A route that returns a page of a list: a dataclass whose first list has the rows.

    The URL of the next page is in the header Link, too (RFC 8288), since CSV has no place for it.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, which converts the answer."""
        handle_json = super().get_route_handler()
        list_name, columns = _find_list(self.response_model)

        async def handle(request: Request) -> Response:
            response = await handle_json(request)
            response.headers["Vary"] = "Accept"
            page = msgspec.json.decode(bytes(response.body))
            if cursor := page.get("next"):
                # The query alone: what comes before it is up to the reverse proxy.
                query = request.url.include_query_params(after=cursor).query
                response.headers["Link"] = f'<?{query}>; rel="next"'
            if prefers_csv(request.headers.get("accept", "")):
                return _csv_response(response, columns, page[list_name])
            return response

        return handle


def prefers_csv(accept: str) -> bool:
    """
    Return whether an Accept header prefers CSV to JSON.

    References
    ----------
    RFC 9110, 12.5.1.

    Examples
    --------
    >>> prefers_csv("text/csv"), prefers_csv("application/json, text/csv;q=0.9"), prefers_csv("*/*")
    (True, False, False)
    """
    weights: dict[str, float] = {}
    for item in accept.split(","):
        media_type, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        weights[media_type] = float(quality) if quality.replace(".", "", 1).isdecimal() else 0.0
    csv_weight = weights.get(MEDIA_TYPE, weights.get("text/*", 0.0))
    return csv_weight > weights.get("application/json", weights.get("application/*", 0.0))


def format_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    r"""
    Format rows as CSV (RFC 4180), with a header; a list in a cell is separated by blanks.

    Texts that a spreadsheet would compute as formulas get an apostrophe in front.

    Examples
    --------
    >>> format_csv(["name", "score"], [{"name": "ada", "score": 70.5}, {"name": "=1+1", "score": None}])
    "name,score\r\nada,70.5\r\n'=1+1,\r\n"
    """
    output = io.StringIO()
    writer = csv.writer(output)
    writer.writerow(columns)
    writer.writerows([_format_cell(row[column]) for column in columns] for row in rows)
    return output.getvalue()


def _format_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        value = " ".join(map(str, value))
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


def _csv_response(response: Response, columns: Sequence[str], rows: list[dict[str, Any]]) -> Response:
    headers = {
        name: value for name, value in response.headers.items() if name not in {"content-type", "content-length"}
    }
    media_type = f"{MEDIA_TYPE}; charset=utf-8; header=present"
    return Response(format_csv(columns, rows), response.status_code, headers, media_type)


def _find_list(page: Any) -> tuple[str, list[str]]:
    """Return the name of the list of a page, and the names of its rows' fields."""
    for name, annotation in get_type_hints(page).items():
        if get_origin(annotation) in {list, tuple}:
            row = get_args(annotation)[0]
            return name, [field.name for field in dataclasses.fields(row)]
    raise TypeError(f"{page!r} has no list of rows")
