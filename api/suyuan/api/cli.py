"""The command line: ``suyuan``. Exit status 0 success, 1 failed check, 2 wrong use."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version as distribution_version
from typing import Annotated

import typer
from rich.console import Console

from suyuan.trace.errors import InvalidInput, NotFound, SuyuanError, WrongUse

app = typer.Typer(
    name="suyuan",
    help="Food traceability from the tag to the verdict. 从标签到结论的食品追溯。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
# Each group lives in its own module; a station installs without the server's libraries, so those that need
# them are imported only when they are used.
GROUPS = {
    "gs1": "suyuan.api.commands.gs1",
    "epc": "suyuan.api.commands.epc",
    "reader": "suyuan.api.commands.reader",
    "tag": "suyuan.api.commands.tag",
    "label": "suyuan.api.commands.label",
    "printer": "suyuan.api.commands.printer",
    "station": "suyuan.api.commands.station",
    "epcis": "suyuan.api.commands.epcis",
    "trace": "suyuan.api.commands.trace",
    "incident": "suyuan.api.commands.incident",
    "account": "suyuan.api.commands.account",
    "simulate": "suyuan.api.commands.simulate",
    "bench": "suyuan.api.commands.bench",
}
COMMANDS = {
    "init": "suyuan.api.commands.init",
    "serve": "suyuan.api.commands.serve",
    "load": "suyuan.api.commands.load",
    "check": "suyuan.api.commands.check",
    "demo": "suyuan.api.commands.demo",
    "health": "suyuan.api.commands.health",
    "backup": "suyuan.api.commands.backup",
    "restore": "suyuan.api.commands.backup",
    "rebuild": "suyuan.api.commands.rebuild",
}


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"suyuan {distribution_version('suyuan')}")
        raise typer.Exit


@app.callback()
def suyuan(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Options of every command."""


def main(argv: list[str] | None = None) -> None:
    """Run the command line; our errors become one sentence on stderr, never a traceback."""
    arguments = sys.argv[1:] if argv is None else argv
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    try:
        _load(wanted)
        app(args=arguments, standalone_mode=True)
    except SuyuanError as error:
        Console(stderr=True, highlight=False).print(f"suyuan: {error}", markup=False, soft_wrap=True)
        sys.exit(2 if isinstance(error, WrongUse | InvalidInput | NotFound) else 1)
    except ModuleNotFoundError as error:
        if _is_ours(error):
            raise
        sys.exit(f"suyuan: {wanted} needs {error.name}. Install it with: pip install 'suyuan[server]'")


def _load(wanted: str | None) -> None:
    """Register the command that is wanted, or for help all of them that can be imported here."""
    gc.disable()  # modules stay: to look for garbage among them takes a third of a start
    try:
        _register_all(wanted)
    finally:
        gc.freeze()
        gc.enable()


def _register_all(wanted: str | None) -> None:
    for name, module in {**GROUPS, **COMMANDS}.items():
        if wanted == name:
            _register(name, import_module(module))
        elif wanted is None:
            try:
                _register(name, import_module(module))
            except ModuleNotFoundError as error:
                if _is_ours(error):
                    raise


def _is_ours(error: ModuleNotFoundError) -> bool:
    return (error.name or "suyuan").startswith("suyuan")


def _register(name: str, module: object) -> None:
    if name in GROUPS:
        group: typer.Typer = getattr(module, "app")  # noqa: B009 (the module is only known by name)
        app.add_typer(group, name=name)
    else:
        command: Callable[..., object] = getattr(module, name)
        app.command(name)(command)


if __name__ == "__main__":
    main()
