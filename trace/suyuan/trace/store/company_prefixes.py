"""Company prefixes on record: those under which labels are made, and those in the URNs of accounts' parties.

What partners' events spell counts for those events alone (:mod:`suyuan.trace.epcis.representation`): one
wrong URN must not change how the keys of others are written.
"""

from __future__ import annotations

from sqlalchemy import select

from suyuan.trace.gs1.prefixes import LengthOf, known_prefixes, prefix_of_urn
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.tables import AccountRow, SettingRow

HOLDER_OF = "gs1-prefix:"
"""Names of settings that tell who makes labels under a prefix begin so."""
_AFTER = HOLDER_OF[:-1] + ";"  # the character after the colon


def prefixes_on_record(reading: Reading) -> LengthOf:
    """Answers from what the parties of this platform said of themselves. Two small look-ups."""
    claimed = select(SettingRow.name).where(SettingRow.name >= HOLDER_OF, SettingRow.name < _AFTER)
    names = reading.connection.execute(claimed).scalars()
    found = {name.removeprefix(HOLDER_OF) for name in names}
    parties = reading.connection.execute(
        select(AccountRow.party).where(AccountRow.party.startswith("urn:epc:")).distinct()
    )
    found.update(prefix for party in parties.scalars() if (prefix := prefix_of_urn(party)))
    return known_prefixes(found)
