package org.spiceshm.client;

import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.Surface;
import org.spiceshm.protocol.spice.DisplayServerMessage;

/**
 * A surface in normal mode, and what is known about its picture: whether it is whole, and why it is wrong if it is. What
 * cannot be drawn is never passed over in silence: the surface has a <em>fault</em> from then on, which spreads to what is
 * drawn from it, until something covers all of it. Guarded by the display's lock.
 */
final class Layer {
    private final int id;
    private final Arena arena = Arena.ofShared();
    private final Surface surface;
    private @Nullable String fault;
    private boolean drawn;
    private boolean covered;
    private long markedNanos;
    private boolean marked;

    Layer(DisplayServerMessage.SurfaceCreate create) {
        id = create.surfaceId();
        surface = Surface.allocate(create.format(), create.width(), create.height(), arena);
    }

    int id() {
        return id;
    }

    Surface surface() {
        return surface;
    }

    long bytes() {
        return surface.memory().byteSize();
    }

    /** Gives the memory back. */
    void close() {
        arena.close();
    }

    /** Something was drawn; whether it {@code covers} all of the surface, and the fault of what it was drawn from. */
    void drawn(boolean covers, @Nullable String sourceFault) {
        drawn = true;
        if (covers) {
            covered = true;
            fault = null;
        }
        if (sourceFault != null) {
            fault = sourceFault;
        }
    }

    /** Something was not drawn, and why. */
    void failed(String why) {
        fault = why;
    }

    /** Why the picture is wrong, or null. */
    @Nullable
    String fault() {
        return fault;
    }

    /** The server says that it may be shown. */
    void mark(long nowNanos) {
        if (!marked) {
            marked = true;
            markedNanos = nowNanos;
        }
    }

    /** Black, as if nothing had ever been drawn. */
    void reset() {
        surface.clear();
        covered = false;
        drawn = false;
        marked = false;
    }

    /**
     * When the picture is, or was, whole: at once after a drawing of all of it, or after a mark and a drawing; a marked one
     * that nobody draws on is taken for black after a grace. Null if nothing like that has come yet.
     */
    @Nullable
    Long wholeAtNanos(long graceNanos) {
        if (covered || (marked && drawn)) {
            return Long.MIN_VALUE;
        }
        return marked ? markedNanos + graceNanos : null;
    }
}
