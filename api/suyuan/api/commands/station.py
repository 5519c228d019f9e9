"""``suyuan station``: enrol a station, run its agent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich import print as show

from suyuan.api.commands.station_check import check, pin
from suyuan.api.commands.station_commission import commission
from suyuan.api.commands.station_retry import retry
from suyuan.readers.station.agent import run as run_agent
from suyuan.readers.station.joining import join

app = typer.Typer(help="The station agent.", no_args_is_help=True)
app.command()(check)
app.command()(pin)
app.command()(commission)
app.command()(retry)


@app.callback()
def station() -> None:
    """The station agent."""


@app.command()
def run(config: Annotated[Path, typer.Argument(help="The station's TOML file.")]) -> None:
    """Read tags, build events, deliver them, and serve the station's page, whose address is printed.

    Outcomes are JSON lines. Without a configuration the page leads to one. SIGTERM stops in good order.
    """
    run_agent(config)


@app.command("enrol")
def enrol_station(
    code: Annotated[str, typer.Argument(help="The link of the QR symbol, or the one-time code.")],
    config: Annotated[Path, typer.Option(help="The station's TOML file; made if absent.")] = Path(
        "station.toml"
    ),
    server: Annotated[str, typer.Option(help="Address of the platform, with a code alone.")] = "",
) -> None:
    """Make a key here, show the code to the platform, and write both down for the agent."""
    with httpx.Client(timeout=httpx.Timeout(20.0, connect=5.0)) as client:
        enrolled = join(config, code, server_url=server, client=client)
    show(f"[bold]{enrolled.name}[/bold] is enrolled at {enrolled.server_url}.")
    show(f"Its key is in {enrolled.key_file}, its way to the platform in {config}.")
    show(f"Next: suyuan station run {config} (if it runs already: start it anew)")
