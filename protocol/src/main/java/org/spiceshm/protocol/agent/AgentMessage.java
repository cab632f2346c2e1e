package org.spiceshm.protocol.agent;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.spice.BodyReader;
import org.spiceshm.protocol.spice.BodyWriter;
import org.spiceshm.protocol.spice.Capabilities;

/**
 * What a client and the guest's agent say. spice-protocol, vd_agent.h. Types that are not listed stay {@link Opaque} and
 * are relayed.
 *
 * <p>With CLIPBOARD_SELECTION on both sides a selection (0 clipboard, 1 primary, 2 secondary) stands first in every
 * clipboard message; without, it is not there, and 0 is meant.
 */
public sealed interface AgentMessage
        permits AgentMessage.MonitorsConfig,
                AgentMessage.Reply,
                AgentMessage.Clipboard,
                AgentMessage.AnnounceCapabilities,
                AgentMessage.ClipboardGrab,
                AgentMessage.ClipboardRequest,
                AgentMessage.ClipboardRelease,
                AgentMessage.Opaque {
    /** VD_AGENT_CLIENT_DISCONNECTED: says the server when a client has gone; no data. */
    int CLIENT_DISCONNECTED_TYPE = 13;

    /** VD_AGENT_CLIPBOARD_UTF8_TEXT. */
    int UTF8_TEXT = 1;

    /** VD_AGENT_CLIPBOARD_SELECTION_CLIPBOARD. */
    int SELECTION_CLIPBOARD = 0;

    /** The number in the header. */
    int type();

    /** Writes the data; whether with selections is for both sides' capabilities to say. */
    void encode(BodyWriter out, boolean selections);

    /** Header and data. */
    default byte[] frame(boolean selections) {
        BodyWriter out = new BodyWriter();
        encode(out, selections);
        return AgentHeader.frame(type(), out.finish());
    }

    /** Reads a whole message, header and data. */
    static AgentMessage decode(byte[] message, boolean selections) throws MalformedMessageException {
        return decode(AgentHeader.type(message), AgentHeader.data(message), selections);
    }

    /** Reads data completely; bytes after the last field are ignored, as later versions may append some. */
    static AgentMessage decode(int type, MemorySegment data, boolean selections) throws MalformedMessageException {
        return switch (type) {
            case MonitorsConfig.TYPE -> MonitorsConfig.decode(data);
            case Reply.TYPE -> Reply.decode(data);
            case Clipboard.TYPE -> Clipboard.decode(data, selections);
            case AnnounceCapabilities.TYPE -> AnnounceCapabilities.decode(data);
            case ClipboardGrab.TYPE -> ClipboardGrab.decode(data, selections);
            case ClipboardRequest.TYPE -> ClipboardRequest.decode(data, selections);
            case ClipboardRelease.TYPE -> ClipboardRelease.decode(data, selections);
            default -> new Opaque(type, data);
        };
    }

    /** How the client wants the guest's monitors. VDAgentMonitorsConfig. */
    record MonitorsConfig(int flags, List<Monitor> monitors) implements AgentMessage {
        public static final int TYPE = 2;
        /** VD_AGENT_CONFIG_MONITORS_FLAG_USE_POS. */
        public static final int FLAG_USE_POSITION = 1;
        /** As many as spice-gtk and the QXL device have. */
        public static final int MAX_MONITORS = 256;

        private static final Struct STRUCT = Struct.littleEndian("VDAgentMonitorsConfig");
        private static final Struct.U32 NUM_OF_MONITORS = STRUCT.u32("num_of_monitors");
        private static final Struct.U32 FLAGS = STRUCT.u32("flags");

        public MonitorsConfig {
            monitors = List.copyOf(monitors);
        }

        static MonitorsConfig decode(MemorySegment data) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), data);
            long base = reader.take(STRUCT);
            long count = NUM_OF_MONITORS.getUnsigned(data, base);
            if (!(count <= MAX_MONITORS)) {
                throw reader.malformed(NUM_OF_MONITORS, base, count, "at most " + MAX_MONITORS);
            }
            // CVE-2017-7506: the count is checked against what is there before anything is read by it.
            long at = reader.takeList("monitors", Monitor.STRUCT, count);
            List<Monitor> monitors = new ArrayList<>((int) count);
            for (int i = 0; i < count; i++, at += Monitor.STRUCT.size()) {
                monitors.add(new Monitor(
                        Monitor.WIDTH.get(data, at),
                        Monitor.HEIGHT.get(data, at),
                        Monitor.DEPTH.get(data, at),
                        Monitor.X.get(data, at),
                        Monitor.Y.get(data, at)));
            }
            return new MonitorsConfig(FLAGS.get(data, base), monitors);
        }

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out, boolean selections) {
            long base = out.put(STRUCT);
            NUM_OF_MONITORS.set(out.segment(), base, monitors.size());
            FLAGS.set(out.segment(), base, flags);
            for (Monitor monitor : monitors) {
                long at = out.put(Monitor.STRUCT);
                Monitor.HEIGHT.set(out.segment(), at, monitor.height);
                Monitor.WIDTH.set(out.segment(), at, monitor.width);
                Monitor.DEPTH.set(out.segment(), at, monitor.depth);
                Monitor.X.set(out.segment(), at, monitor.x);
                Monitor.Y.set(out.segment(), at, monitor.y);
            }
        }
    }

    /** One monitor, any bits the sender chose; without size it is off. VDAgentMonConfig, where height stands first. */
    record Monitor(int width, int height, int depth, int x, int y) {
        private static final Struct STRUCT = Struct.littleEndian("VDAgentMonConfig");
        private static final Struct.U32 HEIGHT = STRUCT.u32("height");
        private static final Struct.U32 WIDTH = STRUCT.u32("width");
        private static final Struct.U32 DEPTH = STRUCT.u32("depth");
        private static final Struct.I32 X = STRUCT.i32("x");
        private static final Struct.I32 Y = STRUCT.i32("y");
    }

    /** How the agent fared with a message of type {@code to}. VDAgentReply. */
    record Reply(int to, int error) implements AgentMessage {
        public static final int TYPE = 3;
        /** VD_AGENT_SUCCESS. */
        public static final int SUCCESS = 1;

        private static final Struct STRUCT = Struct.littleEndian("VDAgentReply");
        private static final Struct.U32 TO = STRUCT.u32("type");
        private static final Struct.U32 ERROR = STRUCT.u32("error");

        static Reply decode(MemorySegment data) throws MalformedMessageException {
            long base = new BodyReader(STRUCT.name(), data).take(STRUCT);
            return new Reply(TO.get(data, base), ERROR.get(data, base));
        }

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out, boolean selections) {
            long base = out.put(STRUCT);
            TO.set(out.segment(), base, to);
            ERROR.set(out.segment(), base, error);
        }
    }

    /** What is in a clipboard, after a request. VDAgentClipboard. */
    record Clipboard(int selection, int dataType, MemorySegment data) implements AgentMessage {
        public static final int TYPE = 4;
        private static final Struct STRUCT = Struct.littleEndian("VDAgentClipboard");
        private static final Struct.U32 DATA_TYPE = STRUCT.u32("type");

        static Clipboard decode(MemorySegment data, boolean selections) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), data);
            int selection = Selection.read(reader, selections);
            int dataType = DATA_TYPE.get(data, reader.take(STRUCT));
            return new Clipboard(selection, dataType, reader.rest());
        }

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out, boolean selections) {
            Selection.write(out, selections, selection);
            long base = out.put(STRUCT);
            DATA_TYPE.set(out.segment(), base, dataType);
            out.putBytes(data);
        }
    }

    /** What the sender can do, bits of {@link AgentCapability}; asks for the same back. VDAgentAnnounceCapabilities. */
    record AnnounceCapabilities(boolean request, Capabilities capabilities) implements AgentMessage {
        public static final int TYPE = 6;
        private static final Struct STRUCT = Struct.littleEndian("VDAgentAnnounceCapabilities");
        private static final Struct.U32 REQUEST = STRUCT.u32("request");
        private static final Struct WORD = Struct.littleEndian("VDAgentAnnounceCapabilities");
        private static final Struct.U32 CAPS = WORD.u32("caps");

        static AnnounceCapabilities decode(MemorySegment data) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), data);
            long base = reader.take(STRUCT);
            long count = reader.remaining() / WORD.size();
            if (!(count <= Capabilities.MAX_WORDS)) {
                throw reader.malformed(CAPS, reader.position(), count + " words", "at most " + Capabilities.MAX_WORDS);
            }
            int[] words = new int[(int) count];
            for (int i = 0; i < count; i++) {
                words[i] = CAPS.get(data, reader.take(WORD));
            }
            return new AnnounceCapabilities(REQUEST.get(data, base) != 0, Capabilities.ofWords(words));
        }

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out, boolean selections) {
            long base = out.put(STRUCT);
            REQUEST.set(out.segment(), base, request ? 1 : 0);
            for (int i = 0; i < capabilities.wordCount(); i++) {
                long at = out.put(WORD);
                CAPS.set(out.segment(), at, capabilities.word(i));
            }
        }
    }

    /** The sender has something in a clipboard, in any of these types. VDAgentClipboardGrab, without its serial. */
    record ClipboardGrab(int selection, List<Integer> dataTypes) implements AgentMessage {
        public static final int TYPE = 7;
        /** More are refused: there are six. */
        public static final int MAX_TYPES = 1024;

        private static final Struct STRUCT = Struct.littleEndian("VDAgentClipboardGrab");
        private static final Struct.U32 TYPES = STRUCT.u32("types");

        public ClipboardGrab {
            dataTypes = List.copyOf(dataTypes);
        }

        static ClipboardGrab decode(MemorySegment data, boolean selections) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), data);
            int selection = Selection.read(reader, selections);
            long count = reader.remaining() / STRUCT.size();
            if (!(count <= MAX_TYPES)) {
                throw reader.malformed(TYPES, reader.position(), count + " types", "at most " + MAX_TYPES);
            }
            List<Integer> types = new ArrayList<>((int) count);
            for (int i = 0; i < count; i++) {
                types.add(TYPES.get(data, reader.take(STRUCT)));
            }
            return new ClipboardGrab(selection, types);
        }

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out, boolean selections) {
            Selection.write(out, selections, selection);
            for (int dataType : dataTypes) {
                long base = out.put(STRUCT);
                TYPES.set(out.segment(), base, dataType);
            }
        }
    }

    /** The sender wants what is in the other's clipboard. VDAgentClipboardRequest. */
    record ClipboardRequest(int selection, int dataType) implements AgentMessage {
        public static final int TYPE = 8;
        private static final Struct STRUCT = Struct.littleEndian("VDAgentClipboardRequest");
        private static final Struct.U32 DATA_TYPE = STRUCT.u32("type");

        static ClipboardRequest decode(MemorySegment data, boolean selections) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), data);
            int selection = Selection.read(reader, selections);
            return new ClipboardRequest(selection, DATA_TYPE.get(data, reader.take(STRUCT)));
        }

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out, boolean selections) {
            Selection.write(out, selections, selection);
            long base = out.put(STRUCT);
            DATA_TYPE.set(out.segment(), base, dataType);
        }
    }

    /** The sender's clipboard is empty again. VDAgentClipboardRelease. */
    record ClipboardRelease(int selection) implements AgentMessage {
        public static final int TYPE = 9;

        static ClipboardRelease decode(MemorySegment data, boolean selections) throws MalformedMessageException {
            return new ClipboardRelease(Selection.read(new BodyReader("VDAgentClipboardRelease", data), selections));
        }

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out, boolean selections) {
            Selection.write(out, selections, selection);
        }
    }

    /** Anything else. */
    record Opaque(int type, MemorySegment data) implements AgentMessage {
        @Override
        public void encode(BodyWriter out, boolean selections) {
            out.putBytes(data);
        }
    }

    /** What stands first in a clipboard message, if anything does. */
    final class Selection {
        private static final Struct STRUCT = Struct.littleEndian("VDAgentClipboard");
        private static final Struct.U8 SELECTION = STRUCT.u8("selection");

        static {
            STRUCT.bytes("__reserved", 3);
        }

        private Selection() {}

        private static int read(BodyReader reader, boolean selections) throws MalformedMessageException {
            return selections ? SELECTION.get(reader.body(), reader.take(STRUCT)) : SELECTION_CLIPBOARD;
        }

        private static void write(BodyWriter out, boolean selections, int selection) {
            if (selections) {
                long base = out.put(STRUCT);
                SELECTION.set(out.segment(), base, selection);
            }
        }
    }
}
