"""How every fault of element strings and Digital Links is told: what is wrong, and what to do about it.

Each sentence is a key of the message catalogue. Where GS1 names the kind of an error, the code is that name
in lower case. Places: ``ai``, ``value`` (of the AI, or the text where no AI is meant), ``found`` (the
characters at fault), ``length``, ``expected`` (what would be right, or the part of a coupon that is meant).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Saying:
    """How a fault is told; both sentences are keys of the translation."""

    template: str
    remedy: str


def saying_of(code: str) -> Saying:
    """The sentences for ``code``; faults of a coupon share theirs by what is wrong, whatever the part."""
    if code.startswith("coupon-") and code not in SAYINGS:
        return SAYINGS[f"coupon-{code.split('-')[1]}"]
    return SAYINGS[code]


SAYINGS: dict[str, Saying] = {
    # Form of the whole
    "empty": Saying("There is nothing to read.", remedy="Scan again, or type what is printed."),
    "too-long": Saying(
        "The text has {length} characters; at most {expected} are read.",
        remedy="Element strings and Digital Links are short: see what else was sent in their place.",
    ),
    "too-many-elements": Saying(
        "There are more than {expected} element strings.", remedy="Divide the data among several symbols."
    ),
    "brackets": Saying(
        "The brackets of {value} are not in order from {found} on.",
        remedy="Write every AI in brackets, with its value behind it.",
    ),
    "unknown-ai": Saying(
        "There is no application identifier {found}.",
        remedy="Compare with the label; an AI has two to four digits and is one that GS1 has assigned.",
    ),
    "value-missing": Saying("AI {ai} has no value.", remedy="Write the value behind its AI."),
    "value-too-short": Saying(
        "{value} is too short: AI {ai} has {expected} characters.",
        remedy="Compare with the label or scan again.",
    ),
    "value-too-long": Saying(
        "{value} is too long: AI {ai} has {expected} characters.",
        remedy="Compare with the label; a value of variable length ends with a separator.",
    ),
    "value-length": Saying(
        "{value} ends in the middle of a part of AI {ai}.", remedy="Compare with the label or scan again."
    ),
    "separator-in-value": Saying(
        "The value {value} has a separator in it.", remedy="Write the separator behind the value, not in it."
    ),
    # Digital Links
    "uri-character": Saying(
        "{found} cannot stand in a web address.", remedy="Percent-encode it, or compare with the label."
    ),
    "uri-scheme": Saying(
        "{value} is not a web address.", remedy="A Digital Link begins with https:// or http://."
    ),
    "uri-without-path": Saying(
        "{value} has no host and path.", remedy="A Digital Link names a host and, in its path, a key."
    ),
    "uri-domain": Saying("{found} cannot stand in the name of a host.", remedy="Correct the host."),
    "no-key-in-path": Saying(
        "The path of {value} does not end with a GS1 key and its qualifiers.",
        remedy="Write the AI of a key and its value last, such as /01/ and the 14 digits of the GTIN.",
    ),
    "path-order": Saying(
        "The AIs {found} cannot follow each other in the path.",
        remedy="Write qualifiers behind their key in the order 22, 10, 21; 235 stands alone behind the key.",
    ),
    "null-character": Saying("A character of the value is %00.", remedy="Leave it out."),
    "repeated-in-query": Saying(
        "AI {ai} is told twice.", remedy="Tell every AI once, in the path or the query."
    ),
    "not-an-attribute": Saying(
        "AI {ai} cannot stand in the query.",
        remedy="A qualifier stands in the path behind its key; some AIs have no place in a Digital Link.",
    ),
    "belongs-in-path": Saying(
        "AI {ai} belongs in the path, not in the query.",
        remedy="Write it behind the key: a slash, the AI, a slash and its value.",
    ),
    "no-key": Saying(
        "None of the element strings is a key that a Digital Link can begin with.",
        remedy="Name a key, such as the GTIN (AI 01).",
    ),
    # Scanners
    "symbology-missing": Saying(
        "{value} does not begin with a symbology identifier.",
        remedy="Set the scanner to send it: a closing square bracket and two characters.",
    ),
    "symbology-unknown": Saying(
        "The symbology identifier {found} is of a bar code that carries no GS1 data.",
        remedy="Scan a GS1 symbol, or let the scanner send the text alone.",
    ),
    "primary-length": Saying(
        "{value} has not the {expected} digits of this bar code.",
        remedy="Scan again, or choose another symbol.",
    ),
    "not-gs1-data": Saying(
        "This bar code cannot carry {value}.",
        remedy="It carries GS1 element strings, or the digits of a GTIN.",
    ),
    # Together
    "pair-excluded": Saying(
        "AI {ai} and AI {expected} must not stand together.",
        remedy="Leave out the one that does not belong here.",
    ),
    "pair-required": Saying(
        "AI {ai} must not stand without others: {expected}.",
        remedy="Add one of these; a plus sign joins those that are needed together, n stands for any digit.",
    ),
    "repeats-differ": Saying(
        "AI {ai} is told several times with different values.", remedy="Tell it once, or with the same value."
    ),
    "serial-required": Saying(
        "A digital signature (AI 8030) needs a key with a serial, but AI {ai} has none.",
        remedy="Sign a single document, coupon or asset: add its serial to the key.",
    ),
    # Characters and check digits
    "non-digit-character": Saying(
        "{found} in {value} is not a digit.", remedy="Compare with the label or scan again."
    ),
    "invalid-cset82-character": Saying(
        "{found} in {value} is not a character of GS1 set 82.",
        remedy="Use letters without accents, digits and common signs; keep other names beside the code.",
    ),
    "invalid-cset39-character": Saying(
        "{found} in {value} is not a character of GS1 set 39.",
        remedy="Use capital letters, digits, # - and /.",
    ),
    "invalid-cset64-character": Saying(
        "{found} in {value} is not a character of base64url.", remedy="Use letters, digits, - and _."
    ),
    "invalid-cset64-padding": Saying(
        "The padding {found} at the end of {value} is wrong.",
        remedy="Leave it out, or fill up to a multiple of three characters with one or two =.",
    ),
    "too-short-for-check-digit": Saying(
        "{value} is too short to have a check digit.", remedy="Compare with the label or scan again."
    ),
    "incorrect-check-digit": Saying(
        "The check digit {found} of {value} is wrong: {expected} would be right.",
        remedy="Compare with the printed number or scan again; do not simply replace the last digit.",
    ),
    "too-short-for-check-pair": Saying(
        "{value} is too short to have two check characters.", remedy="Compare with the label or scan again."
    ),
    "too-long-for-check-pair-implementation": Saying(
        "{value} is too long to have two check characters.", remedy="Compare with the label or scan again."
    ),
    "incorrect-check-pair": Saying(
        "The check characters {found} of {value} are wrong: {expected} would be right.",
        remedy="Compare with the printed code or scan again; do not simply replace the last characters.",
    ),
    "too-short-for-gcp": Saying(
        "{value} is too short to begin with a GS1 company prefix.",
        remedy="The key begins with the company prefix that GS1 gave, of at least four digits.",
    ),
    "invalid-gcp-prefix": Saying(
        "{value} does not begin with a GS1 company prefix: {found} is not a digit.",
        remedy="The key begins with the company prefix that GS1 gave, of at least four digits.",
    ),
    "requires-non-digit-character": Saying(
        "{value} has only digits.", remedy="This code has at least one character that is not a digit."
    ),
    # Dates and times
    "date-too-short": Saying(
        "{value} is too short for a date {expected}.",
        remedy="Write year, month and day without anything between them.",
    ),
    "date-too-long": Saying(
        "{value} is too long for a date {expected}.",
        remedy="Write year, month and day without anything between them.",
    ),
    "illegal-month": Saying("There is no month {found}.", remedy="Months are 01 to 12."),
    "illegal-day": Saying(
        "There is no day {found} in that month.", remedy="Compare with the label; mind the days of February."
    ),
    "illegal-hour": Saying("There is no hour {found}.", remedy="Hours are 00 to 23."),
    "hour-too-short": Saying("{value} is too short for an hour.", remedy="Write two digits, 00 to 23."),
    "hour-too-long": Saying("{value} is too long for an hour.", remedy="Write two digits, 00 to 23."),
    "illegal-minute": Saying("There is no minute {found}.", remedy="Minutes are 00 to 59."),
    "minute-too-short": Saying("{value} is too short for minutes.", remedy="Write two digits, 00 to 59."),
    "minute-too-long": Saying("{value} is too long for minutes.", remedy="Write two digits, 00 to 59."),
    "illegal-second": Saying("There is no second {found}.", remedy="Seconds are 00 to 59."),
    "second-too-short": Saying("{value} is too short for seconds.", remedy="Write two digits, 00 to 59."),
    "second-too-long": Saying("{value} is too long for seconds.", remedy="Write two digits, 00 to 59."),
    "hour-with-minute-too-short": Saying(
        "{value} is too short for hour and minutes.", remedy="Write four digits, 0000 to 2359."
    ),
    "hour-with-minute-too-long": Saying(
        "{value} is too long for hour and minutes.", remedy="Write four digits, 0000 to 2359."
    ),
    # Codes of lists
    "not-iso3166": Saying(
        "{found} is not the number of a country.",
        remedy="Use the three digits of ISO 3166-1, such as 156 for China.",
    ),
    "not-iso3166-or-999": Saying(
        "{found} is neither the number of a country nor 999.",
        remedy="Use the three digits of ISO 3166-1, such as 156 for China; 999 stands for several countries.",
    ),
    "not-iso3166-alpha2": Saying(
        "{found} is not the code of a country.",
        remedy="Use the two capital letters of ISO 3166-1, such as CN.",
    ),
    "not-iso4217": Saying(
        "{found} is not the number of a currency.",
        remedy="Use the three digits of ISO 4217, such as 156 for CNY.",
    ),
    "invalid-biological-sex-code": Saying(
        "{found} is not a code of ISO 5218.",
        remedy="Use 0 not known, 1 male, 2 female or 9 not applicable.",
    ),
    "invalid-media-type": Saying("{found} is not an AIDC media type.", remedy="Use 01 to 10 or 80 to 99."),
    "invalid-package-type": Saying(
        "{found} is not a package type.",
        remedy="Use a code of the GS1 list PackageTypeCode, such as CT for a carton.",
    ),
    "importer-idx-must-be-one-character": Saying(
        "The importer index {value} is not one character.", remedy="Write one character."
    ),
    "invalid-import-idx-character": Saying(
        "The importer index {found} is not allowed.", remedy="Use a letter, a digit, - or _."
    ),
    "invalid-winding-direction": Saying(
        "{found} is not a winding direction.", remedy="Use 0 face out, 1 face in or 9 undefined."
    ),
    "not-zero-or-one": Saying("{found} is neither 0 nor 1.", remedy="Write 1 for yes, 0 for no."),
    # Numbers
    "not-zero": Saying("{found} stands where a zero must be.", remedy="Put a zero there."),
    "not-hyphen": Saying(
        "{found} stands where only a hyphen may be.",
        remedy="Write a hyphen behind a temperature below zero, else nothing.",
    ),
    "illegal-zero-value": Saying("{found} is zero.", remedy="Write the number; it cannot be zero."),
    "illegal-zero-prefix": Saying("{value} begins with 0.", remedy="Leave out leading zeros."),
    "latitude-invalid-length": Saying(
        "{value} has not the ten digits of a latitude.",
        remedy="Write (latitude + 90) times ten million, with ten digits.",
    ),
    "invalid-latitude": Saying(
        "{value} is not a latitude.", remedy="Write (latitude + 90) times ten million: at most 1800000000."
    ),
    "longitude-invalid-length": Saying(
        "{value} has not the ten digits of a longitude.",
        remedy="Write (longitude + 180) modulo 360 times ten million, with ten digits.",
    ),
    "invalid-longitude": Saying(
        "{value} is not a longitude.",
        remedy="Write (longitude + 180) modulo 360 times ten million: at most 3600000000.",
    ),
    "invalid-percent-sequence": Saying(
        "{found} is no percent encoding.",
        remedy="A percent sign is followed by two hexadecimal digits; write %25 for the sign itself.",
    ),
    "invalid-length-for-piece-of-total": Saying(
        "{value} cannot be halved into a piece and a total.",
        remedy="Write as many digits for the piece as for the total.",
    ),
    "zero-piece-number": Saying("The number of the piece is zero.", remedy="Pieces are counted from 1."),
    "zero-total-pieces": Saying(
        "The number of all pieces is zero.", remedy="Write how many pieces there are."
    ),
    "piece-number-exceeds-total": Saying(
        "{value} names a piece beyond the total.", remedy="Pieces are counted from 1 to the total."
    ),
    "position-in-sequence-malformed": Saying(
        "{value} is not a position and an end with a slash between them.", remedy="Write it like 1/2."
    ),
    "position-exceeds-end": Saying(
        "{value} is a position beyond the end.", remedy="Positions are counted from 1 to the end."
    ),
    # Bank accounts
    "iban-too-short": Saying(
        "{value} is too short for an IBAN.",
        remedy="Compare with the account; an IBAN has at most 34 characters.",
    ),
    "iban-too-long": Saying(
        "{value} is too long for an IBAN.",
        remedy="Compare with the account; an IBAN has at most 34 characters.",
    ),
    "illegal-iban-country-code": Saying(
        "The IBAN {value} does not begin with the code of a country.",
        remedy="An IBAN begins with the two capital letters of a country.",
    ),
    "invalid-iban-character": Saying(
        "{found} cannot stand in an IBAN.", remedy="Use capital letters and digits, without spaces."
    ),
    "incorrect-iban-checksum": Saying(
        "The check digits {found} of the IBAN {value} are wrong.",
        remedy="Compare with the account digit by digit.",
    ),
    # Coupons of North America
    "coupon-missing": Saying(
        "The coupon code ends where this should follow: {expected}.",
        remedy="Take the code from the coupon again; it is incomplete.",
    ),
    "coupon-truncated": Saying(
        "The coupon code ends in the middle of this: {expected}.",
        remedy="Take the code from the coupon again; it is incomplete.",
    ),
    "coupon-too": Saying(
        "The coupon code ends in the middle of this: {expected}.",
        remedy="Take the code from the coupon again; it is incomplete.",
    ),
    "coupon-invalid": Saying(
        "In the coupon code, {found} is not allowed for this: {expected}.",
        remedy="Compare with the GS1 guideline for North American coupon codes.",
    ),
    "coupon-expiration-before-start": Saying(
        "The coupon expires before it begins.", remedy="Correct one of the two dates."
    ),
    "coupon-excess-data": Saying(
        "The coupon code goes on with {found} behind its end.",
        remedy="Take the code from the coupon again; mind the order of its optional parts.",
    ),
}
