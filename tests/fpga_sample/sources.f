# Of the project's files, what the sample needs.
hw/nic/common/sync_bit.v
hw/nic/common/fifo_async.v
fpga/ecp5/ecp5_pll.v
fpga/ecp5/reset_sync.v
fpga/ecp5/rgmii_ecp5.v
