"""Every error that a driver can raise can be said in Chinese."""

from __future__ import annotations

import ast
import importlib
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest

import suyuan.readers.words
from suyuan.readers import errors
from suyuan.readers.address import Option
from suyuan.readers.errors import ProtocolError, ReaderConfigError, ReaderError
from suyuan.readers.reader import whose_fault
from suyuan.readers.registry import BUILTIN, open_reader
from suyuan.readers.words import CHINESE, KINDS, remedy, sentence

READERS = Path(suyuan.readers.words.__file__).parent
FOLDERS = ("pcsc", "tags", "impinj", "mqtt")
SOURCES = [*READERS.glob("*.py"), *(p for f in FOLDERS for p in (READERS / f).glob("*.py"))]
RAISED = {
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)
}


def messages() -> Iterator[str]:
    for path in SOURCES:
        constants: dict[str, str] = {}
        tree = ast.parse(path.read_text("utf-8"))
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                constants |= {t.id: str(node.value.value) for t in node.targets if isinstance(t, ast.Name)}
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in RAISED | {"kind"}
            ):
                given = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "remedy")]
                for each in given:
                    if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value:
                        yield each.value
                    elif isinstance(each, ast.Name) and each.id in constants:
                        yield constants[each.id]


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_message_has_its_chinese_with_the_same_places() -> None:
    wanted = set(messages())
    assert len(wanted) > 80
    assert wanted - CHINESE.keys() == set()
    for english, chinese in CHINESE.items():
        assert places(chinese) <= places(english), english
        assert re.search("[一-鿿]", chinese), english


def kinds(of: type[ReaderError]) -> Iterator[type[ReaderError]]:
    yield of
    for each in of.__subclasses__():
        if each.__module__ == "suyuan.readers.errors":
            yield from kinds(each)


@pytest.mark.parametrize("kind", list(kinds(ReaderError)))
def test_every_kind_of_error_has_a_name_in_chinese(kind: type[ReaderError]) -> None:
    assert KINDS[kind.code]
    assert kind.code in KINDS
    said = sentence(kind("What nobody has translated: {number}.", number=7))
    assert said.zh == f"{KINDS[kind.code]}（What nobody has translated: 7）。"
    assert said.text("zh-CN") == said.zh
    assert said.text("en") == "What nobody has translated: 7."


@pytest.mark.parametrize("template", sorted(english for english in CHINESE if places(english)))
def test_what_is_chinese_in_a_message_is_said_as_it_was_written(template: str) -> None:
    error = ReaderError(template, **dict.fromkeys(places(template), "一号"))
    assert "\\u" not in sentence(error).zh
    for name in places(CHINESE[template]):  # what may be hostile is quoted in Chinese too
        quoted = any(f"{{{name}!{how}}}" in template for how in "ar")
        assert quoted == (f"{{{name}!r}}" in CHINESE[template])


def test_what_a_driver_cannot_do_has_its_chinese() -> None:
    tree = ast.parse((READERS / "operations.py").read_text("utf-8"))
    deeds = [
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "_unsupported"
        and isinstance(node.args[0], ast.Constant)
    ]
    assert len(deeds) > 8
    assert {f"The reader {{reader}} cannot {deed}." for deed in deeds} <= CHINESE.keys()


@pytest.mark.parametrize(
    ("module", "tells"), [("suyuan.readers.sim", "fault of Suyuan"), ("acme.driver", "whoever made it")]
)
def test_a_fault_of_a_driver_is_told_to_whoever_made_it(module: str, tells: str) -> None:
    assert tells in whose_fault(module)
    assert whose_fault(module) in CHINESE


def test_a_message_and_its_remedy_are_said_with_their_values() -> None:
    error = ProtocolError(
        "The scanner {reader} sends more than {most} bytes without an end.",
        remedy="Scan it again.",
        reader="s",
        most=9,
    )
    assert sentence(error).zh == "扫码器 s 连续发送超过 9 字节而没有结束符。"
    assert remedy(error).zh == "请再扫一次。"


@pytest.mark.parametrize(
    ("url", "zh", "do"),
    [
        ("lrp://10.0.0.1", "没有适用于协议 lrp 的驱动；是否想写 llrp？", "可用的协议：http, "),
        ("llrp://h?antenas=1", "llrp 读写器没有选项 antenas；是否想写 antennas？", "可用的选项：antennas, "),
        ("llrp://h?antennas=x", "选项 antennas 不能是 'x'：应为 1 到 65535 之间的整数。", ""),
        ("llrp://h?antennas=0", "选项 antennas 不能是 '0'：应在 1 到 65535 之间。", ""),
        ("llrp://h?power=99", "选项 power 不能是 '99'：应为 -10 到 40 之间的数。", ""),
        ("llrp://h:99999", "llrp://h:99999 不是有效的地址：端口应在 0 到 65535 之间。", ""),
        ("llrp://h:x", "llrp://h:x 不是有效的地址：端口 'x' 不是数字。", ""),
    ],
)
def test_what_is_wrong_with_an_address_is_said_without_english_in_it(url: str, zh: str, do: str) -> None:
    with pytest.raises(ReaderConfigError) as caught:
        open_reader(url, now=lambda: datetime.now(UTC))
    assert sentence(caught.value).zh == zh
    assert remedy(caught.value).zh.startswith(do)
    assert "Known" not in remedy(caught.value).zh


def test_a_file_that_is_not_there_is_no_missing_device() -> None:
    error = ReaderConfigError(
        "The recording {path} cannot be read: {reason}.", path="/x", reason=os.strerror(2)
    )
    assert sentence(error).zh == "无法读取录制文件 /x：没有这个文件或设备。"


def reasons(option: Option) -> Iterator[str]:
    """Why an option does not take this or that."""
    for value in ("", "?", "-1", "a,a", "zz..", "#", "x" * 5_000):
        try:
            option.parse(value)
        except ValueError as error:
            yield str(error)


@pytest.mark.parametrize("scheme", sorted(BUILTIN))
def test_why_an_option_is_wrong_is_said_in_chinese_alone(scheme: str) -> None:
    entry = BUILTIN[scheme]
    driver = getattr(importlib.import_module(entry.module), entry.attribute)
    options = {*driver.OPTIONS, *getattr(driver, "TLS_OPTIONS", ()), *getattr(driver, "TTY_OPTIONS", ())}
    found = {reason for option in options for reason in reasons(option)}
    assert found
    template = "The option {option} cannot be {value!a}: {reason}."
    for reason in found:
        error = ReaderConfigError(template, option="x", value="y", reason=reason)
        assert reason not in sentence(error).zh
