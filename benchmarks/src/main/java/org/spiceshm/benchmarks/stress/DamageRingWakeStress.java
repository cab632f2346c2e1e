package org.spiceshm.benchmarks.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.lang.foreign.MemorySegment;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.spiceshm.protocol.shm.DamageRects;
import org.spiceshm.protocol.shm.DamageRing;

/** Who sees the word changed finds the record: nobody goes to sleep on the new word with the record unread. */
@JCStressTest
@Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "nothing yet: a sleep on this word ends when it changes")
@Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "the record, before the word has changed")
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "both")
@Outcome(id = "1, 0", expect = FORBIDDEN, desc = "a sleep that nobody would end")
@State
public class DamageRingWakeStress {
    /** The header and the first record; what lies behind is not touched. */
    private static final int BYTES = 8192 + 64;

    private final MemorySegment segment = MemorySegment.ofArray(new long[BYTES / Long.BYTES]);
    private final DamageRing.Writer writer = new DamageRing.Writer(segment);
    private final DamageRing.Reader reader = new DamageRing.Reader(segment.asReadOnly());
    private final DamageRects rects = new DamageRects();

    /** One rectangle is to be told. */
    public DamageRingWakeStress() {
        rects.add(2, 3, 7, 8);
    }

    /** Tells. */
    @Actor
    public void tell() {
        writer.write(1, 5, 0, rects);
    }

    /** What a reader does before it sleeps. */
    @Actor
    public void look(II_Result result) {
        result.r1 = reader.wake();
        result.r2 = reader.hasNext() ? 1 : 0;
    }
}
