from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from suyuan.api.commands.epc import app
from suyuan.trace.errors import SuyuanError

RUN = CliRunner()


def said(*words: str) -> dict[str, object]:
    result = RUN.invoke(app, [*words, "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    answer: dict[str, object] = json.loads(result.stdout)
    return answer


def test_a_tag_of_each_kind_is_told() -> None:
    classic = said("decode", "3066C4409047E140075BCD15")
    assert classic["tag_urn"] == "urn:epc:tag:sgtin-96:3.95060001343.05.123456789"
    assert classic["element_string"] == "(01)09506000134352(21)123456789"
    hosted = said("decode", "FC342CDE795211411234538566CB0AFC525065F1876F0D996D80")
    assert hosted["hostname"] == "id.example.com"
    assert hosted["data"] == {"17": "220630"}
    assert hosted["urn"] is None
    assert said("decode", "/eh30164596f40c0e5cbe991a83")["key"] == (
        "https://id.gs1.org/01/09528765123457/21/123456789123"
    )


def test_what_is_encoded_is_decoded() -> None:
    link = "https://shop.example/01/09506000134352/21/A1"
    told = said("encode", link, "--data", "10=L1", "--data", "17=261231", "--hostname", "trace.example.cn")
    assert told["scheme"] == "SGTIN++"
    back = said("decode", str(told["memory"]))
    assert back["link"] == "https://trace.example.cn/01/09506000134352/10/L1/21/A1?17=261231"
    assert back["filter_name"] == "Point of Sale (POS) Trade Item"
    assert (
        said("encode", link, "--scheme", "SGTIN-198", "--company-prefix-length", "7")["scheme"] == "SGTIN-198"
    )
    assert said("encode", link)["scheme"] == "SGTIN+"  # nobody said how long the company prefix is
    assert said("encode", "urn:epc:id:gid:1.2.3")["memory"] == "350000001000002000000003"


def test_only_what_there_is_to_tell_is_printed() -> None:
    printed = RUN.invoke(app, ["decode", "3066C4409047E140075BCD15"], catch_exceptions=False).stdout
    assert "SGTIN-96" in printed
    assert "hostname" not in printed


def lines(command: str, *asked: object) -> list[dict[str, object]]:
    text = "".join(json.dumps(each) + "\n" for each in asked)
    result = RUN.invoke(app, [command, "--jsonl"], input=text, catch_exceptions=False)
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_lines_are_answered_one_by_one() -> None:
    told = lines("decode", {"memory": "3066C4409047E140075BCD15"}, {"memory": "E2"}, {"memory": "nonsense"})
    assert [answer["ok"] for answer in told] == [True, False, False]
    assert told[0]["scheme"] == "SGTIN-96"
    assert "header E2" in str(told[1]["err"])
    item = {"identifier": "/01/09506000134352/21/A1", "data": {"10": "L1"}}
    wrong = [
        {**item, "filter": 99},
        {**item, "filter": "1"},
        {**item, "data": {"10": 1}},
        {**item, "scheme": 7},
    ]
    written = lines("encode", item, *wrong)
    assert [answer["ok"] for answer in written] == [True, False, False, False, False]
    assert lines("decode", {"memory": written[0]["memory"]})[0]["data"] == {"10": "L1"}


@pytest.mark.parametrize(
    "words",
    [
        ("decode", "xyz"),
        ("decode", "/example"),
        ("decode", "E2801160600002054CC2096F"),
        ("encode", "/01/09506000134352"),
        ("encode", "/01/09506000134352/21/1", "--data", "10"),
    ],
)
def test_what_cannot_be_is_said(words: tuple[str, ...]) -> None:
    with pytest.raises(SuyuanError):
        RUN.invoke(app, words, catch_exceptions=False)
