"""The method's pages, other weights, badges and cards."""

import dataclasses
import hashlib
import re
from base64 import b64encode
from html import unescape
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from PIL import Image
from starlette.testclient import TestClient

import community
from community import app_of
from conftest import NOW
from renown import answers, assembly, jobs, method
from renown.method import changelog
from renown.method import evaluations as evaluations_of
from renown.settings import ServeSettings
from renown.web.pages.drawing import lettering
from renown.web.pages.people import badge
from renown.web.pages.people.card import HEIGHT, WIDTH, Face, drawn
from renown.web.pages.prose import prose

HOSTILE = '"><script>alert(1)</script>'
NAMES = [
    HOSTILE.replace(":", ""),
    "W" * 100,
    "Zoe\u0301 Ζωή Ольга",
    "עדה לאבלייס",
    "愛子 🎉",
    "ﷺ" * 100,
    "a'b&c]]>{{ 7 * 7 }}",
    "e" + "\u0301" * 99,
]
PICTURES = {"badge.svg": "image/svg+xml", "card.png": "image/png"}
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    """Return a home with people in it."""
    return community.settled(tmp_path_factory.mktemp("pages") / "home")


@pytest.fixture(scope="module")
def site(settled):
    """Return what is served, with an address that everybody reaches."""
    return dataclasses.replace(settled.site(), told=ServeSettings(url="https://renown.example/"))


@pytest.fixture(scope="module")
def client(site):
    """Return a client of the pages."""
    app = community.make_app(site, community.PLENTY, clock=lambda: 0.0)
    with TestClient(app, raise_server_exceptions=False, base_url="http://x") as asks:
        yield asks


def test_the_method_is_told_as_it_runs(client):
    """Every constant with its value, unit and source; every step with what it is about and its SQL."""
    text, used = unescape(client.get("/method").text), method.load()

    assert len(used.constants) > 10 < len(used.steps)
    for name, constant in used.constants.items():
        assert name.replace("_", " ") in text
        assert constant.unit in text
        assert constant.source in text
    for signal in used.signals:
        assert signal.weight.source in text
        assert signal.rate.source in text
    for step in used.steps:
        assert step.about in text
        assert step.sql in text
    assert used.text in text
    assert used.digest[:16] in text


def test_constants_are_written_as_a_reader_writes_numbers(client):
    """A comma is a point elsewhere; no value loses a digit."""
    english, german = (client.get("/method", headers={"Accept-Language": tag}).text for tag in ("en", "de"))

    assert '<td class="n">0.05</td>' in english
    assert '<td class="n">0,05</td>' in german
    assert '<td class="n">100,000,000</td>' in english
    assert '<td class="n">100.000.000</td>' in german


def test_the_card_stands_beside_its_plots(client):
    """Each contender of each evaluation is drawn where its figure is, with its interval."""
    text, told = client.get("/method").text, evaluations_of(method.load())
    rows = [row for each in told.values() for row in each["rows"]]
    centres = [float(at) for at in re.findall(r'<circle cx="([0-9.]+)%"', text)]
    pairs = {row["name"]: row["both_new"] for row in told["pairs"]["rows"]}

    assert {"klout", "pairs", "spread"} == set(told)
    assert len(rows) + len(told["spread"]["rows"]) == len(centres)
    assert all(row["name"] in text for row in rows)
    assert all(0 <= at <= 100 for at in centres)
    drawn_pairs = dict(zip(pairs, centres, strict=False))
    assert sorted(pairs, key=pairs.__getitem__) == sorted(drawn_pairs, key=drawn_pairs.__getitem__)
    assert "Where it fails" in text


def test_another_method_is_not_shown_with_evaluations_of_this_one(settled):
    """Figures of one method say nothing of another."""
    text = method.load().text.replace('version = "2"', 'version = "2-mine"').replace("value = 0.05", "value = 0.06")
    mine = method.parse(text, "mine")
    app = community.make_app(
        dataclasses.replace(settled.site(), method=lambda: mine), community.PLENTY, clock=lambda: 0.0
    )
    shown = TestClient(app, base_url="http://x").get("/method").text

    assert "This method was not judged" in shown
    assert "Human judges" not in shown
    assert "the one on this page" not in shown


def test_what_moved_scores_and_the_published_days_are_told(client, settled):
    """The first section of the changelog, and each run of days with the method that made it."""
    text = client.get("/method").text
    days = settled.days.all()

    assert "What moved scores" in text
    assert "Method 2, the first that is published" in text
    assert f"{len(days)} days by" in text
    assert days[-1].inputs[:16] in text


def test_a_home_without_a_day_has_a_method(home):
    """And says that weights cannot be tried yet."""
    asks = TestClient(app_of(home), base_url="http://x")

    assert "No day is published yet" in asks.get("/method").text
    assert 404 == asks.get("/method/try").status_code
    assert "No day is published yet" in asks.get("/method/try").text


def test_markdown_is_shown_and_never_run():
    """No element, no script in a link, nothing fetched from elsewhere."""
    shown = prose(
        f"# {HOSTILE}\n\n<img src=x onerror=alert(1)>\n\n[a](javascript:alert(1)) [b](data:text/html,x) "
        "![c](https://evil.example/x.png)\n\n| <b>d</b> |\n|---|\n| `<i>` |\n"
    )

    assert not re.search(r"<(script|img|b|i)\b", shown)
    assert "href" not in shown
    assert "evil.example" not in shown
    assert "&lt;b&gt;d&lt;/b&gt;" in shown


def test_the_changelog_has_its_scores_in_a_checkout_and_in_a_wheel():
    """Releases without a change of scores are left out."""
    [first, *_] = changelog.moves_of_scores()

    assert first.text.startswith("- ")
    assert "###" not in first.text
    assert () == changelog.read("## 1\n### Added\n- x\n")


def test_weights_as_they_are_rank_as_published(client):
    """The page says so; the API tells the same scores that it tells elsewhere."""
    told = client.get("/api/method/try").json()
    served = {one["who"]: one["score"] for one in client.get("/api/people").json()["people"]}

    assert {"ann", "bob", "cat"} == set(served)
    assert served == {row["who"]: row["score"] for row in told["ranking"]}
    assert "these are the published scores" in client.get("/method/try").text


def test_other_weights_are_in_the_address_and_nowhere_else(client):
    """What the link says is in the form again; the page tells the scores of the API."""
    asked = {"amplification": "2", "curation": "0", "who": "bob"}
    text, told = client.get("/method/try", params=asked).text, client.get("/api/method/try", params=asked).json()

    assert 'name="amplification" min="0" max="10.0" step="any" value="2"' in text
    assert 'name="curation" min="0" max="10.0" step="any" value="0"' in text
    assert 'value="bob"' in text
    assert "bob" == told["asked"]["who"]
    for row in told["ranking"]:
        assert f"{row['score_before']:.1f} as published, {row['score']:.1f} as tried" in text
    assert any(row["moved"] for row in told["ranking"])
    assert "set-cookie" not in client.get("/method/try", params=asked).headers


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("lists=2", 400),
        ("audience=x", 400),
        ("audience=-1", 400),
        ("who=nobody", 404),
        ("who=x:dan", 404),
        ("who=%00", 404),
    ],
)
def test_what_cannot_be_tried_is_said_on_both(client, asked, status):
    """With the value, and nothing of whom we do not show."""
    page, answer = client.get(f"/method/try?{asked}"), client.get(f"/api/method/try?{asked}")

    assert (status, status) == (page.status_code, answer.status_code)
    assert answer.json()["error"]["message"] in unescape(page.text)


def test_a_server_that_ends_leaves_nothing_of_a_trial(settled):
    """Neither a session nor its folder."""
    spill = settled.settings.home / "spill"
    before = set(spill.iterdir())
    with TestClient(app_of(settled), base_url="http://x") as asks:
        assert 200 == asks.get("/method/try").status_code
        assert set(spill.iterdir()) - before

    assert set(spill.iterdir()) <= before


def test_a_day_of_other_steps_is_refused_and_leaves_nothing(settled, monkeypatch):
    """Published by another renown: the page and the API say so."""
    site, spill = settled.site(), settled.settings.home / "spill"
    other = dataclasses.replace(site.days.find(), method_digest="0")
    monkeypatch.setattr(site.days, "find", lambda *_: other)
    asks = TestClient(community.make_app(site, community.PLENTY, clock=lambda: 0.0), base_url="http://x")
    before = set(spill.iterdir())

    assert [409, 409] == [asks.get(path).status_code for path in ("/method/try", "/api/method/try")]
    assert set(spill.iterdir()) <= before


def test_an_empty_field_is_a_weight_as_it_is(client):
    """Of a form that was sent as it stood."""
    assert "these are the published scores" in client.get("/method/try?audience=&who=&curation=1").text


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("who", ["nobody", "x:103", "x:dan", "x:", "%00", "a" * 900])
def test_who_did_not_ask_for_a_page_has_no_picture(client, who, picture):
    """As everywhere: nothing tells whether an account is known."""
    assert 404 == client.get(f"/people/{who}/{picture}").status_code


@pytest.mark.parametrize("picture", PICTURES)
def test_pictures_are_kept_by_their_tag_and_are_safe(client, picture):
    """Asked again with the tag there is nothing to send; headers are those of pages."""
    first = client.get(f"/people/ann/{picture}")
    again = client.get(f"/people/ann/{picture}", headers={"If-None-Match": first.headers["etag"]})

    assert PICTURES[picture] == first.headers["content-type"].partition(";")[0]
    assert (200, 304) == (first.status_code, again.status_code)
    assert b"" == again.content
    assert "max-age=300" in first.headers["cache-control"]
    assert "nosniff" == first.headers["x-content-type-options"]
    assert "default-src 'none'" in first.headers["content-security-policy"]


def test_a_badge_says_who_and_how_much(client):
    """For eyes and for screen readers; its one style is the one that the policy lets through."""
    answer = client.get("/people/ann/badge.svg")
    root = ET.fromstring(answer.text)
    style = root.findtext(f"{SVG}style")
    score = client.get("/api/people/ann/score").json()["score"]
    texts = [each.text for each in root.iter(f"{SVG}text")]

    assert f"ann: renown {score:.0f} of 100" == root.findtext(f"{SVG}title")
    assert "of everybody scored" in root.findtext(f"{SVG}desc")
    assert ["renown", f"{score:.0f}"] == texts
    assert "prefers-color-scheme:dark" in style
    assert b64encode(hashlib.sha256(style.encode()).digest()).decode() in answer.headers["content-security-policy"]
    ends = [float(each.get("x")) + float(each.get("textLength")) for each in root.iter(f"{SVG}text")]
    assert ends[-1] < float(root.get("width"))


def test_a_card_is_a_picture_of_the_size_that_networks_ask_for(client):
    """And the page names it with the whole address."""
    picture = Image.open(BytesIO(client.get("/people/ann/card.png").content))
    page = client.get("/people/ann").text

    assert ("PNG", (1200, 630)) == (picture.format, picture.size)
    assert '<meta property="og:image" content="https://renown.example/people/ann/card.png">' in page
    assert "https://renown.example/people/ann/badge.svg" in page
    assert '<meta name="twitter:card" content="summary_large_image">' in page


def test_without_an_address_no_picture_is_named(settled):
    """A relative address is none to who reads the page elsewhere."""
    page = TestClient(app_of(settled), base_url="http://x").get("/people/ann").text

    assert "og:title" in page
    assert "og:image" not in page
    assert "twitter:card" not in page
    assert "serve.url" in page


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """Return a client of pages of people with names of all kinds."""
    folder = tmp_path_factory.mktemp("named")
    assembly.make_home(folder / "home")
    home = assembly.open_home(folder / "home", {"RENOWN_URL": "https://renown.example"})
    for n, name in enumerate(NAMES):
        home.people.add(name, [("x", f"{n}")], at=NOW)
    community.taker(home, folder)("account,at,followers", *(f"{n},2024-01-30,9" for n in range(9)), table="profiles")
    jobs.portray.portray(home.reader, home.lake, home.people, home.portraits, community.publisher(home)())
    return TestClient(app_of(home), base_url="http://x")


@pytest.mark.parametrize("name", NAMES)
def test_any_name_has_a_badge_and_a_card(named, name):
    """Shown or left out, never run, never a mistake."""
    home = f"/people/x:{NAMES.index(name)}"
    small, card, page = (named.get(home + what) for what in ("/badge.svg", "/card.png", ""))

    assert f"{name}: renown" in ET.fromstring(small.text).findtext(f"{SVG}title")
    assert (1200, 630) == Image.open(BytesIO(card.content)).size
    assert 200 == page.status_code
    assert "<script>alert" not in page.text + small.text


def test_what_cannot_be_printed_is_not_in_a_badge(site):
    """An account's id may be anything; XML may not."""
    found = dataclasses.replace(site.find("ann"), name="x:a\x00\x1b\ufffe\u202eb")

    assert ET.fromstring(badge.drawn(found, "top 1 %")).findtext(f"{SVG}title").startswith("x:ab: ")


def test_nothing_of_a_card_leaves_its_edges():
    """Whatever the name, the score and the line."""
    for face in (
        Face("W" * 100, "100", "top 0.000001 %", "30 September 2026", (50.0,) * 90),
        Face("ada", "1", "top 100 %", "1 May 2026", ()),
        Face("ada", "50", "top 50 %", "1 May 2026", (None, 1.0, None, 100.0)),
    ):
        picture = Image.open(BytesIO(drawn(face)))
        paper = picture.getpixel((10, 600))
        edges = [picture.crop((0, 20, 40, HEIGHT)), picture.crop((WIDTH - 40, 20, WIDTH, HEIGHT))]
        assert all([(40 * (HEIGHT - 20), paper)] == edge.getcolors() for edge in edges)
        assert len(picture.getcolors(100_000)) > 10


def test_a_card_is_made_once_of_a_score():
    """And again when anything that it shows changes."""
    face = Face("once", "50", "top 50 %", "1 May 2026", (1.0, 2.0))

    assert drawn(face) is drawn(Face("once", "50", "top 50 %", "1 May 2026", (1.0, 2.0)))
    assert drawn(face) != drawn(dataclasses.replace(face, scores=(2.0, 1.0)))


def test_who_opts_out_has_no_picture_any_more(tmp_path):
    """From the next request on, though a card of theirs was made before."""
    home = community.settled(tmp_path / "home", days=(0,))
    asks = TestClient(app_of(home), base_url="http://x")
    assert 200 == asks.get("/people/bob/card.png").status_code
    with home.reader() as engine:
        jobs.opt_out(engine, home, answers.who("bob", engine, home.lake, home.people), now=NOW)

    assert [404, 404] == [asks.get(f"/people/bob/{picture}").status_code for picture in PICTURES]


def test_a_very_long_name_is_cut_in_few_looks(monkeypatch):
    """To as many letters as fit; a thousand looks at a thousand letters took a second of a server's time."""
    looks = []
    monkeypatch.setattr(lettering, "width", lambda text, *_: looks.append(text) or 10.0 * len(text))

    assert ("w" * 49 + "…", 20) == lettering.fitted("w" * 1200, "bold", (40, 20), 500)
    assert len(looks) < 20
