package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.shm.Numbering;

/** What a client says on the main channel. spice.proto: MainChannel. */
public sealed interface MainClientMessage extends WireMessage
        permits CommonClientMessage,
                UnknownMessage,
                MainClientMessage.ClientInfo,
                MainClientMessage.MigrateConnected,
                MainClientMessage.MigrateConnectError,
                MainClientMessage.AttachChannels,
                MainClientMessage.MouseModeRequest,
                MainClientMessage.AgentStart,
                MainClientMessage.AgentData,
                MainClientMessage.AgentToken,
                MainClientMessage.MigrateEnd,
                MainClientMessage.MigrateDstDoSeamless,
                MainClientMessage.MigrateConnectedSeamless {
    /** Reads a body completely. */
    static MainClientMessage decode(int type, MemorySegment body) throws MalformedMessageException {
        CommonClientMessage common = CommonClientMessage.decode(type, body);
        if (common != null) {
            return common;
        }
        return switch (type) {
            case ClientInfo.TYPE -> ClientInfo.decode(body);
            case MigrateConnected.TYPE -> new MigrateConnected();
            case MigrateConnectError.TYPE -> new MigrateConnectError();
            case AttachChannels.TYPE -> new AttachChannels();
            case MouseModeRequest.TYPE -> MouseModeRequest.decode(body);
            case AgentStart.TYPE -> AgentStart.decode(body);
            case AgentData.TYPE -> new AgentData(body.asReadOnly());
            case AgentToken.TYPE -> AgentToken.decode(body);
            case MigrateEnd.TYPE -> new MigrateEnd();
            case MigrateDstDoSeamless.TYPE -> MigrateDstDoSeamless.decode(body);
            case MigrateConnectedSeamless.TYPE -> new MigrateConnectedSeamless();
            default -> new UnknownMessage(type);
        };
    }

    /** How much the client can cache. */
    record ClientInfo(long cacheSize) implements MainClientMessage {
        public static final int TYPE = 101;
        private static final Struct STRUCT = Struct.littleEndian("MAIN_CLIENT_INFO");
        private static final Struct.U64 CACHE_SIZE = STRUCT.u64("cache_size");

        static ClientInfo decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new ClientInfo(CACHE_SIZE.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            CACHE_SIZE.set(segment, base, cacheSize);
        }
    }

    /** Connected to the new host. */
    record MigrateConnected() implements MainClientMessage {
        public static final int TYPE = 102;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }

    /** Could not connect to the new host. */
    record MigrateConnectError() implements MainClientMessage {
        public static final int TYPE = 103;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }

    /** Which channels are there? */
    record AttachChannels() implements MainClientMessage {
        public static final int TYPE = 104;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }

    /** The mouse mode that the client wants. */
    record MouseModeRequest(int mode) implements MainClientMessage {
        public static final int TYPE = 105;
        private static final Struct STRUCT = Struct.littleEndian("MAIN_MOUSE_MODE_REQUEST");
        private static final Struct.U16 MODE = STRUCT.u16("mode");

        static MouseModeRequest decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new MouseModeRequest(MODE.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            MODE.set(segment, base, mode);
        }
    }

    /** The client talks to the agent and takes so many pieces. */
    record AgentStart(int numTokens) implements MainClientMessage {
        public static final int TYPE = 106;
        private static final Struct STRUCT = Struct.littleEndian("MAIN_AGENT_START");
        private static final Struct.U32 NUM_TOKENS = STRUCT.u32("num_tokens");

        static AgentStart decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new AgentStart(NUM_TOKENS.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            NUM_TOKENS.set(segment, base, numTokens);
        }
    }

    /** A piece of what the client says to the guest's agent. */
    record AgentData(MemorySegment data) implements MainClientMessage {
        public static final int TYPE = 107;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            out.putBytes(data);
        }
    }

    /** The server may send so many more pieces. */
    record AgentToken(int numTokens) implements MainClientMessage {
        public static final int TYPE = 108;
        private static final Struct STRUCT = Struct.littleEndian("MAIN_AGENT_TOKEN");
        private static final Struct.U32 NUM_TOKENS = STRUCT.u32("num_tokens");

        static AgentToken decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new AgentToken(NUM_TOKENS.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            NUM_TOKENS.set(segment, base, numTokens);
        }
    }

    /** The client has moved over. */
    record MigrateEnd() implements MainClientMessage {
        public static final int TYPE = 109;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }

    /** Asks the new host whether it can keep the session's state. */
    record MigrateDstDoSeamless(int srcVersion) implements MainClientMessage {
        public static final int TYPE = 110;
        private static final Struct STRUCT = Struct.littleEndian("MAIN_MIGRATE_DST_DO_SEAMLESS");
        private static final Struct.U32 SRC_VERSION = STRUCT.u32("src_version");

        static MigrateDstDoSeamless decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new MigrateDstDoSeamless(SRC_VERSION.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            SRC_VERSION.set(segment, base, srcVersion);
        }
    }

    /** Connected, and the state can be kept. */
    record MigrateConnectedSeamless() implements MainClientMessage {
        public static final int TYPE = 111;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }
}
