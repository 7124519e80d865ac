"""Encrypt credentials at rest with keys that the environment has; the first encrypts, all decrypt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from renown.errors import InvalidSettingsError

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

KEY_VARIABLE = "RENOWN_CREDENTIALS_KEY"
"""Environment variable with the keys, the newest first, separated by commas or blanks."""


class Cipher:
    """
    Encrypts and decrypts with Fernet (AES-128-CBC and HMAC-SHA-256).

    Parameters
    ----------
    keys : str
        Keys of 32 bytes in URL-safe base64, separated by commas or blanks; empty to encrypt nothing.

    Raises
    ------
    InvalidSettingsError
        If a key is not valid.

    References
    ----------
    github.com/fernet/spec.

    Examples
    --------
    >>> old, new = generate_key(), generate_key()
    >>> Cipher(f"{new} {old}").decrypt(Cipher(old).encrypt(b"token"))
    b'token'
    """

    def __init__(self, keys: str) -> None:
        self._keys = _parse_keys(keys)

    def __repr__(self) -> str:
        """Show how many keys there are, none of them."""
        return f"<Cipher with {len(self._keys)} keys>"

    @property
    def has_keys(self) -> bool:
        """Whether it can encrypt."""
        return bool(self._keys)

    def encrypt(self, content: bytes) -> str:
        """Encrypt with the first key."""
        return self._fernet().encrypt(content).decode("ascii")

    def decrypt(self, text: str) -> bytes | None:
        """Decrypt with the key that fits; return None if none does."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - few commands need it

        try:
            return self._fernet().decrypt(text)
        except InvalidToken:
            return None

    def _fernet(self) -> MultiFernet:
        from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415 - few commands need it

        return MultiFernet([Fernet(key) for key in self._keys])


def generate_key() -> str:
    """Generate a random key."""
    from cryptography.fernet import Fernet  # noqa: PLC0415 - few commands need it

    return Fernet.generate_key().decode("ascii")


def _parse_keys(text: str) -> list[str]:
    keys = [key for key in re.split(r"[\s,]+", text) if key]
    for number, key in enumerate(keys, 1):
        # 43 digits of base64 and the padding are 32 bytes. The key is not quoted.
        if not re.fullmatch(r"[A-Za-z0-9_-]{43}=", key):
            raise InvalidSettingsError(
                f"key {number} of {KEY_VARIABLE} is not valid: it must be 32 bytes in URL-safe base64; "
                "generate one with `renown credentials generate-key`"
            )
    return keys
