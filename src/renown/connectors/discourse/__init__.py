"""
Discourse, any server: who liked and answered an account's posts, without a key.

References
----------
docs.discourse.org, and the source of Discourse: controllers "users", "posts", "topics", "post_action_users",
"user_actions"; serializers "post" and "user".
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from urllib.parse import quote, unquote

from renown.connectors.account_run import AccountRun, start_run
from renown.connectors.base import (
    Account,
    AccountBio,
    Actor,
    Connector,
    KnownState,
    Link,
    Listing,
    Page,
    ReadLimits,
    clean_count,
)
from renown.connectors.decode import parse_lenient_instant
from renown.connectors.discourse import models
from renown.connectors.http import Action, ApiSpec, Client, ErrorFormat, ErrorRule
from renown.connectors.pagination import ListSpec, paginate
from renown.connectors.verification import find_links
from renown.errors import AccountGoneError, InvalidInputError, ListUnavailableError, NetworkRefusedError
from renown.records import ActorName, Interaction, Profile

NETWORK = "discourse"
_ACTIONS_PER_PAGE, _REPLIES_PER_PAGE, _LIKERS_PER_PAGE, _POSTS_PER_REQUEST = 30, 20, 200, 100
"""Page sizes of "user_actions" and "posts#replies", the largest of "post_action_users", and ours of posts by id."""
_OLD_POSTS_INTERVAL = timedelta(days=7)
"""How often posts are looked at again that are no longer among the account's newest 50."""
_POST_ACTIONS = "4,5"
"""Kinds of "user_actions": new topics (without the id of their first post), and other posts."""
_BASE = r"(?P<base>[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*(:\d+)?(/[\w-]+)*?)"
_NAMES = (
    re.compile(rf"https?://{_BASE}/u(sers)?/(?P<user>[^/?#@]+)([/?#].*)?"),
    re.compile(rf"@?(?P<user>[^/?#@\s]+)@{_BASE}"),
)
"""What people type: the URL of a profile, or a name with its server."""
_POST_ID = re.compile(rf"{_BASE}/p/\d+", re.ASCII)
_GONE = (ErrorRule(action=Action.GONE, statuses={404}, reason="it was renamed or deleted, or is hidden from guests"),)
_SKIP = (ErrorRule(action=Action.SKIP, statuses={403, 404, 410, 422}),)
_MEMBERS_ONLY = "its pages are for members only; a User-Api-Key of one is needed"
_API = ApiSpec(
    auth_header="User-Api-Key",
    auth_prefix="",
    error_format=ErrorFormat(codes=("error_type",), texts=("errors.0",), waits=("extras.wait_seconds",)),
    errors=(
        ErrorRule(action=Action.WAIT, statuses={429}, codes={"rate_limit"}, wait=60),
        ErrorRule(action=Action.SIGN_IN, statuses={401, 403}, codes={"not_logged_in"}, reason=_MEMBERS_ONLY),
    ),
)

_LIKERS = ListSpec(
    response_type=models.DiscourseLikerPage,
    items=attrgetter("post_action_users"),
    item_id=attrgetter("id"),
    cursor_param="page",
    cursor_step=1,
    errors=_SKIP,
)
_REPLIES = ListSpec(
    response_type=list[models.DiscoursePost],
    item_id=attrgetter("id"),
    cursor=lambda posts: str(posts[-1].post_number) if len(posts) >= _REPLIES_PER_PAGE else None,
    cursor_param="after",
    errors=_SKIP,
)
_ACTIONS = ListSpec(
    response_type=models.DiscourseUserActionPage,
    items=attrgetter("user_actions"),
    item_id=attrgetter("post_id", "topic_id"),
    cursor_param="offset",
    cursor_step=_ACTIONS_PER_PAGE,
)
_TOPICS = ListSpec(
    response_type=models.DiscourseTopicListPage,
    items=attrgetter("topic_list.topics"),
    item_id=attrgetter("id"),
    cursor_param="page",
    cursor_step=1,
)


def server_url(name: str) -> str:
    """
    Return the base URL of the server in a name.

    Examples
    --------
    >>> server_url("ada@forum.example"), server_url("https://forum.example/community/u/ada/summary")
    ('https://forum.example', 'https://forum.example/community')
    """
    return f"https://{_parse_name(name)[1]}"


def find_account(client: Client, name: str, *, now: datetime) -> Profile:
    """Look up an account by its name and server, or by the URL of its profile."""
    user, base = _parse_name(name)
    return _to_profile(_fetch_user(client, user), base, now)


def read_account(
    client: Client, account: Account, known: KnownState, limits: ReadLimits, *, now: datetime
) -> Iterator[Page]:
    """Read an account's figures, then who liked and answered its posts; if nothing changed, by 3 requests."""
    user = _find_user(client, account, known)
    base = account.account_id.partition("@")[2]
    yield Page((_to_profile(user, base, now),))
    if user.profile_hidden:
        raise NetworkRefusedError(f"{account.handle} hides the profile from guests, so that nothing of it can be read")
    check = partial(_fetch_user, client, user.username)
    run = start_run(NETWORK, client, account, known, limits, now=now, check=check)
    finished, _, old_posts_read = known.cursor.partition("|")
    read_at = parse_lenient_instant(old_posts_read)
    is_due = read_at is None or now - read_at >= _OLD_POSTS_INTERVAL
    progress = f"{finished}|{old_posts_read}"
    seen: set[int] = set()
    steps = [_read_newest(run, user, seen), _read_topics(run, user), *([_read_old(run, user, seen)] if is_due else [])]
    for pages in steps:
        yield from run.skipper.track_progress(run.page([page], cursor=progress) for page in pages)
    yield run.page(cursor=f"{now.isoformat()}|{now.isoformat() if is_due else old_posts_read}")


def read_bio(client: Client, account: Account, *, now: datetime) -> AccountBio:  # noqa: ARG001 - part of the contract
    """Read the description and website of an account."""
    user = _find_user(client, account, None)
    text = user.bio_raw or ""
    return AccountBio(text, (*find_links(text), *([Link(user.website)] if user.website else [])))


def _parse_name(name: str) -> tuple[str, str]:
    """Return the user name and the address of the server."""
    for pattern in _NAMES:
        if match := pattern.fullmatch(unquote(name.strip())):
            return match["user"], match["base"].lower()
    raise InvalidInputError(
        f"{name!r} is no account of discourse; write NAME@SERVER, such as ada@forum.example, or the profile's URL"
    )


def _fetch_user(client: Client, username: str) -> models.DiscourseProfile:
    path = f"u/{quote(username, safe='')}.json"
    page: models.DiscourseProfilePage = client.get(path, response_type=models.DiscourseProfilePage, errors=_GONE).body
    return page.user


def _find_user(client: Client, account: Account, known: KnownState | None) -> models.DiscourseProfile:
    """Find an account by its last name, or else by the name beside one of its posts."""
    own_id = account.account_id.partition("@")[0]
    try:
        user = _fetch_user(client, _parse_name(account.handle)[0])
    except AccountGoneError:
        post = next((post for post, _ in known.counts if _POST_ID.fullmatch(post)), None) if known else None
        if post is None:
            raise
        path = f"posts/{post.rpartition('/')[2]}.json"
        user = _fetch_user(client, client.get(path, response_type=models.DiscoursePost, errors=_GONE).body.username)
    if str(user.id) != own_id:
        raise AccountGoneError(f"{account.handle} is another account now; add the new name of the one that was claimed")
    return user


def _to_profile(user: models.DiscourseProfile, base: str, now: datetime) -> Profile:
    return Profile(
        network=NETWORK,
        account_id=f"{user.id}@{base}",
        at=now,
        handle=f"{user.username}@{base}",
        followers=clean_count(user.total_followers),
        following=clean_count(user.total_following),
        created_at=user.created_at,
    )


def _read_newest(run: AccountRun, user: models.DiscourseProfile, seen: set[int]) -> Iterator[Page]:
    """Read the account's newest 50 posts."""
    path = f"u/{quote(user.username, safe='')}/activity.json"
    result = run.client.get(path, response_type=list[models.DiscoursePost])
    run.dropped.extend(f"post {reason}" for reason in result.dropped)
    yield from _read_posts(run, result.body, seen)


def _read_topics(run: AccountRun, user: models.DiscourseProfile) -> Iterator[Page]:
    """Read the answers to topics that the account began: they are rarely marked as answers to their first post."""
    path = f"topics/created-by/{quote(user.username, safe='')}.json"
    for page in paginate(run.client, path, {}, _TOPICS):
        topics = run.read_items("topic", page)
        for topic in topics:
            key, count = _post_id(run, topic.id, kind="t"), max(0, (topic.posts_count or 1) - 1)
            if topic.created_at >= run.known.since and run.changed_counts(key, {"reply": count}):
                part = run.skipper.fetch_or_skip("reply", key, partial(_read_topic, run, topic))
                yield Page(part.records, counts={(key, "reply"): count}) if part else Page()
        if not topics or any((topic.bumped_at or run.now) < run.known.since for topic in topics):
            return


def _read_old(run: AccountRun, user: models.DiscourseProfile, seen: set[int]) -> Iterator[Page]:
    """Read all of the account's posts of the window, topic by topic."""
    params = {"username": user.username, "filter": _POST_ACTIONS}
    for page in paginate(run.client, "user_actions.json", params, _ACTIONS):
        recent = [item for item in run.read_items("post", page) if item.created_at >= run.known.since]
        for topic_id in dict.fromkeys(item.topic_id for item in recent):
            post_ids = {item.post_id for item in recent if item.topic_id == topic_id}
            if not post_ids <= seen:
                yield from _read_posts(run, _fetch_posts(run, topic_id, post_ids), seen)
        if len(recent) < page.size:
            return


def _read_topic(run: AccountRun, topic: models.DiscourseTopic) -> Page:
    """Read a topic, its newest posts up to the limit of names."""
    stream = _fetch_topic(run, topic.id).post_stream
    loaded = {post.id: post for post in stream.posts}
    missing = [post_id for post_id in stream.stream if post_id not in loaded][-run.limits.max_actors :]
    posts = [*loaded.values(), *(_fetch_posts(run, topic.id, missing) if missing else ())]
    first = next((post for post in posts if post.post_number == 1), None)
    if first is None:
        return Page()
    post_id = _post_id(run, first.id)
    answers = [post for post in posts if post is not first and post.reply_to_post_number in {None, 1}]
    return Page((run.post(post_id, topic.title, post_url(post_id)), *_to_replies(run, first, answers)))


def _fetch_topic(run: AccountRun, topic_id: int) -> models.DiscourseTopicPage:
    result = run.client.get(f"t/{topic_id}.json", response_type=models.DiscourseTopicPage, errors=_SKIP)
    run.dropped.extend(f"post {reason}" for reason in result.dropped)
    page: models.DiscourseTopicPage = result.body
    return page


def _fetch_posts(run: AccountRun, topic_id: int, post_ids: Collection[int | None]) -> list[models.DiscoursePost]:
    """Fetch posts of a topic by their ids; None stands for the first one."""
    posts = _fetch_topic(run, topic_id).post_stream.posts[:1] if None in post_ids else []
    ids = sorted(post_id for post_id in post_ids if post_id)
    for start in range(0, len(ids), _POSTS_PER_REQUEST):
        params = {"post_ids[]": [str(post_id) for post_id in ids[start : start + _POSTS_PER_REQUEST]]}
        path = f"t/{topic_id}/posts.json"
        result = run.client.get(path, params, response_type=models.DiscourseTopicPage, errors=_SKIP)
        run.dropped.extend(f"post {reason}" for reason in result.dropped)
        posts += result.body.post_stream.posts
    return posts


def _read_posts(run: AccountRun, posts: Iterable[models.DiscoursePost], seen: set[int]) -> Iterator[Page]:
    """Read the reactions to posts whose counts changed, once a run."""
    for post in posts:
        if post.id not in seen and post.is_written and post.created_at >= run.known.since:
            seen.add(post.id)
            counts = {"like": post.like_count, "answer": int(post.accepted_answer)}
            counts |= {"reply": post.reply_count or 0} if post.post_number > 1 else {}
            post_id = _post_id(run, post.id)
            for verb, count in run.changed_counts(post_id, counts).items():
                part = run.skipper.fetch_or_skip(verb, post_id, partial(_READERS[verb], run, post, count))
                yield replace(part, counts={(post_id, verb): count}) if part else Page()


def _read_likes(run: AccountRun, post: models.DiscoursePost, count: int) -> Page:
    post_id, likers, is_whole = _post_id(run, post.id), list[models.DiscourseUser](), True
    params = {"id": post.id, "post_action_type_id": models.LIKE, "limit": _LIKERS_PER_PAGE}
    pages = paginate(run.client, "post_action_users.json", params, _LIKERS)
    try:
        for page in run.skipper.paginate_within_budget(pages):
            likers += run.read_items("like", page)
            is_whole = not (page.has_more or page.dropped)
            if len(likers) >= run.limits.max_actors:
                break
    except ListUnavailableError as error:
        run.skipper.report_refusal("like", error)
    named = [liker for liker in likers if liker.id > 0][: run.limits.max_actors]
    listing = _listing(run, post, "like", named, is_complete=is_whole and len(likers) >= count)
    tallies = [run.tally(post_id, "like", count, post.created_at)] if count > len(named) else []
    return Page((*_names(run, named), *tallies), (listing,))


def _read_replies(run: AccountRun, post: models.DiscoursePost, _count: int) -> Page:
    replies: list[models.DiscoursePost] = []
    pages = paginate(run.client, f"posts/{post.id}/replies.json", {}, _REPLIES)
    for page in run.skipper.paginate_within_budget(pages):
        replies += run.read_items("reply", page)
        if len(replies) >= run.limits.max_actors:
            break
    return Page(_to_replies(run, post, replies))


def _read_answer(run: AccountRun, post: models.DiscoursePost, count: int) -> Page:
    """Read whose topic a post solved."""
    details = _fetch_topic(run, post.topic_id).details if count else None
    author = details.created_by if details else None
    authors = [author] if author and author.id != post.user_id else []
    return Page(_names(run, authors), (_listing(run, post, "answer", authors, is_complete=True),))


_READERS = {"like": _read_likes, "reply": _read_replies, "answer": _read_answer}


def _listing(
    run: AccountRun, post: models.DiscoursePost, verb: str, users: Iterable[models.DiscourseUser], *, is_complete: bool
) -> Listing:
    """Return who acted on a post; the instants are unknown: after the post, and after the last complete read."""
    finished = parse_lenient_instant(run.known.cursor.partition("|")[0])
    return Listing(
        target_id=run.account.account_id,
        post_id=_post_id(run, post.id),
        verb=verb,
        actors=tuple(Actor(_account_id(run, user.id)) for user in users),
        complete=is_complete,
        at=min(max(post.created_at, finished or post.created_at), run.now),
    )


def _to_replies(
    run: AccountRun, post: models.DiscoursePost, replies: Iterable[models.DiscoursePost]
) -> tuple[Interaction | ActorName, ...]:
    others = [reply for reply in replies if reply.is_written and reply.user_id != post.user_id]
    acts = [
        run.act(
            _post_id(run, reply.id), "reply", _account_id(run, reply.user_id), _post_id(run, post.id), reply.created_at
        )
        for reply in others
    ]
    return (*acts, *_names(run, (models.DiscourseUser(reply.user_id or 0, reply.username) for reply in others)))


def _names(run: AccountRun, users: Iterable[models.DiscourseUser]) -> tuple[ActorName, ...]:
    base = run.account.account_id.partition("@")[2]
    return tuple(run.names({_account_id(run, user.id): f"{user.username}@{base}" for user in users if user.username}))


def _account_id(run: AccountRun, user_id: int | None) -> str:
    return f"{user_id}@{run.account.account_id.partition('@')[2]}"


def _post_id(run: AccountRun, number: int, *, kind: str = "p") -> str:
    return f"{run.account.account_id.partition('@')[2]}/{kind}/{number}"


def post_url(post_id: str) -> str | None:
    """
    Return the URL of a post, which redirects to its topic.

    Examples
    --------
    >>> post_url("forum.example/p/12"), post_url("forum.example/x")
    ('https://forum.example/p/12', None)
    """
    return f"https://{post_id}" if _POST_ID.fullmatch(post_id) else None


CONNECTOR = Connector(
    network=NETWORK,
    covers=("like", "reply", "answer"),
    example="ada@forum.example",
    server_url=server_url,
    find=find_account,
    read=read_account,
    read_bio=read_bio,
    has_many_servers=True,
    terms="each server has its own terms; most allow reading public pages at a moderate pace, and this stays below it",
    api=_API,
    post_url=post_url,
)
