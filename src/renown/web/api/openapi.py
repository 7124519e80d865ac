"""The description of the API (OpenAPI): summaries, tags, keys, errors and examples of all routes."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from itertools import groupby
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import FastAPI

from renown.web.errors import ERROR_KINDS, ErrorKind

EXAMPLES_FILE = "examples.json"
"""Answers of a demo by method and path, shortened; `docs/api_examples.py` writes them."""
_SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, as `Authorization: Bearer KEY`."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key."},
}
TAGS = {
    "Lists": "People, leaderboards, changes, groups and days: pages of rows, as JSON or CSV.",
    "One person": "A score with everything that explains it.",
    "Groups": "Standings of groups and challenges, and their logs.",
    "Method": "The method with its constants and steps, custom weights, and how it was evaluated.",
    "Webhooks": "Tell an application what happens. These routes need an API key, and are about its own webhooks.",
    "Other": "What is served, and comparisons.",
}
_TAG_BY_PREFIX = {
    "/people/{who}": "One person",
    "/groups/{name}": "Groups",
    "/method": "Method",
    "/evaluations": "Method",
    "/webhooks": "Webhooks",
    "/compare": "Other",
    "/": "Other",
}
ERROR_DESCRIPTIONS = {
    status: " ".join(kind.description for kind in kinds)
    for status, kinds in groupby(ERROR_KINDS, key=lambda kind: kind.status)
    if status != HTTPStatus.METHOD_NOT_ALLOWED
}
"""What each error of a route means by status; a route that is described takes the method."""
_LIST_PATHS = {"/people", "/leaders", "/search", "/changes", "/groups", "/days"}


class DescribedApi(FastAPI):
    """A FastAPI application whose OpenAPI description has keys, tags and examples."""

    def openapi(self) -> dict[str, Any]:
        """Return the description, built once."""
        if self.openapi_schema is None:
            self.openapi_schema = _complete(super().openapi())
        return self.openapi_schema


def list_operations(description: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (method, path, operation) of all routes of a description; methods in upper case."""
    for path, item in description["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def find_answer(operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of the answer to a successful request, by media type; empty if there is none."""
    content: dict[str, Any] = operation["responses"][min(operation["responses"])].get("content", {})
    return content


def example_url(path: str, operation: Mapping[str, Any]) -> str:
    """
    Return the URL of an example request, below the API: its path and query with the examples of what is required.

    Examples
    --------
    >>> who = {"name": "who", "in": "path", "required": True, "example": "ada"}
    >>> example_url("/people/{who}", {"parameters": [who]})
    '/people/ada'
    """
    query = []
    for parameter in operation.get("parameters", []):
        example = parameter.get("example")
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(str(example)))
        elif parameter["required"]:
            query += [(parameter["name"], value) for value in (example if isinstance(example, list) else [example])]
    return path + (f"?{urlencode(query)}" if query else "")


@cache
def load_examples() -> dict[str, Any]:
    """Return the example answers by method and path, such as `GET /people`."""
    examples: dict[str, Any] = json.loads(files("renown.web.api").joinpath(EXAMPLES_FILE).read_text(encoding="utf-8"))
    return examples


def _error_example(kind: ErrorKind) -> dict[str, Any]:
    extra = {} if kind.retry_after is None else {"retry_after": kind.retry_after}
    return {"value": {"error": {"status": kind.status, "code": kind.code, "message": kind.message} | extra}}


_ERROR_EXAMPLES = {
    str(status): {kind.code: _error_example(kind) for kind in kinds}
    for status, kinds in groupby(ERROR_KINDS, key=lambda kind: kind.status)
}
"""Examples of errors by status and code."""


def _complete(description: dict[str, Any]) -> dict[str, Any]:
    """Add what FastAPI does not know of."""
    description["components"]["securitySchemes"] = _SECURITY_SCHEMES
    # Keys are optional: without one, the limits of the IP address apply.
    description["security"] = [{}, *({name: []} for name in _SECURITY_SCHEMES)]
    description["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    examples = load_examples()
    for method, path, operation in list_operations(description):
        operation["tags"] = [_find_tag(path)]
        summary, _, operation["description"] = operation["description"].partition("\n")
        operation["summary"] = summary.removesuffix(".")
        for parameter in operation.get("parameters", []):
            _move_example(parameter)
        # Invalid parameters are answered with 400.
        operation["responses"].pop("422", None)
        for status, response in operation["responses"].items():
            content = response.get("content", {})
            if status in _ERROR_EXAMPLES:
                content["application/json"]["examples"] = _ERROR_EXAMPLES[status]
            elif f"{method} {path}" in examples and "application/json" in content:
                content["application/json"]["example"] = examples[f"{method} {path}"]
    for schema in ("HTTPValidationError", "ValidationError"):
        description["components"]["schemas"].pop(schema, None)
    return description


def _find_tag(path: str) -> str:
    if path in _LIST_PATHS:
        return "Lists"
    return next(tag for prefix, tag in _TAG_BY_PREFIX.items() if path.startswith(prefix))


def _move_example(parameter: dict[str, Any]) -> None:
    """Move the example of a parameter from its schema, where FastAPI puts it, to where clients look for it."""
    schema = parameter["schema"]
    examples = schema.pop("examples", None)
    if examples:
        parameter["example"] = examples[0]
    elif "default" in schema:
        parameter["example"] = schema["default"]
