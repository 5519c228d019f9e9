"""The GS1 syntax engine: what it says of element strings, scans and Digital Links, and where."""

from __future__ import annotations

import pytest

from suyuan.trace.gs1.contents import check_pair, flaw_of
from suyuan.trace.gs1.digital_links import canonical_link, check_link, link_of_elements, parse_link
from suyuan.trace.gs1.element_strings import (
    bracketed,
    check_bracketed,
    check_raw,
    human_readable,
    parse_bracketed,
    parse_raw,
    raw,
)
from suyuan.trace.gs1.errors import IdentifierError, StructureError
from suyuan.trace.gs1.faults import Fault, Flaw, Gs1ContentError, Gs1SyntaxError
from suyuan.trace.gs1.scan_data import check_message, check_text, read_scan, scan_of
from suyuan.trace.gs1.verdict import MOST_CHARACTERS, MOST_ELEMENTS, OLD_LABELS, Leniency

GTIN = "09506000134352"
UNKNOWN = Leniency(unknown_ais=True)


def fault_of(text: str) -> Fault:
    fault = check_bracketed(text).fault
    assert fault is not None
    return fault


def link_fault(uri: str) -> Fault:
    fault = check_link(uri).fault
    assert fault is not None
    return fault


class TestTwoLevels:
    def test_valid(self) -> None:
        verdict = check_bracketed(f"(01){GTIN}(17)271231(10)L1")
        assert verdict.valid
        assert verdict.well_formed
        assert verdict.fault is None
        assert verdict.confirmed() == (("01", GTIN), ("17", "271231"), ("10", "L1"))

    def test_well_formed_but_not_valid(self) -> None:
        verdict = check_bracketed("(01)09506000134353(17)271331")
        assert not verdict.valid
        assert verdict.well_formed
        assert [(fault.code, fault.ai, fault.found) for fault in verdict.faults] == [
            ("incorrect-check-digit", "01", "3"),
            ("illegal-month", "17", "13"),
        ]
        with pytest.raises(
            Gs1ContentError, match=r"check digit 3 of 09506000134353 is wrong: 2 would be right"
        ):
            verdict.confirmed()

    def test_not_well_formed_even_if_a_content_fault_comes_first(self) -> None:
        verdict = check_bracketed("(01)09506000134353(10)批次")
        assert not verdict.well_formed
        assert [fault.code for fault in verdict.faults] == [
            "incorrect-check-digit",
            "invalid-cset82-character",
        ]

    def test_taken_apart_no_further_than_it_can_be(self) -> None:
        verdict = check_bracketed(f"(01){GTIN}(10)")
        assert verdict.elements == ()
        assert not verdict.well_formed
        assert verdict.faults == (Fault("value-missing", "10", expected="1-20"),)


class TestFaults:
    @pytest.mark.parametrize(
        ("text", "code", "ai", "found"),
        [
            ("(01)0950600013435A", "non-digit-character", "01", "A"),
            ("(8006)095060001343520302", "piece-number-exceeds-total", "8006", "0302"),
            ("(8003)19506000134352", "not-zero", "8003", "1"),
            ("(423)156999", "not-iso3166", "423", "999"),
            ("(423)15699", "value-length", "423", "99"),
            ("(7007)270101279901", "illegal-month", "7007", "99"),
            ("(4330)001500X", "not-hyphen", "4330", "X"),
            ("(8013)1987654Ad4X4bL5ttr2310c2X", "incorrect-check-pair", "8013", "2X"),
            ("(8010)A23", "too-short-for-gcp", "8010", "A23"),
            ("(8010)9506a", "invalid-cset39-character", "8010", "a"),
            ("(10)A\x1dB", "invalid-cset82-character", "10", "\x1d"),
            ("(10)A^B", "separator-in-value", "10", "^"),
            ("(10)^B", "separator-in-value", "10", "^"),
            ("(8030)AB==", "invalid-cset64-padding", "8030", "=="),
            ("(8030)A.B=", "invalid-cset64-padding", "8030", "="),
            ("(8030)A.B", "invalid-cset64-character", "8030", "."),
            ("(01)1", "value-too-short", "01", "1"),
            ("(01)095060001343521", "value-too-long", "01", "1"),
            ("(0)1", "unknown-ai", "", "0"),
            ("01)1", "brackets", "", "01)1"),
            ("()1", "brackets", "", "()1"),
        ],
    )
    def test_says_where(self, text: str, code: str, ai: str, found: str) -> None:
        fault = fault_of(text)
        assert (fault.code, fault.ai, fault.found) == (code, ai, found)

    def test_is_one_of_our_errors_with_a_code_a_place_and_a_remedy(self) -> None:
        error = fault_of("(01)09506000134353").error()
        assert isinstance(error, IdentifierError)
        assert (error.code, error.where, error.status) == ("gs1-content", "01", 400)
        assert error.fields["fault"] == "incorrect-check-digit"
        assert error.fault.position == 13
        assert "Compare with the printed number" in error.remedy

    def test_repeats_hostile_text_short_and_escaped(self) -> None:
        message = fault_of("(10)" + "\n" * 20 + "(x" + "A" * 7000).message
        assert message.isprintable()
        assert len(message) < 500

    def test_says_which_part_of_a_coupon(self) -> None:
        assert "this: 2nd purchase gcp (at 8110)." in fault_of("(8110)012345612345611110123101101230").message


class TestAssociations:
    @pytest.mark.parametrize(
        ("text", "codes"),
        [
            (f"(01){GTIN}(3101)000750(3102)007500", ["pair-excluded", "pair-excluded"]),
            (f"(01){GTIN}(3101)000750(3101)000750", []),
            (f"(01){GTIN}(10)A(10)A", []),
            (f"(01){GTIN}(10)A(10)B", ["repeats-differ"]),
            ("(10)A", ["pair-required"]),
            ("(8030)QQ(253)9506000134352", ["serial-required"]),
            ("(8030)QQ(253)9506000134352A", []),
        ],
    )
    def test_of(self, text: str, codes: list[str]) -> None:
        assert [fault.code for fault in check_bracketed(text).faults] == codes

    def test_says_what_is_missing(self) -> None:
        assert (
            "AI 8041 must not stand without others: 01+21+8040" in fault_of("(8041)490154203237518").message
        )


class TestUnassigned:
    def test_is_refused_unless_let_pass(self) -> None:
        text = f"(01){GTIN}(89)X"
        assert fault_of(text).found == "89"
        assert check_bracketed(text, UNKNOWN).valid
        assert check_link(f"https://a.cn/01/{GTIN}?89=X", UNKNOWN).valid

    def test_in_raw_data_only_if_the_length_is_told(self) -> None:
        assert parse_raw("3199123456", leniency=UNKNOWN) == (("3199", "123456"),)
        assert parse_raw("4191234567890123" + "10A", leniency=UNKNOWN)[1] == ("10", "A")
        with pytest.raises(Gs1SyntaxError, match="no application identifier 8912"):
            parse_raw("891234", leniency=UNKNOWN)


class TestElementStrings:
    def test_a_bracket_in_a_value_is_escaped(self) -> None:
        elements = (("10", "A(1)"), ("21", "(("))
        assert bracketed(elements) == "(10)A\\(1)(21)\\(\\("
        assert parse_bracketed(bracketed(elements)) == elements
        assert parse_bracketed("(10)A\\((21)B") == (("10", "A("), ("21", "B"))

    def test_as_people_type_them(self) -> None:
        text = f"(01){GTIN} (10)a(b)c(d\n"
        assert parse_bracketed(text, Leniency(as_typed=True)) == (("01", GTIN), ("10", "a(b)c(d"))
        assert fault_of(text).code == "value-too-long"

    def test_separators_stand_behind_what_has_no_predefined_length(self) -> None:
        elements = (("10", "A"), ("01", GTIN), ("3103", "000750"), ("21", "B"))
        assert raw(elements) == f"^10A^01{GTIN}310300075021B"
        assert parse_raw(raw(elements)[1:], "^") == elements

    def test_a_separator_behind_a_predefined_length_is_let_pass(self) -> None:
        assert parse_raw(f"01{GTIN}\x1d10A\x1d") == (("01", GTIN), ("10", "A"))
        assert not check_raw(f"01{GTIN}\x1d\x1d10A").well_formed

    def test_as_people_read_them(self) -> None:
        assert human_readable((("01", GTIN), ("10", "A"))) == (f"(01) {GTIN}", "(10) A")
        assert human_readable((("17", "271231"), ("8110", "0")), titles=True) == (
            "USE BY or EXPIRY (17) 271231",
            "(8110) 0",
        )

    def test_a_composite_component_stands_behind_a_bar(self) -> None:
        assert check_bracketed(f"(01){GTIN}|(10)A(17)271231").confirmed()[1:] == (
            ("10", "A"),
            ("17", "271231"),
        )
        assert [fault_of(text).code for text in (f"(01){GTIN}|", "|(10)A", f"(01){GTIN}|10A")] == [
            "empty",
            "empty",
            "brackets",
        ]

    def test_limits(self) -> None:
        assert fault_of("(99)A" * (MOST_ELEMENTS + 1)).code == "too-many-elements"
        assert check_bracketed("(99)A" * MOST_ELEMENTS).valid
        fault = fault_of("(" * (MOST_CHARACTERS + 1))
        assert (fault.code, fault.expected) == ("too-long", "8191")
        assert "has 8192 characters" in fault.message
        assert fault_of("").code == "empty"


class TestDigitalLinks:
    def test_has_all_its_parts(self) -> None:
        parts = parse_link(f"https://a.cn:8443/x/y/01/{GTIN}/10/A%2F1?lang=zh&17=271231&flag#top?")
        assert parts.stem == "https://a.cn:8443/x/y"
        assert parts.path == (("01", GTIN), ("10", "A/1"))
        assert parts.attributes == (("17", "271231"),)
        assert parts.parameters == ("lang=zh", "flag")
        assert parts.fragment == "top?"

    def test_the_last_key_counts(self) -> None:
        parts = parse_link(f"http://[2001:db8::1]/00/x/01/{GTIN}")
        assert (parts.stem, parts.path) == ("http://[2001:db8::1]/00/x", (("01", GTIN),))

    @pytest.mark.parametrize(
        ("uri", "code"),
        [
            ("ftp://a.cn/01/1", "uri-scheme"),
            ("https://a.cn", "uri-without-path"),
            ("https:///01/1", "uri-without-path"),
            ("https://a_b.cn/01/1", "uri-domain"),
            ("https://a.cn/批", "uri-character"),
            ("https://a.cn/about", "no-key-in-path"),
            (f"https://a.cn/01/{GTIN}/", "no-key-in-path"),
            (f"https://a.cn/01/{GTIN}/10/", "value-missing"),
            (f"https://a.cn/01/{GTIN}/21/A/10/B", "path-order"),
            (f"https://a.cn/01/{GTIN}/10/B/235/A", "path-order"),
            (f"https://a.cn/01/{GTIN}?10=B", "belongs-in-path"),
            (f"https://a.cn/01/{GTIN}/10/A?10=A", "repeated-in-query"),
            (f"https://a.cn/01/{GTIN}?17=271231&17=271231", "repeated-in-query"),
            (f"https://a.cn/01/{GTIN}?8200=http", "not-an-attribute"),
            (f"https://a.cn/01/{GTIN}?1234=5", "unknown-ai"),
            (f"https://a.cn/01/{GTIN}?17=", "value-missing"),
            (f"https://a.cn/01/{GTIN}/10/%00", "null-character"),
            (f"https://a.cn/01/{GTIN}/10/A%5EB", "separator-in-value"),
            (f"https://a.cn/01/{GTIN}/10/%E6%89%B9", "invalid-cset82-character"),
            ("https://a.cn/01/9506000134352", "value-too-short"),
            ("https://a.cn/gtin/09506000134352", "no-key-in-path"),
        ],
    )
    def test_what_is_wrong(self, uri: str, code: str) -> None:
        assert link_fault(uri).code == code

    def test_a_percent_sign_that_begins_no_encoding_stands_for_itself(self) -> None:
        assert check_link(f"https://a.cn/01/{GTIN}/10/%zz%2").confirmed()[1] == ("10", "%zz%2")

    def test_labels_of_earlier_editions(self) -> None:
        for uri in ("https://a.cn/gtin/9506000134352/lot/A", f"https://a.cn/01/{GTIN}/10/A"):
            assert (
                canonical_link(check_link(uri, OLD_LABELS).confirmed())
                == f"https://id.gs1.org/01/{GTIN}/10/A"
            )
        assert (
            check_link("https://a.cn/8004/9506A?01=96385074", OLD_LABELS).confirmed()[1][1]
            == "00000096385074"
        )

    def test_a_key_in_the_query_keeps_its_place(self) -> None:
        uri = f"https://a.cn/00/095060001343500009?02={GTIN}&37=4"
        assert check_link(uri).faults[0].code == "incorrect-check-digit"
        fixed = uri.replace("0009?", "0000?")
        assert canonical_link(check_link(fixed).elements).endswith(f"?02={GTIN}&37=4")

    def test_a_value_is_written_whatever_it_is(self) -> None:
        assert link_of_elements((("01", GTIN), ("10", "\ud800"))).endswith("/10/%ED%A0%80")

    def test_what_no_link_can_say(self) -> None:
        with pytest.raises(Gs1SyntaxError, match="None of the element strings is a key"):
            link_of_elements((("10", "A"),))
        with pytest.raises(Gs1SyntaxError, match="AI 7040 cannot stand in the query"):
            link_of_elements((("01", GTIN), ("7040", "1ABC")))


class TestScans:
    @pytest.mark.parametrize("identifier", ["]C1", "]e0", "]d2", "]Q3", "]J1"])
    def test_element_strings(self, identifier: str) -> None:
        scan = read_scan(f"{identifier}01{GTIN}10A\x1d21B")
        assert scan.verdict.confirmed() == (("01", GTIN), ("10", "A"), ("21", "B"))
        assert scan.message == f"^01{GTIN}10A^21B"

    def test_digits_of_retail_and_cases(self) -> None:
        assert read_scan("]E09506000134352").verdict.elements == (("01", GTIN),)
        assert read_scan("]I119506000134359").verdict.elements == (("01", "19506000134359"),)
        assert read_scan("]E496385074").symbology == "ean-8"
        fault = read_scan("]E09506000134353").verdict.fault
        assert fault is not None
        assert fault.code == "incorrect-check-digit"

    def test_composite_component_beside_a_gtin(self) -> None:
        scan = read_scan("]E09506000134352|]e010LOT\x1d17271231")
        assert scan.verdict.confirmed() == (("01", GTIN), ("10", "LOT"), ("17", "271231"))
        assert scan.message == "9506000134352|^10LOT^17271231"
        assert scan_of("ean-13", scan.message) == "]E09506000134352|]e010LOT\x1d17271231"

    def test_links_and_other_text(self) -> None:
        assert read_scan(f"]Q1https://a.cn/01/{GTIN}").verdict.elements == (("01", GTIN),)
        assert read_scan("]d1hello").verdict.valid
        assert not check_text("https://a.cn/shop").valid
        assert scan_of("qr", "\\abc") == "]Q1\\abc"
        assert check_message("^10A").faults[0].code == "pair-required"

    @pytest.mark.parametrize("data", ["", "]", "]Q", "9506000134352", "]A0X"])
    def test_what_nobody_can_tell(self, data: str) -> None:
        with pytest.raises(Gs1SyntaxError):
            read_scan(data)

    def test_a_symbol_is_never_made_of_what_is_wrong(self) -> None:
        with pytest.raises(Gs1ContentError):
            scan_of("qr", "^0109506000134353")
        with pytest.raises(Gs1SyntaxError, match="cannot carry"):
            scan_of("gs1-128", "text")
        with pytest.raises(Gs1SyntaxError, match="13 digits"):
            scan_of("ean-13", "950600013435")
        with pytest.raises(Gs1SyntaxError, match="12 digits"):
            scan_of("ean-13", "9506000134352", add_check_digit=True)
        assert scan_of("ean-13", "950600013435", add_check_digit=True) == "]E09506000134352"
        assert scan_of("itf-14", f"^01{GTIN}") == f"]I1{GTIN}"


class TestRules:
    def test_check_pair_is_that_of_the_standard(self) -> None:
        assert check_pair("1987654Ad4X4bL5ttr2310c") == "2K"

        assert flaw_of("csumalpha", "22") is None

    @pytest.mark.parametrize(
        ("rule", "text", "flaw"),
        [
            ("hhmi", "2460", Flaw("illegal-hour", 0, 2)),
            ("hhmi", "2360", Flaw("illegal-minute", 2, 2)),
            ("posinseqslash", "1/02", Flaw("illegal-zero-prefix", 2, 2)),
            ("gcppos2", "0A23", Flaw("too-short-for-gcp", 1, 3)),
            ("gcppos2", "09A234", Flaw("invalid-gcp-prefix", 2, 1)),
            ("yymmdd", "000230", Flaw("illegal-day", 4, 2)),
            ("yymmdd", "270200", Flaw("illegal-day", 4, 2)),
            ("longitude", "3600000001", Flaw("invalid-longitude", 0, 10)),
            ("iban", "GB98midl07009312345678", Flaw("invalid-iban-character", 4, 1)),
            ("couponcode", "012345612345611110123" + "3" + "260101" + "4" + "260102",
             Flaw("coupon-expiration-before-start", 21, 14)),
        ],
    )  # fmt: skip
    def test_places_that_no_vector_tells(self, rule: str, text: str, flaw: Flaw) -> None:
        found = flaw_of(rule, text)
        assert found is not None
        assert (found.code, found.position, found.length) == (flaw.code, flaw.position, flaw.length)

    def test_a_rule_that_is_none(self) -> None:
        with pytest.raises(StructureError, match="no content rule nonsense"):
            flaw_of("nonsense", "1")
