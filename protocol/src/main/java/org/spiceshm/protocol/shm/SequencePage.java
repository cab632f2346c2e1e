package org.spiceshm.protocol.shm;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;

/**
 * The first page of a segment with {@link SegmentFeatures#SEQUENCE_PAGE}: a sequence lock around every batch of pixels,
 * with one writer and any number of readers, who never write.
 *
 * <pre>
 *    0  u32 magic 'SSHM' | u32 version = 1      never changes
 *   64  u64 write_begin                         the batch whose pixels are being, or have been, written
 *  128  u64 write_end                           the newest batch whose pixels are all there
 * </pre>
 *
 * A reader's copy is whole if write_end before it equals write_begin after it: then no batch had begun that had not
 * ended. Lines of 64 bytes keep what is written often from what is not.
 */
public final class SequencePage {
    /** Bytes 53 53 48 4D, "SSHM". */
    public static final int MAGIC_VALUE = 0x4d48_5353;

    /** The only version there is. */
    public static final int VERSION_VALUE = 1;

    private static final int LINE_BYTES = 64;

    private static final Struct STRUCT = Struct.littleEndian("SequencePage");
    private static final Struct.U32 MAGIC = STRUCT.u32("magic");
    private static final Struct.U32 VERSION = STRUCT.u32("version");

    @SuppressWarnings("unused") // Padding to the next line.
    private static final Struct.Bytes PAD_1 = STRUCT.bytes("pad1", LINE_BYTES - 2 * Integer.BYTES);

    private static final Struct.U64 WRITE_BEGIN = STRUCT.u64("write_begin");

    @SuppressWarnings("unused") // Padding to the next line.
    private static final Struct.Bytes PAD_2 = STRUCT.bytes("pad2", LINE_BYTES - Long.BYTES);

    private static final Struct.U64 WRITE_END = STRUCT.u64("write_end");

    /** How much of a segment's first page is in use. */
    public static final long BYTES = STRUCT.size();

    private SequencePage() {}

    /** Writes magic and version, and batch 0 as ended, before anyone else can see the segment. */
    public static void initialize(MemorySegment segment) {
        MAGIC.set(segment, 0, MAGIC_VALUE);
        VERSION.set(segment, 0, VERSION_VALUE);
        WRITE_BEGIN.set(segment, 0, 0);
        WRITE_END.set(segment, 0, 0);
    }

    /** Refuses a segment that does not begin with such a page. */
    public static void check(MemorySegment segment) throws MalformedMessageException {
        if (!(BYTES <= segment.byteSize())) {
            throw malformed(WRITE_END, segment.byteSize() + " bytes", "at least " + BYTES + " bytes");
        }
        int magic = MAGIC.get(segment, 0);
        int version = VERSION.get(segment, 0);
        if (!(magic == MAGIC_VALUE)) {
            throw malformed(MAGIC, Integer.toHexString(magic), Integer.toHexString(MAGIC_VALUE));
        }
        if (!(version == VERSION_VALUE)) {
            throw malformed(VERSION, Integer.toUnsignedString(version), VERSION_VALUE);
        }
    }

    private static MalformedMessageException malformed(Struct.Field field, Object got, Object expected) {
        return MalformedMessageException.at(STRUCT.name(), field.name(), field.offset(), got, expected);
    }

    /** Brackets the pixels of each batch. Owned by the render thread, the only writer; lives as long as the segment. */
    public static final class Writer {
        private final MemorySegment segment;

        /** For a segment that {@link #initialize} has prepared; its address is a multiple of 8. */
        public Writer(MemorySegment segment) {
            this.segment = segment;
        }

        /** The batch {@code sequence}, greater than all before, begins: no pixel of it has been written yet. */
        public void begin(long sequence) {
            WRITE_BEGIN.setOpaque(segment, 0, sequence);
            // store-store: write_begin before the first pixel, so that who sees a pixel of this batch sees that it
            // began.
            VarHandle.storeStoreFence();
        }

        /** All pixels of the batch {@code sequence} have been written. */
        public void end(long sequence) {
            // release: pixels before write_end, so that who sees this batch ended sees all of it.
            WRITE_END.setRelease(segment, 0, sequence);
        }
    }

    /** Tells whether a copy was whole. Has no state, writes nothing: any thread, and a read-only mapping, will do. */
    public static final class Reader {
        private final MemorySegment segment;

        /** For a segment that {@link #check} has accepted; its address is a multiple of 8. */
        public Reader(MemorySegment segment) {
            this.segment = segment;
        }

        /** Call before copying: the newest batch that has ended. */
        public long beginRead() {
            // acquire: write_end before the pixels, so that the copy holds at least this batch.
            return WRITE_END.getAcquire(segment, 0);
        }

        /** Call after copying, with what {@link #beginRead} returned: whether the copy is that batch and nothing of a later one. */
        public boolean validate(long sequence) {
            // load-load: the pixels before write_begin, so that a pixel of a later batch in the copy shows that it
            // began.
            VarHandle.loadLoadFence();
            return WRITE_BEGIN.getOpaque(segment, 0) == sequence;
        }
    }
}
