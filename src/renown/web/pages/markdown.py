"""Render Markdown as safe HTML: raw HTML is escaped, headings move down one level."""

from collections.abc import Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

_HEADING_OFFSET = 1
"""Levels by which headings move down, since every page has its own h1."""
_MAX_HEADING_LEVEL = 6
_LINK_PREFIXES = ("/", "#", "https://", "http://")
"""Prefixes of links that work on a page; relative links to files do not."""


class _PageRenderer(RendererHTML):
    """Renderer that makes wide tables scrollable."""

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        opening_tag, env["tables"] = self.renderToken(tokens, idx, options, env), env.get("tables", 0) + 1
        return f'<div class="scroll" tabindex="0" role="region" aria-label="Table {env["tables"]}">{opening_tag}'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"{self.renderToken(tokens, idx, options, env)}</div>"


@lru_cache(maxsize=64)
def render_markdown(text: str) -> Markup:
    r"""
    Render Markdown as HTML.

    Examples
    --------
    >>> render_markdown("# A <b>head</b>\n\n[near](b.md), [far](https://example.org)")
    Markup('<h2>A &lt;b&gt;head&lt;/b&gt;</h2>\n<p>near, <a href="https://example.org">far</a></p>\n')
    """
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_PageRenderer).enable("table")
    tokens = parser.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1:]) + _HEADING_OFFSET, _MAX_HEADING_LEVEL)}"
        if token.children:
            token.children = _remove_dead_links(token.children)
    # The renderer escapes everything that it did not generate itself.
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704


def render_sections(text: str) -> list[tuple[str, Markup]]:
    r"""
    Render each section of second level of a Markdown text; return its title and its HTML.

    Examples
    --------
    >>> render_sections("# Card\n\n## Limits\n\nFew.\n\n## Data\n\nMuch.")
    [('Limits', Markup('<p>Few.</p>\n')), ('Data', Markup('<p>Much.</p>\n'))]
    """
    sections = text.split("\n## ")[1:]
    return [(title.strip(), render_markdown(body)) for title, _, body in (part.partition("\n") for part in sections)]


def _remove_dead_links(tokens: list[Token]) -> list[Token]:
    """Remove links to files, keeping their text, and remove images."""
    remaining, is_valid_link = [], True
    for token in tokens:
        if token.type == "link_open":
            is_valid_link = str(token.attrGet("href")).startswith(_LINK_PREFIXES)
        if token.type == "image" or (token.type.startswith("link_") and not is_valid_link):
            continue
        remaining.append(token)
    return remaining
