package org.spiceshm.server;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.spiceshm.protocol.shm.DamageRects;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.SequencePage;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.DisplayCapability;
import org.spiceshm.protocol.spice.MainServerMessage;
import org.spiceshm.protocol.spice.SurfaceFormat;
import org.spiceshm.sharedmemory.Access;
import org.spiceshm.sharedmemory.MemoryFile;

/** A server without sockets, its screen, and a gate that opens when told. */
final class Fixture implements AutoCloseable {
    static final Capabilities SHM =
            Capabilities.of(Numbering.CURRENT.capabilityBit(), DisplayCapability.MONITORS_CONFIG);

    final Queue<Runnable> gate = new ArrayDeque<>();
    final Screen screen = new Screen(gate::add);
    final List<String> inputs = new ArrayList<>();
    final List<Integer> displays = new ArrayList<>();
    final List<int[]> monitors = new ArrayList<>();
    final Agent agent = new Agent();
    /** What {@link InputSink#absolute} says. */
    boolean absolute = true;

    final SpiceServer server;
    private final Arena arena = Arena.ofShared();
    private MemorySegment newest = MemorySegment.NULL;

    Fixture(ServerOptions options) {
        server = new SpiceServer(screen, options, new Recorder(inputs), displays::add, agent, monitors::add);
    }

    Fixture() {
        this(ServerOptions.defaults());
    }

    SharedSegment segment(long bytes) throws IOException {
        try (MemoryFile file = MemoryFile.create("test", bytes)) {
            var memory = file.map(Access.READ_WRITE, arena);
            SequencePage.initialize(memory);
            newest = memory;
            memory.asSlice(4096).fill((byte) 0x11);
            return new SharedSegment(file.reopenReadOnly(), memory);
        }
    }

    /** From now on the newest segment is being written. */
    void beginBatch() {
        new SequencePage.Writer(newest).begin(1);
    }

    /** All pixels of the newest segment become this. */
    void fill(byte value) {
        newest.asSlice(4096).fill(value);
    }

    /** The render thread begins to draw on {@code primary}. */
    void draws(Primary primary) {
        screen.lockSteps()
                .primary(new PixelSource(
                        primary.segment().memory(),
                        primary.offset(),
                        primary.strideBytes(),
                        primary.widthPixels(),
                        primary.heightPixels(),
                        primary.format()));
    }

    /** One batch paints a rectangle, whole rows of it, and is told. */
    void paint(long sequence, Primary primary, int top, int left, int bottom, int right, byte value) {
        for (int y = top; y < bottom; y++) {
            newest.asSlice(primary.offset() + (long) primary.strideBytes() * y + 4L * left, 4L * (right - left))
                    .fill(value);
        }
        DamageRects rects = new DamageRects();
        rects.add(top, left, bottom, right);
        screen.lockSteps().batchEnded(sequence, 7, rects);
        damage(sequence, top, left, bottom, right);
    }

    static Primary primary(SharedSegment segment, int width, int height) {
        return new Primary(segment, 4096, 4 * width, width, height, SurfaceFormat.XRGB_32);
    }

    /** A main channel, and the id that other channels are linked by. */
    static int sessionOf(Client main) throws Exception {
        for (Client.Received message : main.received) {
            if (message.type() == MainServerMessage.Init.TYPE
                    && MainServerMessage.decode(message.type(), message.segment())
                            instanceof MainServerMessage.Init init) {
                return init.sessionId();
            }
        }
        throw new AssertionError("no MAIN_INIT in " + main);
    }

    Client main() {
        return linked(ChannelType.MAIN, 0, Capabilities.NONE, true);
    }

    Client linked(ChannelType type, int session, Capabilities capabilities, boolean unix) {
        Client client = new Client(server, type, session, capabilities, "", unix);
        client.turn();
        client.turn();
        return client;
    }

    Client display(Capabilities capabilities, boolean unix) throws Exception {
        return linked(ChannelType.DISPLAY, sessionOf(main()), capabilities, unix);
    }

    void damage(long sequence, int top, int left, int bottom, int right) {
        DamageRects rects = new DamageRects();
        rects.add(top, left, bottom, right);
        screen.damage(sequence, 7, rects);
    }

    void openGate() {
        for (Runnable task = gate.poll(); task != null; task = gate.poll()) {
            task.run();
        }
    }

    @Override
    public void close() {
        server.close();
        arena.close();
    }

    /** An agent's port with or without room. */
    static final class Agent implements AgentSink {
        final List<byte[]> taken = new ArrayList<>();
        int room = Integer.MAX_VALUE;

        @Override
        public boolean offer(byte[] message) {
            if (room == 0) {
                return false;
            }
            room--;
            taken.add(message);
            return true;
        }
    }

    private final class Recorder implements InputSink {
        private final List<String> told;

        Recorder(List<String> told) {
            this.told = told;
        }

        @Override
        public void key(int scancode, boolean down) {
            told.add("key " + Integer.toHexString(scancode) + (down ? " down" : " up"));
        }

        @Override
        public void modifiers(int bits) {
            told.add("modifiers " + bits);
        }

        @Override
        public void motion(int dx, int dy, int buttons) {
            told.add("motion " + dx + " " + dy + " " + buttons);
        }

        @Override
        public void position(int x, int y, int buttons, int display) {
            told.add("position " + x + " " + y + " " + buttons + " " + display);
        }

        @Override
        public void button(int button, int buttons, boolean down) {
            told.add("button " + button + " " + buttons + (down ? " down" : " up"));
        }

        @Override
        public boolean absolute() {
            return absolute;
        }
    }
}
