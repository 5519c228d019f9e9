"""Every form of the console tells who opened it and which one it is; what is carried is what was typed."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData, UploadFile

from suyuan.portal.language import Speech
from suyuan.portal.rendering import Page
from suyuan.portal.resuming import carried, kept_from
from suyuan.portal.services import Principal

TEMPLATES = Path(str(files("suyuan.portal") / "templates"))
UNSIGNED = {
    *("sign-in.html", "resume.html", "report/form.html", "phone/typed.html"),
    *("scan.html", "whereabouts.html"),  # a photo and a district, sent by shoppers
}
"""Pages that people without an account send, or whose address is made elsewhere."""


@pytest.mark.parametrize(
    "template", sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
)
def test_every_form_of_the_console_is_marked(template: str) -> None:
    found = re.findall(r'<form(?:(?!<form).)*?method="post"', (TEMPLATES / template).read_text("utf-8"))
    unmarked = [form for form in found if "send(" not in form and "/sign-out" not in form]
    assert not unmarked or template in UNSIGNED


def test_no_two_forms_of_a_page_are_the_same() -> None:
    page = Page("/console", (), Speech("en"), None, False, Principal("农场 a", "company", "p"), "random")
    send = page.sender()
    assert send("/console/x") == "/console/x?for=%E5%86%9C%E5%9C%BA+a&once=random.1"
    assert send("/console/x").endswith("once=random.2")


@given(st.lists(st.tuples(st.text(), st.text()), max_size=20))
def test_what_is_carried_comes_back_as_it_was(fields: list[tuple[str, str]]) -> None:
    filled: list[tuple[str, str | UploadFile]] = [*fields]
    kept = kept_from(FormData(filled), "/console/register/product/new?for=farm&once=a")
    assert kept.opened_by == "farm"
    sent: list[tuple[str, str | UploadFile]] = [("name", "x"), ("password", "y"), *kept.hidden]
    assert carried(FormData(sent)) == kept


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/sign-out", "/console/\n", ""])
def test_only_forms_of_the_console_are_carried(target: str) -> None:
    assert carried(FormData([("kept-for", target), ("kept:a", "b")])) is None
