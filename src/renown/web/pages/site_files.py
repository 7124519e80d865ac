"""Files about the site for browsers and search engines: robots.txt, sitemap, web app manifest."""

from xml.etree import ElementTree as ET

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from renown.web.pages.formatting import person_path
from renown.web.pages.static import static_url
from renown.web.people import list_visible_scores
from renown.web.state import get_app_state, get_site_url

_DISALLOWED = ("/me/", "/admin", "/search", "/statements/", "/subscriptions/", "/avatars/", "/api/", "/1/", "/2/")
"""Paths that search engines should not read: personal ones, and answers for programs; they are prefixes."""
_PAGES = ("/", "/people", "/groups", "/method", "/privacy", "/verify")
_MAX_URLS = 50_000
"""Maximum URLs of a sitemap (sitemaps.org)."""
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def serve_robots(request: Request) -> Response:
    """Tell search engines what they should not read (RFC 9309), and where the sitemap is."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _DISALLOWED)]
    return PlainTextResponse("\n".join([*lines, f"Sitemap: {get_site_url(request)}/sitemap.xml", ""]))


def serve_sitemap(request: Request) -> Response:
    """List the public pages: of visible people who claimed an account, and of groups."""
    state = get_app_state(request)
    paths = [
        *_PAGES,
        *(f"/groups/{group.name}" for group in state.groups.all()),
        *(person_path(score.name) for score in list_visible_scores(state)),
    ]
    url, url_set = get_site_url(request), ET.Element("urlset", xmlns=_NAMESPACE)
    for path in paths[:_MAX_URLS]:
        ET.SubElement(ET.SubElement(url_set, "url"), "loc").text = f"{url}{path}"
    return Response(ET.tostring(url_set, encoding="utf-8", xml_declaration=True), media_type="application/xml")


def serve_manifest(_request: Request) -> Response:
    """Describe the site as a web app that can be installed (W3C Web Application Manifest)."""
    icons = [
        {"src": static_url(f"icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"} for size in (192, 512)
    ]
    manifest = {
        "name": "renown",
        "short_name": "renown",
        "description": "An open influence score from 1 to 100, with a receipt that adds up.",
        "start_url": "/",
        "display": "minimal-ui",
        "background_color": "#fbf8f3",
        "theme_color": "#ad3410",
        "icons": icons,
    }
    return JSONResponse(manifest, media_type="application/manifest+json")
