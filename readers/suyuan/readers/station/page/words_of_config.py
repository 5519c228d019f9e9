"""The Chinese of what can be wrong in the station's file, by English template, remedy or value."""

from __future__ import annotations

from collections.abc import Mapping

CONFIG: Mapping[str, str] = {
    "The configuration {path} cannot be read: {reason}.": "无法读取配置文件 {path}：{reason}。",
    "Check the path and its permissions.": "请检查路径和权限。",
    "There is no configuration {path} yet.": "还没有配置文件 {path}。",
    "Open the station's page: it leads through the setup and writes the file.": (
        "请打开站点页，按步骤设置，配置文件会自动生成。"
    ),
    "The configuration {path} is not TOML: {reason}.": "配置文件 {path} 不是有效的 TOML：{reason}。",
    "The configuration {path} is not UTF-8 text.": "配置文件 {path} 不是 UTF-8 编码的文本。",
    "Save it as UTF-8 in your editor: TOML knows no other encoding.": (
        "请在编辑器中另存为 UTF-8 编码（TOML 不支持 GBK 等其他编码）。"
    ),
    "Mend the line that is named.": "请改正所指的一行。",
    "Exactly one of device_key_file, token_file and token is needed.": (
        "device_key_file、token_file 与 token 必须且只能有一个。"
    ),
    "Give one of them; suyuan station enrol gives device_key_file.": (
        "请填写其中一个；用登记码加入平台后会自动填写 device_key_file。"
    ),
    "The credential {value} cannot be read: {reason}.": "无法读取凭证 {value}：{reason}。",
    "Check the path; the file holds the token and nothing else.": "请检查路径；文件中只能有凭证本身。",
    "The token is empty or has spaces in it.": "凭证为空或含有空格。",
    "Copy it again.": "请重新复制。",
    "The key of the block list is not an Ed25519 public key.": "停售名单的密钥不是 Ed25519 公钥。",
    "Give base64 of 32 bytes.": "请填写 32 字节的 base64。",
    "The read point {value} is automatic but has no order.": "读取点 {value} 设为自动，但没有作业内容。",
    "Add a table [read_points.order], if need be an empty one.": (
        "请加上 [read_points.order] 表，可以是空表。"
    ),
    "There is no step {value}.": "没有工序 {value}。",
    "The name {value} is given twice.": "名称 {value} 重复。",
    "Give each its own.": "请各用不同的名称。",
    "The read point {point} names the reader {value}, which is not there; there are: {known}.": (
        "读取点 {point} 所指的读写器 {value} 不存在；现有：{known}。"
    ),
    "Mend the name, or add a table [[readers]].": "请改正名称，或加上 [[readers]] 表。",
    "A direction needs antennas on both sides of the door.": "判断进出方向需要门内、门外两侧的天线。",
    'Give the tables of sources side = "outside" and side = "inside".': (
        '请在 sources 的各表中写明 side = "outside"（门外）和 side = "inside"（门内）。'
    ),
    "A cycle begins either at an input or by the clock.": "读取周期只能由输入信号或定时二者之一启动。",
    "Leave one of start_input and repeat_s out.": "start_input 与 repeat_s 只保留一个。",
    "There is no read point.": "没有读取点。",
    "{name} has neither a PIN nor a badge.": "{name} 既没有 PIN 也没有工牌。",
    "Give pin_hash (suyuan station pin makes it) or badge.": (
        "请填写 pin_hash（用 suyuan station pin 生成）或 badge。"
    ),
    "The reader {value} takes what pages and phones say, which anybody can type: it reads no badges.": (
        "读写器 {value} 接收页面和手机输入的内容，任何人都能输入，不能用来刷工牌。"
    ),
    "Leave badges out, or read them at a serial port (serial:///dev/…) or by NFC.": (
        "请删去 badges，改用串口扫码枪（serial:///dev/…）或 NFC 读写器刷工牌。"
    ),
    "Two people of the staff have the same {key}.": "两名人员的 {key} 相同。",
    "Give each their own.": "请各用不同的值。",
    "A PIN has 4 to 12 digits.": "PIN 为 4 至 12 位数字。",
    "Choose another one.": "请另选一个。",
    "Add a table [[read_points]].": "请加上 [[read_points]] 表。",
    "{key} is missing; it is {kind}.": "缺少 {key}，应填写{kind}。",
    "{key} must be {kind}.": "{key} 应为{kind}。",
    "Mend the line.": "请改正该行。",
    "{key} is empty.": "{key} 为空。",
    "Give a value.": "请填写。",
    "{key} cannot be {value!r}; allowed: {allowed}.": "{key} 不能是 {value!r}；可填：{allowed}。",
    "{key} cannot be {value!r}; did you mean {near}?": "{key} 不能是 {value!r}，是否想写 {near}？",
    "{key} is not right; allowed: {allowed}.": "{key} 不符合要求；可填：{allowed}。",
    "Write one of what is allowed.": "请改为允许的值。",
    "{key} must be a number.": "{key} 应为数字。",
    "Give a number.": "请填写数字。",
    "{key} cannot be {value}; allowed: {least} or more.": "{key} 不能是 {value}；须不小于 {least}。",
    "{key} must be a list of antenna numbers.": "{key} 应为天线编号的列表。",
    "For example [1, 2].": "例如 [1, 2]。",
    "{key} must be tables.": "{key} 应为表的列表。",
    "Write [[…]] before each.": "请在每张表前写 [[…]]。",
    "{key} is not a setting; did you mean {near}?": "{key} 不是设置项，是否想写 {near}？",
    "{key} is not a setting; possible here: {known}.": "{key} 不是设置项；此处可用：{known}。",
    "Check its spelling, and that it stands in the right table.": "请检查拼写，并确认写在正确的表中。",
    "Check its spelling.": "请检查拼写。",
    "The page's certificate and its key are needed together.": "页面的证书和私钥要同时给出。",
    "Give certificate and certificate_key, each a PEM file, or neither.": (
        "请同时填写 certificate 和 certificate_key（均为 PEM 文件），或都不填。"
    ),
    "The page listens on {value}, where others on the network can reach it, but has no PIN.": (
        "本页监听 {value}，局域网内其他人可以打开，但没有设置 PIN。"
    ),
    (
        'Add pin = "…" with 6 to 12 digits to [page], or listen on 127.0.0.1: whoever reaches the page'
        " can record goods in the company's name."
    ): (
        "请在 [page] 中加上 6 至 12 位数字的 pin，或改为监听 127.0.0.1：能打开本页的人都能以企业名义记录货"
        "物。"
    ),
}

VALUES: Mapping[str, str] = {
    # What kind of value a key takes
    "text in quotes": "带引号的文字",
    "a list of texts in quotes": "带引号文字的列表",
    "true or false": " true 或 false",
    "a whole number": "整数",
    "a list of numbers": "数字的列表",
    "a date such as 2026-11-21": "日期，如 2026-11-21",
    "a time such as 06:30:00": "时刻，如 06:30:00",
    "a list of antenna numbers": "天线编号的列表",
    "a table": "一张表",
    "an array of tables": "表的列表",
    # What texts are allowed
    "1 to 32 letters, digits and . _ -": "1 至 32 个字母、数字或 . _ -",
    "operator, qa, supervisor": "operator（操作）、qa（质检）、supervisor（主管）",
    "what suyuan station pin prints": "suyuan station pin 命令输出的内容",
    "what the badge says, as it is read": "工牌读出的内容",
    "1 to 64 letters, digits and . _ : -": "1 至 64 个字母、数字或 . _ : -",
    "1 to 64 characters": "1 至 64 个字符",
    "1 to 100 characters": "1 至 100 个字符",
    "an offset such as +08:00": "时差，如 +08:00",
    "an http(s) URL without query": "不带查询参数的 http(s) 网址",
    "an address and a port, or off": "地址和端口，或 off",
    "6 to 12 digits": "6 至 12 位数字",
    "a URI such as https://… or urn:epc:id:…": "URI，如 https://… 或 urn:epc:id:…",
    "a GS1 link or URN whose number is valid, its check digit too": (
        "号码有效（校验位也正确）的 GS1 链接或 URN"
    ),
    "item, case, pallet, urn:epc:pat:…, or the beginning of a Digital Link": (
        "item、case、pallet、urn:epc:pat:…，或 Digital Link 的开头"
    ),
}
