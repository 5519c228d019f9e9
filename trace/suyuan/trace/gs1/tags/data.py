"""What a tag of the newer schemes says beside its EPC: lot, dates, weights (``+AIDC data``).

Source: EPC Tag Data Standard 2.3 §15.3 with Tables F (how the values of each AI are coded) and K (how many
digits an AI has; it follows from F). In F the greatest length of AI 7254 is printed as 30, which contradicts
the six bits of its length indicator; the General Specifications and the 40 of the AI decide.
AIs that F leaves out (03, 8014 and what is newer than the standard) have no place on a tag and are refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from suyuan.trace.gs1.errors import shown
from suyuan.trace.gs1.tags.bits import Bits, Memory
from suyuan.trace.gs1.tags.moments import DateRange, Moment, Precision
from suyuan.trace.gs1.tags.texts import Leading, Text
from suyuan.trace.gs1.tags.values import Coding, Digits, Either, Letters, Number, Numeric, Sequence
from suyuan.trace.gs1.verdict import Elements

# AIs and ranges of AIs, and behind the colon the coding of their value: digits of four bits (D18), a number
# in as few bits as hold it (N6), a number with its length (V8), a text (T20), a text that begins with digits
# (L30) and some forms of their own. A second coding is of what follows; "?" says that it may be missing.
_TABLE = """
00:D18 01-02:D14 10:T20 11-13:date 15-17:date 20:N2 21-22:T20 235:T28 240-241:T30 242:V6 243:T20 250-251:T30
253:D13,T17? 254:T20 255:D13,V12? 30:V8 3100-3105:N6 3110-3115:N6 3120-3125:N6 3130-3135:N6 3140-3145:N6
3150-3155:N6 3160-3165:N6 3200-3205:N6 3210-3215:N6 3220-3225:N6 3230-3235:N6 3240-3245:N6 3250-3255:N6
3260-3265:N6 3270-3275:N6 3280-3285:N6 3290-3295:N6 3300-3305:N6 3310-3315:N6 3320-3325:N6 3330-3335:N6
3340-3345:N6 3350-3355:N6 3360-3365:N6 3370-3375:N6 3400-3405:N6 3410-3415:N6 3420-3425:N6 3430-3435:N6
3440-3445:N6 3450-3455:N6 3460-3465:N6 3470-3475:N6 3480-3485:N6 3490-3495:N6 3500-3505:N6 3510-3515:N6
3520-3525:N6 3530-3535:N6 3540-3545:N6 3550-3555:N6 3560-3565:N6 3570-3575:N6 3600-3605:N6 3610-3615:N6
3620-3625:N6 3630-3635:N6 3640-3645:N6 3650-3655:N6 3660-3665:N6 3670-3675:N6 3680-3685:N6 3690-3695:N6
37:V8 3900-3909:V15 3910-3919:N3,V15 3920-3929:V15 3930-3939:N3,V15 3940-3943:N4 3950-3953:N6 400-401:T30
402:N17 403:T30 410-417:D13 420:T20 421:N3,T9 422:N3 423:V15 424:N3 425:V15 426:N3 427:T3 4300-4301:T35
4302-4306:T70 4307:country 4308:T30 4309:N20 4310-4311:T35 4312-4316:T70 4317:country 4318:T20 4319:T30
4320:T35 4321-4323:flag 4324-4325:minute 4326:date 4330-4333:N6,minus 7001:N13 7002:T30 7003:minute 7004:V4
7005:T12 7006:date 7007:dates 7008:T3 7009:T10 7010:T2 7011:test-by 7020-7022:T20 7023:L30 7030-7039:N3,T27
7040-7041:T4 710-716:T20 7230-7239:T30 7240:T20 7241:D2 7242:T25 7250:N8 7251:N12 7252:N1 7253-7254:T40
7255:T10 7256:T90 7257:T70 7258:sequence 7259:T40 8001:N14 8002:T20 8003:D14,T16? 8004:L30 8005:N6 8006:D18
8007:T24 8008:time 8009:T50 8010:L30 8011:V12 8012:T20 8013:T25 8017-8018:D18 8019:V10 8020:T25 8026:D18
8030:T90 8110:T70 8111:N4 8112:T70 8200:T70 90:T30 91-99:T90
"""
_FORMS: dict[str, Coding] = {
    "date": Moment(),
    "minute": Moment(5),
    "dates": DateRange(),
    "time": Precision((4, 5, 6)),
    "test-by": Precision((3, 5)),
    "country": Letters(),
    "flag": Either(),
    "minus": Either(("", "-")),
    "sequence": Sequence(),
}


def _coding(form: str) -> Coding:
    if form in _FORMS:
        return _FORMS[form]
    most, least = int(form[1:].rstrip("?")), 0 if form.endswith("?") else 1
    match form[0]:
        case "D":
            return Digits(most)
        case "N":
            return Number(most)
        case "L":
            return Leading(most)
        case "V":
            return Numeric(most, least)
        case _:
            return Text(most, least)


def _rows() -> Iterator[tuple[str, tuple[Coding, ...]]]:
    for row in _TABLE.split():
        ais, _, forms = row.partition(":")
        first, _, last = ais.partition("-")
        codings = tuple(_coding(form) for form in forms.split(","))
        for ai in range(int(first), int(last or first) + 1):
            yield f"{ai:0{len(first)}}", codings


CODINGS: dict[str, tuple[Coding, ...]] = dict(_rows())
"""The codings of the one or two parts of every AI that a tag can hold beside its EPC."""

_AI_DIGITS = {ai[:2]: len(ai) for ai in CODINGS}  # Table K
_SSCC_BITS = 72


def read_data(bits: Bits) -> Elements:
    """The element strings up to the end of memory; zeros there are padding. Raises ``TagError``."""
    found: list[tuple[str, str]] = []
    while bits.left >= 8 and bits.rest:  # noqa: PLR2004 - the shortest AI
        ai = f"{bits.take(8, 'data'):02x}"
        if ai == "00" and bits.left < _SSCC_BITS:
            bits.at -= 8
            break
        digits = _AI_DIGITS.get(ai, 0)
        if digits > 2:  # noqa: PLR2004 - those that are read already
            ai += f"{bits.take(4 * (digits - 2), 'data'):0{digits - 2}x}"
        if ai not in CODINGS:
            raise bits.fault(
                "The tag holds {bits}: data begin with {ai}, which is no AI that a tag can hold.",
                where="data",
                ai=ai.upper(),
            )
        found.append((ai, "".join([coding.read(bits, ai) for coding in CODINGS[ai]])))
    if bits.rest:
        raise bits.fault("The tag holds {bits}: there are bits behind its end.", where="data")
    return tuple(found)


def write_data(memory: Memory, data: Elements) -> None:
    """Append ``data``, in the order given. Raises ``EncodingError`` for what a tag cannot hold."""
    for ai, value in data:
        codings = CODINGS.get(ai)
        if codings is None:
            raise memory.fault(
                "{key} cannot be written as {scheme}: AI {ai} has no coding on tags.",
                where=shown(ai),
                remedy="Leave it out, or print it in a symbol beside the tag.",
                ai=shown(ai),
            )
        for digit in ai:
            memory.put(int(digit), 4)
        for coding, part in zip(codings, _parts(codings, value), strict=True):
            if not coding.fits(part):
                raise memory.fault(
                    "{key} cannot be written as {scheme}: {value} is not a value of AI {ai}.",
                    where=ai,
                    remedy="Compare with the form of the AI in the GS1 General Specifications.",
                    ai=ai,
                    value=shown(value),
                )
            coding.write(memory, part)


def _parts(codings: tuple[Coding, ...], value: str) -> tuple[str, ...]:
    """``value``, cut where its second coding begins: the first part has a fixed length."""
    if len(codings) == 1:
        return (value,)
    first = codings[0]
    length = first.count if isinstance(first, Digits) else first.digits if isinstance(first, Number) else 0
    return value[:length], value[length:]
