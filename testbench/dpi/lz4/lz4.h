// SPDX-License-Identifier: Apache-2.0
// Stands in for liblz4's header where that is not installed, so that FST waves need no package: it writes valid LZ4
// blocks of literals only, which every reader of FST takes, and saves no space.
#pragma once

#include <string.h>

static inline int LZ4_compressBound(int size) { return size + size / 255 + 16; }

static inline int LZ4_compress_default(const char* from, char* to, int size, int room) {
    if (room < LZ4_compressBound(size)) return 0;
    unsigned char* out = reinterpret_cast<unsigned char*>(to);
    *out++ = static_cast<unsigned char>((size < 15 ? size : 15) << 4);
    if (size >= 15) {
        int rest = size - 15;
        for (; rest >= 255; rest -= 255) *out++ = 255;
        *out++ = static_cast<unsigned char>(rest);
    }
    memcpy(out, from, static_cast<size_t>(size));
    return static_cast<int>(out - reinterpret_cast<unsigned char*>(to)) + size;
}
