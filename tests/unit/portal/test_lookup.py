"""What people type becomes a Digital Link path, or is told what is wrong."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.portal.lookup import parts, typed_link
from suyuan.trace.errors import InvalidInput


@pytest.mark.parametrize(
    ("typed", "link"),
    [
        ("(01)09506000134352(21)A1", "/01/09506000134352/21/A1"),
        ("(21)A1 (10)L/7 (01)9506000134352", "/01/09506000134352/10/L%2F7/21/A1"),
        ("https://id.gs1.org/01/09506000134352/21/A%2F1?17=261127", "/01/09506000134352/21/A%2F1"),
        ("/01/09506000134352", "/01/09506000134352"),
        (" 9506000134352 ", "/01/09506000134352"),
        ("6 901234 500014", "/01/06901234500014"),
        ("(00)095060000000000012", "/00/095060000000000012"),
        ("095060000000000012", "/00/095060000000000012"),
        ("urn:epc:id:sgtin:9506000.013435.A1", "/01/09506000134352/21/A1"),
        ("https://id.gs1.org/CxFKk4XBoIVWLo3DZCAu", "/01/09506000134352/10/AB/21/7"),
        ("https://brand.example/01/09506000134352/EEKrIQFw", "/01/09506000134352/10/AB/21/7"),
        ("https://tags.example/eh30164596f40c0e5cbe991a83", "/01/09528765123457/21/123456789123"),
    ],
)
def test_forms(typed: str, link: str) -> None:
    assert typed_link(typed) == link


@pytest.mark.parametrize(
    "typed", ["", "x", "urn:epc:id:sgtin:1.2", "12345", "(10)L7", "https://example.com/hello", "A" * 501]
)
def test_what_is_no_code(typed: str) -> None:
    with pytest.raises(InvalidInput):
        typed_link(typed)


@given(st.text(max_size=80))
def test_any_text_is_a_path_or_an_error(typed: str) -> None:
    try:
        link = typed_link(typed)
    except InvalidInput:
        return
    assert link.startswith(("/01/", "/00/", "/own/", "/other/"))
    assert link.isascii()
    assert parts(link)


async def test_look_up_redirects_and_keeps_the_language(client: httpx.AsyncClient) -> None:
    response = await client.get("/look-up", params={"code": "(01)09506000134352(21)A1", "lang": "en"})
    assert response.status_code == 303
    assert response.headers["location"] == "/01/09506000134352/21/A1?lang=en"


async def test_look_up_keeps_what_was_typed(client: httpx.AsyncClient) -> None:
    response = await client.get("/look-up", params={"code": '"><b>', "lang": "en"})
    assert response.status_code == 400
    assert "This is not a code we know how to read" in response.text
    assert 'value="&#34;&gt;&lt;b&gt;"' in response.text
    assert '<a href="#code">' in response.text


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("P00001A", "/own/product/P00001A"),
        (" p0000-la ", "/own/product/P00001A"),
        ("P00001A 7k3m 9pqr t4wx", "/own/product/P00001A/serial/7K3M9PQRT4WX"),
        ("K0000000001M", "/own/unit/K0000000001M"),
        ("https://here.example/own/product/P00001A/lot/端午", "/own/product/P00001A/lot/%E7%AB%AF%E5%8D%88"),
        ("/own/product/P00001A", "/own/product/P00001A"),
        ("https://there.example/s/own/unit/K0000000001M", "/other/there.example/s/own/unit/K0000000001M"),
    ],
)
def test_own_codes_and_links_lead_to_their_pages(typed: str, path: str) -> None:
    assert typed_link(typed, "here.example") == path


@pytest.mark.parametrize("typed", ["https://[/own/product/P00001A", "https://[/01/09506000134352"])
def test_an_address_that_cannot_be_taken_apart_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput):
        typed_link(typed)


def test_the_parts_of_an_own_link_are_named() -> None:
    link = "/own/product/P00001A/lot/%E7%AB%AF%E5%8D%88/serial/7K3M"
    assert parts(link) == [("product", "P00001A"), ("lot", "端午"), ("serial", "7K3M")]
