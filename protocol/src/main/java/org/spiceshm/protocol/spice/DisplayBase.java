package org.spiceshm.protocol.spice;

import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.Struct;

/** What every drawing begins with: where it goes. spice.proto: DisplayBase. */
public record DisplayBase(int surfaceId, Rect box, Clip clip) {
    static final Struct STRUCT = Struct.littleEndian("DisplayBase");
    static final Struct.U32 SURFACE_ID = STRUCT.u32("surface_id");
    static final Struct.Nested BOX = STRUCT.struct("box", RectLayout.STRUCT);

    static DisplayBase read(BodyReader reader) throws MalformedMessageException {
        long base = reader.take(STRUCT);
        int surfaceId = SURFACE_ID.get(reader.body(), base);
        Rect box = RectLayout.get(reader.body(), BOX.at(base));
        if (!(box.left() <= box.right() && box.top() <= box.bottom())) {
            throw reader.malformed(BOX, base, box, "left <= right and top <= bottom");
        }
        return new DisplayBase(surfaceId, box, Clip.read(reader));
    }

    void write(BodyWriter out) {
        long base = out.put(STRUCT);
        SURFACE_ID.set(out.segment(), base, surfaceId);
        RectLayout.set(out.segment(), BOX.at(base), box);
        clip.write(out);
    }
}
