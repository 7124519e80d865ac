"""Static files: style, scripts and the chart library, read once and kept by browsers for a year."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from mimetypes import guess_type

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_FOREVER = "public, max-age=31536000, immutable"
_DIGITS = 12


@dataclass(frozen=True)
class _File:
    body: bytes
    kind: str
    mark: str
    """Changes with the content, and is part of the address: what is kept is never stale."""


@cache
def _files() -> dict[str, _File]:
    root = resources.files("renown.web.pages") / "static"
    return dict(_below(root, ""))


def _below(folder: Traversable, prefix: str) -> list[tuple[str, _File]]:
    found: list[tuple[str, _File]] = []
    for each in folder.iterdir():
        name = prefix + each.name
        if each.is_dir():
            found += _below(each, f"{name}/")
        else:
            body = each.read_bytes()
            kind = guess_type(name)[0] or "text/plain"
            found.append((name, _File(body, kind, hashlib.sha256(body).hexdigest()[:_DIGITS])))
    return found


def address(name: str) -> str:
    """Return where a static file is."""
    return f"/static/{_files()[name].mark}/{name}"


async def static(request: Request) -> Response:
    """Answer a static file; one of another version is none."""
    found = _files().get(request.path_params["name"])
    if found is None or found.mark != request.path_params["mark"]:
        raise HTTPException(404)
    return Response(found.body, headers={"Cache-Control": _FOREVER}, media_type=found.kind)
