"""Display names and pictures of the demo's colleagues: drawn shapes, since nobody there is real."""

import colorsys
import io
import zlib
from datetime import datetime
from random import Random

from renown.demo.named import COLLEAGUES
from renown.demo.records import account_id
from renown.ingest.pictures import PICTURE_SIZE, normalize_picture
from renown.store import IdentityStore, Picture, StoredIdentity

_SHAPES = 5


def save_demo_identities(identities: IdentityStore, *, at: datetime) -> None:
    """Store the display names of the colleagues who have one, each with a picture."""
    for member in (member for member in COLLEAGUES if member.display_name):
        network, account = member.networks[0], account_id(member.networks[0], member.name)
        picture = Picture(content=_draw_picture(member.name), source_url=f"https://{network}.example/{member.name}.png")
        identity = StoredIdentity(
            network=network, account_id=account, display_name=member.display_name, picture=picture
        )
        identities.save(identity, at=at)


def _draw_picture(name: str) -> bytes:
    """Draw circles in colours of one hue; the same name gives the same picture."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - few commands need it

    rng = Random(zlib.crc32(name.encode()))  # noqa: S311 - no secret
    hue = rng.random()
    image = Image.new("RGB", (PICTURE_SIZE, PICTURE_SIZE), _colour(hue, 0.35))
    canvas = ImageDraw.Draw(image)
    for number in range(_SHAPES):
        radius = PICTURE_SIZE * rng.uniform(0.1, 0.4)
        centre = (rng.uniform(0, PICTURE_SIZE), rng.uniform(0, PICTURE_SIZE))
        canvas.circle(centre, radius, _colour(hue + 0.04 * number, 0.45 + 0.1 * number))
    body = io.BytesIO()
    image.save(body, "PNG")
    return normalize_picture(body.getvalue())


def _colour(hue: float, lightness: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hls_to_rgb(hue % 1, lightness, 0.55)
    return round(255 * red), round(255 * green), round(255 * blue)
