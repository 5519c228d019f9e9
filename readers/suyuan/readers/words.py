"""What can go wrong with a reader, in Chinese: by the English template or remedy of the error.

A station has no catalogue of the portal, so its drivers bring their own. What only a programmer can mend (the
bytes of a protocol) is told by its kind, with the English sentence behind it.
"""

# ruff: noqa: E501 - a sentence and its translation stand side by side

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from suyuan.readers.impinj.words import CHINESE as OF_IMPINJ
from suyuan.readers.mqtt.words import CHINESE as OF_MQTT
from suyuan.readers.pcsc.words import CHINESE as OF_PCSC
from suyuan.readers.registry import BUILTIN
from suyuan.readers.tags.words import CHINESE as OF_TAGS
from suyuan.trace.errors import SuyuanError

CHINESE: Mapping[str, str] = {
    **OF_TAGS,
    **OF_IMPINJ,
    **OF_MQTT,
    **OF_PCSC,
    # Addresses
    "A reader's address has at most {limit} characters.": "读写器地址最长 {limit} 个字符。",
    "The reader's address {url!a} has characters that cannot be printed.": "读写器地址 {url!r} 含有不可显示的字符。",
    "{url} has no scheme.": "{url} 缺少协议名。",
    "Write an address such as llrp://10.0.0.5.": "请按 llrp://10.0.0.5 的形式填写。",
    "The address of a reader must not carry a user name or password.": "读写器地址中不能带用户名或密码。",
    "Give credentials in the settings of the station: addresses are logged.": "请在站点设置中填写凭证：地址会记入日志。",
    "{url} has a part after '#', which means nothing here.": "{url} 中 # 之后的部分在这里没有意义。",
    "{url} is not a valid address: {reason}.": "{url} 不是有效的地址：{reason}。",
    "Leave it out; in the topic of a broker write %23 for '#'.": "请删去；MQTT 主题中的 # 写作 %23。",
    "Check the address and the port, and that the reader is switched on.": "请检查地址和端口，并确认读写器已通电。",
    "The options of {url} cannot be read: {reason}.": "无法读取 {url} 的选项：{reason}。",
    "Write ?name=value&name=value.": "请按 ?名称=值&名称=值 的形式填写。",
    "The option {option} is given twice.": "选项 {option} 重复。",
    "{scheme} readers have no option {option}{hint}": "{scheme} 读写器没有选项 {option}{hint}",
    "The option {option} cannot be {value!a}: {reason}.": "选项 {option} 不能是 {value!r}：{reason}。",
    "There is no reader driver for the scheme {scheme}{hint}": "没有适用于协议 {scheme} 的驱动{hint}",
    "{module}:{attribute} is registered for {scheme} but is not a reader driver.": (
        "{module}:{attribute} 登记为 {scheme} 的驱动，但它不是读写器驱动。"
    ),
    "Mend the entry point of the package that registers it.": "请改正登记它的软件包的入口点。",
    "The driver for {scheme} readers needs {library}, which is not installed.": (
        "{scheme} 读写器的驱动需要 {library}，本机尚未安装。"
    ),
    "{url} is not the address of an LLRP reader.": "{url} 不是 LLRP 读写器的地址。",
    "Write llrp://host or llrp://host:port, with options after a '?'.": (
        "请填写 llrp://主机 或 llrp://主机:端口，选项写在 ? 之后。"
    ),
    "{url} is not the address of a simulated reader.": "{url} 不是模拟读写器的地址。",
    "Write sim://name, with options after a '?'.": "请填写 sim://名称，选项写在 ? 之后。",
    "{url} is not the address of a PC/SC reader.": "{url} 不是 PC/SC 读卡器的地址。",
    "Write pcsc:// or pcsc://ACR122U; a blank in the name is written %20.": (
        "请填写 pcsc:// 或 pcsc://ACR122U；名称中的空格写作 %20。"
    ),
    "{url} is not the address of an NFC reader.": "{url} 不是 NFC 读写器的地址。",
    "Write nfc+usb:// or nfc+usb://072f:2200 (vendor:product as in lsusb).": (
        "请填写 nfc+usb:// 或 nfc+usb://072f:2200（厂商:产品，见 lsusb）。"
    ),
    "Write nfc+tty:///dev/ttyUSB0?driver=pn532.": "请填写 nfc+tty:///dev/ttyUSB0?driver=pn532。",
    "Write nfc+udp://127.0.0.1:54321.": "请填写 nfc+udp://127.0.0.1:54321。",
    # Recordings
    "The recording {path} cannot be read: {reason}.": "无法读取录制文件 {path}：{reason}。",
    "Write replay:///folder/file with the path of a recording.": "请填写 replay:///文件夹/文件，即录制文件的路径。",
    "{path} is not a recording of a reader.": "{path} 不是读写器的录制文件。",
    "Name a file that was made with the option record= of a reader's address.": (
        "请指定用读写器地址的 record= 选项录制的文件。"
    ),
    "{url} is not the address of a recording.": "{url} 不是录制文件的地址。",
    "The recording {path} is at its end.": "录制文件 {path} 已播放完。",
    "The recording {path} does not say of which reader it is.": "录制文件 {path} 没有说明来自哪台读写器。",
    "It was cut off at once; record again.": "录制一开始就中断了，请重新录制。",
    "{path} is a recording of a recording.": "{path} 是对录制的再录制。",
    "Play the first one.": "请播放最初的录制文件。",
    "The recording holds what is no observation.": "录制文件中有不是观测的内容。",
    "The recording holds what is no message.": "录制文件中有不是消息的内容。",
    # Label printers
    "The printer {printer} needs attention: {faults}.": "打印机 {printer} 需要处理：{faults}。",
    "See to it, then print on from the first label that is not confirmed.": "处理后，请从第一张未确认的标签接着打印。",
    "The tag of label {number} says {found}, not {wanted}.": (
        "第 {number} 张标签的电子标签读出 {found}，应为 {wanted}。"
    ),
    "Take this label off the roll and print on from it.": "请撕下这张标签，并从它接着打印。",
    "The connection to the printer {printer} failed: {reason}.": "与打印机 {printer} 的连接失败：{reason}。",
    "There is no connection to the printer {printer}: {reason}.": "无法连接打印机 {printer}：{reason}。",
    "Check its power, its cable and its address.": "请检查电源、网线和地址。",
    "Check the address, the cable and that the printer is switched on.": "请检查地址、网线以及打印机是否开机。",
    "Nothing was heard from the printer {printer} for {seconds} s.": "打印机 {printer} 已 {seconds} 秒没有回应。",
    "Look at its display; it may lack labels, or tags that can be written.": (
        "请查看打印机屏幕：可能缺标签，或没有可写入的电子标签。"
    ),
    "The printer {printer} says what is no answer of a ZPL printer: {said}": (
        "打印机 {printer} 的回答不是 ZPL 打印机的回答：{said}"
    ),
    "Set it to ZPL II (not EPL or line print), and let nothing else print on it meanwhile.": (
        "请把打印机设为 ZPL II（不是 EPL 或行打印），打印期间不要让其他程序使用它。"
    ),
    "{url} is not the address of a scanner.": "{url} 不是扫码器的地址。",
    "Write wedge://page for a page or a phone, or serial:///dev/ttyACM0?baud=9600.": (
        "页面或手机扫码请填写 wedge://page，串口扫码器请填写 serial:///dev/ttyACM0?baud=9600。"
    ),
    "{url} is not the address of phones.": "{url} 不是手机的地址。",
    "Write http://phones for phones that open the station's page; readers with an HTTP interface have addresses such as impinj+https://root@host/.": (
        "手机打开站点页读码请填写 http://phones；带 HTTP 接口的读写器请填写 impinj+https://root@主机/ 一类的地址。"
    ),
    "{url} is not the address of an Impinj reader.": "{url} 不是 Impinj 读写器的地址。",
    "Write impinj+https://root@host/, with options after a '?'.": (
        "请填写 impinj+https://root@主机/，选项写在 ? 之后。"
    ),
    "The options {options} do not go together.": "选项 {options} 不能同时使用。",
    "Give preset=NAME, or profile=keep, or antennas=1,2 with power, session, mode.": (
        "请三选一：preset=名称；profile=keep；antennas=1,2 加 power、session、mode。"
    ),
    "{preset!a} is no name of a preset.": "{preset!r} 不是有效的预设名称。",
    "Names of presets have letters, digits, '-', '_' and '.'.": "预设名称只能含字母、数字、-、_ 和 .。",
    # Passwords and certificates
    "{url} has a password but no user.": "{url} 有密码但没有用户名。",
    "Write the user before the host, such as mqtts://user@broker/topic?password_file=/path.": (
        "请把用户名写在主机前，例如 mqtts://user@broker/topic?password_file=/路径。"
    ),
    "The password of {url} is given twice.": "{url} 的密码重复给出。",
    "The environment variable that holds the password of {host} is not set.": "未设置存放 {host} 密码的环境变量。",
    "Write its name, not the password, and set it for the user that the station runs as.": (
        "请填写变量名而不是密码本身，并为运行站点程序的用户设置该变量。"
    ),
    "The password cannot be read from {path}: {reason}.": "无法从 {path} 读取密码：{reason}。",
    "Put the password alone into this file, readable for the user that the station runs as.": (
        "请在此文件中只写密码，并让运行站点程序的用户可读。"
    ),
    "Give either the authority or the fingerprint, not both.": "ca 与 fingerprint 只能给出一个。",
    "Without TLS there is no certificate.": "不使用 TLS 时没有证书。",
    "Write impinj+https://.": "请改用 impinj+https://。",
    "Write mqtts://.": "请改用 mqtts://。",
    "The certificate of the authority cannot be read from {path}: {reason}.": "无法从 {path} 读取 CA 证书：{reason}。",
    "Give a file with certificates in PEM.": "请提供 PEM 格式的证书文件。",
    "{host}:{port} shows another certificate, with the fingerprint {digest}.": (
        "{host}:{port} 出示的是另一张证书，指纹为 {digest}。"
    ),
    "The certificate of {host}:{port} is not trusted: {reason}.": "{host}:{port} 的证书不受信任：{reason}。",
    "Compare with the fingerprint that the reader's own page shows, and write it as fingerprint=….": (
        "请与读写器管理页上显示的指纹核对，再写成 fingerprint=…。"
    ),
    "Our certificate or its key cannot be read from {path}: {reason}.": "无法从 {path} 读取本机证书或密钥：{reason}。",
    "Give files in PEM, the key without a password.": "请提供 PEM 格式的文件，密钥不带口令。",
    "A key is given without a certificate.": "只给出了密钥，没有证书。",
    "Give cert=/path too.": "请同时填写 cert=/路径。",
    "{host}:{port} asks for a certificate of ours, or for another one: {reason}.": (
        "{host}:{port} 要求出示本机证书，或不接受出示的证书：{reason}。"
    ),
    "Give cert=/path and key=/path of a certificate whose authority it trusts.": (
        "请用 cert=/路径 和 key=/路径 给出由对方信任的机构签发的证书。"
    ),
    # Connections
    "The reader {reader} is not connected.": "读写器 {reader} 未连接。",
    "The reader {reader} does not answer any more.": "读写器 {reader} 已无响应。",
    "The reader {reader} was closed.": "读写器 {reader} 已关闭。",
    "The reader {reader} was opened before.": "读写器 {reader} 已打开过。",
    "Open a new one.": "请重新打开一个。",
    "The reader {reader} went away.": "读写器 {reader} 已断开。",
    "The driver for {scheme} readers is broken: {reason}": "{scheme} 读写器的驱动有错：{reason}",
    "Tell whoever made it; other readers work without it.": "请告知驱动的提供方；其他读写器不受影响。",
    "Report it as a fault of Suyuan, with the log; other readers work without it.": (
        "这是溯源程序的错误，请连同日志一并报告；其他读写器不受影响。"
    ),
    "The driver of {reader} failed: {reason}": "读写器 {reader} 的驱动出错：{reason}",
    "The reader closed the connection.": "读写器关闭了连接。",
    "The connection broke: {reason}.": "连接中断：{reason}。",
    "The connection ended {got} bytes into a message.": "连接在一条消息中途断开（已收到 {got} 字节）。",
    "Nothing was heard from {reader} for {seconds} s.": "{seconds} 秒内没有收到读写器 {reader} 的任何消息。",
    "There is no connection to {host}:{port}: {reason}.": "无法连接 {host}:{port}：{reason}。",
    "Check the address, the cable and that the reader is switched on.": "请检查地址、网线，并确认读写器已通电。",
    "The reader {host}:{port} serves another client.": "读写器 {host}:{port} 正被另一个程序占用。",
    "End the other program, or wait until the reader notices that it is gone.": (
        "请关闭占用它的程序，或等待读写器自行释放。"
    ),
    "The reader refuses connections (status {status}).": "读写器拒绝连接（状态 {status}）。",
    "The reader {reader} refused {request} with status {status}: {reason}": (
        "读写器 {reader} 拒绝了 {request}（状态 {status}）：{reason}"
    ),
    "The reader {reader} closes the connection.": "读写器 {reader} 正在关闭连接。",
    "The reader has no antenna {antenna}.": "读写器没有天线 {antenna}。",
    "The reader does not tell its power steps.": "读写器未提供功率档位。",
    "Leave power out.": "请不要设置功率。",
    "The reader cannot send with only {power} dBm.": "读写器的功率不能低到 {power} dBm。",
    "The reader has no setting {option}: only Impinj's have.": "读写器没有设置项 {option}：只有 Impinj 读写器有。",
    "Leave it out.": "请删去该选项。",
    # nfcpy
    "The reader {reader} cannot be opened: {reason}.": "无法打开读写器 {reader}：{reason}。",
    "The reader {reader} is in use.": "读写器 {reader} 正被占用。",
    "There is no NFC reader at {path} that can be opened.": "{path} 处没有可以打开的 NFC 读写器。",
    "Check the cable and that lsusb lists the reader.": "请检查连接线，并确认 lsusb 中能看到读写器。",
    "Allow this user the device: a udev rule with MODE=0666 for its vendor and product, then plug it in anew.": (
        "请授予当前用户使用该设备的权限：为其厂商号和产品号添加 MODE=0666 的 udev 规则，然后重新插拔。"
    ),
    "Another program holds the reader: stop pcscd or use pcsc:// instead, and blacklist the kernel modules"
    " pn533_usb and nfc.": (
        "另一个程序占用了读写器：请停止 pcscd 或改用 pcsc://，并将内核模块 pn533_usb 和 nfc 列入黑名单。"
    ),
    "Check the cable (lsusb lists the reader), that this user may use the device (udev), and that neither"
    " pcscd nor the kernel modules pn533_usb and nfc hold it.": (
        "请检查连接线（lsusb 中应能看到读写器）、当前用户是否有权使用该设备（udev），"
        "以及它是否被 pcscd 或内核模块 pn533_usb、nfc 占用。"
    ),
    "The reader {reader} is gone: {reason}.": "读写器 {reader} 已断开：{reason}。",
    "The reader {reader} sent what cannot be.": "读写器 {reader} 发来的数据不正确。",
    # Scanners
    "The serial port {device} cannot be opened: {reason}.": "无法打开串口 {device}：{reason}。",
    "Check the cable, and that the scanner is set to serial port (USB CDC) and not to keyboard.": (
        "请检查连接线，并确认扫码器设为串口（USB CDC）模式，而不是键盘模式。"
    ),
    "Allow this user the port: sudo usermod -aG dialout USER, then sign in anew.": (
        "请授予当前用户串口权限：sudo usermod -aG dialout 用户名，然后重新登录。"
    ),
    "The scanner on {device} is gone.": "{device} 上的扫码器已断开。",
    "Another program holds {device}.": "另一个程序正占用 {device}。",
    "Close it, ModemManager for example.": "请关闭该程序，例如 ModemManager。",
    "Serial scanners need pyserial, which is not installed.": "串口扫码器需要 pyserial，本机尚未安装。",
    "A code has 1 to {most} characters.": "一个码应有 1 至 {most} 个字符。",
    "Scan it again.": "请再扫一次。",
    "The scanner {reader} sends more than {most} bytes without an end.": (
        "扫码器 {reader} 连续发送超过 {most} 字节而没有结束符。"
    ),
    "Set the scanner to send CR or LF after every code (see its manual), and compare the baud rate.": (
        "请按说明书将扫码器设为每个码后发送回车或换行，并核对波特率。"
    ),
    # Operations that a driver does not have
    "The reader {reader} cannot set output {port} to {high}.": "读写器 {reader} 没有可控制的输出口。",
    "The reader {reader} cannot read {words} words at {offset} of bank {bank} of {epc}.": (
        "读写器 {reader} 不支持读取标签存储区。"
    ),
    "The reader {reader} cannot write at {offset} of bank {bank} of {epc}.": "读写器 {reader} 不支持写入标签存储区。",
    "The reader {reader} cannot write {new} into {epc}.": "读写器 {reader} 不支持写入 EPC。",
    "The reader {reader} cannot lock {parts} of {epc}.": "读写器 {reader} 不支持锁定标签。",
    "The reader {reader} cannot kill {epc}.": "读写器 {reader} 不支持灭活标签。",
    "The reader {reader} cannot read links on tags.": "读写器 {reader} 不能读取标签上的链接。",
    "The reader {reader} cannot write the link {link} on tags.": "读写器 {reader} 不能在标签上写链接。",
    "The reader {reader} cannot let tags sign the link {link}.": "读写器 {reader} 不能让标签对链接签名。",
    "The reader {reader} cannot empty tags.": "读写器 {reader} 不能清空标签。",
    "The reader {reader} cannot take the text {text!a} from outside.": "读写器 {reader} 不接受外部输入。",
    # The virtual ones
    "A private PC/SC service needs {lacks}.": "私有 PC/SC 服务需要 {lacks}。",
    "The virtual slot does not listen.": "虚拟卡槽没有监听。",
    "The private pcscd does not start; see {log}.": "私有 pcscd 无法启动，见 {log}。",
    **{f"Run: {driver.install}": f"请运行：{driver.install}" for driver in BUILTIN.values()},
}

KINDS: Mapping[str, str] = {
    "reader-error": "读写器不可用",
    "reader-config": "读写器的地址或选项不正确",
    "reader-missing-dependency": "缺少此读写器所需的软件",
    "reader-connection": "与读写器的连接失败",
    "reader-truncated": "与读写器的连接在消息中途断开",
    "reader-busy": "读写器正被占用",
    "reader-protocol": "读写器发来的数据不符合协议",
    "reader-refused": "读写器拒绝了请求",
    "reader-access-denied": "读写器拒绝登录",
    "reader-untrusted": "读写器的证书不受信任",
    "reader-unsupported": "读写器不支持此操作",
    "reader-tag-lost": "标签已离开读写器",
    "reader-several-tags": "读写器上不止一枚标签",
    "reader-tag-unsupported": "此标签不能存放链接",
    "reader-tag-locked": "标签已锁定",
    "reader-tag-password": "标签密码不符",
    "reader-tag-too-small": "标签容量不足",
    "reader-tag-taken": "标签已属于其他物品",
    "reader-tag-write": "写入标签失败",
    "printer-not-ready": "标签打印机需要处理",
    "recording-ended": "录制已播放完",
    "ndef-invalid": "标签中的 NDEF 数据无效",
}
"""What kind of error it is, by its code."""


_PARTS: Mapping[str, str] = {
    "All connection attempts failed": "连接均未成功",
    "Connection refused": "连接被拒绝",
    "Connection reset by peer": "对方断开了连接",
    "No route to host": "网络不通",
    "Network is unreachable": "网络不可达",
    "wrong version number": "对方未使用 TLS",
    "record layer failure": "对方未使用 TLS",
    "Name or service not known": "找不到这个主机名",
    "Temporary failure in name resolution": "暂时无法解析主机名",
    "self-signed certificate": "证书是自签名的",
    "unable to get local issuer certificate": "找不到签发证书的机构",
    "certificate has expired": "证书已过期",
    "the port or the password cannot be read": "端口或密码无法识别",
    "it cannot be verified": "无法验证",
    "unreadable": "无法读取",
    "not UTF-8": "不是 UTF-8 文本",
    "too long": "过长",
    "no password on its first line": "第一行没有密码",
    "the answer is not JSON": "应答不是 JSON",
    "the stream is compressed": "数据流经过压缩",
    "it does not speak HTTP": "它不使用 HTTP",
    "no certificate in PEM": "文件中没有 PEM 格式的证书",
    "no key in PEM": "文件中没有 PEM 格式的密钥",
    "it has a password": "密钥带有口令",
    "it is not the key of the certificate": "密钥与证书不匹配",
    "Is a directory": "这是一个目录",
    "tlsv13 alert certificate required": "对方要求客户端证书",
    "tlsv1 alert unknown ca": "对方不信任签发机构",
    "sslv3 alert certificate expired": "证书已过期",
    "sslv3 alert certificate revoked": "证书已吊销",
    "sslv3 alert bad certificate": "对方认为证书不正确",
    "an inventory of another client": "另一个程序的盘点",
    ".": "。",
    "none": "无",
    "the service does not run": "服务没有运行",
    "the service was stopped": "服务已停止",
    "access denied": "没有权限",
    "access denied by policy": "策略不允许",
    "no card": "没有卡",
    "no contact": "接触不到",
    "interrupted": "操作中断",
    "no answer": "没有应答",
    "its answer is not understood": "应答无法理解",
    "unpowered": "未供电",
    "reset by another program": "被另一个程序复位",
    "taken away": "已被拿走",
    "no common protocol": "没有共同的协议",
    "it is longer than the tag": "长度超过标签容量",
    "it has a fragment": "链接带有 # 片段",
    "it is signed already": "链接中已有签名参数",
    "No such file or directory": "没有这个文件或设备",
    "No such device": "没有这个设备",
    "No such device or address": "没有这个设备",
    "Permission denied": "没有权限",
    "Device or resource busy": "设备正被占用",
    "Input/output error": "读写失败",
    "Read-only file system": "磁盘是只读的",
    "No space left on device": "磁盘已满",
    "Not a directory": "路径中有一段不是文件夹",
    "database or disk is full": "磁盘已满",
    "disk I/O error": "磁盘读写失败",
    "unable to open database file": "无法打开数据文件",
    "attempt to write a readonly database": "数据文件是只读的",
}
"""Words of ours and of the system that stand in a message's places."""

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"; did you mean ([\w+]+)\?"), r"；是否想写 \1？"),
    (re.compile(r"a whole number from (\S+) to (\S+) is needed"), r"应为 \1 到 \2 之间的整数"),
    (re.compile(r"a number from (\S+) to (\S+) is needed"), r"应为 \1 到 \2 之间的数"),
    (re.compile(r"it must lie between (\S+) and (\S+)"), r"应在 \1 到 \2 之间"),
    (re.compile(r"at most (\d+) numbers, each once"), r"最多 \1 个数，不能重复"),
    (re.compile(r"a printable name of 1 to (\d+) characters is needed"), r"应为 1 到 \1 个可显示的字符"),
    (re.compile(r"one of (.+) is needed"), r"应为其中之一：\1"),
    (re.compile(r"(\S+) or (\S+) is needed"), r"应为 \1 或 \2"),
    (re.compile(r"it must be (\S+) or (\S+)"), r"应为 \1 或 \2"),
    (re.compile(r"only (\S+) is possible"), r"只能是 \1"),
    (
        re.compile(r"each EPC needs 2 to (\d+) bytes in hex, an even number"),
        r"每个 EPC 应为 2 到 \1 字节的十六进制，字节数为偶数",
    ),
    (re.compile(r"an absolute path is needed, such as (.+)"), r"应为绝对路径，例如 \1"),
    (re.compile(r"the name of an environment variable is needed"), "应为环境变量名"),
    (re.compile(r"64 hex digits are needed, .+"), "应为 64 位十六进制数，即证书的 SHA-256 指纹"),
    (re.compile(r"letters out of a, b, f are needed, each once"), "应为字母 a、b、f，每个最多一次"),
    (re.compile(r"a name such as (\S+) or (\S+) is needed"), r"应为字段名，例如 \1 或 \2"),
    (re.compile(r"a topic without wildcards is needed"), "应为不含通配符的主题"),
    (re.compile(r"status (\d+)"), r"状态码 \1"),
    (re.compile(r"certificate verify failed: (.+)"), r"证书不受信任（\1）"),
    (re.compile(r"Port out of range 0-65535"), "端口应在 0 到 65535 之间"),
    (re.compile(r"Port could not be cast to integer value as (.+)"), r"端口 \1 不是数字"),
    (re.compile(r"Known schemes: (.+)\."), r"可用的协议：\1。"),
    (re.compile(r"Valid options: (.+)\."), r"可用的选项：\1。"),
    (re.compile(r"Run: (.+)"), r"请运行：\1"),
)
"""The same with values in them: what is wrong with an option, and what would be right."""


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence in both languages."""

    zh: str
    en: str

    def text(self, language: str) -> str:
        """The sentence in ``language``; any kind of Chinese is Chinese."""
        return self.zh if language.lower().startswith("zh") else self.en


def sentence(error: SuyuanError) -> Said:
    """What is wrong."""
    template = CHINESE.get(error.template)
    if template is not None:
        fields = {name: part(value) for name, value in error.fields.items()}
        return Said(template.format(**fields) if fields else template, error.detail)
    kind = KINDS.get(error.code)
    return Said(f"{kind}（{error.detail.removesuffix('.')}）。" if kind else error.detail, error.detail)


def remedy(error: SuyuanError) -> Said:
    """What to do about it; empty where the error does not say."""
    return Said(CHINESE.get(error.remedy) or str(part(error.remedy)), error.remedy)


def part(value: object) -> object:
    """A value of a message in Chinese, as far as it is words."""
    text = str(value)
    if text in _PARTS:
        return _PARTS[text]
    return next((found.expand(zh) for english, zh in _PATTERNS if (found := english.fullmatch(text))), value)
