# A bus master behind an Ethernet port, in compile order.
fpga/rtl/etherbone/eb_in.v
fpga/rtl/etherbone/eb_engine.v
fpga/rtl/etherbone/eb_out.v
fpga/rtl/etherbone/etherbone.v
