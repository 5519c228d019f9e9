"""Trade partners ask whether a package is genuine, with their token, and nobody finds serials that way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.test_link_api import BROWSER, NOON, PRODUCT, URL, World

ITEM = f"{PRODUCT}/21/S%2F1"
PATH = ITEM.removeprefix("https://id.gs1.org")
CORRELATION = "5ae6c5e3-8f5b-4a8b-9a55-2f5bd8bb7d40"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(Path(tmp_path_factory.mktemp("verification")))
    with made.client:
        dates = {"cbvmda:lotNumber": "L7", "cbvmda:itemExpirationDate": "2026-12-31"}
        made.capture({"epcList": [ITEM], "ilmd": dates})
        yield made


WITH_LOT = PATH.replace("/21", "/10/L7/21")
OTHER_LOT = PATH.replace("/21", "/10/L8/21")


def verified(world: World, path: str = PATH, who: str = "rival", **query: str) -> Any:
    query = {"linkType": "verificationService", "corrUUID": CORRELATION, **query}
    led = world.client.get(path, params=query, headers=world.bearer(who))
    assert led.status_code == 307, led.text
    assert led.headers["Location"].startswith(f"{URL}/verification{path}?corrUUID={CORRELATION}")
    return world.client.get(led.headers["Location"], headers=world.bearer(who))


def test_a_partner_is_told_in_the_words_of_the_standard(world: World) -> None:
    answer = verified(world, WITH_LOT, **{"17": "261231", "reqGLN": "9521234000037"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {
        "verificationTimestamp": NOON.isoformat(),
        "responderGLN": "9521234000013",
        "data": {"verified": True},
        "corrUUID": CORRELATION,
    }


@pytest.mark.parametrize(
    ("path", "query", "reason"),
    [
        (OTHER_LOT, {}, "No_match_GTIN_Serial_Lot"),
        (PATH, {"17": "261230"}, "No_match_GTIN_Serial_Expiry"),
        (OTHER_LOT, {"15": "261230"}, "No_match_GTIN_Serial_Lot_Expiry"),
        (f"{WITH_LOT}2", {"17": "261231"}, "No_match_GTIN_Serial"),
    ],
)
def test_what_does_not_match_is_named(world: World, path: str, query: dict[str, str], reason: str) -> None:
    data = verified(world, path, **query).json()["data"]
    assert data == {"verified": False, "verificationFailureReason": reason}


@pytest.mark.parametrize(
    ("query", "where", "status"),
    [
        ({"17": "261331"}, "17", 400),
        ({"corrUUID": "x"}, "corrUUID", 400),
        ({"reqGLN": "9521234000038"}, "reqGLN", 400),
        ({"reqGLN": "9521234000013"}, "reqGLN", 403),  # another company's
    ],
)
def test_what_cannot_be_right_is_refused(
    world: World, query: dict[str, str], where: str, status: int
) -> None:
    answer = world.client.get(f"/verification{PATH}", params=query, headers=world.bearer("rival"))
    assert (answer.status_code, answer.json()["where"]) == (status, where)


@pytest.mark.parametrize("path", [PRODUCT, f"{PRODUCT}/10/L7", "https://id.gs1.org/00/095212340000000013"])
def test_only_items_are_verified(world: World, path: str) -> None:
    path = path.removeprefix("https://id.gs1.org")
    answer = world.client.get(f"/verification{path}", headers=world.bearer("rival"))
    assert (answer.status_code, answer.json()["where"]) == (400, "21")


def test_nobody_is_told_without_a_token(world: World) -> None:
    known, unknown = (world.client.get(f"/verification{path}") for path in (PATH, f"{PATH}9"))
    assert known.status_code == unknown.status_code == 401
    assert known.json()["detail"] == unknown.json()["detail"]


def test_a_browser_that_asks_gets_the_page_of_goods_that_are_stopped_and_else_the_service(
    world: World,
) -> None:
    answer = world.client.get(PATH, params={"linkType": "gs1:verificationService"}, headers=BROWSER)
    assert answer.headers["Location"] == f"{URL}/verification{PATH}"


def test_serials_are_not_found_by_guessing(world: World) -> None:
    answers = [
        world.client.get(f"/verification{PRODUCT[18:]}/21/X{n}", headers=world.bearer("maker")).status_code
        for n in range(60)
    ]
    assert answers == [200] * 50 + [429] * 10
    right = world.client.get(f"/verification{PATH}", headers=world.bearer("maker"))
    assert (right.status_code, right.json()["code"]) == (429, "too-many-unknown")  # right or wrong: no oracle
    assert verified(world).status_code == 200  # another partner is not kept waiting


def test_a_right_serial_in_between_gives_no_new_guesses(world: World) -> None:
    paths = [f"{PRODUCT[18:]}/21/Y{n}" if n % 10 else PATH for n in range(70)]
    answers = [
        world.client.get(f"/verification{path}", headers=world.bearer("dock")).status_code for path in paths
    ]
    wrong = [answer for path, answer in zip(paths, answers, strict=True) if path != PATH]
    assert wrong == [200] * 50 + [429] * 13
