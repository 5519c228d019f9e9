"""What can go wrong with PC/SC readers, in Chinese: by the English template or remedy of the error."""

# ruff: noqa: E501 - a sentence and its translation stand side by side

from __future__ import annotations

from collections.abc import Mapping

CHINESE: Mapping[str, str] = {
    "There is no PC/SC reader whose name contains {part!r}; there is: {found}.": (
        "没有名称含 {part!r} 的 PC/SC 读卡器；现有：{found}。"
    ),
    "The PC/SC service is not available: {reason} ({status}).": "PC/SC 服务不可用：{reason}（{status}）。",
    "Check that pcscd is installed and runs: sudo systemctl enable --now pcscd.socket (apt install pcscd).": (
        "请确认已安装并运行 pcscd：sudo systemctl enable --now pcscd.socket（apt install pcscd）。"
    ),
    "The PC/SC service refuses this user: {reason} ({status}).": "PC/SC 服务拒绝当前用户：{reason}（{status}）。",
    "Allow this user org.debian.pcsc-lite.access_pcsc and access_card in polkit, or start pcscd with"
    " --disable-polkit (PCSCD_ARGS in /etc/default/pcscd).": (
        "请在 polkit 中授予当前用户 org.debian.pcsc-lite.access_pcsc 和 access_card 权限，"
        "或以 --disable-polkit 启动 pcscd（/etc/default/pcscd 中的 PCSCD_ARGS）。"
    ),
    "The reader {reader} failed ({status}).": "读卡器 {reader} 出错（{status}）。",
    "Check the cable and that lsusb lists the reader; if the kernel holds it, blacklist pn533_usb and nfc.": (
        "请检查连接线，并确认 lsusb 中能看到读卡器；如被内核占用，请将 pn533_usb 和 nfc 模块列入黑名单。"
    ),
    "Another program holds the card on {reader}.": "另一个程序正占用 {reader} 上的卡。",
    "Close that program.": "请关闭该程序。",
}
