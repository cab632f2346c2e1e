package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;

/**
 * What a client says first on every connection. spice-protocol, protocol.h: SpiceLinkMess.
 *
 * @param connectionId 0 for a new main channel, else the session id of {@link MainServerMessage.Init}
 * @param channelType a {@link ChannelType#number}, possibly one that nobody knows
 */
public record LinkMessage(
        int connectionId,
        int channelType,
        int channelId,
        Capabilities commonCapabilities,
        Capabilities channelCapabilities) {
    static final Struct STRUCT = Struct.littleEndian("SpiceLinkMess");
    private static final Struct.U32 CONNECTION_ID = STRUCT.u32("connection_id");
    private static final Struct.U8 CHANNEL_TYPE = STRUCT.u8("channel_type");
    private static final Struct.U8 CHANNEL_ID = STRUCT.u8("channel_id");
    private static final Struct.U32 NUM_COMMON_CAPS = STRUCT.u32("num_common_caps");
    private static final Struct.U32 NUM_CHANNEL_CAPS = STRUCT.u32("num_channel_caps");
    private static final Struct.U32 CAPS_OFFSET = STRUCT.u32("caps_offset");

    /** What spice-server takes at most, without the header. */
    public static final int MAX_BYTES = 4096;

    /** As above, from a known type. */
    public static LinkMessage of(
            int connectionId, ChannelType type, int channelId, Capabilities common, Capabilities channel) {
        return new LinkMessage(connectionId, type.number(), channelId, common, channel);
    }

    /** The channel's type, or null if the number means nothing here. */
    public @Nullable ChannelType channel() {
        return ChannelType.ofNumber(channelType);
    }

    /** The message without its header. */
    public byte[] encode() {
        BodyWriter out = new BodyWriter();
        long base = out.put(STRUCT);
        MemorySegment segment = out.segment();
        CONNECTION_ID.set(segment, base, connectionId);
        CHANNEL_TYPE.set(segment, base, channelType);
        CHANNEL_ID.set(segment, base, channelId);
        NUM_COMMON_CAPS.set(segment, base, commonCapabilities.wordCount());
        NUM_CHANNEL_CAPS.set(segment, base, channelCapabilities.wordCount());
        CAPS_OFFSET.set(segment, base, (int) STRUCT.size());
        CapabilityWords.put(out, commonCapabilities);
        CapabilityWords.put(out, channelCapabilities);
        return out.finish();
    }

    /** The message with its header, as it goes on the wire. */
    public byte[] encodeWithHeader() {
        return LinkHeader.prepend(encode());
    }

    /** Reads a message without its header. */
    public static LinkMessage decode(MemorySegment body) throws MalformedMessageException {
        BodyReader reader = new BodyReader(STRUCT.name(), body);
        long base = reader.take(STRUCT);
        Capabilities[] capabilities =
                CapabilityWords.read(reader, base, NUM_COMMON_CAPS, NUM_CHANNEL_CAPS, CAPS_OFFSET);
        return new LinkMessage(
                CONNECTION_ID.get(body, base),
                CHANNEL_TYPE.get(body, base),
                CHANNEL_ID.get(body, base),
                capabilities[0],
                capabilities[1]);
    }
}
