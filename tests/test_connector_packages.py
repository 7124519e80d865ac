"""Connectors from other packages: installed with pip, found by the entry-point group `renown.connectors`."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from proofs import only_in_full
from renown.connectors import CONNECTORS

GUIDE = Path(__file__).parents[1] / "docs" / "how-to" / "own-network.md"
CONNECTOR = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[1]
"""The complete connector that the guide shows, for the network `example`."""
PROGRAM = """
import sys
from renown.errors import RenownError
try:
    from renown.connectors import CONNECTORS
except RenownError as error:
    sys.exit(str(error))
print(*sorted(CONNECTORS))
"""


def install(folder, entry_point, code=CONNECTOR):
    """Build a wheel with one module and an entry point, and install it into a folder with pip."""
    wheel = folder / "renown_example-1.0-py3-none-any.whl"
    info = "renown_example-1.0.dist-info"
    files = {
        "renown_example.py": code,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: renown-example\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[renown.connectors]\nexample = {entry_point}\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in (files | {f"{info}/RECORD": record}).items():
            archive.writestr(name, text)
    target = folder / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", target, wheel]
    subprocess.run(pip, check=True, timeout=120, capture_output=True)
    return target


def run(program, target):
    """Run a program with the installed package."""
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(target)!r})\n{program}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.proof
@only_in_full
def test_connector_of_an_installed_package_is_registered(tmp_path):
    """After `pip install`, the network is there beside the built-in ones, also in `renown add --help`."""
    target = install(tmp_path, "renown_example:CONNECTOR")

    assert {*CONNECTORS, "example"} == set(run(PROGRAM, target).stdout.split())
    printed = run("sys.argv = ['renown', 'add', '--help']; from renown.cli import main; main()", target).stdout
    assert "--example ada" in " ".join(printed.split())


@pytest.mark.proof
@pytest.mark.parametrize(
    ("entry_point", "code", "reason"),
    [
        ("renown_example:MISSING", CONNECTOR, "it fails with AttributeError"),
        ("renown_example:find", CONNECTOR, "it is a function, not a Connector"),
        (
            "renown_example:CONNECTOR",
            CONNECTOR.replace('"example"', '"mastodon"'),
            "a connector for 'mastodon' already",
        ),
        ("renown_example:CONNECTOR", "raise ValueError('broken')", "it fails with ValueError('broken')"),
    ],
)
def test_broken_connector_package_is_named(tmp_path, entry_point, code, reason):
    """The error names the entry point, what is wrong with it, and what to do."""
    result = run(PROGRAM, install(tmp_path, entry_point, code))

    assert 1 == result.returncode
    assert f"cannot load the connector '{entry_point}' of an installed package" in result.stderr
    assert reason in result.stderr
    assert "update or uninstall that package" in result.stderr
