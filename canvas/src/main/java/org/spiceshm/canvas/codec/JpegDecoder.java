package org.spiceshm.canvas.codec;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.canvas.Surface;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Decodes baseline JPEG pictures, grey or of three components, as the Independent JPEG Group's library does with its
 * accurate transform and smooth upsampling. ITU-T T.81; JFIF 1.02. Progressive pictures, of which SPICE servers make none,
 * are refused.
 *
 * <p>Reused, and allocates only when a picture is larger than all before it; owned by one thread. When a stream is
 * refused, the target's pixels are undefined.
 */
public final class JpegDecoder {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private static final int SOI = 0xffd8;
    private static final int SOF0 = 0xffc0;
    private static final int SOF1 = 0xffc1;
    private static final int DHT = 0xffc4;
    private static final int SOF15 = 0xffcf;
    private static final int JPG = 0xffc8;
    private static final int DAC = 0xffcc;
    private static final int RST0 = 0xffd0;
    private static final int RST7 = 0xffd7;
    private static final int EOI = 0xffd9;
    private static final int SOS = 0xffda;
    private static final int DQT = 0xffdb;
    private static final int DRI = 0xffdd;
    private static final int APP14 = 0xffee;

    private static final int TABLES = 4;
    private static final int MAX_COMPONENTS = 3;
    private static final int MAX_SAMPLING = 2;
    private static final int MAX_SYMBOLS = 256;
    private static final int ADOBE_TRANSFORM_AT = 11;
    private static final int MAX_DC_BITS = 11;

    private static final int[] NATURAL_ORDER = {
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14,
        21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60,
        61, 54, 47, 55, 62, 63
    };

    private final CompressedBytes input = new CompressedBytes();
    private final JpegHuffman[] dcTables = new JpegHuffman[TABLES];
    private final JpegHuffman[] acTables = new JpegHuffman[TABLES];
    /** Divisors in the order of the stream. */
    private final int[][] quantTables = new int[TABLES][JpegIdct.SIZE];

    private final JpegPlane[] planes = new JpegPlane[MAX_COMPONENTS];
    private final int[][] rows = new int[MAX_COMPONENTS][];
    private final int[] block = new int[JpegIdct.SIZE];
    private final JpegIdct idct = new JpegIdct();

    private int at;
    private int componentCount;
    private int restartInterval;
    private boolean isRgb;

    /** Bits at the top that are loaded, and how many. */
    private long bits;

    private int available;
    /** Zero bits that stand for what is behind the data's end. */
    private int invented;

    /** A decoder. */
    public JpegDecoder() {
        for (int i = 0; i < TABLES; i++) {
            dcTables[i] = new JpegHuffman();
            acTables[i] = new JpegHuffman();
        }
        for (int i = 0; i < MAX_COMPONENTS; i++) {
            planes[i] = new JpegPlane();
            rows[i] = new int[0];
        }
    }

    /**
     * Decodes a picture to XRGB_32 with a top byte of zero.
     *
     * @param width what the image's descriptor says, in pixels; 1 to {@link ImageDecoder#MAX_PIXELS} with {@code height}
     */
    public void decode(MemorySegment data, int width, int height, Pixmap target) throws MalformedMessageException {
        if (!(1 <= width && width <= Surface.MAX_SIZE_PIXELS && 1 <= height && height <= Surface.MAX_SIZE_PIXELS)
                || !((long) width * height <= ImageDecoder.MAX_PIXELS)) {
            throw new MalformedMessageException(
                    "JPEG",
                    "size",
                    "got " + width + "x" + height + ", expected at most " + ImageDecoder.MAX_PIXELS + " pixels, "
                            + Surface.MAX_SIZE_PIXELS + " each way");
        }
        input.load(data);
        begin();
        readSegments(width, height);
        decodeScan(width, height);
        target.resize(SurfaceFormat.XRGB_32, width, height);
        toPixels(target);
    }

    private void begin() throws MalformedMessageException {
        at = 0;
        componentCount = 0;
        restartInterval = 0;
        isRgb = false;
        for (int i = 0; i < TABLES; i++) {
            dcTables[i].clear();
            acTables[i].clear();
            Arrays.fill(quantTables[i], 0);
        }
        if (!(input.length() >= Short.BYTES && word(0) == SOI)) {
            throw malformed("SOI", "got another start, expected ffd8");
        }
        at = Short.BYTES;
    }

    /** Everything up to the scan's data. */
    private void readSegments(int width, int height) throws MalformedMessageException {
        while (true) {
            if (!(at + 4 <= input.length())) {
                throw malformed("marker", "got the end of the data, expected a scan");
            }
            int marker = word(at);
            if (marker == 0xffff) {
                at++; // fill byte
                continue;
            }
            int length = word(at + Short.BYTES);
            int start = at + 2 * Short.BYTES;
            int end = at + Short.BYTES + length;
            if (!(marker > 0xff00 && marker != EOI && 2 <= length && end <= input.length())) {
                throw malformed(
                        "marker",
                        "got " + Integer.toHexString(marker) + " of " + length
                                + " bytes, expected a segment of at most " + (input.length() - at - Short.BYTES));
            }
            at = end;
            switch (marker) {
                case SOF0, SOF1 -> readFrame(start, end, width, height);
                case DHT -> readHuffmanTables(start, end);
                case DQT -> readQuantTables(start, end);
                case DRI -> restartInterval = end - start == Short.BYTES ? word(start) : 0;
                case APP14 ->
                    isRgb = end - start > ADOBE_TRANSFORM_AT
                            && byteAt(start) == 'A'
                            && byteAt(start + ADOBE_TRANSFORM_AT) == 0;
                case SOS -> {
                    readScan(start, end);
                    return;
                }
                default -> {
                    if (SOF0 <= marker && marker <= SOF15 && marker != JPG && marker != DAC) {
                        throw malformed("SOF", "got " + Integer.toHexString(marker) + ", expected a baseline picture");
                    }
                }
            }
        }
    }

    private void readFrame(int start, int end, int width, int height) throws MalformedMessageException {
        if (!(componentCount == 0 && end - start >= 6)) {
            throw malformed("SOF", "got " + (end - start) + " bytes or a second frame, expected one");
        }
        int precision = byteAt(start);
        int gotHeight = word(start + 1);
        int gotWidth = word(start + 3);
        if (!(precision == Byte.SIZE && gotWidth == width && gotHeight == height)) {
            throw malformed(
                    "SOF",
                    "got " + gotWidth + "x" + gotHeight + " of " + precision + " bits, expected " + width + "x" + height
                            + " of 8");
        }
        int count = byteAt(start + 5);
        if (!((count == 1 || count == MAX_COMPONENTS) && end - start == 6 + 3 * count)) {
            throw malformed("SOF", "got " + count + " components in " + (end - start) + " bytes, expected 1 or 3");
        }
        int maxHorizontal = 1;
        int maxVertical = 1;
        for (int i = 0; i < count; i++) {
            JpegPlane plane = planes[i];
            int base = start + 6 + 3 * i;
            plane.id = byteAt(base);
            // One component alone is not interleaved: its sampling has no meaning.
            plane.horizontal = count == 1 ? 1 : byteAt(base + 1) >> 4;
            plane.vertical = count == 1 ? 1 : byteAt(base + 1) & 0xf;
            plane.quantTable = byteAt(base + 2);
            if (!(1 <= plane.horizontal && plane.horizontal <= MAX_SAMPLING)
                    || !(1 <= plane.vertical && plane.vertical <= MAX_SAMPLING)
                    || !(plane.quantTable < TABLES)) {
                throw malformed(
                        "SOF",
                        "got sampling " + plane.horizontal + "x" + plane.vertical + " with table " + plane.quantTable
                                + ", expected 1 or 2 and a table below 4");
            }
            maxHorizontal = Math.max(maxHorizontal, plane.horizontal);
            maxVertical = Math.max(maxVertical, plane.vertical);
        }
        componentCount = count;
        int unitsAcross = (width + maxHorizontal * JpegIdct.SIDE - 1) / (maxHorizontal * JpegIdct.SIDE);
        int unitsDown = (height + maxVertical * JpegIdct.SIDE - 1) / (maxVertical * JpegIdct.SIDE);
        // INVARIANT: width times height is at most MAX_PIXELS, and there is a bit at least for every block.
        if (!((long) unitsAcross * unitsDown <= (long) Byte.SIZE * input.length())) {
            throw malformed(
                    "scan", "got " + input.length() + " bytes, too few for " + width + "x" + height + " pixels");
        }
        for (int i = 0; i < count; i++) {
            planes[i].resize(width, height, maxHorizontal, maxVertical, unitsAcross, unitsDown);
            if (rows[i].length < width + 1) {
                rows[i] = new int[width + 1];
            }
        }
    }

    private void readHuffmanTables(int start, int end) throws MalformedMessageException {
        int at = start;
        while (at < end) {
            int counts = at + 1;
            int symbols = counts + JpegHuffman.MAX_BITS;
            int total = 0;
            for (int i = counts; i < Math.min(symbols, end); i++) {
                total += byteAt(i);
            }
            int kind = byteAt(at);
            boolean fits = symbols + total <= end && total <= MAX_SYMBOLS && (kind & 0xf) < TABLES && kind >> 4 <= 1;
            JpegHuffman[] tables = kind >> 4 == 0 ? dcTables : acTables;
            if (!(fits && tables[kind & 0xf].define(input.array(), counts, symbols, total))) {
                throw malformed("DHT", "got table " + kind + " of " + total + " symbols, expected a Huffman code");
            }
            at = symbols + total;
        }
    }

    private void readQuantTables(int start, int end) throws MalformedMessageException {
        int at = start;
        while (at < end) {
            int table = byteAt(at) & 0xf;
            int size = (byteAt(at) >> 4) + 1;
            if (!(table < TABLES && size <= Short.BYTES && at + 1 + size * JpegIdct.SIZE <= end)) {
                throw malformed("DQT", "got table " + table + " of " + size + " bytes each, expected 64 divisors");
            }
            for (int i = 0; i < JpegIdct.SIZE; i++) {
                quantTables[table][i] = size == 1 ? byteAt(at + 1 + i) : word(at + 1 + 2 * i);
            }
            at += 1 + size * JpegIdct.SIZE;
        }
    }

    private void readScan(int start, int end) throws MalformedMessageException {
        int count = end == start ? 0 : byteAt(start);
        if (!(0 < componentCount && count == componentCount && end - start == 4 + 2 * count)) {
            throw malformed("SOS", "got " + count + " components, expected all " + componentCount + " of a frame");
        }
        for (int i = 0; i < count; i++) {
            JpegPlane plane = planes[i];
            int id = byteAt(start + 1 + 2 * i);
            int tables = byteAt(start + 2 + 2 * i);
            if (!(id == plane.id && tables >> 4 < TABLES && (tables & 0xf) < TABLES)) {
                throw malformed("SOS", "got component " + id + " with tables " + tables + ", expected " + plane.id);
            }
            plane.dc = dcTables[tables >> 4];
            plane.ac = acTables[tables & 0xf];
            if (!(plane.dc.isDefined() && plane.ac.isDefined())) {
                throw malformed("SOS", "got tables " + tables + ", expected defined ones");
            }
        }
    }

    private void decodeScan(int width, int height) throws MalformedMessageException {
        int unitWidth = JpegIdct.SIDE;
        int unitHeight = JpegIdct.SIDE;
        for (int i = 0; i < componentCount; i++) {
            unitWidth = Math.max(unitWidth, JpegIdct.SIDE * planes[i].horizontal);
            unitHeight = Math.max(unitHeight, JpegIdct.SIDE * planes[i].vertical);
        }
        int unitsAcross = (width + unitWidth - 1) / unitWidth;
        int unitsDown = (height + unitHeight - 1) / unitHeight;
        restart();
        int untilRestart = restartInterval;
        for (int y = 0; y < unitsDown; y++) {
            for (int x = 0; x < unitsAcross; x++) {
                if (restartInterval != 0 && untilRestart == 0) {
                    skipRestartMarker();
                    untilRestart = restartInterval;
                }
                untilRestart--;
                for (int i = 0; i < componentCount; i++) {
                    decodeUnit(planes[i], x, y);
                }
            }
            if (available < invented) {
                throw malformed("scan", "got the end of the data in row " + y + " of " + unitsDown + ", expected more");
            }
        }
    }

    private void restart() {
        bits = 0;
        available = 0;
        invented = 0;
        for (JpegPlane plane : planes) {
            plane.predictor = 0;
        }
    }

    private void skipRestartMarker() throws MalformedMessageException {
        // Whole bytes that were loaded lie before the marker, at which loading stops.
        if (!(at + 2 <= input.length() && RST0 <= word(at) && word(at) <= RST7 && available >= invented)) {
            throw malformed("RST", "got no marker, expected one after " + restartInterval + " units");
        }
        at += Short.BYTES;
        restart();
    }

    private void decodeUnit(JpegPlane plane, int unitX, int unitY) throws MalformedMessageException {
        for (int v = 0; v < plane.vertical; v++) {
            for (int h = 0; h < plane.horizontal; h++) {
                int x = (unitX * plane.horizontal + h) * JpegIdct.SIDE;
                int y = (unitY * plane.vertical + v) * JpegIdct.SIDE;
                int index = y * plane.stride + x;
                if (decodeBlock(plane)) {
                    idct.transform(block, plane.samples, index, plane.stride);
                    Arrays.fill(block, 0);
                } else {
                    byte level = JpegIdct.flat(block[0]);
                    for (int i = 0; i < JpegIdct.SIDE; i++) {
                        Arrays.fill(
                                plane.samples,
                                index + i * plane.stride,
                                index + i * plane.stride + JpegIdct.SIDE,
                                level);
                    }
                    block[0] = 0;
                }
            }
        }
    }

    /** Reads one block's coefficients; whether there are any but the first. */
    private boolean decodeBlock(JpegPlane plane) throws MalformedMessageException {
        int[] block = this.block;
        int[] quant = quantTables[plane.quantTable];
        int size = symbol(plane.dc);
        if (!(size <= MAX_DC_BITS)) {
            throw malformed("scan", "got a difference of " + size + " bits, expected at most " + MAX_DC_BITS);
        }
        plane.predictor += signed(size);
        block[0] = plane.predictor * quant[0];
        boolean more = false;
        for (int k = 1; k < JpegIdct.SIZE; k++) {
            int runAndSize = symbol(plane.ac);
            int run = runAndSize >> 4;
            size = runAndSize & 0xf;
            if (size == 0) {
                if (run != 0xf) {
                    break;
                }
                k += run;
                continue;
            }
            k += run;
            if (!(k < JpegIdct.SIZE)) {
                throw malformed("scan", "got coefficient " + k + ", expected less than 64");
            }
            block[NATURAL_ORDER[k]] = signed(size) * quant[k];
            more = true;
        }
        return more;
    }

    private int symbol(JpegHuffman table) throws MalformedMessageException {
        if (available < Integer.SIZE) {
            refill();
        }
        int entry = table.fast[(int) (bits >>> (Long.SIZE - JpegHuffman.FAST_BITS))];
        if (entry == 0) {
            entry = table.slow((int) (bits >>> (Long.SIZE - JpegHuffman.MAX_BITS)));
            if (entry < 0) {
                throw malformed("scan", "got a code that no symbol has, expected one of the table");
            }
        }
        int length = entry >> Byte.SIZE;
        bits <<= length;
        available -= length;
        return entry & 0xff;
    }

    /** The next {@code size} bits, at most 15, as the standard's EXTEND reads them. They are loaded with their symbol. */
    private int signed(int size) {
        if (size == 0) {
            return 0;
        }
        int value = (int) (bits >>> (Long.SIZE - size));
        bits <<= size;
        available -= size;
        return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
    }

    /** Loads 32 bits or more: zeros once a marker or the end has been reached. */
    private void refill() {
        byte[] array = input.array();
        int four = (int) INT.get(array, at);
        if (((~four - 0x0101_0101) & four & 0x8080_8080) == 0 && at + Integer.BYTES <= input.length()) {
            bits |= (four & 0xffff_ffffL) << (Integer.SIZE - available);
            available += Integer.SIZE;
            at += Integer.BYTES;
            return;
        }
        while (available <= Long.SIZE - Byte.SIZE) {
            int next = 0;
            if (at < input.length() && (array[at] != -1 || (at + 1 < input.length() && array[at + 1] == 0))) {
                next = array[at] & 0xff;
                at += array[at] == -1 ? 2 : 1;
            } else {
                invented += Byte.SIZE;
            }
            bits |= (long) next << (Long.SIZE - Byte.SIZE - available);
            available += Byte.SIZE;
        }
    }

    private void toPixels(Pixmap target) {
        int width = target.widthPixels();
        int[] pixels = target.pixels();
        int[] first = rows[0];
        for (int y = 0; y < target.heightPixels(); y++) {
            for (int i = 0; i < componentCount; i++) {
                planes[i].readRow(y, rows[i]);
            }
            int base = y * width;
            if (componentCount == 1) {
                for (int x = 0; x < width; x++) {
                    pixels[base + x] = first[x] * 0x01_0101;
                }
            } else if (isRgb) {
                for (int x = 0; x < width; x++) {
                    pixels[base + x] = first[x] << 16 | rows[1][x] << 8 | rows[2][x];
                }
            } else {
                toRgb(first, rows[1], rows[2], pixels, base, width);
            }
        }
    }

    /** JFIF 1.02: colours from luma and chroma, in 16 bits of fraction. */
    private static void toRgb(int[] luma, int[] cb, int[] cr, int[] pixels, int base, int width) {
        for (int x = 0; x < width; x++) {
            int y = luma[x];
            int b = cb[x] - 128;
            int r = cr[x] - 128;
            int red = y + ((91881 * r + 32768) >> 16);
            int green = y + ((32768 - 22554 * b - 46802 * r) >> 16);
            int blue = y + ((116130 * b + 32768) >> 16);
            red = Math.max(0, Math.min(255, red));
            green = Math.max(0, Math.min(255, green));
            blue = Math.max(0, Math.min(255, blue));
            pixels[base + x] = red << 16 | green << 8 | blue;
        }
    }

    /** Where the coefficient that stands at {@code k} in the stream belongs, row by row. */
    static int naturalOrder(int k) {
        return NATURAL_ORDER[k];
    }

    private int byteAt(int index) {
        return input.array()[index] & 0xff;
    }

    private int word(int index) {
        return byteAt(index) << 8 | byteAt(index + 1);
    }

    private static MalformedMessageException malformed(String field, String detail) {
        return new MalformedMessageException("JPEG", field, detail);
    }
}
