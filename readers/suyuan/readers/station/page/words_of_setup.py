"""The texts of the setup: key -> (Chinese, English)."""

# ruff: noqa: E501 - a sentence and its translation stand side by side

from __future__ import annotations

from collections.abc import Mapping

SETUP: Mapping[str, tuple[str, str]] = {
    "setup.title": ("站点设置", "Setup of the station"),
    "setup.lead": (
        "三步完成：加入平台，连接读写器，为每个天线选定地点和工序。无需编辑任何文件。",
        "Three steps: join the platform, connect a reader, give each antenna its place and step. No file to edit.",
    ),
    "setup.join": ("加入平台", "Join the platform"),
    "setup.joined": ("已加入 {server}", "Joined {server}"),
    "setup.joined-as": ("站点 {station}，地点 {place}", "Station {station}, at {place}"),
    "setup.no-place": ("未指定", "no place given"),
    "setup.code": ("登记码或登记链接", "Code or link"),
    "setup.code-hint": (
        "在平台的“设备”页面生成，15 分钟内有效；可用扫码枪直接扫描二维码。",
        "Made on the platform's page “Devices”, good for 15 minutes; a scanner can type it from the symbol.",
    ),
    "setup.server": ("平台地址", "Address of the platform"),
    "setup.server-hint": ("链接中已含地址时留空。", "Leave it empty with a link: it names the platform."),
    "setup.redeem": ("加入", "Join"),
    "setup.anew": ("重新加入，或换到另一平台", "Join anew, or another platform"),
    "setup.readers": ("天线与工序", "Antennas and steps"),
    "setup.none": (
        "连接读写器之后，在这里可以看到每个天线的地点和工序。",
        "No reader yet. Once one is connected, its antennas are listed here with their steps.",
    ),
    "setup.change": ("调整与测试", "Change and test"),
    "setup.remove": ("移除", "Remove"),
    "setup.all-antennas": ("全部天线", "all antennas"),
    "setup.antennas": ("天线 {numbers}", "antenna {numbers}"),
    "setup.add": ("连接读写器", "Connect a reader"),
    "setup.find": ("查找读写器", "Look for readers"),
    "setup.find-hint": (
        "查看 USB、串口，并在本机所在的局域网中查找超高频读写器，约需几秒。",
        "Looks at USB, serial ports, and in the network of this machine for UHF readers; a few seconds.",
    ),
    "setup.found": ("找到的读写器", "What was found"),
    "setup.found-none": ("没有找到读写器。", "No reader was found."),
    "setup.found-check": (
        "请检查：读写器是否通电（看指示灯）；网线或 USB 线是否插好；与本机是否在同一网段；USB 读卡器是否已安装 pcscd。也可以直接填写地址。",
        "Check its power (its lamp), the network or USB cable, that it is in the same network, and for USB card readers that pcscd is installed. Or type its address.",
    ),
    "setup.use": ("使用", "Use it"),
    "setup.page-scanner": ("在本页打字的扫码枪或手机", "A scanner or phone that types into this page"),
    "setup.page-scanner-hint": ("键盘式扫码枪，无需驱动。", "Keyboard scanners; no driver is needed."),
    "setup.address": ("读写器地址", "Address of the reader"),
    "setup.address-hint": (
        "超高频读写器：llrp://192.168.1.50；USB 读卡器：pcsc://；NFC：nfc+usb://；串口扫码枪：wedge:///dev/ttyACM0",
        "UHF reader: llrp://192.168.1.50; USB card reader: pcsc://; NFC: nfc+usb://; serial scanner: wedge:///dev/ttyACM0",
    ),
    "setup.connect": ("连接", "Connect"),
    "setup.done": ("设置完成，站点正在工作。", "Set up: the station is at work."),
    "setup.fault": ("站点未能启动", "The station could not start"),
    "setup.to-work": ("去站点页", "To the station"),
    "setup.trying": ("正在试用一台读写器。", "A reader is being tried."),
    "setup.back-to-trial": ("回到试用页", "Back to it"),
    "trial.title": ("试用读写器", "Try the reader"),
    "trial.lead": (
        "把标签依次放到每个天线前，看它出现在哪一行，再为该天线命名并选定工序。",
        "Hold a tag before each antenna, see in which line it appears, then name that antenna and choose its step.",
    ),
    "trial.model": ("型号", "Model"),
    "trial.reads": ("已读 {count} 次", "Sightings: {count}"),
    "trial.lost": ("读写器断开：", "The reader is gone: "),
    "trial.antenna": ("天线 {number}", "Antenna {number}"),
    "trial.nothing": ("还没有读到标签", "No tag yet"),
    "trial.unknown": ("内容无法解读", "not a code we can read"),
    "trial.times": ("×{count}", "×{count}"),
    "trial.refresh": ("刷新", "Refresh"),
    "trial.scan": ("扫一个码试试", "Scan a code"),
    "trial.send": ("提交", "Send"),
    "trial.reader-name": ("读写器名称", "Name of the reader"),
    "trial.place": ("地点（GLN 或平台链接）", "Place (GLN or the platform's link)"),
    "trial.place-hint": (
        "每个天线成为此地点的一个读取点。",
        "Each antenna becomes a read point of this place.",
    ),
    "trial.name": ("名称", "Name"),
    "trial.name-hint": (
        "例如：1 号门。同名的天线合为一个读取点。",
        "Such as Gate 1. Antennas of one name are one read point.",
    ),
    "trial.step": ("工序", "Step"),
    "trial.unused": ("不使用", "Not used"),
    "trial.point": ("读取点编码（选填）", "Code of the read point (optional)"),
    "trial.untested": ("还没有读到标签，仍要保存", "Save it although no tag was read"),
    "trial.save": ("保存并开始工作", "Save and start"),
    "trial.cancel": ("放弃", "Give up"),
    "trial.live": ("读到的标签实时更新", "The tags are shown as they are read"),
}
