# SPDX-License-Identifier: Apache-2.0
"""Which queue pair a received frame comes to: pairs in use, RSS and the hash report; remembered across a re-probe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import Unsupported
from .config import KEY_BYTES, Hashing
from .control import ControlQueue
from .features import Feature

if TYPE_CHECKING:
    from .device import NetDevice

# VIRTIO_NET_HASH_TYPE_*; those for IPv6 extension headers are left off: ethtool has no words for them
IPV4, TCPV4, UDPV4, IPV6, TCPV6, UDPV6 = (1 << bit for bit in range(6))
NAMED = IPV4 | TCPV4 | UDPV4 | IPV6 | TCPV6 | UDPV6

# The key of Microsoft's RSS verification suite: the same on every run, and hashes can be compared with published ones
DEFAULT_KEY = bytes.fromhex("6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa")
assert len(DEFAULT_KEY) == KEY_BYTES


@dataclass(frozen=True)
class Choice:
    """What the owner chose. ``types`` None: all that the device can; ``table`` None: all pairs in use in turn."""

    key: bytes = DEFAULT_KEY
    types: int | None = None
    table: tuple[int, ...] | None = None
    hashing: bool = True


class Steering:
    """Pairs, indirection table, key and hash types of one device."""

    def __init__(self, device: NetDevice) -> None:
        self._device = device
        self._choice = Choice()
        self.limits = Hashing(0, 0)

    def _control(self, *features: Feature) -> ControlQueue:
        control = self._device.queues.control
        if control is None or not self._device.features.intersection(features):
            raise Unsupported(f"{' or '.join(feature.name for feature in features)} was not negotiated")
        return control

    @property
    def key(self) -> bytes:
        """The hash's key."""
        return self._choice.key

    @property
    def hashing(self) -> bool:
        """Whether anything is hashed."""
        return self._choice.hashing

    @property
    def supported(self) -> int:
        """Hash types that can be chosen."""
        return self.limits.types & NAMED

    @property
    def hash_types(self) -> int:
        """What is hashed while hashing is on."""
        chosen = self._choice.types
        return self.supported if chosen is None else chosen & self.supported

    @property
    def table(self) -> tuple[int, ...]:
        """A pair for each value of the hash's last bits."""
        return self._table(self._choice, self._device.queues.active)

    def _table(self, choice: Choice, pairs: int) -> tuple[int, ...]:
        return choice.table or tuple(place % pairs for place in range(self.limits.table_entries))

    async def set_pairs(self, count: int) -> None:
        """Use so many pairs. Nothing is sent on one that the device is asked to leave, or does not use yet."""
        device, queues = self._device, self._device.queues
        if count == queues.active:
            return
        self._control(Feature.MQ, Feature.RSS)
        if not 1 <= count <= queues.max_pairs:
            raise Unsupported(f"{count} pairs: the device has from 1 to {queues.max_pairs}")
        table = self._choice.table
        if table and max(table) >= count:
            raise Unsupported(f"{count} pairs: the indirection table names pair {max(table)}")
        before = queues.active
        queues.grow(count)
        for rx in queues.rx[before:]:
            rx.flush()
        queues.active = min(before, count)
        try:
            await self._tell_pairs(count)
        except BaseException:
            queues.active = before
            raise
        queues.active = device.options.pairs = count

    async def set_table(self, table: Sequence[int] | None) -> None:
        """The indirection table, a power of two of pairs in use; None: all of them in turn."""
        self._control(Feature.RSS)
        if table is not None:
            most, active = self.limits.table_entries, self._device.queues.active
            if not 1 <= len(table) <= most or len(table) & (len(table) - 1):
                raise ValueError(f"an indirection table of {len(table)} entries: not a power of two up to {most}")
            for place, pair in enumerate(table):
                if not 0 <= pair < active:
                    raise ValueError(f"entry {place} of the indirection table is pair {pair}, {active} are in use")
        await self._choose(replace(self._choice, table=None if table is None else tuple(table)))

    async def set_key(self, key: bytes) -> None:
        """The hash's key."""
        self._control(Feature.RSS, Feature.HASH_REPORT)
        if len(key) != KEY_BYTES:
            raise ValueError(f"a hash key of {len(key)} bytes, {KEY_BYTES} are expected")
        await self._choose(replace(self._choice, key=bytes(key)))

    async def set_hash_types(self, types: int) -> None:
        """What is hashed (VIRTIO_NET_HASH_TYPE_*)."""
        self._control(Feature.RSS, Feature.HASH_REPORT)
        if types & ~self.supported:
            raise Unsupported(f"hash types {types:#x}: the device has {self.supported:#x}")
        await self._choose(replace(self._choice, types=types))

    async def set_hashing(self, on: bool) -> None:
        """Hash what ``hash_types`` says, or nothing at all."""
        self._control(Feature.RSS, Feature.HASH_REPORT)
        await self._choose(replace(self._choice, hashing=on))

    async def _choose(self, choice: Choice) -> None:
        """What the device refuses is not taken for set."""
        before, self._choice = self._choice, choice
        try:
            await self._tell_hashing(self._device.queues.active)
        except BaseException:
            self._choice = before
            raise

    async def _tell_pairs(self, pairs: int) -> None:
        # the last command decides the mode: with RSS the number of pairs is in its own command
        if Feature.RSS in self._device.features:
            await self._tell_hashing(pairs)
        else:
            await self._control(Feature.MQ).set_pairs(pairs)

    async def _tell_hashing(self, pairs: int) -> None:
        control = self._control(Feature.RSS, Feature.HASH_REPORT)
        types = self.hash_types if self.hashing else 0
        if Feature.RSS in self._device.features:
            await control.set_rss(types, self._table(self._choice, pairs), self.key, pairs)
        else:
            await control.set_hash(types, self.key)

    async def restore(self) -> None:
        """Tell a freshly probed device what is not its default: it uses one pair and hashes nothing."""
        features, active = self._device.features, self._device.queues.active
        table = self._choice.table
        if table and (len(table) > self.limits.table_entries or max(table) >= active):
            self._choice = replace(self._choice, table=None)  # made for another offer
        if Feature.RSS in features or (Feature.MQ in features and active > 1):
            await self._tell_pairs(active)
        if Feature.HASH_REPORT in features and Feature.RSS not in features:
            await self._tell_hashing(active)
