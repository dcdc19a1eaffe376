// SPDX-License-Identifier: Apache-2.0
// device_status between driver and firmware: a driver's write is counted, its next read is held until firmware has answered
// that very write or the limit has passed; and the watchdog on firmware.
`default_nettype none

module status_hold (
    // clock
    input  wire        clk,
    input  wire        rst,
    input  wire        tick_us,
    // configuration
    input  wire [31:0] cfg_hold_limit_us,
    input  wire [31:0] cfg_watchdog_us,
    // driver
    input  wire        host_we,
    input  wire [7:0]  host_data,
    input  wire        host_re,                 // a read of device_status has begun or is tried again
    output wire        host_hold,
    // firmware
    input  wire        fw_we,
    input  wire [7:0]  fw_data,
    input  wire [15:0] fw_count,
    input  wire        fw_heartbeat,
    // state
    output reg  [7:0]  host_status,
    output reg  [15:0] host_count,
    output reg  [7:0]  device_status,
    // events
    output wire        evt_write,
    output wire        evt_reset,
    output reg         evt_timeout,
    output reg         evt_watchdog
);
    localparam [7:0] FEATURES_OK = 8'h08;
    localparam [7:0] NEEDS_RESET = 8'h40;

    reg        unanswered;
    reg        held;
    reg        barked;                          // one bite until firmware comes back
    reg [31:0] held_us;
    reg [31:0] silent_us;

    wire answer  = fw_we && fw_count == host_count && !host_we;
    wire expired = held && held_us >= cfg_hold_limit_us;
    wire bite    = tick_us && !barked && cfg_watchdog_us != 32'd0 && silent_us >= cfg_watchdog_us;

    assign host_hold = unanswered;
    assign evt_write = host_we;
    assign evt_reset = host_we && host_data == 8'd0;

    always @(posedge clk)
        if (rst) begin
            host_status   <= 8'd0;
            host_count    <= 16'd0;
            device_status <= 8'd0;
            unanswered    <= 1'b0;
            held          <= 1'b0;
            held_us       <= 32'd0;
            evt_timeout   <= 1'b0;
        end else begin
            evt_timeout <= 1'b0;
            if (bite) device_status <= device_status | NEEDS_RESET;
            if (fw_we) device_status <= fw_data;
            if (answer) unanswered <= 1'b0;
            else if (expired && unanswered) begin
                // given up once, not at every further read
                unanswered    <= 1'b0;
                evt_timeout   <= 1'b1;
                device_status <= (device_status & ~FEATURES_OK) | NEEDS_RESET;
            end
            if (host_we) begin
                host_status <= host_data;
                host_count  <= host_count + 1'b1;
                unanswered  <= 1'b1;
            end
            if (!unanswered || expired) begin
                held    <= 1'b0;
                held_us <= 32'd0;
            end else begin
                if (host_re) held <= 1'b1;
                if (held && tick_us) held_us <= held_us + 1'b1;
            end
        end

    always @(posedge clk)
        if (rst) begin
            barked       <= 1'b0;
            silent_us    <= 32'd0;
            evt_watchdog <= 1'b0;
        end else begin
            evt_watchdog <= bite;
            if (bite) barked <= 1'b1;
            if (fw_heartbeat) begin
                barked    <= 1'b0;
                silent_us <= 32'd0;
            end else if (tick_us && !barked && cfg_watchdog_us != 32'd0) silent_us <= silent_us + 1'b1;
        end
endmodule

`default_nettype wire
