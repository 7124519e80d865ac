"""Serve the pictures of people, from this site alone."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from renown.store.identities import PICTURE_TYPE
from renown.web.identities import find_avatar
from renown.web.pages.people.badge import PICTURE_CACHE_CONTROL
from renown.web.state import get_app_state


def serve_avatar(request: Request) -> Response:
    """Serve a picture by the hash of its content; 404 unless a visible person shows it."""
    content = find_avatar(get_app_state(request), request.path_params["digest"])
    if content is None:
        raise HTTPException(404)
    return Response(content, headers={"Cache-Control": PICTURE_CACHE_CONTROL}, media_type=PICTURE_TYPE)
