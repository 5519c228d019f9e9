"""Both languages say everything, with the same places; nothing on the page stands outside the tables."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import suyuan.readers.station
from suyuan.readers.station.errors import OutboxUnavailable
from suyuan.readers.station.order import Step
from suyuan.readers.station.page.fields import FIELDS
from suyuan.readers.station.page.phone_book import Fate
from suyuan.readers.station.page.words import say, say_error, tell_error, texts
from suyuan.readers.station.page.words_of_config import VALUES
from suyuan.readers.station.page.words_of_errors import ERRORS
from suyuan.readers.station.table import wrong
from suyuan.readers.station.words import SAYINGS, State
from suyuan.trace.errors import InvalidInput, WrongUse

STATION = Path(suyuan.readers.station.__file__).parent
PAGE = STATION / "page"
# What these modules raise can stand on the page; the others' errors stand there in their own English.
SHOWN = (
    "errors.py", "outbox.py", "journal.py", "undo.py", "station.py", "intake.py", "config.py",
    "page/guard.py", "page/site.py", "page/pages.py", "page/work.py", "page/desk.py",
    "page/phone.py", "page/phone_book.py", "page/commission.py", "work_order.py", "phone_points.py",
    "tag_fetch.py", "tag_desk.py", "tag_writer.py",
    "device_key.py", "enrol.py", "setup_file.py", "page/setup.py", "page/setup_form.py",
    "page/kinds.py", "config_file.py", "config_points.py", "config_server.py", "table.py",
    "staff.py", "duty.py", "uplink.py",
)  # fmt: skip


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def used() -> Iterator[str]:
    for path in [*(PAGE / "templates").glob("*.html"), *PAGE.glob("*.py")]:
        yield from re.findall(
            r"""\bsay\(\s*(?:language,\s*)?"([a-z0-9.-]+)"\s*[,)]""", path.read_text("utf-8")
        )
    yield from (f"step.{step}" for step in Step)
    for fields in FIELDS.values():
        for field in fields:
            yield f"field.{field.name}"
            yield from (f"choice.{choice}" for choice in field.choices)
    yield from (f"kind.{kind}" for kind in ("item", "lot", "unit", "product", "place", "other"))
    yield from (f"part.{part}" for part in ("taken", "extra", "refused", "unreadable"))
    yield from (f"count.{name}" for name in ("expected", "read", "missing", "extra"))
    yield from (f"foot.server.{state}" for state in ("idle", "sending", "away", "not-signed-in"))
    for kind in ("uhf", "nfc", "scan"):
        yield from (f"trial.{key}.{kind}" for key in ("title", "lead", "field", "nothing"))
    yield from (f"setup.kind.{scheme}" for scheme in ("llrp", "serial", "nfc+tty"))
    yield from (f"write.{key}" for key in ("kept", "offered"))
    yield from (f"write.word.{state}" for state in State)
    yield from (f"write.told.{key}" for key in told() - {"failed"})
    for deed in ("overwrite", "go-on", "pause", "give-up", "keep", "doubt", "compare", "end"):
        yield f"coding.deed.{deed}"
    yield from (f"coding.count.{name}" for name in ("wanted", "done", "left", "bin"))
    yield from re.findall(r'"(coding\.word\.[a-z-]+)"', (PAGE / "commission.py").read_text("utf-8"))
    asked = re.findall(r'field\("([a-z_]+)"', (PAGE / "templates/commission_form.html").read_text("utf-8"))
    assert len(asked) > 5
    yield from (f"coding.order.{name}" for name in asked)
    yield from (f"phone.js.{fate}" for fate in Fate)
    yield from re.findall(r'"(fault\.[a-z-]+)"', (PAGE / "fields.py").read_text("utf-8"))


def told() -> set[str]:
    """The keys of what is told while tags are written."""
    found = re.findall(
        r"_say\(\s*State\.[A-Z]+, \"([a-z-]+)\"", (STATION / "tag_writer.py").read_text("utf-8")
    )
    assert len(found) > 10
    return {*found, "lay", "recorded", "finished-recorded"}


def raised() -> Iterator[str]:
    """Templates and remedies of the errors that the page may show."""
    for name in SHOWN:
        for node in ast.walk(ast.parse((STATION / name).read_text("utf-8"))):
            if isinstance(node, ast.Call) and (
                (isinstance(node.func, ast.Name) and node.func.id == "wrong")
                or any(k.arg in {"where", "remedy"} for k in node.keywords)
            ):
                given = [*node.args[:3], *(k.value for k in node.keywords if k.arg == "remedy")]
                yield from (
                    item.value
                    for item in given
                    if isinstance(item, ast.Constant) and isinstance(item.value, str) and " " in item.value
                )


def test_every_text_is_there() -> None:
    wanted = set(used())
    assert len(wanted) > 120
    assert wanted - texts().keys() == set()


def test_both_languages_have_the_same_places() -> None:
    for key, (chinese, english) in texts().items():
        assert chinese, key
        assert english, key
        assert places(chinese) == places(english), key
    machines_own = {"QUEUE_FULL": {"reason"}}  # what SQLite or Linux says is English alone
    for code, saying in SAYINGS.items():
        assert set(places(saying.zh)) == set(places(saying.en)) - machines_own.get(code, set()), code


def test_every_error_of_the_station_has_chinese_words() -> None:
    wanted = set(raised())
    assert len(wanted) > 40
    assert {text for text in wanted if text not in ERRORS} == set()
    for english, chinese in ERRORS.items():
        assert places(english) == places(chinese), english


def test_what_a_key_takes_has_chinese_words() -> None:
    rules = {
        node.body.value
        for node in ast.walk(ast.parse((STATION / "config_rules.py").read_text("utf-8")))
        if isinstance(node, ast.Return) and isinstance(node.value, ast.IfExp)
        for node in [ast.Expression(node.value.orelse)]
        if isinstance(node.body, ast.Constant)
    }
    kinds = {
        given.value
        for node in ast.walk(ast.parse((STATION / "table.py").read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in {"_take", "_unlike"}
        for given in node.args
        if isinstance(given, ast.Constant)
    }
    assert len(rules) > 5
    assert len(kinds) > 5
    assert rules | kinds <= set(VALUES)


def test_speaking() -> None:
    assert say("zh-CN", "foot.queue", depth=3) == "待传 3"
    assert say("en", "foot.queue", depth=3) == "waiting 3"
    error = wrong(
        "server.url", "{key} must be {kind}.", "Mend the line.", key="server.url", kind="a whole number"
    )
    error.line = 7
    assert say_error("zh", error) == ("第 7 行：server.url 应为整数。", "请改正该行。")
    assert say_error("en", error) == ("Line 7: server.url must be a whole number.", "Mend the line.")
    unknown = WrongUse("Something {odd}.", odd="new")
    assert say_error("zh", unknown) == ("Something new.", "")


def test_a_sentence_is_closed_before_its_remedy() -> None:
    open_ = InvalidInput("No step is chosen", remedy="Choose what is done here.")
    assert tell_error("en", open_) == "No step is chosen. Choose what is done here."
    assert re.fullmatch(r"[^。]+。[^ ].+。", tell_error("zh", open_))
    assert tell_error("en", InvalidInput("No step is chosen")) == "No step is chosen"


def test_what_the_system_says_of_a_disk_is_no_english_inside_chinese() -> None:
    error = OutboxUnavailable("The data folder cannot be used: {reason}.", reason="Read-only file system")
    assert say_error("zh", error)[0] == "数据文件夹无法使用：磁盘是只读的。"
    assert say_error("en", error)[0] == "The data folder cannot be used: Read-only file system."
