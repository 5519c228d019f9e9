"""Authorities, entered where their officers' accounts are made: without one an officer sees nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from suyuan.trace.errors import WrongUse
from suyuan.trace.register.book import EntryExists, enter
from suyuan.trace.register.districts import COUNTRY, district_name, region
from suyuan.trace.register.parties import competence_of
from suyuan.trace.register.sheets import Entry
from suyuan.trace.store.accounts import AccountRole, own_party
from suyuan.trace.store.concerns import party_key
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.sight import HOUSE, STAGES, Competence
from suyuan.trace.store.tables import AccountRow

ALL = "all"


LOADER = own_party("loader")
"""In whose name ``suyuan load`` writes where nobody is named."""
INSECURE_PARTY = own_party("insecure")
"""In whose name everybody writes where no credentials are asked for."""


def operators(reading: Reading) -> frozenset[str]:
    """In whose name those write who run the platform: administrators without a party of their own."""
    rows = reading.connection.execute(select(AccountRow.name, AccountRow.role, AccountRow.party))
    own = {own_party(name): role for name, role, party in rows if party in ("", own_party(name))}
    given = dict.fromkeys((LOADER, INSECURE_PARTY), str(AccountRole.ADMINISTRATOR)) | own
    return frozenset(party for party, role in given.items() if role == AccountRole.ADMINISTRATOR)


def authorities(reading: Reading) -> frozenset[str]:
    """In whose name officers write: who is one the operator says, and no company of itself."""
    rows = reading.connection.execute(
        select(AccountRow.name, AccountRow.party).where(AccountRow.role == AccountRole.REGULATOR)
    )
    return frozenset(party or own_party(name) for name, party in rows)


def competence_asked(stages: str, regions: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The stages and district codes of two lists joined by commas; ``all`` is every stage, the whole country.

    Raises:
        WrongUse: an unknown stage, or a district that GB/T 2260 does not have.
    """
    chosen = STAGES if stages == ALL else tuple(_parts(stages))
    unknown = [stage for stage in chosen if stage not in STAGES]
    if unknown or not chosen:
        raise WrongUse(
            "{stage} is not a stage of the chain",
            where="--stages",
            stage=", ".join(unknown) or stages,
            remedy="Use all, or some of: " + ", ".join(STAGES) + ".",
        )
    codes = (COUNTRY,) if regions == ALL else tuple(code.ljust(6, "0") for code in _parts(regions))
    wrong = [code for code in codes if district_name(code) is None]
    if wrong or not codes:
        raise WrongUse(
            "{code} is not a district",
            where="--regions",
            code=", ".join(wrong) or regions,
            remedy="Use all, or codes of GB/T 2260 such as 33 (Zhejiang), 3301 (Hangzhou), 330106.",
        )
    return chosen, codes


def ensure_authority(
    writing: Writing,
    party: str,
    *,
    name: str,
    name_en: str = "",
    now: datetime,
    stages: Sequence[str] = STAGES,
    regions: Sequence[str] = (COUNTRY,),
) -> Competence:
    """The competence of a party; one that the register does not know is entered as an authority first.

    ``regions`` are six-digit codes; ``name`` is shown until somebody gives a better one in the register.

    Raises:
        WrongUse: the register knows the party as something other than an approved authority.
    """
    key = party_key(party)
    known = competence_of(writing, key)
    if known is not None:
        return known
    values = {
        "roles": "authority",
        "name_zh": name,
        **({"name_en": name_en} if name_en else {}),
        "district": regions[0],
        "stages": "\n".join(stages),
        "regions": "\n".join(regions),
    }
    try:
        enter(writing, Entry("party", key, values), by=HOUSE, now=now, confirmed=True)
    except EntryExists as error:
        raise WrongUse(
            "{party} is in the register, but not as an approved authority",
            where="--party",
            party=key,
            remedy="Amend the entry in the register, or choose another party.",
        ) from error
    return Competence(frozenset(stages), frozenset(map(region, regions)))


def _parts(text: str) -> list[str]:
    return [part for part in (part.strip() for part in text.split(",")) if part]
