package org.spiceshm.benchmarks.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.spiceshm.protocol.shm.SequencePage;

/** A copy that the sequence page proves holds all of a batch and nothing of a later one. */
@JCStressTest
@Outcome(id = "-1, -1, -1", expect = ACCEPTABLE, desc = "not proven: it is copied again")
@Outcome(id = "0, 0, 0", expect = ACCEPTABLE, desc = "before the batch")
@Outcome(id = "1, 1, 1", expect = ACCEPTABLE, desc = "after the first batch")
@Outcome(id = "2, 2, 2", expect = ACCEPTABLE, desc = "after the second batch")
@Outcome(id = ".*", expect = FORBIDDEN, desc = "torn, or older than what is proven")
@State
public class SequencePageStress {
    private static final int FIRST_PIXEL = 256;
    private static final int LAST_PIXEL = 512;

    private final MemorySegment segment = MemorySegment.ofArray(new long[1024 / Long.BYTES]);
    private final SequencePage.Writer writer;
    private final SequencePage.Reader reader;

    /** A page, and two pixels far from each other. */
    public SequencePageStress() {
        SequencePage.initialize(segment);
        writer = new SequencePage.Writer(segment);
        reader = new SequencePage.Reader(segment.asReadOnly());
    }

    /** Two batches. */
    @Actor
    public void draw() {
        for (int batch = 1; batch <= 2; batch++) {
            writer.begin(batch);
            segment.set(ValueLayout.JAVA_INT, FIRST_PIXEL, batch);
            segment.set(ValueLayout.JAVA_INT, LAST_PIXEL, batch);
            writer.end(batch);
        }
    }

    /** One try to copy. */
    @Actor
    public void copy(III_Result result) {
        long sequence = reader.beginRead();
        int last = segment.get(ValueLayout.JAVA_INT, LAST_PIXEL);
        int first = segment.get(ValueLayout.JAVA_INT, FIRST_PIXEL);
        boolean whole = reader.validate(sequence);
        result.r1 = whole ? (int) sequence : -1;
        result.r2 = whole ? first : -1;
        result.r3 = whole ? last : -1;
    }
}
