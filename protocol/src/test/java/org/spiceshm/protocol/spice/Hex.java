package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;

/** Golden bytes as commented text: what stands after # in a line is for people. */
final class Hex {
    private Hex() {}

    static byte[] bytes(String commented) {
        StringBuilder digits = new StringBuilder();
        for (String line : commented.split("\n")) {
            digits.append(line.replaceFirst("#.*", "").replaceAll("\\s", ""));
        }
        return HexFormat.of().parseHex(digits);
    }

    static String text(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    static MemorySegment segment(String commented) {
        return MemorySegment.ofArray(bytes(commented));
    }
}
