"""The home: a folder with settings, lake and store."""

from renown.home.check import check_home
from renown.home.folder import create_home, open_demo, open_home
from renown.home.parts import Home

__all__ = ["Home", "check_home", "create_home", "open_demo", "open_home"]
