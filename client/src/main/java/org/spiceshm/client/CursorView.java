package org.spiceshm.client;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.Objects;
import org.spiceshm.protocol.spice.CursorShape;
import org.spiceshm.protocol.spice.CursorType;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** The pointer as the server last told it: where it is, whether it shows, and its picture. Immutable. */
public final class CursorView {
    static final CursorView NONE = new CursorView(0, 0, false, Shape.EMPTY);

    private final int x;
    private final int y;
    private final boolean visible;
    private final Shape shape;

    private CursorView(int x, int y, boolean visible, Shape shape) {
        this.x = x;
        this.y = y;
        this.visible = visible;
        this.shape = shape;
    }

    /** Where the hot spot is. */
    public int x() {
        return x;
    }

    /** Where the hot spot is. */
    public int y() {
        return y;
    }

    /** Whether it shows: it has a picture and is not hidden. */
    public boolean visible() {
        return visible && shape.width > 0 && shape.height > 0;
    }

    /** Pixels across; 0 without a picture. */
    public int width() {
        return shape.width;
    }

    /** Pixels down; 0 without a picture. */
    public int height() {
        return shape.height;
    }

    /** The picture's pixel that points, from its left. */
    public int hotSpotX() {
        return shape.hotSpotX;
    }

    /** The picture's pixel that points, from its top. */
    public int hotSpotY() {
        return shape.hotSpotY;
    }

    /** A pixel as ARGB, not premultiplied; one that inverts the screen is opaque black here. */
    public int argb(int column, int row) {
        Objects.checkIndex(column, shape.width);
        return shape.argb[Objects.checkIndex(row, shape.height) * shape.width + column];
    }

    /** Whether a pixel inverts what is under it, as monochrome pointers may. */
    public boolean inverts(int column, int row) {
        Objects.checkIndex(column, shape.width);
        return shape.inverting.get(Objects.checkIndex(row, shape.height) * shape.width + column);
    }

    /** What a pixel of the screen looks like with this pixel of the pointer over it. */
    int over(int column, int row, int under) {
        if (inverts(column, row)) {
            return ~under & 0xff_ffff;
        }
        int top = argb(column, row);
        int alpha = top >>> 24;
        return blend(top, under, alpha, 16) | blend(top, under, alpha, 8) | blend(top, under, alpha, 0);
    }

    private static int blend(int top, int under, int alpha, int shift) {
        int mixed = (top >> shift & 0xff) * alpha + (under >> shift & 0xff) * (255 - alpha);
        return ((mixed + 127) / 255) << shift;
    }

    CursorView at(int newX, int newY) {
        return new CursorView(newX, newY, true, shape);
    }

    CursorView hidden() {
        return new CursorView(x, y, false, shape);
    }

    CursorView with(int newX, int newY, boolean newVisible, Shape newShape) {
        return new CursorView(newX, newY, newVisible, newShape);
    }

    /** A pointer's picture. Immutable. */
    static final class Shape {
        static final Shape EMPTY = new Shape(0, 0, 0, 0, new int[0], new BitSet());
        private static final int OPAQUE = 0xff00_0000;

        private final int width;
        private final int height;
        private final int hotSpotX;
        private final int hotSpotY;
        private final int[] argb;
        private final BitSet inverting;

        private Shape(int width, int height, int hotSpotX, int hotSpotY, int[] argb, BitSet inverting) {
            this.width = width;
            this.height = height;
            this.hotSpotX = hotSpotX;
            this.hotSpotY = hotSpotY;
            this.argb = argb;
            this.inverting = inverting;
        }

        /** Draws what the message carries; the decoder has checked that all bytes are there. */
        static Shape of(CursorShape.Pixels pixels) {
            CursorShape.Header header = pixels.header();
            int width = header.width();
            int height = header.height();
            byte[] data = pixels.data().toArray(ValueLayout.JAVA_BYTE);
            int[] argb = new int[width * height];
            BitSet inverting = new BitSet();
            if (header.type() == CursorType.ALPHA) {
                MemorySegment.copy(pixels.data(), LITTLE_INT, 0, argb, 0, argb.length);
            } else {
                int maskBytes = (width + 7) / 8 * height;
                int maskAt = header.type() == CursorType.MONO ? 0 : data.length - maskBytes;
                for (int y = 0; y < height; y++) {
                    for (int x = 0; x < width; x++) {
                        boolean and = bit(data, maskAt, width, x, y);
                        int color = color(header.type(), data, width, height, x, y);
                        int at = y * width + x;
                        boolean inverts = and && color != 0;
                        inverting.set(at, inverts);
                        argb[at] = inverts ? OPAQUE : and ? 0 : OPAQUE | color;
                    }
                }
            }
            return new Shape(width, height, header.hotSpotX(), header.hotSpotY(), argb, inverting);
        }

        private static final ValueLayout.OfInt LITTLE_INT =
                ValueLayout.JAVA_INT_UNALIGNED.withOrder(java.nio.ByteOrder.LITTLE_ENDIAN);

        private static int color(CursorType type, byte[] data, int width, int height, int x, int y) {
            int at = y * width + x;
            return switch (type) {
                case ALPHA -> throw new IllegalStateException("an alpha pointer has no mask");
                case MONO -> bit(data, (width + 7) / 8 * height, width, x, y) ? 0xff_ffff : 0;
                case COLOR4 -> {
                    int pair = data[y * ((width + 1) / 2) + x / 2];
                    int index = (x & 1) == 0 ? pair >> 4 & 15 : pair & 15;
                    yield triple(data, (width + 1) / 2 * height + 4 * index);
                }
                case COLOR8 -> triple(data, width * height + 4 * (data[at] & 0xff));
                case COLOR16 -> SurfaceFormat.RGB_555.toRgb((data[2 * at] & 0xff) | (data[2 * at + 1] & 0xff) << 8);
                case COLOR24 -> triple(data, 3 * at);
                case COLOR32 -> triple(data, 4 * at);
            };
        }

        private static int triple(byte[] data, int at) {
            return (data[at] & 0xff) | (data[at + 1] & 0xff) << 8 | (data[at + 2] & 0xff) << 16;
        }

        private static boolean bit(byte[] data, int base, int width, int x, int y) {
            return (data[base + (width + 7) / 8 * y + x / 8] >> (7 - x % 8) & 1) != 0;
        }
    }
}
