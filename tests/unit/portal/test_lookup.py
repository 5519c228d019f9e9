"""What people type becomes a Digital Link path, or is told what is wrong."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.portal.lookup import near_gtins, parts, typed_link, typed_query
from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import identify
from suyuan.trace.gs1.application_identifiers import KEYS


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
        ("30164596F40C0E5CBE991A83", "/01/09528765123457/21/123456789123"),
        ("3016 4596 f40c 0e5c be99 1a83", "/01/09528765123457/21/123456789123"),
        ("https://old.example/gtin/09506000134352/lot/AB/ser/7", "/01/09506000134352/10/AB/21/7"),
        ("brand.example/01/09506000134352", "/01/09506000134352"),
        ("（01）0９506000134352（21）A1", "/01/09506000134352/21/A1"),
        ("[01]09506000134352[21]A1", "/01/09506000134352/21/A1"),
        ("\u200b9506000134352\ufeff", "/01/09506000134352"),
        ("]d20109506000134352211234\x1d10AB", "/01/09506000134352/10/AB/21/1234"),
        ("\x1d0109506000134352211234", "/01/09506000134352/21/1234"),
        ("0109506000134352211234^10AB", "/01/09506000134352/10/AB/21/1234"),
        ("0109506000134352211234<GS>10AB", "/01/09506000134352/10/AB/21/1234"),
        ("01095060001343522112", "/01/09506000134352/21/12"),
        ("00 0 9506000 0000000015", "/00/095060000000000015"),
        ("(414)9521234000020(254)A/1", "/414/9521234000020/254/A%2F1"),
        ("urn:epc:id:sgln:9521234.00002.A", "/414/9521234000020/254/A"),
        ("https://id.gs1.org/8004/9521234ABC", "/8004/9521234ABC"),
    ],
)
def test_forms(typed: str, link: str) -> None:
    assert typed_link(typed) == link


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "x",
        "urn:epc:id:sgtin:1.2",
        "12345",
        "(10)L7",
        "https://example.com/hello",
        "A" * 501,
        "javascript:alert(1)",
        "data:text/html,<b>",
        "/01",
        "/01/",
        "/414",
        "//",
        "https://x/01//",
        "urn:uuid:1",
        "urn:epc:id:gid:1.2.3",
        "00950600013435200",
        "30164596F40C0E5CBE99",
        "]X9abc",
        "(21)A1",
        "端午",
        "^^^^",
    ],
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
    assert link.startswith((*(f"/{key}/" for key in KEYS), "/own/", "/other/"))
    assert link.isascii()
    assert link.isprintable()
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


@pytest.mark.parametrize("typed", ["А9506000134352", "0950600013435²"])
def test_a_letter_that_only_looks_like_ours_is_named(typed: str) -> None:
    with pytest.raises(InvalidInput, match="neither a digit nor a Latin letter"):
        typed_link(typed)


def test_the_marks_of_a_pasted_link_of_ours_are_kept() -> None:
    assert typed_query(" https://Here.example/01/09506000134352/21/A?v=a%2Bb#x", "here.example") == "v=a%2Bb"
    assert not typed_query("https://there.example/01/09506000134352/21/A?v=ab", "here.example")
    assert not typed_query("/01/09506000134352?v=1", "")


@given(st.integers(0, 10**13 - 1), st.integers(1, 9))
def test_near_numbers_differ_in_one_digit_or_a_swap_and_are_right(number: int, off: int) -> None:
    body = f"{number:013}"
    right = next(
        f"{body}{last}"
        for last in range(10)
        if not sum(int(d) * (1 if i % 2 else 3) for i, d in enumerate(f"{body}{last}")) % 10
    )
    wrong = f"{body}{(int(right[-1]) + off) % 10}"
    found = near_gtins(wrong)
    assert right in found
    assert len(set(found)) <= 27
    for one in found:
        assert identify(f"/01/{one}").gtin == one
        differing = [at for at in range(14) if one[at] != wrong[at]]
        assert len(differing) == 1 or (
            len(differing) == 2 and sorted(one) == sorted(wrong) and differing[1] == differing[0] + 1
        )


async def test_a_mistyped_number_is_told_and_the_one_product_near_it(client: httpx.AsyncClient) -> None:
    answer = await client.get("/look-up", params={"code": "(01)09506000134325(21)A1", "lang": "en"})
    assert answer.status_code == 400
    assert "check digit" in answer.text
    assert "would be right" in answer.text
    assert 'href="/01/09506000134352/21/A1?lang=en"' in answer.text
    assert "Caesar salad" in answer.text
    far = await client.get("/look-up", params={"code": "09506000134999", "lang": "en"})
    assert far.status_code == 400
    assert "Did you mean" not in far.text


@pytest.mark.parametrize(
    ("typed", "part"),
    [("(01)09506000134352(21)端午", "21"), ("(00)095060000000000013", "00"), ("(01)0950600013435X", "01")],
)
async def test_which_part_is_wrong_is_told_and_what_was_typed_stays(
    client: httpx.AsyncClient, typed: str, part: str
) -> None:
    answer = await client.get("/look-up", params={"code": typed, "lang": "zh-CN"})
    assert answer.status_code == 400
    assert f'value="{typed}"' in answer.text
    assert part in answer.text
    assert "Did you mean" not in answer.text


async def test_the_marks_of_a_link_of_this_host_are_passed_on(client: httpx.AsyncClient) -> None:
    typed = "https://trace.example.cn/01/09506000134352/21/A1?v=abc"
    answer = await client.get("/look-up", params={"code": typed})
    assert answer.headers["location"] == "/01/09506000134352/21/A1?v=abc"
