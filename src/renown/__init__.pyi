from .frames import open as open  # noqa: A004 - renown.open

__version__: str
