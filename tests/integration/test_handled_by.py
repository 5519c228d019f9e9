"""Codes of other companies, handed over to the resolvers that answer for them, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.house import open_house
from suyuan.api.settings import SettingInvalid, read_settings
from suyuan.trace.epcis.envelope import VocabularyElement
from suyuan.trace.gs1.compression import compressed
from suyuan.trace.register.telling import tell
from suyuan.trace.store.engine import Writing

URL = "https://trace.example"
BRAND, COUNTRY = "https://id.brand.example", "https://gs1.example/dl"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OURS = "/01/09506000134352"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    told = {
        "SUYUAN_VAR": str(tmp_path_factory.mktemp("handled")),
        "SUYUAN_PUBLIC_URL": URL,
        "SUYUAN_HANDLED_BY": f" 9506000={BRAND}, 950={COUNTRY}/ ,",
    }
    settings = read_settings(told)
    house = open_house(settings, lambda: NOON)
    known = VocabularyElement(
        "urn:epcglobal:epcis:vtype:EPCClass", f"https://id.gs1.org{OURS}", {"suyuan:nameEn": "Rice"}
    )
    with Writing(house.engine) as writing:
        tell(writing, [known], owner="https://id.gs1.org/417/9506000134352", now=NOON)
    app = application(settings, house, lambda: NOON)
    with TestClient(app, base_url=URL, follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/linkset+json"])
@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("/01/09506000134369/21/A%2F1", BRAND),
        ("/01/09506000134369/10/L7/21/A1", BRAND),
        ("/00/395060003000000017", BRAND),
        ("/414/9506000134369", BRAND),
        ("/01/09501101530003", COUNTRY),
    ],
)
def test_what_nobody_here_knows_goes_to_whoever_answers_for_its_prefix(
    client: TestClient, path: str, root: str, accept: str
) -> None:
    for query in ("", "?linkType=gs1:pip&lang=en&a=%2F", "?linkType=linkset"):
        answer = client.get(path + query, headers={"Accept": accept})
        assert (answer.status_code, answer.headers["Location"]) == (307, root + path + query)
        # as the standard has it: instead of the link to the linkset
        relation = "https://ref.gs1.org/voc/handledBy gs1:handledBy"
        assert answer.headers["Link"] == f'<{root}{path}>; rel="{relation}"'
    asked = client.get(f"{path}?linkType=gs1:handledBy&a=1", headers={"Accept": accept})
    assert asked.headers["Location"] == f"{root}{path}?a=1"


def test_a_compressed_link_is_handed_over_in_plain(client: TestClient) -> None:
    short = compressed("https://id.gs1.org/01/09506000134369/21/A1").removeprefix("https://id.gs1.org")
    answer = client.get(short)
    assert answer.headers["Location"] == f"{BRAND}/01/09506000134369/21/A1"
    assert f'<{URL}/01/09506000134369/21/A1>; rel="owl:sameAs"' in answer.headers["Link"]


def test_what_is_known_here_is_answered_here(client: TestClient) -> None:
    assert client.get(OURS).headers["Location"] == f"{URL}/p{OURS}"
    forged = client.get(f"{OURS}/21/FORGED", headers={"Accept": "text/html"})
    assert forged.status_code == 404  # a serial that nobody gave out does not lead to the brand
    assert client.get(f"{OURS}?linkType=gs1:recipeInfo").status_code == 404


@pytest.mark.parametrize("path", [OURS, f"{OURS}/10/L1", f"{OURS}/21/FORGED"])
def test_nothing_says_of_what_is_known_here_that_another_handles_it(client: TestClient, path: str) -> None:
    """It is "redirected without further processing" (GS1's vocabulary), which a product of ours is not."""
    linkset = client.get(path, headers={"Accept": "application/linkset+json"})
    assert linkset.json()["linkset"][-1]["anchor"] == URL + OURS
    assert "handledBy" not in linkset.text
    assert 'rel="linkset"' in client.get(path).headers["Link"]
    for name in ("gs1:handledBy", "https://ref.gs1.org/voc/handledBy"):
        answer = client.get(path, params={"linkType": name})
        assert (answer.status_code, answer.json()["where"]) == (404, "linkType")


def test_other_prefixes_and_wrong_codes_are_refused_as_ever(client: TestClient) -> None:
    assert client.get("/01/09521234000013").status_code == 404
    assert client.get("/01/09506000134353").status_code == 400
    assert client.get("/own/product/P000Z7N").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        "95=https://a.example",
        "950=http://a.example",
        "950=https://user@a.example",
        "950=https://a.example?x=1",
        "950=https://a b.example",
        "950=https://a.example/x>",
        '950=https://a.example/x"y',
        "950=https://a.example/x'y",
        "950=https://a.example:99999",
        "950",
        "٩٥٠=https://a.example",
        "950=https://a.example,950=https://b.example",
        "950=https://TRACE.example/other",
    ],
)
def test_a_table_that_cannot_be_right_is_refused_at_the_start(tmp_path: Path, wrong: str) -> None:
    told = {"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": URL, "SUYUAN_HANDLED_BY": wrong}
    with pytest.raises(SettingInvalid) as found:
        read_settings(told)
    assert found.value.where == "SUYUAN_HANDLED_BY"
