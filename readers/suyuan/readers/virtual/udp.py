"""A virtual tag on nfcpy's air in a cable (its ``udp`` device), for readers such as ``nfc+udp://``.

nfcpy listens on all addresses of the machine while the tag lies there. Needs nfcpy.
"""

from __future__ import annotations

import importlib
import threading
from typing import Any, Self

from suyuan.readers.virtual.tags import VirtualTag, VirtualType4

_WAIT_S = 0.1
_ATS = bytes.fromhex("0578807002")
"""Answer to RATS: frames of 256 bytes, long enough that no APDU here needs to be split."""
_KNOWN = {0x30, 0xA2, 0x60, 0x1B, 0x39, 0x3C}
"""Commands of a Type 2 tag; at others it falls silent."""
_RATS, _PRESENCE, _BLOCK = 0xE0, 0xB2, 0x02


class UdpTag:
    """A tag that lies in the air at UDP port ``port`` while this context lasts."""

    def __init__(self, tag: VirtualTag, port: int) -> None:
        self._tag = tag
        self._port = port
        self._gone = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="virtual tag")
        self._clf: Any = importlib.import_module("nfc.clf")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Take the tag away; further calls do nothing."""
        self._gone.set()
        if self._thread.is_alive():
            self._thread.join()

    def _serve(self) -> None:
        is_type4 = isinstance(self._tag, VirtualType4)
        local = self._clf.LocalTarget(
            "106A",
            sens_res=bytearray.fromhex("4400"),
            sdd_res=bytearray(self._tag.uid),
            sel_res=bytearray.fromhex("20" if is_type4 else "00"),
        )
        while not self._gone.is_set():
            frontend = self._clf.ContactlessFrontend(f"udp:127.0.0.1:{self._port}")
            try:
                target = frontend.listen(local, timeout=_WAIT_S)
                if target is not None:
                    self._tag.reset()
                    self._answer_all(frontend, bytes(target.tt4_cmd or target.tt2_cmd or b""))
            except self._clf.CommunicationError:
                pass  # selected anew, or the reader's field is off
            finally:
                frontend.close()

    def _answer_all(self, frontend: Any, command: bytes) -> None:
        """Answer until the reader turns away or the tag is gone."""
        while not self._gone.is_set():
            answer = self._isodep(command) if isinstance(self._tag, VirtualType4) else self._native(command)
            if answer is None:
                self._gone.set()
                return
            if not answer:
                return  # halted, or asked what it does not know: silent until selected again
            command = self._exchange(frontend, answer)

    def _exchange(self, frontend: Any, answer: bytes | None) -> bytes:
        while True:
            try:
                return bytes(frontend.exchange(answer, timeout=_WAIT_S) or b"")
            except self._clf.TimeoutError:
                if self._gone.is_set():
                    return b""
                answer = None  # go on listening

    def _native(self, command: bytes) -> bytes | None:
        return self._tag.answer(command) if command[0] in _KNOWN else b""

    def _isodep(self, command: bytes) -> bytes | None:
        """ISO 14443-4: activation, presence checks and information blocks."""
        if not command:
            return b""
        if command[0] == _RATS:
            return _ATS
        if command[0] & 0xFE == _PRESENCE:
            return bytes((0xA2 | command[0] & 1,))
        if command[0] & 0xFE != _BLOCK:
            return b""
        answer = self._tag.answer(command[1:])
        return None if answer is None else command[:1] + answer
