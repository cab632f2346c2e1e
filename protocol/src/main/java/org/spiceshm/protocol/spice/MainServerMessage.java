package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.shm.Numbering;

/** What a server says on the main channel. spice.proto: MainChannel. Mouse modes: 1 server, 2 client. */
public sealed interface MainServerMessage extends WireMessage
        permits CommonServerMessage,
                UnknownMessage,
                MainServerMessage.MigrateBegin,
                MainServerMessage.MigrateCancel,
                MainServerMessage.Init,
                MainServerMessage.ChannelsList,
                MainServerMessage.MouseMode,
                MainServerMessage.MultiMediaTime,
                MainServerMessage.AgentConnected,
                MainServerMessage.AgentDisconnected,
                MainServerMessage.AgentData,
                MainServerMessage.AgentToken,
                MainServerMessage.MigrateSwitchHost,
                MainServerMessage.MigrateEnd,
                MainServerMessage.Name,
                MainServerMessage.Uuid,
                MainServerMessage.AgentConnectedTokens,
                MainServerMessage.MigrateBeginSeamless,
                MainServerMessage.MigrateDstSeamlessAck,
                MainServerMessage.MigrateDstSeamlessNack {
    /** Reads a body completely. */
    static MainServerMessage decode(int type, MemorySegment body) throws MalformedMessageException {
        CommonServerMessage common = CommonServerMessage.decode(type, body);
        if (common != null) {
            return common;
        }
        return switch (type) {
            case MigrateBegin.TYPE ->
                new MigrateBegin(MigrationTarget.read(new BodyReader("MAIN_MIGRATE_BEGIN", body)));
            case MigrateCancel.TYPE -> new MigrateCancel();
            case Init.TYPE -> Init.decode(body);
            case ChannelsList.TYPE -> ChannelsList.decode(body);
            case MouseMode.TYPE -> MouseMode.decode(body);
            case MultiMediaTime.TYPE -> MultiMediaTime.decode(body);
            case AgentConnected.TYPE -> new AgentConnected();
            case AgentDisconnected.TYPE -> AgentDisconnected.decode(body);
            case AgentData.TYPE -> new AgentData(body.asReadOnly());
            case AgentToken.TYPE -> AgentToken.decode(body);
            case MigrateSwitchHost.TYPE ->
                new MigrateSwitchHost(MigrationTarget.read(new BodyReader("MAIN_MIGRATE_SWITCH_HOST", body)));
            case MigrateEnd.TYPE -> new MigrateEnd();
            case Name.TYPE -> Name.decode(body);
            case Uuid.TYPE -> Uuid.decode(body);
            case AgentConnectedTokens.TYPE -> AgentConnectedTokens.decode(body);
            case MigrateBeginSeamless.TYPE -> MigrateBeginSeamless.decode(body);
            case MigrateDstSeamlessAck.TYPE -> new MigrateDstSeamlessAck();
            case MigrateDstSeamlessNack.TYPE -> new MigrateDstSeamlessNack();
            default -> new UnknownMessage(type);
        };
    }

    /** Connect to another host, which will take over. */
    record MigrateBegin(MigrationTarget target) implements MainServerMessage {
        public static final int TYPE = 101;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            target.write(out);
        }
    }

    /** The migration is off. */
    record MigrateCancel() implements MainServerMessage {
        public static final int TYPE = 102;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }

    /** The session begins; the first message. */
    record Init(
            int sessionId,
            int displayChannelsHint,
            int supportedMouseModes,
            int currentMouseMode,
            int agentConnected,
            int agentTokens,
            int multiMediaTime,
            int ramHint)
            implements MainServerMessage {
        public static final int TYPE = 103;
        private static final Struct STRUCT = Struct.littleEndian("MAIN_INIT");
        private static final Struct.U32 SESSION_ID = STRUCT.u32("session_id");
        private static final Struct.U32 DISPLAY_CHANNELS_HINT = STRUCT.u32("display_channels_hint");
        private static final Struct.U32 SUPPORTED_MOUSE_MODES = STRUCT.u32("supported_mouse_modes");
        private static final Struct.U32 CURRENT_MOUSE_MODE = STRUCT.u32("current_mouse_mode");
        private static final Struct.U32 AGENT_CONNECTED = STRUCT.u32("agent_connected");
        private static final Struct.U32 AGENT_TOKENS = STRUCT.u32("agent_tokens");
        private static final Struct.U32 MULTI_MEDIA_TIME = STRUCT.u32("multi_media_time");
        private static final Struct.U32 RAM_HINT = STRUCT.u32("ram_hint");

        static Init decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new Init(
                    SESSION_ID.get(body, base),
                    DISPLAY_CHANNELS_HINT.get(body, base),
                    SUPPORTED_MOUSE_MODES.get(body, base),
                    CURRENT_MOUSE_MODE.get(body, base),
                    AGENT_CONNECTED.get(body, base),
                    AGENT_TOKENS.get(body, base),
                    MULTI_MEDIA_TIME.get(body, base),
                    RAM_HINT.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            SESSION_ID.set(segment, base, sessionId);
            DISPLAY_CHANNELS_HINT.set(segment, base, displayChannelsHint);
            SUPPORTED_MOUSE_MODES.set(segment, base, supportedMouseModes);
            CURRENT_MOUSE_MODE.set(segment, base, currentMouseMode);
            AGENT_CONNECTED.set(segment, base, agentConnected);
            AGENT_TOKENS.set(segment, base, agentTokens);
            MULTI_MEDIA_TIME.set(segment, base, multiMediaTime);
            RAM_HINT.set(segment, base, ramHint);
        }
    }

    /** Which channels may be connected. */
    record ChannelsList(List<ChannelRef> channels) implements MainServerMessage {
        public static final int TYPE = 104;
        private static final Struct STRUCT = Struct.littleEndian("MAIN_CHANNELS_LIST");
        private static final Struct.U32 NUM_OF_CHANNELS = STRUCT.u32("num_of_channels");

        public ChannelsList {
            channels = List.copyOf(channels);
        }

        static ChannelsList decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long count = NUM_OF_CHANNELS.getUnsigned(body, reader.take(STRUCT));
            long base = reader.takeList("channels", ChannelRef.STRUCT, count);
            List<ChannelRef> channels = new ArrayList<>((int) count);
            for (int i = 0; i < count; i++, base += ChannelRef.STRUCT.size()) {
                channels.add(new ChannelRef(ChannelRef.TYPE.get(body, base), ChannelRef.ID.get(body, base)));
            }
            return new ChannelsList(channels);
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long count = out.put(STRUCT);
            NUM_OF_CHANNELS.set(out.segment(), count, channels.size());
            for (ChannelRef channel : channels) {
                long base = out.put(ChannelRef.STRUCT);
                ChannelRef.TYPE.set(out.segment(), base, channel.channelType);
                ChannelRef.ID.set(out.segment(), base, channel.channelId);
            }
        }
    }

    /** One channel: a {@link ChannelType#number} and which of its kind. spice.proto: ChannelId. */
    record ChannelRef(int channelType, int channelId) {
        private static final Struct STRUCT = Struct.littleEndian("ChannelId");
        private static final Struct.U8 TYPE = STRUCT.u8("type");
        private static final Struct.U8 ID = STRUCT.u8("id");
    }

    /** The mouse mode has changed. */
    record MouseMode(int supportedModes, int currentMode) implements MainServerMessage {
        public static final int TYPE = 105;
        private static final Struct STRUCT = Struct.littleEndian("MAIN_MOUSE_MODE");
        private static final Struct.U16 SUPPORTED_MODES = STRUCT.u16("supported_modes");
        private static final Struct.U16 CURRENT_MODE = STRUCT.u16("current_mode");

        static MouseMode decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new MouseMode(SUPPORTED_MODES.get(body, base), CURRENT_MODE.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            SUPPORTED_MODES.set(segment, base, supportedModes);
            CURRENT_MODE.set(segment, base, currentMode);
        }
    }

    /** The server's media clock, in milliseconds. */
    record MultiMediaTime(int time) implements MainServerMessage {
        public static final int TYPE = 106;
        private static final Struct STRUCT = Struct.littleEndian("MAIN_MULTI_MEDIA_TIME");
        private static final Struct.U32 TIME = STRUCT.u32("time");

        static MultiMediaTime decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new MultiMediaTime(TIME.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            TIME.set(segment, base, time);
        }
    }

    /** The guest's agent is there. */
    record AgentConnected() implements MainServerMessage {
        public static final int TYPE = 107;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }

    /** The guest's agent is gone. */
    record AgentDisconnected(int errorCode) implements MainServerMessage {
        public static final int TYPE = 108;
        private static final Struct STRUCT = Struct.littleEndian("MAIN_AGENT_DISCONNECTED");
        private static final Struct.U32 ERROR_CODE = STRUCT.u32("error_code");

        static AgentDisconnected decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new AgentDisconnected(ERROR_CODE.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            ERROR_CODE.set(segment, base, errorCode);
        }
    }

    /** A piece of what the guest's agent says. */
    record AgentData(MemorySegment data) implements MainServerMessage {
        public static final int TYPE = 109;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            out.putBytes(data);
        }
    }

    /** The client may send so many more pieces. */
    record AgentToken(int numTokens) implements MainServerMessage {
        public static final int TYPE = 110;
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

    /** Go to another host at once. */
    record MigrateSwitchHost(MigrationTarget target) implements MainServerMessage {
        public static final int TYPE = 111;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            target.write(out);
        }
    }

    /** The other host has taken over. */
    record MigrateEnd() implements MainServerMessage {
        public static final int TYPE = 112;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }

    /** What the machine is called. */
    record Name(String name) implements MainServerMessage {
        public static final int TYPE = 113;
        private static final Struct STRUCT = Struct.littleEndian("MAIN_NAME");
        private static final Struct.U32 NAME_LEN = STRUCT.u32("name_len");

        static Name decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new Name(reader.text("name", NAME_LEN.getUnsigned(body, base)));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            long start = out.length();
            out.putText(name);
            // Here, unlike in NOTIFY, the length includes the NUL.
            NAME_LEN.set(out.segment(), base, (int) (out.length() - start));
        }
    }

    /** The machine's UUID, in network order. */
    record Uuid(UUID uuid) implements MainServerMessage {
        public static final int TYPE = 114;
        private static final Struct STRUCT = Struct.littleEndian("MAIN_UUID");
        private static final Struct.U64 HIGH = STRUCT.u64("uuid[0..7]");
        private static final Struct.U64 LOW = STRUCT.u64("uuid[8..15]");

        static Uuid decode(MemorySegment body) throws MalformedMessageException {
            long base = new BodyReader(STRUCT.name(), body).take(STRUCT);
            return new Uuid(new UUID(Long.reverseBytes(HIGH.get(body, base)), Long.reverseBytes(LOW.get(body, base))));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            HIGH.set(out.segment(), base, Long.reverseBytes(uuid.getMostSignificantBits()));
            LOW.set(out.segment(), base, Long.reverseBytes(uuid.getLeastSignificantBits()));
        }
    }

    /** The guest's agent is there and takes so many pieces. */
    record AgentConnectedTokens(int numTokens) implements MainServerMessage {
        public static final int TYPE = 115;
        private static final Struct STRUCT = Struct.littleEndian("MAIN_AGENT_CONNECTED_TOKENS");
        private static final Struct.U32 NUM_TOKENS = STRUCT.u32("num_tokens");

        static AgentConnectedTokens decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new AgentConnectedTokens(NUM_TOKENS.get(body, base));
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

    /** As MIGRATE_BEGIN, for a migration that keeps the session's state. */
    record MigrateBeginSeamless(MigrationTarget target, int sourceVersion) implements MainServerMessage {
        public static final int TYPE = 116;
        private static final Struct STRUCT = Struct.littleEndian("MAIN_MIGRATE_BEGIN_SEAMLESS");
        private static final Struct.U32 SRC_MIG_VERSION = STRUCT.u32("src_mig_version");

        static MigrateBeginSeamless decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            MigrationTarget target = MigrationTarget.read(reader);
            return new MigrateBeginSeamless(target, SRC_MIG_VERSION.get(body, reader.take(STRUCT)));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            target.write(out);
            long base = out.put(STRUCT);
            SRC_MIG_VERSION.set(out.segment(), base, sourceVersion);
        }
    }

    /** The new host can do it. */
    record MigrateDstSeamlessAck() implements MainServerMessage {
        public static final int TYPE = 117;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }

    /** The new host cannot do it. */
    record MigrateDstSeamlessNack() implements MainServerMessage {
        public static final int TYPE = 118;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }

    /** Where to go. spice.proto: MigrateBegin. The texts are bytes as sent, usually with a NUL at the end. */
    record MigrationTarget(int port, int securePort, MemorySegment host, MemorySegment certificateSubject) {
        private static final Struct STRUCT = Struct.littleEndian("MigrationTarget");
        private static final Struct.U16 PORT = STRUCT.u16("port");
        private static final Struct.U16 SPORT = STRUCT.u16("sport");
        private static final Struct.U32 HOST_SIZE = STRUCT.u32("host_size");
        private static final Struct.U32 HOST_DATA = STRUCT.u32("host_data");
        private static final Struct.U32 CERT_SUBJECT_SIZE = STRUCT.u32("cert_subject_size");
        private static final Struct.U32 CERT_SUBJECT_DATA = STRUCT.u32("cert_subject_data");

        static MigrationTarget read(BodyReader reader) throws MalformedMessageException {
            MemorySegment body = reader.body();
            long base = reader.take(STRUCT);
            return new MigrationTarget(
                    PORT.get(body, base),
                    SPORT.get(body, base),
                    pointed(reader, base, HOST_SIZE, HOST_DATA),
                    pointed(reader, base, CERT_SUBJECT_SIZE, CERT_SUBJECT_DATA));
        }

        private static MemorySegment pointed(BodyReader reader, long base, Struct.U32 size, Struct.U32 data)
                throws MalformedMessageException {
            long length = size.getUnsigned(reader.body(), base);
            return length == 0
                    ? MemorySegment.ofArray(new byte[0])
                    : reader.follow(data, base).slice(data.name(), length).asReadOnly();
        }

        void write(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            PORT.set(segment, base, port);
            SPORT.set(segment, base, securePort);
            HOST_SIZE.set(segment, base, (int) host.byteSize());
            CERT_SUBJECT_SIZE.set(segment, base, (int) certificateSubject.byteSize());
            if (host.byteSize() > 0) {
                out.point(HOST_DATA, base, target -> target.putBytes(host));
            }
            if (certificateSubject.byteSize() > 0) {
                out.point(CERT_SUBJECT_DATA, base, target -> target.putBytes(certificateSubject));
            }
        }
    }
}
