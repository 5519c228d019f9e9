"""EPC URNs beyond trade items: schemes of others, tag URNs with control fields, patterns."""

from __future__ import annotations

import pytest

from suyuan.trace.gs1 import IdentifierError, element_string, identify, to_urn
from suyuan.trace.gs1.patterns import id_pattern, matches

# One of every scheme: pure identity or class URN, element string, length of the company prefix.
URNS = [
    ("urn:epc:id:sgtin:9521141.012345.32a%2Fb", "(01)09521141123454(21)32a/b"),
    ("urn:epc:id:sgtin:00000950.01093.7", "(01)00000095010939(21)7"),
    ("urn:epc:id:sscc:9521141.1234567890", "(00)195211412345678900"),
    ("urn:epc:id:sgln:9521141.12345.32a%2Fb", "(414)9521141123454(254)32a/b"),
    ("urn:epc:id:sgln:9521141.12345.0", "(414)9521141123454"),
    ("urn:epc:id:sgln:952656789012..0", "(414)9526567890126"),
    ("urn:epc:id:grai:9521141.12345.400", "(8003)09521141123454400"),
    ("urn:epc:id:giai:9521141.32a%2Fb", "(8004)952114132a/b"),
    ("urn:epc:id:gsrn:9521141.1234567890", "(8018)952114112345678906"),
    ("urn:epc:id:gsrnp:9521141.1234567890", "(8017)952114112345678906"),
    ("urn:epc:id:gdti:9521141.12345.400", "(253)9521141123454400"),
    ("urn:epc:id:cpi:9521141.5PQ7%2FZ43.12345", "(8010)95211415PQ7/Z43(8011)12345"),
    ("urn:epc:id:cpi:0614141.11111111111111-A%23%2F.1234", "(8010)061414111111111111111-A#/(8011)1234"),
    ("urn:epc:id:sgcn:4012345.67890.04711", "(255)401234567890104711"),
    ("urn:epc:id:ginc:9521141.xyz3311cba", "(401)9521141xyz3311cba"),
    ("urn:epc:id:gsin:9521141.123456789", "(402)95211411234567892"),
    ("urn:epc:id:itip:9521141.012345.01.02.987", "(8006)095211411234540102(21)987"),
    ("urn:epc:id:upui:9521141.089456.51qIgY)%3C%26Jp3*j7'SDB", "(01)09521141894569(235)51qIgY)<&Jp3*j7'SDB"),
    ("urn:epc:id:pgln:9521141.89012", "(417)9521141890127"),
    ("urn:epc:class:lgtin:4012345.012345.998877", "(01)04012345123456(10)998877"),
    ("urn:epc:idpat:sgtin:9521141.012345.*", "(01)09521141123454"),
    ("urn:epc:idpat:grai:9521141.12345.*", "(8003)09521141123454"),
    ("urn:epc:idpat:cpi:9521141.5PQ7.*", "(8010)95211415PQ7"),
]


@pytest.mark.parametrize(("urn", "elements"), URNS)
def test_urn_and_element_string_and_digital_link_say_the_same(urn: str, elements: str) -> None:
    found = identify(urn)
    assert element_string(found) == elements
    assert identify(found.key) == found
    assert to_urn(found.key, len(urn.split(":", 4)[4].partition(".")[0])) == urn


@pytest.mark.parametrize(
    ("urn", "key"),
    [
        ("urn:epc:id:gid:95100000.12345.400", ""),
        ("urn:epc:id:usdod:2S194.12345678901", ""),
        ("urn:epc:id:adi:2S194..12345678901", ""),
        ("urn:epc:id:adi:W81X9C.3KL984PX1.2WMA52", ""),
        ("urn:epc:id:adi:W81X9C.3K%2f1.%232W", "urn:epc:id:adi:W81X9C.3K%2F1.%232W"),
        ("urn:epc:id:bic:CSQU3054383", ""),
        ("urn:epc:id:bic:OOLU1234567", ""),
        ("urn:epc:id:imovn:9176187", ""),
        ("urn:epc:tag:usdod-96:15.CAGEY.5678", "urn:epc:id:usdod:CAGEY.5678"),
        ("urn:epc:tag:adi-var:63.35962.PQ7VZ4.M37GXB92", "urn:epc:id:adi:35962.PQ7VZ4.M37GXB92"),
        ("urn:epc:tag:[att=x01]:gid-96:1.2.3", "urn:epc:id:gid:1.2.3"),
    ],
)
def test_schemes_of_others_are_their_own_keys(urn: str, key: str) -> None:
    found = identify(urn)
    assert found.key == (key or urn)
    assert not found.ais
    assert to_urn(found.key, 7) == found.key


@pytest.mark.parametrize(
    ("urn", "fault"),
    [
        ("urn:epc:id:bic:CSQU3054384", "3 would be right"),
        ("urn:epc:id:imovn:9176188", "7 would be right"),
        ("urn:epc:id:bic:CSQX3054383", "has not the parts"),
        ("urn:epc:id:gid:01.2.3", "has not the parts"),
        ("urn:epc:id:usdod:2SI94.1", "has not the parts"),
        ("urn:epc:id:adi:2S194.A%23.1", "has not the parts"),
        ("urn:epc:id:adi:2S194..", "has not the parts"),
        ("urn:epc:tag:usdod-96:16.CAGEY.5678", "not a filter value"),
        ("urn:epc:tag:sgtin-96:8.9506000.013435.1", "not a filter value"),
        ("urn:epc:tag:[att=1]:sgtin-96:1.9506000.013435.1", "unknown"),
        ("urn:epc:id:cpi:9521141.5pq.1", "Character"),
        ("urn:epc:id:cpi:9521141.5PQ.01", "begins with 0"),
    ],
)
def test_what_breaks_the_rules_of_a_scheme(urn: str, fault: str) -> None:
    with pytest.raises(IdentifierError, match=fault):
        identify(urn)


LOT, PACK = "urn:epc:class:lgtin:9506000.013435.L", "urn:epc:id:upui:9506000.013435.A"
SHELF, BOX = "urn:epc:id:sgtin:9506001.013435.1", "urn:epc:id:sscc:9506000.0000000001"
ITEM, OTHER = "urn:epc:id:sgtin:9506000.013435.1.2", "urn:epc:id:sgtin:9506000.113435.1"
PIECE = "urn:epc:id:itip:9521141.012345.01.02.987"


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("sgtin:9506000.013435.*", [ITEM], [OTHER, "urn:epc:idpat:sgtin:9506000.013435.*"]),
        ("sgtin:9506000.*.*", [ITEM, OTHER], [SHELF, BOX]),
        ("sgtin:*.*.*", [ITEM, OTHER], [LOT, PACK]),
        ("sgtin:9506000.013435.1.2", [ITEM, "/01/09506000134352/21/1.2"], [OTHER]),
        ("lgtin:9506000.013435.*", [LOT], [ITEM]),
        ("sgln:952656789012..*", ["/414/9526567890126", "/414/9526567890126/254/7"], ["/414/9521141123454"]),
        ("itip:9521141.012345.*.*.*", [PIECE], ["urn:epc:id:itip:9521141.012346.01.02.987"]),
        ("itip:9521141.012345.01.02.*", [PIECE], ["urn:epc:id:itip:9521141.012345.02.02.987"]),
        ("grai:*.*.*", ["urn:epc:id:grai:9521141.12345.4"], ["/8003/09521141123454"]),
        ("cpi:9521141.5P%2FZ.*", ["urn:epc:id:cpi:9521141.5P%2FZ.1"], ["urn:epc:id:cpi:9521141.5P.1"]),
        ("giai:9521141.*", ["urn:epc:id:giai:9521141.1"], ["urn:epc:id:giai:9521142.1"]),
        ("gid:1.*.*", ["urn:epc:id:gid:1.2.3"], ["urn:epc:id:gid:11.2.3"]),
        ("adi:2S194.*.*", ["urn:epc:id:adi:2S194..1"], ["urn:epc:id:adi:W81X9C..1"]),
        ("bic:*", ["urn:epc:id:bic:CSQU3054383"], ["urn:epc:id:imovn:9176187"]),
        ("pgln:9521141.*", ["urn:epc:id:pgln:9521141.89012"], ["urn:epc:id:sgln:9521141.89012.0"]),
    ],
)  # fmt: skip
def test_a_pattern_is_a_set(pattern: str, yes: list[str], no: list[str]) -> None:
    meant = id_pattern(f"urn:epc:idpat:{pattern}")
    assert all(meant.matches(identify(each)) for each in yes)
    assert not any(matches(meant, identify(each)) for each in no)
    assert matches(f"URN:EPC:IDPAT:{pattern}", identify(yes[0]))


NO_PATTERNS = """
sgtin:*.013435.* sgtin:9506000.*.1 sgtin:9506000.* sgtin:9506000.01343.* sgtin:95.*.* sgtin:950600A.*.* sgtin
itip:9521141.012345.01.*.* sgtin:9506000.013435. bic:** bic:CSQU3054384 cpi:9521141.5pq.1 gid:*.1.1 nope:*
"""


@pytest.mark.parametrize("pattern", ["", *NO_PATTERNS.split()])
def test_other_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(IdentifierError) as caught:
        id_pattern(f"urn:epc:idpat:{pattern}")
    assert "{" not in caught.value.detail
