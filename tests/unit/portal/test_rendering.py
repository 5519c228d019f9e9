"""Links as people read them: every script in clear, nothing that separates or hides."""

from __future__ import annotations

from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.portal.rendering import readable


@pytest.mark.parametrize(
    ("link", "read"),
    [
        (
            "https://x.cn/own/product/P00001A/lot/%E7%AB%AF%E5%8D%88",
            "https://x.cn/own/product/P00001A/lot/端午",
        ),
        ("https://x.cn/01/06901234567892/10/A%2FB%25", "https://x.cn/01/06901234567892/10/A%2FB%25"),
        ("a%20b%23%3f", "a%20b%23%3F"),
        ("%E7%AB", "%E7%AB"),  # half a character
        ("%FF", "%FF"),
        ("%E2%80%AEgpj", "%E2%80%AEgpj"),  # would turn what follows around
        ("%E2%80%8B", "%E2%80%8B"),  # would not be seen
        ("%E3%80%80", "%E3%80%80"),
        ("%0A%3Cb%3E", "%0A%3Cb%3E"),
    ],
)
def test_what_is_shown(link: str, read: str) -> None:
    assert readable(link) == read


@given(st.text())
def test_it_is_the_same_link(text: str) -> None:
    link = quote(text.encode("utf-8", "surrogatepass"), safe="/:%")
    assert unquote_to_bytes(readable(link)) == unquote_to_bytes(link)
