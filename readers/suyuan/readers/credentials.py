"""Users and passwords of readers that ask for them: in the address, or better in a file or a variable."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from suyuan.readers.address import Option, ReaderAddress
from suyuan.readers.errors import ReaderConfigError

LONGEST = 1024
"""Bytes of a file that holds a password."""
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


def file_path(text: str) -> Path:
    """The absolute path of a file."""
    path = Path(text)
    if not path.is_absolute() or not text.isprintable():
        message = "an absolute path is needed, such as /etc/suyuan/reader"
        raise ValueError(message)
    return path


def variable(text: str) -> str:
    """The name of an environment variable."""
    if not _VARIABLE.fullmatch(text):
        message = "the name of an environment variable is needed"
        raise ValueError(message)
    return text


OPTIONS: tuple[Option, ...] = (
    Option(
        "password_file",
        file_path,
        None,
        "file whose first line is the password, instead of the address",
        hidden=True,
    ),
    Option(
        "password_env",
        variable,
        None,
        "environment variable with the password, instead of the address",
        hidden=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are to a reader or broker; a ``repr`` does not tell the password."""

    user: str
    password: str = field(default="", repr=False)


def credentials(
    address: ReaderAddress, options: Mapping[str, Any], environment: Mapping[str, str] = os.environ
) -> Credentials | None:
    """The user and password of an address, None where it names no user.

    Args:
        address: of the reader.
        options: its values of :data:`OPTIONS`.
        environment: variables by name.

    Raises:
        ReaderConfigError: a password without user, given twice, or in a file or variable that is not there.
    """
    file, name = options["password_file"], options["password_env"]
    ways = [way for way in (address.password, file, name) if way is not None]
    if not ways and address.user is None:
        return None
    if not address.user:
        raise ReaderConfigError(
            "{url} has a password but no user.",
            where="url",
            remedy="Write the user before the host, such as mqtts://user@broker/topic?password_file=/path.",
            url=address.url,
        )
    if len(ways) > 1:
        raise ReaderConfigError("The password of {url} is given twice.", where="password", url=address.url)
    if file is not None:
        return Credentials(address.user, _first_line(file))
    if name is not None and name not in environment:
        raise ReaderConfigError(
            "The environment variable that holds the password of {host} is not set.",
            where="password_env",
            remedy="Write its name, not the password, and set it for the user that the station runs as.",
            host=address.host,
        )
    return Credentials(address.user, environment[name] if name is not None else address.password or "")


def _first_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST + 1).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error.strerror if isinstance(error, OSError) else "not UTF-8") from error
    line = text.splitlines()[0] if text else ""
    if not line or len(text) > LONGEST:
        raise _unreadable(path, "no password on its first line" if not line else "too long")
    return line


def _unreadable(path: Path, reason: str | None) -> ReaderConfigError:
    return ReaderConfigError(
        "The password cannot be read from {path}: {reason}.",
        where="password_file",
        remedy="Put the password alone into this file, readable for the user that the station runs as.",
        path=str(path),
        reason=reason or "unreadable",
    )
