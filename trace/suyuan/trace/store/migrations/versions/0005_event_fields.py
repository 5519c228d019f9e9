"""What events say beyond the columns of evidence, so that every parameter of a query finds it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op

from suyuan.trace.gs1 import IdentifierError, canonical_key

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Written out rather than imported: a migration must go on meaning what it meant.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970 UTC


def column(name: str, kind: Any, *, nullable: bool) -> sa.Column[Any]:
    """A column of a kind that takes parameters of its own."""
    return sa.Column(name, kind, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "event_path",
        sa.Column("id", ID, nullable=False, autoincrement=False),
        sa.Column("name", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event_path"),
        sa.UniqueConstraint("name", name="uq_event_path_name"),
    )
    op.create_table(
        "event_prefix",
        sa.Column("prefix", WORDS, nullable=False),
        sa.Column("namespace", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("prefix", "namespace", name="pk_event_prefix"),
    )
    op.create_table(
        "event_field",
        sa.Column("path_id", ID, nullable=False, autoincrement=False),
        sa.Column("text", WORDS, nullable=False),
        sa.Column("sequence", ID, nullable=False, autoincrement=False),
        column("number", sa.Double(), nullable=True),
        sa.Column("moment", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("path_id", "text", "sequence", name="pk_event_field"),
        sa.ForeignKeyConstraint(["path_id"], ["event_path.id"], name="fk_event_field_path_id_event_path"),
        sa.ForeignKeyConstraint(["sequence"], ["evidence.sequence"], name="fk_event_field_sequence_evidence"),
        sqlite_with_rowid=False,
    )
    for indexed in ("number", "moment"):
        there = sa.text(f"{indexed} IS NOT NULL")
        op.create_index(
            f"ix_event_field_{indexed}",
            "event_field",
            ["path_id", indexed, "sequence"],
            sqlite_where=there,
            postgresql_where=there,
        )
    _fields_of_what_is_there()


# What stored evidence says, by the rules of this version. Of the code as it is today only gs1 is used: what a
# key means is the standard's, not ours to change.
EVENTS_AT_ONCE = 1000
EVIDENCE = sa.text(
    "SELECT evidence.sequence, evidence.body, context.entries FROM evidence "
    "LEFT JOIN context ON context.id = evidence.context_id "
    "WHERE evidence.sequence > :after ORDER BY evidence.sequence LIMIT :limit"
)
PATH = sa.text("INSERT INTO event_path (id, name) VALUES (:id, :name)")
PREFIX = sa.text("INSERT INTO event_prefix (prefix, namespace) VALUES (:prefix, :namespace)")
FIELD = sa.text(
    "INSERT INTO event_field (path_id, text, sequence, number, moment) "
    "VALUES (:path_id, :text, :sequence, :number, :moment)"
)
Stated = tuple[str, str, float | None, int | None]
Told = Mapping[str, Any]


def _fields_of_what_is_there() -> None:
    connection, after = op.get_bind(), 0
    paths, seen = dict[str, int](), set[tuple[str, str]]()
    while rows := connection.execute(EVIDENCE, {"after": after, "limit": EVENTS_AT_ONCE}).all():
        new, prefixes = list[dict[str, Any]](), list[dict[str, Any]]()
        fields = dict[tuple[int, str, int], tuple[float | None, int | None]]()
        for sequence, body, entries in rows:
            names = Names(() if entries is None else orjson.loads(bytes(entries)))
            for field, text, number, moment in _stated(orjson.loads(bytes(body)), names):
                if field not in paths:
                    paths[field] = len(paths) + 1
                    new.append({"id": paths[field], "name": field})
                fields[paths[field], text, sequence] = number, moment
            for pair in names.used - seen:
                prefixes.append({"prefix": pair[0], "namespace": pair[1]})
            seen |= names.used
        values = [
            {"path_id": path, "text": text, "sequence": sequence, "number": number, "moment": moment}
            for (path, text, sequence), (number, moment) in sorted(fields.items())
        ]
        for statement, listed in ((PATH, new), (PREFIX, prefixes), (FIELD, values)):
            if listed:
                connection.execute(statement, listed)
        after = rows[-1].sequence


STANDARD = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": "https://ref.gs1.org/cbv/",
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": "https://gs1.org/voc/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
LONGEST = 400


class Names:
    """Full names of the members of events of one context, and which prefixes they used."""

    def __init__(self, entries: Any) -> None:
        self.known = dict(STANDARD)
        declared: list[dict[str, Any]] = [entry for entry in entries if isinstance(entry, dict)]
        for entry in declared:
            for term, meaning in entry.items():
                iri: Any = meaning.get("@id") if isinstance(meaning, dict) else meaning  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] (parsed JSON)
                if not term.startswith("@") and ":" not in term and isinstance(iri, str) and ":" in iri:
                    self.known[term] = iri
        self.used = set[tuple[str, str]]()

    def full(self, name: str) -> str:
        """``namespace#local``, or the name itself where it has no namespace."""
        prefix, colon, local = name.partition(":")
        if "://" in name or name.startswith("urn:"):
            cut = max(name.rfind("#"), name.rfind("/"), name.rfind(":")) + 1
            return _kept(f"{name[:cut].rstrip('#/:')}#{name[cut:]}")
        if not colon or prefix not in self.known:
            return _kept(name)
        namespace = self.known[prefix].rstrip("#/:") + "#"
        found = _kept(namespace + local)
        if "\0" not in prefix + found and found == namespace + local and len(prefix + namespace) <= LONGEST:
            self.used.add((prefix, namespace))
        return found


def _kept(text: str) -> str:
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}…{hashlib.sha256(text.encode()).hexdigest()}"


NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,37})(?:\.[0-9]{1,38})?\Z")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
TIME = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(?:\.[0-9]++)?+(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))\Z"
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _instant(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text).astimezone(UTC) if TIME.match(text) else None
    except (ValueError, OverflowError):
        return None
    return time if time is not None and 1 < time.year < 9999 else None  # noqa: PLR2004 (ends of the calendar)


def _moment(time: datetime) -> int:
    return (time - EPOCH) // timedelta(microseconds=1)


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _identifier(text: str) -> str:
    try:
        return canonical_key(text)
    except IdentifierError:
        return text


def _spelled(value: Any) -> tuple[str, float | None, int | None]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _kept(_plain(Decimal(repr(value)))), float(value), None
    text = str(value).strip() if not isinstance(value, bool) else str(value).lower()
    if NUMBER.match(text):
        return _plain(Decimal(text)), float(text), None
    if (time := _instant(text)) is not None:
        return time.isoformat(timespec="microseconds"), None, _moment(time)
    if DATE.match(text):
        return text, None, _midnight(text)
    if len(text) <= LONGEST and text.startswith(("urn:epc:", "http://", "https://")):
        text = _identifier(text)
    return _kept(text), None, None


def _midnight(text: str) -> int | None:
    try:
        return _moment(datetime.fromisoformat(text).replace(tzinfo=UTC))
    except ValueError:
        return None


def _stated(event: Told, names: Names) -> Iterator[Stated]:
    yield from _within("event", event, names)
    for name in ("ilmd", "readPoint", "bizLocation", "errorDeclaration"):
        yield from _within(name, event.get(name) or {}, names)
    declared: Told = event.get("errorDeclaration") or {}
    if declared.get("reason"):
        yield "errorDeclaration.reason", _kept(declared["reason"]), None, None
    for corrective in declared.get("correctiveEventIDs") or ():
        yield "errorDeclaration.correctiveEventIDs", _kept(corrective), None, None
    persistent: Told = event.get("persistentDisposition") or {}
    for part, words in persistent.items():
        yield from ((f"persistentDisposition.{part}", _kept(word), None, None) for word in words or ())
    yield from _listed(event)
    if event.get("sensorElementList"):
        yield "sensorElementList", "", None, None
        yield from _sensors(event["sensorElementList"], names)


def _listed(event: Told) -> Iterator[Stated]:
    for listed, member in LISTS.items():
        for entry in event.get(listed) or ():
            field = f"{member} {entry.get('type') or ''}"
            yield _kept(field), _kept(_identifier(entry[member])), None, None
    for listed in ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"):
        for element in event.get(listed) or ():
            if element.get("quantity") is not None:
                yield _measured("quantity", element["quantity"], "")
                if element.get("uom"):
                    yield _measured("quantity", element["quantity"], element["uom"])


LISTS = {"bizTransactionList": "bizTransaction", "sourceList": "source", "destinationList": "destination"}


def _within(scope: str, value: Told, names: Names) -> Iterator[Stated]:
    for name, member in value.items():
        if ":" in name:
            yield from _extension(scope, name, member, names)


def _extension(scope: str, name: str, value: Any, names: Names) -> Iterator[Stated]:
    field = f"{scope} {names.full(name)}"
    inner = scope if scope.endswith("/inner") else f"{scope}/inner"
    entries: list[Any] = value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType] (parsed JSON)
    for entry in entries:
        if isinstance(entry, list):
            yield from _extension(scope, name, entry, names)
        elif isinstance(entry, dict):
            known: Any = entry  # pyright: ignore[reportUnknownVariableType] (parsed JSON)
            members: dict[str, Any] = known
            if members:
                yield field, "", None, None
            for member, told in members.items():
                if member == "rdf:value" and not isinstance(told, list | dict):
                    yield from _extension(scope, name, told, names)
                elif not member.startswith("@"):
                    yield from _extension(inner, member, told, names)
        elif entry is not None and entry != "":
            yield field, *_spelled(entry)


def _sensors(elements: list[Told], names: Names) -> Iterator[Stated]:
    for element in elements:
        metadata: Told = element.get("sensorMetadata") or {}
        yield from _within("sensorElement", element, names)
        yield from _within("sensorMetadata", metadata, names)
        yield from _common(metadata)
        for report in element.get("sensorReport") or ():
            yield from _within("sensorReport", report, names)
            yield from _common(report)
            yield from _report(report)


def _common(value: Told) -> Iterator[Stated]:
    for name in ("time", "startTime", "endTime"):
        if (time := _instant(value.get(name) or "")) is not None:
            yield f"sensor.{name}", time.isoformat(timespec="microseconds"), None, _moment(time)
    for name in ("deviceID", "dataProcessingMethod", "bizRules", "microorganism", "chemicalSubstance"):
        if value.get(name):
            yield f"sensor.{name}", _kept(_identifier(value[name])), None, None


def _report(value: Told) -> Iterator[Stated]:
    for name, form in (
        ("type", str),
        ("stringValue", str),
        ("hexBinaryValue", str.upper),
        ("uriValue", _identifier),
    ):
        if value.get(name):
            yield f"sensorReport.{name}", _kept(form(value[name])), None, None
    if "booleanValue" in value:
        yield "sensorReport.booleanValue", "true" if value["booleanValue"] else "false", None, None
    if value.get("percRank") is not None:
        yield _measured("sensorReport.percRank", value["percRank"], "")
    for name in ("value", "minValue", "maxValue", "meanValue", "sDev", "percValue"):
        if value.get("uom") and value.get(name) is not None:
            yield _measured(f"sensorReport.{name}", value[name], value["uom"])


def _measured(field: str, told: float, code: str) -> Stated:
    kind, factor, offset = UNITS.get(code, (code, Fraction(1), Fraction(0)))
    if field == "sensorReport.sDev":  # how far values lie apart: no zero point is added
        offset = Fraction(0)
    field = _kept(f"{field} {kind}" if code else field)
    try:
        base = float(Fraction(repr(told)) * factor + offset) + 0.0
    except OverflowError:
        return field, "", None, None
    return field, repr(base), base, None


def _units(text: str) -> dict[str, tuple[str, Fraction, Fraction]]:
    units: dict[str, tuple[str, Fraction, Fraction]] = {}
    for line in text.replace("\n    ", " ").strip().splitlines():
        kind, _, listed = line.partition(": ")
        for entry in listed.split(","):
            code, factor, *offset = entry.split()
            units[code] = kind, Fraction(factor), Fraction(offset[0] if offset else 0)
    return units


# Of each kind of quantity: the code of a unit, and what its numbers are to be multiplied by, and added to.
UNITS = _units("""
temperature: KEL 1, CEL 1 +5463/20, A48 5/9, FAH 5/9 +45967/180
mass: KGM 1, MC 1e-9, MGM 1e-6, CGM 1e-5, DG 1e-4, GRM 1e-3, DJ 1e-2, HGM 0.1, DTN 100, TNE 1000, 2U 1000,
    LBR 0.45359237, ONZ 0.028349523125, STI 6.35029318, STN 907.18474, LTN 1016.0469088, CWA 45.359237,
    CWI 50.80234544, APZ 0.0311034768, GRN 0.00006479891, CTM 0.0002
length: MTR 1, C52 1e-12, C45 1e-9, 4H 1e-6, MMT 1e-3, CMT 1e-2, DMT 0.1, HMT 100, KMT 1000, INH 0.0254,
    FOT 0.3048, YRD 0.9144, SMI 1609.344, NMI 1852
area: MTK 1, MMK 1e-6, CMK 1e-4, DMK 1e-2, KMK 1e6, ARE 100, HAR 1e4, INK 0.00064516, FTK 0.09290304,
    YDK 0.83612736, MIK 2589988.110336
volume: MTQ 1, MMQ 1e-9, CMQ 1e-6, DMQ 1e-3, 4G 1e-9, MLT 1e-6, CLT 1e-5, DLT 1e-4, LTR 1e-3, HLT 0.1,
    INQ 0.000016387064, FTQ 0.028316846592, YDQ 0.764554857984, GLL 0.003785411784, GLI 0.00454609,
    OZA 0.0000295735295625, OZI 0.0000284130625, PTI 0.00056826125, QTL 0.000946352946, QTI 0.0011365225,
    BLL 0.158987294928
time: SEC 1, C47 1e-9, B98 1e-6, C26 1e-3, MIN 60, HUR 3600, DAY 86400, WEE 604800
pressure: PAL 1, A97 100, KPA 1e3, MPA 1e6, MBR 100, BAR 1e5, ATM 101325, ATT 98066.5, PS 6894.757293168
speed: MTS 1, C16 1e-3, 2M 1e-2, KMH 5/18, HM 0.44704, FS 0.3048, KNT 463/900, 2X 1/60
acceleration: MSK 1, A76 1e-2, K40 9.80665
angle: C81 1, C25 1e-3, DD 0.017453292519943295, D61 0.0002908882086657216, D62 0.00000484813681109536
solid angle: D27 1
angular velocity: 2A 1
angular acceleration: 2B 1
frequency: HTZ 1, KHZ 1e3, MHZ 1e6, A86 1e9, RPS 1, RPM 1/60
electric current: AMP 1, B84 1e-6, 4K 1e-3, B22 1e3
current density: A41 1
voltage: VLT 1, D82 1e-6, 2Z 1e-3, KVT 1e3, B78 1e6
field strength: D50 1
resistance: OHM 1, E45 1e-3, B49 1e3, B75 1e6
resistivity: C61 1
conductance: SIE 1, B99 1e-6, C27 1e-3
conductivity: D10 1, G43 1e-6, G42 1e-4, H61 0.1
capacitance: FAR 1, 4T 1e-12, C41 1e-9, 4O 1e-6
inductance: 81 1, B90 1e-6, C14 1e-3
electric charge: COU 1, AMH 3600
power: WTT 1, D80 1e-6, C31 1e-3, KWT 1e3, MAW 1e6, A90 1e9
energy: JOU 1, KJO 1e3, 3B 1e6, GV 1e9, WHR 3600, KWH 36e5, MWH 36e8, D70 4.1868, E14 4186.8
force: NEW 1, C20 1e-3, B47 1e3, B73 1e6, DU 1e-5, C78 4.4482216152605
torque: NU 1, D83 1e-3, B48 1e3
momentum: B31 1
angular momentum: B33 1
illuminance: LUX 1
irradiance: D54 1
luminance: A24 1
luminous flux: LUM 1
luminous intensity: CDL 1
density: KMQ 1, GP 1e-6, GQ 1e-9, A93 1e-3, M1 1e-3, GL 1, 23 1e3, B35 1e3, GJ 1e3
surface density: 28 1, GM 1e-3
surface tension: 4P 1
specific volume: A39 1
amount: C34 1, FH 1e-6, C18 1e-3, B45 1e3
amount per volume: C36 1, M33 1, C38 1e3
molality: C19 1
molar mass: D74 1, A94 1e-3
molar volume: A40 1
molar energy: B15 1, B44 1e3
mass flow: KGS 1, F31 1/60, E93 1/3600
volume flow: MQS 1, MQH 1/3600, G51 1e-3, L2 1/60000, E32 1/3600000
number: C62 1, EA 1, H87 1, PR 2, DZN 12, CEN 100, MIL 1000, P1 1e-2, NX 1e-3, 59 1e-6, 61 1e-9
radioactivity: BQL 1, 2Q 1e3, 4N 1e6, GBQ 1e9, CUR 37e9
absorbed dose: A95 1, C13 1e-3
dose equivalent: D13 1, C28 1e-3
exposure: C8 1
dynamic viscosity: C65 1, C24 1e-3, C7 1e-3
kinematic viscosity: S4 1, 4C 1e-6, 91 1e-4
magnetic flux: WEB 1, C33 1e-3
magnetic flux density: D33 1, D81 1e-6, C29 1e-3
memory: A99 1, AD 8, 2P 8e3, 4L 8e6, E34 8e9, E35 8e12
wavenumber: C92 1, E90 100
""")
