package org.spiceshm.protocol.shm;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.spice.BodyReader;
import org.spiceshm.protocol.spice.BodyWriter;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.DisplayServerMessage.SurfaceCreate;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * SURFACE_CREATE_SHM: a primary surface whose rows, top first, lie {@code strideBytes} apart from {@code shmOffset} of
 * the segment on. The whole of it is valid and new.
 */
public record SurfaceCreateShm(
        int surfaceId, int width, int height, SurfaceFormat format, int strideBytes, long shmOffset)
        implements DisplayServerMessage {
    /** Surfaces begin at multiples of this. */
    public static final int OFFSET_ALIGNMENT = 4096;

    /** Rows begin at multiples of this. */
    public static final int STRIDE_ALIGNMENT = 4;

    private static final Struct STRUCT = Struct.littleEndian("SURFACE_CREATE_SHM");
    private static final Struct.U32 SURFACE_ID = STRUCT.u32("surface_id");
    private static final Struct.U32 WIDTH = STRUCT.u32("width");
    private static final Struct.U32 HEIGHT = STRUCT.u32("height");
    private static final Struct.U32 FORMAT = STRUCT.u32("format");
    private static final Struct.U32 FLAGS = STRUCT.u32("flags");
    private static final Struct.U32 STRIDE = STRUCT.u32("stride");
    private static final Struct.U64 SHM_OFFSET = STRUCT.u64("shm_offset");

    /** Reads a body completely; only {@link #requireInside} knows the segment. */
    public static SurfaceCreateShm decode(MemorySegment body) throws MalformedMessageException {
        BodyReader reader = new BodyReader(STRUCT.name(), body);
        long base = reader.take(STRUCT);
        SurfaceFormat format = SurfaceFormat.ofNumber(FORMAT.get(body, base));
        if (format == null) {
            throw reader.malformed(FORMAT, base, FORMAT.getUnsigned(body, base), "a surface format");
        }
        int width = side(reader, WIDTH, base);
        int height = side(reader, HEIGHT, base);
        long flags = FLAGS.getUnsigned(body, base);
        if (!(flags == SurfaceCreate.PRIMARY)) {
            throw reader.malformed(FLAGS, base, flags, SurfaceCreate.PRIMARY + " (primary)");
        }
        long stride = STRIDE.getUnsigned(body, base);
        int rowBytes = format.rowBytes(width);
        if (!(rowBytes <= stride && stride <= Integer.MAX_VALUE && stride % STRIDE_ALIGNMENT == 0)) {
            throw reader.malformed(
                    STRIDE, base, stride, "a multiple of " + STRIDE_ALIGNMENT + ", at least " + rowBytes);
        }
        long offset = SHM_OFFSET.get(body, base);
        if (!(0 <= offset && offset % OFFSET_ALIGNMENT == 0)) {
            throw reader.malformed(
                    SHM_OFFSET, base, Long.toUnsignedString(offset), "a multiple of " + OFFSET_ALIGNMENT);
        }
        reader.requireEnd();
        return new SurfaceCreateShm(SURFACE_ID.get(body, base), width, height, format, (int) stride, offset);
    }

    private static int side(BodyReader reader, Struct.U32 field, long base) throws MalformedMessageException {
        long pixels = field.getUnsigned(reader.body(), base);
        if (!(0 < pixels && pixels <= SurfaceCreate.MAX_SIDE_PIXELS)) {
            throw reader.malformed(field, base, pixels, "1 to " + SurfaceCreate.MAX_SIDE_PIXELS);
        }
        return (int) pixels;
    }

    /** Refuses a surface that does not lie whole in a segment of {@code segmentBytes}. */
    public void requireInside(long segmentBytes) throws MalformedMessageException {
        // INVARIANT: strideBytes < 2^31 and height < 2^15, so their product is below 2^46; no sum is taken.
        if (!((long) strideBytes * height <= segmentBytes && shmOffset <= segmentBytes - (long) strideBytes * height)) {
            throw MalformedMessageException.at(
                    STRUCT.name(),
                    SHM_OFFSET.name(),
                    SHM_OFFSET.offset(),
                    shmOffset,
                    "room for " + height + " rows of " + strideBytes + " bytes in " + segmentBytes);
        }
    }

    @Override
    public int type(Numbering numbering) {
        return numbering.surfaceCreateShm();
    }

    @Override
    public void encode(BodyWriter out) {
        long base = out.put(STRUCT);
        MemorySegment segment = out.segment();
        SURFACE_ID.set(segment, base, surfaceId);
        WIDTH.set(segment, base, width);
        HEIGHT.set(segment, base, height);
        FORMAT.set(segment, base, format.number());
        FLAGS.set(segment, base, SurfaceCreate.PRIMARY);
        STRIDE.set(segment, base, strideBytes);
        SHM_OFFSET.set(segment, base, shmOffset);
    }
}
