# SPDX-License-Identifier: Apache-2.0
"""The register source and what is generated from it, and the block benches of hw/nic/regs."""

from firmware import regs
from host_driver import vendor_regs
from testbench.lib import export_regs


def test_generated_files_are_up_to_date():
    assert export_regs.stale() == [], export_regs.NOTICE


def test_a_changed_generated_file_is_noticed(tmp_path):
    for path, text in export_regs.generate().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert export_regs.stale(tmp_path) == []
    (tmp_path / export_regs.FIRMWARE).write_text("ID = 4\n")
    (tmp_path / export_regs.MARKDOWN).unlink()
    assert sorted(export_regs.stale(tmp_path)) == sorted([export_regs.FIRMWARE, export_regs.MARKDOWN])


def test_both_ports_name_the_same_counters():
    assert regs.STATS == vendor_regs.STATS
    assert len(set(regs.STATS)) == len(regs.STATS)
