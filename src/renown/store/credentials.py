"""
Store of credentials: tokens per network, server and account, one file each that only its owner can read.

They are files and not rows of the database, so that no copy, export or dump of it contains them. With a key from the
environment they are encrypted.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote

import msgspec

from renown.errors import HomeError, InvalidInputError, InvalidSettingsError, describe_io_error
from renown.fsync import sync_path
from renown.store.encryption import KEY_VARIABLE, Cipher

_OTHERS_MASK = 0o077
"""Permissions of the group and of others."""


class CredentialKey(NamedTuple):
    """What a credential is for; it is in the name of its file."""

    network: str
    server: str
    account_id: str


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
    secret_in_form: bool = False
    """Whether the token endpoint takes the secret in the form; else in the header."""

    def __repr__(self) -> str:
        """Show what it is for, no secret."""
        return f"<Credential {self.name}>"

    @property
    def key(self) -> CredentialKey:
        """What it is for."""
        return CredentialKey(self.network, self.server, self.account_id)

    @property
    def name(self) -> str:
        """Name for messages, without a secret."""
        server = f" at {self.server}" if self.server else ""
        return f"{self.network}{server}{f' of {self.account_id}' if self.account_id else ''}"


class _EncryptedCredential(msgspec.Struct):
    """Content of an encrypted file."""

    encrypted: str = ""
    """The credential as encrypted JSON; empty in a file that is the JSON itself."""


class CredentialStore:
    """
    Credentials in a folder.

    Parameters
    ----------
    folder : Path
        Created with the first credential, readable by its owner only.
    cipher : Cipher, optional
        Encrypts what is saved, if it has keys; files that are not encrypted can be read with any.
    """

    def __init__(self, folder: Path, cipher: Cipher | None = None) -> None:
        self._folder = folder
        self._cipher = cipher or Cipher("")

    def find(self, network: str, server: str, account_id: str) -> Credential | None:
        """Return the most specific credential for an account at a server: its own, the server's, the network's."""
        for key in ((server, account_id), ("", account_id), (server, ""), ("", "")):
            if credential := self.load(CredentialKey(network, *key)):
                return credential
        return None

    def path(self, key: CredentialKey) -> Path:
        """Return the file of a credential."""
        return self._path(*key)

    def load(self, key: CredentialKey) -> Credential | None:
        """Return the credential for exactly this account, server and network."""
        path = self._path(*key)
        return self._read(path) if path.exists() else None

    def all(self) -> list[Credential]:
        """Return all credentials, by network, server and account."""
        return [self._read(path) for path in sorted(self._folder.glob("*.json"))]

    def list_keys(self) -> list[CredentialKey]:
        """Return what there are credentials for, without reading them."""
        names = sorted(path.stem for path in self._folder.glob("*.json"))
        return [CredentialKey(*map(unquote, name.split("~"))) for name in names]

    def encrypt_all(self) -> int:
        """
        Encrypt all credentials with the first key, whether they were encrypted or not; return how many.

        Raises
        ------
        InvalidSettingsError
            If there is no key.
        """
        if not self._cipher.has_keys:
            raise InvalidSettingsError(
                f"{KEY_VARIABLE} is not set; set it to a key that `renown credentials generate-key` prints"
            )
        keys = self.list_keys()
        for key in keys:
            # Another process may be renewing it.
            with self._lock(key):
                self.save(self._read(self._path(*key)))
        return len(keys)

    def save(self, credential: Credential) -> None:
        """Save a credential: after a kill or power loss, its file has the old content or the new."""
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            path = self._path(*credential.key)
            new_path = path.with_name(f"{path.name}.new")
            new_path.unlink(missing_ok=True)
            descriptor = os.open(new_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(self._encode(credential))
            sync_path(new_path)
            new_path.replace(path)
            sync_path(self._folder)
        except OSError as error:
            raise HomeError(
                f"cannot write to {str(self._folder)!r}: {describe_io_error(error)}; check its permissions and free "
                "disk space"
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
        with self._lock(credential.key):
            yield

    @contextmanager
    def _lock(self, key: CredentialKey) -> Iterator[None]:
        with self._path(*key).with_suffix(".lock").open("a") as lock_file:
            fcntl.flock(lock_file, fcntl.LOCK_EX)
            yield

    def _encode(self, credential: Credential) -> bytes:
        content = msgspec.json.encode(credential)
        if self._cipher.has_keys:
            content = msgspec.json.encode(_EncryptedCredential(self._cipher.encrypt(content)))
        return msgspec.json.format(content)

    def _read(self, path: Path) -> Credential:
        try:
            if path.stat().st_mode & _OTHERS_MASK:
                raise InvalidSettingsError(
                    f"the credential {str(path)!r} can be read by other users of this machine; run `chmod 600 {path}`"
                )
            content = path.read_bytes()
        except OSError as error:
            raise InvalidSettingsError(
                f"cannot read the credential {str(path)!r}: {describe_io_error(error)}"
            ) from error
        try:
            encrypted = msgspec.json.decode(content, type=_EncryptedCredential).encrypted
            return msgspec.json.decode(self._decrypt(path, encrypted) if encrypted else content, type=Credential)
        except msgspec.MsgspecError:
            # The error is not quoted: it may repeat a part of the file.
            raise InvalidSettingsError(
                f"the credential {str(path)!r} is not as expected; set it again with `renown credentials set`"
            ) from None

    def _decrypt(self, path: Path, encrypted: str) -> bytes:
        content = self._cipher.decrypt(encrypted) if self._cipher.has_keys else None
        if content is None:
            problem = "fits no key of" if self._cipher.has_keys else "is encrypted, and there is no"
            raise InvalidSettingsError(
                f"the credential {str(path)!r} {problem} {KEY_VARIABLE}; set it to the key that encrypted it, "
                "or set the credential again with `renown credentials set`"
            )
        return content

    def _path(self, network: str, server: str, account_id: str) -> Path:
        path = self._folder / f"{_quote(network)}~{_quote(server)}~{_quote(account_id)}.json"
        if len(path.name) > 200:  # noqa: PLR2004 - file systems allow 255 bytes
            raise InvalidInputError(f"the account id {account_id[:80]!r}… is too long for a file name; shorten it")
        return path


def _quote(text: str) -> str:
    """Quote a text for a file name; ``~`` separates its parts."""
    return quote(text, safe="").replace("~", "%7E")
