package org.spiceshm.canvas;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Pixels in native memory, rows top-down: a window on a segment that somebody else maps and unmaps.
 *
 * <pre>
 * segment |....offset|row 0 ......|padding|row 1 ......|padding| ... |row h-1 ....|......|
 *                    |&lt;--- strideBytes --&gt;|                          |&lt;-rowBytes-&gt;|
 * </pre>
 *
 * <p>Immutable itself; the pixels are owned by the render thread. Lives as long as its segment. Always native memory,
 * never a Java array: the drawing loops stay monomorphic, and a heap row and a surface row cannot overlap, which lets
 * the JIT vectorise them.
 */
public final class Surface {
    /** No surface is wider or higher: coordinates fit 16 bits, as pixman demands. */
    public static final int MAX_SIZE_PIXELS = 32766;

    static final ValueLayout.OfInt INT = JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfShort SHORT = JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int STRIDE_ALIGNMENT = 4;
    /** A cache line: copies between surfaces then move whole ones. */
    private static final int ALIGNMENT = 64;

    final MemorySegment memory;
    final long offset;
    final int strideBytes;
    final int widthPixels;
    final int heightPixels;
    final SurfaceFormat format;
    /** 1, 2 or 4; for A1 it is 0, and offsets of pixels must not be asked for. */
    final int pixelBytes;

    /**
     * @param memory native memory that holds every row
     * @param offset bytes from the segment's start to the top row
     * @param strideBytes from one row to the next below it; at least a row's length
     * @throws IllegalArgumentException when a pixel would lie outside the segment
     */
    public Surface(
            MemorySegment memory,
            long offset,
            int strideBytes,
            int widthPixels,
            int heightPixels,
            SurfaceFormat format) {
        if (!memory.isNative() || memory.isReadOnly()) {
            throw new IllegalArgumentException("memory: got " + memory + ", expected a writable native segment");
        }
        if (!(1 <= widthPixels && widthPixels <= MAX_SIZE_PIXELS)
                || !(1 <= heightPixels && heightPixels <= MAX_SIZE_PIXELS)) {
            throw new IllegalArgumentException(
                    "size: got " + widthPixels + "x" + heightPixels + ", expected 1.." + MAX_SIZE_PIXELS + " each way");
        }
        // INVARIANT: widthPixels <= MAX_SIZE_PIXELS, so a row has at most 4 * 32766 bytes.
        int rowBytes = format.rowBytes(widthPixels);
        if (!(rowBytes <= strideBytes)) {
            throw new IllegalArgumentException(
                    "strideBytes: got " + strideBytes + ", expected " + rowBytes + " or more");
        }
        long length = (long) strideBytes * (heightPixels - 1) + rowBytes;
        if (!(0 <= offset && offset <= memory.byteSize() - length)) {
            throw new IllegalArgumentException(
                    "offset: got " + offset + " for " + length + " bytes in a segment of " + memory.byteSize());
        }
        this.memory = memory;
        this.offset = offset;
        this.strideBytes = strideBytes;
        this.widthPixels = widthPixels;
        this.heightPixels = heightPixels;
        this.format = format;
        this.pixelBytes = format.bitsPerPixel() >>> 3;
    }

    /** A zeroed surface in memory of its own. */
    public static Surface allocate(SurfaceFormat format, int widthPixels, int heightPixels, Arena arena) {
        if (!(1 <= widthPixels && widthPixels <= MAX_SIZE_PIXELS)
                || !(1 <= heightPixels && heightPixels <= MAX_SIZE_PIXELS)) {
            throw new IllegalArgumentException(
                    "size: got " + widthPixels + "x" + heightPixels + ", expected 1.." + MAX_SIZE_PIXELS + " each way");
        }
        int strideBytes = (format.rowBytes(widthPixels) + STRIDE_ALIGNMENT - 1) & -STRIDE_ALIGNMENT;
        MemorySegment memory = arena.allocate((long) strideBytes * heightPixels, ALIGNMENT);
        return new Surface(memory, 0, strideBytes, widthPixels, heightPixels, format);
    }

    /** Where the rows lie. */
    public MemorySegment memory() {
        return memory;
    }

    /** Bytes from the segment's start to the top row. */
    public long offset() {
        return offset;
    }

    /** Bytes from one row to the next. */
    public int strideBytes() {
        return strideBytes;
    }

    /** Pixels across. */
    public int widthPixels() {
        return widthPixels;
    }

    /** Pixels down. */
    public int heightPixels() {
        return heightPixels;
    }

    /** What a pixel is. */
    public SurfaceFormat format() {
        return format;
    }

    /** Sets every pixel to zero; the padding between rows is left alone. */
    public void clear() {
        int rowBytes = format.rowBytes(widthPixels);
        for (int y = 0; y < heightPixels; y++) {
            memory.asSlice(rowOffset(y), rowBytes).fill((byte) 0);
        }
    }

    /** The native value of one pixel; for inspection, not for loops. */
    public int pixel(int x, int y) {
        if (!(0 <= x && x < widthPixels && 0 <= y && y < heightPixels)) {
            throw new IndexOutOfBoundsException(
                    "pixel " + x + "," + y + " of a surface of " + widthPixels + "x" + heightPixels);
        }
        return switch (pixelBytes) {
            case 4 -> memory.get(INT, pixelOffset(x, y));
            case 2 -> memory.get(SHORT, pixelOffset(x, y)) & 0xffff;
            case 1 -> memory.get(JAVA_BYTE, pixelOffset(x, y)) & 0xff;
            default -> memory.get(JAVA_BYTE, rowOffset(y) + (x >> 3)) >> (x & 7) & 1;
        };
    }

    long rowOffset(int y) {
        return offset + (long) strideBytes * y;
    }

    long pixelOffset(int x, int y) {
        return offset + (long) strideBytes * y + (long) x * pixelBytes;
    }

    /** Whether the two may have bytes in common. */
    boolean sharesMemoryWith(Surface other) {
        long start = memory.address() + offset;
        long otherStart = other.memory.address() + other.offset;
        return start < otherStart + (long) other.strideBytes * other.heightPixels
                && otherStart < start + (long) strideBytes * heightPixels;
    }

    /** Whether the same coordinates are the same bytes. */
    boolean sameGeometry(Surface other) {
        return memory.address() + offset == other.memory.address() + other.offset
                && strideBytes == other.strideBytes
                && pixelBytes == other.pixelBytes;
    }

    /** Native values, one an int; the caller keeps the run inside the row. */
    void readRow(int y, int x, int width, int[] target, int index) {
        switch (pixelBytes) {
            case 4 -> MemorySegment.copy(memory, INT, pixelOffset(x, y), target, index, width);
            case 2 -> readShorts(pixelOffset(x, y), width, target, index);
            case 1 -> readBytes(pixelOffset(x, y), width, target, index);
            default -> readBits(rowOffset(y), x, width, target, index);
        }
    }

    private void readShorts(long base, int width, int[] target, int index) {
        for (int i = 0; i < width; i++) {
            target[index + i] = memory.get(SHORT, base + 2L * i) & 0xffff;
        }
    }

    private void readBytes(long base, int width, int[] target, int index) {
        for (int i = 0; i < width; i++) {
            target[index + i] = memory.get(JAVA_BYTE, base + i) & 0xff;
        }
    }

    private void readBits(long base, int x, int width, int[] target, int index) {
        for (int i = 0; i < width; i++) {
            int bit = x + i;
            target[index + i] = memory.get(JAVA_BYTE, base + (bit >> 3)) >> (bit & 7) & 1;
        }
    }

    /** The reverse of {@link #readRow}; not for A1. */
    void writeRow(int y, int x, int width, int[] source, int index) {
        long base = pixelOffset(x, y);
        switch (pixelBytes) {
            case 4 -> MemorySegment.copy(source, index, memory, INT, base, width);
            case 2 -> {
                for (int i = 0; i < width; i++) {
                    memory.set(SHORT, base + 2L * i, (short) source[index + i]);
                }
            }
            case 1 -> {
                for (int i = 0; i < width; i++) {
                    memory.set(JAVA_BYTE, base + i, (byte) source[index + i]);
                }
            }
            default -> throw new IllegalStateException("row of " + format);
        }
    }
}
