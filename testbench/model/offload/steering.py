# SPDX-License-Identifier: Apache-2.0
"""Which receive queue a frame goes to (virtio 1.2, 5.1.6.5.5 to 5.1.6.5.7), and the hash that is reported with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from testbench.model.offload.flow import Flow, flow_of, network_layer
from testbench.model.offload.layer4 import TCP
from testbench.model.offload.toeplitz import KEY_BYTES, Toeplitz

FIXED, AUTOMATIC, RSS = range(3)  # STEERING.mode
TABLE_ENTRIES = 128
FLOWS = 4096  # remembered at once; then the oldest is forgotten
# number of the first hash type of a kind of packet: layer 3 alone, with TCP, with UDP
V4, V6, V6_EXTENDED = 0, 3, 6


@dataclass(slots=True)
class Steering:
    """By registers: STEERING, ACTIVE_PAIRS, RSS_*, and HASH_REPORT of ACTIVE_FEATURES_HI."""

    mode: int = FIXED
    pairs: int = 1
    hash_types: int = 0
    unclassified: int = 0
    mask: int = 0
    report: bool = False
    table: list[int] = field(default_factory=lambda: [0] * TABLE_ENTRIES)
    key: bytearray = field(default_factory=lambda: bytearray(KEY_BYTES))
    _hashed: tuple[bytes, Toeplitz] | None = field(default=None, init=False, repr=False, compare=False)
    _flows: dict[tuple[int, bytes, bytes], int] = field(default_factory=dict, init=False, repr=False, compare=False)

    def clear(self) -> None:
        """Reset values; table and key stay."""
        self.mode, self.pairs, self.hash_types, self.unclassified, self.mask = FIXED, 1, 0, 0, 0
        self._flows.clear()

    def learn(self, frame: bytes, pair: int) -> None:
        """A frame was sent from this pair: in mode AUTOMATIC its flow comes back there."""
        flow = flow_of(frame, *network_layer(frame))
        if flow is None:
            return
        if len(self._flows) >= FLOWS and flow.returning not in self._flows:
            del self._flows[next(iter(self._flows))]
        self._flows[flow.returning] = pair

    def choose(self, frame: bytes, l3: int, ether_type: int, fixed: int) -> tuple[int, int, int]:
        """Queue, hash and VIRTIO_NET_HASH_REPORT_* of a frame; ``fixed``: queue of those that nothing else decides."""
        flow = flow_of(frame, l3, ether_type)
        value, report = self.hash(flow) if flow else (0, 0)
        if self.mode == RSS:
            queue = self.table[value & self.mask] if report else self.unclassified
        elif self.mode == AUTOMATIC:
            queue = self._flows.get(flow.coming, fixed) if flow else fixed
            queue = queue if queue < self.pairs else fixed
        else:
            queue = fixed
        return queue, value, report

    def hash(self, flow: Flow) -> tuple[int, int]:
        """Hash and VIRTIO_NET_HASH_REPORT_* of a flow by the enabled types; (0, 0): none of them covers it."""
        layer4 = 0 if not flow.ports else 1 if flow.protocol == TCP else 2
        own = V4 if len(flow.addresses) == 8 else V6
        for kind, addresses in ((V6_EXTENDED, flow.mobile), (own, flow.addresses)):
            if kind == V6_EXTENDED and not flow.extended:
                continue
            if layer4 and self.hash_types >> kind + layer4 & 1:
                return self._toeplitz(addresses + flow.ports), kind + layer4 + 1
            if self.hash_types >> kind & 1:
                return self._toeplitz(addresses), kind + 1
        return 0, 0

    def _toeplitz(self, data: bytes) -> int:
        if self._hashed is None or self._hashed[0] != self.key:
            self._hashed = bytes(self.key), Toeplitz(bytes(self.key))
        return self._hashed[1].hash(data)
