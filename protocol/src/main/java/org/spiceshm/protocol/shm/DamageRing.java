package org.spiceshm.protocol.shm;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Array;
import org.spiceshm.protocol.Struct.I32;
import org.spiceshm.protocol.Struct.U32;
import org.spiceshm.protocol.Struct.U64;

/**
 * The damage records of a segment with {@link SegmentFeatures#DAMAGE_RING}: one writer, any number of readers who each
 * keep their own place, never write, and can tell when they have been overtaken.
 *
 * <pre>
 *    0    the {@link SequencePage}
 * 4096    u64 claimed      records below it have been, or are being, written
 * 4160    u64 published    records below it are all there
 * 4224    u32 wake         changes with every batch: what sleepers wait on
 * 8192    4096 records of 64 bytes; record p lies at p mod 4096:
 *         u64 position | u64 batch | u64 read_nanos | u32 surface_id | i32 top, left, bottom, right | padding
 * 270336  surfaces
 * </pre>
 *
 * <p>Damage is published after its pixels are visible. Nothing here says which primary a record means when one has taken
 * the place of another under the same number; a reader clips what does not fit its own.
 */
public final class DamageRing {
    /** Records that the ring holds. */
    public static final int RECORDS = 4096;

    /** Surfaces begin here or later in a segment that has a ring. */
    public static final int FIRST_SURFACE_OFFSET = 270_336;

    private static final int HEADER_OFFSET = 4096;
    private static final int RECORDS_OFFSET = 8192;
    private static final int LINE_BYTES = 64;

    private static final Struct HEADER = Struct.littleEndian("DamageRing");
    private static final U64 CLAIMED = HEADER.u64("claimed");

    @SuppressWarnings("unused") // Padding to the next line.
    private static final Struct.Bytes PAD_1 = HEADER.bytes("pad1", LINE_BYTES - Long.BYTES);

    private static final U64 PUBLISHED = HEADER.u64("published");

    @SuppressWarnings("unused") // Padding to the next line.
    private static final Struct.Bytes PAD_2 = HEADER.bytes("pad2", LINE_BYTES - Long.BYTES);

    private static final U32 WAKE = HEADER.u32("wake");

    private static final Struct RECORD = Struct.littleEndian("DamageRecord");
    private static final U64 POSITION = RECORD.u64("position");
    private static final U64 BATCH = RECORD.u64("batch");
    private static final U64 READ_NANOS = RECORD.u64("read_nanos");
    private static final U32 SURFACE_ID = RECORD.u32("surface_id");
    private static final I32 TOP = RECORD.i32("top");
    private static final I32 LEFT = RECORD.i32("left");
    private static final I32 BOTTOM = RECORD.i32("bottom");
    private static final I32 RIGHT = RECORD.i32("right");

    @SuppressWarnings("unused") // Padding to the next line.
    private static final Struct.Bytes PAD_3 = RECORD.bytes("padding", LINE_BYTES - RECORD.size());

    private static final Array RING = Struct.littleEndian("DamageRecords").array("records", RECORD, RECORDS);

    /** Where {@code wake} lies in the segment: what a futex call is given. */
    public static final long WAKE_OFFSET = HEADER_OFFSET + WAKE.offset();

    private DamageRing() {}

    /** Whether a segment of this size can have a ring. */
    public static boolean fits(long segmentBytes) {
        return FIRST_SURFACE_OFFSET <= segmentBytes;
    }

    private static long record(long position) {
        return RING.at(RECORDS_OFFSET, (int) (position & (RECORDS - 1)));
    }

    /** Adds damage. Owned by the thread that tells damage, the only writer; lives as long as the segment. */
    public static final class Writer {
        private final MemorySegment segment;
        private long position;
        private int wake;

        /** For a segment of zeros; its address is a multiple of 8. */
        public Writer(MemorySegment segment) {
            this.segment = segment;
        }

        /**
         * Adds the rectangles of one batch, whose pixels have been written, and changes the word that sleepers wait on; to
         * wake them is the caller's part.
         */
        public void write(long batch, long readNanos, int surfaceId, DamageRects rects) {
            int count = rects.count();
            CLAIMED.setOpaque(segment, HEADER_OFFSET, position + count);
            // store-store: claimed before the first word of a record, so that who sees a new word sees the claim.
            VarHandle.storeStoreFence();
            for (int i = 0; i < count; i++) {
                long at = record(position + i);
                POSITION.setOpaque(segment, at, position + i);
                BATCH.setOpaque(segment, at, batch);
                READ_NANOS.setOpaque(segment, at, readNanos);
                SURFACE_ID.set(segment, at, surfaceId);
                TOP.set(segment, at, rects.top(i));
                LEFT.set(segment, at, rects.left(i));
                BOTTOM.set(segment, at, rects.bottom(i));
                RIGHT.set(segment, at, rects.right(i));
            }
            position += count;
            // release: the records, and the pixels that they tell of, before their publication.
            PUBLISHED.setRelease(segment, HEADER_OFFSET, position);
            wake++;
            // release: the publication before the change that ends a sleep, so that who wakes finds it.
            WAKE.setRelease(segment, HEADER_OFFSET, wake);
        }
    }

    /**
     * One reader's place. Writes nothing: a read-only mapping will do. Nothing that stands in the segment can make it fail.
     * Owned by one thread.
     *
     * <pre>{@code
     * int wake = reader.wake();
     * if (reader.hasNext()) { while (reader.hasNext()) { if (reader.take()) … else everything is damaged } }
     * else sleep while the word at WAKE_OFFSET is still wake
     * }</pre>
     */
    public static final class Reader {
        private final MemorySegment segment;
        private long next;
        private long batch;
        private long readNanos;
        private int surfaceId;
        private int top;
        private int left;
        private int bottom;
        private int right;

        /** Begins behind the newest record of a segment that {@link #fits}; its address is a multiple of 8. */
        public Reader(MemorySegment segment) {
            this.segment = segment;
            skipAll();
        }

        /** Goes on behind the newest record. */
        public void skipAll() {
            next = published();
        }

        /** The word that changes with every batch; read it before {@link #hasNext}. */
        public int wake() {
            // acquire: pairs with the writer's release, so that a change that is seen here shows its records too.
            return WAKE.getAcquire(segment, HEADER_OFFSET);
        }

        /** Whether there is a record that has not been taken. */
        public boolean hasNext() {
            return published() != next;
        }

        /**
         * Copies the next record.
         *
         * @return false if it has been overwritten: then everything counts as damaged, and reading goes on behind the newest
         */
        public boolean take() {
            long at = record(next);
            long position = POSITION.getOpaque(segment, at);
            batch = BATCH.getOpaque(segment, at);
            readNanos = READ_NANOS.getOpaque(segment, at);
            surfaceId = SURFACE_ID.get(segment, at);
            top = TOP.get(segment, at);
            left = LEFT.get(segment, at);
            bottom = BOTTOM.get(segment, at);
            right = RIGHT.get(segment, at);
            // load-load: the record before the claim that tells whether it is still this one.
            VarHandle.loadLoadFence();
            boolean overwritten = CLAIMED.getOpaque(segment, HEADER_OFFSET) - next > RECORDS;
            if (overwritten || position != next) {
                skipAll();
                return false;
            }
            next++;
            return true;
        }

        private long published() {
            // acquire: pairs with the writer's release.
            return PUBLISHED.getAcquire(segment, HEADER_OFFSET);
        }

        /** The batch that the record taken last belongs to. */
        public long batch() {
            return batch;
        }

        /** CLOCK_MONOTONIC when its batch's oldest command was read. */
        public long readNanos() {
            return readNanos;
        }

        /** The surface that has changed. */
        public int surfaceId() {
            return surfaceId;
        }

        /** Top row of what has changed: as it stands in the segment, unchecked, here and below. */
        public int top() {
            return top;
        }

        /** Its first column. */
        public int left() {
            return left;
        }

        /** One past its last row. */
        public int bottom() {
            return bottom;
        }

        /** One past its last column. */
        public int right() {
            return right;
        }
    }
}
