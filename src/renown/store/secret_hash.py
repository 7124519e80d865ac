"""Hash secrets, such as API keys and session cookies, under which the database knows them."""

import hashlib


def hash_secret(secret: str) -> str:
    """
    Return the hash under which a secret is stored; secrets are random, so that one without salt suffices.

    Examples
    --------
    >>> hash_secret("a")[:8]
    'ca978112'
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
