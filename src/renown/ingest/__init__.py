"""Ingest pipeline: fetch, deduplicate and write records into the lake."""

from renown.ingest.batch import ImportResult, import_batch, import_tables, retry_while_locked
from renown.ingest.batch_records import BatchSteps, Records
from renown.ingest.directories import DIRECTORY_TABLES, count_ambiguous_posts, import_directory
from renown.ingest.fetch import fetch_network
from renown.ingest.identities import IdentityCollector
from renown.ingest.spool import RowSpool
from renown.ingest.stream import Stream, StreamLimits, StreamSummary
from renown.ingest.stream_writer import StreamWriter

__all__ = [
    "DIRECTORY_TABLES",
    "BatchSteps",
    "IdentityCollector",
    "ImportResult",
    "Records",
    "RowSpool",
    "Stream",
    "StreamLimits",
    "StreamSummary",
    "StreamWriter",
    "count_ambiguous_posts",
    "fetch_network",
    "import_batch",
    "import_directory",
    "import_tables",
    "retry_while_locked",
]
