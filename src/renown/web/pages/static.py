"""Serve static files (style sheet, scripts, chart library) from memory, with immutable caching for a year."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from mimetypes import guess_type

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_CACHE_CONTROL = "public, max-age=31536000, immutable"
_DIGEST_LENGTH = 12


def static_url(name: str) -> str:
    """Return the URL path of a static file, with the digest of its content."""
    return f"/static/{_load_files()[name].digest}/{name}"


async def serve_static(request: Request) -> Response:
    """Serve a static file; 404 if the digest in the URL is of another version."""
    file = _load_files().get(request.path_params["name"])
    if file is None or file.digest != request.path_params["digest"]:
        raise HTTPException(404)
    return Response(file.body, headers={"Cache-Control": _CACHE_CONTROL}, media_type=file.media_type)


def serve_favicon(_request: Request) -> Response:
    """Serve the icon that browsers look for at a fixed path."""
    file = _load_files()["favicon.ico"]
    return Response(file.body, headers={"Cache-Control": "public, max-age=86400"}, media_type=file.media_type)


@dataclass(frozen=True)
class _File:
    body: bytes
    media_type: str
    digest: str
    """Digest of the content. It is part of the URL, so that browser caches are never stale."""


@cache
def _load_files() -> dict[str, _File]:
    root = resources.files("renown.web.pages") / "static"
    return dict(_read_folder(root, ""))


def _read_folder(folder: Traversable, prefix: str) -> list[tuple[str, _File]]:
    files: list[tuple[str, _File]] = []
    for entry in folder.iterdir():
        name = prefix + entry.name
        if entry.is_dir():
            files += _read_folder(entry, f"{name}/")
        else:
            body = entry.read_bytes()
            media_type = guess_type(name)[0] or "text/plain"
            files.append((name, _File(body, media_type, hashlib.sha256(body).hexdigest()[:_DIGEST_LENGTH])))
    return files
