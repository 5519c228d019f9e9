"""What can go wrong with readers behind a broker, in Chinese: by the English template or remedy of the error."""

# ruff: noqa: E501 - a sentence and its translation stand side by side

from __future__ import annotations

from collections.abc import Mapping

CHINESE: Mapping[str, str] = {
    "{url} is not the address of readers behind a broker.": "{url} 不是 MQTT 读写器的地址。",
    "Write mqtt://broker/topic/filter, with '#' as %23 and options after a '?'.": (
        "请填写 mqtt://服务器/主题，其中 # 写作 %23，选项写在 ? 之后。"
    ),
    "{topic!a} is no topic filter.": "{topic!r} 不是有效的主题过滤器。",
    "'+' stands for one whole level, '#' for all further ones at the end.": (
        "+ 代表完整的一级，# 只能放在末尾，代表其后所有级。"
    ),
    "Only the dialect generic has the option {option}.": "只有 dialect=generic 才能使用选项 {option}。",
    "The broker {host} does not let us hear {topic!a}.": "MQTT 服务器 {host} 不允许订阅 {topic!r}。",
    "Allow this user to subscribe to it.": "请在服务器上允许此用户订阅该主题。",
    "The broker {host} does not take this user and password.": "MQTT 服务器 {host} 不接受此用户名和密码。",
    "Write the user before the host, as in mqtts://user@broker/topic?password_file=/path.": (
        "请把用户名写在主机前，例如 mqtts://user@broker/topic?password_file=/路径。"
    ),
    "The broker {host} refuses us: {reason}.": "MQTT 服务器 {host} 拒绝连接：{reason}。",
    "The broker {host} does not answer as one: {reason}.": "{host} 的应答不像 MQTT 服务器：{reason}。",
    "Check the port: 1883 for mqtt://, 8883 for mqtts:// as a rule.": (
        "请检查端口：mqtt:// 一般为 1883，mqtts:// 一般为 8883。"
    ),
    "Check the address, and that the broker runs.": "请检查地址，并确认 MQTT 服务器在运行。",
    "The broker {host} sent what MQTT does not allow.": "MQTT 服务器 {host} 发来的数据不符合协议。",
    "The connection to the broker {host} ended.": "与 MQTT 服务器 {host} 的连接已断开。",
    "The broker says that the device behind {topic!a} has gone.": "MQTT 服务器通知：{topic!r} 对应的设备已离线。",
}
