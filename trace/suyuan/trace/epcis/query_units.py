"""Units of measure, so that a query in degrees Celsius finds what was reported in Fahrenheit.

Codes are those of UN/ECE Recommendation 20 in which the measurement types of the CBV are reported, and in
which goods are measured. Each kind of quantity has a base unit; a code of which nothing is known here is
comparable with itself only. Arithmetic is exact: 1500 GRM and 1.5 KGM are one number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

_KINDS = """
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
"""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of ``kind``: a number of it times ``factor`` plus ``offset`` is the number of the base unit."""

    kind: str
    factor: Fraction
    offset: Fraction


def _read(text: str) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for line in text.replace("\n    ", " ").strip().splitlines():
        kind, _, listed = line.partition(": ")
        for entry in listed.split(","):
            code, factor, *offset = entry.split()
            units[code] = Unit(kind, Fraction(factor), Fraction(offset[0] if offset else 0))
    return units


UNITS: Mapping[str, Unit] = _read(_KINDS)


def kind_of(code: str) -> str:
    """What a unit measures; of an unknown one its own code."""
    unit = UNITS.get(code)
    return code if unit is None else unit.kind


def in_base(number: Fraction, code: str, *, apart: bool = False) -> float:
    """A number of units ``code`` in the base unit of its kind, rounded once; of an unknown unit as it is.

    ``apart``: the number is how far two values lie apart, to which no zero point is added.

    Raises:
        OverflowError: the number is beyond what a float can be.
    """
    unit = UNITS.get(code)
    if unit is None:
        return float(number)
    return float(number * unit.factor + (0 if apart else unit.offset))
