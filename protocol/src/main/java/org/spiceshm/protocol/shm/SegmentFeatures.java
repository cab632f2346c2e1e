package org.spiceshm.protocol.shm;

/** Bits of the offer's and the reply's features: what goes with the segment. */
public final class SegmentFeatures {
    /** After the offer comes one byte that carries the segment's descriptor. */
    public static final int FD_FOLLOWS = 1;

    /** The client gets a segment of its own, which the server leaves alone until SHM_DAMAGE_HANDLED. */
    public static final int DAMAGE_HANDLED = 2;

    /** The segment begins with a {@link SequencePage}. */
    public static final int SEQUENCE_PAGE = 4;

    /** The segment has a ring of damage records. */
    public static final int DAMAGE_RING = 8;

    private SegmentFeatures() {}
}
