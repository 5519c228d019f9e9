"""Company prefixes on record: those under which labels are made, and those in the URNs that parties go by.

What partners' events spell counts for those events alone (:mod:`suyuan.trace.epcis.representation`): one
wrong URN must not change how the keys of others are written.
"""

from __future__ import annotations

from sqlalchemy import or_, select

from suyuan.trace.gs1.prefixes import LengthOf, known_prefixes, prefix_of_urn
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.settings import setting_or
from suyuan.trace.store.tables import SettingRow

HOLDER_OF = "gs1-prefix:"
"""Names of settings that tell who makes labels under a prefix begin so."""
SAID_IN = "gs1-prefix-said-in:"
"""Names of settings that tell the URN of a party, as it was given for an account, begin so."""


def prefixes_on_record(reading: Reading) -> LengthOf:
    """Answers from what the parties of this platform said of themselves. One small look-up."""
    told = or_(*(SettingRow.name.startswith(before) for before in (HOLDER_OF, SAID_IN)))
    names = reading.connection.execute(select(SettingRow.name).where(told)).scalars()
    return known_prefixes(name.rpartition(":")[2] for name in names)


def note_prefix(writing: Writing, party: str) -> None:
    """Keep the company prefix that the URN of a party spells: accounts are under its key, which spells none.

    The URN that said so first is kept with it. Any other spelling of a party says nothing.
    """
    prefix = prefix_of_urn(party)
    if prefix is not None:
        setting_or(writing, f"{SAID_IN}{prefix}", party.encode())
