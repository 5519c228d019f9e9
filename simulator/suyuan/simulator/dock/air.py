"""The radio between antennas at dock doors and tags on pallets: which tags answer in each turn, how loud.

Engineering numbers of passive UHF (EPC Gen2) around 922 MHz:

- a reader of 31.5 dBm with patch antennas of 8.5 dBic (3 dB less for a linear tag), beam of 65 degrees, whose
  pattern falls by 12 (angle / beam)^2 dB to 20 dB behind it (the element pattern of 3GPP TR 38.901 Table
  7.3-1);
- 31.7 dB over the first metre (free space), then 22 dB a decade (ITU-R P.1238 gives 20 to 30 indoors);
- tags wake at -18 dBm, each some 1.5 dB better or worse, as a dipole whose loss is the angle to the wave, at
  most 14 dB; the answer loses 5 dB in modulation and the same way back, so that what is heard falls twice as
  fast as what arrives (Dobkin, The RF in RFID, ch. 3; Nikitin and Rao, IEEE AP Magazine 48(3), 2006);
- goods between tag and antenna swallow ``loss_db_m`` for each metre of them, shadows 3 dB by chance;
- fading is Rician, K 6 dB at the own door and 0 dB from elsewhere, anew for each 15 cm of way (half a wave).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TRANSMITTED_DBM = 31.5
ANTENNA_DBI = 5.5
BEAM_DEGREES = 65.0
BEHIND_DB = 20.0
FIRST_METRE_DB, DECADE_DB = 31.7, 22.0
TAG_DBI, WORST_ORIENTATION_DB = 2.0, 14.0
WAKES_DBM, WAKES_SPREAD_DB = -18.0, 1.5
MODULATION_DB, HEARD_DBM = 5.0, -80.0
SHADOW_DB = 3.0
K_NEAR_DB, K_FAR_DB = 6.0, 0.0


@dataclass(frozen=True, slots=True)
class Mast:
    """Antennas: where they are (n, 3) in metres, and whither they look (n, 3), unit vectors."""

    at: Floats
    looks: Floats


@dataclass(frozen=True, slots=True)
class Load:
    """Tags of one pallet: places (n, 3) about the middle of its floor, axes, when they wake; its half size.

    ``loss_db_m`` is what its goods swallow in a metre.
    """

    places: Floats
    axes: Floats
    wakes_dbm: Floats
    half: Floats
    loss_db_m: float


def made_load(random: np.random.Generator, tags: int, loss_db_m: float) -> Load:
    """A pallet of 1.2 x 0.8 m, 1.4 m high, with tags anywhere in it, turned any way."""
    half = np.array([0.4, 0.6, 0.7])
    axes = random.normal(size=(tags, 3))
    return Load(
        places=random.uniform(-1.0, 1.0, (tags, 3)) * half + np.array([0.0, 0.0, 0.85]),
        axes=axes / np.linalg.norm(axes, axis=1, keepdims=True),
        wakes_dbm=random.normal(WAKES_DBM, WAKES_SPREAD_DB, tags),
        half=half,
        loss_db_m=loss_db_m,
    )


def mean_gain(load: Load, middle: Floats, antenna: Floats, looks: Floats) -> Floats:
    """What is lost and won between an antenna and each tag of a pallet at ``middle`` one way, in dB."""
    tags = load.places + middle
    way = antenna - tags
    distance = np.linalg.norm(way, axis=1)
    towards = way / distance[:, None]
    angle = np.degrees(np.arccos(np.clip(-(towards @ looks), -1.0, 1.0)))
    pattern = -np.minimum(12.0 * (angle / BEAM_DEGREES) ** 2, BEHIND_DB)
    turned = 1.0 - np.einsum("ij,ij->i", towards, load.axes) ** 2
    orientation = np.maximum(10.0 * np.log10(np.maximum(turned, 1e-6)), -WORST_ORIENTATION_DB)
    path = FIRST_METRE_DB + DECADE_DB * np.log10(np.maximum(distance, 0.5))
    goods = load.loss_db_m * _within(load, towards)
    gain: Floats = ANTENNA_DBI + pattern + TAG_DBI + orientation - path - goods
    return gain


def _within(load: Load, towards: Floats) -> Floats:
    """How many metres of goods lie on the way out of the pallet in this direction."""
    places = load.places - np.array([0.0, 0.0, 0.85])
    with np.errstate(divide="ignore"):
        out = (np.sign(towards) * load.half - places) / np.where(towards == 0.0, 1e-9, towards)
    return np.asarray(np.min(np.abs(out), axis=1), dtype=np.float64)


def fade_db(random: np.random.Generator, tags: int, k_db: float) -> Floats:
    """Rician fading of each tag, in dB about its mean power."""
    k = 10.0 ** (k_db / 10.0)
    line, scatter = np.sqrt(k / (k + 1.0)), np.sqrt(0.5 / (k + 1.0))
    wave = line + scatter * (random.normal(size=tags) + 1j * random.normal(size=tags))
    return np.asarray(20.0 * np.log10(np.maximum(np.abs(wave), 1e-3)), dtype=np.float64)


def answers(load: Load, one_way_db: Floats) -> tuple[NDArray[np.bool_], Floats]:
    """Which tags wake and are heard with this gain one way, and how loud each would be, in dBm."""
    arrives = TRANSMITTED_DBM + one_way_db
    heard = arrives + one_way_db - MODULATION_DB
    return (arrives >= load.wakes_dbm) & (heard >= HEARD_DBM), heard
