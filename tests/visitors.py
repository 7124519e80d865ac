"""A browser without scripts: it reads forms of pages, fills them in, and sends them as browsers do."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self

import httpx2


@dataclass
class Form:
    """A form of a page."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.codes: list[str] = []
        self.text: list[str] = []
        self._code = self._select = None

    def handle_starttag(self, tag, attrs):
        """Note forms, their fields, and code."""
        said = dict(attrs)
        if tag == "form":
            self.forms.append(Form(said["action"], said.get("method", "get")))
        if tag == "input" and self.forms and said.get("name"):
            self.forms[-1].fields.setdefault(said["name"], said.get("value", ""))
        if tag == "select":
            self._select = said["name"]
        if tag == "option" and self._select:
            self.forms[-1].fields.setdefault(self._select, said["value"])
        if tag == "code":
            self._code = True

    def handle_endtag(self, tag):
        """End what was begun."""
        if tag == "select":
            self._select = None
        if tag == "code":
            self._code = None

    def handle_data(self, data):
        """Keep what is shown."""
        self.text.append(data)
        if self._code:
            self.codes.append(data)


class Browser:
    """A visitor with cookies of their own."""

    def __init__(self, base: str) -> None:
        self.client = httpx2.Client(base_url=base, follow_redirects=True, timeout=60)
        self.answer: httpx2.Response | None = None
        self.page = _Page()

    def __enter__(self) -> Self:
        """Open it."""
        return self

    def __exit__(self, *_) -> None:
        """Close it."""
        self.client.close()

    def open(self, path: str) -> Self:
        """Go to a page."""
        return self._shows(self.client.get(path, headers={"Sec-Fetch-Site": "none"}))

    def send(self, action: str, _number: int = 0, **filled: str) -> Self:
        """Send the form of the page that leads there; of several, the one of a number."""
        found = [form for form in self.page.forms if form.action == action]
        assert found, (action, self.said, [form.action for form in self.page.forms])
        form = found[_number]
        assert filled.keys() <= form.fields.keys(), form
        return self.post(action, form.fields | filled)

    def post(self, action: str, fields: dict[str, str], **headers: str) -> Self:
        """Send a form as a browser does from a page of the same site, or as the headers say."""
        said = {"Sec-Fetch-Site": "same-origin"} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self._shows(self.client.post(action, data=fields, headers=said))

    @property
    def said(self) -> str:
        """What the page shows."""
        return " ".join(" ".join(self.page.text).split())

    @property
    def status(self) -> int:
        """Of the page."""
        return self.answer.status_code

    @property
    def tokens(self) -> list[str]:
        """Tokens that the page says to put into a profile."""
        return [code for code in self.page.codes if code.startswith("renown-")]

    @property
    def cookie(self) -> str:
        """The secret that it holds; empty where it has none."""
        return next((one.value for one in self.client.cookies.jar if one.name.endswith("renown")), "")

    def _shows(self, answer: httpx2.Response) -> Self:
        self.answer, self.page = answer, _Page()
        if "html" in answer.headers.get("content-type", ""):
            self.page.feed(answer.text)
        return self
