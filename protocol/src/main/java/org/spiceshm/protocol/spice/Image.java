package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;

/**
 * A picture inside a drawing. spice.proto: Image. All {@code data} are read-only slices of the message's body: copy
 * what must outlive it.
 */
public sealed interface Image {
    /** No bitmap is longer: stride times rows, in bytes (CVE-2015-5261). */
    long MAX_BITMAP_BYTES = Integer.MAX_VALUE;

    /** What it is cached under, and how large it is. */
    Descriptor descriptor();

    /**
     * spice.proto: ImageDescriptor.
     *
     * @param flags of {@link #CACHE_ME}, {@link #HIGH_BITS_SET}, {@link #CACHE_REPLACE_ME}
     */
    record Descriptor(long id, int flags, int width, int height) {
        public static final int CACHE_ME = 1;
        public static final int HIGH_BITS_SET = 2;
        public static final int CACHE_REPLACE_ME = 4;

        static final Struct STRUCT = Struct.littleEndian("ImageDescriptor");
        static final Struct.U64 ID = STRUCT.u64("id");
        static final Struct.U8 TYPE = STRUCT.u8("type");
        static final Struct.U8 FLAGS = STRUCT.u8("flags");
        static final Struct.U32 WIDTH = STRUCT.u32("width");
        static final Struct.U32 HEIGHT = STRUCT.u32("height");

        private static Descriptor read(BodyReader reader, long base) throws MalformedMessageException {
            MemorySegment body = reader.body();
            if (!(0 <= WIDTH.get(body, base))) {
                throw reader.malformed(WIDTH, base, WIDTH.getUnsigned(body, base), "less than 2^31");
            }
            if (!(0 <= HEIGHT.get(body, base))) {
                throw reader.malformed(HEIGHT, base, HEIGHT.getUnsigned(body, base), "less than 2^31");
            }
            return new Descriptor(
                    ID.get(body, base), FLAGS.get(body, base), WIDTH.get(body, base), HEIGHT.get(body, base));
        }

        private void write(BodyWriter out, int type) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            ID.set(segment, base, id);
            TYPE.set(segment, base, type);
            FLAGS.set(segment, base, flags);
            WIDTH.set(segment, base, width);
            HEIGHT.set(segment, base, height);
        }
    }

    /** Pixels as they are; {@code height} rows of {@code strideBytes}, the bottom one first unless {@code topDown}. */
    record Bitmap(
            Descriptor descriptor,
            BitmapFormat format,
            boolean topDown,
            int width,
            int height,
            int strideBytes,
            PaletteRef palette,
            MemorySegment data)
            implements Image {
        static final int TYPE = 0;
        static final int TOP_DOWN = 4;
        static final Struct STRUCT = Struct.littleEndian("BitmapData");
        static final Struct.U8 FORMAT = STRUCT.u8("format");
        static final Struct.U8 FLAGS = STRUCT.u8("flags");
        static final Struct.U32 X = STRUCT.u32("x");
        static final Struct.U32 Y = STRUCT.u32("y");
        static final Struct.U32 STRIDE = STRUCT.u32("stride");

        private static Bitmap read(BodyReader reader, Descriptor descriptor, boolean mask)
                throws MalformedMessageException {
            MemorySegment body = reader.body();
            long base = reader.take(STRUCT);
            BitmapFormat format = BitmapFormat.ofNumber(FORMAT.get(body, base));
            if (format == null) {
                throw reader.malformed(FORMAT, base, FORMAT.get(body, base), "a bitmap format, 1..10");
            }
            long width = X.getUnsigned(body, base);
            long height = Y.getUnsigned(body, base);
            long stride = STRIDE.getUnsigned(body, base);
            if (!(0 < width && width <= Integer.MAX_VALUE)) {
                throw reader.malformed(X, base, width, "1 to 2^31-1");
            }
            if (!(0 < height && height <= Integer.MAX_VALUE)) {
                throw reader.malformed(Y, base, height, "1 to 2^31-1");
            }
            long rowBytes = (width * format.bitsPerPixel() + 7) >>> 3;
            if (!(rowBytes <= stride)) {
                throw reader.malformed(STRIDE, base, stride, "at least " + rowBytes);
            }
            // INVARIANT: stride < 2^32 and height < 2^31, so the product fits a long.
            if (!(stride * height <= MAX_BITMAP_BYTES)) {
                throw reader.malformed(STRIDE, base, stride, "at most 2^31-1 bytes in " + height + " rows");
            }
            int flags = FLAGS.get(body, base);
            PaletteRef palette = PaletteRef.read(reader, flags, format.hasPalette() && !mask);
            MemorySegment data = reader.slice("data", stride * height).asReadOnly();
            return new Bitmap(
                    descriptor,
                    format,
                    (flags & TOP_DOWN) != 0,
                    (int) width,
                    (int) height,
                    (int) stride,
                    palette,
                    data);
        }

        private void writeData(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            FORMAT.set(segment, base, format.number());
            FLAGS.set(segment, base, palette.flags() | (topDown ? TOP_DOWN : 0));
            X.set(segment, base, width);
            Y.set(segment, base, height);
            STRIDE.set(segment, base, strideBytes);
            palette.write(out);
            out.putBytes(data);
        }
    }

    /** How the data of a {@link Compressed} image is compressed, when nothing but the data needs to be told. */
    enum Codec {
        QUIC(1),
        LZ_RGB(101),
        GLZ_RGB(102),
        JPEG(105),
        LZ4(109);

        private final int number;

        Codec(int number) {
            this.number = number;
        }

        /** The image type on the wire. */
        public int number() {
            return number;
        }

        private static @Nullable Codec ofNumber(int number) {
            for (Codec codec : values()) {
                if (codec.number == number) {
                    return codec;
                }
            }
            return null;
        }
    }

    /** A picture in one of the codecs that carry all about themselves. */
    record Compressed(Descriptor descriptor, Codec codec, MemorySegment data) implements Image {
        private static final Struct STRUCT = Struct.littleEndian("BinaryData");
        private static final Struct.U32 DATA_SIZE = STRUCT.u32("data_size");

        private static Compressed read(BodyReader reader, Descriptor descriptor, Codec codec)
                throws MalformedMessageException {
            long size = DATA_SIZE.getUnsigned(reader.body(), reader.take(STRUCT));
            return new Compressed(descriptor, codec, reader.slice("data", size).asReadOnly());
        }

        private void writeData(BodyWriter out) {
            long base = out.put(STRUCT);
            DATA_SIZE.set(out.segment(), base, (int) data.byteSize());
            out.putBytes(data);
        }
    }

    /** LZ over palette indexes. */
    record LzPalette(Descriptor descriptor, boolean topDown, PaletteRef palette, MemorySegment data) implements Image {
        private static final int TYPE = 100;
        private static final Struct STRUCT = Struct.littleEndian("LZPLTData");
        private static final Struct.U8 FLAGS = STRUCT.u8("flags");
        private static final Struct.U32 DATA_SIZE = STRUCT.u32("data_size");

        private static LzPalette read(BodyReader reader, Descriptor descriptor) throws MalformedMessageException {
            long base = reader.take(STRUCT);
            int flags = FLAGS.get(reader.body(), base);
            long size = DATA_SIZE.getUnsigned(reader.body(), base);
            PaletteRef palette = PaletteRef.read(reader, flags, true);
            return new LzPalette(
                    descriptor,
                    (flags & Bitmap.TOP_DOWN) != 0,
                    palette,
                    reader.slice("data", size).asReadOnly());
        }

        private void writeData(BodyWriter out) {
            long base = out.put(STRUCT);
            FLAGS.set(out.segment(), base, palette.flags() | (topDown ? Bitmap.TOP_DOWN : 0));
            DATA_SIZE.set(out.segment(), base, (int) data.byteSize());
            palette.write(out);
            out.putBytes(data);
        }
    }

    /** zlib around a GLZ picture of {@code glzBytes}. */
    record ZlibGlz(Descriptor descriptor, long glzBytes, MemorySegment data) implements Image {
        private static final int TYPE = 107;
        private static final Struct STRUCT = Struct.littleEndian("ZlibGlzRGBData");
        private static final Struct.U32 GLZ_DATA_SIZE = STRUCT.u32("glz_data_size");
        private static final Struct.U32 DATA_SIZE = STRUCT.u32("data_size");

        private static ZlibGlz read(BodyReader reader, Descriptor descriptor) throws MalformedMessageException {
            long base = reader.take(STRUCT);
            long size = DATA_SIZE.getUnsigned(reader.body(), base);
            return new ZlibGlz(
                    descriptor,
                    GLZ_DATA_SIZE.getUnsigned(reader.body(), base),
                    reader.slice("data", size).asReadOnly());
        }

        private void writeData(BodyWriter out) {
            long base = out.put(STRUCT);
            GLZ_DATA_SIZE.set(out.segment(), base, (int) glzBytes);
            DATA_SIZE.set(out.segment(), base, (int) data.byteSize());
            out.putBytes(data);
        }
    }

    /** A JPEG for the colours, and LZ for the alpha, whose rows lie top first if {@code topDown}. */
    record JpegAlpha(Descriptor descriptor, boolean topDown, MemorySegment jpeg, MemorySegment alpha) implements Image {
        private static final int TYPE = 108;
        private static final int FLAG_TOP_DOWN = 1;
        private static final Struct STRUCT = Struct.littleEndian("JPEGAlphaData");
        private static final Struct.U8 FLAGS = STRUCT.u8("flags");
        private static final Struct.U32 JPEG_SIZE = STRUCT.u32("jpeg_size");
        private static final Struct.U32 DATA_SIZE = STRUCT.u32("data_size");

        private static JpegAlpha read(BodyReader reader, Descriptor descriptor) throws MalformedMessageException {
            long base = reader.take(STRUCT);
            long jpegSize = JPEG_SIZE.getUnsigned(reader.body(), base);
            long size = DATA_SIZE.getUnsigned(reader.body(), base);
            if (!(jpegSize <= size)) {
                throw reader.malformed(JPEG_SIZE, base, jpegSize, "at most data_size, " + size);
            }
            MemorySegment data = reader.slice("data", size).asReadOnly();
            return new JpegAlpha(
                    descriptor,
                    (FLAGS.get(reader.body(), base) & FLAG_TOP_DOWN) != 0,
                    data.asSlice(0, jpegSize),
                    data.asSlice(jpegSize));
        }

        private void writeData(BodyWriter out) {
            long base = out.put(STRUCT);
            FLAGS.set(out.segment(), base, topDown ? FLAG_TOP_DOWN : 0);
            JPEG_SIZE.set(out.segment(), base, (int) jpeg.byteSize());
            DATA_SIZE.set(out.segment(), base, (int) (jpeg.byteSize() + alpha.byteSize()));
            out.putBytes(jpeg);
            out.putBytes(alpha);
        }
    }

    /** The picture that the client caches under the descriptor's id; {@code lossless} if it must be the exact one. */
    record FromCache(Descriptor descriptor, boolean lossless) implements Image {
        private static final int TYPE = 103;
        private static final int TYPE_LOSSLESS = 106;
    }

    /** What another surface shows. */
    record Surface(Descriptor descriptor, int surfaceId) implements Image {
        private static final int TYPE = 104;
        private static final Struct STRUCT = Struct.littleEndian("SurfaceData");
        private static final Struct.U32 SURFACE_ID = STRUCT.u32("surface_id");

        private static Surface read(BodyReader reader, Descriptor descriptor) throws MalformedMessageException {
            return new Surface(descriptor, SURFACE_ID.get(reader.body(), reader.take(STRUCT)));
        }

        private void writeData(BodyWriter out) {
            long base = out.put(STRUCT);
            SURFACE_ID.set(out.segment(), base, surfaceId);
        }
    }

    /** Reads the picture that {@code pointer} points to, which may not be null. */
    static Image read(BodyReader reader, Struct.U32 pointer, long base) throws MalformedMessageException {
        if (reader.isNull(pointer, base)) {
            throw reader.malformed(pointer, base, "a null pointer", "an image");
        }
        return readAt(reader.follow(pointer, base), false);
    }

    /** Reads the mask that {@code pointer} points to, or null. */
    static @Nullable Image readMask(BodyReader reader, Struct.U32 pointer, long base) throws MalformedMessageException {
        BodyReader target = reader.followNullable(pointer, base);
        return target == null ? null : readAt(target, true);
    }

    private static Image readAt(BodyReader reader, boolean mask) throws MalformedMessageException {
        long base = reader.take(Descriptor.STRUCT);
        Descriptor descriptor = Descriptor.read(reader, base);
        int type = Descriptor.TYPE.get(reader.body(), base);
        return switch (type) {
            case Bitmap.TYPE -> Bitmap.read(reader, descriptor, mask);
            case LzPalette.TYPE -> LzPalette.read(reader, descriptor);
            case FromCache.TYPE -> new FromCache(descriptor, false);
            case Surface.TYPE -> Surface.read(reader, descriptor);
            case FromCache.TYPE_LOSSLESS -> new FromCache(descriptor, true);
            case ZlibGlz.TYPE -> ZlibGlz.read(reader, descriptor);
            case JpegAlpha.TYPE -> JpegAlpha.read(reader, descriptor);
            default -> {
                Codec codec = Codec.ofNumber(type);
                if (codec == null) {
                    throw reader.malformed(Descriptor.TYPE, base, type, "an image type: 0, 1 or 100..109");
                }
                yield Compressed.read(reader, descriptor, codec);
            }
        };
    }

    /** Appends the descriptor and what follows it. */
    default void write(BodyWriter out) {
        switch (this) {
            case Bitmap image -> {
                image.descriptor.write(out, Bitmap.TYPE);
                image.writeData(out);
            }
            case Compressed image -> {
                image.descriptor.write(out, image.codec.number);
                image.writeData(out);
            }
            case LzPalette image -> {
                image.descriptor.write(out, LzPalette.TYPE);
                image.writeData(out);
            }
            case ZlibGlz image -> {
                image.descriptor.write(out, ZlibGlz.TYPE);
                image.writeData(out);
            }
            case JpegAlpha image -> {
                image.descriptor.write(out, JpegAlpha.TYPE);
                image.writeData(out);
            }
            case FromCache image ->
                image.descriptor.write(out, image.lossless ? FromCache.TYPE_LOSSLESS : FromCache.TYPE);
            case Surface image -> {
                image.descriptor.write(out, Surface.TYPE);
                image.writeData(out);
            }
        }
    }
}
