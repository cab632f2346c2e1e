package org.spiceshm.server;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.spiceshm.protocol.shm.DamageRects;

/**
 * The newest rectangles of damage, for any number of readers who each keep their own place: one writer, no lock, no
 * allocation, and a reader who falls behind by a whole ring is told so.
 *
 * <pre>
 *  claimed ...... the writer is about to write up to here
 *  published .... readers may read up to here
 *  record n mod SIZE:  epoch | sequence | readNanos | rectangle, 16 bits a side
 * </pre>
 *
 * <p>The epoch says which primary a rectangle belongs to. Written by the damage handler's thread alone.
 */
final class DamageJournal {
    static final int SIZE = 8192;

    private static final int RECORD = 4;
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle CLAIMED;
    private static final VarHandle PUBLISHED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            CLAIMED = lookup.findVarHandle(DamageJournal.class, "claimed", long.class);
            PUBLISHED = lookup.findVarHandle(DamageJournal.class, "published", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long[] records = new long[RECORD * SIZE];

    @SuppressWarnings("UnusedVariable") // by CLAIMED
    private long claimed;

    private long published;

    /** Adds the rectangles of one batch; at most {@link DamageRects#MAX_RECTS}, so less than {@link #SIZE}. */
    void write(long epoch, long sequence, long readNanos, DamageRects rects) {
        long position = published;
        CLAIMED.setOpaque(this, position + rects.count());
        // store-store: claimed before the first word of a record, so that who sees a new word sees the claim.
        VarHandle.storeStoreFence();
        for (int i = 0; i < rects.count(); i++) {
            int at = index(position + i);
            WORD.setOpaque(records, at, epoch);
            WORD.setOpaque(records, at + 1, sequence);
            WORD.setOpaque(records, at + 2, readNanos);
            WORD.setOpaque(records, at + 3, pack(rects, i));
        }
        // release: the records before their publication.
        PUBLISHED.setRelease(this, position + rects.count());
    }

    /** Up to where a reader may read now. */
    long published() {
        // acquire: pairs with the writer's release.
        return (long) PUBLISHED.getAcquire(this);
    }

    private static int index(long position) {
        return RECORD * (int) (position & (SIZE - 1));
    }

    private static long pack(DamageRects rects, int i) {
        // INVARIANT: 0 <= every side <= 32766 < 2^16.
        return ((long) rects.top(i) << 48)
                | ((long) rects.left(i) << 32)
                | ((long) rects.bottom(i) << 16)
                | rects.right(i);
    }

    /** One reader's place. Owned by its connection's thread. */
    final class Reader {
        private long next = published();

        /** What {@link #read} has found. */
        private long sequence;

        private long readNanos;
        private boolean lost;

        /** Whether there are records before {@code end} that have not been read. */
        boolean isBehind(long end) {
            return next < end;
        }

        /** Goes on from the newest record. */
        void skipAll() {
            next = published();
        }

        /**
         * Adds the rectangles of {@code epoch} up to {@code end} to {@code rects}; others are passed over.
         *
         * @return whether anything was added, or {@link #lost}
         */
        boolean read(long epoch, long end, DamageRects rects) {
            lost = false;
            boolean found = false;
            while (next < end) {
                int at = index(next);
                long recordEpoch = (long) WORD.getOpaque(records, at);
                long recordSequence = (long) WORD.getOpaque(records, at + 1);
                long recordNanos = (long) WORD.getOpaque(records, at + 2);
                long rect = (long) WORD.getOpaque(records, at + 3);
                if (isOverwritten(next)) {
                    lost = true;
                    catchUp(!found);
                    return true;
                }
                next++;
                if (recordEpoch == epoch) {
                    if (!found) {
                        readNanos = recordNanos;
                    }
                    found = true;
                    sequence = recordSequence;
                    rects.add((int) (rect >>> 48), side(rect >>> 32), side(rect >>> 16), side(rect));
                }
            }
            return found;
        }

        /** Goes on behind the newest record, and takes over its sequence: a later one would make the next fall. */
        private void catchUp(boolean takeNanos) {
            long newestNanos;
            do {
                next = published();
                int at = index(next - 1);
                sequence = (long) WORD.getOpaque(records, at + 1);
                newestNanos = (long) WORD.getOpaque(records, at + 2);
            } while (isOverwritten(next - 1));
            if (takeNanos) {
                readNanos = newestNanos;
            }
        }

        private boolean isOverwritten(long position) {
            // load-load: a record's words before the claim that tells whether they are still those of this record.
            VarHandle.loadLoadFence();
            return (long) CLAIMED.getOpaque(DamageJournal.this) > position + SIZE;
        }

        private static int side(long bits) {
            return (int) (bits & 0xffff);
        }

        /** Whether records were overwritten before they were read: then everything counts as damaged. */
        boolean lost() {
            return lost;
        }

        /** The newest batch in what was read. */
        long sequence() {
            return sequence;
        }

        /** When the oldest command of what was read was taken from its ring. */
        long readNanos() {
            return readNanos;
        }
    }
}
