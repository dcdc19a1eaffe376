# The card for vendor tools; ../../hw/offload/offload.f and ../../hw/nic/nic.f come first.
fpga/vendor/msix_axil.v
fpga/vendor/ferrule_vendor.v
