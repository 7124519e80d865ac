"""Records of what happened on networks: their types, verbs, days, and the columns of tables."""

from renown.records.columns import (
    ACCOUNT_ID_COLUMNS,
    ACT_TABLES,
    BATCH_COLUMNS,
    IMPORT_TABLES,
    LAKE_COLUMNS,
    RECORD_TABLES,
)
from renown.records.days import DAY_SECONDS, EPOCH, day_from_number, day_number, epoch_seconds
from renown.records.opt_outs import OptOutList, opt_out_hash
from renown.records.record_types import (
    DAY_POST_PREFIX,
    MAX_ID_BYTES,
    AccountAlias,
    AccountCoverage,
    ActorName,
    Interaction,
    PostDetails,
    Presence,
    Profile,
    Tally,
    Undone,
    build_day_tally,
    is_valid_id,
)
from renown.records.tags import MAX_TAGS, join_tags, normalize_tag, split_tags
from renown.records.verbs import LOOKED_UP_ACTORS, VERB_NAMES, VERBS, WHOLE_NETWORK

__all__ = [
    "ACCOUNT_ID_COLUMNS",
    "ACT_TABLES",
    "BATCH_COLUMNS",
    "DAY_POST_PREFIX",
    "DAY_SECONDS",
    "EPOCH",
    "IMPORT_TABLES",
    "LAKE_COLUMNS",
    "LOOKED_UP_ACTORS",
    "MAX_ID_BYTES",
    "MAX_TAGS",
    "RECORD_TABLES",
    "VERBS",
    "VERB_NAMES",
    "WHOLE_NETWORK",
    "AccountAlias",
    "AccountCoverage",
    "ActorName",
    "Interaction",
    "OptOutList",
    "PostDetails",
    "Presence",
    "Profile",
    "Tally",
    "Undone",
    "build_day_tally",
    "day_from_number",
    "day_number",
    "epoch_seconds",
    "is_valid_id",
    "join_tags",
    "normalize_tag",
    "opt_out_hash",
    "split_tags",
]
