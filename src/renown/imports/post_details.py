"""Read the details of posts from import files: titles, URLs, and tags in the form in which connectors return them."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from renown.connectors.post_tags import read_tags
from renown.engines.duckdb import DuckDB
from renown.imports.import_file import ImportFile
from renown.imports.record_steps import batch_step
from renown.records import BATCH_COLUMNS, epoch_seconds, join_tags
from renown.steps import Step

_SEPARATORS = re.compile(r"[,;|<>\r\n]|\s+(?=#)")
"""What separates tags in one text: no tag has any of these characters, and a hashtag has none before its sign."""


def load_post_details(engine: DuckDB, import_files: Sequence[ImportFile]) -> Step:
    """
    Load the rows of files, and return the step `batch` that has them as connectors return them.

    Rows without an instant have that of the import.

    Parameters
    ----------
    engine : DuckDB
        Afterwards also holds what the step reads.
    import_files : sequence of ImportFile
    """
    engine.run(replace(batch_step("posts", import_files), name="post_rows", stored=True))
    texts = engine.query("select distinct tags from post_rows where tags is not null")
    tag_rows = [(text, join_tags(read_tags(split_tag_text(text)))) for (text,) in texts]
    engine.create_table("tag_texts", tag_rows, {"text": "string", "tags": "string"})
    now = epoch_seconds(import_files[0].reader.now)
    return Step(
        name="batch",
        sql=f"""
select r.account_id, r.post_id, r.title, r.url, t.tags, coalesce(r."at", {now}) as "at"
from post_rows r left join tag_texts t on t.text = r.tags""",
        columns=dict(BATCH_COLUMNS["posts"]),
        reads=("post_rows", "tag_texts"),
        stored=False,
    )


def split_tag_text(text: str) -> list[str]:
    """
    Split a text of tags, which is a JSON list of texts or has separators.

    Examples
    --------
    >>> split_tag_text("python, open data"), split_tag_text('["C, C++", null]')
    (['python', ' open data'], ['C, C++'])
    >>> split_tag_text("#python #open_data")
    ['#python', '#open_data']
    """
    if not text.startswith("["):
        return _SEPARATORS.split(text)
    return [item for item in json.loads(text) if item is not None]
