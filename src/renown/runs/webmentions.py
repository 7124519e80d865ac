"""
Verify the webmentions that the server received: fetch their sources, and import what they say.

References
----------
W3C Webmention, 3.2 "Receiving Webmentions".
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from renown.connectors import blog
from renown.connectors.base import Account, Record
from renown.connectors.blog.mentions import Mention, act_id, find_mention, is_bridged
from renown.connectors.blog.microformats import parse_microformats
from renown.connectors.blog.sites import open_site
from renown.connectors.record_rows import group_rows
from renown.errors import BudgetExceededError, NetworkRefusedError, NetworkUnavailableError, RunInProgressError
from renown.ingest import import_batch, retry_while_locked
from renown.ingest.opt_outs import is_opted_out
from renown.progress import NullProgress, Progress, ignore_message
from renown.records import VERBS, Interaction, Undone
from renown.runs.processes import file_lock
from renown.runs.resources import RunResources
from renown.store import Webmention

WEBMENTIONS_LOCK = "webmentions"
"""Lock file in the home of the process that verifies webmentions."""
MAX_ATTEMPTS = 5
"""How often a source is fetched that does not answer."""
_FIRST_RETRY = timedelta(hours=1)
"""After this time a source is fetched again that did not answer; later each time after twice as long (backoff)."""
_MAX_SECONDS = 20.0
"""How long reading a source may take, with the waits that its server asks for."""
_MAX_PER_RUN = 5_000


@dataclass(frozen=True, kw_only=True)
class WebmentionSummary:
    """Result of verifying webmentions."""

    verified: int = 0
    """Sources that mention their target."""
    rejected: int = 0
    """Sources that do not, or no longer, with the acts that were undone for it."""
    postponed: int = 0
    """Sources that did not answer, and will be fetched again."""


def process_webmentions(
    resources: RunResources,
    *,
    now: Callable[[], datetime],
    notify: Callable[[str], None] = ignore_message,
    progress: Progress | None = None,
) -> WebmentionSummary:
    """
    Verify the webmentions that wait, and import them into the lake; do nothing if another process does so.

    A webmention waits until the lake has what became of it, so that a killed process loses none; the id of an act makes
    importing it again harmless.
    """
    reporter, counts = progress or NullProgress(), {"verified": 0, "rejected": 0, "postponed": 0}
    with suppress(RunInProgressError), file_lock(resources.folder / WEBMENTIONS_LOCK, at=now()):
        due_webmentions = resources.webmentions.list_due(now(), _MAX_PER_RUN)
        if due_webmentions:
            reporter.start("verifying webmentions", len(due_webmentions))
        for webmention in due_webmentions:
            reporter.advance(webmention.source_host)
            counts[_process(resources, webmention, now(), notify)] += 1
        if due_webmentions:
            reporter.finish(", ".join(f"{count:,} {name}" for name, count in counts.items()))
    return WebmentionSummary(**counts)


def _process(resources: RunResources, webmention: Webmention, now: datetime, notify: Callable[[str], None]) -> str:
    """Verify one webmention; return the field of the summary that it counts for."""
    network, account_id = blog.CONNECTOR.network, webmention.account_id
    is_claimed = any((network, account_id) in person.accounts for person in resources.people.all_consenting())
    if not is_claimed:
        resources.webmentions.remove(webmention)
        return "rejected"
    try:
        mention = None if is_bridged(webmention.source) else _fetch_mention(resources, webmention, notify)
    except (NetworkUnavailableError, BudgetExceededError):
        _postpone(resources, webmention, now)
        return "postponed"
    except NetworkRefusedError:
        mention = None
    if mention and is_opted_out(resources.lake.load_opt_outs(), network, mention.author_id):
        mention = None
    return _store(resources, webmention, mention, now)


def _fetch_mention(resources: RunResources, webmention: Webmention, notify: Callable[[str], None]) -> Mention | None:
    account = Account(webmention.account_id, webmention.account_id)
    with (
        resources.open_client(blog.CONNECTOR, account, notify) as client,
        open_site(client, webmention.source, seconds=_MAX_SECONDS) as site,
    ):
        page = site.fetch_html(webmention.source)
    return find_mention(parse_microformats(page.text, page.url), webmention.source, webmention.target)


def _postpone(resources: RunResources, webmention: Webmention, now: datetime) -> None:
    """Try again later; after the last attempt, leave everything as it is."""
    attempts = webmention.attempts + 1
    due_at = now + _FIRST_RETRY * 2 ** (attempts - 1) if attempts < MAX_ATTEMPTS else None
    _finish(resources, replace(webmention, attempts=attempts, due_at=due_at))


def _store(resources: RunResources, webmention: Webmention, mention: Mention | None, now: datetime) -> str:
    """Import the act of a mention, and undo the one before if it is another."""
    act = mention.to_interaction(webmention.account_id, webmention.received_at) if mention else None
    records: list[Record] = []
    if webmention.verb and (act is None or (act.verb, act.actor_id) != (webmention.verb, webmention.actor_id)):
        key = Mention(source=webmention.source, target=webmention.target, verb=webmention.verb).key
        records.append(Undone(blog.CONNECTOR.network, act_id(key, webmention.verb, webmention.withdrawals), now))
        webmention = replace(webmention, verb="", actor_id="", withdrawals=webmention.withdrawals + 1)
    if act and mention:
        records.append(_repeat(act, mention, webmention))
        webmention = replace(webmention, verb=act.verb, actor_id=act.actor_id)
    _import(resources, records)
    _finish(resources, replace(webmention, attempts=0, due_at=None))
    return "verified" if act else "rejected"


def _repeat(act: Interaction, mention: Mention, webmention: Webmention) -> Interaction:
    """Return an act with the id that it has after earlier ones were undone."""
    return replace(act, interaction_id=act_id(mention.key, mention.verb, webmention.withdrawals))


def _import(resources: RunResources, records: list[Record]) -> None:
    covers = [VERBS[verb] for verb in blog.CONNECTOR.covers]
    with resources.open_reader() as engine:
        for table, rows in group_rows(records).items():
            for attempt in retry_while_locked():
                with attempt:
                    import_batch(
                        engine, resources.lake, rows, table=table, network=blog.CONNECTOR.network, covers=covers
                    )


def _finish(resources: RunResources, webmention: Webmention) -> None:
    """Save what is known of a webmention; forget one that never counted and waits no longer."""
    if webmention.due_at is None and not webmention.verb and not webmention.withdrawals:
        resources.webmentions.remove(webmention)
    else:
        resources.webmentions.save(webmention)
