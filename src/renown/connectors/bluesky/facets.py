"""Facets of a post: which mentions its text shows, and its hashtags."""

from collections.abc import Iterable

from msgspec import Struct, field

from renown.connectors.bluesky.ids import is_did
from renown.connectors.post_tags import read_tags

MAX_MENTIONS = 50
"""Maximum mentions per post: more do not fit into 300 characters (app.bsky.feed.post)."""
_MENTION, _TAG = "app.bsky.richtext.facet#mention", "app.bsky.richtext.facet#tag"


class ByteSlice(Struct, gc=False):
    """The part of the text, in UTF-8, that a facet is for."""

    start: int = field(name="byteStart")
    end: int = field(name="byteEnd")


class Feature(Struct, gc=False):
    """What a facet does: a mention, a link, a tag."""

    kind: str = field(default="", name="$type")
    did: str | None = None


class Facet(Struct, gc=False):
    """A part of the text that mentions or links."""

    index: ByteSlice
    features: list[Feature] = []


def find_mentions(text: str, facets: Iterable[Facet]) -> list[str]:
    """
    Return the DIDs that a text visibly mentions, in its order, each once and at most `MAX_MENTIONS`.

    Facets may overlap or be outside of the text, so that a post mentions hundreds unseen. As in the app, a facet that
    overlaps an earlier one is not shown, nor one of blanks only, and a part of the text mentions one account.

    References
    ----------
    atproto, ``packages/api/src/rich-text/rich-text.ts``, `RichText.segments`.

    Examples
    --------
    >>> facets = [Facet(ByteSlice(0, 4), [Feature(_MENTION, f"did:plc:{name}")]) for name in ("bob", "cyd")]
    >>> find_mentions("@bob", facets), find_mentions("", facets)
    (['did:plc:bob'], [])
    """
    encoded_text, cursor, dids = text.encode("utf-8", "replace"), 0, dict[str, None]()
    for facet in sorted(facets, key=lambda item: item.index.start):
        start, end = facet.index.start, facet.index.end
        if not cursor <= start <= end:
            continue
        cursor = end
        did = next((feature.did for feature in facet.features if feature.kind == _MENTION), None)
        if did and is_did(did) and encoded_text[start:end].decode("utf-8", "replace").strip():
            dids[did] = None
    return list(dids)[:MAX_MENTIONS]


def find_hashtags(record: object) -> tuple[str, ...]:
    """
    Return the hashtags of a post: those that its text shows, and further ones that its author gave it.

    Parameters
    ----------
    record : object
        The post's record, in which anything may be.

    References
    ----------
    atproto, ``lexicons/app/bsky/richtext/facet.json``, and `tags` in ``lexicons/app/bsky/feed/post.json``.

    Examples
    --------
    >>> feature = {"$type": _TAG, "tag": "python"}
    >>> find_hashtags({"facets": [{"features": [feature, {"tag": 7}]}, None], "tags": ["sql", 7]}), find_hashtags(None)
    (('python', 'sql'), ())
    """
    if not isinstance(record, dict):
        return ()
    facets = record.get("facets")
    features = [
        feature
        for facet in (facets if isinstance(facets, list) else ())
        if isinstance(facet, dict) and isinstance(facet.get("features"), list)
        for feature in facet["features"]
        if isinstance(feature, dict) and feature.get("$type") == _TAG
    ]
    return read_tags(features, "tag") + read_tags(record.get("tags"))
