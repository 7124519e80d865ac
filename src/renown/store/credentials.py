"""
Store of credentials: tokens per network, server and account, one file each that only its owner can read.

They are files and not rows of the database, so that no copy, export or dump of it contains them.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import msgspec

from renown.errors import HomeError, InvalidInputError, InvalidSettingsError
from renown.fsync import sync_path

_OTHERS_MASK = 0o077
"""Permissions of the group and of others."""


class Credential(msgspec.Struct, kw_only=True, omit_defaults=True, frozen=True):
    """A token with which a network is read, and what renews it."""

    network: str
    server: str = ""
    """Host that it is for; empty for the one server of the network, or that of the settings."""
    account_id: str = ""
    """Account that it belongs to; empty to read all accounts with it."""
    access_token: str
    expires_at: int = 0
    """When the access token expires, in seconds since 1970; 0 if it does not, or nobody knows."""
    refresh_token: str = ""
    """Renews the access token; many networks accept it once and send a new one."""
    token_url: str = ""
    """Where the access token is renewed (RFC 6749, 3.2)."""
    client_id: str = ""
    client_secret: str = ""

    def __repr__(self) -> str:
        """Show what it is for, no secret."""
        return f"<Credential {self.name}>"

    @property
    def name(self) -> str:
        """Name for messages, without a secret."""
        server = f" at {self.server}" if self.server else ""
        return f"{self.network}{server}{f' of {self.account_id}' if self.account_id else ''}"


class CredentialStore:
    """
    Credentials in a folder.

    Parameters
    ----------
    folder : Path
        Created with the first credential, readable by its owner only.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, network: str, server: str, account_id: str) -> Credential | None:
        """Return the most specific credential for an account at a server: its own, the server's, the network's."""
        for key in ((server, account_id), ("", account_id), (server, ""), ("", "")):
            path = self._path(network, *key)
            if path.exists():
                return _read_credential(path)
        return None

    def all(self) -> list[Credential]:
        """Return all credentials, by network, server and account."""
        return [_read_credential(path) for path in sorted(self._folder.glob("*.json"))]

    def save(self, credential: Credential) -> None:
        """Save a credential: after a kill or power loss, its file has the old content or the new."""
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            path = self._path(credential.network, credential.server, credential.account_id)
            new_path = path.with_name(f"{path.name}.new")
            new_path.unlink(missing_ok=True)
            descriptor = os.open(new_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(credential)))
            sync_path(new_path)
            new_path.replace(path)
            sync_path(self._folder)
        except OSError as error:
            raise HomeError(
                f"cannot write to {str(self._folder)!r}: {error.strerror}; check its permissions and free disk space"
            ) from error

    def remove(self, network: str, server: str, account_id: str) -> bool:
        """Remove a credential; return whether there was one."""
        path = self._path(network, server, account_id)
        was_there = path.exists()
        path.unlink(missing_ok=True)
        return was_there

    def remove_account(self, network: str, account_id: str) -> int:
        """Remove the credentials of an account at all servers; return how many."""
        paths = list(self._folder.glob(f"{_quote(network)}~*~{_quote(account_id)}.json*")) if account_id else []
        for path in paths:
            path.unlink(missing_ok=True)
        return len(paths)

    @contextmanager
    def lock(self, credential: Credential) -> Iterator[None]:
        """Wait until no other process renews a credential: a token that is accepted once must not be sent twice."""
        path = self._path(credential.network, credential.server, credential.account_id)
        with path.with_suffix(".lock").open("a") as lock_file:
            fcntl.flock(lock_file, fcntl.LOCK_EX)
            yield

    def _path(self, network: str, server: str, account_id: str) -> Path:
        path = self._folder / f"{_quote(network)}~{_quote(server)}~{_quote(account_id)}.json"
        if len(path.name) > 200:  # noqa: PLR2004 - file systems allow 255 bytes
            raise InvalidInputError(f"the account id {account_id[:80]!r}… is too long for a file name; shorten it")
        return path


def _quote(text: str) -> str:
    """Quote a text for a file name; ``~`` separates its parts."""
    return quote(text, safe="").replace("~", "%7E")


def _read_credential(path: Path) -> Credential:
    try:
        if path.stat().st_mode & _OTHERS_MASK:
            raise InvalidSettingsError(
                f"the credential {str(path)!r} can be read by other users of this machine; run `chmod 600 {path}`"
            )
        return msgspec.json.decode(path.read_bytes(), type=Credential)
    except OSError as error:
        raise InvalidSettingsError(f"cannot read the credential {str(path)!r}: {error.strerror}") from error
    except msgspec.MsgspecError:
        # The error is not quoted: it may repeat a part of the file.
        raise InvalidSettingsError(
            f"the credential {str(path)!r} is not as expected; set it again with `renown credentials set`"
        ) from None
