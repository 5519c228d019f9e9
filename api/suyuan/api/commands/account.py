"""``suyuan account``: who may sign in or capture."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from typing import Annotated

import typer

from suyuan.api.house import prepared_engine
from suyuan.api.settings import read_settings
from suyuan.trace.errors import WrongUse
from suyuan.trace.gs1 import canonical_key
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.engine import Writing

app = typer.Typer(help="Accounts and tokens.", no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Name to sign in with.")],
    role: Annotated[str, typer.Option(help="regulator, administrator or station.")] = "regulator",
    party: Annotated[
        str, typer.Option(help="Identifier of the party it belongs to, such as a GLN link.")
    ] = "",
    db: Annotated[str | None, typer.Option(help="Database URL or SQLite file (SUYUAN_DATABASE).")] = None,
) -> None:
    """Make an account. A person's password, or a station's token, is printed this once."""
    try:
        wanted = AccountRole(role)
    except ValueError as error:
        raise WrongUse(
            "{role} is not a role",
            where="--role",
            role=role,
            remedy="Use regulator, administrator or station.",
        ) from error
    settings = read_settings(os.environ)
    owner = canonical_key(party) if party else f"https://ns.suyuan.example/party/{name}"
    now = datetime.now(UTC)
    password = None if wanted is AccountRole.STATION else secrets.token_urlsafe(15)
    engine = prepared_engine(db or settings.database)
    with Writing(engine) as writing:
        create_account(writing, name, role=wanted, party=owner, now=now, password=password)
        token = None
        if wanted is AccountRole.STATION:
            token, _ = create_token(writing, name, now=now, randbytes=secrets.token_bytes)
    typer.echo(f"token {token}" if token else f"password {password}")
