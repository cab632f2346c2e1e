package org.spiceshm.canvas;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * A picture to draw from: another surface, a bitmap that lies in one or more pieces of somebody else's memory, or a
 * decoded {@link Pixmap}. It describes, and holds no pixels but one row.
 *
 * <p>Owned by the render thread; reused for every command. A guest may write its bitmap while it is read: each byte is
 * read once, and where to read comes from this object alone, so the picture may be wrong but no access is. Coordinates
 * are those of the picture seen top-down, whatever the order of the rows.
 */
public final class Image {
    /** Less than what HotSpot copies past the caches; see {@link #copyBytes}. */
    private static final long CACHED_COPY = 2 << 20;

    /** Between 1280x800, which gained by it, and 1280x1024, which did not. */
    private static final long MAX_CACHED_COPY = 4 << 20;

    private static final int PALETTE_LENGTH = 256;
    private static final SurfaceFormat NO_FORMAT = SurfaceFormat.A1;

    private @Nullable Surface surface;
    private @Nullable BitmapFormat bitmapFormat;
    private @Nullable Pixmap pixmap;
    private int widthPixels;
    private int heightPixels;
    private int strideBytes;
    private boolean topDown;
    private boolean highBitsSet;
    private final int[] palette = new int[PALETTE_LENGTH];
    private int paletteCount;

    private MemorySegment[] pieces = new MemorySegment[1];
    private long[] pieceOffsets = new long[1];
    /** Where each piece starts in the picture's bytes; one entry more than pieces. */
    private long[] pieceStarts = new long[2];

    private int pieceCount;
    private int lastPiece;

    private byte[] rowBytes = new byte[0];
    private MemorySegment rowSegment = MemorySegment.ofArray(rowBytes);

    /** No picture: commands that need one are invalid. */
    public void none() {
        surface = null;
        bitmapFormat = null;
        pixmap = null;
        widthPixels = heightPixels = strideBytes = 0;
        highBitsSet = false;
        paletteCount = 0;
        Arrays.fill(pieces, 0, pieceCount, MemorySegment.NULL); // keeps no guest memory alive
        pieceCount = 0;
        lastPiece = 0;
    }

    /** What {@code newSurface} shows when it is drawn. */
    public void ofSurface(Surface newSurface) {
        none();
        surface = newSurface;
        widthPixels = newSurface.widthPixels;
        heightPixels = newSurface.heightPixels;
    }

    /**
     * What a codec has decoded; it is drawn as the bitmap of the same pixels would be. The pixmap must stay as it is
     * until the drawing is done.
     */
    public void ofPixmap(Pixmap newPixmap) {
        none();
        pixmap = newPixmap;
        bitmapFormat = switch (newPixmap.format()) {
            case RGB_555 -> BitmapFormat.BIT_16;
            case XRGB_32 -> BitmapFormat.BIT_32;
            case ARGB_32 -> BitmapFormat.RGBA;
            case A8 -> BitmapFormat.A8;
            case A1 -> BitmapFormat.BIT_1_BE;
            case RGB_565 -> throw new IllegalArgumentException("pixmap of " + newPixmap.format());
        };
        widthPixels = newPixmap.widthPixels();
        heightPixels = newPixmap.heightPixels();
    }

    /** A bitmap; its bytes are added by {@link #piece}, and its colours by {@link #palette} if it has a palette. */
    public void ofBitmap(BitmapFormat format, boolean rowsTopDown, int width, int height, int stride) {
        none();
        bitmapFormat = format;
        topDown = rowsTopDown;
        widthPixels = width;
        heightPixels = height;
        strideBytes = stride;
    }

    /** The next {@code length} bytes of the bitmap. A piece may end anywhere, even inside a pixel. */
    public void piece(MemorySegment memory, long offset, int length) {
        Objects.checkFromIndexSize(offset, (long) length, memory.byteSize());
        if (pieceCount == pieces.length) {
            pieces = Arrays.copyOf(pieces, pieceCount * 2);
            pieceOffsets = Arrays.copyOf(pieceOffsets, pieceCount * 2);
            pieceStarts = Arrays.copyOf(pieceStarts, pieceCount * 2 + 1);
        }
        pieces[pieceCount] = memory;
        pieceOffsets[pieceCount] = offset;
        pieceStarts[pieceCount + 1] = pieceStarts[pieceCount] + length;
        pieceCount++;
    }

    /** The bitmap's colours, as pixels of the surface that it will be drawn on; an index beyond them is colour 0. */
    public void palette(int[] entries, int count) {
        paletteCount = Math.min(Math.min(count, entries.length), PALETTE_LENGTH);
        System.arraycopy(entries, 0, palette, 0, paletteCount);
        Arrays.fill(palette, paletteCount, PALETTE_LENGTH, 0);
    }

    /** The unused byte of an x8r8g8b8 bitmap counts as 255 (SPICE_IMAGE_FLAGS_HIGH_BITS_SET). */
    public void highBitsSet() {
        highBitsSet = true;
    }

    /** Pixels across. */
    public int widthPixels() {
        return widthPixels;
    }

    /** Pixels down. */
    public int heightPixels() {
        return heightPixels;
    }

    /** Whether there is a picture, and all its pixels lie inside its pieces. */
    public boolean isComplete() {
        if (surface != null || pixmap != null) {
            return true;
        }
        if (bitmapFormat == null
                || !(1 <= widthPixels && widthPixels <= Surface.MAX_SIZE_PIXELS)
                || !(1 <= heightPixels && heightPixels <= Surface.MAX_SIZE_PIXELS)) {
            return false;
        }
        // INVARIANT: widthPixels <= MAX_SIZE_PIXELS, so bits fits an int.
        int length = bytesBefore(widthPixels);
        return length <= strideBytes && (long) strideBytes * (heightPixels - 1) + length <= pieceStarts[pieceCount];
    }

    /**
     * Copies a run of row {@code row} to the start of {@code target}, one native pixel an int: palette applied, high
     * bits set, not otherwise converted. The run must lie in the picture, which must be complete.
     */
    public void readRow(int row, int x, int width, int[] target) {
        read(row, x, width, target, 0);
    }

    /** As {@link #readRow}, of a picture with one bit a pixel: the bits themselves, whatever they stand for. */
    public void readBits(int row, int x, int width, int[] target) {
        readMask(row, x, width, target, 0);
    }

    /** Whether pixels of this picture can be drawn on a surface of that format. */
    boolean suits(SurfaceFormat target) {
        if (bitmapFormat == null) {
            return surface != null && surface.format != SurfaceFormat.A1;
        }
        return switch (bitmapFormat) {
            case BIT_1_LE, BIT_4_LE -> false;
            case BIT_1_BE, BIT_4_BE, BIT_8 ->
                paletteCount != 0 && (target == SurfaceFormat.RGB_555 || target.bitsPerPixel() == 32);
            case BIT_16, BIT_24, BIT_32, RGBA, A8 -> true;
        };
    }

    /** Whether it can say where to draw. */
    boolean isMask() {
        return surface != null
                ? surface.format == SurfaceFormat.A1
                : bitmapFormat == BitmapFormat.BIT_1_BE || bitmapFormat == BitmapFormat.BIT_1_LE;
    }

    boolean sharesMemoryWith(Surface target) {
        return surface != null && surface.sharesMemoryWith(target);
    }

    boolean sameGeometry(Surface target) {
        return surface != null && surface.sameGeometry(target);
    }

    boolean isSurface() {
        return surface != null;
    }

    boolean isArgbSurface() {
        return surface != null && surface.format == SurfaceFormat.ARGB_32;
    }

    /**
     * What the pixels are once brought to a surface of that format, as canvas_base.c does before it draws: bitmaps are
     * converted, only RGBA keeps its alpha on xRGB; surfaces stay what they are.
     */
    SurfaceFormat formatOn(SurfaceFormat target) {
        if (surface != null) {
            return surface.format;
        }
        if (target.bitsPerPixel() != 32) {
            return target;
        }
        return switch (nativeFormat(target)) {
            case ARGB_32 -> SurfaceFormat.ARGB_32;
            case A8 -> target;
            case A1, RGB_555, RGB_565, XRGB_32 -> SurfaceFormat.XRGB_32;
        };
    }

    /** What {@link #read} delivers if nothing is converted: the colours of a palette are pixels of the target. */
    SurfaceFormat originalFormat(SurfaceFormat target) {
        boolean indexed = bitmapFormat != null && bitmapFormat.hasPalette();
        return indexed ? target : nativeFormat(target);
    }

    /** What {@link #read} delivers, to be converted to a surface of that format. */
    SurfaceFormat nativeFormat(SurfaceFormat target) {
        if (surface != null) {
            return surface.format;
        }
        if (bitmapFormat == null) {
            return NO_FORMAT;
        }
        return switch (bitmapFormat) {
            case BIT_1_LE, BIT_1_BE, BIT_4_LE, BIT_4_BE, BIT_8 ->
                target == SurfaceFormat.RGB_555 ? SurfaceFormat.RGB_555 : SurfaceFormat.XRGB_32;
            case BIT_16 -> SurfaceFormat.RGB_555;
            case BIT_24, BIT_32 -> SurfaceFormat.XRGB_32;
            case RGBA -> SurfaceFormat.ARGB_32;
            case A8 -> SurfaceFormat.A8;
        };
    }

    /** Whether the bytes are already those of the target's pixels. */
    boolean isDirect(Surface target) {
        if (surface != null) {
            return surface.pixelBytes == target.pixelBytes && target.pixelBytes != 0;
        }
        if (bitmapFormat == null) {
            return false;
        }
        return switch (bitmapFormat) {
            case BIT_32 -> target.pixelBytes == 4 && !highBitsSet;
            case RGBA -> target.pixelBytes == 4;
            case BIT_16 -> target.format == SurfaceFormat.RGB_555;
            case A8 -> target.format == SurfaceFormat.A8;
            case BIT_1_LE, BIT_1_BE, BIT_4_LE, BIT_4_BE, BIT_8, BIT_24 -> false;
        };
    }

    /** Copies rectangles of bytes, for direct pictures: once from their memory to the target's. */
    void copyDirect(int x, int row, Surface target, int targetX, int targetRow, int width, int height) {
        if (pixmap != null) {
            copyPixmap(pixmap, x, row, target, targetX, targetRow, width, height);
            return;
        }
        int bytes = width * target.pixelBytes;
        int stride = surface != null ? surface.strideBytes : strideBytes;
        boolean inOrder = surface != null || topDown;
        if (inOrder && stride == bytes && target.strideBytes == bytes) {
            copyBytes(row, x, (long) bytes * height, target, target.pixelOffset(targetX, targetRow));
            return;
        }
        for (int i = 0; i < height; i++) {
            copyBytes(row + i, x, bytes, target, target.pixelOffset(targetX, targetRow + i));
        }
    }

    private static void copyPixmap(
            Pixmap pixmap, int x, int row, Surface target, int targetX, int targetRow, int width, int height) {
        int[] pixels = pixmap.pixels();
        int stride = pixmap.widthPixels();
        boolean whole = width == stride && target.pixelBytes == 4 && target.strideBytes == 4 * width;
        int rows = whole ? 1 : height;
        int run = whole ? width * height : width;
        for (int i = 0; i < rows; i++) {
            target.writeRow(targetRow + i, targetX, run, pixels, (row + i) * stride + x);
        }
    }

    private void copyBytes(int row, int x, long length, Surface target, long targetOffset) {
        if (surface != null) {
            copyBytes(surface.memory, surface.pixelOffset(x, row), target.memory, targetOffset, length);
            return;
        }
        long position = rowStart(row) + bytesBefore(x);
        long done = 0;
        int piece = pieceAt(position);
        while (true) {
            long inPiece = position + done - pieceStarts[piece];
            long part = Math.min(length - done, pieceStarts[piece + 1] - pieceStarts[piece] - inPiece);
            copyBytes(pieces[piece], pieceOffsets[piece] + inPiece, target.memory, targetOffset + done, part);
            done += part;
            if (done == length) {
                return;
            }
            piece++;
        }
    }

    /**
     * From 2.5 MB on, HotSpot copies past the caches (StubRoutines: non-temporal stores), which is slower while the caches
     * hold both sides: full frames of 1024x768 come 1.3 times as often when copied in pieces. From 5 MB on the caches are
     * too small for a screen and its source, and it makes no difference or a small one the other way.
     */
    private static void copyBytes(MemorySegment from, long offset, MemorySegment to, long toOffset, long length) {
        long most = length <= MAX_CACHED_COPY ? CACHED_COPY : length;
        for (long done = 0; done < length; done += most) {
            MemorySegment.copy(from, offset + done, to, toOffset + done, Math.min(most, length - done));
        }
    }

    /** Native values, palette applied. */
    void read(int row, int x, int width, int[] target, int index) {
        if (surface != null) {
            surface.readRow(row, x, width, target, index);
            return;
        }
        if (pixmap != null) {
            System.arraycopy(pixmap.pixels(), row * pixmap.widthPixels() + x, target, index, width);
            applyHighBits(width, target, index);
            return;
        }
        if (bitmapFormat == null) {
            throw new IllegalStateException("row of no image");
        }
        switch (bitmapFormat) {
            case BIT_1_LE, BIT_1_BE -> {
                readBits(row, x, width, target, index);
                applyPalette(width, target, index);
            }
            case BIT_4_LE, BIT_4_BE -> {
                readNibbles(row, x, width, target, index);
                applyPalette(width, target, index);
            }
            case BIT_8 -> {
                readBytes(row, x, width, target, index);
                applyPalette(width, target, index);
            }
            case BIT_16 -> readShorts(row, x, width, target, index);
            case BIT_24 -> readTriples(row, x, width, target, index);
            case BIT_32 -> readInts(row, x, width, target, index);
            case RGBA -> readInts(row, x, width, target, index);
            case A8 -> readBytes(row, x, width, target, index);
        }
    }

    /** The pixels as they have to be stored on a surface of format {@code target}. */
    void readFor(SurfaceFormat target, int row, int x, int width, int[] pixels, int index) {
        read(row, x, width, pixels, index);
        SurfaceFormat from = nativeFormat(target);
        boolean sameBits = surface != null
                ? from.bitsPerPixel() == target.bitsPerPixel()
                : from == target || (from.bitsPerPixel() == 32 && target.bitsPerPixel() == 32);
        if (!sameBits) {
            Pixels.toArgb(from, pixels, index, width);
            Pixels.fromArgb(target, pixels, index, width);
        }
    }

    /** The pixels as premultiplied ARGB, by way of what they are on a surface of format {@code target}. */
    void readArgb(SurfaceFormat target, int row, int x, int width, int[] pixels, int index) {
        if (surface != null) {
            surface.readRow(row, x, width, pixels, index);
        } else {
            readFor(target, row, x, width, pixels, index);
        }
        Pixels.toArgb(formatOn(target), pixels, index, width);
    }

    /** The raw bits of a mask. */
    void readMask(int row, int x, int width, int[] bits, int index) {
        if (surface != null) {
            surface.readRow(row, x, width, bits, index);
        } else if (pixmap != null) {
            System.arraycopy(pixmap.pixels(), row * pixmap.widthPixels() + x, bits, index, width);
        } else {
            readBits(row, x, width, bits, index);
        }
    }

    private void applyPalette(int width, int[] target, int index) {
        int high = highBitsSet ? 0xff000000 : 0;
        for (int i = index; i < index + width; i++) {
            target[i] = palette[target[i]] | high;
        }
    }

    private void readBits(int row, int x, int width, int[] target, int index) {
        int first = x >> 3;
        gather(row, first, (x + width + 7) >> 3);
        int flip = bitmapFormat == BitmapFormat.BIT_1_BE ? 7 : 0;
        for (int i = 0; i < width; i++) {
            int bit = x + i;
            target[index + i] = rowBytes[(bit >> 3) - first] >> ((bit & 7) ^ flip) & 1;
        }
    }

    private void readNibbles(int row, int x, int width, int[] target, int index) {
        int first = x >> 1;
        gather(row, first, (x + width + 1) >> 1);
        int flip = bitmapFormat == BitmapFormat.BIT_4_BE ? 1 : 0;
        for (int i = 0; i < width; i++) {
            int nibble = x + i;
            target[index + i] = rowBytes[(nibble >> 1) - first] >> (((nibble & 1) ^ flip) << 2) & 0xf;
        }
    }

    private void readBytes(int row, int x, int width, int[] target, int index) {
        gather(row, x, x + width);
        for (int i = 0; i < width; i++) {
            target[index + i] = rowBytes[i] & 0xff;
        }
    }

    private void readShorts(int row, int x, int width, int[] target, int index) {
        gather(row, 2 * x, 2 * (x + width));
        for (int i = 0; i < width; i++) {
            target[index + i] = (rowBytes[2 * i] & 0xff) | (rowBytes[2 * i + 1] & 0xff) << 8;
        }
    }

    private void readTriples(int row, int x, int width, int[] target, int index) {
        gather(row, 3 * x, 3 * (x + width));
        int high = highBitsSet ? 0xff000000 : 0;
        for (int i = 0; i < width; i++) {
            target[index + i] = high
                    | (rowBytes[3 * i] & 0xff)
                    | (rowBytes[3 * i + 1] & 0xff) << 8
                    | (rowBytes[3 * i + 2] & 0xff) << 16;
        }
    }

    private void readInts(int row, int x, int width, int[] target, int index) {
        if (pieceCount == 1) {
            MemorySegment.copy(pieces[0], Surface.INT, pieceOffsets[0] + rowStart(row) + 4L * x, target, index, width);
        } else {
            gather(row, 4 * x, 4 * (x + width));
            MemorySegment.copy(rowSegment, Surface.INT, 0, target, index, width);
        }
        applyHighBits(width, target, index);
    }

    private void applyHighBits(int width, int[] target, int index) {
        if (highBitsSet && bitmapFormat == BitmapFormat.BIT_32) {
            for (int i = index; i < index + width; i++) {
                target[i] |= 0xff000000;
            }
        }
    }

    /** Bytes {@code from} to {@code to} of a row, to the start of {@link #rowBytes}. */
    private void gather(int row, int from, int to) {
        int length = to - from;
        if (rowBytes.length < length) {
            rowBytes = new byte[Math.max(length, 2 * rowBytes.length)];
            rowSegment = MemorySegment.ofArray(rowBytes);
        }
        long position = rowStart(row) + from;
        int done = 0;
        int piece = pieceAt(position);
        while (true) {
            long inPiece = position + done - pieceStarts[piece];
            int part = (int) Math.min(length - done, pieceStarts[piece + 1] - pieceStarts[piece] - inPiece);
            MemorySegment.copy(pieces[piece], pieceOffsets[piece] + inPiece, rowSegment, done, part);
            done += part;
            if (done == length) {
                return;
            }
            piece++;
        }
    }

    private long rowStart(int row) {
        return (long) strideBytes * (topDown ? row : heightPixels - 1 - row);
    }

    /** Bytes that {@code pixels} pixels take, rounded up. */
    private int bytesBefore(int pixels) {
        if (bitmapFormat == null) {
            return 0;
        }
        return (pixels * bitmapFormat.bitsPerPixel() + 7) >> 3;
    }

    private int pieceAt(long position) {
        int piece = pieceStarts[lastPiece] <= position ? lastPiece : 0;
        while (pieceStarts[piece + 1] <= position) {
            piece++;
        }
        lastPiece = piece;
        return piece;
    }
}
