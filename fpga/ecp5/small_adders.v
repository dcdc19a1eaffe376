// SPDX-License-Identifier: Apache-2.0
// For Yosys' techmap: adders and comparators of few bits as plain logic. A carry chain costs two LUTs for two bits, two more where it
// begins and two where its carry leaves it; a short one is smaller without, and smaller still where one side is a constant.
(* techmap_celltype = "$alu" *)
module small_adder (A, B, CI, BI, X, Y, CO);
    parameter A_SIGNED = 0;
    parameter B_SIGNED = 0;
    parameter A_WIDTH = 1;
    parameter B_WIDTH = 1;
    parameter Y_WIDTH = 1;
    parameter _TECHMAP_CONSTMSK_A_ = 0;
    parameter _TECHMAP_CONSTMSK_B_ = 0;

    (* force_downto *) input [A_WIDTH-1:0] A;
    (* force_downto *) input [B_WIDTH-1:0] B;
    input CI, BI;
    (* force_downto *) output [Y_WIDTH-1:0] X, Y, CO;

    localparam CONSTANT = &_TECHMAP_CONSTMSK_A_[A_WIDTH-1:0] || &_TECHMAP_CONSTMSK_B_[B_WIDTH-1:0];
    wire _TECHMAP_FAIL_ = Y_WIDTH > (CONSTANT ? 12 : 8);

    (* force_downto *) wire [Y_WIDTH-1:0] a, b;
    \$pos #(.A_SIGNED(A_SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(Y_WIDTH)) extend_a (.A(A), .Y(a));
    \$pos #(.A_SIGNED(B_SIGNED), .A_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH)) extend_b (.A(B), .Y(b));

    wire [Y_WIDTH-1:0] other = b ^ {Y_WIDTH{BI}};
    wire [Y_WIDTH:0]   carry;
    assign carry[0] = CI;
    genvar i;
    generate
        for (i = 0; i < Y_WIDTH; i = i + 1) begin : g_bit
            assign carry[i+1] = (a[i] & other[i]) | (carry[i] & (a[i] | other[i]));
        end
    endgenerate

    assign X  = a ^ other;
    assign Y  = X ^ carry[Y_WIDTH-1:0];
    assign CO = carry[Y_WIDTH:1];
endmodule
