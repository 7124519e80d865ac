"""The folder of a home, which commands find before they read any settings."""

from collections.abc import Mapping
from pathlib import Path

SETTINGS_FILE = "settings.toml"
DEFAULT_HOME = "~/.renown"
DEMO_HOME = "renown-demo"


def resolve_home(option: Path | None, environment: Mapping[str, str], default: str = DEFAULT_HOME) -> Path:
    """Return the home folder: that of the option, else of RENOWN_HOME, else the default."""
    return Path(option or environment.get("RENOWN_HOME") or default).expanduser().absolute()
