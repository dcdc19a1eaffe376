# What accelerates serving, in compile order.
hw/offload/checksum/csum_insert.v
hw/offload/checksum/csum_sum.v
hw/offload/checksum/frame_gate.v
hw/offload/checksum/rx_parse.v
hw/offload/checksum/rx_sum.v
hw/offload/checksum/rx_verify.v
hw/offload/checksum/rx_walk.v
hw/offload/checksum/rx_walk_step.v
hw/offload/tso/tso_header.v
hw/offload/tso/tso_input.v
hw/offload/tso/tso_parse.v
hw/offload/tso/tso_patch.v
hw/offload/tso/tso_segment.v
hw/offload/tso/tx_offload.v
hw/offload/filter/mac_filter.v
hw/offload/filter/rx_classify.v
hw/offload/coalesce/coalesce.v
