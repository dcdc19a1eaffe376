# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in a simulation, each with a name of its own."""


class SimulationError(Exception):
    """Anything that ends a simulated run; the message says what and where."""


class BuildError(SimulationError):
    """The simulator does not build."""


class StalledError(SimulationError):
    """Nothing moved for longer than the run allows while Python was waiting; the message lists what is outstanding."""


class WallTimeError(SimulationError):
    """The run took longer on the wall clock than it was given."""


class ReadTimeoutError(SimulationError):
    """A register read was not answered within its limit of simulated time."""


class BusError(SimulationError):
    """A register read was answered with an AXI error."""


class MemoryViolationError(SimulationError):
    """The card touched memory outside what it was given, or broke a rule of AXI, and the bench did not expect it."""


class StoppedError(SimulationError):
    """The run was asked to stop (Ctrl-C or SIGTERM)."""


class EntryError(SimulationError):
    """The bench raised an exception; its traceback is the message."""


class CoverageError(SimulationError):
    """Coverage that cannot be read, merged or taken; the message names the file or the setting."""
