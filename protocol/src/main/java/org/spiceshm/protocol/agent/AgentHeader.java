package org.spiceshm.protocol.agent;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.Struct;

/** What stands before every agent message's data. spice-protocol, vd_agent.h: VDAgentMessage. */
public final class AgentHeader {
    /** VD_AGENT_PROTOCOL: the only one there is. */
    public static final int PROTOCOL_NUMBER = 1;

    private static final Struct STRUCT = Struct.littleEndian("VDAgentMessage");
    static final Struct.U32 PROTOCOL = STRUCT.u32("protocol");
    private static final Struct.U32 TYPE = STRUCT.u32("type");
    private static final Struct.U64 OPAQUE = STRUCT.u64("opaque");
    static final Struct.U32 SIZE = STRUCT.u32("size");

    /** Its length. */
    public static final int BYTES = (int) STRUCT.size();

    private AgentHeader() {}

    /** The type of a whole message, which is one of {@link AgentMessage}'s or any other. */
    public static int type(byte[] message) {
        return TYPE.get(MemorySegment.ofArray(message), 0);
    }

    /** The data of a whole message. */
    public static MemorySegment data(byte[] message) {
        return MemorySegment.ofArray(message).asSlice(BYTES).asReadOnly();
    }

    /** A whole message. */
    public static byte[] frame(int type, byte[] data) {
        byte[] whole = new byte[Math.addExact(BYTES, data.length)];
        MemorySegment segment = MemorySegment.ofArray(whole);
        PROTOCOL.set(segment, 0, PROTOCOL_NUMBER);
        TYPE.set(segment, 0, type);
        OPAQUE.set(segment, 0, 0);
        SIZE.set(segment, 0, data.length);
        System.arraycopy(data, 0, whole, BYTES, data.length);
        return whole;
    }
}
