# What boards with a Lattice ECP5 have in common, in compile order; lists of the card, of fpga/rtl and, for a second port,
# of fpga/rtl/etherbone come first.
fpga/ecp5/ecp5_pll.v
fpga/ecp5/reset_sync.v
fpga/ecp5/rgmii_ecp5.v
fpga/ecp5/rgmii_ecp5_port.v
fpga/ecp5/ecp5_etherbone.v
fpga/ecp5/ecp5_card.v
