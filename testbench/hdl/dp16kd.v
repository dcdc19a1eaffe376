// SPDX-License-Identifier: Apache-2.0
// The ECP5's block RAM as Yosys uses it, without output registers: 16 Kbit of data in widths of 1, 2, 4, 9, 18 a port, or
// 36 with port A for writes and port B for reads. Yosys has only a black box. What the silicon leaves open is X: bits that
// one port reads or writes while the other writes them, whatever the two clocks' phases.
`default_nettype none

module DP16KD #(
    parameter DATA_WIDTH_A = 18, DATA_WIDTH_B = 18,
    parameter REGMODE_A = "NOREG", REGMODE_B = "NOREG",
    parameter RESETMODE = "SYNC", ASYNC_RESET_RELEASE = "SYNC",
    parameter CSDECODE_A = "0b000", CSDECODE_B = "0b000",
    parameter WRITEMODE_A = "NORMAL", WRITEMODE_B = "NORMAL",
    parameter CLKAMUX = "CLKA", CLKBMUX = "CLKB",
    parameter GSR = "ENABLED",                  // it resets output registers, of which there are none
    parameter [319:0]
              INITVAL_00 = 320'd0, INITVAL_01 = 320'd0, INITVAL_02 = 320'd0, INITVAL_03 = 320'd0,
              INITVAL_04 = 320'd0, INITVAL_05 = 320'd0, INITVAL_06 = 320'd0, INITVAL_07 = 320'd0,
              INITVAL_08 = 320'd0, INITVAL_09 = 320'd0, INITVAL_0A = 320'd0, INITVAL_0B = 320'd0,
              INITVAL_0C = 320'd0, INITVAL_0D = 320'd0, INITVAL_0E = 320'd0, INITVAL_0F = 320'd0,
              INITVAL_10 = 320'd0, INITVAL_11 = 320'd0, INITVAL_12 = 320'd0, INITVAL_13 = 320'd0,
              INITVAL_14 = 320'd0, INITVAL_15 = 320'd0, INITVAL_16 = 320'd0, INITVAL_17 = 320'd0,
              INITVAL_18 = 320'd0, INITVAL_19 = 320'd0, INITVAL_1A = 320'd0, INITVAL_1B = 320'd0,
              INITVAL_1C = 320'd0, INITVAL_1D = 320'd0, INITVAL_1E = 320'd0, INITVAL_1F = 320'd0,
              INITVAL_20 = 320'd0, INITVAL_21 = 320'd0, INITVAL_22 = 320'd0, INITVAL_23 = 320'd0,
              INITVAL_24 = 320'd0, INITVAL_25 = 320'd0, INITVAL_26 = 320'd0, INITVAL_27 = 320'd0,
              INITVAL_28 = 320'd0, INITVAL_29 = 320'd0, INITVAL_2A = 320'd0, INITVAL_2B = 320'd0,
              INITVAL_2C = 320'd0, INITVAL_2D = 320'd0, INITVAL_2E = 320'd0, INITVAL_2F = 320'd0,
              INITVAL_30 = 320'd0, INITVAL_31 = 320'd0, INITVAL_32 = 320'd0, INITVAL_33 = 320'd0,
              INITVAL_34 = 320'd0, INITVAL_35 = 320'd0, INITVAL_36 = 320'd0, INITVAL_37 = 320'd0,
              INITVAL_38 = 320'd0, INITVAL_39 = 320'd0, INITVAL_3A = 320'd0, INITVAL_3B = 320'd0,
              INITVAL_3C = 320'd0, INITVAL_3D = 320'd0, INITVAL_3E = 320'd0, INITVAL_3F = 320'd0
) (
    // port A; with 36 bits DIB and DOA are the other port's other half
    input  wire DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9,
                DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0,
    input  wire ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0,
    input  wire CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
    output wire DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9,
                DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0,
    // port B
    input  wire DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9,
                DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0,
    input  wire ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0,
    input  wire CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
    output wire DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9,
                DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0
);
    localparam WIDE_W = DATA_WIDTH_A == 36;
    localparam WIDE_R = DATA_WIDTH_B == 36;
    localparam [64*320-1:0] INIT = {
        INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A, INITVAL_39, INITVAL_38,
        INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32, INITVAL_31, INITVAL_30,
        INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C, INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28,
        INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24, INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20,
        INITVAL_1F, INITVAL_1E, INITVAL_1D, INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18,
        INITVAL_17, INITVAL_16, INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10,
        INITVAL_0F, INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08,
        INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03, INITVAL_02, INITVAL_01, INITVAL_00
    };

    initial if (REGMODE_A != "NOREG" || REGMODE_B != "NOREG" || CSDECODE_A != "0b000" || CSDECODE_B != "0b000") begin
        $display("DP16KD: only REGMODE NOREG and CSDECODE 0b000 are modelled");
        $finish;
    end

    // ---- storage: rows of 36 bits ------------------------------------------------------------------------------------
    // Four bytes of 9 bits a row; widths of 1, 2 and 4 do not reach the ninth. INITVAL has 18 bits in every 20.
    reg [35:0] mem [0:511];
    reg [319:0] value;
    integer number;
    integer row;
    initial for (number = 0; number < 64; number = number + 1) begin
        value = INIT[number*320 +: 320];        // cut out once: for Icarus that is a copy of the whole
        for (row = 0; row < 8; row = row + 1)
            mem[number*8 + row] = {value[row*40+20 +: 18], value[row*40 +: 18]};
    end

    wire [13:0] ada = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0};
    wire [13:0] adb = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0};
    wire [35:0] dib = {18'd0, DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9,
                       DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0};
    wire [35:0] dia = {WIDE_W ? dib[17:0] : 18'd0,
                       DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9,
                       DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0};

    // address lines below a port's width are its byte enables, or nothing
    function [5:0] shift;
        input integer    width;
        input      [4:0] low;
        shift = width == 36 ? 6'd0 : width == 18 ? (low[4] ? 6'd18 : 6'd0) :
                {4'd0, low[4:3]} * 6'd9 + (width == 9 ? 6'd0 : {3'd0, low[2:0] & ~(width[2:0] - 3'd1)});
    endfunction

    function [35:0] lanes;
        input integer   width;
        input     [3:0] enables;
        lanes = width == 36 ? {{9{enables[3]}}, {9{enables[2]}}, {9{enables[1]}}, {9{enables[0]}}} :
                width == 18 ? {18'd0, {9{enables[1]}}, {9{enables[0]}}} : (36'd1 << width) - 36'd1;
    endfunction

    wire a_on = CEA && !CSA2 && !CSA1 && !CSA0;
    wire b_on = CEB && !CSB2 && !CSB1 && !CSB0;
    wire [5:0]  a_shift = shift(DATA_WIDTH_A, ada[4:0]);
    wire [5:0]  b_shift = shift(DATA_WIDTH_B, adb[4:0]);
    wire        a_we    = a_on && WEA && !(RESETMODE == "SYNC" && RSTA);
    wire        b_we    = b_on && WEB && !(RESETMODE == "SYNC" && RSTB) && !WIDE_R;
    wire [35:0] a_mask  = a_we ? lanes(DATA_WIDTH_A, ada[3:0]) << a_shift : 36'd0;
    wire [35:0] b_mask  = b_we ? lanes(DATA_WIDTH_B, adb[3:0]) << b_shift : 36'd0;
    wire [35:0] a_bits  = dia << a_shift & a_mask;
    wire [35:0] b_bits  = dib << b_shift & b_mask;

    // what one port meets of the other's write to its row: both write the same merged row, so neither loses the other's
    wire        same    = ada[13:5] == adb[13:5];
    wire [35:0] a_other = same ? b_mask : 36'd0;
    wire [35:0] b_other = same ? a_mask : 36'd0;
    wire [35:0] clash   = {36{1'bx}} & a_mask & a_other;
    wire [35:0] a_row   = (mem[ada[13:5]] & ~a_mask & ~a_other | a_bits | (same ? b_bits : 36'd0)) ^ clash;
    wire [35:0] b_row   = (mem[adb[13:5]] & ~b_mask & ~b_other | b_bits | (same ? a_bits : 36'd0)) ^ clash;
    wire [35:0] a_seen  = (WRITEMODE_A == "WRITETHROUGH" ? a_row : mem[ada[13:5]]) & ~a_other | {36{1'bx}} & a_other;
    wire [35:0] b_seen  = (WRITEMODE_B == "WRITETHROUGH" ? b_row : mem[adb[13:5]]) & ~b_other | {36{1'bx}} & b_other;

    // ---- ports -------------------------------------------------------------------------------------------------------
    wire a_clk   = CLKAMUX == "INV" ? !CLKA : CLKA;
    wire b_clk   = CLKBMUX == "INV" ? !CLKB : CLKB;
    wire a_clear = RESETMODE == "ASYNC" && RSTA;
    wire b_clear = RESETMODE == "ASYNC" && RSTB;
    reg [35:0] a_do;
    reg [35:0] b_do;
    initial begin
        a_do = 36'd0;
        b_do = 36'd0;
    end

    always @(posedge a_clk) if (a_we) mem[ada[13:5]] <= a_row;
    always @(posedge b_clk) if (b_we) mem[adb[13:5]] <= b_row;

    always @(posedge a_clk or posedge a_clear)
        if (a_clear || RSTA)                                    a_do <= 36'd0;
        else if (a_on && !(WEA && WRITEMODE_A == "NORMAL"))     a_do <= a_seen >> a_shift;

    always @(posedge b_clk or posedge b_clear)
        if (b_clear || RSTB)                                    b_do <= 36'd0;
        else if (b_on && !(WEB && WRITEMODE_B == "NORMAL"))     b_do <= b_seen >> b_shift;

    // a narrow read must not see the row's other bits
    localparam [35:0] A_ALL = DATA_WIDTH_A == 36 ? {36{1'b1}} : (36'd1 << DATA_WIDTH_A) - 36'd1;
    localparam [35:0] B_ALL = DATA_WIDTH_B == 36 ? {36{1'b1}} : (36'd1 << DATA_WIDTH_B) - 36'd1;
    wire [17:0] doa = WIDE_R ? b_do[17:0] : a_do[17:0] & A_ALL[17:0];
    wire [17:0] dob = WIDE_R ? b_do[35:18] : b_do[17:0] & B_ALL[17:0];
    assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9} = doa[17:9];
    assign {DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0} = doa[8:0];
    assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9} = dob[17:9];
    assign {DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0} = dob[8:0];
endmodule

`default_nettype wire
