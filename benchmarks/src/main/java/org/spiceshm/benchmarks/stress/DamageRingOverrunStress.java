package org.spiceshm.benchmarks.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.lang.foreign.MemorySegment;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIII_Result;
import org.spiceshm.protocol.shm.DamageRects;
import org.spiceshm.protocol.shm.DamageRing;

/**
 * A record that is overwritten while it is read is never taken for what it was or what it becomes. Each state is a whole
 * ring that has just become full: run it with few at a time ({@code -strideSize 8}).
 */
@JCStressTest
@Outcome(id = "1, 0, 1, 1", expect = ACCEPTABLE, desc = "the first record")
@Outcome(id = "-1, -1, -1, -1", expect = ACCEPTABLE, desc = "overwritten: everything counts as damaged")
@Outcome(id = ".*", expect = FORBIDDEN, desc = "a mixture, or the later record in the first one's place")
@State
public class DamageRingOverrunStress {
    private static final DamageRects OLD = of(0, 1, 1);
    private static final DamageRects NEW = of(5, 6, 7);

    private final MemorySegment segment = MemorySegment.ofArray(new long[DamageRing.FIRST_SURFACE_OFFSET / Long.BYTES]);
    private final DamageRing.Writer writer = new DamageRing.Writer(segment);
    private final DamageRing.Reader reader = new DamageRing.Reader(segment.asReadOnly());

    /** A ring in which there is no room that is not needed. */
    public DamageRingOverrunStress() {
        for (int i = 1; i <= DamageRing.RECORDS; i++) {
            writer.write(i, 0, 0, OLD);
        }
    }

    private static DamageRects of(int top, int bottom, int right) {
        DamageRects rects = new DamageRects();
        rects.add(top, 0, bottom, right);
        return rects;
    }

    /** One record more than there is room for. */
    @Actor
    public void overwrite() {
        writer.write(DamageRing.RECORDS + 1, 0, 0, NEW);
    }

    /** Takes the first. */
    @Actor
    public void take(IIII_Result result) {
        boolean taken = reader.take();
        result.r1 = taken ? (int) reader.batch() : -1;
        result.r2 = taken ? reader.top() : -1;
        result.r3 = taken ? reader.bottom() : -1;
        result.r4 = taken ? reader.right() : -1;
    }
}
