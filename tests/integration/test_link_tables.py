"""Links of many codes as a table, by the API and in the console: tried first, and recorded all or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.test_link_api import CLAIMED, LOT, MAKER, NOON, PAGE, PRODUCT, UNIT, URL, World

from suyuan.trace.register.book import enter
from suyuan.trace.register.deciding import withdraw
from suyuan.trace.register.rows import MOST_ROWS
from suyuan.trace.register.sheets import Entry
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.sight import HOUSE
from suyuan.trace.store.viewer import Viewer

SECOND = "https://id.gs1.org/01/09521234000105"
HEADINGS = "code,linkType,href,title,hreflang,type,context,role,fwqs"
TABLE = f"""{HEADINGS}
09521234000013,gs1:pip,https://brand.example/p,产品,,,,default,
(01)09521234000013,gs1:recipeInfo,https://brand.example/recipes,菜谱,zh en,text/html,CN,,no
{SECOND},Certificates,https://brand.example/检测.pdf,检测报告,zh-cn,,,,
{LOT},gs1:pip,https://brand.example/l7,L7,,,,choice,
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    with Writing(made.house.engine) as writing:
        told = {"name_zh": "老抽", "producer": MAKER, "party": MAKER}
        enter(writing, Entry("product", SECOND, told), by=HOUSE, now=NOON, confirmed=True)
    with made.client:
        yield made


def put(
    world: World, table: str | bytes, who: str = "maker", *, trial: bool = False, if_match: str = ""
) -> Any:
    content = table.encode() if isinstance(table, str) else table
    headers = world.bearer(who) | {"Content-Type": "text/csv"} | ({"If-Match": if_match} if if_match else {})
    params = {"trial": "true"} if trial else {}
    return world.client.put("/api/links/table", params=params, content=content, headers=headers)


def taken(world: World, who: str = "maker") -> bytes:
    answer = world.client.get("/api/links/table", headers=world.bearer(who))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    return bytes(answer.content)


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    assert found, page
    return found[1]


def tally(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def findings(answer: Any) -> list[tuple[int, str]]:
    assert answer.status_code == 400, answer.text
    found: list[dict[str, Any]] = answer.json()["problems"]
    assert all(one["detail"] for one in found)
    return [(one["row"], one["where"]) for one in found]


def test_titles_that_look_like_formulas_or_errors_are_put_back_as_they_were(world: World) -> None:
    titles = ("'=x", "#N/A", "1E+5", "＝1+1", "'@a", "-20% 特价", "'#REF!")
    links = [{"linkType": "gs1:pip", "href": "https://brand.example/a", "title": title} for title in titles]
    assert world.put("maker", PRODUCT, *links).status_code == 200
    again = tally(put(world, taken(world), trial=True))
    assert (again["new"], again["ended"], again["stay"]) == (0, 0, len(titles))


def test_what_was_withdrawn_is_left_out_of_what_can_be_put_back(world: World) -> None:
    put(world, TABLE)
    with Writing(world.house.engine) as writing:
        withdraw(writing, SECOND, by=Viewer("root", "administrator", MAKER), now=NOON)
    table = taken(world)
    assert SECOND.encode() not in table
    again = tally(put(world, table))
    assert (again["new"], again["ended"], again["stay"]) == (0, 0, 3)


def test_what_is_refused_is_told_with_the_headings_in_both_languages(world: World) -> None:
    answer = put(world, "code,linkType,href,title,colour\n1,2,3,4,5\n")
    assert answer.json()["remedy"].startswith(
        "Delete it, or give it one of these headings: code (编码), linkType (类型),"
    )


def test_a_default_may_be_marked_as_excel_writes_a_tick(world: World) -> None:
    rows = "09521234000013,gs1:pip,https://b.example/,t,{}\n"
    for word, role in (("TRUE", "default"), ("FALSE", "")):
        put(world, "code,linkType,href,title,role\n" + rows.format(word))
        (link,) = world.get("maker", PRODUCT).json()["links"]
        assert link.get("role", "") == role


def test_a_table_is_tried_recorded_and_taken_back_as_it_was(world: World) -> None:
    would = {"lines": 4, "codes": 3, "new": 4, "ended": 0, "stay": 0, "defaults_lost": 0, "left_without": 0}
    assert tally(put(world, TABLE, trial=True)) == {**would, "recorded": False}
    assert world.get("maker", PRODUCT).json()["links"] == []
    assert tally(put(world, TABLE)) == {**would, "recorded": True}
    assert world.leads("/01/09521234000013") == PAGE["href"]
    first, second = world.get("maker", PRODUCT).json()["links"]
    assert (first["role"], second["hreflang"], second["fwqs"]) == ("default", ["zh", "en"], False)
    (paper,) = world.get("maker", SECOND).json()["links"]
    assert (paper["linkType"], paper["hreflang"]) == ("gs1:certificationInfo", ["zh-CN"])
    again = taken(world)
    assert again.startswith(b"\xef\xbb\xbf" + HEADINGS.encode())
    assert tally(put(world, again)) == {**would, "new": 0, "stay": 4, "recorded": True}
    assert taken(world) == again


def test_what_looks_like_something_else_in_a_table_comes_back_as_it_was(world: World) -> None:
    kinds = ["payment", "help", "gs1:paymentLink", "https://vocabulary.example/farm"]
    titles = ["=1+1", "-5 %", 'a, "b"; c', "0013"]
    links = [
        {"linkType": kind, "href": "https://brand.example/a,b;c", "title": title, "context": ["CN", "LK"]}
        for kind, title in zip(kinds, titles, strict=True)
    ]
    assert world.put("maker", PRODUCT, *links).status_code == 200
    told = tally(put(world, taken(world)))
    assert (told["stay"], told["new"], told["ended"]) == (4, 0, 0)


def test_the_rows_of_a_code_are_all_its_links_and_other_codes_stay_as_they_are(world: World) -> None:
    put(world, TABLE)
    changed = f"""{HEADINGS}
09521234000013,gs1:recipeInfo,https://brand.example/recipes,菜谱,zh en,text/html,CN,,no
09521234000013,gs1:faqs,https://brand.example/faq,问答,,,,yes,
{LOT},,,,,,,,
"""
    assert tally(put(world, changed)) == {
        "lines": 3, "codes": 2, "new": 1, "ended": 2, "stay": 1, "defaults_lost": 0, "left_without": 1,
        "recorded": True,
    }  # fmt: skip
    told = world.get("maker", PRODUCT).json()
    assert [one["linkType"] for one in told["links"]] == ["gs1:recipeInfo", "gs1:faqs"]
    assert [one["endedBy"] for one in told["before"]] == ["maker"]
    assert world.leads("/01/09521234000013") == "https://brand.example/faq"  # the default went over
    assert len(world.get("maker", SECOND).json()["links"]) == 1
    assert world.get("maker", LOT).json()["links"] == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_table_that_a_spreadsheet_saved_is_read(world: World, encoding: str) -> None:
    row = "9521234000013;产品信息;https://brand.example/p;酱油产品信息页面;zh、en;是"
    table = f"酱园的链接;;;;\r\n编码;类型;网址;名称;语言;默认\r\n{row}\r\n"
    assert tally(put(world, table.encode(encoding)))["new"] == 1
    (link,) = world.get("maker", PRODUCT).json()["links"]
    assert (link["linkType"], link["hreflang"], link["role"]) == ("gs1:pip", ["zh", "en"], "default")
    assert link["title"] == "酱油产品信息页面"


def test_every_wrong_row_is_told_and_then_nothing_is_recorded(world: World) -> None:
    put(world, f"{HEADINGS}\n{PRODUCT},gs1:faqs,https://brand.example/faq,FAQ,,,,,\n")
    before = taken(world)
    rows = [
        "09521234000013,gs1:pip,https://brand.example/p,Page,,,,,",
        "09521234000014,gs1:pip,https://brand.example/p,Page,,,,,",  # its check digit
        "09521234000013,gs1:nosuch,https://brand.example/p,Page,,,,,",
        "09521234000013,gs1:handledBy,https://brand.example/,Page,,,,,",
        "09521234000013,gs1:pip,javascript:alert(1),Page,,,,,",
        f"09521234000013,gs1:pip,{URL}/01/09521234000013,Page,,,,,",
        "09521234000013,gs1:pip,https://brand.example/q,,,,,,",
        "09521234000013,gs1:pip,https://brand.example/q,Page,zh-Hans,,,,",
        "09521234000013,gs1:pip,https://brand.example/q,Page,,,,chief,",
        "09521234000013,gs1:pip,https://brand.example/q,Page,,,,,perhaps",
        ",gs1:pip,https://brand.example/q,Page,,,,,",
        "(01)09521234000013,gs1:pip,https://brand.example/p,Page,,,,,",  # as the first one
        f"{LOT},gs1:pip,https://brand.example/p,Page,,,,default,",
        f"{LOT},gs1:pip,https://brand.example/q,Page,,,,default,",
        f"{SECOND},,,,,,,,",
        f"{SECOND},gs1:pip,https://brand.example/p,Page,,,,,",
        f"{CLAIMED},gs1:pip,https://brand.example/p,Page,,,,,",  # not in the register
        f"{UNIT},gs1:pip,https://brand.example/p,Page,,,,,",
        f"https://other.example/own/product/P00001A,gs1:pip,{URL}/01/1,Page,,,,,",
        "https://other.example/own/product/P00001A,gs1:pip,https://brand.example/p,Page,,,,,",
    ]
    for trial in (True, False):
        answer = put(world, "\n".join((HEADINGS, *rows)), trial=trial)
        assert findings(answer) == [
            (3, "code"), (4, "linkType"), (5, "linkType"), (6, "href"), (7, "href"), (8, "title"),
            (9, "hreflang"), (10, "role"), (11, "fwqs"), (12, "code"), (13, "links"), (15, "links"),
            (16, "code"), (18, "code"), (19, "code"), (20, "href"), (21, "code"),
        ]  # fmt: skip
    assert taken(world) == before


def test_who_does_not_answer_for_a_code_gives_it_no_links(world: World) -> None:
    table = f"{HEADINGS}\n{PRODUCT},gs1:pip,https://evil.example/,P,,,,default,\n"
    assert findings(put(world, table, "rival")) == [(2, "code")]
    assert [put(world, table, who).status_code for who in ("", "officer", "dock")] == [401, 403, 403]
    world.claim()
    claimed = f"{HEADINGS}\n{CLAIMED},gs1:pip,https://evil.example/,P,,,,default,\n"
    assert findings(put(world, claimed, "rival")) == [(2, "code")]
    assert (
        tally(put(world, f"{HEADINGS}\n{UNIT},gs1:pip,https://brand.example/p,P,,,,,\n", "root"))["new"] == 1
    )
    put(world, TABLE)
    assert b"brand.example" not in taken(world, "rival")
    assert taken(world, "root").count(b"brand.example") == 1  # the operator's own


def test_a_row_above_the_headings_is_told(world: World) -> None:
    above = f"{PRODUCT},gs1:recipeInfo,https://brand.example/r,r\n"
    table = f"酱园,,,\n{above}code,linkType,href,title\n{PRODUCT},gs1:faqs,https://brand.example/f,f\n"
    answer = put(world, table)
    assert findings(answer) == [(2, "code")]
    assert "above the headings" in answer.json()["problems"][0]["detail"]
    assert world.get("maker", PRODUCT).json()["links"] == []


def test_a_table_without_defaults_says_how_many_codes_lose_theirs(world: World) -> None:
    rows = [f"{PRODUCT}/21/{n},gs1:pip,https://brand.example/{n},产品" for n in range(30)]
    put(world, "\n".join(["code,linkType,href,title,role", *(f"{row},default" for row in rows)]))
    told = tally(put(world, "\n".join(["code,linkType,href,title", *rows]), trial=True))
    assert (told["ended"], told["defaults_lost"], told["left_without"]) == (30, 30, 0)
    emptied = [rows[0], *(f"{PRODUCT}/21/{n},,," for n in range(1, 30))]
    told = tally(put(world, "\n".join(["code,linkType,href,title", *emptied]), trial=True))
    assert (told["ended"], told["defaults_lost"], told["left_without"]) == (30, 30, 29)


def test_the_names_of_things_are_asked_once_for_a_whole_table(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    names = world.house.records.aliases
    monkeypatch.setattr(world.house.records, "aliases", lambda: asked.append(True) or names())
    rows = "".join(f"{PRODUCT}/21/{n},gs1:pip,https://brand.example/{n},t\n" for n in range(20))
    assert tally(put(world, f"code,linkType,href,title\n{rows}", trial=True))["new"] == 20
    assert len(asked) == 1


def test_what_a_program_read_is_not_replaced_where_a_colleague_changed_it_since(world: World) -> None:
    put(world, TABLE)
    read = world.client.get("/api/links/table", headers=world.bearer("maker"))
    one = world.get("maker", PRODUCT)
    assert put(world, read.content, trial=True, if_match=read.headers["ETag"]).status_code == 200
    given = [
        {
            name: link[name]
            for name in ("linkType", "href", "title", "hreflang", "type", "context", "fwqs", "role")
        }
        for link in one.json()["links"]
    ]
    faq = {"linkType": "gs1:faqs", "href": "https://brand.example/faq", "title": "FAQ"}
    assert world.put("maker", PRODUCT, *given, faq).status_code == 200
    before = taken(world)
    for trial in (True, False):
        refused = put(world, read.content, trial=trial, if_match=read.headers["ETag"])
        assert (refused.status_code, refused.json()["code"]) == (412, "links-changed")
    stale = world.bearer("maker") | {"If-Match": one.headers["ETag"]}
    body = {"links": [faq]}
    assert (
        world.client.put("/api/links", params={"code": PRODUCT}, json=body, headers=stale).status_code == 412
    )
    assert taken(world) == before
    fresh = world.bearer("maker") | {"If-Match": f'"x", {world.get("maker", PRODUCT).headers["ETag"]}'}
    assert (
        world.client.put("/api/links", params={"code": PRODUCT}, json=body, headers=fresh).status_code == 200
    )
    anew = world.client.get("/api/links/table", headers=world.bearer("maker"))
    assert put(world, anew.content, if_match=anew.headers["ETag"]).status_code == 200
    assert put(world, anew.content, if_match="*").status_code == 200


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"\x89PNG\r\n\x1a\n", 400),
        (b"code,linkType,href\n1,2,3\n", 400),
        (f"{HEADINGS}\n".encode(), 400),
        (f"{HEADINGS},colour\n{PRODUCT},,,,,,,,,red\n".encode(), 400),
        (f"{HEADINGS},code\n".encode(), 400),
        (b"code,linkType,href,title\n" + b"\xff\xfe\xfd" * 9, 400),
        (b'code,linkType,href,title\n"a,b,c,d\n', 400),
        (f"{HEADINGS}\n".encode() + b"x,,,,,,,,\n" * (MOST_ROWS + 20), 413),
        (b" " * ((20 << 20) + 1), 413),
    ],
    ids=lambda value: f"{len(value)} bytes" if isinstance(value, bytes) else str(value),
)  # fmt: skip
def test_what_is_no_such_table_or_too_large_is_refused(world: World, content: bytes, status: int) -> None:
    answer = put(world, content)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]
    assert answer.json()["remedy"]


def test_a_person_hands_in_a_table_sees_what_it_would_do_and_records_it(world: World) -> None:
    signed = {"name": "maker", "password": "x" * 20}
    world.client.post("/sign-in", data=signed, headers={"Origin": URL})
    pages = {"Accept": "text/html", "Accept-Language": "en", "Origin": URL}

    def send(path: str, **more: Any) -> Any:
        return world.client.post(path, headers=pages, **more)

    def record(path: str) -> Any:
        return send(path, data={"seen": seen(world.client.get(path, headers=pages).text)})

    def hand_in(table: str) -> str:
        answer = send(
            "/console/links/table", files={"file": ("链接.csv", table.encode("gb18030"), "text/csv")}
        )
        assert answer.status_code == 303, answer.text
        found: str = answer.headers["Location"].partition("?")[0]
        return found

    assert "/console/links/table" in world.client.get("/console/links", headers=pages).text
    kept = hand_in(TABLE)
    page = world.client.get(kept, headers=pages).text
    assert "Record 4 links" in page
    assert "链接.csv" in page
    assert world.get("maker", PRODUCT).json()["links"] == []
    assert send(kept).status_code == 409  # who has not seen what it would do records nothing
    assert record(kept).status_code == 303
    assert world.leads("/01/09521234000013") == PAGE["href"]
    assert world.client.get(kept, headers=pages).status_code == 404  # recorded once
    page = world.client.get(hand_in(f"{HEADINGS}\n{PRODUCT},gs1:pip,ftp://x,,,,,,\n"), headers=pages).text
    assert re.search(r'<td class="n">2</td><td>href</td><td><bdi class="code">ftp://x</bdi></td>', page), page
    assert "Record" not in page
    assert "No file was chosen" in send("/console/links/table", data={"x": "1"}).text
    table = world.client.get("/console/links/table.csv?lang=zh-CN", headers=pages)
    assert table.text.startswith("\ufeff编码,类型,网址,名称,语言")
    ends = hand_in(f"编码,类型,网址,名称\n{PRODUCT},,,\n")
    page = world.client.get(ends, headers=pages).text
    assert "End 2 links" in page
    assert "https://brand.example/recipes" in page  # the first of those that end
    both = world.client.get(
        hand_in(f"编码,类型,网址,名称\n{LOT},gs1:faqs,https://x.example/,x\n"), headers=pages
    )
    assert "Record 1, end 1" in both.text
    colleague = {"linkType": "gs1:faqs", "href": "https://brand.example/faq", "title": "FAQ"}
    assert world.put("maker", PRODUCT, colleague).status_code == 200
    refused = send(ends, data={"seen": seen(page)})
    assert refused.status_code == 409
    assert "Somebody changed links of these codes since you looked" in refused.text
    assert "https://brand.example/faq" in refused.text
    assert len(world.get("maker", PRODUCT).json()["links"]) == 1
    assert send(ends, data={"seen": seen(refused.text)}).status_code == 303
    assert world.get("maker", PRODUCT).json()["links"] == []
    ends = hand_in(f"编码,类型,网址,名称\n{LOT},,,\n")
    world.client.post("/sign-in", data=signed | {"name": "rival"}, headers={"Origin": URL})
    assert world.client.get(ends, headers=pages).status_code == 404
    assert send(ends).status_code == 404
    world.client.post("/sign-in", data=signed | {"name": "officer"}, headers={"Origin": URL})
    refused = send("/console/links/table", files={"file": ("x.csv", TABLE.encode(), "text/csv")})
    assert refused.status_code == 403
