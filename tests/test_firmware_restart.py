# SPDX-License-Identifier: Apache-2.0
"""Firmware that boots on a card with a live driver: what it takes over, and when it asks the driver for a reset."""

RINGS = ("split",)  # as in test_firmware_status.py
NEEDS_RESET = 64


def test_firmware_that_comes_back_keeps_the_driver_or_asks_for_a_reset(run):
    got = run("firmware_restart:cases")
    cases = got["cases"]
    for name, outcome in cases.items():
        assert outcome["works"], name
        # whatever was to be announced may not have been; a driver that has begun a reset is not live
        assert outcome["told"] == (name != "reset"), name
    for name in ("nothing", "link", "command"):
        assert cases[name]["changed"] == {} and not cases[name]["needs reset"], name
        assert cases[name]["log"] == ["a driver is live, and is kept"], name
    assert not cases["link"]["link"], "the driver hears of a link that went while there was no firmware"
    assert cases["command"]["command"] == "done", "a command that nobody had begun is carried out"
    assert "refused" in cases["command begun"]["command"], "one that somebody had begun is refused at once"
    reasons = {
        "command begun": "a control command was cut off", "queue error": "receiveq1 has stopped",
        "watchdog": "a driver waits to be reset",
        "other MTU": "the driver was told something else than this firmware offers",
    }  # fmt: skip
    for name, reason in reasons.items():
        assert cases[name]["needs reset"] and cases[name]["log"] == [reason], name
        status, answered = cases[name]["changed"].pop("DEVICE_STATUS")
        assert (status, answered) == (15, 15 | NEEDS_RESET) and cases[name]["changed"] == {}, name
    assert cases["other MTU"]["max_mtu"] == 2000, "what the new firmware offers is in force with the reset"
    assert cases["reset"]["log"] == [] and not cases["reset"]["needs reset"]
    assert got["counters"]["leaked"] == 0
