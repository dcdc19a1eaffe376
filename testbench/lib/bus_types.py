# SPDX-License-Identifier: Apache-2.0
"""What the host's and the firmware's buses of both devices share: constants, and the shape of what they report."""

from __future__ import annotations

from typing import TypedDict

import numpy

CONFIG_SPACE = 0x10000
READ, WRITE, BOTH = 1, 2, 3
OKAY, SLVERR, DECERR = 0, 2, 3
ERRORS = (SLVERR, DECERR)
MESSAGE = numpy.dtype([("at_ps", "<i8"), ("vector", "<i8"), ("address", "<u8"), ("data", "<i8")])
INCIDENT_KINDS = {1: "outside host memory", 2: "outside the guarded ranges", 3: "against the rules of AXI"}


class Incident(TypedDict):
    """An access the card should not have made."""

    ns: int
    address: int
    length: int
    write: bool
    what: str
