# SPDX-License-Identifier: Apache-2.0
"""What an Etherbone port answers, from the protocols' texts: ARP (RFC 826), ICMP echo (RFC 792), Etherbone over UDP."""

from __future__ import annotations

import struct
from collections.abc import Callable

from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw
from scapy.utils import checksum

MAGIC, PORT, BROADCAST = 0x4E6F, 1234, "ff:ff:ff:ff:ff:ff"
MOST = 1500  # bytes of an IP packet
Access = tuple[str, int, int]  # "write" or "read", address, data


def record(writes: list[int], reads: list[int], base: int = 0, back: int = 0, enables: int = 15) -> bytes:
    """One record: writes to consecutive addresses from ``base``, then reads whose data goes back for ``back``."""
    data = struct.pack(">BBBB", 0, enables, len(writes), len(reads))
    if writes:
        data += struct.pack(f">{1 + len(writes)}I", base, *writes)
    if reads:
        data += struct.pack(f">{1 + len(reads)}I", back, *reads)
    return data


def packet(records: bytes, tag: int = 0, probe: bool = False) -> bytes:
    """A packet around records; the four bytes behind its header are the tag."""
    return struct.pack(">HBBI", MAGIC, 0x10 | probe, 0x44, tag) + records


class Oracle:
    """One port at ``mac`` and ``ip``; ``read`` gives a word of the bus, ``accesses`` is what must happen there."""

    def __init__(self, mac: str, ip: str, read: Callable[[int], int]) -> None:
        self.mac, self.ip, self.read = mac, ip, read
        self.accesses: list[Access] = []
        self._last: tuple[tuple[str, int, int], bytes] | None = None

    def answer(self, frame: bytes) -> bytes | None:
        """The answer to a good frame, without padding; None: there is none."""
        if len(frame) < 14 or (frame[:6] != self._own and frame[:6] != b"\xff" * 6):
            return None
        asked = Ether(frame)
        if frame[12:14] == b"\x08\x06":
            return self._arp(asked, frame)
        if frame[12:14] == b"\x08\x00" and len(frame) >= 42:
            return self._ip(asked, frame)
        return None

    @property
    def _own(self) -> bytes:
        return bytes.fromhex(self.mac.replace(":", ""))

    def _arp(self, asked: Ether, frame: bytes) -> bytes | None:
        if len(frame) < 42 or frame[14:22] != bytes.fromhex("0001080006040001") or asked[ARP].pdst != self.ip:
            return None
        self._last = None
        return bytes(
            Ether(dst=asked.src, src=self.mac)
            / ARP(op=2, hwsrc=self.mac, psrc=self.ip, hwdst=asked.src, pdst=asked[ARP].psrc)
        )

    def _ip(self, asked: Ether, frame: bytes) -> bytes | None:
        total = int.from_bytes(frame[16:18], "big")
        if frame[14] != 0x45 or not 28 <= total <= min(MOST, len(frame) - 14):
            return None
        if int.from_bytes(frame[20:22], "big") & 0x3FFF or asked[IP].dst != self.ip:
            return None
        body = frame[34 : 14 + total]
        if frame[23] == 1:
            self._last = None
            if body[:2] != b"\x08\0":
                return None
            echo = ICMP(body)
            wrong = checksum(body) != 0
            # by RFC 1624 a checksum that was wrong stays wrong
            total = echo.chksum + 0x0800
            echo.type, echo.chksum = 0, (total & 0xFFFF) + (total >> 16) if wrong else None
            return self._header(asked, 1, bytes(echo))
        if frame[23] != 17 or total % 4 or total < 36:
            return None
        source, port, length = struct.unpack(">HHH", body[:6])
        if port != PORT or length != total - 20:
            return None
        answer = self._packet(body[8:], (asked[IP].src, source))
        return answer and self._header(asked, 17, bytes(UDP(sport=PORT, dport=source, chksum=0) / Raw(answer)))

    def _header(self, asked: Ether, proto: int, body: bytes) -> bytes:
        header = IP(src=self.ip, dst=asked[IP].src, proto=proto, id=0, flags="DF", ttl=64)
        return bytes(Ether(dst=asked.src, src=self.mac) / header / Raw(body))

    def _packet(self, data: bytes, sender: tuple[str, int]) -> bytes | None:
        magic, version, sizes, tag = struct.unpack(">HBBI", data[:8])
        if magic != MAGIC or version >> 4 != 1 or not sizes & 0x40 or not sizes & 0x04:
            return None
        if tag and self._last and self._last[0] == (*sender, tag):
            return self._last[1]
        self._last = None
        probe = version & 1
        out, wanted = b"" if probe else self._records(data[8:]), probe or tag
        if not (out or wanted):
            return None
        answer = struct.pack(">HBBI", MAGIC, 0x10 | probe << 1, 0x44, tag) + out
        if tag:
            self._last = (*sender, tag), answer
        return answer

    def _records(self, data: bytes) -> bytes:
        out = b""
        while data:
            _, enables, writes, reads = struct.unpack(">BBBB", data[:4])
            need = writes + bool(writes) + reads + bool(reads)
            words = list(struct.unpack(f">{len(data) // 4 - 1}I", data[4:]))
            if need > len(words) or (writes and enables & 15 != 15):
                break
            if writes:
                base = words.pop(0) & ~3
                for index in range(writes):
                    address = base + 4 * index & 0xFFFFFFFF
                    self.accesses.append(("write", address, words.pop(0)))
            if reads:
                out += struct.pack(">BBBBI", 0, enables, reads, 0, words.pop(0))
                for _ in range(reads):
                    address = words.pop(0) & ~3
                    self.accesses.append(("read", address, self.read(address)))
                    out += struct.pack(">I", self.read(address))
            data = data[4 * (1 + need) :]
        return out
