"""YouTube's connector against a local server with state: costs, resumed runs, taken-back likes, comments of oneself."""

import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from http_server import NOON, reply
from renown.connectors.base import Account, KnownState, ReadLimits
from renown.connectors.youtube import CONNECTOR
from renown.errors import CredentialError, InvalidInputError, QuotaExceededError
from renown.records import Interaction, Tally

NOW = datetime.fromtimestamp(NOON, UTC)
ADA, UPLOADS = "UCada0000000000000000000", "UUada0000000000000000000"


class Youtube:
    """A server with one channel, in the shapes of the documentation: counts are text, lists have page tokens."""

    def __init__(self) -> None:
        self.now = NOW
        self.videos: dict[str, dict] = {}
        self.comments: list[dict] = []
        self.views = 1000
        self.error: tuple[str, int, str] | None = None
        """Method that fails, with its status and reason."""

    def publish(self, days: float, likes: int = 0) -> str:
        """Publish a video some days ago; return its id."""
        video = f"video{len(self.videos):06}"
        self.videos[video] = {"at": self.now - timedelta(days=days), "likes": likes}
        return video

    def comment(self, video: str, author: str, days: float = 1, parent: str = "") -> str:
        """Comment on a video, or reply to a comment; return the id."""
        comment = f"c{len(self.comments)}"
        at = self.now - timedelta(days=days)
        self.comments.append({"id": comment, "video": video, "author": author, "at": at, "parent": parent})
        return comment

    def answer(self, method, params):
        """Return a page of a list."""
        items = getattr(self, f"list_{method.lower()}")(params)
        size, start = int(params.get("maxResults", 50)), int(params.get("pageToken", 0))
        more = {"nextPageToken": str(start + size)} if start + size < len(items) else {}
        return {"items": items[start : start + size], "pageInfo": {"totalResults": len(items)}, **more}

    def list_channels(self, params):
        """Return the channel."""
        if params.get("id", ADA) != ADA or params.get("forHandle", "ada").removeprefix("@") != "ada":
            return []
        details = {"relatedPlaylists": {"uploads": UPLOADS}}
        figures = {"viewCount": str(self.views), "subscriberCount": "1410", "videoCount": str(len(self.videos))}
        return [{"id": ADA, "snippet": {"customUrl": "@ada"}, "contentDetails": details, "statistics": figures}]

    def list_playlistitems(self, _params):
        """Return the videos, newest first."""
        newest = sorted(self.videos.items(), key=lambda item: item[1]["at"], reverse=True)
        return [{"contentDetails": {"videoId": key, "videoPublishedAt": iso(video["at"])}} for key, video in newest]

    def list_videos(self, params):
        """Return videos by id."""
        ids = params["id"].split(",")
        assert len(ids) <= 50
        totals = Counter(comment["video"] for comment in self.comments)
        return [
            {
                "id": key,
                "snippet": {"publishedAt": iso(self.videos[key]["at"]), "title": f"Title of {key}"},
                "statistics": {"likeCount": str(self.videos[key]["likes"]), "commentCount": str(totals[key])},
            }
            for key in ids
        ]

    def list_commentthreads(self, params):
        """Return the comments on a video or on all of the channel, newest first, each with up to five replies."""
        video = params.get("videoId")
        tops = [item for item in self.comments if not item["parent"] and (video is None or item["video"] == video)]
        return [self.thread(item) for item in sorted(tops, key=lambda item: item["at"], reverse=True)]

    def thread(self, item):
        """Return a comment with its replies."""
        replies = [self.to_json(reply) for reply in self.comments if reply["parent"] == item["id"]]
        snippet = {"videoId": item["video"], "topLevelComment": self.to_json(item), "totalReplyCount": len(replies)}
        return {"id": item["id"], "snippet": snippet, "replies": {"comments": replies[:5]}}

    def list_comments(self, params):
        """Return all replies to a comment."""
        return [self.to_json(item) for item in self.comments if item["parent"] == params["parentId"]]

    def to_json(self, item):
        """Return a comment."""
        author = {"authorChannelId": {"value": item["author"]}, "authorDisplayName": f"@{item['author']}"}
        return {"id": item["id"], "snippet": {"publishedAt": iso(item["at"]), **author}}

    def __call__(self, request):
        """Answer a request."""
        url = urlsplit(request.path)
        method, params = url.path.rpartition("/")[2], {key: value[0] for key, value in parse_qs(url.query).items()}
        assert "key" not in params
        if self.error and self.error[0] == method:
            _, status, reason = self.error
            error = {"code": status, "message": f"It is {reason}.", "errors": [{"reason": reason}]}
            request.wfile.write(reply(status, json.dumps({"error": error}).encode()))
            return
        request.wfile.write(reply(body=json.dumps(self.answer(method, params)).encode()))


def iso(at: datetime) -> str:
    """Write an instant as the network does."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def youtube(site):
    """Return the state of the local server."""
    state = Youtube()
    site.script = [state]
    return state


@pytest.fixture
def read(client):
    """Return a function that reads the channel with what an earlier run left; it returns the pages."""

    def read_once(pages=(), max_actors=1000, stop=None):
        counts = {key: count for page in pages for key, count in page.counts.items()}
        known = KnownState(NOW - timedelta(days=90), "", counts)
        http = client(api=CONNECTOR.api)
        reader = CONNECTOR.read(http, Account(ADA, "@ada"), known, ReadLimits(max_actors), now=NOW)
        return [page for page, _ in zip(reader, range(stop or 10**6), strict=False)]

    return read_once


def tallies(pages):
    """Return the latest count of each video and verb."""
    records = [record for page in pages for record in page.records if isinstance(record, Tally)]
    return {(tally.post_id, tally.verb): tally.count for tally in records}


def comments(pages):
    """Return the ids of all comments that were read."""
    return {record.interaction_id for page in pages for record in page.records if isinstance(record, Interaction)}


def test_channel_with_500_videos_costs_at_most_40_requests(youtube, read, site, capsys):
    """So do 900 comments on 300 of them, with long threads; if nothing changes, 3; after one like, what is needed."""
    videos = [youtube.publish(number / 6, likes=1 + number) for number in range(500)]
    for number in range(900):
        comment = youtube.comment(videos[number % 300], f"fan{number}", days=0.01)
        if number % 100 == 0:
            for reply_number in range(8):
                youtube.comment(videos[number % 300], f"friend{reply_number}", days=0.005, parent=comment)
    first = read()
    costs = [len(site.requests)]
    assert 500 == len([key for key in tallies(first) if key[1] == "like"])
    assert {key for key, count in first[-1].counts.items()} == {(ADA, "view")}

    site.requests.clear()
    assert {} == tallies(read(first))
    costs.append(len(site.requests))

    youtube.videos[videos[400]]["likes"] -= 1
    youtube.views += 1
    site.requests.clear()
    assert {(videos[400], "like"): 400} == tallies(read(first))
    costs.append(len(site.requests))

    figures = f"500 videos, 972 comments: {costs[0]} requests; unchanged: {costs[1]}; a like taken back: {costs[2]}"
    with capsys.disabled():
        sys.stdout.write(f"\nYouTube: {figures}\n")
    assert costs[0] <= 40
    assert costs[1] <= 3
    assert costs[2] == 21


def test_small_channel_notices_every_change_by_three_requests(youtube, read, site):
    """With up to 50 videos in the window a taken-back like is noticed although nobody saw the channel."""
    video = youtube.publish(3, likes=5)
    first = read()
    youtube.videos[video]["likes"] = 4
    site.requests.clear()

    assert {(video, "like"): 4} == tallies(read(first))
    assert 3 == len(site.requests)


def test_run_that_ends_anywhere_is_resumed(youtube, read):
    """After an interruption following any page, the next run reads the rest, and both together the same."""
    videos = [youtube.publish(number, likes=1) for number in range(60)]
    for number in range(15):
        youtube.comment(videos[number], f"fan{number}", days=0.1)
    whole = read()

    for stop in range(1, len(whole)):
        part = read(stop=stop)
        pages = [*part, *read(part)]
        assert tallies(whole) == tallies(pages)
        assert comments(whole) == comments(pages)


def test_own_comments_do_not_count(youtube, read):
    """Neither by name nor in the count, in which those that were not read have the same share of one's own."""
    video = youtube.publish(3)
    for number in range(400):
        youtube.comment(video, ADA if number % 4 == 0 else f"fan{number}", days=1 - number / 1000)

    pages = read(max_actors=200)

    assert 150 == len(comments(pages))
    assert {(video, "comment"): 300} == tallies(pages)


def test_comments_on_old_videos_are_left_out(youtube, read):
    """Reactions to posts before the window do not count on any network."""
    for number in range(12):
        youtube.comment(youtube.publish(number), "fan")
    old = youtube.comment(youtube.publish(200), "fan")

    assert 12 == len(comments(read()))
    assert old not in comments(read())


def test_comments_that_are_switched_off_are_only_counted(youtube, read):
    """The other videos are read; the network's own word for it is no refusal of the account."""
    video = youtube.publish(3, likes=5)
    youtube.comment(video, "fan")
    youtube.error = ("commentThreads", 403, "commentsDisabled")

    pages = read()

    assert {(video, "like"): 5, (video, "comment"): 1} == tallies(pages)
    assert f"comment of '{video}' and other lists like it are only counted" in str(pages[2].skipped_lists)


@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        (403, "quotaExceeded", QuotaExceededError),
        (403, "accessNotConfigured", CredentialError),
        (400, "keyInvalid", CredentialError),
    ],
)
def test_errors_that_concern_the_key_end_the_run(youtube, read, status, reason, error):
    """All channels are read with one key: the units of a day, and its validity, concern all of them."""
    youtube.error = ("videos", status, reason)
    youtube.publish(1)

    with pytest.raises(error):
        read()


@pytest.mark.parametrize(
    "name", ["", "a b", "https://youtube.com/watch?v=video000000", "https://a.example/@ada", "../x"]
)
def test_name_that_is_no_channel_is_refused(client, name):
    """No request is sent for it."""
    with pytest.raises(InvalidInputError, match="is no account of youtube; write"):
        CONNECTOR.find(client(), name, now=NOW)
