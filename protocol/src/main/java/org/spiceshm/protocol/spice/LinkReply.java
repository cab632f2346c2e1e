package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;

/**
 * What a server answers to a {@link LinkMessage}. spice-protocol, protocol.h: SpiceLinkReply. With an error everything
 * else is zero, and the connection ends.
 *
 * @param publicKey {@link #PUBLIC_KEY_BYTES} bytes: a DER SubjectPublicKeyInfo of an RSA key of 1024 bits
 */
public record LinkReply(
        LinkError error, MemorySegment publicKey, Capabilities commonCapabilities, Capabilities channelCapabilities) {
    /** SPICE_TICKET_PUBKEY_BYTES. */
    public static final int PUBLIC_KEY_BYTES = 162;

    static final Struct STRUCT = Struct.littleEndian("SpiceLinkReply");
    private static final Struct.U32 ERROR = STRUCT.u32("error");
    private static final Struct.Bytes PUB_KEY = STRUCT.bytes("pub_key", PUBLIC_KEY_BYTES);
    private static final Struct.U32 NUM_COMMON_CAPS = STRUCT.u32("num_common_caps");
    private static final Struct.U32 NUM_CHANNEL_CAPS = STRUCT.u32("num_channel_caps");
    private static final Struct.U32 CAPS_OFFSET = STRUCT.u32("caps_offset");

    /** Both sets of capabilities at their longest. */
    public static final int MAX_BYTES = (int) STRUCT.size() + 2 * Capabilities.MAX_WORDS * Integer.BYTES;

    public LinkReply {
        if (!(publicKey.byteSize() == PUBLIC_KEY_BYTES)) {
            throw new IllegalArgumentException("a public key of " + publicKey.byteSize() + " bytes");
        }
        publicKey = publicKey.asReadOnly();
    }

    /** The reply that refuses. */
    public static LinkReply refusal(LinkError error) {
        return new LinkReply(
                error, MemorySegment.ofArray(new byte[PUBLIC_KEY_BYTES]), Capabilities.NONE, Capabilities.NONE);
    }

    /** The reply without its header. */
    public byte[] encode() {
        BodyWriter out = new BodyWriter();
        long base = out.put(STRUCT);
        MemorySegment segment = out.segment();
        ERROR.set(segment, base, error.number());
        MemorySegment.copy(publicKey, 0, segment, PUB_KEY.at(base), PUBLIC_KEY_BYTES);
        NUM_COMMON_CAPS.set(segment, base, commonCapabilities.wordCount());
        NUM_CHANNEL_CAPS.set(segment, base, channelCapabilities.wordCount());
        // spice-server zeroes the offset too when it refuses.
        CAPS_OFFSET.set(segment, base, error == LinkError.OK ? (int) STRUCT.size() : 0);
        CapabilityWords.put(out, commonCapabilities);
        CapabilityWords.put(out, channelCapabilities);
        return out.finish();
    }

    /** The reply with its header, as it goes on the wire. */
    public byte[] encodeWithHeader() {
        return LinkHeader.prepend(encode());
    }

    /** Reads a reply without its header; the key is copied. */
    public static LinkReply decode(MemorySegment body) throws MalformedMessageException {
        BodyReader reader = new BodyReader(STRUCT.name(), body);
        long base = reader.take(STRUCT);
        LinkError error = LinkError.ofNumber(ERROR.get(body, base));
        if (error == null) {
            throw reader.malformed(ERROR, base, ERROR.getUnsigned(body, base), "a link error, 0..9");
        }
        Capabilities[] capabilities =
                CapabilityWords.read(reader, base, NUM_COMMON_CAPS, NUM_CHANNEL_CAPS, CAPS_OFFSET);
        byte[] key = new byte[PUBLIC_KEY_BYTES];
        MemorySegment.copy(body, PUB_KEY.at(base), MemorySegment.ofArray(key), 0, PUBLIC_KEY_BYTES);
        return new LinkReply(error, MemorySegment.ofArray(key), capabilities[0], capabilities[1]);
    }
}
