"""What was recorded of the condition of goods: the last word, and whether it lets them be sold.

The dispositions and their meanings are those of CBV 2.0 §7.2; the words of its first edition
(``non_sellable_damaged`` and its like, deprecated there) mean what stands in their place. A disposition holds
until another one is told. Words of moving and packing (``in_transit``, ``container_closed``) are silent about
the condition: to carry damaged goods about does not mend them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from suyuan.trace.lineage import Visit
from suyuan.trace.lineage.occurrence import Basis

Unfit = Literal[
    "damaged", "disposed", "destroyed", "dispensed", "expired", "inactive", "mismatch_class",
    "mismatch_instance", "needs_replacement", "no_pedigree_match", "non_conformant", "non_sellable_other",
    "recalled", "returned", "stolen", "unknown",
]  # fmt: skip
"""Told of goods that nobody may sell before somebody has told better of them.

Not among them: ``mismatch_quantity`` (of a delivery, not of a piece), ``sellable_not_accessible`` (it may be
sold, where customers do not reach it), ``reserved`` and ``unavailable`` (for whom, not whether it is good).
"""

_UNFIT: dict[str, Unfit] = {
    **{word: word for word in get_args(Unfit)},
    "non_sellable_damaged": "damaged",
    "non_sellable_disposed": "disposed",
    "non_sellable_expired": "expired",
    "non_sellable_no_pedigree_match": "no_pedigree_match",
    "non_sellable_recalled": "recalled",
}
_FIT = frozenset({"active", "conformant", "sellable_accessible", "sellable_not_accessible"})
_STANDS_UNTIL_CHECKED = frozenset({"non_conformant", "recalled", "expired", "disposed", "destroyed"})
# Said of a lot, these are said of every piece of it; that some kilograms were damaged is not.
_OF_THE_WHOLE_LOT = frozenset({"non_conformant", "recalled", "expired", "conformant"})
# These steps are about what goes in or out: they say nothing of the unit, nor of what else is in it.
_OF_CHILDREN = frozenset({"packing", "unpacking", "loading", "unloading", "assembling", "disassembling"})
_BEFORE_THE_WORD = re.compile(r".*[:/-]", re.DOTALL)


def condition(
    own: Iterable[Visit], lot: Sequence[Visit] = (), *, is_unit: bool = False
) -> tuple[Unfit, Visit] | None:
    """What stands against selling the goods and the checkpoint that told it; None where nothing does.

    ``own`` are the checkpoints of an item or unit, those of its containers among them; ``lot`` those of its
    lot, or of the lot that is asked for. What a container was told is told of what is in it, but a good word
    about the container takes back nothing that was told of the thing itself. Shelving is no check: what
    failed one, was recalled, expired or disposed of needs a later ``conformant``.
    """
    told = [
        (visit, _word(visit), False)
        for visit in own
        if visit.biz_step not in _OF_CHILDREN or not (is_unit or visit.through)
    ]
    told += [(visit, word, True) for visit in lot if (word := _word(visit)) in _OF_THE_WHOLE_LOT]
    standing: tuple[Unfit, Visit] | None = None
    for visit, word, of_lot in sorted(told, key=lambda one: one[0].time):
        unfit = _UNFIT.get(word)
        if unfit is not None:
            standing = unfit, visit
        elif standing is not None and _takes_back(visit, word, *standing, of_lot=of_lot):
            standing = None
    return standing


def _takes_back(visit: Visit, word: str, unfit: Unfit, told: Visit, *, of_lot: bool) -> bool:
    if of_lot:
        return unfit in _OF_THE_WHOLE_LOT
    if visit.basis is Basis.INFERRED and told.basis is not Basis.INFERRED:
        return False
    return word == "conformant" or (word in _FIT and unfit not in _STANDS_UNTIL_CHECKED)


def _word(visit: Visit) -> str:
    """The bare word of a disposition, however it is spelled."""
    return _BEFORE_THE_WORD.sub("", visit.disposition or "")
