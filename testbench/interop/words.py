# SPDX-License-Identifier: Apache-2.0
"""What the page of the matrix says around its tables."""

from __future__ import annotations

HEAD = """\
# Interoperability

Which drivers work with which devices over vhost-user, measured by `make interop`, which writes this page.
{cells} cells: {counts}. Seed {seed}; {machine}.

Every cell carries traffic whose content is verified:

- Linux guests fetch a file from the other end of the wire over IPv4 and send it back over IPv6; SHA-256 must agree at
  both ends. TCP would repair a loss, so the frames that guest, device and the other end's kernel have counted must
  agree too: none is missing without a counter. Interrupts are those of `/proc/interrupts`. TSO is switched off in the
  guest by `ethtool -K`.
- Our driver sends and receives numbered frames of random size and content at the same time, compared byte for byte and
  in order; with TSO then super-frames of 60,000 bytes over IPv4 and IPv6.
- DPDK's testpmd gives back numbered frames (`io`), compared byte for byte and in order; with TSO then TCP frames for
  which it asks the device to segment (`csum`, `tso set`). It polls: no interrupts.

Segments are read by scapy, which computes every checksum anew, and reassembled by their sequence numbers. With TSO
the device must have had super-frames, without it none. "out" is from the driver to the wire. Wall times include the
start of the device and the boot of the guest.

"""

NOTES = """\
## What cannot exist, and what is different

{reasons}- **DPDK net_vhost does not segment**: with its option `tso=1` a super-frame goes through it whole.
  "Super-frames" are there those that arrived so, with right checksums. It has no wire: a relay (our driver on a second
  port of the same testpmd) gives it one.
- **DPDK virtio_user with packed rings and indirect descriptors**: in its indirect tables the header of a frame to be
  sent is marked as one that the device writes (`vring_desc_init_indirect_packed` sets VIRTQ_DESC_F_WRITE; DPDK 22.11,
  and its main branch as well). A device that goes by the standard must refuse such a chain, and the card does
  (`vq_err_order`, `tx_drop_chain`): frames of several buffers are lost, those of one buffer go another way. Its packed
  cells run on a card that does not offer INDIRECT_DESC, as `ferrule vhost --without INDIRECT_DESC` does.
- **Linux in User-Mode-Linux** takes packed rings wherever they are offered. In split cells the card does not offer them
  (`ferrule vhost --without RING_PACKED`).

"""

FEATURES = """\
## Negotiated features

"""

FRAMES = """
## No frame lost

Frames of 64 bytes (with FCS), numbered and of random content, through DPDK's `io` forwarding on the card and back, each
compared byte for byte and in order. The card's counters must agree. Frames a wall second depend on what else the
machine does (testpmd polls, so three processes want a processor); the processor time does so much less.

"""

MODES = """
## Every way in which testpmd forwards

DPDK's virtio_user with one pair of queues and with four, MTU 1500. `txonly`: every frame that testpmd counts arrives,
as it makes them. `rxonly`: every frame is taken, none comes back. `io`: numbered frames there and back, byte for byte,
each flow in order; with four pairs the card must bring a flow to the pair that it was last sent from (every pair has
sent a burst of 32 flows before), so the last column shows its automatic steering. `csum`: TCP frames, for which testpmd
asks the card for checksums and segmentation.

"""

GUESTS = """
## Two guests on one wire

Two User-Mode-Linux guests, each with a card of its own. `ping` 20 times; `iperf3 -R` and curl load the second guest as
sender. The file's SHA-256 is verified. No round trip may take longer than a second.

"""

END = """
## Run it

```
make interop                                                 # everything; writes this page, build/interop/interop.json
.venv/bin/python -m testbench.interop --only dpdk-rtl-packed  # some cells: all words must be in a cell's name
.venv/bin/python -m testbench.interop --part frames --tenth   # one part, a tenth of the traffic
```

`tests/test_interop.py` runs cells of every driver and every device in CI.
"""
