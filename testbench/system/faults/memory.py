# SPDX-License-Identifier: Apache-2.0
"""Entries: host memory that answers with errors, late, irregularly, or in one direction only."""

from __future__ import annotations

from typing import Any

from testbench.lib.bus_types import BOTH, ERRORS, READ, WRITE
from testbench.lib.sim_base import SimBase
from testbench.system.faults.scene import Scene
from testbench.system.faults.traffic import nothing

CHAIN = frozenset({"tx_drop_chain", "rx_drop_chain", "vq_err_desc_dma", "dma_read_errors"})
RING = frozenset({"vq_err_ring_dma", "dma_read_errors", "dma_write_errors"})
AROUND_A_RESET = frozenset({"rx_drop_no_buffer", "rx_drop_store_full", "rx_drop_disabled", "rx_drop_filter"})
# what is hit: kinds of access, share of the bursts, counters that may tell of it
ERROR_KINDS: dict[str, tuple[int, float, frozenset[str]]] = {
    "error reading a frame": (READ, 0.15, frozenset({"tx_drop_dma", "dma_read_errors"})),
    "error writing a frame": (WRITE, 0.2, frozenset({"rx_drop_dma", "dma_write_errors"})),
    "error on a descriptor": (READ, 0.15, CHAIN),
    "error on an available ring": (READ, 0.08, RING | AROUND_A_RESET),
    "error on a used ring": (WRITE, 0.08, RING | AROUND_A_RESET),
    "error anywhere": (BOTH, 0.02, CHAIN | RING | AROUND_A_RESET | {"tx_drop_dma", "rx_drop_dma"}),
}
RING_TIMES = 4
SPIKES_NS, SPIKE_PPM = (5_000, 20_000, 100_000), 60_000
JITTER_NS = 300, 1_000, 3_000
LATE = frozenset({"rx_drop_no_buffer", "rx_drop_store_full"})
OTHER_WAY = {"read": "write", "write": "read"}
STALLS = {"reads held back": "read", "writes held back": "write"}


def bursts(sim: SimBase) -> int:
    """Of host memory, so far."""
    counters = sim.counters()
    return counters["memory.read_bursts"] + counters["memory.write_bursts"]


def places(scene: Scene, kind: str) -> list[tuple[int, int]]:
    """(address, bytes) of what a kind of error hits, as the driver has it now."""
    tx, rx = scene.device.queues.tx[0], scene.device.queues.rx[0]
    queues = (tx.queue, rx.queue)
    if kind == "error reading a frame":
        return [(buffer.address, buffer.size) for buffer in tx._buffers]
    if kind == "error writing a frame":
        return [(rx._buffer.address, rx._buffer.size)]
    if kind == "error on a descriptor":
        areas = [queue.areas[name] for name in ("tables", "descriptors") for queue in queues]
        return [area for area in areas if area[1]]
    if kind == "error on an available ring":
        return [queue.areas["driver"] for queue in queues]
    if kind == "error on a used ring":
        return [queue.areas["used"] for queue in queues]
    return [(scene.memory.base, scene.memory.size)]


async def errors(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Rounds of each kind of error, ``rounds`` of ``ns`` nanoseconds, half of them SLVERR and half DECERR."""
    scene = await Scene(sim, args).up()
    for turn in range(args["rounds"]):
        for kind, (access, share, told) in ERROR_KINDS.items():

            def inject(kind: str = kind, access: int = access, share: float = share) -> None:
                sim.host.inject_clear()
                for address, size in places(scene, kind):
                    for response in ERRORS:
                        sim.host.inject(address, size, access, response, share=share / 2)

            async def act(kind: str = kind, told: Any = told, inject: Any = inject) -> int:
                before = sim.cell("memory.errors").value
                scene.when_fresh = inject
                if len(places(scene, kind)) > 1:
                    scene.before_reset = sim.host.inject_clear  # the memory of the old rings may be that of new buffers
                inject()
                # an error on a ring costs a reset, so that there are fewer of them in a time
                await sim.sleep_ns(args["ns"] * (RING_TIMES if "vq_err_ring_dma" in told else 1))
                scene.when_fresh = scene.before_reset = nothing
                sim.host.inject_clear()
                if "vq_err_desc_dma" in told:
                    await scene.flush()  # chains that were read badly may not have been taken yet
                return sim.cell("memory.errors").value - before

            injected, counted = scene.injected[kind], scene.counted("dma_read_errors", "dma_write_errors")
            await scene.round(kind, act, told)
            injected = scene.injected[kind] - injected
            counted = scene.counted("dma_read_errors", "dma_write_errors") - counted
            if not (injected > 0) <= counted <= injected:
                scene.violations.append(f"{kind}, round {turn}: {injected} answers with an error, {counted} counted")
    return await scene.close()


async def delays(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Rounds with spikes of up to 100 us, with jitter, and with one direction's answers held back for ``stall_ns``.

    Also the bursts that the one direction took while the other stood still.
    """
    scene = await Scene(sim, args).up()
    passed = dict.fromkeys(STALLS, 0)

    async def spikes() -> int:
        share, before = sim.cell("memory.spike_ppm"), sim.cell("memory.spikes").value
        sim.cell("memory.spike_ps").value = scene.rng.choice(SPIKES_NS) * 1000
        share.value = SPIKE_PPM
        await sim.sleep_ns(args["ns"])
        share.value = 0
        return sim.cell("memory.spikes").value - before

    async def jitter() -> int:
        ways = [sim.cell(f"memory.{way}_jitter_ps") for way in ("read", "write")]
        before = bursts(sim)
        for way in ways:
            way.value = scene.rng.choice(JITTER_NS) * 1000
        await sim.sleep_ns(args["ns"])
        for way in ways:
            way.value = 0
        return bursts(sim) - before

    async def stall(kind: str) -> int:
        latency = sim.cell(f"memory.{STALLS[kind]}_latency_ps")
        usual = latency.value
        for _ in range(args["stalls"]):
            seen = sim.counters()[f"memory.{OTHER_WAY[STALLS[kind]]}_bursts"]
            latency.value = args["stall_ns"] * 1000
            await sim.sleep_ns(args["stall_ns"])
            latency.value = usual
            passed[kind] += sim.counters()[f"memory.{OTHER_WAY[STALLS[kind]]}_bursts"] - seen
            await sim.sleep_ns(args["stall_ns"] // 2)
        return args["stalls"]

    for _ in range(args["rounds"]):
        await scene.round("latency spike", spikes, LATE)
        await scene.round("jitter of reads against writes", jitter, LATE)
        for kind in STALLS:
            await scene.round(kind, lambda kind=kind: stall(kind), LATE)  # type: ignore[misc]
    return {**await scene.close(), "passed": passed}
