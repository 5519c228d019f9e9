"""A private pcscd with the virtual reader ``vpcd``, for tests and demonstrations without hardware (as root).

It runs in name spaces of its own: its two virtual slots listen where no other machine reaches them, and the
machine's own pcscd, if there is one, is neither seen nor disturbed. Clients find it by the path of its socket
in the environment variable ``PCSCLITE_CSOCK_NAME``.
"""

from __future__ import annotations

import ctypes
import os
import shlex
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Self

from suyuan.readers.errors import MissingDependency, TransientConnectionError

READER = "ACS ACR122U PICC Interface (virtual)"
"""The name of the virtual reader; its slots end in ``00 00`` and ``00 01``."""
SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"

_LIBRARY = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
# Mode /dev/null: vpcd listens and cards dial in. Its other mode ends the whole daemon when a card goes.
_CONFIGURATION = f"""\
FRIENDLYNAME "{READER}"
DEVICENAME   /dev/null:0x8C7B
LIBPATH      {_LIBRARY}
CHANNELID    0x8C7B
"""
_PATIENCE_S = 10.0
_NEW_NETWORK = 0x40000000  # CLONE_NEWNET


def missing() -> str:
    """What this machine lacks for it, as words; empty if nothing."""
    if os.geteuid() != 0:
        return "root, who may make a private network"
    wanted = {"pcscd": "pcscd", "unshare": "util-linux", "ip": "iproute2"}
    packages = [package for program, package in wanted.items() if shutil.which(program) is None]
    if not _LIBRARY.exists():
        packages.append("vsmartcard-vpcd")
    return " ".join(packages)


class PrivatePcscd:
    """The daemon, running while this context lasts; ``folder`` is its own for configuration and log."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket_path(self) -> Path:
        """The path that clients are given; the same over restarts."""
        return self._folder / "pcscd.comm"

    def __enter__(self) -> Self:
        lacks = missing()
        if lacks:
            raise MissingDependency("A private PC/SC service needs {lacks}.", lacks=lacks)
        configuration = self._folder / "readers"
        configuration.mkdir(exist_ok=True)
        (configuration / "vpcd").write_text(_CONFIGURATION)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the daemon and wait until it answers.

        Raises:
            TransientConnectionError: it does not come up; its log is named.
        """
        log = self._folder / "pcscd.log"
        daemon = f"exec pcscd --foreground --config {shlex.quote(str(self._folder / 'readers'))}"
        inside = f"mount -t tmpfs none /run && mkdir /run/pcscd && ip link set lo up && {daemon}"
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - fixed words and a quoted folder of our own
                ["unshare", "--net", "--mount", "sh", "-c", inside],  # noqa: S607
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        real = Path(f"/proc/{self._process.pid}/root/run/pcscd/pcscd.comm")
        deadline = time.monotonic() + _PATIENCE_S
        while not (real.exists() and self._listens()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise TransientConnectionError("The private pcscd does not start; see {log}.", log=str(log))
            time.sleep(0.01)
        self.socket_path.unlink(missing_ok=True)
        self.socket_path.symlink_to(real)

    def stop(self) -> None:
        """End the daemon, as a crash would for its clients; further calls do nothing."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def dial(self, port: int) -> socket.socket:
        """A connection to a port of the daemon's private network.

        Raises:
            TransientConnectionError: the daemon does not run, or nothing listens there.
        """
        made: list[socket.socket] = []
        faults: list[OSError] = []

        def enter_and_connect() -> None:
            # Entering a network name space binds a thread; the socket keeps it when the thread is gone.
            try:
                namespace = os.open(f"/proc/{self._process.pid if self._process else 0}/ns/net", os.O_RDONLY)
                try:
                    if ctypes.CDLL(None, use_errno=True).setns(namespace, _NEW_NETWORK):
                        raise OSError(ctypes.get_errno(), "setns")
                finally:
                    os.close(namespace)
                made.append(socket.create_connection(("127.0.0.1", port), _PATIENCE_S))
            except OSError as error:
                faults.append(error)

        thread = threading.Thread(target=enter_and_connect)
        thread.start()
        thread.join()
        if faults:
            raise TransientConnectionError("The virtual slot does not listen.") from faults[0]
        made[0].settimeout(None)
        return made[0]

    def _listens(self) -> bool:
        """Whether the virtual slots take cards. A dial would be a card: ask the kernel's table instead."""
        table = Path(f"/proc/{self._process.pid if self._process else 0}/net/tcp")
        try:
            return all(f":{port:04X} 00000000:0000 0A" in table.read_text() for port in (35963, 35964))
        except OSError:
            return False
