"""
Claim: archives are read at 20 MB of JSON per second in less than 300 MB of memory, however large they are.

    python benchmarks/archives.py --megabytes 200
"""

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

import libipld
from measure import measure_process, run_renown

READ = """
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from renown.imports.archives import read_archive
contents = read_archive({kind!r}, Path({path!r}), now=datetime(2026, 1, 1, tzinfo=UTC), handle={handle!r})
deque(contents.records, maxlen=0)
"""
DATE = "2025-11-{day:02} 10:00:00"


@dataclass(frozen=True)
class GeneratedArchive:
    """An archive to generate."""

    kind: str
    file: str
    """Path of its large file."""
    write: Callable[[int], Iterator[str]]
    """Return the parts of the large file, of so many bytes."""
    handle: str | None = "ada"
    folder: str = "archive"


def repeat(head: str, part: Callable[[int], str], tail: str, count: int) -> Iterator[str]:
    """Yield a head, parts until there are so many bytes, and a tail."""
    yield head
    size = number = 0
    while size < count:
        text = part(number)
        size, number = size + len(text), number + 1
        yield text
    yield tail


def instagram_likes(count: int) -> Iterator[str]:
    """Yield likes given."""

    def like(number: int) -> str:
        url = f"https://www.instagram.com/p/CxYz{number:07}/"
        link = {"href": url, "value": "\u00f0\u009f\u0091\u008d", "timestamp": 1760000000 + number}
        entry = json.dumps({"title": f"name_{number % 5000}", "string_list_data": [link]}, indent=2)
        return f"{',' if number else ''}\n{indent(entry, '    ')}"

    return repeat('{"likes_media_likes": [', like, "]}", count)


def instagram_labels(count: int) -> Iterator[str]:
    """Yield likes given, in the layout since 2025."""

    def like(number: int) -> str:
        url = f"https://www.instagram.com/p/CxYz{number:07}/"
        owner = {"label": "Username", "value": f"name_{number % 5000}"}
        owner_labels = [{"label": "URL", "value": "", "href": ""}, {"label": "Name", "value": "Ada L."}, owner]
        labels = [
            {"label": "URL", "value": url, "href": url},
            {"title": "Owner", "dict": [{"dict": owner_labels, "title": ""}]},
        ]
        entry = {"timestamp": 1760000000 + number, "media": [], "label_values": labels, "fbid": f"1700{number:08}"}
        return f"{',' if number else ''}\n{indent(json.dumps(entry, indent=2), '  ')}"

    return repeat("[", like, "]", count)


def linkedin_connections(count: int) -> Iterator[str]:
    """Yield connections, each of which becomes a record."""
    head = "Notes:\n\nFirst Name,Last Name,URL,Email Address,Company,Position,Connected On\n"

    def connection(number: int) -> str:
        name = f"Person,Name {number},https://www.linkedin.com/in/person-{number}"
        return f'{name},,"Company, Ltd.",Engineer of engines,{number % 28 + 1:02} Nov 2024\n'

    return repeat(head, connection, "", count)


def tiktok_views(count: int) -> Iterator[str]:
    """Yield what most of an export is: videos that were watched, which are not used; and half as many followers."""

    def view(number: int) -> str:
        link = f"https://www.tiktokv.com/share/video/{number}/"
        return f"{',' if number else ''}{json.dumps({'Date': DATE.format(day=number % 28 + 1), 'Link': link})}"

    def follower(number: int) -> str:
        return f"{',' if number else ''}{json.dumps({'Date': DATE.format(day=1), 'UserName': f'name_{number}'})}"

    yield '{"Your Activity": {"Watch History": '
    yield from repeat('{"VideoList": [', view, "]}", count * 9 // 10)
    yield from repeat(', "Follower": {"FansList": [', follower, "]}}}", count // 10)


def discourse_posts(count: int) -> Iterator[str]:
    """Yield posts of a forum."""
    head = "topic_title,categories,is_pm,post_raw,post_cooked,like_count,reply_count,url,created_at\n"
    text = "words, and more. " * 30

    def post(number: int) -> str:
        return f'Title,General,No,"{text}","{text}",3,1,https://forum.example/t/a/{number}/1,2025-11-01 03:04:05 UTC\n'

    return repeat(head, post, "", count)


def dump_posts(count: int) -> Iterator[str]:
    """Yield questions and answers of a site."""
    body = "&lt;p&gt;words &amp;amp; more&lt;/p&gt;" * 20

    def post(number: int) -> str:
        question = f'PostTypeId="1" Tags="|beans-{number % 700}|roasting|"'
        kind = f'PostTypeId="2" ParentId="{number}"' if number % 2 else question
        owner = f'OwnerUserId="{number % 5000 + 1}" CreationDate="2025-11-01T10:00:00.000"'
        return f'<row Id="{number + 1}" {kind} {owner} Body="{body}" />\n'

    return repeat("<posts>\n", post, "</posts>\n", count)


def dump_votes(count: int) -> Iterator[str]:
    """Yield upvotes."""

    def vote(number: int) -> str:
        day = f"2025-11-{number // 500_000 % 28 + 1:02}T00:00:00.000"
        return f'<row Id="{number}" PostId="{number % 100_000 + 1}" VoteTypeId="2" CreationDate="{day}" />\n'

    return repeat("<votes>\n", vote, "</votes>\n", count)


def x_posts(count: int) -> Iterator[str]:
    """Yield posts with links, pictures and counts, of about two kilobytes each as in archives."""

    def post(number: int) -> str:
        link = {"url": "https://t.co/abc", "expanded_url": "https://a.example/b", "indices": ["10", "33"]}
        picture = {"id_str": str(number), "media_url_https": "https://pbs.example/media/x.jpg", "sizes": SIZES}
        entry = {
            "edit_info": {"initial": {"editTweetIds": [str(number)], "editsRemaining": "5", "isEditEligible": True}},
            "retweeted": False,
            "source": '<a href="https://a.example">App</a>',
            "entities": {"hashtags": [], "urls": [link], "media": [picture]},
            "favorite_count": str(number % 90),
            "id_str": str(number),
            "retweet_count": str(number % 7),
            "created_at": f"Sat Nov {number % 28 + 1:02} 10:00:00 +0000 2025",
            "full_text": f"Post {number}: " + "words " * 30,
            "extended_entities": {"media": [picture, picture]},
        }
        return f"{',' if number else ''}\n{json.dumps({'tweet': entry}, indent=2)}"

    return repeat("window.YTD.tweets.part0 = [", post, "\n]\n", count)


def mastodon_posts(count: int) -> Iterator[str]:
    """Yield posts of an outbox, of about two kilobytes each."""

    def post(number: int) -> str:
        act = f"https://a.example/users/ada/statuses/{number}"
        note = {
            "id": act,
            "type": "Note",
            "published": f"2025-11-{number % 28 + 1:02}T10:00:00Z",
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
            "content": "<p>" + "words " * 120 + "</p>",
            "contentMap": {"en": "<p>" + "words " * 120 + "</p>"},
            "likes": {"id": f"{act}/likes", "type": "Collection", "totalItems": number % 90},
            "shares": {"id": f"{act}/shares", "type": "Collection", "totalItems": number % 7},
        }
        return ("," if number else "") + json.dumps({"id": f"{act}/activity", "type": "Create", "object": note})

    return repeat('{"type": "OrderedCollection", "orderedItems": [', post, "]}", count)


_CONTINUATION = 128
"""Bit of a byte of LEB128 after which there is another one."""


def repository_blocks(count: int) -> Iterator[bytes]:
    """Yield a repository of likes: blocks of so many bytes, four records for each node of a tree as deep as long."""
    node: bytes | None = None
    size = number = 0
    while size < count:
        entries = []
        for _ in range(4):
            post = f"at://did:plc:{number % 5000:024}/app.bsky.feed.post/3k{number:011}"
            subject = {"uri": post, "cid": "bafyreib2rxk3rybk3aobmv5cjuql3bm2twh4jo5uxgf5kpqcsgz7soitae"}
            record = {"$type": "app.bsky.feed.like", "subject": subject, "createdAt": "2025-11-01T10:00:00.000Z"}
            cid, block = encode_block(record)
            entries.append({"p": 0, "k": f"app.bsky.feed.like/3k{number:011}".encode(), "v": cid, "t": None})
            size, number = size + len(block), number + 1
            yield block
        node, block = encode_block({"l": node, "e": entries})
        size += len(block)
        yield block
    commit = {"did": "did:plc:ada", "version": 3, "data": node, "rev": "3k", "prev": None, "sig": b"s"}
    yield encode_block(commit)[1]


def encode_block(content: object) -> tuple[bytes, bytes]:
    """Return the id of a block, and the block with its size and id."""
    data = libipld.encode_dag_cbor(content)
    cid = b"\x01\x71\x12\x20" + hashlib.sha256(data).digest()
    return cid, encode_varint(len(cid + data)) + cid + data


def encode_varint(number: int) -> bytes:
    """Return a number in LEB128."""
    return bytes([number]) if number < _CONTINUATION else bytes([number & 127 | 128]) + encode_varint(number >> 7)


def write_repository(folder: Path, count: int) -> Path:
    """Write a CAR file of a Bluesky repository; return its path. Its root is the last block."""
    blocks = list(repository_blocks(count))
    commit = blocks[-1]
    start = 1 if commit[0] < _CONTINUATION else 2
    root = commit[start : start + 36]
    header = libipld.encode_dag_cbor({"version": 1, "roots": [root]})
    path = folder / "repository.car"
    with path.open("wb") as file:
        file.write(encode_varint(len(header)) + header)
        file.writelines(blocks)
    return path


SIZES = {name: {"w": "680", "h": "453", "resize": "fit"} for name in ("thumb", "small", "medium", "large")}
ARCHIVES = (
    GeneratedArchive("bluesky-repo", "repository.car", lambda _count: iter(()), None),
    GeneratedArchive("x-archive", "data/tweets.js", x_posts, None),
    GeneratedArchive("mastodon-archive", "outbox.json", mastodon_posts, None),
    GeneratedArchive("instagram-export", "likes/liked_posts.json", instagram_likes),
    GeneratedArchive("instagram-export", "likes/story_likes.json", instagram_labels),
    GeneratedArchive("linkedin-export", "Connections.csv", linkedin_connections),
    GeneratedArchive("tiktok-export", "user_data_tiktok.json", tiktok_views),
    GeneratedArchive("discourse-export", "user_archive.csv", discourse_posts),
    GeneratedArchive("stackexchange-dump", "Posts.xml", dump_posts, None, "coffee.stackexchange.com"),
    GeneratedArchive("stackexchange-dump", "Votes.xml", dump_votes, None, "coffee.stackexchange.com"),
)


def write_archive(folder: Path, archive: GeneratedArchive, count: int) -> Path:
    """Write an archive; return its folder."""
    path = folder / archive.folder
    if archive.kind == "bluesky-repo":
        return write_repository(folder, count)
    file = path / archive.file
    file.parent.mkdir(parents=True)
    if archive.kind == "stackexchange-dump":
        for name in ("Posts.xml", "Comments.xml", "Votes.xml", "Users.xml"):
            (path / name).write_text("<rows/>")
        (path / "Posts.xml").write_text("".join(dump_posts(1_000_000)))
    if archive.kind == "x-archive":
        owner = {"accountId": "7", "username": "ada", "createdAt": "2015-01-01T00:00:00.000Z"}
        (path / "data" / "account.js").write_text(f"window.YTD.account.part0 = {json.dumps([{'account': owner}])}")
    if archive.kind == "mastodon-archive":
        actor = {"id": "https://a.example/users/ada", "preferredUsername": "ada"}
        (path / "actor.json").write_text(json.dumps(actor))
    with file.open("w") as stream:
        stream.writelines(archive.write(count))
    return path


def main() -> None:
    """Run the benchmark and print the results; the start of the program does not count for the speed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--import", action="store_true", dest="is_imported", help="import them into a home, too")
    args = parser.parse_args()
    start = measure_process([sys.executable, "-c", "import renown.imports.archives"]).cpu
    for archive in ARCHIVES:
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
            path = write_archive(Path(folder), archive, args.megabytes * 1_000_000)
            program = READ.format(kind=archive.kind, path=str(path), handle=archive.handle)
            usages = {"read": measure_process([sys.executable, "-c", program])}
            if archive.file.endswith(".json"):
                whole = f"import json; json.load(open({str(path / archive.file)!r}))"
                usages["json.load"] = measure_process([sys.executable, "-c", whole])
            if args.is_imported:
                home = Path(folder) / "home"
                run_renown(home, "init")
                handle = ["--handle", archive.handle] if archive.handle else []
                usages["import"] = run_renown(home, "import", archive.kind, path, *handle)
        for name, usage in usages.items():
            label = f"{archive.kind} {Path(archive.file).name}"
            speed = args.megabytes / (usage.cpu - (start if name == "read" else 0))
            print(f"{label:40}{name:10}{usage}  {speed:6.1f} MB per CPU second")


if __name__ == "__main__":
    main()
