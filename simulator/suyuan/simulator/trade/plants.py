"""Plants: each day one process after the other, in batches of few or many lots; retail goods are packed."""

from __future__ import annotations

from collections.abc import Sequence

from suyuan.simulator.trade.course import Course, Yard, mentioned, weigh
from suyuan.simulator.trade.crates import emptied, send_home
from suyuan.simulator.trade.deeds import (
    DAY,
    HOUR,
    MINUTE,
    Act,
    Case,
    Load,
    Mention,
    Pallet,
    Parcel,
    Role,
)
from suyuan.simulator.trade.goods import GOODS, Process
from suyuan.simulator.trade.numbering import SeriesKind
from suyuan.simulator.trade.plan import Site, few_or_many
from suyuan.simulator.trade.roads import split
from suyuan.simulator.trade.waste import destroy, throw_out

PER_CASE, PER_PALLET = 20, 40
MOST_ITEMS = 2000
_LEAST_MG = 15_000_000
_MOST_MG = 6_000_000_000
_TWO_PARTS = 0.15
"""How often what goes in and what comes out of a batch is told in two events of one transformation."""


def open_plants(course: Course) -> None:
    """Every plant works each day, from an hour of its own on."""
    for stage, hour in (("processor", 6.0), ("packer", 7.0)):
        for site in course.plan.stage(stage):
            course.later(course.begins + int((hour + 4 * course.random.random()) * HOUR), work, site.number)


def work(course: Course, at: int, site: Site, load: Load, more: object) -> None:
    """A day begins, unless yesterday's last batches are still going on."""
    del load, more
    course.later(at + DAY, work, site.number)
    yard = course.yards[site.number]
    if not yard.busy:
        yard.busy = True
        course.later(at + 5 * MINUTE, batch, site.number, (), 0)


def batch(course: Course, at: int, site: Site, load: Load, more: int) -> None:
    """One batch of a process; then the next, or the next process."""
    del load
    line = course.plan.lines[site.does]
    yard = course.yards[site.number]
    if more == len(line.processes):
        yard.busy = False
        return
    process = line.processes[more]
    throw_out(course, at, site)
    taken = _gathered(course, yard, process)
    if taken:
        _make(course, at, site, process, taken)
        course.later(at + 12 * MINUTE, batch, site.number, (), more)
    else:
        course.later(at + 40 * MINUTE, batch, site.number, (), more + 1)


def _gathered(course: Course, yard: Yard, process: Process) -> Sequence[Parcel]:
    """What goes into a batch: of the main goods few or many parcels, of the others what the recipe wants."""
    goods, _, _ = process.gives[0]
    most = min(_MOST_MG, MOST_ITEMS * GOODS[goods].milligrams(1)) if GOODS[goods].uom is None else _MOST_MG
    whole = min(most, *(sum(map(weigh, yard.stock.get(taken, ()))) / share for taken, share in process.takes))
    if whole < _LEAST_MG:
        return ()
    main, share = process.takes[0]
    found = _take(yard, main, whole * share, few_or_many(course.random))
    whole = sum(map(weigh, found)) / share
    for other, part in process.takes[1:]:
        found += _take(yard, other, whole * part, 1000)
    return found


def _take(yard: Yard, goods: str, milligrams: float, most: int) -> list[Parcel]:
    """At most so much in at most so many parcels, the oldest first; crates are not split."""
    stock, found, left = yard.stock[goods], list[Parcel](), int(milligrams)
    while stock and len(found) < most:
        parcel = stock[0]
        if weigh(parcel) <= left or (parcel.crate is not None and not found):
            found.append(stock.popleft())
            left -= weigh(parcel)
            continue
        amount = GOODS[goods].amount(left)
        if parcel.crate is None and amount > 0:
            found.append(_part(parcel, 0, amount))
            stock[0] = _part(parcel, amount, parcel.amount - amount)
        break
    return found


def _part(parcel: Parcel, skipped: int, amount: int) -> Parcel:
    return Parcel(parcel.lot, amount, parcel.first + skipped if parcel.first >= 0 else -1)


def _make(course: Course, at: int, site: Site, process: Process, taken: Sequence[Parcel]) -> None:
    """A batch becomes new lots; what becomes of its crates and of the incident."""
    random = course.random
    loose = {(parcel.lot.series, parcel.lot.number) for parcel in taken if parcel.crate is None}
    taken = [  # an amount told beside a crate of the same lot would be understood to hold the crate's
        emptied(course, at, site, parcel) if (parcel.lot.series, parcel.lot.number) in loose else parcel
        for parcel in taken
    ]
    mass = sum(map(weigh, taken))
    made: list[Parcel] = []
    for name, low, high in process.gives:
        goods = GOODS[name]
        amount = goods.amount(int(mass * (low + (high - low) * random.random())))
        if amount:
            lot = course.new_lot(at, site, name, amount)
            first = course.numbering.take(lot.items, amount) if lot.items >= 0 else -1
            made.append(Parcel(lot, amount, first))
    if not made:  # too little for one piece
        destroy(course, at, site, tuple(taken))
        return
    course.books.lost += mass - sum(map(weigh, made))
    made = _watered(course, at, site, made)
    course.incident.mixed(site.number, taken, [parcel.lot for parcel in made], kills=process.kills)
    for parcel in taken:
        course.incident.ended(parcel, site.number, "consumed")
    crates = [parcel.crate for parcel in taken if parcel.crate is not None]
    inputs = mentioned(Role.INPUT, tuple(taken))
    if made[0].first < 0 and random.random() < _TWO_PARTS:
        course.transformations += 1
        course.tell(at, site.number, Act.MAKE, inputs, transformation=course.transformations)
        course.later(at + 45 * MINUTE, finish, site.number, tuple(made), course.transformations)
    else:
        course.tell(at, site.number, Act.MAKE, (*inputs, *_outputs(made)), brought=made[0].lot)
        _place(course, at, site, made)
    send_home(course, at, site, crates)


def finish(course: Course, at: int, site: Site, load: Load, more: int) -> None:
    """What comes out of a batch is told by an event of its own."""
    made = [piece for piece in load if isinstance(piece, Parcel)]
    course.tell(at, site.number, Act.MAKE, _outputs(made), transformation=more, brought=made[0].lot)
    _place(course, at, site, made)


def _outputs(made: Sequence[Parcel]) -> tuple[Mention, ...]:
    """New lots by amount; items get their numbers afterwards."""
    return mentioned(Role.OUTPUT, tuple(Parcel(parcel.lot, parcel.amount) for parcel in made))


def _watered(course: Course, at: int, site: Site, made: list[Parcel]) -> list[Parcel]:
    """If somebody cheats, there is more of it than its inputs can give."""
    if GOODS[made[0].lot.goods].uom is None or not course.mischief.strikes("dilution", at):
        return made
    lot = made[0].lot
    extra = int(lot.amount * (0.2 + 0.3 * course.random.random())) + 1
    lot.amount += extra
    goods = GOODS[lot.goods]
    course.books.unrecorded += goods.milligrams(extra)
    lots = [Mention(Role.OUTPUT, lot.series, lot.number)]
    course.mischief.note("dilution", at, site.number, lots, amount=extra, uom=goods.uom)
    return [Parcel(lot, lot.amount), *made[1:]]


def _place(course: Course, at: int, site: Site, made: Sequence[Parcel]) -> None:
    """Goods for the next process stay; others are packed and sold, or destroyed if nobody buys such goods."""
    line = course.plan.lines[site.does]
    for parcel in made:
        if parcel.lot.goods not in line.gives:
            course.yards[site.number].put(parcel)
        elif (site.number, parcel.lot.goods) not in course.plan.routes:
            destroy(course, at, site, (parcel,))
        elif parcel.first < 0:
            course.later(at + HOUR, split, site.number, (parcel,))
        else:
            _pack(course, at, site, parcel)


def _pack(course: Course, at: int, site: Site, parcel: Parcel) -> None:
    """Items get numbers, go into cases and these onto pallets, one after the other; then they are sold."""
    lot = parcel.lot
    course.tell(at, site.number, Act.NUMBER, mentioned(Role.WHAT, (parcel,)), brought=lot)
    series = course.numbering.begun(SeriesKind.UNIT, site.company)
    count = -(-parcel.amount // PER_CASE)
    first = course.numbering.take(series, count)
    cases = [
        Case(series, first + n, _part(parcel, n * PER_CASE, min(PER_CASE, parcel.amount - n * PER_CASE)))
        for n in range(count)
    ]
    soon = at + 10 * MINUTE
    for number, case in enumerate(cases):
        course.later(soon + number * MINUTE // 2, pack_case, site.number, (), case)
    soon += (count // 2 + 5) * MINUTE
    pallets: list[Pallet] = []
    for begin in range(0, count, PER_PALLET):
        number = course.numbering.take(series)
        pallets.append(Pallet(series, number, tuple(cases[begin : begin + PER_PALLET])))
        soon += 3 * MINUTE
        course.later(soon, pack_pallet, site.number, (), pallets[-1])
    course.incident.packed(lot, pallets)
    course.later(soon + 30 * MINUTE, split, site.number, tuple(pallets))


def pack_case(course: Course, at: int, site: Site, load: Load, more: Case) -> None:
    """Items go into a case."""
    del load
    parent = Mention(Role.PARENT, more.series, more.number)
    course.tell(at, site.number, Act.PACK, (parent, *mentioned(Role.CHILD, (more.goods,))))


def pack_pallet(course: Course, at: int, site: Site, load: Load, more: Pallet) -> None:
    """Cases go onto a pallet."""
    del load
    parent = Mention(Role.PARENT, more.series, more.number)
    course.tell(at, site.number, Act.PACK, (parent, *mentioned(Role.CHILD, more.cases)))
