package org.spiceshm.guestdriver;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * What a boot loader or a plain kernel does with a VGA: sets a mode by its registers, and writes into its memory, which
 * tells the device nothing.
 *
 * <pre>
 *  setMode, mode13h, text --vgaOut--> registers
 *  memory() --stores--> BAR 0, from its start
 * </pre>
 *
 * <p>Bochs VBE DISPI for the linear modes; IBM's register tables for the two old ones. Owned by one thread.
 */
public final class VgaDriver {
    private static final int DISPI_INDEX = 0x1ce;
    private static final int DISPI_DATA = 0x1cf;
    private static final int ID = 0;
    private static final int X_RESOLUTION = 1;
    private static final int Y_RESOLUTION = 2;
    private static final int BITS_PER_PIXEL = 3;
    private static final int ENABLE = 4;
    private static final int VIRTUAL_WIDTH = 6;
    private static final int X_OFFSET = 8;
    private static final int Y_OFFSET = 9;
    private static final int ENABLED_WITH_LINEAR_MEMORY = 0x41;
    private static final int DAC_8_BITS = 0x20;
    private static final int KEEP_MEMORY = 0x80;
    private static final int FIRST_ID = 0xb0c0;
    private static final int LAST_ID = 0xb0c5;

    private static final int ATTRIBUTE = 0x3c0;
    private static final int MISCELLANEOUS = 0x3c2;
    private static final int SEQUENCER = 0x3c4;
    private static final int DAC_WRITE_INDEX = 0x3c8;
    private static final int DAC_DATA = 0x3c9;
    private static final int GRAPHICS = 0x3ce;
    private static final int CRTC = 0x3d4;
    private static final int STATUS = 0x3da;
    private static final int SCREEN_ON = 0x20;
    /** The CRTC and the status lie at 0x3d0, not at 0x3b0. */
    private static final int COLOUR_PORTS = 0x01;

    private static final int[] MODE_13H_CRTC = {
        0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f, 0x00, 0x41, 0, 0, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x28, 0x40,
        0x96, 0xb9, 0xa3, 0xff
    };
    private static final int[] MODE_13H_SEQUENCER = {0x03, 0x01, 0x0f, 0x00, 0x0e};
    private static final int[] MODE_13H_GRAPHICS = {0, 0, 0, 0, 0, 0x40, 0x05, 0x0f, 0xff};
    private static final int[] MODE_13H_ATTRIBUTES = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x41, 0, 0x0f, 0, 0
    };
    private static final int[] TEXT_CRTC = {
        0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x28,
        0x1f, 0x96, 0xb9, 0xa3, 0xff
    };
    private static final int[] TEXT_SEQUENCER = {0x03, 0x00, 0x03, 0x00, 0x02};
    private static final int[] TEXT_GRAPHICS = {0, 0, 0, 0, 0, 0x10, 0x0e, 0x0f, 0xff};
    private static final int[] TEXT_ATTRIBUTES = {
        0, 1, 2, 3, 4, 5, 0x14, 7, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0, 0x0f, 0x08, 0
    };

    private static final int TEXT_COLUMNS = 80;
    private static final int BYTES_PER_CELL = 4;
    private static final int FONT_PLANE = 2;
    private static final int GLYPH_ROOM = 32;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final QxlHardware hardware;
    private final MemorySegment memory;

    /**
     * Looks whether there is a VGA.
     *
     * @throws IllegalStateException if there is none with DISPI
     */
    public VgaDriver(QxlHardware hardware) {
        this.hardware = hardware;
        memory = hardware.bar(0);
        int id = read(ID);
        if (!(FIRST_ID <= id && id <= LAST_ID)) {
            throw new IllegalStateException("DISPI id: got 0x" + Integer.toHexString(id) + ", expected 0xb0c0..0xb0c5");
        }
        hardware.vgaOut(MISCELLANEOUS, 1, COLOUR_PORTS);
    }

    /** The linear memory; its first part is shown. */
    public MemorySegment memory() {
        return memory;
    }

    // ---- DISPI

    /** Writes a DISPI register, whatever the value. */
    public void write(int register, int value) {
        hardware.vgaOut(DISPI_INDEX, 2, register);
        hardware.vgaOut(DISPI_DATA, 2, value);
    }

    /** Reads a DISPI register. */
    public int read(int register) {
        hardware.vgaOut(DISPI_INDEX, 2, register);
        return hardware.vgaIn(DISPI_DATA, 2);
    }

    /** Sets a linear mode of 8, 15, 16, 24 or 32 bits, cleared, and lets it be shown. */
    public void setMode(int width, int height, int bitsPerPixel) {
        setMode(width, height, bitsPerPixel, false, false);
    }

    /** The same, with the colours of 8-bit modes in 8 bits each or in 6, and the memory's bytes kept or cleared. */
    public void setMode(int width, int height, int bitsPerPixel, boolean wideColours, boolean keepMemory) {
        write(ENABLE, 0);
        write(X_RESOLUTION, width);
        write(Y_RESOLUTION, height);
        write(BITS_PER_PIXEL, bitsPerPixel);
        write(ENABLE, ENABLED_WITH_LINEAR_MEMORY | (wideColours ? DAC_8_BITS : 0) | (keepMemory ? KEEP_MEMORY : 0));
        showScreen();
    }

    /** Makes lines longer than what is shown of them. */
    public void setVirtualWidth(int width) {
        write(VIRTUAL_WIDTH, width);
    }

    /** Shows the memory from another pixel on. */
    public void pan(int x, int y) {
        write(X_OFFSET, x);
        write(Y_OFFSET, y);
    }

    /** Pixels across that are shown: what became of the wish. */
    public int width() {
        return read(X_RESOLUTION);
    }

    /** Pixels down that are shown. */
    public int height() {
        return read(Y_RESOLUTION);
    }

    /** Bytes from one line to the next. */
    public int lineBytes() {
        int bits = read(BITS_PER_PIXEL);
        return read(VIRTUAL_WIDTH) * (bits == 15 ? 16 : bits) / 8;
    }

    /** Stores a pixel as it stands in memory, of 8, 15, 16, 24 or 32 bits. */
    public void putPixel(int x, int y, int lineBytes, int bitsPerPixel, int value) {
        long line = (long) lineBytes * y;
        switch (bitsPerPixel) {
            case 8 -> memory.set(ValueLayout.JAVA_BYTE, line + x, (byte) value);
            case 15, 16 -> memory.set(SHORT, line + 2L * x, (short) value);
            case 24 -> {
                memory.set(SHORT, line + 3L * x, (short) value);
                memory.set(ValueLayout.JAVA_BYTE, line + 3L * x + 2, (byte) (value >> 16));
            }
            case 32 -> memory.set(INT, line + 4L * x, value);
            default ->
                throw new IllegalArgumentException(
                        "bits per pixel: got " + bitsPerPixel + ", expected 8, 15, 16, 24 or 32");
        }
    }

    // ---- the DAC

    /** Sets a colour, each component as wide as the DAC is: 6 bits, or 8. */
    public void setColour(int index, int red, int green, int blue) {
        hardware.vgaOut(DAC_WRITE_INDEX, 1, index);
        hardware.vgaOut(DAC_DATA, 1, red);
        hardware.vgaOut(DAC_DATA, 1, green);
        hardware.vgaOut(DAC_DATA, 1, blue);
    }

    // ---- the old modes

    /** 320 x 200 in 256 colours; pixel x, y is byte 320 y + x. */
    public void setMode13h() {
        setOldMode(MODE_13H_CRTC, MODE_13H_SEQUENCER, MODE_13H_GRAPHICS, MODE_13H_ATTRIBUTES, 0x63);
    }

    /** 80 x 25 characters in cells of 9 x 16; without a font they are blank. */
    public void setTextMode() {
        setOldMode(TEXT_CRTC, TEXT_SEQUENCER, TEXT_GRAPHICS, TEXT_ATTRIBUTES, 0x67);
    }

    /** Stores a character and its attribute, background and foreground colour in four bits each. */
    public void putCharacter(int column, int row, int character, int attribute) {
        long cell = (long) BYTES_PER_CELL * (TEXT_COLUMNS * row + column);
        memory.set(ValueLayout.JAVA_BYTE, cell, (byte) character);
        memory.set(ValueLayout.JAVA_BYTE, cell + 1, (byte) attribute);
    }

    /** Stores one line of a glyph, eight dots, the leftmost in the highest bit. */
    public void putGlyphLine(int character, int line, int dots) {
        long at = (long) BYTES_PER_CELL * (GLYPH_ROOM * character + line) + FONT_PLANE;
        memory.set(ValueLayout.JAVA_BYTE, at, (byte) dots);
    }

    /** Where the text cursor stands, in cells from the upper left one. */
    public void putCursor(int cell) {
        writeIndexed(CRTC, 0x0e, cell >> 8);
        writeIndexed(CRTC, 0x0f, cell & 0xff);
    }

    private void setOldMode(int[] crtc, int[] sequencer, int[] graphics, int[] attributes, int miscellaneous) {
        write(ENABLE, 0);
        hardware.vgaOut(MISCELLANEOUS, 1, miscellaneous);
        for (int i = 0; i < sequencer.length; i++) {
            writeIndexed(SEQUENCER, i, sequencer[i]);
        }
        writeIndexed(CRTC, 0x11, 0); // unlocks registers 0 to 7
        for (int i = 0; i < crtc.length; i++) {
            writeIndexed(CRTC, i, crtc[i]);
        }
        for (int i = 0; i < graphics.length; i++) {
            writeIndexed(GRAPHICS, i, graphics[i]);
        }
        hardware.vgaIn(STATUS, 1); // the next write is an index
        for (int i = 0; i < attributes.length; i++) {
            hardware.vgaOut(ATTRIBUTE, 1, i);
            hardware.vgaOut(ATTRIBUTE, 1, attributes[i]);
        }
        showScreen();
    }

    private void writeIndexed(int port, int index, int value) {
        hardware.vgaOut(port, 2, index | (value << 8));
    }

    /** Lets pixels through. */
    private void showScreen() {
        hardware.vgaIn(STATUS, 1);
        hardware.vgaOut(ATTRIBUTE, 1, SCREEN_ON);
    }

    /** Keeps pixels back: the screen is black. */
    public void hideScreen() {
        hardware.vgaIn(STATUS, 1);
        hardware.vgaOut(ATTRIBUTE, 1, 0);
    }
}
