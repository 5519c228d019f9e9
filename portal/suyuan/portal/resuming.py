"""Forms that could not be acted upon because of who is signed in: nothing that was typed is lost.

::

    POST of a form ──> nobody signed in, or somebody else ──> sign-in page ──> "send what I typed" ──> POST

What was typed travels in hidden fields of these two pages and is stored nowhere. Files do not: a page cannot
hand them back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from suyuan.portal.rendering import FORM, OPENED_BY, Page, render, sign_in_page

MOST_KEPT = 100_000  # characters of everything that was typed
_TARGET, _FILE, _FIELD, _LOST = "kept-for", "kept-file", "kept:", "kept-lost"
_MARKS = (OPENED_BY, FORM)


@dataclass(frozen=True, slots=True)
class Kept:
    """A form as it was sent: to which address of ours, its fields, the names of the fields of its files.

    ``lost`` says that it was too much to be carried along.
    """

    target: str
    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    lost: bool = False

    @property
    def opened_by(self) -> str:
        """The account that opened the form; empty where it does not say."""
        return dict(parse_qsl(urlsplit(self.target).query)).get(OPENED_BY, "")

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """Names and values of the fields that carry it through the sign-in page."""
        found = [(_TARGET, self.target), *((_FILE, name) for name in self.files)]
        found += [(_FIELD + name, value) for name, value in self.fields]
        return [*found, (_LOST, "1")] if self.lost else found

    @property
    def typed(self) -> list[str]:
        """What a person may recognise of it."""
        return [value for _, value in self.fields if value.strip()]


def kept_from(form: FormData, target: str) -> Kept:
    """What is to be kept of a form that was sent to ``target``."""
    fields = tuple((name, value) for name, value in form.multi_items() if isinstance(value, str))
    files = tuple(
        name for name, value in form.multi_items() if isinstance(value, UploadFile) and value.filename
    )
    if sum(len(name) + len(value) for name, value in fields) > MOST_KEPT:
        return Kept(target, (), files, lost=True)
    return Kept(target, fields, files)


def carried(form: FormData) -> Kept | None:
    """What a posted sign-in page carries along; None where it carries nothing, or for no page of ours."""
    target = form.get(_TARGET)
    if not isinstance(target, str) or not target.startswith("/console/") or not target.isprintable():
        return None
    told = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    return Kept(
        target,
        tuple((name.removeprefix(_FIELD), value) for name, value in told if name.startswith(_FIELD)),
        tuple(value for name, value in told if name == _FILE),
        lost=_LOST in form,
    )


def sign_in_again(request: Request, kept: Kept, *, now_as: str = "") -> Response:
    """The sign-in page that carries a form along; ``now_as`` is who is signed in instead of its opener."""
    return sign_in_page(
        request, error=False, next="/console", name=kept.opened_by, kept=kept, now_as=now_as,
        status=409 if now_as else 401,
    )  # fmt: skip


def resume_page(request: Request, kept: Kept, name: str) -> Response:
    """After signing in as ``name``: what was typed, with the button that sends it."""
    address = urlsplit(kept.target)
    query = [(key, value) for key, value in parse_qsl(address.query) if key != OPENED_BY]
    action = f"{address.path}?{urlencode([*query, (OPENED_BY, name)])}"
    context: dict[str, Any] = {"kept": kept, "action": action, "name": name}
    return render(Page.of(request), "resume.html", context)


def sent_before(request: Request, *, working: bool) -> Response:
    """What is answered to a form that was sent before and whose first answer cannot be given again."""
    return render(Page.of(request), "sent-before.html", {"working": working}, status=409)
