package org.spiceshm.qxldevice;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A VGA's registers with Bochs' VBE extensions (DISPI), as far as they say what is shown. QEMU, hw/display/vga.c.
 *
 * <pre>
 *  0x3c0, 0x3c1  attributes      0x3c2, 0x3cc  miscellaneous   0x3ce, 0x3cf  graphics
 *  0x3c4, 0x3c5  sequencer       0x3c6..0x3c9  DAC             0x3d4, 0x3d5  CRTC (0x3b4, 0x3b5 if monochrome)
 *  0x1ce, 0x1cf  DISPI, 16 bits each                           0x3da         status (0x3ba if monochrome)
 * </pre>
 *
 * <p>Any value may be written to any port: what cannot be is made what can be, as Bochs does, so that the picture always
 * lies inside the memory. Owned by the device thread; allocates nothing.
 */
final class VgaRegisters {
    /** DISPI registers by index; Bochs, vbe.h. */
    static final int ID = 0;

    static final int X_RESOLUTION = 1;
    static final int Y_RESOLUTION = 2;
    static final int BITS_PER_PIXEL = 3;
    static final int ENABLE = 4;
    static final int BANK = 5;
    static final int VIRTUAL_WIDTH = 6;
    static final int VIRTUAL_HEIGHT = 7;
    static final int X_OFFSET = 8;
    static final int Y_OFFSET = 9;
    static final int MEMORY_64K = 10;

    /** Bits of {@link #ENABLE}. */
    static final int ENABLED = 0x01;

    static final int GET_CAPABILITIES = 0x02;
    static final int DAC_8_BITS = 0x20;
    static final int KEEP_MEMORY = 0x80;

    static final int MAX_WIDTH = 16000;
    static final int MAX_HEIGHT = 12000;
    static final int MAX_BITS = 32;
    /** A picture of 8 bits takes four times its bytes when it is shown; this much is granted even to a small card. */
    static final long MAX_SHADOW_BYTES = 64 << 20;

    private static final int ID_0 = 0xb0c0;
    private static final int ID_5 = 0xb0c5;
    private static final int DISPI_INDEX_PORT = 0x1ce;
    private static final int DISPI_DATA_PORT = 0x1cf;
    private static final int DISPI_REGISTERS = 10;

    private static final int NOTHING = 0xff;
    private static final int PALETTE_ENTRIES = 256;
    private static final int COLOUR_IO = 1;
    private static final int SCREEN_ON = 0x20;
    private static final int ATTRIBUTE_INDEX = 0x1f;
    private static final int[] SEQUENCER_MASK = {0x03, 0x3d, 0x0f, 0x3f, 0x0e, 0, 0, 0xff};
    private static final int[] GRAPHICS_MASK = {
        0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff, 0, 0, 0, 0, 0, 0, 0
    };
    private static final int RETRACE_AND_DISPLAY = 0x09;

    private final MemorySegment memory;
    private final long vgaBytes;

    final int[] sequencer = new int[8];
    final int[] graphics = new int[16];
    final int[] attributes = new int[32];
    final int[] crtc = new int[256];
    private int sequencerIndex;
    private int graphicsIndex;
    private int attributeIndex;
    private boolean attributeData;
    private int crtcIndex;
    private int miscellaneous;
    private int status;

    private final int[] dac = new int[3 * PALETTE_ENTRIES];
    private final int[] dacLatch = new int[3];
    private int dacMask;
    private int dacState;
    private int dacReadIndex;
    private int dacWriteIndex;
    private int dacComponent;

    private final int[] dispi = new int[DISPI_REGISTERS];
    private int dispiIndex;
    private int lineBytes;
    private long start;

    VgaRegisters(MemorySegment memory, long vgaBytes) {
        this.memory = memory;
        this.vgaBytes = vgaBytes;
        reset();
    }

    /** As at power-on: nothing is shown. */
    void reset() {
        Arrays.fill(sequencer, 0);
        Arrays.fill(graphics, 0);
        Arrays.fill(attributes, 0);
        Arrays.fill(crtc, 0);
        Arrays.fill(dac, 0);
        Arrays.fill(dacLatch, 0);
        Arrays.fill(dispi, 0);
        sequencerIndex = graphicsIndex = attributeIndex = crtcIndex = dispiIndex = 0;
        attributeData = false;
        miscellaneous = status = 0;
        dacMask = 0xff;
        dacState = dacReadIndex = dacWriteIndex = dacComponent = 0;
        dispi[ID] = ID_5;
        lineBytes = 0;
        start = 0;
    }

    // ---- what the picture is made from

    /** Whether the attribute controller lets pixels through. */
    boolean isScreenOn() {
        return (attributeIndex & SCREEN_ON) != 0;
    }

    boolean isDispiEnabled() {
        return (dispi[ENABLE] & ENABLED) != 0;
    }

    /** A DISPI register, as it was made possible. */
    int dispi(int index) {
        return dispi[index];
    }

    /** Bytes from one line of a DISPI mode to the next. */
    int dispiLineBytes() {
        return lineBytes;
    }

    /** Where a DISPI mode's picture begins. INVARIANT: start + height x lineBytes is at most the memory's bytes. */
    long dispiStart() {
        return start;
    }

    /** Entry {@code index} of the DAC as 0x00RRGGBB, through the pixel mask. */
    int colour(int index) {
        int at = 3 * (index & dacMask);
        return (component(dac[at]) << 16) | (component(dac[at + 1]) << 8) | component(dac[at + 2]);
    }

    private int component(int level) {
        if (isDispiEnabled() && (dispi[ENABLE] & DAC_8_BITS) != 0) {
            return level;
        }
        int six = level & 0x3f;
        return (six << 2) | (six >> 4);
    }

    // ---- ports

    /** Writes {@code width} bytes: 16 bits to DISPI, else one port after the other. */
    void write(int port, int width, int value) {
        if (isDispi(port)) {
            if (width == 2) {
                writeDispi(port, value & 0xffff);
            }
            return;
        }
        if (!isWidth(width)) {
            return;
        }
        for (int i = 0; i < width; i++) {
            writeByte(port + i, (value >>> (8 * i)) & 0xff);
        }
    }

    /** Reads {@code width} bytes; ones where nothing is. */
    int read(int port, int width) {
        if (isDispi(port)) {
            return width == 2 ? readDispi(port) : allOnes(width);
        }
        if (!isWidth(width)) {
            return allOnes(width);
        }
        int value = 0;
        for (int i = 0; i < width; i++) {
            value |= readByte(port + i) << (8 * i);
        }
        return value;
    }

    /** What is read where nothing is. */
    static int allOnes(int width) {
        return width == 1 ? 0xff : width == 2 ? 0xffff : -1;
    }

    private static boolean isWidth(int width) {
        return width == 1 || width == 2 || width == 4;
    }

    private static boolean isDispi(int port) {
        return port == DISPI_INDEX_PORT || port == DISPI_DATA_PORT;
    }

    private int crtcBase() {
        return (miscellaneous & COLOUR_IO) != 0 ? 0x3d0 : 0x3b0;
    }

    private void writeByte(int port, int value) {
        switch (port) {
            case 0x3c0 -> writeAttribute(value);
            case 0x3c2 -> miscellaneous = value & ~0x10;
            case 0x3c4 -> sequencerIndex = value & 7;
            case 0x3c5 -> sequencer[sequencerIndex] = value & SEQUENCER_MASK[sequencerIndex];
            case 0x3c6 -> dacMask = value;
            case 0x3c7 -> {
                dacReadIndex = value;
                dacComponent = 0;
                dacState = 3;
            }
            case 0x3c8 -> {
                dacWriteIndex = value;
                dacComponent = 0;
                dacState = 0;
            }
            case 0x3c9 -> writeDac(value);
            case 0x3ce -> graphicsIndex = value & 0x0f;
            case 0x3cf -> graphics[graphicsIndex] = value & GRAPHICS_MASK[graphicsIndex];
            default -> {
                if (port == crtcBase() + 4) {
                    crtcIndex = value;
                } else if (port == crtcBase() + 5) {
                    writeCrtc(value);
                }
            }
        }
    }

    private int readByte(int port) {
        return switch (port) {
            case 0x3c0 -> attributeData ? 0 : attributeIndex;
            case 0x3c1 -> attributes[attributeIndex & ATTRIBUTE_INDEX];
            case 0x3c2 -> 0;
            case 0x3c4 -> sequencerIndex;
            case 0x3c5 -> sequencer[sequencerIndex];
            case 0x3c6 -> dacMask;
            case 0x3c7 -> dacState;
            case 0x3c8 -> dacWriteIndex;
            case 0x3c9 -> readDac();
            case 0x3cc -> miscellaneous;
            case 0x3ce -> graphicsIndex;
            case 0x3cf -> graphics[graphicsIndex];
            default -> {
                int base = crtcBase();
                if (port == base + 4) {
                    yield crtcIndex;
                }
                if (port == base + 5) {
                    yield crtc[crtcIndex];
                }
                yield port == base + 10 ? readStatus() : NOTHING;
            }
        };
    }

    /** Who waits for a retrace sees one at every other look; the next attribute write is an index. */
    private int readStatus() {
        attributeData = false;
        status ^= RETRACE_AND_DISPLAY;
        return status;
    }

    private void writeAttribute(int value) {
        if (!attributeData) {
            attributeIndex = value & 0x3f;
        } else {
            int index = attributeIndex & ATTRIBUTE_INDEX;
            attributes[index] = switch (index) {
                case 0x10 -> value & ~0x10;
                case 0x11 -> value;
                case 0x12 -> value & 0x3f;
                case 0x13, 0x14 -> value & 0x0f;
                default -> index < 0x10 ? value & 0x3f : 0;
            };
        }
        attributeData = !attributeData;
    }

    private void writeDac(int value) {
        dacLatch[dacComponent] = value;
        dacComponent++;
        if (dacComponent == 3) {
            System.arraycopy(dacLatch, 0, dac, 3 * dacWriteIndex, 3);
            dacComponent = 0;
            dacWriteIndex = (dacWriteIndex + 1) & 0xff;
        }
    }

    private int readDac() {
        int value = dac[3 * dacReadIndex + dacComponent];
        dacComponent++;
        if (dacComponent == 3) {
            dacComponent = 0;
            dacReadIndex = (dacReadIndex + 1) & 0xff;
        }
        return value;
    }

    /** Registers 0..7 can be locked, but for one bit of the line compare. */
    private void writeCrtc(int value) {
        boolean locked = (crtc[0x11] & 0x80) != 0 && crtcIndex <= 7;
        if (!locked) {
            crtc[crtcIndex] = value;
        } else if (crtcIndex == 7) {
            crtc[7] = (crtc[7] & ~0x10) | (value & 0x10);
        }
    }

    // ---- DISPI

    private int readDispi(int port) {
        if (port == DISPI_INDEX_PORT) {
            return dispiIndex;
        }
        if (dispiIndex == MEMORY_64K) {
            return (int) (vgaBytes >> 16);
        }
        if (!(dispiIndex < DISPI_REGISTERS)) {
            return 0;
        }
        if ((dispi[ENABLE] & GET_CAPABILITIES) != 0) {
            switch (dispiIndex) {
                case X_RESOLUTION -> {
                    return MAX_WIDTH;
                }
                case Y_RESOLUTION -> {
                    return MAX_HEIGHT;
                }
                case BITS_PER_PIXEL -> {
                    return MAX_BITS;
                }
                default -> {}
            }
        }
        return dispi[dispiIndex];
    }

    private void writeDispi(int port, int value) {
        if (port == DISPI_INDEX_PORT) {
            dispiIndex = value;
            return;
        }
        switch (dispiIndex) {
            case ID -> dispi[ID] = ID_0 <= value && value <= ID_5 ? value : dispi[ID];
            case X_RESOLUTION, Y_RESOLUTION, BITS_PER_PIXEL, VIRTUAL_WIDTH, X_OFFSET, Y_OFFSET -> {
                dispi[dispiIndex] = value;
                makePossible();
            }
            case BANK -> dispi[BANK] = (int) (value & ((vgaBytes >> 16) - 1));
            case ENABLE -> enable(value);
            default -> {}
        }
    }

    private void enable(int value) {
        boolean begins = (value & ENABLED) != 0 && !isDispiEnabled();
        if (begins) {
            dispi[VIRTUAL_WIDTH] = 0;
            dispi[X_OFFSET] = 0;
            dispi[Y_OFFSET] = 0;
        }
        dispi[ENABLE] = value;
        makePossible();
        if (begins && (value & KEEP_MEMORY) == 0) {
            memory.asSlice(0, (long) lineBytes * dispi[Y_RESOLUTION]).fill((byte) 0);
        }
    }

    /** Sizes and offsets as Bochs corrects them; registers of a mode that is off keep what was written. */
    private void makePossible() {
        if (!isDispiEnabled()) {
            return;
        }
        int bits = storedBits();
        int width = clamp(dispi[X_RESOLUTION] & ~7, 8, MAX_WIDTH);
        int virtualWidth = clamp(dispi[VIRTUAL_WIDTH] & ~7, width, MAX_WIDTH);
        // INVARIANT: virtualWidth <= 16000 and bits <= 32, so a line has 64000 bytes at most, and 4 at least.
        lineBytes = virtualWidth * bits / 8;
        int lines = (int) (vgaBytes / lineBytes);
        long shown = Math.max(vgaBytes, MAX_SHADOW_BYTES) / (4L * width);
        int height = (int) Math.min(clamp(dispi[Y_RESOLUTION], 1, MAX_HEIGHT), Math.min(lines, shown));
        dispi[X_RESOLUTION] = width;
        dispi[Y_RESOLUTION] = height;
        dispi[VIRTUAL_WIDTH] = virtualWidth;
        dispi[VIRTUAL_HEIGHT] = Math.min(lines, 0xffff);
        long picture = (long) lineBytes * height;
        if (!(offset(bits) + picture <= vgaBytes)) {
            dispi[Y_OFFSET] = 0;
        }
        if (!(offset(bits) + picture <= vgaBytes)) {
            dispi[X_OFFSET] = 0;
        }
        start = offset(bits);
    }

    private long offset(int bits) {
        return (long) dispi[X_OFFSET] * bits / 8 + (long) dispi[Y_OFFSET] * lineBytes;
    }

    /** Bits that a pixel takes in memory; a depth that does not exist becomes 8. */
    private int storedBits() {
        return switch (dispi[BITS_PER_PIXEL]) {
            case 4, 8, 16, 24, 32 -> dispi[BITS_PER_PIXEL];
            case 15 -> 16;
            default -> {
                dispi[BITS_PER_PIXEL] = 8;
                yield 8;
            }
        };
    }

    private static int clamp(int value, int least, int most) {
        return Math.min(Math.max(value, least), most);
    }
}
