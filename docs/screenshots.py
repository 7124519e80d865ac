"""
Take the pictures of the documentation: pages of the demo's people, as a browser shows them.

    python docs/screenshots.py          # makes the demo, serves it, and writes docs/screenshots

It needs Chromium (`apt-get install chromium`, or its path in RENOWN_CHROMIUM). The day and the seed are fixed, so
that a picture changes with the page and with nothing else.
"""

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import FloatRect, sync_playwright

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT.parent / "tests"))

from browser import PAGES, SIZES, chromium, launched, visitor  # noqa: E402 - where the tests lie is said above
from demo_site import LAST, served  # noqa: E402 - as above

TAKEN = {
    "start": ("start", "desktop", "light", 900),
    "people": ("people", "desktop", "light", 900),
    "person": ("person", "desktop", "light", 1500),
    "person-phone": ("person", "phone", "dark", 844),
    "why": ("why", "desktop", "light", 900),
    "way": ("way", "desktop", "light", 1200),
    "compare": ("compare", "desktop", "light", 1200),
    "race": ("race", "desktop", "dark", 800),
    "method-try": ("try", "desktop", "light", 900),
}
"""Picture to page, size of the window, colours, and how many pixels of the page are shown."""
_COLOURS = 96
"""Enough for text, lines and their soft edges; a picture is a third as large as with all."""
_MOST = 80_000
"""Bytes of a picture."""


def pictures(site: str, folder: Path) -> None:
    """Take every picture."""
    executable = chromium()
    if executable is None:
        sys.exit("Chromium is not installed; `apt-get install chromium`, or name one in RENOWN_CHROMIUM")
    folder.mkdir(exist_ok=True)
    with sync_playwright() as playwright, launched(playwright, executable) as browser:
        for name, (page, size, scheme, height) in TAKEN.items():
            part: FloatRect = {"x": 0, "y": 0, "width": SIZES[size][0], "height": height}
            with visitor(browser, site, size, color_scheme=scheme) as someone:
                taken = someone.open(PAGES[page]).page.screenshot(full_page=True, clip=part)
            small = packed(taken)
            if len(small) > _MOST:
                sys.exit(f"the picture {name} has {len(small)} bytes; show less of the page than {height} pixels")
            (folder / f"{name}.png").write_bytes(small)


def packed(picture: bytes) -> bytes:
    """Return a picture with few colours."""
    made = io.BytesIO()
    few = Image.open(io.BytesIO(picture)).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    few.save(made, "PNG", optimize=True)
    return made.getvalue()


def main() -> None:
    """Make the demo in a folder of its own and take pictures of it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "demo"
        command = [sys.executable, "-m", "renown", "--home", str(home), "demo", "--day", str(LAST), "--seed", "1"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        with served(home) as site:
            pictures(site, ROOT / "screenshots")


if __name__ == "__main__":
    main()
