"""Decode pictures from elsewhere without trust, and encode them again: small, square, without metadata."""

import io
import warnings
from typing import TYPE_CHECKING

from renown.errors import InvalidInputError

if TYPE_CHECKING:
    from PIL import Image

PICTURE_SIZE = 192
"""Maximum width and height of stored pictures in pixels: twice the largest size on pages."""
_FORMATS = ("WEBP", "PNG", "JPEG", "GIF")
"""Decoders that may run; Pillow would try some forty others."""
_MAX_PIXELS = 4096 * 4096
"""Maximum pixels of a picture before it is resized; it takes four bytes for each."""
_MAX_SCANS = 100
"""Maximum scans of a JPEG: each costs a pass over all pixels and may have only a few bytes; usual are ten."""
_SCAN_MARKER = b"\xff\xda"
"""Start of scan (ITU-T T.81, B.1.1.3); compressed data cannot contain it."""
_QUALITY = 80


def normalize_picture(content: bytes) -> bytes:
    """
    Return a picture as WebP: the first image of an animation, square, at most `PICTURE_SIZE` pixels wide.

    Only pixels are kept: no EXIF data (its orientation is applied), colour profile or comment.

    Raises
    ------
    InvalidInputError
        If it is not one of the formats, damaged, or too large to decode.
    """
    from PIL import Image  # noqa: PLC0415 - few commands need it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata, which is dropped
            with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                _check_cost(image, content)
                return _encode(image)
    except InvalidInputError:
        raise
    except Image.DecompressionBombError:
        raise InvalidInputError("the picture has too many pixels to be decoded") from None
    except Exception as error:  # noqa: BLE001 - decoders of damaged data raise anything
        raise InvalidInputError(f"the picture cannot be decoded ({type(error).__name__})") from None


def _check_cost(image: "Image.Image", content: bytes) -> None:
    """Check what decoding would cost, by the header alone (decompression bombs)."""
    width, height = image.size
    if width * height > _MAX_PIXELS:
        raise InvalidInputError(f"the picture has {width} x {height} pixels; at most {_MAX_PIXELS:,} are decoded")
    if image.format == "JPEG" and (scans := content.count(_SCAN_MARKER)) > _MAX_SCANS:
        raise InvalidInputError(f"the picture has {scans} scans; at most {_MAX_SCANS} are decoded")


def _encode(image: "Image.Image") -> bytes:
    from PIL import Image, ImageOps  # noqa: PLC0415 - see above

    # A JPEG is decoded at a fraction of its size.
    image.draft("RGB", (2 * PICTURE_SIZE, 2 * PICTURE_SIZE))
    upright = ImageOps.exif_transpose(image)
    pixels = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    size = min(PICTURE_SIZE, *pixels.size)
    square = ImageOps.fit(pixels, (size, size), Image.Resampling.LANCZOS)
    # A new image, because a copy keeps the metadata.
    plain = Image.new(square.mode, square.size)
    plain.paste(square)
    body = io.BytesIO()
    plain.save(body, "WEBP", quality=_QUALITY)
    return body.getvalue()
