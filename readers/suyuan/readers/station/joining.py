"""Joining a platform: the station's file and its key are changed together, whatever happens in between.

That the file can be changed is tried before the code is shown to anybody. What was interrupted after that is
completed by giving the same code again.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path

import httpx

from suyuan.readers.station import setup_file
from suyuan.readers.station.enrol import Enrolled, enrol, server_and_code, settled

KEY_FILE = "device-key.json"
_KEY_BYTES = 32


def join(path: Path, code_or_link: str, *, server_url: str = "", client: httpx.Client) -> Enrolled:
    """Enrol the station of the file ``path``, which need not be there, and write down where it belongs.

    Blocks; a few seconds at most. The arguments are those of :func:`suyuan.readers.station.enrol.enrol`.

    Raises:
        WrongUse: no code, no server, or a file that cannot be changed; the code is still good.
        FileNotWritten, DeviceKeyNotStored: the disk refuses; the same code can be given again.
        EnrolmentRefused, ServerNotReached: see there; the file is as it was.
    """
    folder = path.absolute().parent
    key_file = folder / KEY_FILE
    text = setup_file.read_text(path)
    server, _ = server_and_code(code_or_link, server_url)
    setup_file.rehearse(path, configure(text, _tried(text, server, key_file), folder))
    enrolled = enrol(code_or_link, server_url=server_url, key_file=key_file, client=client)
    setup_file.write(path, configure(text, enrolled, folder))
    settled(key_file)
    return enrolled


def configure(text: str, enrolled: Enrolled, folder: Path) -> str:
    """The configuration ``text`` of a station that belongs to ``enrolled`` now; else it stays as it is.

    A text without a station becomes the beginning of one, to which readers and read points are to be added.

    Raises:
        WrongUse: it cannot be changed; ``where`` names the key.
    """
    file = enrolled.key_file
    named = file.relative_to(folder) if file.is_relative_to(folder) else file
    station = {
        "id": _id(enrolled),
        "name": enrolled.name,
        "party": enrolled.party,
        "place": enrolled.place,
        "data": "data",
    }
    server = {
        "url": enrolled.server_url,
        "device_key_file": named.as_posix(),
        "key": base64.b64encode(enrolled.block_list_key).decode(),
    }
    return setup_file.with_platform(text, station, server)


def _tried(text: str, server: str, key_file: Path) -> Enrolled:
    """What an enrolment may be like, to see whether the file could take it."""
    place = setup_file.draft_of(text).place
    return Enrolled("", "-", server, place, server, "", bytes(_KEY_BYTES), "", key_file)


def _id(enrolled: Enrolled) -> str:
    """A station id from the device's name where it is plain, else from its id."""
    plain = re.sub(r"[^A-Za-z0-9._:-]+", "-", enrolled.name).strip("-")[:64]
    return plain or f"station-{enrolled.device}"
