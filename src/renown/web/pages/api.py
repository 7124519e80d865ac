"""The page of the API: its description (OpenAPI) for people."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from renown.web.api import openapi
from renown.web.errors import ERROR_KINDS
from renown.web.pages.templates import render
from renown.web.state import get_app_state, get_site_url

_TYPE_NAMES = {"integer": "whole number", "number": "number", "string": "text", "boolean": "true or false"}
_FORMAT_NAMES = {"date": "day", "date-time": "instant"}


@dataclass(frozen=True, kw_only=True)
class _Parameter:
    """A parameter as a table row."""

    name: str
    is_required: bool
    kind: str
    """Its type and bounds in words."""
    default: str
    """Empty if there is none."""
    description: str


@dataclass(frozen=True, kw_only=True)
class _ApiRoute:
    """A route of the API."""

    anchor: str
    path: str
    """With the method in front of it, if that is not GET."""
    summary: str
    description: str
    """What the summary does not say; may be empty."""
    parameters: tuple[_Parameter, ...]
    example_url: str
    """URL of an example request, without the host; empty if a browser cannot send it."""
    example_request: str
    """The body of an example request as JSON; may be empty."""
    example: str
    """The shortened answer as JSON; empty if there is none."""
    has_csv: bool


@dataclass(frozen=True)
class _ApiSection:
    """Routes of one kind."""

    name: str
    description: str
    routes: tuple[_ApiRoute, ...]


def show_api(request: Request) -> Response:
    """Show the routes of the API with their parameters and examples; programs get the list of paths."""
    if "text/html" not in request.headers.get("accept", ""):
        return RedirectResponse("/api/", 308, {"Vary": "Accept"})
    describe: Callable[[], dict[str, Any]] = request.app.state.describe_api
    description = describe()
    response = render(
        request,
        "api.html",
        sections=list(_list_sections(description)),
        errors=ERROR_KINDS,
        site_url=get_site_url(request),
        settings=get_app_state(request).settings,
    )
    response.headers["Vary"] = "Accept, Accept-Language"
    return response


def _list_sections(description: Mapping[str, Any]) -> Iterator[_ApiSection]:
    operations = openapi.list_operations(description)
    routes = [
        (operation["tags"][0], _describe_route(method, path, operation)) for method, path, operation in operations
    ]
    for tag in description["tags"]:
        tagged = tuple(route for name, route in routes if name == tag["name"])
        yield _ApiSection(tag["name"], tag["description"], tagged)


def _describe_route(method: str, path: str, operation: Mapping[str, Any]) -> _ApiRoute:
    content = openapi.find_answer(operation)
    request = operation.get("requestBody", {}).get("content", {})
    return _ApiRoute(
        anchor=operation["operationId"],
        path=f"/api{path}" if method == "GET" else f"{method} /api{path}",
        summary=operation["summary"],
        description=operation["description"].strip(),
        parameters=tuple(map(_describe_parameter, operation.get("parameters", []))),
        example_url="" if "security" in operation else f"/api{openapi.example_url(path, operation)}",
        example_request=_example_json(request),
        example=_example_json(content),
        has_csv="text/csv" in content,
    )


def _example_json(content: Mapping[str, Any]) -> str:
    example = content.get("application/json", {}).get("example")
    return "" if example is None else json.dumps(example, indent=2, ensure_ascii=False)


def _describe_parameter(parameter: Mapping[str, Any]) -> _Parameter:
    schema = parameter["schema"]
    default = schema.get("default")
    return _Parameter(
        name=parameter["name"],
        is_required=parameter["required"],
        kind=_describe_type(schema),
        default=str(default) if default or default == 0 else "",
        description=parameter.get("description", ""),
    )


def _describe_type(schema: Mapping[str, Any]) -> str:
    """
    Return the type of a parameter in words.

    Examples
    --------
    >>> _describe_type({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 100}, {"type": "null"}]})
    'whole number, 1 to 100'
    >>> _describe_type({"type": "array", "maxItems": 5, "items": {"type": "string"}})
    'text, up to 5 times'
    """
    variants = [variant for variant in schema.get("anyOf", [schema]) if variant.get("type") != "null"]
    kinds = []
    for variant in variants:
        if variant["type"] == "array":
            kinds.append(f"{_describe_type(variant['items'])}, up to {variant['maxItems']} times")
            continue
        kind = _FORMAT_NAMES.get(variant.get("format", ""), _TYPE_NAMES[variant["type"]])
        bounds = [variant.get(name) for name in ("minimum", "maximum")]
        kinds.append(f"{kind}, {bounds[0]} to {bounds[1]}" if None not in bounds else kind)
    return " or ".join(dict.fromkeys(kinds))
