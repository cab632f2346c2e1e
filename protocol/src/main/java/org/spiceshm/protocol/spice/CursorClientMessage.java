package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;

/** What a client says on the cursor channel: nothing but the common messages. */
public sealed interface CursorClientMessage extends WireMessage permits CommonClientMessage, UnknownMessage {
    /** Reads a body completely. */
    static CursorClientMessage decode(int type, MemorySegment body) throws MalformedMessageException {
        CommonClientMessage common = CommonClientMessage.decode(type, body);
        return common != null ? common : new UnknownMessage(type);
    }
}
