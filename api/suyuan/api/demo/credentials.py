"""Accounts of the demonstration: made once, kept beside the data, readable by their owner only."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine

from suyuan.api.authority import ensure_authority
from suyuan.simulator.world import World
from suyuan.trace.errors import NotFound
from suyuan.trace.store.accounts import (
    AccountRole,
    account,
    bind_account,
    create_account,
    create_token,
    own_party,
)
from suyuan.trace.store.engine import Reading, Writing

OFFICER = "officer"
SECOND_OFFICER = "colleague"
"""Who confirms what the officer proposes, and the other way round."""
OPERATOR = "operator"
AUTHORITY = own_party("authority")
AUTHORITY_NAME = "食品安全监管部门（示例）"
AUTHORITY_NAME_EN = "Food safety authority (sample)"
FILE = "demo.json"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Two officers' passwords, the operator's token, one token per station; and which world they are for."""

    seed: int
    end: datetime
    password: str
    operator: str
    stations: Mapping[str, str]
    second_password: str = ""  # of a world that was begun before there were two officers


def kept_credentials(folder: Path) -> Credentials | None:
    """What an earlier demonstration in this folder left, or None."""
    path = folder / FILE
    if not path.exists():
        return None
    told: dict[str, Any] = orjson.loads(path.read_bytes())
    told["end"] = datetime.fromisoformat(told["end"])
    return Credentials(**told)


def make_credentials(engine: Engine, folder: Path, world: World, now: datetime) -> Credentials:
    """New accounts for a new world.

    The file is on disk before the accounts are committed: a crash in between leaves a file without accounts,
    which :func:`are_valid` sees, never accounts whose secrets nobody knows.
    """
    password, second = secrets.token_urlsafe(12), secrets.token_urlsafe(12)
    with Writing(engine) as writing:
        for name, secret in ((OFFICER, password), (SECOND_OFFICER, second)):
            create_account(
                writing, name, role=AccountRole.REGULATOR, party=AUTHORITY, now=now, password=secret
            )
        ensure_authority(writing, AUTHORITY, name=AUTHORITY_NAME, name_en=AUTHORITY_NAME_EN, now=now)
        create_account(writing, OPERATOR, role=AccountRole.ADMINISTRATOR, party="", now=now)
        operator, _ = create_token(writing, OPERATOR, now=now, randbytes=secrets.token_bytes)
        stations: dict[str, str] = {}
        for site in world.stations:
            create_account(writing, site.station, role=AccountRole.STATION, party=site.party.key, now=now)
            stations[site.station], _ = create_token(
                writing, site.station, now=now, randbytes=secrets.token_bytes
            )
        made = Credentials(world.seed, world.end, password, operator, stations, second)
        _keep(folder / FILE, made)
    return made


def give_competence(engine: Engine, now: datetime) -> None:
    """The officer's authority is in the register, also of a world that was begun before there was one."""
    with Writing(engine) as writing:
        bind_account(writing, OFFICER, AUTHORITY)
        ensure_authority(writing, AUTHORITY, name=AUTHORITY_NAME, name_en=AUTHORITY_NAME_EN, now=now)


def give_second(engine: Engine, folder: Path, kept: Credentials, now: datetime) -> Credentials:
    """A second officer also for a world that was begun with one."""
    if kept.second_password:
        return kept
    made = replace(kept, second_password=secrets.token_urlsafe(12))
    with Writing(engine) as writing:
        create_account(
            writing,
            SECOND_OFFICER,
            role=AccountRole.REGULATOR,
            party=AUTHORITY,
            now=now,
            password=made.second_password,
        )
        _keep(folder / FILE, made)
    return made


def are_valid(engine: Engine) -> bool:
    """Whether the accounts of a kept file were committed."""
    with Reading(engine) as reading:
        try:
            account(reading, OFFICER)
        except NotFound:
            return False
    return True


def _keep(path: Path, made: Credentials) -> None:
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(orjson.dumps(asdict(made), option=orjson.OPT_INDENT_2))
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
