"""
Measure what a fresh installation takes on disk, by distribution, and how large the wheel is.

    python benchmarks/install_size.py                    # the base: requirements.lock
    python benchmarks/install_size.py --extra plot       # and what an extra adds

It creates a virtual environment, installs the locked requirements and the wheel, and adds up the files of every
distribution, bytecode apart. Before it prints anything it checks that no file in the environment is left out, and that
the installed program starts. pip and setuptools, which every environment has, do not count.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).parent.parent
MAX_BASE_MB, MAX_WHEEL_MB = 350, 2
_INSTALLERS = {"pip", "setuptools"}
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class DistributionSize:
    """Size of an installed distribution in bytes."""

    name: str
    files: int
    """All files but bytecode."""
    bytecode: int

    @property
    def total(self) -> int:
        """Size of all files."""
        return self.files + self.bytecode


def main() -> None:
    """Install, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extra", action="append", default=[], help="also install an extra; can be repeated")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(Path(folder))
        environment = install(Path(folder) / "environment", wheel, arguments.extra)
        sizes = measure(environment)
        wheel_size = wheel.stat().st_size
    if arguments.json:
        print(json.dumps({"wheel": wheel_size, "distributions": [vars(size) for size in sizes]}, indent=2))
        return
    print_sizes(sizes, wheel_size, is_base=not arguments.extra)


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this project."""
    _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    return next(folder.glob("renown-*.whl"))


def install(environment: Path, wheel: Path, extras: Sequence[str]) -> Path:
    """Install the locked requirements and the wheel into a new virtual environment; start the program once."""
    venv.create(environment, with_pip=True)
    pip = (str(environment / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check")
    _run(*pip, "--require-hashes", "-r", str(ROOT / "requirements.lock"))
    _run(*pip, f"{wheel}[{','.join(extras)}]" if extras else str(wheel))
    _run(str(environment / "bin" / "renown"), "--version")
    return environment


def measure(environment: Path) -> list[DistributionSize]:
    """
    Measure the distributions in an environment, largest first.

    Raises
    ------
    RuntimeError
        If a file of its packages belongs to no distribution.
    """
    [site] = environment.glob("lib/python*/site-packages")
    sizes, measured = [], set()
    for distribution in distributions(path=[str(site)]):
        files = {Path(str(distribution.locate_file(file))).resolve() for file in distribution.files or ()}
        present = {file for file in files if file.is_file()}
        measured |= present
        bytecode = sum(file.stat().st_size for file in present if file.suffix == ".pyc")
        total = sum(file.stat().st_size for file in present)
        sizes.append(DistributionSize(distribution.metadata["Name"], total - bytecode, bytecode))
    # Bytecode that is compiled later is in no list.
    unknown = {file for file in site.resolve().rglob("*") if file.is_file() and file.suffix != ".pyc"} - measured
    if unknown:
        raise RuntimeError(f"{len(unknown)} files belong to no distribution, such as {min(unknown)}")
    return sorted((size for size in sizes if size.name not in _INSTALLERS), key=lambda size: size.total, reverse=True)


def print_sizes(sizes: list[DistributionSize], wheel_size: int, *, is_base: bool) -> None:
    """Print the distributions that take a megabyte or more, the rest, the sum, and the limits."""
    large = [size for size in sizes if size.total >= _MEGABYTE]
    small = [size for size in sizes if size.total < _MEGABYTE]
    rest = DistributionSize(
        f"{len(small)} others", sum(size.files for size in small), sum(size.bytecode for size in small)
    )
    every = DistributionSize("all", sum(size.files for size in sizes), sum(size.bytecode for size in sizes))
    print("| distribution | MB | of it bytecode |\n|---|---|---|")
    for size in (*large, rest, every):
        print(f"| {size.name} | {size.total / _MEGABYTE:.1f} | {size.bytecode / _MEGABYTE:.1f} |")
    print(f"\nwheel: {wheel_size / _MEGABYTE:.2f} MB (limit {MAX_WHEEL_MB})")
    if is_base:
        print(f"base installation: {every.total / _MEGABYTE:.0f} MB (limit {MAX_BASE_MB})")


def _run(*command: str) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} … failed: {result.stderr[-2000:]}")


if __name__ == "__main__":
    main()
