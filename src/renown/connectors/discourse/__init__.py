"""
Discourse, any server: who liked and answered an account's posts, without a key.

References
----------
The source of Discourse: controllers "users", "posts", "topics", "post_action_users", "user_actions"; serializer "post".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from renown.connectors.account_run import AccountRun, start_run
from renown.connectors.base import Account, AccountBio, Actor, Connector, KnownState, Link, Page, ReadLimits
from renown.connectors.decode_values import parse_lenient_instant
from renown.connectors.discourse import api, models
from renown.connectors.pagination import paginate
from renown.connectors.post_tags import read_tags
from renown.connectors.verification import find_links
from renown.errors import ListUnavailableError, NetworkRefusedError
from renown.records import ActorName, Profile

if TYPE_CHECKING:
    from renown.connectors.http import Client

_VerbsByPost = dict[str, set[str]]
"""Id of a post or topic to the verbs whose acts were read in this run."""
_OLD_POSTS_INTERVAL = timedelta(days=7)
"""How often posts are looked at again that are no longer among the account's newest 50."""
_LIKERS_PER_PAGE, _POSTS_PER_REQUEST = 200, 100
"""The largest page of who liked a post, and how many posts are requested by their ids."""
_POST_ACTIONS = "4,5"
"""Kinds of what somebody did: topics, without the id of their first post, and other posts."""


def find_account(client: "Client", name: str, *, now: datetime) -> Profile:
    """Look up an account by its name and server, or by the URL of its profile."""
    user, base = api.parse_name(name)
    return api.to_profile(api.fetch_user(client, user), base, now)


def read_account(
    client: "Client", account: Account, known: KnownState, limits: ReadLimits, *, now: datetime
) -> Iterator[Page]:
    """Read an account's figures, then who liked and answered its posts; if nothing changed, by 3 requests."""
    user, verbs_by_post = api.find_user(client, account, known), _VerbsByPost()
    check = partial(api.fetch_user, client, user.username)
    run = start_run(api.NETWORK, client, account, known, limits, now=now, check=check)
    yield Page((api.to_profile(user, run.server, now),), identity=api.to_identity(user))
    if user.profile_hidden:
        raise NetworkRefusedError(f"{account.handle} hides the profile from guests, so nothing of it can be read")
    finished, _, last_full_read = known.cursor.partition("|")
    full_read_at = parse_lenient_instant(last_full_read)
    is_due = full_read_at is None or now - full_read_at >= _OLD_POSTS_INTERVAL
    lists = {
        "newest posts": _read_newest(run, user, verbs_by_post),
        "topics": _read_topics(run, user, verbs_by_post, is_due=is_due),
        "old posts": _read_old(run, user, verbs_by_post),
    }
    for name, pages in lists.items():
        # Where the newest posts or topics are refused, the list of everything that somebody did has them.
        if name != "old posts" or is_due or run.refused:
            parts = (run.page([page], cursor=f"{finished}|{last_full_read}") for page in run.skip_refused(name, pages))
            yield from run.skipper.track_progress(parts)
    yield run.page(cursor=f"{now.isoformat()}|{now.isoformat() if is_due else last_full_read}")


def read_bio(client: "Client", account: Account, *, now: datetime) -> AccountBio:  # noqa: ARG001 - part of the contract
    """Read the description and website of an account."""
    user = api.find_user(client, account, None)
    text = user.bio_raw or ""
    return AccountBio(text, (*find_links(text), *([Link(user.website)] if user.website else [])))


def _read_newest(run: AccountRun, user: models.DiscourseUser, verbs_by_post: _VerbsByPost) -> Iterator[Page]:
    """Read the account's newest 50 posts."""
    path = f"u/{user.path_name}/activity.json"
    result = run.client.get(path, response_type=list[models.DiscoursePost], errors=api.SKIP)
    run.dropped.extend(f"post {reason}" for reason in result.dropped)
    yield from _read_posts(run, result.body, verbs_by_post)


def _read_posts(run: AccountRun, posts: Iterable[models.DiscoursePost], verbs_by_post: _VerbsByPost) -> Iterator[Page]:
    """Read the reactions to posts of the window whose counts changed, each once a run."""
    for post in posts:
        if post.is_written and post.created_at >= run.known.since:
            post_id = f"{run.server}/p/{post.id}"
            read_verbs = verbs_by_post.setdefault(post_id, set())
            for verb, count in run.changed_counts(post_id, post.counts).items():
                if verb not in read_verbs:
                    read_verbs.add(verb)
                    part = run.skipper.fetch_or_skip(verb, post_id, partial(_READERS[verb], run, post, count))
                    yield replace(part, counts={(post_id, verb): count}) if part else Page()


def _read_topics(
    run: AccountRun, user: models.DiscourseUser, verbs_by_post: _VerbsByPost, *, is_due: bool
) -> Iterator[Page]:
    """Read the answers to topics that the account began, if their number changed."""
    for page in paginate(run.client, f"topics/created-by/{user.path_name}.json", {}, api.TOPICS):
        topics: Sequence[models.DiscourseTopic] = run.read_items("topic", page)
        for topic in (topic for topic in topics if topic.created_at >= run.known.since):
            if is_due or run.changed_counts(f"{run.server}/t/{topic.id}", {"reply": topic.answer_count}):
                yield from _read_topic(run, topic, verbs_by_post)
        if not topics or any((topic.bumped_at or run.now) < run.known.since for topic in topics):
            return


def _read_topic(run: AccountRun, topic: models.DiscourseTopic, verbs_by_post: _VerbsByPost) -> Iterator[Page]:
    """Read a topic as a whole: most answers to it are not marked as answers to its first post."""
    key = f"{run.server}/t/{topic.id}"
    verbs_by_post[key] = set()
    page = run.skipper.fetch_or_skip("reply", key, partial(_fetch_whole_topic, run, topic.id))
    posts = page.post_stream.posts if page else []
    if page and posts and posts[0].post_number == 1:
        answers = [post for post in posts[1:] if post.reply_to_post_number in {None, 1}]
        post_id = f"{run.server}/p/{posts[0].id}"
        details = run.post(post_id, topic.title, api.post_url(post_id), read_tags(page.tags))
        yield run.page(
            [Page((details,), counts={(key, "reply"): topic.answer_count}), _to_replies(run, posts[0], answers)]
        )
        yield from _read_posts(run, posts[:1], verbs_by_post)


def _read_old(run: AccountRun, user: models.DiscourseUser, verbs_by_post: _VerbsByPost) -> Iterator[Page]:
    """Read those of the account's posts and topics of the window that were not read yet."""
    unseen: dict[int, list[int]] = {}
    params = {"username": user.username, "filter": _POST_ACTIONS}
    for page in paginate(run.client, "user_actions.json", params, api.ACTIONS):
        recent = [item for item in run.read_items("post", page) if item.created_at >= run.known.since]
        for item in recent:
            if item.post_id and f"{run.server}/p/{item.post_id}" not in verbs_by_post:
                unseen.setdefault(item.topic_id, []).append(item.post_id)
            if not item.post_id and f"{run.server}/t/{item.topic_id}" not in verbs_by_post:
                yield from _read_topic(
                    run, models.DiscourseTopic(item.topic_id, item.created_at, item.title), verbs_by_post
                )
        if len(recent) < page.size:
            break
    for topic_id, post_ids in unseen.items():
        yield from run.skip_refused("old posts", _read_posts(run, _fetch_posts(run, topic_id, post_ids), verbs_by_post))


def _fetch_topic(
    run: AccountRun, path: str, params: Mapping[str, Sequence[str]] | None = None
) -> models.DiscourseTopicPage:
    result = run.client.get(path, params, response_type=models.DiscourseTopicPage, errors=api.SKIP)
    run.dropped.extend(f"post {reason}" for reason in result.dropped)
    page: models.DiscourseTopicPage = result.body
    return page


def _fetch_posts(run: AccountRun, topic_id: int, post_ids: Sequence[int]) -> Iterator[models.DiscoursePost]:
    for start in range(0, len(post_ids), _POSTS_PER_REQUEST):
        params = {"post_ids[]": [*map(str, post_ids[start : start + _POSTS_PER_REQUEST])]}
        yield from _fetch_topic(run, f"t/{topic_id}/posts.json", params).post_stream.posts


def _fetch_whole_topic(run: AccountRun, topic_id: int) -> models.DiscourseTopicPage:
    """Fetch a topic with its first posts, and of the others the newest, up to the limit of names."""
    page = _fetch_topic(run, f"t/{topic_id}.json")
    stream = page.post_stream
    others = stream.stream[len(stream.posts) :][-run.limits.max_actors :]
    stream.posts += _fetch_posts(run, topic_id, others)
    return page


def _read_likes(run: AccountRun, post: models.DiscoursePost, count: int) -> Page:
    likers: list[models.DiscourseUser] = []
    is_whole, params = False, {"id": post.id, "post_action_type_id": models.LIKE, "limit": _LIKERS_PER_PAGE}
    try:
        likers, is_whole = run.read_list("like", paginate(run.client, "post_action_users.json", params, api.LIKERS))
    except ListUnavailableError as error:
        run.skipper.report_refusal("like", error)
    people = [liker for liker in likers if liker.id > 0]
    total, users = count - (len(likers) - len(people)), people[: run.limits.max_actors]
    page = _to_acts(run, post, "like", users, is_complete=is_whole and len(likers) >= count)
    tallies = [run.tally(f"{run.server}/p/{post.id}", "like", total, post.created_at)] if total > len(users) else []
    return replace(page, records=(*page.records, *tallies))


def _read_replies(run: AccountRun, post: models.DiscoursePost, _count: int) -> Page:
    replies, _ = run.read_list("reply", paginate(run.client, f"posts/{post.id}/replies.json", {}, api.REPLIES))
    return _to_replies(run, post, replies)


def _read_answer(run: AccountRun, post: models.DiscoursePost, count: int) -> Page:
    """Read whose topic a post solved; that is the author of the topic's first post."""
    first = _fetch_topic(run, f"t/{post.topic_id}.json").post_stream.posts[:1] if count else []
    authors = [models.DiscourseUser(item.user_id or 0, item.username) for item in first if item.user_id != post.user_id]
    return _to_acts(run, post, "answer", authors, is_complete=True)


_READERS = {"like": _read_likes, "reply": _read_replies, "answer": _read_answer}


def _to_acts(
    run: AccountRun, post: models.DiscoursePost, verb: str, users: Sequence[models.DiscourseUser], *, is_complete: bool
) -> Page:
    """Return acts without instants: they happened after the post, and after the last complete read."""
    finished = parse_lenient_instant(run.known.cursor.partition("|")[0])
    at, actors = max(post.created_at, finished or post.created_at), [Actor(f"{user.id}@{run.server}") for user in users]
    listing = run.listing(f"{run.server}/p/{post.id}", verb, actors, at=at, is_complete=is_complete)
    return Page(_names(run, users), (listing,))


def _to_replies(run: AccountRun, post: models.DiscoursePost, replies: Iterable[models.DiscoursePost]) -> Page:
    others = [reply for reply in replies if reply.is_written and reply.user_id != post.user_id]
    acts = [
        run.act(
            f"{run.server}/p/{reply.id}",
            "reply",
            f"{reply.user_id}@{run.server}",
            f"{run.server}/p/{post.id}",
            reply.created_at,
        )
        for reply in others
    ]
    return Page((*acts, *_names(run, [models.DiscourseUser(reply.user_id or 0, reply.username) for reply in others])))


def _names(run: AccountRun, users: Iterable[models.DiscourseUser]) -> tuple[ActorName, ...]:
    return tuple(run.names({f"{user.id}@{run.server}": f"{user.username}@{run.server}" for user in users}))


CONNECTOR = Connector(
    network=api.NETWORK,
    covers=("like", "reply", "answer"),
    untimed=("like",),
    example="ada@forum.example",
    server_url=api.server_url,
    find=find_account,
    read=read_account,
    read_bio=read_bio,
    has_many_servers=True,
    terms="each server has terms of its own; add only accounts of servers that allow their public pages to be read",
    api=api.API,
    post_url=api.post_url,
    profile_urls=tuple(
        f"https://{{server:{api.SERVER}}}/{folder}/{{user:[^/?#@]+}}{rest}"
        for folder in ("u", "users")
        for rest in ("", "/{page:[^?#]*}")
    ),
    icon="M8 2a6 6 0 1 1-2.900 11.300L2 14l.7-3.100A6 6 0 0 1 8 2zm0 2a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
)
