"""``suyuan init``: an empty world of one's own, and the first administrator."""

from __future__ import annotations

import os
import secrets
import sys
from typing import Annotated

import typer

from suyuan.api.database import prepared_engine
from suyuan.api.house import utc_now
from suyuan.api.settings import Settings, read_settings
from suyuan.trace.store.accounts import AccountRole, create_account
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.world import begin_own


def init(
    name: Annotated[str, typer.Option(help="Name of the first administrator.")] = "admin",
    generate: Annotated[
        bool, typer.Option("--generate", help="Make a password instead of asking for one.")
    ] = False,
    db: Annotated[str | None, typer.Option(help="Database URL or SQLite file (SUYUAN_DATABASE).")] = None,
) -> None:
    """Begin with your own data: an empty store and the account that sets up all others."""
    settings = read_settings(os.environ)
    typed = "" if generate or not sys.stdin.isatty() else _asked()
    password = typed or secrets.token_urlsafe(15)
    engine = prepared_engine(db or settings.database)
    with Writing(engine) as writing:  # all or nothing: a store is never begun without its administrator
        begin_own(writing)
        create_account(
            writing, name, role=AccountRole.ADMINISTRATOR, party="", now=utc_now(), password=password
        )
    typer.echo(f"The store is {db or settings.database}")
    typer.echo(f"Administrator {name}" + ("" if typed else f", password {password} (shown this once)"))
    _next_steps(settings)


def _asked() -> str:
    """A password typed twice, or nothing: then one is made."""
    typed: str = typer.prompt(
        "Password (12 characters or more; empty: one is made for you)",
        default="",
        show_default=False,
        hide_input=True,
        confirmation_prompt=True,
    )
    return typed


def _next_steps(settings: Settings) -> None:
    if settings.public_url_given:
        typer.echo("Next: suyuan serve")
    else:
        typer.echo("Next: SUYUAN_PUBLIC_URL=https://your.address suyuan serve")
        typer.echo("      (labels and tags carry that address: they are not printed before it is given)")
    typer.echo(f"      then sign in at {settings.public_url}/console")
