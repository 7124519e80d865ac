"""Tags of posts in what networks answer: a list of texts, or of objects that have the text in a field."""

from collections.abc import Mapping
from datetime import datetime

from renown.records import PostDetails, join_tags

_MAX_ITEMS = 100
"""Items of a list of tags that are read."""
_MAX_CHARACTERS = 200
"""Characters of a text beyond which it is no tag."""


def read_tags(items: object, field: str = "name") -> tuple[str, ...]:
    """
    Return the tags in a list of a network's answer; whatever else the list has is left out.

    Parameters
    ----------
    items : object
        Decoded JSON: a list of texts or of objects. Anything else has no tags.
    field : str
        Field of the objects that has the text.

    Examples
    --------
    >>> read_tags([{"name": "python"}, "sql", {"name": 7}, None]), read_tags({"name": "python"}), read_tags(None)
    (('python', 'sql'), (), ())
    """
    texts = (
        item.get(field) if isinstance(item, dict) else item
        for item in (items[:_MAX_ITEMS] if isinstance(items, list) else ())
    )
    return tuple(text for text in texts if isinstance(text, str) and len(text) <= _MAX_CHARACTERS)


def describe_tagged_posts(
    network: str, account_id: str, tags_by_post: Mapping[str, tuple[str, ...]], at: datetime
) -> tuple[PostDetails, ...]:
    """Return the details of posts without titles: of those that have tags, so that no row is empty."""
    return tuple(
        PostDetails(network=network, account_id=account_id, post_id=post_id, title=None, url=None, at=at, tags=tags)
        for post_id, tags in tags_by_post.items()
        if join_tags(tags)
    )
