"""The register over HTTP: who may do what, and forms that keep what was typed."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from tests.integration.register.pages import (
    World,
    entered,
    product,
    table,
    text_of,
)

from suyuan.api.house import CapturedBy
from suyuan.trace.register.sheets import KINDS

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000"
    "050001a5f645400000000049454e44ae426082"
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["operator", "farm", "officer"])
def test_every_page_of_every_kind_opens(world: World, kind: str, name: str) -> None:
    world.sign_in(name)
    may = name == "operator" or (name == "farm" and kind != "party")
    assert world.get(f"/{kind}").status_code == 200
    assert world.get(f"/{kind}/export.csv").status_code == 200
    assert world.get(f"/{kind}/import").status_code == (200 if may else 403)
    assert world.get(f"/{kind}/template.xlsx").status_code == (200 if may else 403)
    assert ("/console/register/" + kind + "/new" in world.get(f"/{kind}").text) == may


@pytest.mark.parametrize("path", ["", "/party", "/product/new", "/settings", "/entry/x"])
def test_nobody_is_sent_to_sign_in(world: World, path: str) -> None:
    answer = world.client.get(f"/console/register{path}", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")


def test_an_officer_reads_and_does_not_write(world: World) -> None:
    world.sign_in("farm")
    key = entered(world)
    world.sign_in("officer")
    assert world.post("/product/new", product(world)).status_code == 403
    assert world.post(f"/withdraw/{key}", {"note": "x"}).status_code in (403, 404)
    assert world.post("/product/import", {}, file=("a.csv", b"x")).status_code == 403
    assert world.count("product") == 1


def test_a_company_changes_only_its_own(world: World) -> None:
    world.sign_in("farm")
    key = entered(world)
    world.sign_in("shop")
    assert world.get(f"/entry/{key}").status_code == 404  # nothing passed between them
    assert world.post(f"/amend/{key}", product(world, name_zh="别人的")).status_code == 404
    assert world.post(f"/withdraw/{key}", {"note": "x"}).status_code in (403, 404)
    assert world.post(f"/decide/{key}", {"decision": "approve"}).status_code == 403
    mine = world.get(f"/entry/{world.parties['shop']}").text
    assert "/console/register/amend/" in mine
    world.sign_in("farm")
    assert "黑毛猪肉" in world.get(f"/entry/{key}").text


def test_a_lot_is_not_for_other_companies(world: World) -> None:
    world.sign_in("farm")
    code = entered(world, code="PORK")
    answer = world.post("/lot/new", {"product": "PORK", "lot": "L1", "production_date": "2026-11-20"})
    assert answer.status_code == 303
    world.sign_in("shop")
    assert "L1" not in text_of(world.get("/lot"))
    assert world.get(f"/entry/{code}/lot/L1").status_code == 404


def steps(answer: Any) -> list[tuple[str, str]]:
    """What "start here" says of each kind: its name, and whether it is done, next or later."""
    return re.findall(r'<li class="(done|next|later)"[^>]*><strong>([^<]+)</strong>', answer.text)


def test_an_empty_register_says_where_to_begin_until_everything_is_there(world: World) -> None:
    world.sign_in("operator")
    kinds = ["Parties", "Places", "Products", "Lots"]
    assert steps(world.get("")) == list(zip(["done", "next", "later", "later"], kinds, strict=True))
    assert steps(world.get("/lot")) == steps(world.get(""))
    assert steps(world.get("/party")) == []  # there are some
    assert steps(world.get("/lot", text="nothing like it")) == []
    assert "/console/register/place/new" in world.get("/lot").text
    world.sign_in("farm")
    place = {"party": world.parties["farm"], "stage": "farm", "name_zh": "一号棚", "district": "330106"}
    assert world.post("/place/new", place).status_code == 303
    entered(world, code="PORK")
    assert [state for state, _ in steps(world.get(""))] == ["done", "done", "done", "next"]
    world.sign_in("shop")
    assert [state for state, _ in steps(world.get(""))] == ["done", "next", "later", "later"]  # of its own
    world.sign_in("farm")
    assert world.post("/lot/new", {"product": "PORK", "lot": "L1"}).status_code == 303
    for name in ("farm", "operator", "officer"):
        world.sign_in(name)
        assert steps(world.get("")) == []


def test_the_worklist_of_a_fresh_world_points_to_the_register(world: World) -> None:
    for name, begins in (("operator", True), ("farm", False), ("officer", False)):
        world.sign_in(name)
        told = text_of(world.client.get("/console", params={"lang": "en"}))
        assert ("Start here" in told) == ("make demo" in told) == begins
    event = {
        "type": "ObjectEvent", "action": "OBSERVE", "eventTime": "2026-11-20T08:00:00+08:00",
        "eventTimeZoneOffset": "+08:00", "epcList": ["https://id.gs1.org/01/06901234567892/21/1"],
    }  # fmt: skip
    document = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-11-20T08:00:00Z",
        "epcisBody": {"eventList": [event]},
    }  # fmt: skip
    by = CapturedBy(world.parties["farm"])
    assert world.house.capture(json.dumps(document).encode(), "application/json", by=by, behaviour="rollback")
    world.sign_in("operator")
    assert "Start here" not in text_of(world.client.get("/console", params={"lang": "en"}))


def test_only_an_authority_has_a_competence(world: World) -> None:
    world.sign_in("operator")
    typed = {
        "name_zh": "某局",
        "roles": "shop",
        "district": "330106",
        "stages": "retail",
        "regions": "330000",
    }
    answer = world.post("/party/new", typed)
    assert answer.status_code == 400
    assert '<a href="#stages">' in answer.text
    assert '<a href="#regions">' in answer.text
    assert "Only an authority has stages" in text_of(answer)
    assert world.post("/party/new", {**typed, "roles": "authority"}).status_code == 303
    assert world.count("party") == 3


def test_an_error_is_linked_to_its_field_and_nothing_typed_is_lost(world: World) -> None:
    world.sign_in("farm")
    answer = world.post(
        "/product/new", product(world, name_zh="", identifier="6901234567893", storage_zh="冷藏<b>")
    )
    assert answer.status_code == 400
    assert '<a href="#name_zh">' in answer.text
    assert '<a href="#identifier">' in answer.text
    assert 'value="6901234567893"' in answer.text
    assert "冷藏&lt;b&gt;" in answer.text
    assert world.count("product") == 0


def test_a_warning_is_confirmed_before_it_counts(world: World) -> None:
    world.sign_in("operator")
    typed = {"name_zh": "某某公司", "roles": "producer", "district": "330106", "uscc": "91350203M0001QAY9B"}
    answer = world.post("/party/new", typed)
    assert answer.status_code == 400
    assert "does not fit" in text_of(answer)
    [word] = re.findall(r'name="confirmed" value="([^"]+)"', answer.text)
    assert world.count("party") == 2
    answer = world.post("/party/new", {**typed, "uscc": "91350203M0001QAY9C", "confirmed": unescape(word)})
    assert answer.status_code == 400  # what was confirmed is another number
    assert world.post("/party/new", {**typed, "confirmed": unescape(word)}).status_code == 303
    assert world.count("party") == 3


def test_a_reference_is_typed_as_code_name_or_key(world: World) -> None:
    world.sign_in("farm")
    for producer in (world.parties["farm"], "farm公司", "Farm"):
        assert world.post("/product/new", product(world, producer=producer)).status_code == 303
    answer = world.post("/product/new", product(world, producer="没有这家"))
    assert answer.status_code == 400
    assert '<a href="#producer">' in answer.text


def test_amending_keeps_what_was_told_before(world: World) -> None:
    world.sign_in("farm")
    key = entered(world, specification="500 g")
    world.clock.now += timedelta(hours=1)
    answer = world.post(f"/amend/{key}", product(world, specification="750 g"))
    assert answer.status_code == 303
    page = world.get(f"/entry/{key}").text
    assert "<del>500 g</del>" in page
    assert "<ins>750 g</ins>" in page
    form = world.get(f"/amend/{key}").text
    assert 'value="750 g"' in form


def test_withdrawing_needs_a_reason_and_keeps_the_record(world: World) -> None:
    world.sign_in("farm")
    key = entered(world)
    assert world.post(f"/withdraw/{key}", {"note": " "}).status_code == 400
    assert world.post(f"/withdraw/{key}", {"note": "双份登记"}).status_code == 303
    assert "双份登记" in text_of(world.get(f"/entry/{key}"))
    assert world.count("product") == 1


def test_approval_is_a_setting(world: World) -> None:
    world.sign_in("farm")
    assert world.get("/settings").status_code == 403
    assert world.post("/settings", {"approval": "on"}).status_code == 403
    world.sign_in("operator")
    assert world.post("/settings", {"approval": "on"}).status_code == 303
    world.sign_in("farm")
    first, second = entered(world, code="A"), entered(world, code="B")
    assert world.post(f"/decide/{first}", {"decision": "approve"}).status_code == 403
    world.sign_in("shop")
    assert world.get(f"/entry/{first}").status_code == 404
    world.sign_in("operator")
    assert "2 entries wait" in text_of(world.get(""))
    assert world.post(f"/decide/{second}", {"decision": "refuse"}).status_code == 400
    assert world.post(f"/decide/{second}", {"decision": "refuse", "note": "规格缺失"}).status_code == 303
    assert world.post(f"/decide/{first}", {"decision": "approve"}).status_code == 303
    assert "1 entry" not in text_of(world.get(""))
    world.sign_in("farm")
    assert "规格缺失" in text_of(world.get(f"/entry/{second}"))


def test_what_is_ticked_is_approved_at_once(world: World) -> None:
    world.sign_in("operator")
    world.post("/settings", {"approval": "on"})
    world.sign_in("farm")
    keys = [entered(world, code=f"A{number}") for number in range(3)]
    world.sign_in("operator")
    page = world.get("/product", state="pending").text
    assert {unescape(key) for key in re.findall(r'name="key" value="([^"]+)"', page)} == set(keys)
    answer = world.post("/approve", {"kind": "product", "key": keys[:2]})
    assert answer.status_code == 303
    assert "2 entries were approved" in text_of(world.client.get(answer.headers["location"]))
    assert "1 entry waits" in text_of(world.get(""))
    assert world.post("/approve", {"kind": "product", "key": [keys[2], "https://nothing"]}).status_code == 404
    assert "1 entry waits" in text_of(world.get(""))
    world.sign_in("farm")
    assert world.post("/approve", {"kind": "product", "key": keys[2:]}).status_code == 403


def test_documents_of_a_lot_with_their_last_day(world: World) -> None:
    world.sign_in("farm")
    key = entered(world, code="PORK")
    assert world.post("/lot/new", {"product": "PORK", "lot": "L1"}).status_code == 303
    lot = f"{key}/lot/L1"
    assert (
        "Animal quarantine certificate" in text_of(world.get(f"/entry/{lot}")).partition("also need")[2][:80]
    )
    wrong = world.post(f"/document/{lot}", {"kind": "", "number": "7", "issued": "2026-11-20"})
    assert wrong.status_code == 400
    assert '<a href="#kind">' in wrong.text
    assert 'value="2026-11-20"' in wrong.text
    typed = {"kind": "animal_quarantine", "issuer": "检疫站"}
    for number, expires, standing in (
        ("1", "2026-11-20", "Over"),
        ("2", "2026-11-21", "Ends soon"),
        ("3", "2027-11-21", "Valid"),
        ("4", "", "No last day"),
    ):
        added = world.post(
            f"/document/{lot}", {**typed, "number": number, "expires": expires}, file=("../a.pdf", PNG)
        )
        assert added.status_code == 303, text_of(added)
        assert standing in text_of(world.get(f"/entry/{lot}"))
    files = re.findall(r'"(/console/register/file/[^"?]+)', world.get(f"/entry/{lot}").text)
    assert len(files) == 4
    answer = world.client.get(files[0])
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''a.png"
    world.sign_in("shop")
    assert world.client.get(files[0]).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.exe", b"MZ\x90\0", "Only PDF files and photos"),
        ("a.png", b"\x89PNG\r\n\x1a\nbroken", "damaged"),
        ("a.pdf", b"%PDF-" + b"0" * (11 << 20), "larger than 10 MB"),
    ],
)
def test_a_file_that_is_no_certificate(world: World, name: str, content: bytes, sentence: str) -> None:
    world.sign_in("farm")
    key = entered(world, code="PORK")
    world.post("/lot/new", {"product": "PORK", "lot": "L1"})
    typed = {"kind": "commitment", "number": "1", "issuer": "x"}
    answer = world.post(f"/document/{key}/lot/L1", typed, file=(name, content))
    assert answer.status_code in (400, 413)
    assert sentence in text_of(answer)
    assert "There is no certificate yet" in text_of(world.get(f"/entry/{key}/lot/L1"))


def test_lists_are_searched_and_paged(world: World) -> None:
    world.sign_in("farm")
    lines = [(f"K{number:03}", f"产品{number}", 30) for number in range(120)]
    answer = world.post("/product/import", {}, file=("a.xlsx", table(world, *lines)))
    world.post(answer.headers["location"].partition("/console/register")[2].partition("?")[0], {})
    seen: list[str] = []
    path = "/console/register/product?lang=en"
    while path:
        page = world.client.get(path).text
        seen += re.findall(r"K[0-9]{3}", page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path = unescape(found[1]) if found else ""
    assert sorted(seen) == [code for code, _, _ in lines]
    assert "K077" in world.get("/product", text="产品77").text
    assert "No entry fits" in text_of(world.get("/product", text="' OR 1=1 --"))


def test_a_company_speaks_for_another_only_with_the_operator_and_never_in_its_name(world: World) -> None:
    world.sign_in("shop")
    named = product(world, storage_zh="冷藏")
    asked = world.post("/product/new", named)
    assert asked.status_code == 400
    assert "is another company" in text_of(asked)
    done = world.post("/product/new", {**named, "confirmed": "producer-waits:producer:farm公司"})
    key = str(done.headers["location"]).partition("/entry/")[2].partition("?")[0]
    assert "done=waiting" in done.headers["location"]
    lot = world.post("/lot/new", {"product": key, "lot": "L1", "production_date": "2026-11-20"})
    assert lot.status_code == 303, text_of(lot)
    path = key.removeprefix("https://testserver") + "/lot/L1"
    waiting = text_of(world.client.get(path, params={"lang": "zh-CN"}))
    assert "farm公司" not in waiting
    world.sign_in("operator")
    assert world.post(f"/decide/{key}", {"decision": "approve", "note": "asked the farm"}).status_code == 303
    page = text_of(world.client.get(path, params={"lang": "zh-CN"}))
    assert "farm公司" in page
    assert "该商品由shop公司登记；上列生产者由其填报，未经该生产者本人在本平台确认" in page
    assert "由shop公司登记，无事件记录" in page
    assert "贮存条件、配料、致敏物质等信息由shop公司登记" in page
    assert "生产者登记" not in page


def test_who_later_names_another_producer_waits_again(world: World) -> None:
    world.sign_in("shop")
    own = product(world, producer=world.parties["shop"])
    key = entered(world, producer=world.parties["shop"])
    path = key.removeprefix("https://testserver")
    confirmed = {**product(world), "confirmed": "producer-waits:producer:farm公司"}
    assert "is another company" in text_of(world.post(f"/amend/{key}", product(world)))
    assert "done=waiting" in world.post(f"/amend/{key}", confirmed).headers["location"]
    assert "farm公司" not in text_of(world.client.get(path, params={"lang": "zh-CN"}))
    world.sign_in("operator")
    world.post(f"/decide/{key}", {"decision": "approve"})
    world.sign_in("shop")  # what was agreed need not be agreed again
    amended = world.post(f"/amend/{key}", {**product(world), "name_zh": "猪后腿肉"})
    assert amended.status_code == 303, text_of(amended)
    assert "done=amended" in amended.headers["location"]
    assert "done=amended" in world.post(f"/amend/{key}", own).headers["location"]
