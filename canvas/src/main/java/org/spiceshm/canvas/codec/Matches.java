package org.spiceshm.canvas.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** How far two places of an array are alike. */
final class Matches {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    /** Beyond so many units the JDK's vectorised search pays. */
    private static final int SHORT = 16;

    private Matches() {}

    /** Bytes that are the same from {@code first} and from {@code second} on; {@code second} stays before {@code end}. */
    static int length(byte[] bytes, int first, int second, int end) {
        int offset = first - second;
        int at = second;
        int near = Math.min(end, second + SHORT) - Long.BYTES;
        while (at <= near) {
            long difference = (long) LONG.get(bytes, at) ^ (long) LONG.get(bytes, at + offset);
            if (difference != 0) {
                return at - second + (Long.numberOfTrailingZeros(difference) >> 3);
            }
            at += Long.BYTES;
        }
        if (at >= end) {
            return Math.max(0, end - second);
        }
        int mismatch = Arrays.mismatch(bytes, at + offset, end + offset, bytes, at, end);
        return (mismatch < 0 ? end : at + mismatch) - second;
    }

    /** The same for whole ints of two arrays; {@code second} stays before {@code end}, {@code first} as far from its own. */
    static int length(int[] firstInts, int first, int[] secondInts, int second, int end) {
        int near = Math.min(end, second + SHORT);
        int at = second;
        int offset = first - second;
        while (at < near) {
            if (firstInts[at + offset] != secondInts[at]) {
                return at - second;
            }
            at++;
        }
        if (at >= end) {
            return Math.max(0, end - second);
        }
        int mismatch = Arrays.mismatch(firstInts, at + offset, end + offset, secondInts, at, end);
        return (mismatch < 0 ? end : at + mismatch) - second;
    }
}
