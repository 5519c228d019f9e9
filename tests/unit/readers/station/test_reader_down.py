"""A reader that is away is told in the screen's language, with what its own driver says to do."""

from __future__ import annotations

import re

from suyuan.readers.errors import TransientConnectionError
from suyuan.readers.station.words import Message, reader_down
from suyuan.trace.errors import Unavailable

NOT_RUNNING = TransientConnectionError(
    "The PC/SC service is not available: {reason} ({status}).",
    remedy=(
        "Check that pcscd is installed and runs:"
        " sudo systemctl enable --now pcscd.socket (apt install pcscd)."
    ),
    reason="the service does not run",
    status="0x8010001D",
)


def test_the_drivers_reason_and_remedy_are_told_in_both_languages() -> None:
    told = reader_down("desk", NOT_RUNNING)
    assert told.text("zh-CN") == "读写器 desk 无法连接：PC/SC 服务不可用：服务没有运行（0x8010001D）。"
    assert told.text("en") == (
        "Reader desk is away: The PC/SC service is not available: the service does not run (0x8010001D)."
    )
    assert told.remedy("zh").startswith("请确认已安装并运行 pcscd：")
    assert told.remedy("zh").endswith("恢复后自动重连。")
    assert told.remedy("en").startswith("Check that pcscd is installed")
    assert "cable" not in told.remedy("en")


def test_without_a_reason_or_a_remedy_the_cable_is_looked_at() -> None:
    for error in (None, Unavailable("Something nobody has translated.")):
        told = reader_down("desk", error)
        assert told.remedy("zh") == "请检查电源和网线。恢复后自动重连。"
        assert told.remedy("en") == "Check power and cable. It reconnects by itself."
    assert not re.search("[A-Za-z]{5}", reader_down("desk", None).text("zh"))


def test_why_the_platform_is_away_is_no_english_inside_chinese() -> None:
    away = Message("OFFLINE", {"reason": "All connection attempts failed"})
    assert away.text("zh") == "平台无法连接：连接均未成功"
    assert away.text("en").endswith("All connection attempts failed")
