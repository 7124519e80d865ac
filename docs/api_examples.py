"""
Write the example answers of the API: what a small demo answers, shortened.

    python docs/api_examples.py         # creates the demo, writes src/renown/web/api/examples.json

Days and random seed are fixed; random ids, what depends on them, and instants of the clock are replaced.
"""

import json
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from demo_site import NOW, create_small_demo  # noqa: E402 - needs the path above
from renown.home.app_state import build_app_state  # noqa: E402 - as above
from renown.web.api import openapi  # noqa: E402 - as above
from renown.web.app import make_app  # noqa: E402 - as above
from renown.web.middleware.rate_limit import Allowance  # noqa: E402 - as above

_MAX_ITEMS, _MAX_TEXT = 2, 200
"""What is shown of a list, and of a text."""
_REPLACED = (
    (re.compile(r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+00:00)$"), "2026-11-24T00:10:07+00:00"),
    (re.compile(r"^[0-9a-f]{24}$"), "5f0c2c2a9d1e4b7f8a6d3c1b"),
    (re.compile(r"^whsec_"), f"whsec_{'MDAw' * 16}"),
)
"""Instants of the clock, random ids and secrets, and what is shown of them."""
_CURSOR = "iFJgB6D76zLSpzbMNhuJ1g"
_REPLACED_FIELDS = {
    "next": _CURSOR,
    "resume": _CURSOR,
    "salt": "37dc25ee7e0de92d7ad10a6e4b4f12f2",
    "head": "a8e2ee62aca2556258406550bbcb994e9eb4123c7adbde5fddaff8f67ee440c2",
}
"""Fields whose texts depend on a random key or salt, and what is shown of them."""
_SALTED_DIGEST = {"digest": "546887ec85e931fef7c81c3ffffcca0d59da7b47d9cfed0c756098ebf8ced7b7"}
"""The same beside the openings of a log's entry; other digests are those of methods."""


def main() -> None:
    """Write the examples."""
    with tempfile.TemporaryDirectory() as folder:
        home = create_small_demo(Path(folder) / "home", now=NOW)
        app = make_app(build_app_state(home), Allowance(10_000, 10_000), clock=time.time)
        with TestClient(app, base_url="http://x/api") as client:
            description = client.get("/openapi.json").json()
            key = home.api_keys.create("example", per_second=1_000, per_day=100_000, at=NOW)
            client.headers["X-API-Key"] = key
            # A webhook is added before the webhooks are listed; what is removed has no answer.
            operations = sorted(openapi.list_operations(description), key=lambda operation: operation[0] != "POST")
            examples = {
                f"{method} {path}": _fetch(client, method, path, operation)
                for method, path, operation in operations
                if openapi.find_answer(operation)
            }
    file = ROOT / "src" / "renown" / "web" / "api" / openapi.EXAMPLES_FILE
    file.write_text(json.dumps(examples, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _fetch(client: TestClient, method: str, path: str, operation: dict[str, Any]) -> Any:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    response = client.request(method, openapi.example_url(path, operation), json=body)
    if not response.is_success:
        sys.exit(f"{response.request.url} answers {response.status_code}: {response.text[:300]}")
    return shorten(response.json())


def shorten(value: Any) -> Any:
    """Return a value with the first rows of its lists and the beginning of its texts."""
    if isinstance(value, dict):
        replaced = _REPLACED_FIELDS | (_SALTED_DIGEST if value.get("openings") else {})
        return {
            name: replaced[name] if name in replaced and isinstance(item, str) else shorten(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [shorten(item) for item in value[:_MAX_ITEMS]]
    if isinstance(value, float):
        return round(value, 4)
    return _shorten_text(value) if isinstance(value, str) else value


def _shorten_text(text: str) -> str:
    """Return the beginning of a text; what differs from run to run is replaced."""
    replacement = next((fixed for pattern, fixed in _REPLACED if pattern.match(text)), text)
    return replacement[:_MAX_TEXT]


if __name__ == "__main__":
    main()
