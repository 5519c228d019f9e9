"""What can go wrong with a reader over HTTP, in Chinese: by the English template or remedy of the error."""

# ruff: noqa: E501 - a sentence and its translation stand side by side

from __future__ import annotations

from collections.abc import Mapping

CHINESE: Mapping[str, str] = {
    "The reader {reader} has no IoT device interface.": "读写器 {reader} 没有 IoT 设备接口。",
    "Set its RFID interface to Impinj IoT Device Interface on its own page, and update firmware older than 7.1.": (
        "请在读写器管理页将 RFID 接口设为 Impinj IoT Device Interface；固件低于 7.1 的请先升级。"
    ),
    "The reader {reader} does not know {path}.": "读写器 {reader} 没有 {path}。",
    "Choose a preset that its own page shows.": "请选择读写器管理页上已有的预设。",
    "The reader {reader} does not take this user and password (status {status}).": (
        "读写器 {reader} 不接受此用户名和密码（状态 {status}）。"
    ),
    "Write the user before the host, as in impinj+https://root@r700.local/?password_file=/path.": (
        "请把用户名写在主机前，例如 impinj+https://root@r700.local/?password_file=/路径。"
    ),
    "The reader {reader} is at work for another client: {reason}": "读写器 {reader} 正被另一个程序使用：{reason}",
    "The reader {reader} runs {preset!a} already.": "读写器 {reader} 正在运行 {preset!r}。",
    "Stop what runs on its own page, or write profile=keep to hear it, or take=yes to stop it.": (
        "请在读写器管理页停止当前任务；或写 profile=keep 只接收数据，或写 take=yes 由本站停止它。"
    ),
    "The reader {reader} sends us to another address (status {status}).": "读写器 {reader} 要求转到另一个地址（状态 {status}）。",
    "Write impinj+https:// if it wants encryption.": "如读写器要求加密，请改用 impinj+https://。",
    "{reader} does not answer as an Impinj reader: {reason}.": "{reader} 的应答不像 Impinj 读写器：{reason}。",
    "Check the address and the port.": "请检查地址和端口。",
    "The reader's answer has more than {most} bytes.": "读写器的应答超过 {most} 字节。",
    "The reader sends more than {most} bytes without the end of a line.": "读写器连续发送超过 {most} 字节而没有换行。",
    "The reader {reader} sent a line that is not JSON.": "读写器 {reader} 发来的一行不是 JSON。",
    "The inventory on {reader} was stopped.": "读写器 {reader} 上的盘点已被停止。",
}
