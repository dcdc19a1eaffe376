# What a board adds to the card, in compile order; hw/offload/offload.f and hw/nic/nic.f come first.
fpga/rtl/uart_rx.v
fpga/rtl/uart_tx.v
fpga/rtl/uartbone.v
fpga/rtl/wb_arbiter.v
fpga/rtl/wb_axil.v
fpga/rtl/dirty_map.v
fpga/rtl/axi_ram.v
fpga/rtl/board_regs.v
fpga/rtl/board_bus.v
fpga/rtl/board_core.v
