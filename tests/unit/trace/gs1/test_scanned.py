from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.trace.gs1 import IdentifierError, scanned

ITEM = "https://id.gs1.org/01/09506000134352/21/32a%2Fb"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("]d20109506000134352" + "10L\x1d" + "2132a/b", ITEM),
        ("]Q3010950600013435217290615" + "2132a/b", ITEM),
        ("]C1" + "3103001234" + "0109506000134352" + "2132a/b\x1d" + "3922199", ITEM),
        ("\x1d0109506000134352" + "2132a/b\x1d", ITEM),
        ("01095060001343522132a/b\r\n", ITEM),
        ("(01)09506000134352(17)290615(21)32a/b", ITEM),
        ("(01)09506000134352 (21)32a/b", ITEM),
        ("https://brand.example/01/09506000134352/21/32a%2Fb?c=1", ITEM),
        ("urn:epc:id:sgtin:9506000.013435.32a%2Fb", ITEM),
        ("(01)09506000134352(10)a(b)c", "https://id.gs1.org/01/09506000134352/10/a%28b%29c"),
        ("]C100095201234567891235", "https://id.gs1.org/00/095201234567891235"),
        ("00095201234567891235", "https://id.gs1.org/00/095201234567891235"),
        ("]C1" + "0009520123456789123502095060001343523705", "https://id.gs1.org/00/095201234567891235"),
        ("]E09506000134352", "https://id.gs1.org/01/09506000134352"),
        ("9506000134352", "https://id.gs1.org/01/09506000134352"),
        ("]E09506000134352|]e010L\x1d2132a/b", ITEM),
        ("]d20109506000134352" + "3199000001" + "2132a/b", ITEM),
        ("(01)09506000134352(21)32a/b(01)09506000134352", ITEM),
        ("]Q1https://brand.example/menu", "https://brand.example/menu"),
    ],
)
def test_every_spelling_of_a_symbol_is_one_key(text: str, key: str) -> None:
    assert scanned(text).key == key


@pytest.mark.parametrize(
    "text",
    [
        "", "]d2", "]C1(01)", "]d2AB", "]d29", "(01)", "(01)09506000134352(21)", "(x)1", "()",
        "9506000134353", "]d2010950600013435", "]Q3" + "0209506000134352", "]d2" + "10L",
        "0109506000134352" + "5", "]d2٠١", "]d20109506000134352" + "17261", "(01)09506000134352(0112)A",
        "]E09506000134352|]e010", "]A0|]e010A",
        "1" * 3000,
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(IdentifierError) as caught:
        scanned(text)
    assert caught.value.remedy
    assert len(str(caught.value)) < 1000


@given(st.text(max_size=80), st.sampled_from(["", "]d2", "]Q3", "]C1", "(", "01", "\x1d"]))
def test_no_text_does_anything_else(text: str, start: str) -> None:
    with suppress(IdentifierError):
        assert scanned(start + text).key
