# SPDX-License-Identifier: Apache-2.0
"""Cards behind vhost-user sockets for tests, and the proof that nothing of a front end stays with one."""

import os
from contextlib import contextmanager
from pathlib import Path

from vhost_traffic import short_folder

from ferrule.vhost.process import VhostCard
from ferrule.vhost.settings import VhostSettings

GONE_S = 5.0


@contextmanager
def looped_card(device, **settings):
    """A card whose wire gives back what is sent; it must outlive what is done inside."""
    said = []
    with (
        short_folder() as folder,
        VhostCard(
            folder / "card", VhostSettings(device=device, loopback=True, **settings), folder, say=said.append
        ) as card,
    ):
        card.said = said
        yield card
        card.check()


def kept(card):
    """(descriptors, mappings of files in memory) of the card's process."""
    process = card.record()["pid"]
    maps = Path(f"/proc/{process}/maps").read_text()
    return len(os.listdir(f"/proc/{process}/fd")), sum("memfd:" in line for line in maps.splitlines())


@contextmanager
def left_alone(card):
    """The card is free before and after, with neither memory nor descriptors of a guest."""
    card.wait_for(lambda record: not record["connected"], "the card is free", GONE_S)
    before = kept(card)
    card.said.clear()
    yield
    card.wait_for(lambda record: not record["connected"], "the front end is let go", GONE_S)
    drops = {name: value for name, value in card.record()["counters"].items() if "drop" in name or "err" in name}
    print(*card.said, {name: value for name, value in drops.items() if value}, sep="\n")
    assert kept(card) == before
