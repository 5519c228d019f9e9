"""GS1's resolver test suite, check by check, against the server program on a socket with TLS.

Requests are as the suite makes them: GET that follows no redirect, a bare OPTIONS from the suite's own origin
that asks for three methods at once, GET with ``Accept: application/linkset+json``. Checks bear the suite's
numbers and names; what the standard says and the suite does not ask, or has commented out, follows them.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import httpx
import jsonschema_rs
import orjson
import pytest
from tests.end_to_end.programs import PATIENCE_S, environ, running
from tests.ports import free_port
from tests.unit.readers.certificates import make_certificate

from suyuan.api.house import CapturedBy, open_house
from suyuan.api.settings import read_settings
from suyuan.readers.station.delivery import document
from suyuan.trace.epcis.envelope import VocabularyElement
from suyuan.trace.gs1 import check_link, identify
from suyuan.trace.gs1.application_identifiers import KEYS
from suyuan.trace.gs1.compression import compressed
from suyuan.trace.gs1.tags.paths import encode_path
from suyuan.trace.register.telling import tell
from suyuan.trace.resolver import Link, Role, checked_link
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.links import OPERATOR, replace_links

SUITE = "https://ref.gs1.org/test-suites/resolver/"
LINKSET = "application/linkset+json"
VOC = "https://ref.gs1.org/voc/"
MAKER = "https://id.gs1.org/417/9521234000013"
PRODUCT = "/01/09521234000013"
LOT, ITEM = f"{PRODUCT}/10/L7", f"{PRODUCT}/21/S-1"
UNIT, PLACE = "/00/095212340000000013", "/414/9521234000020"
POINT, UNLINKED = f"{PLACE}/254/A1", "/414/9521234000044"
PATHS = [ITEM, LOT, PRODUCT, UNIT, PLACE, POINT, UNLINKED]
_PLAUSIBLE = re.compile(r"https?://[^/]+(/[^/]+)*/(01|00|414)/\d{13,18}(/[^/]+/[^/]+)*/?(\?\S*)?")


def _given(kind: str, end: str, **members: Any) -> Link:
    return checked_link(Link(kind, f"https://brand.example/{end}", end, **members))


LINKS = [
    _given("gs1:certificationInfo", "paper", type="application/pdf"),
    _given("gs1:certificationInfo", "paper-en", type="application/pdf", hreflang=("en",)),
    _given("gs1:certificationInfo", "paper-lk", type="application/pdf", hreflang=("en",), context=("LK",)),
    _given("gs1:recipeInfo", "recipes-1"),
    _given("gs1:recipeInfo", "recipes-2"),
    _given("gs1:promotion", "choice-zh", hreflang=("zh",), role=Role.CHOICE),
    _given("gs1:promotion", "choice-en", hreflang=("en",), role=Role.CHOICE),
]


def _event(number: int, **members: Any) -> bytes:
    told = {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:0193429a-0000-7000-8000-{number:012}",
        "eventTime": "2026-11-20T08:00:00Z",
        "eventTimeZoneOffset": "+08:00",
        "action": "ADD",
        "bizStep": "commissioning",
        "bizLocation": {"id": f"https://id.gs1.org{PLACE}"},
    }
    return orjson.dumps(told | members)


def _named(path: str, name: str) -> VocabularyElement:
    kind = "urn:epcglobal:epcis:vtype:BusinessLocation"
    return VocabularyElement(kind, f"https://id.gs1.org{path}", {"suyuan:nameEn": name})


def _told(environ: Mapping[str, str]) -> None:
    """A product with a lot, an item, a logistic unit, a place with a point, a place without links."""
    house, now = open_house(read_settings(environ)), datetime.now(UTC)
    link = "https://id.gs1.org".__add__
    events = [
        _event(1, epcList=[link(ITEM)]),
        _event(2, epcList=[link(UNIT)]),
        _event(3, quantityList=[{"epcClass": link(LOT), "quantity": 3}]),
        _event(4, quantityList=[{"epcClass": link(PRODUCT), "quantity": 3}]),
    ]
    job = house.capture(document(events, now), "application/json", by=CapturedBy(MAKER), behaviour="rollback")
    assert job.captured == len(events), job
    with Writing(house.engine) as writing:
        for path in (PRODUCT, PLACE):
            replace_links(writing, link(path), LINKS, owner=OPERATOR, by="clerk", now=now)
        named = [_named(PLACE, "West shop"), _named(POINT, "Back door"), _named(UNLINKED, "East shop")]
        tell(writing, named, owner=MAKER, now=now)
    house.close()


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Generator[httpx.Client]:
    """Asks the program as the suite does."""
    folder = tmp_path_factory.mktemp("suite")
    files, port = make_certificate(folder / "tls", names=["localhost"]), free_port()
    settings = {
        **environ(folder / "var", port),
        "SUYUAN_PUBLIC_URL": f"https://localhost:{port}",
        "SUYUAN_TLS_CERTIFICATE": str(files.certificate),
        "SUYUAN_TLS_KEY": str(files.key),
    }
    _told(settings)
    context = ssl.create_default_context(cafile=str(files.ca))
    with (
        running("serve", environ=settings, log=folder / "log", until="Started worker"),
        httpx.Client(
            base_url=f"https://localhost:{port}", verify=context, follow_redirects=False, timeout=60
        ) as client,
    ):
        _wait_for(client)
        yield client


def _wait_for(client: httpx.Client) -> None:
    deadline = monotonic() + PATIENCE_S
    while True:
        try:
            assert client.get("/readyz").is_success
        except httpx.ConnectError:
            assert monotonic() < deadline
            sleep(0.05)
        else:
            return


def linkset_of(suite: httpx.Client, path: str) -> list[dict[str, Any]]:
    answer = suite.get(path, headers={"Accept": LINKSET})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["linkset"]
    return found


def links_in(anchor: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind, links in anchor.items():
        if kind not in ("anchor", "itemDescription"):
            yield from ((kind, one) for one in links)


def alike(one: Mapping[str, Any]) -> tuple[object, ...]:
    """The attributes by which a request tells links of a type apart."""
    return one.get("hreflang"), one.get("type"), one.get("context")


def asked_for(one: Mapping[str, Any]) -> dict[str, str]:
    """The headers with which the suite asks for a link."""
    return {"Accept": one.get("type", "*/*"), "Accept-Language": ",".join(one.get("hreflang", ["*"]))}


def options(suite: httpx.Client, path: str) -> httpx.Response:
    asked = {"Origin": SUITE, "Access-Control-Request-Method": "GET,HEAD,OPTIONS"}
    return suite.options(path, headers=asked)


def refused(suite: httpx.Client, path: str, status: int) -> None:
    """Nobody gets an error as a success, whatever they take."""
    for accept in ("*/*", "text/html", LINKSET, "application/json"):
        answer = suite.get(path, headers={"Accept": accept})
        assert answer.status_code == status, (accept, answer.status_code, answer.text[:200])


on_every_key = pytest.mark.parametrize("path", PATHS)


@on_every_key
def test_01_isURL(suite: httpx.Client, path: str) -> None:  # noqa: N802 (the suite's name)
    parts = urlsplit(str(linkset_of(suite, path)[0]["anchor"]))
    assert parts.netloc
    assert parts.path.startswith(path[:3])


@on_every_key
def test_02_isHttps(suite: httpx.Client, path: str) -> None:  # noqa: N802
    assert all(urlsplit(str(anchor["anchor"])).scheme == "https" for anchor in linkset_of(suite, path))


@on_every_key
def test_03_plausibleDL(suite: httpx.Client, path: str) -> None:  # noqa: N802
    assert all(_PLAUSIBLE.fullmatch(anchor["anchor"]) for anchor in linkset_of(suite, path))


@on_every_key
def test_04_validDL(suite: httpx.Client, path: str) -> None:  # noqa: N802
    assert all(check_link(anchor["anchor"]).valid for anchor in linkset_of(suite, path))


def test_05_tlsOK(suite: httpx.Client) -> None:  # noqa: N802
    with suite.stream("GET", PRODUCT) as answer:
        secured: ssl.SSLObject = answer.extensions["network_stream"].get_extra_info("ssl_object")
        assert secured.version() in ("TLSv1.2", "TLSv1.3")
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):  # by its own authority only
        httpx.get(f"{suite.base_url}")


def test_06_rdFile(suite: httpx.Client, shared: Path) -> None:  # noqa: N802
    """The suite validates the description with a JSON schema that is not in the reference data.

    Here the members that the standard demands are compared with those of GS1's own resolver instead.
    """
    answer = suite.get("/.well-known/gs1resolver")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    told: dict[str, Any] = answer.json()
    example = json.loads(
        (shared / "gs1/resolver_ce/web_server/src/public/gs1resolver.json").read_text("utf-8")
    )
    for name in ("name", "resolverRoot", "supportedPrimaryKeys", "supportedLinkType"):
        assert type(told[name]) is type(example[name]), name
    assert set(told["supportedPrimaryKeys"]) == set(KEYS)
    assert told["resolverRoot"] == str(suite.base_url).rstrip("/")
    assert set(told["supportedLinkType"][0]) == set(example["supportedLinkType"][0])


@on_every_key
def test_07_httpVersion(suite: httpx.Client, path: str) -> None:  # noqa: N802
    assert suite.get(path).http_version == "HTTP/1.1"


@on_every_key
def test_08_corsCheck(suite: httpx.Client, path: str) -> None:  # noqa: N802
    answer = options(suite, path)
    assert answer.is_success
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert suite.get(path, headers={"Origin": SUITE}).headers["Access-Control-Allow-Origin"] == "*"


@on_every_key
def test_09_methodsCheck(suite: httpx.Client, path: str) -> None:  # noqa: N802
    allowed = {one.strip() for one in options(suite, path).headers["Access-Control-Allow-Methods"].split(",")}
    assert {"GET", "HEAD", "OPTIONS"} <= allowed
    assert suite.head(path).headers.get("Location") == suite.get(path).headers.get("Location")


@on_every_key
def test_10_linkOnRedirect(suite: httpx.Client, path: str) -> None:  # noqa: N802
    for answer in (options(suite, path), suite.get(path), suite.head(path)):
        assert 'rel="linkset"' in answer.headers["Link"]


@on_every_key
def test_11_legacyLinkHeaders(suite: httpx.Client, path: str) -> None:  # noqa: N802
    assert not re.search(r'rel="?gs1:', suite.get(path).headers["Link"])


@on_every_key
def test_12_reportWith400(suite: httpx.Client, path: str) -> None:  # noqa: N802
    refused(suite, f"{path}/foo", 400)


@pytest.mark.parametrize(
    "path", ["/01/09521234000037", "/414/9521234000037", "/00/095212340000000020", "/8004/9521234001"]
)
def test_13_noErrorWith200(suite: httpx.Client, path: str) -> None:  # noqa: N802
    refused(suite, path, 404)


@on_every_key
def test_14_trailingSlash(suite: httpx.Client, path: str) -> None:  # noqa: N802
    with_, without = suite.get(f"{path}/"), suite.get(path)
    assert with_.status_code == without.status_code
    assert with_.headers.get("Location") == without.headers.get("Location")


@pytest.mark.parametrize("path", [f"{PRODUCT}/10/KL8G", f"{PLACE}/254/KL8G"])
def test_15_basicWalkUp(suite: httpx.Client, path: str) -> None:  # noqa: N802
    assert suite.get(path).status_code in (300, 307)
    found = suite.get(path, params={"linkType": "gs1:certificationInfo"}, headers={"Accept-Language": "en"})
    assert found.headers["Location"] == "https://brand.example/paper-en"


@on_every_key
def test_16_qsPassedOn(suite: httpx.Client, path: str) -> None:  # noqa: N802
    assert "foo=bar" in suite.get(path, params={"foo": "bar"}).headers["Location"]


@on_every_key
def test_17_ltLinksetNoRedirect(suite: httpx.Client, path: str) -> None:  # noqa: N802
    assert suite.get(path, params={"linkType": "linkset"}).status_code == 200


@on_every_key
def test_18_ltAllNoRedirect(suite: httpx.Client, path: str) -> None:  # noqa: N802
    assert suite.get(path, params={"linkType": "all"}).status_code == 200


@on_every_key
def test_19_ltAcceptHeader(suite: httpx.Client, path: str) -> None:  # noqa: N802
    assert suite.get(path, headers={"Accept": LINKSET}).status_code == 200


@on_every_key
def test_20_validLinkset(suite: httpx.Client, shared: Path, path: str) -> None:  # noqa: N802
    schema: Any = json.loads((shared / "gs1/gs1_linkset/gs1-linkset-schema.json").read_text("utf-8"))
    told: Any = {"linkset": linkset_of(suite, path)}
    jsonschema_rs.Draft7Validator(schema).validate(told)


@on_every_key
def test_21_linksetJsonldCheck(suite: httpx.Client, path: str) -> None:  # noqa: N802
    told = suite.get(path, headers={"Accept": LINKSET}).headers["Link"]
    context = re.search(
        r'<([^>]+)>; rel="http://www\.w3\.org/ns/json-ld#context"; type="application/ld\+json"', told
    )
    assert context
    assert suite.get(context[1]).headers["Content-Type"] == "application/ld+json"


@on_every_key
def test_22_declaredContentType(suite: httpx.Client, path: str) -> None:  # noqa: N802
    assert suite.get(path, headers={"Accept": LINKSET}).headers["Content-Type"] == LINKSET


@on_every_key
def test_23_defaultLinkExists(suite: httpx.Client, path: str) -> None:  # noqa: N802
    assert all(f"{VOC}defaultLink" in anchor for anchor in linkset_of(suite, path))


@on_every_key
def test_24_singleDefaulLink(suite: httpx.Client, path: str) -> None:  # noqa: N802 (sic)
    for anchor in linkset_of(suite, path):
        (default,) = anchor[f"{VOC}defaultLink"]
        assert default.keys() == {"href", "title"}


@on_every_key
def test_25_singleMultiLink(suite: httpx.Client, path: str) -> None:  # noqa: N802
    several = [anchor.get(f"{VOC}defaultLinkMulti") for anchor in linkset_of(suite, path)]
    assert all(len(links) > 1 for links in several if links is not None)
    assert any(several) == (path not in (UNIT, UNLINKED))


@on_every_key
def test_26_linkTypesDefined(suite: httpx.Client, shared: Path, path: str) -> None:  # noqa: N802
    words = json.loads((shared / "gs1/gs1_linktypes_webvoc_1.16.json").read_text("utf-8"))
    defined = {word["id"].replace("gs1:", VOC, 1) for word in words}
    for anchor in linkset_of(suite, path):
        assert {kind for kind, _ in links_in(anchor)} <= defined


@on_every_key
def test_27_defaultTarget(suite: httpx.Client, path: str) -> None:  # noqa: N802
    default = linkset_of(suite, path)[0][f"{VOC}defaultLink"][0]["href"]
    assert suite.get(path).headers["Location"] == default


@on_every_key
def test_28_loFor(suite: httpx.Client, path: str) -> None:  # noqa: N802
    anchor = linkset_of(suite, path)[0]
    asked_at = anchor["anchor"].removeprefix(str(suite.base_url).rstrip("/"))
    told = [(kind, one) for kind, one in links_in(anchor) if "defaultLink" not in kind]
    attributes = [(kind, alike(one)) for kind, one in told]
    alone = [pair for pair, its in zip(told, attributes, strict=True) if attributes.count(its) == 1]
    assert alone
    for kind, one in alone:
        query = {"linkType": kind.replace(VOC, "gs1:"), "context": one.get("context", [])}
        answer = suite.get(asked_at, params=query, headers=asked_for(one))
        assert (answer.status_code, answer.headers.get("Location")) == (307, one["href"]), kind


@pytest.mark.parametrize("path", [ITEM, LOT, PRODUCT, PLACE, POINT])
def test_29_multipleChoices(suite: httpx.Client, path: str) -> None:  # noqa: N802
    answer = suite.get(path, params={"linkType": "gs1:recipeInfo"})
    assert answer.status_code == 300
    told = answer.json()["linkset"][0][f"{VOC}recipeInfo"]
    assert [one["href"] for one in told] == [f"https://brand.example/recipes-{n}" for n in (1, 2)]


@on_every_key
def test_30_specificLinkTypeNotFound(suite: httpx.Client, path: str) -> None:  # noqa: N802
    assert suite.get(path, params={"linkType": "gs1:nosuchlt"}).status_code == 404


# Commented out in the suite, yet demanded by the standard


@on_every_key
def test_compressed_links_are_answered_and_not_redirected_to_their_plain_link(
    suite: httpx.Client, path: str
) -> None:
    for key_in_clear in (False, True):
        short = urlsplit(compressed(f"https://id.gs1.org{path}", key_in_clear=key_in_clear)).path
        answer = suite.get(short)
        assert (short == path) or f'{path}>; rel="owl:sameAs"' in answer.headers["Link"]
        assert answer.headers["Location"] == suite.get(path).headers["Location"]
        assert answer.headers["Location"] != f"{suite.base_url}{path}"
        assert (
            suite.get(short, params={"linkType": "linkset"}).content
            == suite.get(path, params={"linkType": "linkset"}).content
        )


@pytest.mark.parametrize(("path", "scheme"), [(ITEM, "SGTIN-198"), (UNIT, "SSCC-96")])
def test_epcb_links_lead_where_the_plain_link_leads(suite: httpx.Client, path: str, scheme: str) -> None:
    """A tag that is UHF and NFC in one tells a phone its EPC memory as a path (EPCB 1.0)."""
    thing = identify(f"https://id.gs1.org{path}")
    for form in ("eh", "ex"):
        short = encode_path(thing, form, company_prefix_length=7, scheme=scheme)
        answer = suite.get(short)
        assert answer.headers["Location"] == suite.get(path).headers["Location"]
        assert f'{path}>; rel="owl:sameAs"' in answer.headers["Link"]


# Not tested by the suite


def test_links_of_every_level_are_in_the_linkset(suite: httpx.Client) -> None:
    found = linkset_of(suite, f"{LOT}/21/S-1")
    root = str(suite.base_url).rstrip("/")
    assert [one["anchor"] for one in found] == [f"{root}{path}" for path in (f"{LOT}/21/S-1", LOT, PRODUCT)]


_VALUES = {
    "00": "095212340000000020", "01": "09521234000037", "253": "9521234000037A", "255": "9521234000037",
    "401": "9521234A", "402": "95212340000000003", "414": "9521234000037", "415": "9521234000037",
    "417": "9521234000037", "8003": "09521234000037A", "8004": "9521234A", "8006": "095212340000370102",
    "8010": "9521234A", "8013": "9521234XHZ", "8017": "952123400000000037", "8018": "952123400000000037",
}  # fmt: skip


@pytest.mark.parametrize("key", sorted(KEYS))
def test_every_supported_key_is_understood(suite: httpx.Client, key: str) -> None:
    value = next(
        value
        for value in _mended(key, _VALUES[key])
        if check_link(_with_what_it_needs(f"https://id.gs1.org/{key}/{value}")).valid
    )
    path = urlsplit(_with_what_it_needs(f"https://id.gs1.org/{key}/{value}")).path
    refused(suite, path, 404)  # nothing is on record, and nothing is wrong with it
    assert 'rel="linkset"' in options(suite, path).headers["Link"]


def _with_what_it_needs(link: str) -> str:
    return f"{link}/8020/A1" if "/415/" in link else link


def _mended(key: str, value: str) -> Sequence[str]:
    """The value with each last digit of its numeric part, whichever is the check digit; GMN as it is."""
    digits = re.match(r"\d*", value)
    assert digits
    end = {"253": 13, "255": 13, "8003": 14, "8006": 14}.get(key, digits.end())
    mended = [f"{value[: end - 1]}{digit}{value[end:]}" for digit in range(10)]
    letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
    return [f"{value[:-2]}{a}{b}" for a in letters for b in letters] if key == "8013" else mended


# What strangers send


@pytest.mark.parametrize(
    "path",
    [
        "/01/09521234000014",  # a wrong check digit
        "/01/9521234",
        "/01/%F0%9F%8D%8E",
        "/01/0952123400001%33%00",
        f"{PRODUCT}/21/%E6%89%B9",  # no character of the standard's set
        f"{PRODUCT}/21/%zz",
        f"{PRODUCT}/21/{'A' * 21}",
        f"{PRODUCT}/21/S-1/10/L7",  # out of order
        f"{PRODUCT}//21/S-1",
        f"{PRODUCT}%2F21%2FS-1",
        "/01/",
        "/00",
        "/414/",
        "/own",
    ],
)
def test_what_cannot_be_right_is_400_with_the_part_at_fault(suite: httpx.Client, path: str) -> None:
    refused(suite, path, 400)
    told = suite.get(path).json()
    assert told["where"]
    assert told["detail"]


@pytest.mark.parametrize(
    "path", ["//01/09521234000013", "/x/01/09521234000013", "/https://evil.example/01/1"]
)
def test_nothing_is_found_where_no_link_begins(suite: httpx.Client, path: str) -> None:
    assert suite.get(path).status_code == 404


def test_escapes_in_either_case_are_one_code(suite: httpx.Client) -> None:
    lower, upper = (suite.get(f"{PRODUCT}/10/L%{code}7") for code in ("2f", "2F"))
    assert lower.status_code == upper.status_code == 307
    assert lower.headers["Location"].lower() == upper.headers["Location"].lower()
