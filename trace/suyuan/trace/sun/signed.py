"""Which tags were signed, in a file beside their keys, a UID a line.

Every blank bears the maker's public key, so anything can pass for one, under any UID. Whoever signs asks here
first: a tag that was signed has keys of its own, and what claims its UID without them is an imitation.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from suyuan.trace.sun.errors import SunKeyError
from suyuan.trace.sun.keys import UID_SIZE

SignedBefore = Callable[[bytes], bool]
"""Whether the tag with this UID was signed to its end, under any version of the keys."""


def beside(keys: Path) -> Path:
    """The file of the tags that were signed with the key file ``keys``.

    >>> beside(Path("sun.toml")).name
    'sun.toml.signed'
    """
    return keys.with_name(f"{keys.name}.signed")


def read_signed(path: Path) -> frozenset[bytes]:
    """The UIDs in the file at ``path``; none where there is no file yet. Linear in its size.

    Raises:
        SunKeyError: it cannot be read, or a line is no UID.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return frozenset()
    except OSError as error:
        raise _unusable(path, error) from error
    uids: set[bytes] = set()
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        try:
            uid = bytes.fromhex(line.decode("ascii"))
        except ValueError:
            uid = b""
        if len(uid) != UID_SIZE or not line.endswith(b"\n"):
            raise SunKeyError(
                "Line {number} of {path} is not the UID of a tag.",
                where=f"{path}:{number}",
                remedy="Take the line out: it was cut off. The tag is entered when it is signed once more.",
                path=str(path),
                number=number,
            )
        uids.add(uid)
    return frozenset(uids)


def note_signed(path: Path, uid: bytes) -> None:
    """Enter ``uid`` in the file at ``path``; it is on the disk when this returns.

    Raises:
        SunKeyError: it cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(uid.hex().upper().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: OSError) -> SunKeyError:
    return SunKeyError(
        "The file of signed tags {path} cannot be used: {reason}.",
        where=str(path),
        remedy="Let it be read and written, then sign the same tag once more: it is entered then.",
        path=str(path),
        reason=error.strerror or "unknown",
    )
