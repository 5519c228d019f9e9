"""No word of a competitor's records in any answer to another company, whatever it asks and however wrongly.

Every GET address of the application that needs credentials is asked, with the competitor's own identifiers in
its path and query; a new page is asked as soon as it has a route. What the asker typed may be repeated to
them. The consumer's pages are public by what they show (``recall/passport``) and are not asked here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import BaseRoute, Route
from tests.integration.market import (
    CASE_UNIT,
    EVENTS,
    FAR,
    FARM_A,
    FARM_B,
    ITEM_KEYS,
    LOT,
    PLANT,
    RIVAL,
    RIVAL_LOT,
    SHOP,
    Company,
    Market,
    capture,
    open_market,
)

from suyuan.trace.gs1.application_identifiers import KEYS

PUBLIC = (
    *(f"/{key}/" for key in KEYS),
    "/p/",
    "/own/",
    "/other/",
    "/qr/",
    "/report",
    "/assets/",
    "/look-up",
    "/sign-in",
    "/api/check",
)
QUERY = (
    "q", "suspect", "MATCH_anyEPC", "MATCH_epcClass", "EQ_bizLocation", "EQ_readPoint", "EQ_eventID", "text",
    "search", "state", "party", "after", "product", "shop", "lot", "code", "key", "direction",
)  # fmt: skip


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    with open_market(tmp_path_factory.mktemp("market")) as opened:
        yield opened


@pytest.fixture(scope="module")
def addresses(market: Market) -> Sequence[str]:
    """Every GET address that is not public, its parameters in braces."""
    app = market.client.app
    told: Sequence[BaseRoute] = getattr(getattr(app, "router"), "routes")  # noqa: B009 (a FastAPI inside)
    plain = [route.path for route in told if isinstance(route, Route) and "GET" in (route.methods or ())]
    spec = market.client.get("/openapi.json").json()["paths"]
    paths = sorted({*plain, *(path for path, methods in spec.items() if "get" in methods)})
    return [path for path in paths if path != "/" and not path.startswith(PUBLIC)]


def never_product() -> str:
    """A product of the plant's number range that nobody ever named."""
    return Company("nobody", 999, "retail", "110101").product


def secrets_of(*companies: Company) -> frozenset[str]:
    """Names, GLNs and the middle of product codes of companies."""
    return frozenset(text for one in companies for text in (*one.names, one.product[-14:]))


# The rival must read nothing of the plant, of its other supplier and of its customer; the plant nothing of
# the rival and of its customer.
SECRETS = {
    "rival": secrets_of(PLANT, FARM_B, SHOP)
    | {"PL-7301", "TW-4471", "双码", "FB-2291", "FA-1187", "DOC-PLANT-1", "device-江南食品"}
    | {f"job-{PLANT.number}", CASE_UNIT[-18:]},
    "owner": secrets_of(RIVAL, FAR)
    | {"RV-9902", "FR-6650", "DOC-RIVAL-1", "device-黑山加工", f"job-{RIVAL.number}"},
}
TYPED = {
    "rival": [
        LOT, *ITEM_KEYS, CASE_UNIT, FARM_B.lot("FB-2291"), PLANT.party, PLANT.place, PLANT.dock,
        PLANT.product, SHOP.party, SHOP.place, EVENTS["plant makes"], EVENTS["shop sells"],
        f"job-{PLANT.number}", f"id-{PLANT.number}", "江南", "PL-73", "7301",
    ],
    "owner": [
        RIVAL_LOT, RIVAL.party, RIVAL.place, RIVAL.product, FAR.party, FAR.place, EVENTS["rival makes"],
        EVENTS["A ships to rival"], f"job-{RIVAL.number}", f"id-{RIVAL.number}", "黑山", "RV-99", "9902",
    ],
}  # fmt: skip
NEVER_WAS = PLANT.lot("NEVER")


@pytest.mark.slow
@settings(
    max_examples=400, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(data=st.data())
def test_no_answer_tells_of_a_competitor(
    market: Market, addresses: Sequence[str], data: st.DataObject
) -> None:
    who = data.draw(st.sampled_from(sorted(SECRETS)))
    typed = st.sampled_from(
        [*TYPED[who], market.complaint, market.case, *market.evidence.values(), NEVER_WAS]
    )
    path = data.draw(st.sampled_from(addresses))
    asked = [data.draw(typed) for _ in re.findall(r"{[^}]+}", path)]
    for value in asked:
        path = re.sub(r"{[^}]+}", quote(value, safe="/:").replace("\\", "\\\\"), path, count=1)
    query = data.draw(st.dictionaries(st.sampled_from(QUERY), typed, max_size=3))
    language = data.draw(st.sampled_from(["zh-CN", "en"]))
    accept = data.draw(st.sampled_from(["text/html", "application/json", "application/xml"]))
    answer = market.ask(
        who, "GET", path, params=query, headers={"Accept": accept, "Accept-Language": language}
    )
    assert answer.status_code < 500, answer.text
    told = "\n".join([answer.text, *answer.headers.values()])
    repeated = "\n".join([*asked, *query.values()])
    found = {secret for secret in SECRETS[who] if secret in told and not _comes_from(secret, repeated)}
    assert not found, (who, path, query, found)


def _comes_from(secret: str, repeated: str) -> bool:
    """Whether an answer could repeat it from what was typed: as typed, or as a number read off it."""
    return secret in repeated


def test_the_secrets_are_there_to_be_read(market: Market) -> None:
    """Else the tests above could not fail."""
    paths = ["/events?perPage=100", "/console/devices", "/console/labels"]
    paths += [f"/console/register/{kind}" for kind in ("party", "place", "product", "lot")]
    paths += [f"/console/register/entry/{lot}" for lot in (LOT, RIVAL_LOT)]
    told = "\n".join(market.ask("admin", "GET", path).text for path in paths)
    assert {secret for secrets in SECRETS.values() for secret in secrets if secret not in told} == set()


@pytest.mark.parametrize("who", sorted(SECRETS))
def test_every_address_is_silent_when_nothing_is_asked(
    market: Market, addresses: Sequence[str], who: str
) -> None:
    for path in addresses:
        if "{" not in path:
            answer = market.ask(who, "GET", path, headers={"Accept": "text/html"})
            assert answer.status_code < 500, path
            assert not [secret for secret in SECRETS[who] if secret in answer.text], path


def soap(query: str, *params: str) -> bytes:
    given = "".join(f"<param><name>{name}</name><value>true</value></param>" for name in params)
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<q:Poll xmlns:q="urn:epcglobal:epcis-query:xsd:2"><queryName>{query}</queryName>'
        f"<params>{given}</params></q:Poll></s:Body></s:Envelope>"
    ).encode()


def test_soap_tells_of_no_competitor(market: Market) -> None:
    told = dict[str, str]()
    for who in (*SECRETS, "admin"):
        for message in (
            soap("SimpleEventQuery"),
            soap("SimpleMasterDataQuery", "includeAttributes", "includeChildren"),
        ):
            answer = market.ask(who, "POST", "/soap", content=message, headers={"Content-Type": "text/xml"})
            assert answer.status_code == 200, answer.text
            told[who] = told.get(who, "") + answer.text
    for who, secrets in SECRETS.items():
        assert not [secret for secret in secrets if secret in told[who]], who
        assert [secret for secret in secrets if secret in told["admin"]]  # else this could not fail


@pytest.mark.parametrize(
    ("path", "there", "never"),
    [
        ("/events/{}", EVENTS["plant makes"], "urn:uuid:00000000-0000-7000-8000-0000000000ff"),
        ("/console/object/{}", LOT, LOT.replace("PL-7301", "PL-0000")),
        ("/console/object/{}", PLANT.place, PLANT.place[:-2] + "99"),
        ("/console/register/entry/{}", PLANT.product, never_product()),
        ("/console/labels/{}", f"job-{PLANT.number}", "job-999"),
        ("/trace?suspect={}", LOT, NEVER_WAS),
        ("/scope?suspect={}", LOT, NEVER_WAS),
        ("/console/trace?suspect={}", LOT, NEVER_WAS),
        ("/console/draft?suspect={}", LOT, NEVER_WAS),
    ],
)
def test_what_is_hidden_answers_like_what_never_was(
    market: Market, path: str, there: str, never: str
) -> None:
    answers = [market.ask("rival", "GET", path.format(quote(key, safe="/:"))) for key in (there, never)]
    assert answers[0].status_code == answers[1].status_code
    bodies = [
        answer.text.replace(quote(key, safe=""), "KEY")
        .replace(quote(key, safe="/:"), "KEY")
        .replace(key, "KEY")
        for answer, key in zip(answers, (there, never), strict=True)
    ]
    assert bodies[0] == bodies[1]


RAW = FARM_A.lot("FA-1187")
NOWHERE = Company("nobody", 998, "retail", "110101")
NEVER_PACKED = CASE_UNIT[:-2] + "20"
NEVER_TOLD = "urn:uuid:00000000-0000-7000-8000-0000000000ff"
WINDOW = {"from_time": "2026-11-03T00:00:00Z", "to_time": "2026-11-09T00:00:00Z"}


def supposing(
    market: Market, who: str, path: str, what: str = "", suspect: str = RAW, **step: str
) -> dict[str, Any]:
    question = {
        "selections": [{"kind": "lots", "lots": [suspect]}],
        "options": {"what_if": {what: [step]} if what else {}},
    }
    answer = market.ask(who, "POST", path, json=question)
    assert answer.status_code == 200, answer.text
    return answer.json()


def counted(told: dict[str, Any]) -> tuple[int, int]:
    """How many states an answer tells, and how many things it withholds."""
    found = told["maximum"].get("trace", told["maximum"])
    return len(found["states"]), found["withheld"]


@pytest.mark.parametrize("path", ["/trace", "/scope"])
@pytest.mark.parametrize(
    ("what", "kind", "there", "never"),
    [
        ("kill", "place", PLANT.place, NOWHERE.place),
        ("kill", "line", PLANT.dock, NOWHERE.dock),
        ("kill", "event", "plant makes", NEVER_TOLD),
        ("kill", "event", PLANT.place, NOWHERE.place),
        ("cross_contamination", "place", SHOP.place, NOWHERE.place),
        ("cross_contamination", "line", PLANT.dock, NOWHERE.dock),
        ("cross_contamination", "container", CASE_UNIT, NEVER_PACKED),
        ("cross_contamination", "tank", CASE_UNIT, NEVER_PACKED),
    ],
)
def test_what_is_supposed_out_of_sight_changes_as_little_as_what_never_was(
    market: Market, path: str, what: str, kind: str, there: str, never: str
) -> None:
    there = market.evidence.get(there, there)
    plain = counted(supposing(market, "upstream", path))
    for window in (dict[str, str](), WINDOW)[: 1 if kind == "event" else 2]:
        hidden, absent = (
            supposing(market, "upstream", path, what, kind=kind, key=key, **window) for key in (there, never)
        )
        assert orjson.dumps(hidden).replace(there.encode(), never.encode()) == orjson.dumps(absent)
        assert counted(hidden) == plain


@pytest.mark.parametrize(
    ("what", "kind", "key"),
    [
        ("kill", "place", PLANT.place),
        ("kill", "event", "plant makes"),
        ("cross_contamination", "place", PLANT.place),
    ],
)
def test_what_is_supposed_tells_whom_nothing_is_kept_from(
    market: Market, what: str, kind: str, key: str
) -> None:
    """Else the test above could not fail."""
    key = market.evidence.get(key, key)
    for who, changes in (("admin", True), ("upstream", False)):
        told = supposing(market, who, "/trace", what, kind=kind, key=key)
        assert (counted(told) != counted(supposing(market, who, "/trace"))) == changes, who
        assert bool(told["choice"]["doubts"]) != changes, who


def test_who_was_at_a_place_does_not_learn_how_much_of_others_lay_there(tmp_path: Path) -> None:
    with open_market(tmp_path) as market:
        told = {
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "eventTime": "2026-11-04T20:00:00+08:00",
            "eventTimeZoneOffset": "+08:00",
            "quantityList": [{"epcClass": RIVAL_LOT, "quantity": 10.0, "uom": "KGM"}],
            "bizStep": "storing",
            "bizLocation": {"id": PLANT.place},
        }
        capture(market.house, RIVAL.party, told)
        for path in ("/trace", "/scope"):
            plain, whole = (
                counted(supposing(market, who, path, suspect=RIVAL_LOT)) for who in ("rival", "admin")
            )
            told, shared = (
                counted(
                    supposing(
                        market, who, path, "cross_contamination", RIVAL_LOT, kind="place", key=PLANT.place
                    )
                )
                for who in ("rival", "admin")
            )
            assert told == plain
            assert shared > whole


def test_an_event_is_not_killed_by_the_name_of_a_place(market: Market) -> None:
    told = supposing(market, "admin", "/scope", "kill", kind="event", key=PLANT.place)
    assert counted(told) == counted(supposing(market, "admin", "/scope"))
    assert [one["where"] for one in told["choice"]["doubts"]] == ["/options/what_if/kill/0/key"]


def test_who_names_a_pallet_of_others_does_not_learn_what_is_on_it(tmp_path: Path) -> None:
    with open_market(tmp_path) as market:
        packed = market.house.records.journey(CASE_UNIT)[0].time
        told = {
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "eventTime": (packed + timedelta(seconds=1)).isoformat(),
            "eventTimeZoneOffset": "+00:00",
            "epcList": [CASE_UNIT],
            "bizStep": "receiving",
            "bizLocation": {"id": RIVAL.place},
        }
        capture(market.house, RIVAL.party, told)
        for path in (f"/trace?suspect={CASE_UNIT}", f"/console/trace?suspect={CASE_UNIT}"):
            answer = market.ask("rival", "GET", path)
            assert answer.status_code == 200
            assert not [key for key in ITEM_KEYS if key in answer.text], path
        assert ITEM_KEYS[0] in market.ask("downstream", "GET", f"/trace?suspect={CASE_UNIT}").text
