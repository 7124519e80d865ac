"""Parts of URLs that somebody else wrote."""

from urllib.parse import SplitResult, urlsplit


def split_url(text: str) -> SplitResult:
    """
    Split a URL into its parts; all are empty if it cannot be split, as if the host is no IPv6 address.

    Examples
    --------
    >>> split_url("https://a.example/ada").netloc, split_url("https://[x/ada").netloc
    ('a.example', '')
    """
    try:
        return urlsplit(text)
    except ValueError:
        return urlsplit("")
