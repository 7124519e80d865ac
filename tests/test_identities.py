"""Display names and pictures: cleaned, decoded without trust, collected with consent, erased with the person."""

import contextlib
import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from conftest import NOW
from http_server import reply
from renown import ingest, privacy
from renown.answers import choose_identity
from renown.connectors.base import Account, AccountIdentity, ReadLimits
from renown.connectors.discourse.api import to_identity as to_discourse_identity
from renown.connectors.discourse.models import DiscourseProfile
from renown.connectors.http import Client, RequestBudget
from renown.connectors.http.urls import Server
from renown.connectors.mastodon.accounts import MastodonAccountDetails, build_identity
from renown.connectors.pictures import fetch_picture, resolve_picture_url
from renown.connectors.stackexchange.models import StackUser
from renown.connectors.x.accounts import to_identity as to_x_identity
from renown.connectors.x.models import XUser
from renown.errors import InvalidInputError, NetworkRefusedError
from renown.ingest.identities import MAX_NAME_LENGTH, IdentityCollector, clean_display_name
from renown.ingest.pictures import PICTURE_SIZE, normalize_picture
from renown.scoring import load_subject
from renown.store import IdentityChoice, Picture, StoredIdentity
from test_fetch import Toy

ADA = Account("1", "ada")
HIDDEN_TEXT = b"taken at 48.85 N 2.35 E"


def picture(file_format="PNG", size=(400, 300), mode="RGB", colour="#2457a6", **options):
    """Return the file of a picture."""
    body = io.BytesIO()
    Image.new(mode, size, colour).save(body, file_format, **options)
    return body.getvalue()


def decode(content):
    """Return a decoded picture."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def png_header(width, height):
    """Return a PNG that promises many pixels and has none."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("  Ada \t Lovelace\n", "Ada Lovelace"),
        ("Ada\u202egnp.exe", "Adagnp.exe"),
        ("\u2066evil\u2069 \u200eAda\u200f", "evil Ada"),
        ("a\x00b\x1b[31mc\x7f\x85", "ab[31mc"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("A" + "\u0301\u0316" * 20, "Á\u0316\u0316"),
        ("👩\u200d💻 Ada\u200d", "👩\u200d💻 Ada"),
        ("\u3164\u2800 \u200b", ""),
        ("مریم", "مریم"),
        ("\ud83d lone", "lone"),
        ("x" * 500, "x" * MAX_NAME_LENGTH),
    ],
)
def test_display_name_cannot_rearrange_a_page(name, expected):
    """Invisible characters, overrides of direction and piles of marks go; letters of all scripts stay."""
    assert expected == clean_display_name(name)


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_clean_display_name_is_clean(name):
    """Cleaning twice changes nothing, and what is left can be stored."""
    cleaned = clean_display_name(name)
    assert cleaned == clean_display_name(cleaned)
    assert len(cleaned) <= MAX_NAME_LENGTH
    assert len(cleaned.splitlines()) <= 1
    cleaned.encode()


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (picture(), PICTURE_SIZE),
        (picture("JPEG", size=(3000, 2000)), PICTURE_SIZE),
        (picture("WEBP", size=(64, 80)), 64),
        (picture("PNG", mode="RGBA", colour="#2457a680"), PICTURE_SIZE),
        (picture("PNG", mode="P", colour=3), PICTURE_SIZE),
        (picture("PNG", mode="I;16", colour=9), PICTURE_SIZE),
        (picture("JPEG", mode="CMYK", colour=(9, 9, 9, 9)), PICTURE_SIZE),
        (picture("GIF", save_all=True, append_images=[Image.new("RGB", (400, 300), "red")] * 3), PICTURE_SIZE),
        (picture(size=(1, 1)), 1),
    ],
    ids=["png", "jpeg", "small", "transparent", "palette", "deep", "cmyk", "animation", "one pixel"],
)
def test_picture_becomes_a_small_square(content, size):
    """Of every format, and of an animation the first image."""
    image = decode(normalize_picture(content))
    assert ("WEBP", (size, size), False) == (image.format, image.size, getattr(image, "is_animated", False))


def test_picture_keeps_pixels_only():
    """Orientation is applied; position, comment and colour profile are gone."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, HIDDEN_TEXT.decode()  # turned to the right, and a description
    source = Image.new("RGB", (200, 200), "#2457a6")
    source.paste("#ffffff", (0, 0, 200, 100))
    body = io.BytesIO()
    source.save(body, "JPEG", exif=exif, comment=HIDDEN_TEXT, icc_profile=HIDDEN_TEXT)
    assert HIDDEN_TEXT in body.getvalue()

    content = normalize_picture(body.getvalue())

    image = decode(content)
    assert HIDDEN_TEXT not in content
    assert not {"exif", "icc_profile", "comment", "xmp"} & image.info.keys()
    left, right = (image.getpixel((x, 96))[0] for x in (20, 170))
    assert left < 100
    assert right > 240


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (png_header(60_000, 60_000), "pixels"),
        (png_header(2**31 - 1, 2**31 - 1), "pixels"),
        (picture(size=(5000, 5000), mode="1", colour=1), "pixels"),
        (picture("JPEG") + b"\xff\xda\x00\x02" * 5000, "scans"),
        (picture("JPEG", size=(600, 600))[:900], "cannot be decoded"),
        (picture()[:60], "cannot be decoded"),
        (png_header(300, 300), "cannot be decoded"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "cannot be decoded"),
        (picture("BMP"), "cannot be decoded"),
        (b"<html>not found</html>", "cannot be decoded"),
        (b"", "cannot be decoded"),
    ],
    ids=[
        "bomb",
        "larger bomb",
        "many pixels",
        "many scans",
        "cut",
        "cut png",
        "no pixels",
        "svg",
        "bmp",
        "html",
        "empty",
    ],
)
def test_hostile_picture_is_refused(content, reason):
    """With one error, before anything large is decoded."""
    with pytest.raises(InvalidInputError, match=reason):
        normalize_picture(content)


@given(st.integers(0, 2_000), st.binary(min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_damaged_picture_is_refused_or_decoded(position, noise):
    """Whatever bytes are replaced, there is a small picture or our own error."""
    body = bytearray(picture("JPEG", size=(120, 120)))
    body[position % len(body) : position % len(body) + len(noise)] = noise
    with contextlib.suppress(InvalidInputError):
        assert max(decode(normalize_picture(bytes(body))).size) <= PICTURE_SIZE


class PictureServer:
    """Answers requests for pictures with an ETag; the test sets the picture."""

    def __init__(self, site):
        self.site, self.content, self.kind, self.status = site, picture(), "image/png", 200
        site.script = [self.respond]

    @property
    def etag(self):
        """Return the validator of the picture."""
        return f'"{zlib.crc32(self.content)}"'

    def respond(self, request):
        """Answer one request."""
        is_known = request.headers.get("If-None-Match") == self.etag
        status, body = (304, b"") if is_known else (self.status, self.content)
        request.wfile.write(reply(status, body, kind=self.kind, ETag=self.etag))


@pytest.fixture
def pictures(site):
    """Return a server of pictures."""
    return PictureServer(site)


@pytest.fixture
def collect(home, site):
    """Return a function that reads Ada with a display name and a picture, and returns the summary."""

    def collect_once(url="/ada.png", name="Ada L.", *, has_pictures=True):
        toy = Toy()
        toy.identity = AccountIdentity(display_name=name, avatar_url=url)
        [summary] = ingest.fetch_network(
            home.reader,
            home.lake,
            home.sync_states,
            [(toy.connector, ADA)],
            lambda *_: Client(
                Server(site.url, private_ok=True, token=ADA.handle),
                RequestBudget(9, 9),
                clock=lambda: 0.0,
                sleep=print,
                seed=1,
            ),
            now=lambda: NOW,
            limits=ReadLimits(),
            identities=IdentityCollector(identities=home.identities, has_pictures=has_pictures),
        )
        return summary

    return collect_once


def test_identity_is_collected_with_one_conditional_request(home, site, pictures, collect):
    """From a network to the store: the name cleaned, the picture small; unchanged, it is not sent again."""
    home.people.add("ada", [("toy", "1")], at=NOW)

    assert "" == collect(name=" Ada\u202e L. ").message
    stored = home.identities.find("toy", "1")
    assert "Ada L." == stored.display_name
    assert (PICTURE_SIZE, PICTURE_SIZE) == decode(stored.picture.content).size
    assert f"{site.url}/ada.png" == stored.picture.source_url
    headers = site.requests[0][1]
    assert "image/webp" in headers["Accept"]
    assert "Authorization" not in headers

    assert "" == collect().message
    assert stored == home.identities.find("toy", "1")
    assert [False, True] == ["If-None-Match" in headers for _, headers in site.requests]
    pictures.content = picture(colour="#ad3410")
    assert "" == collect().message
    assert stored.picture.digest != home.identities.find("toy", "1").picture.digest
    assert 3 == len(site.requests)
    assert "" == collect(url=None, name=None).message
    assert StoredIdentity(network="toy", account_id="1") == home.identities.find("toy", "1")


def test_broken_picture_costs_only_the_picture(home, site, pictures, collect):
    """What was refused is removed and told; what may come back stays; the account is read all the same."""
    home.people.add("ada", [("toy", "1")], at=NOW)
    collect()
    pictures.status, pictures.content = 503, b"?"
    summary = collect()
    assert "the picture was not read" in summary.message
    assert summary.complete
    assert home.identities.find("toy", "1").picture
    for kind, content, reason in [
        ("image/svg+xml", b"<svg/>", "not a picture of"),
        ("image/png", png_header(5_000, 5_000), "5000 x 5000 pixels"),
        ("image/png", picture() + b"\0" * 5_000_000, "larger than 5,000,000 bytes"),
    ]:
        pictures.status, pictures.kind, pictures.content = 200, kind, content
        assert reason in collect().message
        assert home.identities.find("toy", "1").picture is None
    assert "Ada L." == home.identities.find("toy", "1").display_name
    assert 5 == len(site.requests)


@pytest.mark.parametrize("status", [404, 410])
def test_address_without_a_picture_is_no_problem(home, site, pictures, collect, status):
    """The account has none any more: it is removed, and no message tells of it at every run."""
    home.people.add("ada", [("toy", "1")], at=NOW)
    collect()
    pictures.status, pictures.content = status, b"?"
    assert "" == collect().message
    assert home.identities.find("toy", "1").picture is None
    assert 2 == len(site.requests)


@pytest.mark.parametrize(
    ("build", "default", "own"),
    [
        (
            lambda url: build_identity(MastodonAccountDetails(acct="ada", avatar_static=url)),
            "https://m.example/avatars/original/missing.png",
            "https://m.example/accounts/avatars/1/original/missing.png.png",
        ),
        *(
            (
                lambda url: to_discourse_identity(DiscourseProfile(id=1, username="ada", avatar_template=url)),
                default,
                "/user_avatar/forum.example/letter_avatar/240/9_2.png",
            )
            for default in (
                "/letter_avatar_proxy/v4/letter/a/258eb7/{size}.png",
                "/letter_avatar/ada/{size}/5_abc.png",
                "https://avatars.discourse-cdn.com/v4/letter/a/258eb7/{size}.png",
            )
        ),
        (
            lambda url: to_x_identity(XUser(id="1", profile_image_url=url)),
            "https://abs.twimg.com/sticky/default_profile_images/default_profile_normal.png",
            "https://pbs.twimg.com/profile_images/1/default_profile_images_400x400.png",
        ),
        (
            lambda url: StackUser(user_id=1, profile_image=url).to_identity(),
            "https://www.gravatar.com/avatar/0bc8?s=256&d=identicon&r=PG&f=y",
            "https://www.gravatar.com/avatar/0bc8?s=256&r=PG&d=404",
        ),
    ],
)
def test_picture_that_everybody_without_one_has_is_none(build, default, own):
    """Initials are better; what somebody uploaded stays, whatever it is called."""
    assert build(default).avatar_url is None
    assert own == build(own).avatar_url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://localhost:1/ada.png", "not a public address"),
        ("http://169.254.169.254/latest/meta-data", "not a public address"),
        ("http://[::1]/ada.png", "not a public address"),
        ("file:///etc/passwd", "not an http or https URL"),
        ("https://x.example:65559/a.png", "not an http or https URL"),
        ("data:image/png;base64,AAAA", "not an http or https URL"),
        ("javascript:alert(1)", "not an http or https URL"),
        ("https://user:secret@x.example/a.png", "password"),
        ("https://x.example/" + "a" * 3000, "not an http or https URL"),
    ],
)
def test_picture_is_not_read_from_everywhere(client, site, url, reason):
    """No private address but that of a server of one's own, and nothing but http and https."""
    with pytest.raises(NetworkRefusedError, match=reason):
        fetch_picture(client(), resolve_picture_url(client(), url))
    assert [] == site.requests


def test_public_server_cannot_lead_to_a_private_address(site):
    """The server of the settings is an exception only if the settings say so."""
    api = Client(Server(site.url), RequestBudget(9, 9), clock=lambda: 0.0, sleep=print, seed=1)
    with pytest.raises(NetworkRefusedError, match="not a public address"):
        fetch_picture(api, f"{site.url}/ada.png")
    assert [] == site.requests


@pytest.mark.usefixtures("pictures")
def test_only_consenting_people_are_collected(home, site, collect):
    """Not accounts that nobody claimed, and not people who opted out, whose picture goes at once."""
    collect()
    assert home.identities.find("toy", "1") is None
    person = home.people.add("ada", [("toy", "1")], at=NOW)
    collect()
    assert home.identities.find("toy", "1").picture
    with home.reader() as engine:
        privacy.hide(engine, home.personal_data, person, now=NOW)
    assert [] == home.identities.list_of(person.key)
    assert not home.identities.save(StoredIdentity(network="toy", account_id="1"), at=NOW)
    assert 1 == len(site.requests)


@pytest.mark.usefixtures("pictures")
def test_identity_goes_with_its_claim(home, collect):
    """Whoever loses an account loses its name and picture; opting out deletes both."""
    person = home.people.add("ada", [("toy", "1"), ("x", "2")], at=NOW)
    collect()
    home.people.remove_claim(person, "toy", "1")
    assert home.identities.find("toy", "1") is None
    home.people.add("ada", [("toy", "1")], at=NOW)
    collect()
    with home.reader() as engine:
        subject = load_subject(person, engine, home.lake)
        privacy.opt_out_people(engine, home.personal_data, [subject], now=NOW)
    assert home.identities.find("toy", "1") is None


@pytest.mark.usefixtures("pictures")
def test_pictures_can_be_switched_off(home, site, collect):
    """The name stays, the stored picture is deleted, and none is requested."""
    home.people.add("ada", [("toy", "1")], at=NOW)
    collect()
    collect(has_pictures=False)
    assert StoredIdentity(network="toy", account_id="1", display_name="Ada L.") == home.identities.find("toy", "1")
    assert 1 == len(site.requests)


def test_first_verified_account_is_shown_unless_another_is_chosen(home):
    """Name and picture are of one account: the chosen one, or a verified one, or the one claimed first."""
    person = home.people.add("ada", [("toy", "1"), ("x", "2")], at=NOW)
    for network, account_id, name in (("toy", "1", "Toy Ada"), ("x", "2", "X Ada")):
        content = Picture(content=name.encode(), source_url="https://x.example/")
        home.identities.save(
            StoredIdentity(network=network, account_id=account_id, display_name=name, picture=content), at=NOW
        )

    def shown():
        identity = choose_identity(home.identities.list_candidates(["ada", "bob"]))
        return identity.display_name, bool(identity.digest)

    assert ("Toy Ada", True) == shown()
    home.people.record_proof("x", "2", "token", at=NOW)
    assert ("X Ada", True) == shown()
    version = home.people.visibility.version().number
    home.identities.choose(person.key, IdentityChoice(network="toy", account_id="1", shows_picture=False))
    assert ("Toy Ada", False) == shown()
    assert version < home.people.visibility.version().number
    home.identities.choose(person.key, IdentityChoice(shows_name=False))
    assert ("", True) == shown()
