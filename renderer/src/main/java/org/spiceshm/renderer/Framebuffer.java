package org.spiceshm.renderer;

import java.io.IOException;
import org.spiceshm.canvas.Surface;
import org.spiceshm.protocol.shm.SequencePage;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Places primaries in shared segments and marks batches in the sequence page. A primary that outgrows the segment gets a
 * new one. Owned by the render thread; segments belong to whoever is told of them.
 */
final class Framebuffer {
    private static final int STRIDE_ALIGNMENT = 64;

    private FramebufferSegment segment;
    private SequencePage.Writer page;
    private int room;
    private long batch;
    private boolean inBatch;

    Framebuffer(long roomBytes) throws IOException {
        segment = new FramebufferSegment(roomBytes);
        page = new SequencePage.Writer(segment.writable());
    }

    /** Before a pixel is written; whether it is the first of a batch. */
    boolean touch() {
        if (inBatch) {
            return false;
        }
        inBatch = true;
        batch++;
        page.begin(batch);
        return true;
    }

    /** After the last pixel of a batch; whether there was one. */
    boolean endBatch() {
        if (!inBatch) {
            return false;
        }
        inBatch = false;
        page.end(batch);
        return true;
    }

    /** Where primaries are placed now. */
    FramebufferSegment segment() {
        return segment;
    }

    /** The batch under way, or the last one. */
    long batch() {
        return batch;
    }

    /** Makes room for a primary; its old bytes are still there. Begins a batch. */
    PrimarySurface place(SurfaceFormat format, int width, int height) throws IOException {
        int stride = (format.rowBytes(width) + STRIDE_ALIGNMENT - 1) & -STRIDE_ALIGNMENT;
        long bytes = (long) stride * height;
        if (!segment.fits(bytes)) {
            grow(bytes);
        }
        touch();
        room ^= 1;
        return new PrimarySurface(PrimarySurface.ID, segment, segment.roomOffset(room), stride, width, height, format);
    }

    private void grow(long bytes) throws IOException {
        FramebufferSegment larger = new FramebufferSegment(Long.highestOneBit(bytes - 1) * 2);
        endBatch();
        segment = larger;
        page = new SequencePage.Writer(segment.writable());
        // Batches are counted on, so that a sequence never falls.
        page.begin(batch);
        page.end(batch);
    }

    Surface surfaceOf(PrimarySurface primary) {
        return new Surface(
                segment.writable(),
                primary.offset(),
                primary.strideBytes(),
                primary.widthPixels(),
                primary.heightPixels(),
                primary.format());
    }
}
