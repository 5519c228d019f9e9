"""``suyuan account``: who may sign in or capture, and for whom."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from suyuan.api.authority import ALL, competence_asked
from suyuan.api.database import prepared_engine
from suyuan.api.house import utc_now
from suyuan.api.settings import read_settings
from suyuan.api.staff import Staff
from suyuan.portal.account_pages import Member, Wanted
from suyuan.trace.store.accounts import AccountRole

app = typer.Typer(help="Accounts and tokens.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name to sign in with.")]
Database = Annotated[str | None, typer.Option("--db", help="Database URL or SQLite file (SUYUAN_DATABASE).")]


@app.command()
def create(
    name: Name,
    role: Annotated[str, typer.Option(help="regulator, company, station or administrator.")] = "regulator",
    party: Annotated[
        str,
        typer.Option(
            help="Identifier of the party it belongs to, such as a GLN link; for a company needed. "
            "An EPC URN also tells where its GS1 company prefix ends."
        ),
    ] = "",
    authority: Annotated[str, typer.Option(help="Of a new authority: its name.")] = "",
    stages: Annotated[
        str, typer.Option(help="Of a new authority: stages of the chain joined by commas, or all.")
    ] = ALL,
    regions: Annotated[
        str, typer.Option(help="Of a new authority: district codes (GB/T 2260) joined by commas, or all.")
    ] = ALL,
    db: Database = None,
) -> None:
    """Make an account. A person's password, or a station's token, is printed this once."""
    chosen, codes = competence_asked(stages, regions)
    made = _staff(db).make(Wanted(name, role, party, authority, chosen, codes))
    typer.echo(f"{made.account.role} {made.account.name} of {made.account.party}")
    if made.competence is not None:
        places = ", ".join(sorted(made.competence.regions)) if all(made.competence.regions) else ALL
        kinds = ALL if made.competence.is_whole else ", ".join(sorted(made.competence.stages))
        typer.echo(f"competent for stages: {kinds}; regions: {places}")
    typer.echo(f"{'token' if made.account.role is AccountRole.STATION else 'password'} {made.secret}")


@app.command("list")
def list_accounts(db: Database = None) -> None:
    """Everybody: role, party, open sessions, tokens by their id."""
    for member in _staff(db).members():
        typer.echo(_line(member))
        for token in member.tokens:
            until = f", until {token.expires:%Y-%m-%d}" if token.expires else ""
            typer.echo(f"    token {token.id}{until}{', revoked' if token.revoked else ''}")


@app.command()
def password(
    name: Name,
    generate: Annotated[
        bool, typer.Option("--generate", help="Make a password instead of asking for one.")
    ] = False,
    db: Database = None,
) -> None:
    """Set a new password; whoever is signed in under the name is signed out."""
    staff = _staff(db)
    if generate or not sys.stdin.isatty():
        typer.echo(f"password {staff.reset(name)}")
        return
    typed: str = typer.prompt(
        "New password (12 characters or more)", hide_input=True, confirmation_prompt=True
    )
    staff.set(name, typed)
    typer.echo("done")


@app.command()
def disable(name: Name, db: Database = None) -> None:
    """Close an account: its password and tokens open nothing any more. What it did stays on record."""
    _staff(db).close(name)


@app.command()
def enable(name: Name, db: Database = None) -> None:
    """Open a closed account again."""
    _staff(db).reopen(name)


@app.command()
def token(name: Name, db: Database = None) -> None:
    """Make a further token of an account; printed this once."""
    typer.echo(f"token {_staff(db).token(name)}")


@app.command("revoke-token")
def revoke_token(
    token_id: Annotated[str, typer.Argument(help="Id of the token, as in: suyuan account list.")],
    db: Database = None,
) -> None:
    """End a token at once."""
    _staff(db).revoke(token_id)


def _line(member: Member) -> str:
    found = member.account
    state = " (closed)" if found.disabled else ""
    return f"{found.name}{state}: {found.role} of {found.party or 'nobody'}, {member.sessions} signed in"


def _staff(db: str | None) -> Staff:
    return Staff(prepared_engine(db or read_settings(os.environ).database), utc_now)
