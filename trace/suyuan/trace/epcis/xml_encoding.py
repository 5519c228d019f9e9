"""Encodings in which XML documents are read: those where a ``<`` is always the byte 0x3C.

Limits are measured on the bytes before anything is parsed. An encoding that spells markup otherwise (UTF-7,
HZ, ISO-2022, EBCDIC) would carry any number of elements past them.
"""

from __future__ import annotations

import re

from suyuan.trace.epcis.problems import Problem, ValidationError, quote

_READ = re.compile(
    rb"utf-8|utf-16(?:le|be)?|us-ascii|ascii|iso-8859-[1-9][0-9]?|windows-125[0-8]|gb2312|gbk|gb18030",
    re.IGNORECASE,
)
# XML 1.0 [23], [24], [80]; a declaration of any other form is refused by the parser.
_DECLARED = re.compile(
    rb"""(?:\xef\xbb\xbf)?<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"[^"<]*"|'[^'<]*')"""
    rb"""[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*["']([^"'<]*)["']"""
)
# XML 1.0 appendix F: how a document begins whose characters have several bytes, or are not those of ASCII.
# In UTF-16 the parser heeds no declaration.
_OTHERS = {
    b"\x00\x00\xfe\xff": b"UTF-32",
    b"\xff\xfe\x00\x00": b"UTF-32",
    b"\x00\x00\x00<": b"UTF-32",
    b"<\x00\x00\x00": b"UTF-32",
    b"\x4c\x6f\xa7\x94": b"EBCDIC",
}


def check_encoding(data: bytes) -> None:
    """Refuse a document in an encoding that is not read here. O(declaration).

    Raises:
        ValidationError: with the name of the encoding.
    """
    declared = _DECLARED.match(data)
    name = _OTHERS.get(data[:4]) or (declared[1] if declared else b"UTF-8")
    if not _READ.fullmatch(name):
        problem = Problem(
            "",
            "XML in the encoding {name} is not read here.",
            {"name": quote(name.decode("ascii", "replace"))},
            "Send it in UTF-8, or else in UTF-16, GB18030, ISO-8859 or Windows-125x.",
        )
        raise ValidationError([problem])
