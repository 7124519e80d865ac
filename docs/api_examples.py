"""
Write the example answers of the API: what a small demo answers, shortened.

    python docs/api_examples.py         # creates the demo, writes src/renown/web/api/examples.json

Days and random seed are fixed; random ids and instants of the clock are replaced.
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
_INSTANT = re.compile(r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+00:00)$")
_RANDOM_ID = re.compile(r"^[0-9a-f]{24}$")


def main() -> None:
    """Write the examples."""
    with tempfile.TemporaryDirectory() as folder:
        home = create_small_demo(Path(folder) / "home", now=NOW)
        app = make_app(build_app_state(home), Allowance(10_000, 10_000), clock=time.time)
        with TestClient(app, base_url="http://x/api") as client:
            description = client.get("/openapi.json").json()
            examples = {
                path: _fetch(client, path, operation) for path, operation in openapi.list_operations(description)
            }
    file = ROOT / "src" / "renown" / "web" / "api" / openapi.EXAMPLES_FILE
    file.write_text(json.dumps(examples, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _fetch(client: TestClient, path: str, operation: dict[str, Any]) -> Any:
    response = client.get(openapi.example_url(path, operation))
    if response.status_code != 200:  # noqa: PLR2004 - OK
        sys.exit(f"{response.request.url} answers {response.status_code}: {response.text[:300]}")
    return _shorten(response.json())


def _shorten(value: Any) -> Any:
    """Return a value with the first rows of its lists and the beginning of its texts."""
    if isinstance(value, dict):
        return {name: _shorten(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_shorten(item) for item in value[:_MAX_ITEMS]]
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, str) and _INSTANT.match(value):
        return "2026-11-24T00:10:07+00:00"
    if isinstance(value, str) and _RANDOM_ID.match(value):
        return "5f0c2c2a9d1e4b7f8a6d3c1b"
    return value[:_MAX_TEXT] if isinstance(value, str) else value


if __name__ == "__main__":
    main()
