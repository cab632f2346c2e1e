package org.spiceshm.qxldevice;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * What a VGA shows: its size, and each of its lines in 32 bits, computed from registers and memory. QEMU,
 * hw/display/vga.c.
 *
 * <pre>
 *  DISPI 8, 15, 16, 24, 32   one pixel after the other
 *  256 colours (mode 13h)    one byte a pixel, shown twice across and, by the CRTC, twice down: 640 x 400
 *  16 colours                4 bytes hold 8 pixels, one byte a plane
 *  text                      character, attribute, font, unused: one byte a plane; glyphs of 32 lines in plane 2
 * </pre>
 *
 * <p>Not shown, that is black: CGA's interleaved modes. The text cursor does not blink, nor do characters. Owned by the
 * device thread; allocates nothing.
 */
final class VgaPicture {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    /** QEMU's limit; more cells are no text mode. */
    private static final int MAX_CELLS = 160 * 100;

    private static final int GLYPH_LINES = 32;
    private static final int FONT_PLANE = 2;
    private static final int FONT_BYTES = 8192 * 4;
    private static final int NO_LINE_COMPARE = 0xffff;
    private static final int FIRST_LINE_CHARACTER = 0xb0;
    private static final int LAST_LINE_CHARACTER = 0xdf;

    private enum Kind {
        BLANK,
        TEXT,
        PLANES,
        DOUBLED_BYTES,
        BYTES,
        WORDS_555,
        WORDS_565,
        TRIPLES,
        WORDS_32
    }

    private final VgaRegisters registers;
    private final MemorySegment memory;
    /** The memory's bytes are a power of two; what no register keeps inside is wrapped, as by the hardware. */
    private final long mask;

    private final int[] colours = new int[256];
    private final long[] fonts = new long[2];
    private Kind kind = Kind.BLANK;
    private int width;
    private int height;
    private long start;
    private int lineBytes;
    private int repeat = 1;
    private int lineCompare;
    private int cellWidth;
    private int cellHeight;
    private int dotRepeat;

    VgaPicture(VgaRegisters registers, MemorySegment memory, long vgaBytes) {
        this.registers = registers;
        this.memory = memory;
        mask = vgaBytes - 1;
    }

    /** Pixels across, as of the last {@link #look}; 0 if nothing has ever been shown. */
    int width() {
        return width;
    }

    /** Pixels down. */
    int height() {
        return height;
    }

    /** Forgets what was shown. */
    void reset() {
        kind = Kind.BLANK;
        width = 0;
        height = 0;
    }

    /** Reads the registers. A screen that is off keeps its size, and is black. */
    void look() {
        kind = Kind.BLANK;
        if (!registers.isScreenOn()) {
            return;
        }
        if (registers.isDispiEnabled()) {
            lookAtDispi();
        } else if ((registers.graphics[6] & 1) != 0) {
            lookAtGraphics();
        } else {
            lookAtText();
        }
    }

    private void lookAtDispi() {
        width = registers.dispi(VgaRegisters.X_RESOLUTION);
        height = registers.dispi(VgaRegisters.Y_RESOLUTION);
        start = registers.dispiStart();
        lineBytes = registers.dispiLineBytes();
        repeat = 1;
        lineCompare = NO_LINE_COMPARE;
        dotRepeat = 1;
        kind = switch (registers.dispi(VgaRegisters.BITS_PER_PIXEL)) {
            case 4 -> Kind.PLANES;
            case 15 -> Kind.WORDS_555;
            case 16 -> Kind.WORDS_565;
            case 24 -> Kind.TRIPLES;
            case 32 -> Kind.WORDS_32;
            default -> Kind.BYTES;
        };
        readPalette();
    }

    private void lookAtGraphics() {
        int shift = (registers.graphics[5] >> 5) & 3;
        boolean halfClock = (registers.sequencer[1] & 8) != 0;
        lookAtCrtc();
        repeat = ((registers.crtc[9] & 0x1f) + 1) << (registers.crtc[9] >> 7);
        width = 8 * (registers.crtc[1] + 1);
        height = displayedLines();
        kind = switch (shift) {
            case 0 -> Kind.PLANES;
            case 1 -> Kind.BLANK;
            default -> Kind.DOUBLED_BYTES;
        };
        dotRepeat = kind == Kind.PLANES && halfClock ? 2 : 1;
        width *= dotRepeat;
        readPalette();
    }

    private void lookAtText() {
        lookAtCrtc();
        int clock = registers.sequencer[1];
        cellWidth = (clock & 8) != 0 ? 16 : (clock & 1) != 0 ? 8 : 9;
        cellHeight = (registers.crtc[9] & 0x1f) + 1;
        int columns = registers.crtc[1] + 1;
        int rows = displayedLines() / cellHeight;
        if (!(1 < columns * rows && columns * rows <= MAX_CELLS)) {
            return;
        }
        kind = Kind.TEXT;
        width = columns * cellWidth;
        height = rows * cellHeight;
        repeat = 1;
        readPalette();
    }

    private void lookAtCrtc() {
        int[] crtc = registers.crtc;
        start = 4L * ((crtc[0x0c] << 8) | crtc[0x0d]);
        lineBytes = crtc[0x13] << 3;
        lineCompare = crtc[0x18] | ((crtc[7] & 0x10) << 4) | ((crtc[9] & 0x40) << 3);
    }

    private int displayedLines() {
        int[] crtc = registers.crtc;
        return (crtc[0x12] | ((crtc[7] & 0x02) << 7) | ((crtc[7] & 0x40) << 3)) + 1;
    }

    /** The DAC's 256 colours, or the 16 that the attribute controller chooses among them. */
    private void readPalette() {
        if (kind == Kind.BYTES || kind == Kind.DOUBLED_BYTES) {
            for (int i = 0; i < colours.length; i++) {
                colours[i] = registers.colour(i);
            }
        } else if (kind == Kind.PLANES || kind == Kind.TEXT) {
            int page = registers.attributes[0x14];
            boolean pagesOf16 = (registers.attributes[0x10] & 0x80) != 0;
            for (int i = 0; i < 16; i++) {
                int entry = registers.attributes[i];
                colours[i] = registers.colour(
                        pagesOf16 ? ((page & 0x0f) << 4) | (entry & 0x0f) : ((page & 0x0c) << 4) | (entry & 0x3f));
            }
        }
    }

    /** Where line {@code y} lies in memory as it is shown, or -1 if it has to be {@linkplain #readLine computed}. */
    long directLine(int y) {
        return kind == Kind.WORDS_32 ? start + (long) lineBytes * y : -1;
    }

    /** Computes line {@code y}, which is below {@link #height}, as 32-bit pixels. */
    void readLine(int y, MemorySegment line) {
        switch (kind) {
            case BLANK -> line.asSlice(0, 4L * width).fill((byte) 0);
            case TEXT -> readText(y, line);
            case PLANES -> readPlanes(lineAt(y), line);
            case DOUBLED_BYTES -> readDoubledBytes(lineAt(y), line);
            case BYTES -> readBytes(lineAt(y), line);
            case WORDS_555 -> readWords(lineAt(y), line, SurfaceFormat.RGB_555);
            case WORDS_565 -> readWords(lineAt(y), line, SurfaceFormat.RGB_565);
            case TRIPLES -> readTriples(lineAt(y), line);
            case WORDS_32 -> MemorySegment.copy(memory, lineAt(y), line, 0, 4L * width);
        }
    }

    /** Below the line compare, the picture begins again at address 0. */
    private long lineAt(int y) {
        return y <= lineCompare
                ? start + (long) lineBytes * (y / repeat)
                : (long) lineBytes * ((y - lineCompare - 1) / repeat);
    }

    // INVARIANT of the four below: DISPI's lines lie inside the memory (VgaRegisters.makePossible).

    private void readBytes(long at, MemorySegment line) {
        for (int x = 0; x < width; x++) {
            line.set(INT, 4L * x, colours[memory.get(BYTE, at + x) & 0xff]);
        }
    }

    private void readWords(long at, MemorySegment line, SurfaceFormat format) {
        for (int x = 0; x < width; x++) {
            line.set(INT, 4L * x, format.toRgb(memory.get(SHORT, at + 2L * x)));
        }
    }

    private void readTriples(long at, MemorySegment line) {
        for (int x = 0; x < width; x++) {
            long pixel = at + 3L * x;
            int blue = memory.get(BYTE, pixel) & 0xff;
            int green = memory.get(BYTE, pixel + 1) & 0xff;
            int red = memory.get(BYTE, pixel + 2) & 0xff;
            line.set(INT, 4L * x, (red << 16) | (green << 8) | blue);
        }
    }

    private void readDoubledBytes(long at, MemorySegment line) {
        for (int x = 0; x < width; x++) {
            line.set(INT, 4L * x, colours[byteAt(at + x / 2)]);
        }
    }

    private int byteAt(long address) {
        return memory.get(BYTE, address & mask) & 0xff;
    }

    private void readPlanes(long at, MemorySegment line) {
        int enabled = registers.attributes[0x12] & 0x0f;
        int x = 0;
        for (long group = at; x < width; group += 4) {
            int plane0 = byteAt(group);
            int plane1 = byteAt(group + 1);
            int plane2 = byteAt(group + 2);
            int plane3 = byteAt(group + 3);
            for (int bit = 7; bit >= 0 && x < width; bit--) {
                int index = ((plane0 >> bit) & 1)
                        | (((plane1 >> bit) & 1) << 1)
                        | (((plane2 >> bit) & 1) << 2)
                        | (((plane3 >> bit) & 1) << 3);
                int colour = colours[index & enabled];
                for (int i = 0; i < dotRepeat; i++) {
                    line.set(INT, 4L * x, colour);
                    x++;
                }
            }
        }
    }

    private void readText(int y, MemorySegment line) {
        int glyphLine = y % cellHeight;
        long cell = start + (long) lineBytes * (y / cellHeight);
        long cursor = cursorOn(glyphLine) ? 4L * ((registers.crtc[0x0e] << 8) | registers.crtc[0x0f]) : -1;
        int map = registers.sequencer[3];
        // Bits of the character map select are apart: hardware's compatibility with its predecessor.
        fonts[0] = (long) (((map >> 4) & 1) | ((map << 1) & 6)) * FONT_BYTES + FONT_PLANE;
        fonts[1] = (long) (((map >> 5) & 1) | ((map >> 1) & 6)) * FONT_BYTES + FONT_PLANE;
        for (int x = 0; x < width; x += cellWidth) {
            int character = byteAt(cell);
            int attribute = byteAt(cell + 1);
            long glyph = fonts[(attribute >> 3) & 1] + 4L * (GLYPH_LINES * character + glyphLine);
            int background = colours[attribute >> 4];
            int foreground = colours[attribute & 0x0f];
            int bits = cell == cursor ? -1 : dots(byteAt(glyph), character);
            for (int dot = 0; dot < cellWidth; dot++) {
                boolean set = ((bits >> (cellWidth - 1 - dot)) & 1) != 0;
                line.set(INT, 4L * (x + dot), set ? foreground : background);
            }
            cell += 4;
        }
    }

    private boolean cursorOn(int glyphLine) {
        int first = registers.crtc[0x0a] & 0x1f;
        int last = registers.crtc[0x0b] & 0x1f;
        return (registers.crtc[0x0a] & 0x20) == 0 && first <= glyphLine && glyphLine <= last;
    }

    /** A glyph's row of eight dots, as wide as the cell: characters that draw lines reach into the ninth dot. */
    private int dots(int row, int character) {
        return switch (cellWidth) {
            case 8 -> row;
            case 9 -> {
                boolean joined = FIRST_LINE_CHARACTER <= character
                        && character <= LAST_LINE_CHARACTER
                        && (registers.attributes[0x10] & 4) != 0;
                yield (row << 1) | (joined ? row & 1 : 0);
            }
            default -> {
                int twice = 0;
                for (int bit = 0; bit < 8; bit++) {
                    twice |= (((row >> bit) & 1) * 3) << (2 * bit);
                }
                yield twice;
            }
        };
    }
}
