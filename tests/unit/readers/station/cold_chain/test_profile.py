"""The tables ``[[profiles]]`` and ``[[loggers]]`` of a station's file."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from suyuan.readers.station.cold_chain import profile
from suyuan.readers.station.cold_chain.profile import LOGGERS, PROFILES, Logger, Profile, profile_named
from suyuan.readers.station.config import StationConfig
from suyuan.readers.station.config_file import parse
from suyuan.trace.errors import InvalidInput, WrongUse

STATION = """
[station]
id = "s1"
party = "https://id.gs1.org/417/6901234567892"
data = "d"
[server]
url = "https://trace.example"
token = "t"
[[readers]]
name = "r"
url = "sim://r"
[[read_points]]
name = "dock"
reader = "r"
step = "receive"
read_point = "https://id.gs1.org/414/6901234567892"
"""


def parsed(text: str) -> StationConfig:
    return parse(tomllib.loads(STATION + text), Path())


MEAT = """
[[profiles]]
name = "meat"
zh = "冷鲜肉"
least_c = 0
most_c = 4.0
grace_min = 15
cumulative_min = 60
interval_min = 5
"""


def test_a_profile_is_read_in_seconds_and_found_by_any_of_its_names() -> None:
    [found] = PROFILES.of(parsed(MEAT))
    assert found == Profile("meat", "冷鲜肉", "", 0.0, 4.0, 900.0, None, 3600.0, 300.0)
    assert profile_named([found], "冷鲜肉") is found
    assert (found.title("zh-CN"), found.title("en")) == ("冷鲜肉", "meat")
    with pytest.raises(InvalidInput) as caught:
        profile_named([found], "fish" * 100)
    assert "meat" in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (("least_c = 0\nmost_c = 4.0", ""), "profiles[0].most_c"),
        (("least_c = 0", "least_c = 5"), "profiles[0].most_c"),
        (("most_c = 4.0", "most_c = 277.15"), "profiles[0].most_c"),
        (("grace_min = 15", "grace_min = -1"), "profiles[0].grace_min"),
        (("grace_min = 15", "grace_k = -1.0"), "profiles[0].grace_k"),
        (("interval_min = 5", "interval_min = 0"), "profiles[0].interval_min"),
        (("interval_min = 5", "intervall_min = 5"), "profiles[0].intervall_min"),
        (('name = "meat"', 'name = ""'), "profiles[0].name"),
        (('name = "meat"', 'name = "me\\u0000at"'), "profiles[0].name"),
        (("interval_min = 5\n", f"interval_min = 5\n{MEAT}"), "profiles.name"),
    ],
)
def test_what_is_wrong_is_named(change: tuple[str, str], where: str) -> None:
    with pytest.raises(WrongUse) as caught:
        parsed(MEAT.replace(*change))
    assert caught.value.where == where
    assert caught.value.remedy


def test_loggers_have_a_day_until_which_they_are_believed() -> None:
    text = '[[loggers]]\nid = "urn:x:L7"\ncalibrated_until = 2027-03-31\ninterval_min = 2\n'
    assert LOGGERS.of(parsed(text)) == (Logger("urn:x:L7", date(2027, 3, 31), 120.0),)
    for wrong in (text * 2, text.replace("= 2\n", "= -2\n"), text.replace("id =", "idd =")):
        with pytest.raises(WrongUse):
            parsed(wrong)


def test_the_example_of_the_module_is_right() -> None:
    text = str(profile.__doc__).split("::\n", 1)[1]
    config = parsed(text)
    assert (len(PROFILES.of(config)), len(LOGGERS.of(config))) == (1, 1)
