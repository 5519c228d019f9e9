"""AES as signed tags use it, and the leakage resilient primitive (LRP) that some are set to instead.

Sources: NIST SP 800-38B (CMAC); NXP AN12304 (LRP: §2 evaluation, §3.2 encryption, §4 CMAC).
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.cmac import CMAC

BLOCK = 16
"""Bytes of a block, and of a key."""
ZERO = bytes(BLOCK)

_ECB = ECB()  # noqa: S305 - of single blocks, as the tag's protocol has it
_UPPER, _LOWER = b"\x55" * BLOCK, b"\xaa" * BLOCK
_NIBBLE, _ALL = 4, (1 << 8 * BLOCK) - 1
_REDUCED = 0x87


def encrypt_block(key: bytes, block: bytes) -> bytes:
    """One block under AES-128."""
    return Cipher(AES(key), _ECB).encryptor().update(block)


def decrypt_block(key: bytes, block: bytes) -> bytes:
    """The inverse of :func:`encrypt_block`."""
    return Cipher(AES(key), _ECB).decryptor().update(block)


def encrypt(key: bytes, iv: bytes, text: bytes) -> bytes:
    """Whole blocks under AES-128 in CBC mode."""
    return Cipher(AES(key), CBC(iv)).encryptor().update(text)


def decrypt(key: bytes, iv: bytes, text: bytes) -> bytes:
    """The inverse of :func:`encrypt`."""
    return Cipher(AES(key), CBC(iv)).decryptor().update(text)


def cmac(key: bytes, message: bytes) -> bytes:
    """AES-CMAC, sixteen bytes."""
    made = CMAC(AES(key))
    made.update(message)
    return made.finalize()


def short_mac(mac: bytes) -> bytes:
    """The eight bytes of a MAC that tags send: every second one."""
    return mac[1::2]


class Lrp:
    """LRP under one key, with its updated key of number ``index`` (0: for MACs, 1: for encryption)."""

    def __init__(self, key: bytes, index: int = 0) -> None:
        chain = encrypt_block(key, _UPPER)
        self._texts: list[bytes] = []
        for _ in range(1 << _NIBBLE):
            self._texts.append(encrypt_block(chain, _LOWER))
            chain = encrypt_block(chain, _UPPER)
        chain = encrypt_block(key, _LOWER)
        for _ in range(index):
            chain = encrypt_block(chain, _UPPER)
        self._updated = encrypt_block(chain, _LOWER)

    def decrypt(self, counter: bytes, text: bytes) -> bytes:
        """Whole blocks, each under the value of ``counter``, which goes on by one for each."""
        number, size = int.from_bytes(counter, "big"), len(counter)
        parts: list[bytes] = []
        for at in range(0, len(text), BLOCK):
            parts.append(decrypt_block(self._evaluated(number.to_bytes(size, "big")), text[at : at + BLOCK]))
            number = (number + 1) % (1 << 8 * size)
        return b"".join(parts)

    def cmac(self, message: bytes) -> bytes:
        """CMAC with the evaluation in the place of AES."""
        single = _doubled(self._evaluated(ZERO))
        at = max(0, (len(message) - 1) // BLOCK * BLOCK)
        last = message[at:]
        if len(last) < BLOCK:
            last, mask = (last + b"\x80").ljust(BLOCK, b"\0"), _doubled(single)
        else:
            mask = single
        state = ZERO
        for start in range(0, at, BLOCK):
            state = self._evaluated(_xor(message[start : start + BLOCK], state))
        return self._evaluated(_xor(_xor(last, mask), state))

    def _evaluated(self, data: bytes) -> bytes:
        """``data`` taken nibble by nibble down a tree of keys, and finalised."""
        key = self._updated
        for octet in data:
            key = encrypt_block(key, self._texts[octet >> _NIBBLE])
            key = encrypt_block(key, self._texts[octet & 0x0F])
        return encrypt_block(key, ZERO)


def _doubled(block: bytes) -> bytes:
    value = int.from_bytes(block, "big") << 1
    return (value & _ALL ^ (_REDUCED if value >> 8 * BLOCK else 0)).to_bytes(BLOCK, "big")


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).to_bytes(len(one), "big")
