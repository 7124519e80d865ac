"""Prose: Markdown of our own as HTML, headings one lower, whatever it holds shown and never run."""

from collections.abc import Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

_LOWER = 1
"""Levels by which headings go down: a page has one of its own."""
_LOWEST = 6
_FOLLOWED = ("/", "#", "https://", "http://")
"""How links begin that lead somewhere from a page; a file beside the text is none."""


class _Page(RendererHTML):
    """Writes what a page needs: wide tables that scroll, and no link that leads nowhere."""

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        opened, env["tables"] = self.renderToken(tokens, idx, options, env), env.get("tables", 0) + 1
        return f'<div class="scroll" tabindex="0" role="region" aria-label="Table {env["tables"]}">{opened}'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"{self.renderToken(tokens, idx, options, env)}</div>"


@lru_cache(maxsize=64)
def prose(text: str) -> Markup:
    r"""
    Return Markdown as HTML.

    Examples
    --------
    >>> prose("# A <b>head</b>\n\n[near](b.md), [far](https://example.org)")
    Markup('<h2>A &lt;b&gt;head&lt;/b&gt;</h2>\n<p>near, <a href="https://example.org">far</a></p>\n')
    """
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Page).enable("table")
    tokens = parser.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1:]) + _LOWER, _LOWEST)}"
        if token.children:
            token.children = _leading_somewhere(token.children)
    # The renderer escapes all that is not of its own making.
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704


def _leading_somewhere(tokens: list[Token]) -> list[Token]:
    """Return the same words without links to files, and without pictures."""
    kept, followed = [], True
    for token in tokens:
        if token.type == "link_open":
            followed = str(token.attrGet("href")).startswith(_FOLLOWED)
        if token.type == "image" or (token.type.startswith("link_") and not followed):
            continue
        kept.append(token)
    return kept
