# SPDX-License-Identifier: Apache-2.0
"""chain_share: two consumers at one ring engine, each word handed over once, commands first, traffic never stuck."""

import random
from collections import deque

import cocotb
from cocotb.triggers import Timer

CPL = ("queue", "id", "ndesc", "len", "more")
POPS, CPLS = ("pop", ("queue",)), ("cpl", CPL)


class Offer:
    """Words of one side of one channel: offered at random, held until taken."""

    def __init__(self, dut, prefix, fields, words):
        self.valid, self.ready = getattr(dut, f"{prefix}_valid"), getattr(dut, f"{prefix}_ready")
        self.signals = {name: getattr(dut, f"{prefix}_{name}") for name in fields if hasattr(dut, f"{prefix}_{name}")}
        self.words, self.shown = deque(words), False

    def drive(self, chance):
        self.shown = bool(self.words) and (self.shown or chance)
        self.valid.value = int(self.shown)
        for name, signal in self.signals.items():
            signal.value = self.words[0][name] if self.shown else 0

    def took(self):
        """Whether the word shown was taken in this step."""
        if not (self.shown and int(self.ready.value)):
            return False
        self.words.popleft()
        self.shown = False
        return True


def words_of(rng, fields, queues, count):
    widths = {"queue": None, "id": 16, "ndesc": 16, "len": 32, "more": 1}
    return [
        {name: rng.choice(queues) if name == "queue" else rng.getrandbits(widths[name]) for name in fields}
        for _ in range(count)
    ]


@cocotb.test()
@cocotb.parametrize(channel=[POPS, CPLS])
async def two_consumers_share_a_channel(dut, channel):
    """Pops and completions: what the engine takes is what the two gave, each once and in order, commands first."""
    prefix, fields = channel
    rng = random.Random(cocotb.RANDOM_SEED)
    pairs = int(dut.QUEUE_PAIRS.value)
    given = {
        "data": words_of(rng, fields, range(pairs), 300),
        "ctrl": [{**word, "more": 0} for word in words_of(rng, fields, [pairs], 60)],
    }
    offers = {side: Offer(dut, f"{side}_{prefix}", fields, words) for side, words in given.items()}
    got = {"data": [], "ctrl": []}
    for _ in range(6000):
        for side, offer in offers.items():
            offer.drive(rng.random() < {"data": 0.7, "ctrl": 0.1}[side])
        ready = rng.random() < 0.6
        seen = []
        for level in (not ready, ready):  # the second is what counts
            getattr(dut, f"{prefix}_ready").value = int(level)
            await Timer(1, "ns")
            seen.append(int(getattr(dut, f"{prefix}_valid").value))
        assert seen[0] == seen[1] == any(offer.shown for offer in offers.values()), "valid depends on ready"
        word = {name: int(getattr(dut, f"{prefix}_{name}").value) for name in fields}
        commands = offers["ctrl"].shown
        took = [side for side, offer in offers.items() if offer.took()]
        assert len(took) == (ready and seen[1]), f"taken from {took} in one step"
        for side in took:
            assert (side == "ctrl") == commands, "commands go first"
            got[side].append(word)
        if not any(offer.words for offer in offers.values()):
            break
    expected = {side: [{name: word[name] for name in fields} for word in words] for side, words in given.items()}
    assert got == expected


@cocotb.test()
async def segments_reach_the_consumer_of_their_queue(dut):
    """Each segment is offered to one consumer only, and taken when that one is ready."""
    rng = random.Random(cocotb.RANDOM_SEED)
    pairs = int(dut.QUEUE_PAIRS.value)
    for _ in range(500):
        valid, queue = rng.randrange(2), rng.randrange(pairs + 1)
        ready = {"data": rng.randrange(2), "ctrl": rng.randrange(2)}
        dut.seg_valid.value, dut.seg_queue.value = valid, queue
        dut.data_seg_ready.value, dut.ctrl_seg_ready.value = ready["data"], ready["ctrl"]
        await Timer(1, "ns")
        side, other = ("ctrl", "data") if queue == pairs else ("data", "ctrl")
        assert int(getattr(dut, f"{side}_seg_valid").value) == valid
        assert int(getattr(dut, f"{other}_seg_valid").value) == 0
        if valid:
            assert int(dut.seg_ready.value) == ready[side]
