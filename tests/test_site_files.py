"""What the site tells search engines and browsers about itself."""

import dataclasses
import re
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree as ET

import pytest
from starlette.testclient import TestClient

import community
from renown.home.app_state import build_app_state


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """Return a client of the pages of a small community at a public URL."""
    home = community.create_community(tmp_path_factory.mktemp("site") / "home")
    state = build_app_state(home)
    state = dataclasses.replace(state, settings=dataclasses.replace(state.settings, url="https://renown.example"))
    with TestClient(community.make_app(state, community.PLENTY, clock=lambda: 0.0), base_url="http://x") as opened:
        yield opened


def test_sitemap_has_the_visible_people_and_robots_may_read_them(client):
    """Each address answers, and none is one that robots.txt disallows."""
    robots = RobotFileParser()
    robots.parse(client.get("/robots.txt").text.splitlines())
    [sitemap] = robots.site_maps()
    assert "https://renown.example/sitemap.xml" == sitemap
    urls = [element.text for element in ET.fromstring(client.get("/sitemap.xml").content).findall(".//{*}loc")]

    assert "https://renown.example/people/ann" in urls
    assert len(urls) == len(set(urls))
    assert [] == [url for url in urls if not robots.can_fetch("*", url)]
    assert {200} == {client.get(url.removeprefix("https://renown.example")).status_code for url in urls}
    assert not robots.can_fetch("*", "https://renown.example/me/data")


def test_manifest_and_icons_are_served(client):
    """Browsers find the icons that the pages and the manifest name."""
    manifest = client.get("/site.webmanifest").json()
    page = client.get("/").text
    paths = [icon["src"] for icon in manifest["icons"]]
    paths += re.findall(r'<link rel="(?:icon|apple-touch-icon|manifest)" href="([^"]*)"', page)

    assert 5 == len(paths)
    assert {200} == {client.get(path).status_code for path in [*paths, "/favicon.ico"]}


def test_duplicates_have_one_canonical_address(client):
    """Parameters of trackers and their order do not make another page."""
    canonical = {
        re.search(r'<link rel="canonical" href="([^"]*)"', client.get(path).text)[1]
        for path in ("/compare?who=ann&who=bob", "/compare?utm_source=x&who=bob&who=ann")
    }
    assert {"https://renown.example/compare?who=ann&amp;who=bob"} == canonical
