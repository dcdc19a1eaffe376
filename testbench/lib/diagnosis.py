# SPDX-License-Identifier: Apache-2.0
"""The card's state in words: which queue, in which state, with what outstanding. A line a queue, 100 columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from textwrap import fill

State = Mapping[str, int]
COLUMNS = 100
CARD = -1  # the place that is no queue
FETCH = ("asleep", "awake", "reading", "to-arm", "arming", "to-reread")  # state_q in vq_fetch.v
HEAD = f"{'queue':<12} {'state':<9} {'chains':<6} {'published':>9} {'seen':>6} {'asked':>6} {'used':>6} "
HEAD += f"{'popped':>6} {'reads':>5} {'writes':>6}  flags"
LEGEND = (
    "state: of reading the avail ring; chains: prefetched; published: avail index in host memory; seen: as the card "
    "last read it; asked: next entry to fetch; used: index the card published; popped: chains taken and not completed; "
    "reads, writes: of the rings, outstanding"
)
OUTSTANDING = {"popped": "chains not completed", "reading": "ring reads", "writing": "ring writes"}


def queue_name(gq: int, queues: int) -> str:
    """The standard's name of a queue; the last one is the control queue."""
    return "control" if gq == queues - 1 else f"{('receiveq', 'transmitq')[gq % 2]}{gq // 2}"


def _queue_line(name: str, queue: State, published: int | None) -> str:
    if not queue["running"]:
        left = " but busy" if queue["busy"] else ""
        return f"{name:<12} not running{left}"
    flags = [word for word in ("broken", "busy") if queue[word]]
    if queue["kicked"]:
        flags.append("doorbell noted")
    if queue["unpublished"]:
        flags.append("used index to write")
    if queue["asking"]:
        flags.append("asks for event")
    chains = "ready" if queue["chain_ready"] else "none" if queue["chain_none"] else "coming"
    return (
        f"{name:<12} {FETCH[queue['state']]:<9} {chains:<6} {'?' if published is None else published:>9} "
        f"{queue['seen']:>6} {queue['next']:>6} {queue['used']:>6} {queue['popped']:>6} {queue['reading']:>5} "
        f"{queue['writing']:>6}  {', '.join(flags)}"
    ).rstrip()


def _remarks(name: str, queue: State, published: int | None, enabled: bool) -> list[str]:
    """What of a running queue's state may be why nothing moves."""
    remarks = []
    if queue["broken"]:
        remarks.append(f"{name} is stopped by an error of its ring until it is reset")
    elif published is not None and published != queue["seen"]:
        news = f"{name}: {published - queue['seen'] & 0xFFFF} published and not seen"
        if FETCH[queue["state"]] == "asleep" and not queue["kicked"]:
            news += "; the queue is asleep and no doorbell has rung"
        remarks.append(news)
    if queue["chain_ready"] and not enabled:
        remarks.append(f"{name}: a chain is ready and not taken, its direction is disabled by firmware")
    outstanding = [f"{queue[count]} {what}" for count, what in OUTSTANDING.items() if queue[count]]
    if outstanding:
        remarks.append(f"{name} outstanding: {', '.join(outstanding)}")
    return remarks


def _bits(word: int) -> list[int]:
    return [bit for bit in range(word.bit_length()) if word >> bit & 1]


def _idle(name: str, idle: int) -> str:
    return f"{name} {'idle' if idle else 'busy'}"


def _listed(bits: list[int]) -> str:
    return ", ".join(map(str, bits)) or "none"


def _paths(card: State, queues: int) -> list[str]:
    """Everything that is not a queue."""
    reading = f"{card['read_bursts']} read bursts ({_idle('reader', card['read_idle'])})"
    writing = f"{card['write_bursts']} write bursts ({_idle('writer', card['write_idle'])})"
    link = "up" if card["link_up"] else f"down, fault {('none', 'local', 'remote')[card['fault']]}"
    held = [queue_name(gq, queues) for gq in _bits(card["coalescing"])]
    masks = f"masked {_listed(_bits(card['masked']))}" + (", function masked" if card["msix_fmask"] else "")
    msix = f"vectors pending {_listed(_bits(card['raised']))}, {masks}" if card["msix_enable"] else "MSI-X off"
    command = f"a command of {card['ctl_length']} bytes waits for firmware" if card["ctl_pending"] else "no command"
    waits = ", a frame waits for the MAC" if card["tx_waits"] else ""
    return [
        f"transmit: {'enabled' if card['tx_enable'] else 'DISABLED'}, {_idle('tx_fetch', card['fetch_idle'])}, "
        f"{_idle('tx_offload', card['offload_idle'])}{waits}",
        f"receive: {'enabled' if card['rx_enable'] else 'DISABLED'}, {card['store_bytes']} bytes in the frame store"
        f"{', a frame waits there' if card['store_frame'] else ''}, {_idle('rx_writer', card['writer_idle'])}",
        f"MAC: {_idle('transmitter', not card['mac_busy'])}, link {link}",
        f"DMA: {reading}, {writing} under way",
        f"control: {command}; {_idle('registers', not card['regs_busy'])}",
        f"coalescing timers armed: {', '.join(held) or 'none'}",
        f"interrupts: {msix}",
    ]


def describe(ask: Callable[[int], State], published: Callable[[int], int | None]) -> list[str]:
    """Lines about the card. ``ask`` gives the state of a place, ``published`` the avail index at a ring's address."""
    card = ask(CARD)
    if not card:
        return []
    places: list[State] = []
    while state := ask(len(places)):
        places.append(state)
    table, remarks = [HEAD], []
    for gq, queue in enumerate(places):
        name = queue_name(gq, len(places))
        index = published(queue["avail_ring"]) if queue["running"] else None
        table.append(_queue_line(name, queue, index))
        if queue["running"]:
            control = gq == len(places) - 1
            enabled = control or bool(card["tx_enable" if gq % 2 else "rx_enable"])
            remarks += _remarks(name, queue, index, enabled)
    return [*_paths(card, len(places)), "", *table, f"({LEGEND})", *remarks]


def fold(lines: Iterable[str]) -> str:
    """One text, no line of it longer than a terminal is wide."""
    return "\n".join(line if len(line) <= COLUMNS else fill(line, COLUMNS, subsequent_indent="    ") for line in lines)
