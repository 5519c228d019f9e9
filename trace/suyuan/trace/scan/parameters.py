"""What the likelihood of copies supposes, in one table: each number with where it comes from.

"Judgement" is ours, and open to better knowledge; "fitted" was chosen on the training seeds of
``suyuan bench clones`` and is judged on others; "report" is the design's simulation of consumer scans.
Weights are in bans, logarithms to the base of ten of how many times likelier something is under copying.

The prior chance that a code is copied is not in here, nor in the score: nobody knows it, and it differs by
product. So the thresholds are no probabilities: they are where at most 2 % of the genuine codes that were
scanned are accused. Where one code of a thousand is copied, most accused ones are genuine still, so officials
see the reasons, and shoppers are warned from ``WARNED`` on only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from suyuan.trace.scan.past import Channel, FindingKind

SUSPICIOUS: Final = 0.65  # fitted: with the next two 1.2 % of genuine codes in training
SUSPICIOUS_AWAY: Final = 0.0  # fitted: where so many networks of one day told of places away from its own
SUSPICIOUS_ON_DAYS: Final = 0.3  # fitted: where they are of different days, so maybe one and the same
NETWORKS_AWAY: Final = 2  # judgement: one alone does not lower the threshold
WARNED: Final = 3.0  # judgement: of what shoppers are warned; below it they are asked to compare
# Below it scans stay unless so many networks speak against the code on one day or on all, or ever scanned it.
WARNED_ON_A_DAY: Final = 2  # judgement: as few as can be told to be different ones
WARNED_ON_DAYS: Final = 6  # judgement: of different days all may be one address
WARNED_OF_ALL: Final = 10  # judgement: so that places that nobody tells are no condition
MOST_OF_FEW: Final = 2.99  # just below WARNED: what scans weigh together otherwise
NETWORKS: Final = 3  # judgement: so many must have scanned it before scans alone make it suspicious
KNOWN: Final = 6.0  # judgement: of findings of chips and stations alone; scans never make a copy known

# Copies: a mixture of how many there are and of how they are spread (a Pitman-Yor process).
COPIES: Final[tuple[int, ...]] = (1, 2, 5, 20, 100)  # judgement: alike in chance, as the bench asks for
SPREADS: Final[tuple[float, ...]] = (0.1, 1.0, 10.0)  # judgement: one far city; some; everywhere
DISCOUNT: Final = 0.3  # fitted: how much a few cities have most of the scans
EVEN: Final = 0.6  # fitted: how evenly things are scanned; 0 is all scans of one of them
NOT_YET_SOLD: Final = 0.4  # fitted: that copies are not sold yet at the first scan; its square at the second
SCANNED: Final = 0.5  # report: the share of copies, and of genuine things, that anybody ever scans

# How often a genuine thing is scanned: P(more than v visits) = (v + 1) ** -TAIL.
TAIL: Final = 1.6  # report: 5.7 % of genuine codes have more than five scans
IN_PUBLIC: Final = 0.002  # judgement: genuine codes of which a picture is shared, scanned by anyone
MOST_VISITS: Final = 200  # of more the weight is that of so many

# How often a visitor comes on a day on which another one came already.
IN_COMPANY: Final = timedelta(hours=1)  # judgement: who scans so soon after another is with them
SAME_DAY: Final = 0.08  # judgement: of a genuine thing; families, and friends who are shown it
SAME_DAY_COPIED: Final[tuple[float, ...]] = (0.08, 0.09, 0.12, 0.22, 0.6)  # fitted, by ``COPIES``
AT_A_PARTY: Final = (0.03, 0.6)  # judgement: genuine things that a company scans together, and how often then

# Where a genuine thing is scanned, seen from where it is.
SAME_CITY_KM: Final = 40.0
NEIGHBOURS_KM: Final = 150.0
FAR_KM: Final = 300.0  # report
AT_HOME: Final = 0.88  # judgement: scans of a thing in its city; most of the rest in neighbouring ones
NEXT_DOOR: Final = 0.10 / 8  # one of eight neighbours
OUT_OF_TOWN: Final = 0.02 / 30
ONE_CITY: Final = 1 / 60  # the chance of one city among those where people are: about their inverse number
WRONG_PLACE: Final[Mapping[Channel, float]] = {  # report: 7 % of what consumers' devices tell is wrong
    Channel.PHONE: 0.07,
    Channel.KIOSK: 0.07,  # its place stands in an address that anybody can write
    Channel.TILL: 0.002,
    Channel.STATION: 0.002,
}
SAME_WRONG: Final = 0.5  # judgement: of devices that tell a wrong place, those that always tell the same one
OWNERS_DEVICE: Final = 0.7  # judgement: visits with the device of whoever has the thing
ON_A_JOURNEY: Final = 0.02  # judgement: scans of a thing that is taken along for some days
SAME_JOURNEY: Final = 0.3  # judgement: that two such scans are of one journey

# Where a genuine thing goes between two scans for good, without being told; chances for each scan.
GOES_FROM_SHELF: Final = 0.02  # 5 % of the reads of a chain are missed (report), sales among them
GOES_WITH_BUYER: Final = 0.03  # judgement: presents, parcels, buyers from elsewhere; before the first scan
LIVES_NEXT_DOOR: Final = 0.08 / 8  # judgement: buyers who live in the next city, one of eight
GOES_LATER: Final = 0.001  # judgement: given on once it was at home
GOES_FROM_CHAIN: Final = 0.10  # the next reads were missed
UNDER_WAY: Final = 0.40  # it left, and nobody told where it came to
COMES_BACK: Final = 0.02  # judgement
FASTEST_KMH: Final = 900.0  # a flight
COARSE_KM: Final = 100.0  # that two middles of cities say too much
CLOCKS: Final = timedelta(minutes=15)  # how much two clocks may differ

# Contradictions between scans and the state on record: for the first network, for each further, at most.
LATE_RECORDS: Final = timedelta(hours=6)  # judgement: clocks and days that were noted as instants
BEFORE_SHIPPING: Final = (0.7, 0.5, 2.0)  # judgement: workers and inspectors scan too
BEFORE_SHIPPING_AT_MAKER: Final = (0.1, 0.1, 0.5)  # judgement: where they are expected to
AFTER_DESTRUCTION: Final = (1.5, 0.5, 2.5)  # judgement: some records of destruction are wrong
AFTER_EXPIRY: Final = (0.2, 0.1, 0.6)  # judgement: people look at old food too
EXPIRED_FOR: Final = timedelta(days=60)
REPLAYED: Final = (0.3, 0.3, 2.5)  # judgement: a page opened again from a browser's memory looks so too
OF_ANOTHER: Final = (
    0.5,
    1.25,
    4.0,
)  # judgement: no accident, but whoever has one such chip can do it anywhere
MISSING: Final = (0.2, 0.05, 0.25)  # judgement: people type codes; never enough by itself
VERIFIED: Final = -0.3  # the chip is there; that the print was copied it does not refute

FINDINGS: Final[Mapping[FindingKind, float]] = {
    FindingKind.COUNTER_REGRESS: KNOWN,  # certain
    FindingKind.STALE_SECRET: KNOWN,  # certain, as soon as both were read (Lehtonen et al. 2009)
    FindingKind.WRONG_CHIP: 4.0,  # near certain: people relabel goods, readers read two tags at once
    FindingKind.TWO_READERS: 2.5,  # judgement: stations' clocks and stray reads
    FindingKind.AFTER_SALE: 1.2,  # judgement: returns that nobody told of
    FindingKind.SOLD_TWICE: 1.2,  # judgement: scanned twice at the till
}

# What the lot's other codes add: little, for it says nothing of this one.
PROBED: Final = (0.15, 0.5)  # for each factor of ten of unknown serials asked for; at most
IN_SEQUENCE: Final = 5  # so many in a row are no typing errors
LOT_FAR: Final = 3  # serials of a lot in one far city before that counts
LOT_FAR_MOST: Final = 1.0
"""Also where the goods themselves went there, unrecorded: that is the regulator's business too."""

MOST_CITIES: Final = 8  # in which the thing itself is supposed to be: those with most scans
