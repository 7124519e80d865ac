"""
Take the screenshots of the documentation: pages of the demo in a browser.

    python docs/screenshots.py          # creates the demo, serves it, writes docs/screenshots

It needs Chromium (`apt-get install chromium`, or its path in RENOWN_CHROMIUM). The day and the random seed are fixed,
so that a screenshot changes only if its page does.
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

from browser import PAGES, SIZES, find_chromium, launch_chromium, open_tab  # noqa: E402 - needs the path above
from demo_site import LAST, serve_home  # noqa: E402 - as above

SCREENSHOTS = {
    "start": ("start", "desktop", "light", 900),
    "people": ("people", "desktop", "light", 900),
    "person": ("person", "desktop", "light", 1500),
    "person-phone": ("person", "phone", "dark", 844),
    "why": ("why", "desktop", "light", 900),
    "goal": ("goal", "desktop", "light", 1200),
    "compare": ("compare", "desktop", "light", 1200),
    "race": ("challenge-wall", "desktop", "dark", 900),
    "method-try": ("custom-weights", "desktop", "light", 900),
}
"""Name of each screenshot to its page, window size, colour scheme and height in pixels."""
_COLOURS = 96
"""Number of colours: enough for antialiased text and lines; files get a third of the size."""
_MAX_BYTES = 80_000
"""Maximum bytes of a screenshot."""


def take_screenshots(site: str, folder: Path) -> None:
    """Take all screenshots."""
    executable = find_chromium()
    if executable is None:
        sys.exit("Chromium is not installed; run `apt-get install chromium`, or set RENOWN_CHROMIUM to its path")
    folder.mkdir(exist_ok=True)
    with sync_playwright() as playwright, launch_chromium(playwright, executable) as browser:
        for name, (page, size, scheme, height) in SCREENSHOTS.items():
            clip: FloatRect = {"x": 0, "y": 0, "width": SIZES[size][0], "height": height}
            with open_tab(browser, site, size, color_scheme=scheme) as tab:
                screenshot = tab.open(PAGES[page]).page.screenshot(full_page=True, clip=clip)
            compressed_image = compress(screenshot)
            if len(compressed_image) > _MAX_BYTES:
                sys.exit(
                    f"the screenshot {name} has {len(compressed_image)} bytes, over {_MAX_BYTES}; "
                    f"show fewer than {height} pixels"
                )
            (folder / f"{name}.png").write_bytes(compressed_image)


def compress(image: bytes) -> bytes:
    """Compress a screenshot by reducing its colours."""
    buffer = io.BytesIO()
    palette_image = Image.open(io.BytesIO(image)).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    palette_image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def main() -> None:
    """Create the demo in a temporary folder and take screenshots of it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "demo"
        command = [sys.executable, "-m", "renown", "--home", str(home), "demo", "--day", str(LAST), "--seed", "1"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        with serve_home(home) as site:
            take_screenshots(site, ROOT / "screenshots")


if __name__ == "__main__":
    main()
