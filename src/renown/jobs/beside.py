"""Beside: a command of this program in a process of its own, which goes on when this one ends."""

import os
import subprocess
import sys
import threading
from pathlib import Path


def beside(home: Path, store: str, *command: str) -> None:
    """
    Begin a command on a home, and wait for nothing.

    Parameters
    ----------
    home : Path
    store : str
        Address of its database, where that is no file of the home.
    command : str
        Its words.
    """
    begun = subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-m", "renown", "--home", str(home), *command],
        env=os.environ | ({"RENOWN_STORE": store} if store else {}),
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    threading.Thread(target=begun.wait, daemon=True).start()
