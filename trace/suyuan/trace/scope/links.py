"""Certain common links: what lies on every way to every case.

Decision 0022 says how ways keep to time.
"""

from __future__ import annotations

from collections.abc import Sequence

from suyuan.trace.lineage.contract import Options, Suspect
from suyuan.trace.scope.answer import CommonLinks
from suyuan.trace.scope.records import Records
from suyuan.trace.scope.selection import Eaten


def common_links(
    cases: Sequence[Eaten], records: Records, options: Options, *, sources: Sequence[Suspect] = ()
) -> CommonLinks:
    """What contamination must have passed through, if it came from ``sources`` and made all ``cases`` ill.

    Without sources, every beginning on the ways back from the cases counts as one. Traces back once per case.

    Raises:
        InvalidInput: fewer than one case, or nothing on record for any of them.
    """
    raise NotImplementedError
