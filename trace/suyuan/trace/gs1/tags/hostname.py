"""Hostnames in tag memory: who resolves the link of a ``++`` tag.

Source: EPC Tag Data Standard 2.3 §14.5.16. One bit tells the way: URN Code 40 for capitals, or characters of
seven bits in which frequent beginnings and ends (``id.``, ``.com``, ``.com.cn``) take the place of one or two
characters. The length counts sequences of seven bits. In Table 14-14 two rows are printed with the first half
of another table; their neighbours tell the right one.
"""

from __future__ import annotations

import re

from suyuan.trace.gs1.tags.bits import Bits, Memory
from suyuan.trace.gs1.tags.texts import CODE40_ALPHABET, SIGNS, bits_of_text, code40_number, code40_text

LONGEST_HOSTNAME = 63
_HOSTNAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*(?::[0-9]{1,5})?")
_CODE40 = 5
_WHERE = "hostname"

# Table 14-11: sequences of seven bits that stand for more than one character.
_SEVEN = {
    30: "qr.", 31: "www.", 32: "id.", 91: ".com", 92: ".org", 93: ".net", 94: ".int", 96: ".edu", 123: ".gov",
    124: ".mil", 125: ".biz", 126: ".eco", 127: ".med",
}  # fmt: skip
# Tables 14-12 to 14-15: what the second half says after a first half of 0, 1, 2 and 3.
_FOURTEEN = tuple(
    tuple(f".{end}" for end in ends.split())
    for ends in (
        """ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo bq br bs
        bt bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg
        eh er es et eu fi fj fk fm fo fr ga gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn
        hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li""",
        """lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne
        nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb
        sc sd se sg sh si sk sl sm sn sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv
        tw tz ua ug us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw""",
        """com.au net.au org.au co.at com.bd co.bd com.br net.br co.nz com.ng com.pk co.in com.in co.il
        co.jp co.za co.kr com.es com.lk co.th co.tt com.tt com.tr biz.tr com.ua co.uk co.zm com.zm
        com.cn org.cn net.cn gov.cn""",
        "tech",
    )
)
_SEQUENCES: dict[str, tuple[int, ...]] = {
    **{character: (ord(character),) for character in sorted(SIGNS)},
    **{text: (value,) for value, text in _SEVEN.items()},
    **{text: (first, second) for first, ends in enumerate(_FOURTEEN) for second, text in enumerate(ends)},
}
_LONGEST_SEQUENCE = max(map(len, _SEQUENCES))


def is_hostname(text: str) -> bool:
    """Whether ``text`` is a host that a tag can name: letters, digits, dots, a port."""
    return len(text) <= LONGEST_HOSTNAME and _HOSTNAME.fullmatch(text) is not None


def read_hostname(bits: Bits) -> str:
    """The hostname that begins at the cursor. Raises ``TagError``."""
    ascii_way = bits.take(1, _WHERE)
    length = bits.take(6, _WHERE)
    if ascii_way:
        text = _read_sequences(bits, length)
    else:
        text = code40_text(bits, _WHERE, bits.take(bits_of_text(_CODE40, length), _WHERE), length)
    if not is_hostname(text):
        raise bits.fault("The tag holds {bits}: {value} is not a hostname.", where=_WHERE, value=ascii(text))
    return text


def _read_sequences(bits: Bits, length: int) -> str:
    """``length`` sequences of seven bits; two of them where the first is the number of a table."""
    text = ""
    while length > 0:
        first = bits.take(7, _WHERE)
        length -= 1
        if first < len(_FOURTEEN) and length:
            second = bits.take(7, _WHERE)
            length -= 1
            found = _FOURTEEN[first][second] if second < len(_FOURTEEN[first]) else ""
        else:
            found = _SEVEN.get(first) or (chr(first) if chr(first) in SIGNS else "")
        if not found:
            raise bits.fault(
                "The tag holds {bits}: the hostname has a reserved sequence of bits.", where=_WHERE
            )
        text += found
    return text


def write_hostname(memory: Memory, text: str) -> None:
    """Append ``text``, a hostname, in the way that takes fewer bits."""
    sequences = _shortest(text)
    in_code40 = bits_of_text(_CODE40, len(text)) if set(text) <= set(CODE40_ALPHABET) else None
    if in_code40 is not None and in_code40 < 7 * len(sequences):
        memory.put(len(text), 7)
        memory.put(code40_number(text), in_code40)
        return
    memory.put(1 << 6 | len(sequences), 7)
    for value in sequences:
        memory.put(value, 7)


def _shortest(text: str) -> tuple[int, ...]:
    """The fewest sequences for ``text``; longer ends are preferred to shorter ones. At most 63 characters."""
    best: list[tuple[int, ...]] = [()] * (len(text) + 1)
    for start in range(len(text) - 1, -1, -1):
        choices = [
            _SEQUENCES[text[start:end]] + best[end]
            for end in range(min(len(text), start + _LONGEST_SEQUENCE), start, -1)
            if text[start:end] in _SEQUENCES
        ]
        best[start] = min(choices, key=len)
    return best[0]
