"""A browser without scripts: it parses the forms of pages, fills them in, and submits them as browsers do."""

import ssl
from dataclasses import dataclass, field
from functools import cache
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
        """Record forms with their fields, and the start of code."""
        values = dict(attrs)
        if tag == "form":
            self.forms.append(Form(values["action"], values.get("method", "get")))
        if tag in {"input", "textarea"} and self.forms and values.get("name"):
            self.forms[-1].fields.setdefault(values["name"], values.get("value", ""))
        if tag == "select":
            self._select = values["name"]
        if tag == "option" and self._select:
            self.forms[-1].fields.setdefault(self._select, values["value"])
        if tag == "code":
            self._code = True

    def handle_endtag(self, tag):
        """Record the end of a list of options, and of code."""
        if tag == "select":
            self._select = None
        if tag == "code":
            self._code = None

    def handle_data(self, data):
        """Record the text."""
        self.text.append(data)
        if self._code:
            self.codes.append(data)


class Browser:
    """A visitor with cookies of their own."""

    def __init__(self, base: str) -> None:
        self.client = httpx2.Client(base_url=base, follow_redirects=True, timeout=60, verify=_tls())
        self.response: httpx2.Response | None = None
        self.page = _Page()

    def __enter__(self) -> Self:
        """Return the browser itself."""
        return self

    def __exit__(self, *_) -> None:
        """Close its connections."""
        self.client.close()

    def open(self, path: str) -> Self:
        """Go to a page, as if its address was typed."""
        return self._load(self.client.get(path, headers={"Sec-Fetch-Site": "none"}))

    def submit(self, action: str, index: int = 0, **values: str) -> Self:
        """Fill in and submit a form of the page by its action; if several have it, the one with this index."""
        forms = [form for form in self.page.forms if form.action == action]
        assert forms, (action, self.text, [form.action for form in self.page.forms])
        form = forms[index]
        assert values.keys() <= form.fields.keys(), form
        return self.post(action, form.fields | values)

    def post(self, action: str, fields: dict[str, str], **headers: str) -> Self:
        """Send a form as browsers do from a page of the same site, or with these headers."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._load(self.client.post(action, data=fields, headers={"Sec-Fetch-Site": "same-origin"} | names))

    @property
    def text(self) -> str:
        """Visible text of the page, with single spaces."""
        return " ".join(" ".join(self.page.text).split())

    @property
    def status(self) -> int:
        """HTTP status of the page."""
        return self.response.status_code

    @property
    def tokens(self) -> list[str]:
        """Tokens that the page asks to put into a profile."""
        return [code for code in self.page.codes if code.startswith("renown-")]

    @property
    def form_token(self) -> str:
        """CSRF token of the session, from a form of the page."""
        return next(form.fields["token"] for form in self.page.forms if form.fields.get("token"))

    @property
    def cookie(self) -> str:
        """Secret of the session cookie; empty without one."""
        return next((cookie.value for cookie in self.client.cookies.jar if cookie.name.endswith("renown")), "")

    def _load(self, response: httpx2.Response) -> Self:
        self.response, self.page = response, _Page()
        if "html" in response.headers.get("content-type", ""):
            self.page.feed(response.text)
        return self


@cache
def _tls() -> ssl.SSLContext:
    """Load the certificates once: without this each browser does, which takes longer than a request."""
    return ssl.create_default_context()
