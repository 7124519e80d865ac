"""Receipts of past days as they were explained when the day was published: to read one takes no engine's steps."""

import zlib
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import msgspec

from renown.answers.explain.changes import Changes, StoredChanges
from renown.answers.explain.explanation import Explanation
from renown.engines.base import Engine
from renown.lake import Lake
from renown.scoring.accounts import load_names
from renown.store import ProfileStore, PublishedDay, PublishedPoints


@dataclass(frozen=True, kw_only=True)
class StoredReceipt:
    """A published score down to actors and posts, and why it changed, with the names that accounts had then."""

    explanation: Explanation
    changes: StoredChanges | None
    """Since the day that was published before; None if there is none."""
    accounts: tuple[tuple[str, int, str], ...]
    """Network, key and name of the person's own accounts."""

    def matches(self, day: PublishedDay) -> bool:
        """Return whether it explains what is published of a day: that may have been scored again."""
        return self.explanation.receipt.is_of(day)

    def anonymize(self, keys: AbstractSet[int]) -> "StoredReceipt":
        """Return a copy without the names of these accounts."""
        return replace(
            self,
            explanation=self.explanation.anonymize(keys),
            changes=self.changes and replace(self.changes, changes=self.changes.changes.anonymize(keys)),
        )


def store_receipt(
    explanation: Explanation, changes: StoredChanges | None, points: Sequence[PublishedPoints]
) -> StoredReceipt:
    """Build the receipt to store from an explanation, and the published points that it explains, in their order."""
    names = (row.account for row in explanation.receipt.points)
    accounts = {(row.network, row.account, name) for row, name in zip(points, names, strict=True)}
    return StoredReceipt(explanation=explanation, changes=changes, accounts=tuple(sorted(accounts)))


def serialize_receipt(receipt: StoredReceipt) -> bytes:
    """Serialize a receipt to compressed JSON for the store."""
    return zlib.compress(msgspec.json.encode(receipt))


def deserialize_receipt(body: bytes) -> StoredReceipt:
    """Deserialize a receipt from the store."""
    return msgspec.json.decode(zlib.decompress(body), type=StoredReceipt)


def find_stored_receipt(profiles: ProfileStore, key: int, day: PublishedDay) -> StoredReceipt | None:
    """Find the stored receipt of what is published of a day; None if it is missing or outdated."""
    body = profiles.receipts.find(key, day.day)
    receipt = deserialize_receipt(body) if body else None
    return receipt if receipt and receipt.matches(day) else None


def load_stored_explanation(receipt: StoredReceipt, engine: Engine, lake: Lake) -> Explanation:
    """Return the explanation of a stored receipt, with today's names of all accounts."""
    lines = receipt.explanation.actors()
    names, own_names = _load_names(receipt, {(line.name, line.account) for line in lines}, engine, lake)
    return receipt.explanation.rename(names, own_names)


def load_stored_changes(
    receipt: StoredReceipt, first: PublishedDay, last: PublishedDay, engine: Engine, lake: Lake
) -> Changes | None:
    """Return why the score changed between two days, with today's names; None if a stored receipt does not tell."""
    if receipt.changes is None or not receipt.changes.matches(first, last):
        return None
    changes = receipt.changes.changes
    names, own_names = _load_names(receipt, {(line.name, line.account) for line in changes.actors()}, engine, lake)
    return changes.rename(names, own_names)


def anonymize_receipts(profiles: ProfileStore, keys: AbstractSet[int]) -> int:
    """Anonymize some accounts in everybody's stored receipts; return how many receipts changed."""
    changed_count = 0
    texts = [str(key).encode() for key in keys]
    for day in profiles.receipts.list_days():
        for key, body in profiles.receipts.list_of_day(day):
            # To search the text takes a third of the time of reading the receipt.
            text = zlib.decompress(body)
            if not any(account in text for account in texts):
                continue
            before = deserialize_receipt(body)
            after = before.anonymize(keys)
            if after != before:
                profiles.receipts.update(key, day, serialize_receipt(after))
                changed_count += 1
    return changed_count


def _load_names(
    receipt: StoredReceipt, lines: AbstractSet[tuple[str, int]], engine: Engine, lake: Lake
) -> tuple[Mapping[int, str], Mapping[str, str]]:
    """
    Load today's names of accounts: by key, and of the person's own accounts by their former name.

    A handle may be somebody else's by now, or that of somebody who is hidden.
    """
    others = [(name.partition(":")[0], account) for name, account in lines if account]
    names = load_names(engine, lake, [*others, *((network, account) for network, account, _ in receipt.accounts)])
    return names, {former: names[account] for _, account, former in receipt.accounts}
