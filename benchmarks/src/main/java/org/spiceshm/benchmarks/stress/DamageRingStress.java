package org.spiceshm.benchmarks.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIII_Result;
import org.spiceshm.protocol.shm.DamageRects;
import org.spiceshm.protocol.shm.DamageRing;

/** A record that is taken from the ring is whole, and the pixels that it tells of are there. */
@JCStressTest
@Outcome(id = "0, 0, 0, 0", expect = ACCEPTABLE, desc = "nothing yet")
@Outcome(id = "1, 1, 7, 8", expect = ACCEPTABLE, desc = "the record, and its pixel")
@Outcome(id = ".*", expect = FORBIDDEN, desc = "half a record, or one before its pixels")
@State
public class DamageRingStress {
    /** The header and the first record; what lies behind is not touched. */
    private static final int BYTES = 8192 + 128;

    private static final int PIXEL = 8192 + 64;

    private final MemorySegment segment = MemorySegment.ofArray(new long[BYTES / Long.BYTES]);
    private final DamageRing.Writer writer = new DamageRing.Writer(segment);
    private final DamageRing.Reader reader = new DamageRing.Reader(segment.asReadOnly());
    private final DamageRects rects = new DamageRects();

    /** One rectangle is to be told. */
    public DamageRingStress() {
        rects.add(2, 3, 7, 8);
    }

    /** Draws, then tells. */
    @Actor
    public void draw() {
        segment.set(ValueLayout.JAVA_INT, PIXEL, 1);
        writer.write(1, 5, 0, rects);
    }

    /** One look. */
    @Actor
    public void look(IIII_Result result) {
        if (reader.hasNext() && reader.take()) {
            result.r1 = segment.get(ValueLayout.JAVA_INT, PIXEL);
            result.r2 = (int) reader.batch();
            result.r3 = reader.bottom();
            result.r4 = reader.right();
        }
    }
}
