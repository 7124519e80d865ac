"""
Keys that sign statements (Ed25519), in a file of the home that only its owner can read.

They sign JSON Web Tokens (RFC 7519). The public keys are a JSON Web Key Set (RFC 7517), so that any JOSE library can
verify a statement without this server.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from renown.errors import DamagedHomeError, HomeError, InvalidInputError, describe_io_error
from renown.fsync import sync_path, write_durably
from renown.store.encryption import KEY_VARIABLE, Cipher

ALGORITHM = "Ed25519"
"""JOSE algorithm of the signatures (RFC 9864)."""
TOKEN_TYPE = "renown-statement+jwt"  # noqa: S105 - a media type
_MAX_TOKEN_LENGTH = 16_384


class StatementKeys:
    """
    The keys of a home, the newest first; it signs, all verify.

    Parameters
    ----------
    path : Path
        File of the keys, created with the first signature.
    cipher : Cipher
        Encrypts the file if it has keys.
    """

    def __init__(self, path: Path, cipher: Cipher) -> None:
        self.path = path
        self._cipher = cipher

    def sign(self, claims: dict[str, Any]) -> str:
        """Sign claims; return a JSON Web Token. The first call generates a key."""
        key = OKPKey.import_key((self._load() or self._create_first())[0])
        header = {"alg": ALGORITHM, "typ": TOKEN_TYPE, "kid": key.kid}
        return jwt.encode(header, claims, key, algorithms=[ALGORITHM])

    def add_key(self) -> str:
        """Generate a key that signs from now on, and return its id; older keys still verify what they signed."""
        key = _generate_key()
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
        self._save([key, *self._load()])
        return str(key["kid"])

    def remove_key(self, key_id: str) -> None:
        """
        Remove a key: what it signed is no longer genuine. Without another one, a new key signs from now on.

        Raises
        ------
        InvalidInputError
            If there is no such key.
        """
        keys = self._load()
        remaining = [key for key in keys if key["kid"] != key_id]
        if len(remaining) == len(keys):
            raise InvalidInputError(f"there is no key with the id {key_id!r}; `renown statement keys` prints them all")
        self._save(remaining or [_generate_key()])

    def encrypt(self) -> bool:
        """Encrypt the file with the first key of the cipher, whether it was encrypted or not; False without a file."""
        keys = self._load()
        if keys:
            self._save(keys)
        return bool(keys)

    def verify(self, token: str) -> dict[str, Any]:
        """
        Verify a statement by the keys of this home, and return its claims.

        Raises
        ------
        InvalidInputError
            As `decode_statement`.
        """
        return decode_statement(token, self.public_keys())

    def public_keys(self) -> dict[str, Any]:
        """Return the public keys as a JSON Web Key Set."""
        return {"keys": [OKPKey.import_key(key).as_dict(private=False) for key in self._load()]}

    def _load(self) -> list[dict[str, Any]]:
        """Load the private keys; empty if there is no file yet."""
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
            if encrypted := content.get("encrypted"):
                decrypted = self._cipher.decrypt(encrypted) if self._cipher.has_keys else None
                if decrypted is None:
                    raise DamagedHomeError(
                        f"the keys of statements in {str(self.path)!r} are encrypted with another key than those of "
                        f"{KEY_VARIABLE}; set it to the key that encrypted them"
                    )
                content = json.loads(decrypted)
            return list(content["keys"])
        except FileNotFoundError:
            return []
        except OSError as error:
            raise HomeError(
                f"cannot read {str(self.path)!r}: {describe_io_error(error)}; check its permissions"
            ) from error
        except (ValueError, KeyError, AttributeError):
            # The error is not quoted: it may repeat a part of a key.
            raise DamagedHomeError(
                f"the keys of statements in {str(self.path)!r} are damaged; restore the file from a backup, or delete "
                "it, after which the statements signed so far cannot be verified"
            ) from None

    def _create_first(self) -> list[dict[str, Any]]:
        """Create the file with a first key; if another process did so meanwhile, return the other's keys."""
        folder = self.path.parent
        folder.mkdir(mode=0o700, exist_ok=True)
        new_path = folder / f"{self.path.name}.{os.getpid()}.new"
        write_durably(new_path, self._encode([_generate_key()]), mode=0o600)
        try:
            os.link(new_path, self.path)
        except FileExistsError:
            pass
        finally:
            new_path.unlink()
        sync_path(folder)
        return self._load()

    def _save(self, keys: list[dict[str, Any]]) -> None:
        write_durably(self.path, self._encode(keys), mode=0o600)

    def _encode(self, keys: list[dict[str, Any]]) -> str:
        text = json.dumps({"keys": keys})
        return json.dumps({"encrypted": self._cipher.encrypt(text.encode())}) if self._cipher.has_keys else text


def decode_statement(token: str, key_set: Mapping[str, Any]) -> dict[str, Any]:
    """
    Verify the signature of a statement, and return its claims.

    Parameters
    ----------
    token : str
        JSON Web Token.
    key_set : mapping
        JSON Web Key Set with public keys.

    Raises
    ------
    InvalidInputError
        If it is no statement, none of the keys signed it, or its text was changed.
    """
    token = token.strip()
    if len(token) > _MAX_TOKEN_LENGTH or not token.isascii() or token.count(".") != 2:  # noqa: PLR2004 - RFC 7515, 7.1
        raise InvalidInputError("this is not a statement; give the whole file that was downloaded, unchanged")
    try:
        decoded = jwt.decode(token, KeySet.import_key_set({"keys": key_set["keys"]}), algorithms=[ALGORITHM])
        if decoded.header.get("typ") != TOKEN_TYPE:
            raise InvalidInputError("this is a signed token, but not a statement of a score")
    except (JoseError, ValueError, KeyError, TypeError):
        raise InvalidInputError(
            "the signature is not valid: either the statement was changed, or another server signed it, whose keys are "
            "at /.well-known/jwks.json of its address"
        ) from None
    return dict(decoded.claims)


def _generate_key() -> dict[str, Any]:
    key = OKPKey.generate_key("Ed25519", {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
    return key.as_dict(private=True)
