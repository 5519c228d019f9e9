from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from suyuan.readers.station.config_file import load
from suyuan.readers.station.order import Step
from suyuan.readers.station.setup_file import draft_of, read_text
from suyuan.readers.station.table import ConfigFault
from suyuan.trace.errors import WrongUse

KEY = base64.b64encode(b"k" * 32).decode()
GOOD = f"""
[station]
id = "dock-1"
party = "https://id.gs1.org/417/6901234567892"
data = "var"
[server]
url = "http://127.0.0.1:8000/"
token_file = "token"
key = "{KEY}"
[[readers]]
name = "dock"
url = "sim://dock"
[[read_points]]
name = "in"
reader = "dock"
antennas = [1, 2]
step = "receive"
read_point = "https://id.gs1.org/414/6901234567892/254/1"
automatic = true
[read_points.smoothing]
min_reads = 2
[read_points.order]
product = "06901234567892"
"""


ONE_SIDE = """
[[read_points.sources]]
reader = "dock"
side = "outside"
[[read_points.sources]]
reader = "dock"
[read_points.direction]
inward = "receive"
outward = "ship"
[read_points.smoothing]
"""


def write(folder: Path, text: str) -> Path:
    (folder / "token").write_text("secret\n")
    path = folder / "station.toml"
    path.write_text(text)
    return path


def test_a_good_configuration(tmp_path: Path) -> None:
    config = load(write(tmp_path, GOOD))
    assert config.data == tmp_path / "var"
    assert config.server.url == "http://127.0.0.1:8000"
    assert config.server.token == "secret"
    assert config.server.key == b"k" * 32
    assert "secret" not in repr(config)
    assert "sim://dock" not in repr(config)  # the URL of a reader may hold its password
    point = config.point("in")
    assert (point.step, point.antennas, point.smoothing.min_reads) == (Step.RECEIVE, frozenset({1, 2}), 2)
    assert point.order is not None
    assert point.order.product == "06901234567892"


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('id = "dock-1"', "", "station.id"),
        ('id = "dock-1"', "id = 7", "station.id"),
        ('id = "dock-1"', 'id = "two words"', "station.id"),
        ('data = "var"', 'data = "var"\nutc_offset = "8"', "station.utc_offset"),
        ('data = "var"', 'data = "var"\ncolour = "red"', "station.colour"),
        ("http://127.0.0.1:8000/", "ftp://x", "server.url"),
        ('token_file = "token"', "", "server.token"),
        ('token_file = "token"', 'token_file = "none"', "server.token_file"),
        (KEY, "short", "server.key"),
        ('step = "receive"', 'step = "eat"', "read_points[0].step"),
        ('reader = "dock"', 'reader = "lock"', "read_points[0].reader"),
        ("antennas = [1, 2]", "antennas = [0]", "read_points[0].antennas"),
        ("min_reads = 2", "min_reads = 0", "read_points[0].smoothing.min_reads"),
        ("min_reads = 2", "min_rssi_dbm = nan", "read_points[0].smoothing.min_rssi_dbm"),
        ("min_reads = 2", "quiet_s = true", "read_points[0].smoothing.quiet_s"),
        ('[read_points.order]\nproduct = "06901234567892"\n', "", "read_points[0].automatic"),
        ("[[readers]]", "[readers]", "readers"),
        ("https://id.gs1.org/417/6901234567892", "fo o", "station.party"),
        ('data = "var"', 'data = "var"\nplace = "我们的仓库"', "station.place"),
        ("https://id.gs1.org/414/6901234567892/254/1", "nonsense here", "read_points[0].read_point"),
        ("automatic = true", 'automatic = true\nbiz_location = "hall"', "read_points[0].biz_location"),
        ('product = "', 'expires = 2026-01-01T00:00:00\nproduct = "', "read_points[0].order.expires"),
        ("[read_points.smoothing]", ONE_SIDE, "read_points[0].direction"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, where: str) -> None:
    assert old in GOOD
    with pytest.raises(WrongUse) as caught:
        load(write(tmp_path, GOOD.replace(old, new, 1)))
    assert caught.value.where == where
    assert caught.value.remedy
    assert isinstance(caught.value, ConfigFault)
    assert caught.value.line is not None


@pytest.mark.parametrize(
    ("old", "new", "line", "hint"),
    [
        ("min_reads = 2", "min_read = 2", 21, "did you mean min_reads?"),
        ('data = "var"', 'datas = "var"', 5, "did you mean data?"),
        ('url = "sim://dock"', "url = 7", 12, "text in quotes"),
        ("antennas = [1, 2]", "antennas = [\n 1,\n 'two',\n]", 16, "antenna numbers"),
        ("automatic = true", "automatic = true\nguard = 'best'", 20, "strongest, evidence"),
        ("[read_points.order]", "[read_points.ordre]", 22, "did you mean order?"),
        ('step = "receive"', 'step = "recieve"', 17, "did you mean receive?"),
        (
            "automatic = true",
            "automatic = true\ncycle.include = ['https://shop.example/01/6901234567892']",
            20,
            "allowed: https://id.gs1.org/01/06901234567892 ",
        ),
    ],
)
def test_a_person_finds_the_line(tmp_path: Path, old: str, new: str, line: int, hint: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigFault, match=re.escape(hint)) as caught:
        load(write(tmp_path, GOOD.replace(old, new, 1)))
    assert caught.value.line == line
    assert str(caught.value).startswith(f"Line {line}: ")


def test_a_file_that_an_editor_began_with_a_mark(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    path.write_text(GOOD.lstrip(), encoding="utf-8-sig")
    assert load(path).station == "dock-1"
    assert draft_of(read_text(path)).station == "dock-1"


@pytest.mark.parametrize("text", ["not = [toml", "\x00"])
def test_not_toml(tmp_path: Path, text: str) -> None:
    with pytest.raises(WrongUse, match="not TOML"):
        load(write(tmp_path, text))


def test_a_file_of_another_encoding_says_so(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    path.write_bytes(GOOD.replace('id = "dock-1"', 'id = "dock-1"\nname = "码头"').encode("gbk"))
    with pytest.raises(WrongUse, match="not UTF-8 text") as caught:
        load(path)
    assert "Save it as UTF-8" in caught.value.remedy


@pytest.mark.parametrize(
    "party",
    [
        "https://id.gs1.org/417/6901234567891",
        "https://id.gs1.org/414/690123456789/254/1",
        "urn:epc:id:sgln:1",
    ],
)
def test_a_number_that_was_mistyped_is_found_before_it_stands_in_events(tmp_path: Path, party: str) -> None:
    text = re.sub(r'(?m)^party = ".*"$', f'party = "{party}"', GOOD)
    assert party in text
    with pytest.raises(ConfigFault, match="check digit") as caught:
        load(write(tmp_path, text))
    assert caught.value.where == "station.party"


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"no configuration .* yet"):
        load(tmp_path / "none.toml")
