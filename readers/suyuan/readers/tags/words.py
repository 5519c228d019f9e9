"""What can go wrong with a tag, in Chinese: by the English template or remedy of the error."""

# ruff: noqa: E501 - a sentence and its translation stand side by side

from __future__ import annotations

from collections.abc import Mapping

CHINESE: Mapping[str, str] = {
    # Passwords
    "This tag ({model}) has no password.": "这枚标签（{model}）没有密码功能。",
    "Take an NTAG213, NTAG215 or NTAG216.": "请换用 NTAG213、NTAG215 或 NTAG216。",
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
}
