"""The texts of the work page: key -> (Chinese, English)."""

from __future__ import annotations

from collections.abc import Mapping

WORK: Mapping[str, tuple[str, str]] = {
    "page.title": ("{station} · 工位 · 溯源", "{station} · station · Suyuan"),
    "page.other": ("English", "中文"),
    "page.setup": ("连接读写器", "Connect a reader"),
    "page.back": ("返回工位", "Back to the station"),
    "error.title": ("出错了", "Something is wrong"),
    "error.do": ("怎么办", "What to do"),
    "none.title": ("尚未设置", "Not set up yet"),
    "none.word": ("待设置", "set up"),
    "none.new": (
        "本工位还没有配置文件。连接一台读写器,即可开始。",
        "This station has no configuration yet. Connect a reader to begin.",
    ),
    "none.starts": ("工位正在启动。", "The station is starting."),
    "pin.title": ("输入 PIN", "Enter the PIN"),
    "pin.why": (
        "本页对局域网开放;能打开它的人都能以企业名义记录货物,因此需要 PIN。它写在工位的配置文件里。",
        (
            "This page is open to the local network, and whoever opens it records goods in the company's"
            " name. So it asks for the PIN that stands in the station's file."
        ),
    ),
    "pin.label": ("PIN(6 至 12 位数字)", "PIN (6 to 12 digits)"),
    "pin.open": ("进入", "Open"),
    "pin.wrong": ("PIN 不正确,请再试一次。", "This PIN is wrong. Try again."),
    "pin.wait": ("尝试次数过多,请 {seconds} 秒后再试。", "Too many tries. Wait {seconds} s and try again."),
}
