"""What can go wrong with a tag, in Chinese: by the English template or remedy of the error."""

# ruff: noqa: E501 - a sentence and its translation stand side by side

from __future__ import annotations

from collections.abc import Mapping

CHINESE: Mapping[str, str] = {
    # Passwords
    "This tag ({model}) has no password.": "这枚标签（{model}）没有密码功能。",
    "This tag ({model}) gets no password from this reader.": "此读写器不能为这枚标签（{model}）设置密码。",
    "Take an NTAG215 and a reader with a PN532, such as ACR122U. An NTAG 424 DNA signs instead.": (
        "请使用 NTAG215 标签和带 PN532 的读写器（如 ACR122U）；NTAG 424 DNA 请改用签名。"
    ),
    "The tag {tid} has a password.": "标签 {tid} 设有密码。",
    "Write it with the key file that gave it the password, or take another tag.": (
        "请用设置该密码的密钥文件写入，或换一枚标签。"
    ),
    "The tag {tid} has a password that is not in this key file.": "标签 {tid} 的密码不在此密钥文件中。",
    "Take a new tag; or use the key file with which this one was written.": "请换一枚新标签，或使用当初写入它的密钥文件。",
    "The tag {tid} does not take its new password.": "标签 {tid} 未接受新密码。",
    # Tags that sign
    "This tag ({model}) cannot sign.": "这枚标签（{model}）没有签名功能。",
    "Take an NTAG 424 DNA, or write it unsigned.": "请换用 NTAG 424 DNA，或不签名写入。",
    "The tag can only be written by who has its keys.": "此标签受密钥保护，没有密钥无法写入。",
    "The signed link needs {needed} bytes, and the tag has {there}.": "签名链接需要 {needed} 字节，而标签只有 {there} 字节。",
    "Take a shorter link: the signature takes 53 characters of it.": "请改用更短的链接：签名占用其中 53 个字符。",
    "{link} cannot be signed: {fault}.": "{link} 不能用于签名标签：{fault}。",
    "Give the link without what stands behind '#', and without e and c in its query.": (
        "请去掉链接中 # 之后的部分，查询参数中不要有 e 和 c。"
    ),
    "The tag cannot sign: it is no NTAG 424 DNA, or it makes up a UID for each session.": (
        "此标签不能签名：它不是 NTAG 424 DNA，或已设为每次随机产生 UID。"
    ),
    "Take an NTAG 424 DNA as it comes from the maker.": "请换用出厂状态的 NTAG 424 DNA。",
    "The tag {tid} does not sign as it was told to.": "标签 {tid} 的签名与设定不符。",
    "Lay it on the reader once more; if that fails too, take another tag.": "请再放一次；仍不成功请换一枚标签。",
    "The tag has another UID than it said.": "标签的 UID 与它声称的不一致。",
    "The tag {tid} has another key {number} than it was given.": "标签 {tid} 的第 {number} 号密钥与写入的不一致。",
    "Take another tag, and keep this one for whoever looks into it.": "请换一枚标签，并保留此标签以备查验。",
    "The tag {tid} was signed with keys that are not in this key file.": "标签 {tid} 使用的密钥不在此密钥文件中。",
    "Take a new tag; or use the key file with which this one was signed.": "请换一枚新标签，或使用当初写入它的密钥文件。",
    "The tag {tid} was signed before, and this one does not have its keys.": "标签 {tid} 以前已签名，而眼前这枚没有它的密钥。",
    "Take a new tag, and keep this one for whoever looks into it: it may be an imitation.": (
        "请换一枚新标签，并保留这一枚以备查验：它可能是仿冒品。"
    ),
    "The tag {tid} has signed another link with these keys: with a new one it would count anew, and taps kept from before would count as new.": (
        "标签 {tid} 已用这版密钥为另一链接签名；换成新链接会重新计数，以前留存的链接会被当作新的读取。"
    ),
    "Take a new tag, or add a newer version of keys to the key file.": "请换一枚新标签，或在密钥文件中增加新一版密钥。",
    "The tag refused a command ({command}, status {status}).": "标签拒绝了命令（{command}，状态 {status}）。",
    "Lay it on the reader again: what was begun is finished then.": "请把标签再放到读写器上，未完成的步骤会接着做完。",
    "The tag makes one wait after too many wrong keys.": "密钥错误次数过多，标签要求等待。",
    "Leave it on the reader for a minute, then try again; find out who tried keys on it.": (
        "请把标签留在读写器上一分钟后再试，并查明是谁试过密钥。"
    ),
    "The tag does not let itself be signed (status {status}).": "标签不接受签名设置（状态 {status}）。",
    "Take an NTAG 424 DNA that is not set to LRP.": "请换用未设为 LRP 模式的 NTAG 424 DNA。",
    "An answer of the tag is not signed as it should be.": "标签的应答校验不符。",
    "Try once more; if it stays so, take another tag and another reader.": "请再试一次；仍然如此请更换标签和读写器。",
    # UHF
    "{key} needs {needed} bits of EPC memory, and this tag has {there}.": "{key} 需要 {needed} 位 EPC 存储区，而此标签只有 {there} 位。",
    "Take a tag with more EPC memory, such as one of 128 bits, or a shorter serial of digits.": (
        "请换用 EPC 存储区更大的标签（如 128 位），或改用较短的纯数字序列号。"
    ),
    # Links
    "No tag lies on {reader}.": "{reader} 上没有标签。",
    "Lay one tag on the reader.": "请在读写器上放一枚标签。",
    "Tags lie on {count} readers at once.": "{count} 个读写器上同时放有标签。",
    "Leave only the one that is meant.": "请只留下要操作的那一枚。",
    "The tag left the reader.": "标签已离开读写器。",
    "The tag left the reader {reader}.": "标签已离开读写器 {reader}。",
    "The tag left the reader {reader}: {reason} ({status}).": "标签已离开读写器 {reader}：{reason}（{status}）。",
    "Hold it still on the reader until it is done.": "请将标签放稳，直到完成。",
    "This kind of memory card cannot hold a link.": "这种存储卡不能写入链接。",
    "Take an NTAG215.": "请使用 NTAG215 标签。",
    "Take an NTAG213, NTAG215 or NTAG216.": "请使用 NTAG213、NTAG215 或 NTAG216 标签。",
    "Take another tag.": "请换一枚标签。",
    "The tag does not tell its number.": "读不到标签的 UID。",
    "The tag {tid} is locked.": "标签 {tid} 已锁定。",
    "A {model} tag cannot be locked by this driver.": "此驱动不能锁定 {model} 标签。",
    "Write it without lock.": "请不加锁写入。",
    "The link needs {needed} bytes, and the {model} tag has {there}.": (
        "链接需要 {needed} 字节，{model} 标签只有 {there} 字节。"
    ),
    "Take a tag with more memory, such as NTAG215, or a shorter link.": "请使用容量更大的标签（如 NTAG215），或缩短链接。",
    "The tag {tid} does not say what was written on it.": "标签 {tid} 的内容与写入的不一致。",
    "Write it once more; if that fails too, take another tag.": "请重写一次；仍失败请换一枚标签。",
    "{link!a} is no web link that can be written on a tag.": "{link!r} 不是可以写入标签的网址。",
    "Write https://host/01/… in ASCII, everything else percent-encoded.": (
        "请填写 https://主机/01/… 形式的网址，非 ASCII 字符用百分号编码。"
    ),
    "The tag belongs to {carries}.": "该标签已属于 {carries}。",
    "Take a new tag, or tell to overwrite it if that object no longer exists.": (
        "请换一枚新标签；如原物品已不存在，可选择覆盖。"
    ),
    "Another tag lies there, or it says something else by now: {tid}.": "放着的是另一枚标签，或其内容已变：{tid}。",
    "Lay one tag down and hold it still.": "请只放一枚标签，并保持不动。",
    "The NDEF message cannot be read: {fault}.": "无法读取标签中的 NDEF 数据：{fault}。",
    "An NDEF message has at most {most} bytes.": "NDEF 数据最长 {most} 字节。",
    "{language} is no language tag for a text record.": "{language} 不是有效的语言代码。",
    "Write the tag anew or replace it.": "请重写或更换标签。",
    "The tag reserves a part of its data memory, and is not written.": "标签保留了部分数据区，不予写入。",
    "The tag {tid} is not formatted for links.": "标签 {tid} 未格式化，不能存放链接。",
    "Take an NTAG213, NTAG215 or NTAG216, or format this one with a phone first.": (
        "请使用 NTAG213、NTAG215 或 NTAG216 标签，或先用手机格式化。"
    ),
    "The lock bytes of a {model} are not known.": "不了解 {model} 的锁定字节。",
    "The tag's memory is full of other things.": "标签中已存满其他数据。",
    "The tag does not let page {page} be read.": "标签不允许读取第 {page} 页。",
    "The tag refused page {page}.": "标签拒绝写入第 {page} 页。",
    "Hold it still and write it once more; if that fails too, take another tag.": (
        "请放稳后重写一次；仍失败请换一枚标签。"
    ),
    "The card has no NDEF file that may be read.": "卡中没有可读取的 NDEF 文件。",
    "Take an NFC tag for links, such as NTAG215 or NTAG 424 DNA; bank and door cards are none.": (
        "请使用可存放链接的 NFC 标签，如 NTAG215 或 NTAG 424 DNA；银行卡、门禁卡不行。"
    ),
    "The tag was asked for {size} bytes and gave {given}.": "向标签读取 {size} 字节，返回了 {given} 字节。",
    "The tag refused to be written (status {status}).": "标签拒绝写入（状态 {status}）。",
    # UHF tags
    "The tag {tag} does not answer on {reader}.": "{reader} 上的标签 {tag} 没有应答。",
    "Hold it still before the antenna until it is done.": "请将标签在天线前放稳，直到完成。",
    "More than one tag with the EPC {tag} lies before {reader}.": "{reader} 前不止一枚标签带有 EPC {tag}。",
    "The memory of the tag {tag} is locked.": "标签 {tag} 的存储区已锁定。",
    "Give its access password, or take another tag.": "请提供它的访问密码，或换一枚标签。",
    "The tag {tag} has another password.": "标签 {tag} 的密码不符。",
    "Give the password that was written into this tag.": "请使用写入这枚标签的密码。",
    "The tag {tag} has no kill password.": "标签 {tag} 没有设置灭活密码。",
    "A tag cannot be killed with the password 0.": "灭活密码不能为 0。",
    "Write a kill password into it first (bank 0, words 0 and 1).": "请先写入灭活密码（存储区 0 的第 0、1 字）。",
    "The memory of the tag {tag} ends before that.": "标签 {tag} 的存储容量不足。",
    "Take a tag with more memory.": "请换用容量更大的标签。",
    "The tag {tag} did not do what it was told.": "标签 {tag} 未能执行操作。",
    "Hold it closer and try once more; if that fails too, take another tag.": "请靠近天线再试一次；仍失败请换一枚标签。",
    "Words {offset} to {end} of bank {bank} cannot be asked for.": "不能读写存储区 {bank} 的第 {offset} 至 {end} 字。",
    "{size} bytes cannot be written into a tag.": "不能向标签写入 {size} 字节。",
    "An EPC of {size} bytes cannot be written into a tag.": "不能向标签写入 {size} 字节的 EPC。",
    "A tag's password is a number of 32 bits.": "标签密码是 32 位的数。",
    "Give eight hexadecimal digits.": "请填写八位十六进制数。",
    "That is no access password.": "这不是有效的访问密码。",
    "Give eight hexadecimal digits, not all 0.": "请填写八位十六进制数，不能全为 0。",
    "Half of an access password cannot be written.": "不能只写访问密码的一半。",
    "Write its two words, 2 and 3 of bank 0, at once.": "请一次写入它的两个字（存储区 0 的第 2、3 字）。",
    "The EPC bank is not written word by word.": "EPC 存储区不能逐字写入。",
    "Write the whole EPC.": "请写入完整的 EPC。",
    "It is not said what to lock.": "没有指明要锁定的部分。",
    "Name a field.": "请指明一个部分。",
    "The tag should say {wanted} and says {held}.": "标签内容应为 {wanted}，实际读回 {held}。",
}
