package org.spiceshm.protocol.shm;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.spice.BodyWriter;
import org.spiceshm.protocol.spice.DisplayServerMessage;

/**
 * SHM_DAMAGE as a value, for tests and tools; {@link ShmDamageFlyweight} is the one for the frame path, and does the
 * checking for both.
 *
 * @param sequence the newest batch covered
 * @param readNanos CLOCK_MONOTONIC when the oldest command of the batch was read
 * @param rects 1 to 64, not empty
 */
public record ShmDamage(int surfaceId, long sequence, long readNanos, List<Rect> rects)
        implements DisplayServerMessage {
    public ShmDamage {
        rects = List.copyOf(rects);
        if (!(1 <= rects.size() && rects.size() <= ShmDamageFlyweight.MAX_RECTS)) {
            throw new IllegalArgumentException(rects.size() + " rectangles");
        }
    }

    /** Reads a body completely; only {@link #requireInside} knows the surface. */
    public static ShmDamage decode(MemorySegment body) throws MalformedMessageException {
        ShmDamageFlyweight damage = new ShmDamageFlyweight().wrap(body, 0, body.byteSize());
        List<Rect> rects = new ArrayList<>(damage.rectCount());
        for (int i = 0; i < damage.rectCount(); i++) {
            rects.add(new Rect(damage.top(i), damage.left(i), damage.bottom(i), damage.right(i)));
        }
        return new ShmDamage(damage.surfaceId(), damage.sequence(), damage.readNanos(), rects);
    }

    /** Refuses a rectangle that leaves a surface of this size. */
    public void requireInside(int widthPixels, int heightPixels) throws MalformedMessageException {
        byte[] body = encode();
        new ShmDamageFlyweight()
                .wrap(MemorySegment.ofArray(body), 0, body.length)
                .requireInside(widthPixels, heightPixels);
    }

    @Override
    public int type(Numbering numbering) {
        return numbering.damage();
    }

    @Override
    public void encode(BodyWriter out) {
        ShmDamageFlyweight damage = new ShmDamageFlyweight();
        MemorySegment scratch = MemorySegment.ofArray(new byte[ShmDamageFlyweight.MAX_BYTES]);
        damage.begin(scratch, 0, surfaceId, sequence, readNanos);
        for (Rect rect : rects) {
            damage.addRect(rect.top(), rect.left(), rect.bottom(), rect.right());
        }
        out.putBytes(scratch.asSlice(0, damage.bytes()));
    }
}
