package org.spiceshm.app;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.spiceshm.server.InputSink;

/**
 * Clients' keys and pointer, for a guest in QEMU: {@code input-send-event} on its QMP socket. It also asks there, each
 * second, whether the guest's pointer takes places, and whether the guest has opened the agent's port.
 *
 * <pre>
 *  InputsChannel --InputSink--> InputQueue --QMP--> QEMU --> the guest's keyboard, mouse, tablet
 *  SpiceServer.inputsChanged &lt;--query-mice--------|
 *  AgentRelay &lt;--GuestPort-----query-chardev------|
 * </pre>
 *
 * <p>A thread of its own owns the connection and waits for answers; the callers of {@link InputSink} only queue. QEMU may
 * be unable to answer while a processor of the guest waits for our device, so nobody else may wait for it. One command
 * with events is under way at a time; what comes meanwhile travels together in the next.
 */
public final class QmpInputs implements InputSink, AutoCloseable {
    private static final Logger LOG = System.getLogger(QmpInputs.class.getName());
    private static final long ASK_NANOS = 1_000_000_000L;
    private static final String CAPABILITIES = "qmp_capabilities";
    private static final String SEND = "input-send-event";
    private static final String MICE = "query-mice";
    private static final String CHARDEVS = "query-chardev";

    /** The range of INPUT_EVENT_ABS. */
    private static final int PLACES = 0x8000;
    /** A number in QEMU is the scancode, with this bit for extended keys. */
    private static final int EXTENDED_NUMBER = 0x80;
    /** Pause is told as what Ctrl+Pause sends, 0xE0 0x46. */
    private static final int PAUSE_NUMBER = 0xc6;

    private static final int EXTENDED = 0xe0;
    private static final int RELEASED = 0x80;
    private static final int NO_KEY = 0;

    private final InputQueue queue = new InputQueue();
    private final Supplier<ScreenSize> screen;
    private final Peer peer;
    private final AtomicLong refused = new AtomicLong();
    private volatile boolean connected;
    private volatile boolean absolute;
    private volatile Runnable changed = () -> {};
    private volatile GuestPort port = GuestPort.NONE;
    private volatile @Nullable String portSocket;

    /**
     * For the QEMU whose QMP socket is, or will be, at {@code socket}.
     *
     * @param screen what pointer positions are relative to; any thread
     * @throws IOException if the system is out of descriptors
     */
    public QmpInputs(Path socket, Supplier<ScreenSize> screen) throws IOException {
        this.screen = screen;
        this.peer = new Peer(socket);
    }

    /** Tells {@code watch} whether the guest's end of the chardev with this socket is open. Before {@link #start}. */
    public void watchPort(Path socket, GuestPort watch) {
        portSocket = socket.toString();
        port = watch;
    }

    /** Begins to connect; {@code absoluteChanged} is run whenever {@link #absolute} has changed. */
    public void start(Runnable absoluteChanged) {
        changed = absoluteChanged;
        peer.start();
    }

    /** How many keys and buttons were not told because the guest took none. */
    public long dropped() {
        return queue.dropped();
    }

    /** How many commands QEMU has refused, as it does while the guest is stopped. */
    public long refused() {
        return refused.get();
    }

    @Override
    public void close() {
        peer.close();
    }

    // ---- any thread

    @Override
    public void key(int scancode, boolean down) {
        int number = keyNumber(scancode);
        if (number != NO_KEY) {
            add(new InputQueue.Key(number, down));
        }
    }

    /**
     * Does nothing. A lock key is a toggle: to set it one must know the guest's LEDs, which QMP does not tell, and to
     * guess would turn a lock on where the client wants it off. The keys themselves reach the guest as all others do.
     */
    @Override
    public void modifiers(int bits) {}

    @Override
    public void motion(int dx, int dy, int buttons) {
        if (dx != 0 || dy != 0) {
            add(new InputQueue.Movement(dx, dy));
        }
    }

    @Override
    public void position(int x, int y, int buttons, int display) {
        ScreenSize size = screen.get();
        if (!size.isEmpty()) {
            add(new InputQueue.Place(place(x, size.widthPixels()), place(y, size.heightPixels())));
        }
    }

    @Override
    public void button(int button, int buttons, boolean down) {
        switch (button) {
            case 1 -> add(new InputQueue.Button("left", down));
            case 2 -> add(new InputQueue.Button("middle", down));
            case 3 -> add(new InputQueue.Button("right", down));
            case 4 -> addWheel("wheel-up", down);
            case 5 -> addWheel("wheel-down", down);
            case 6 -> add(new InputQueue.Button("side", down));
            case 7 -> add(new InputQueue.Button("extra", down));
            default -> {}
        }
    }

    @Override
    public boolean absolute() {
        return absolute;
    }

    private void addWheel(String name, boolean down) {
        if (down) {
            add(new InputQueue.Wheel(name));
        }
    }

    private void add(InputQueue.Event event) {
        // Without a guest there is nobody whose keyboard this is; it must not type it when it starts.
        if (connected) {
            queue.add(event);
            peer.wake();
        }
    }

    /** QKeyCode's number (QEMU, ui/keycodemapdb: qnum), or {@link #NO_KEY}. */
    static int keyNumber(int scancode) {
        if (scancode == InputSink.PAUSE) {
            return PAUSE_NUMBER;
        }
        if (0 < scancode && scancode < RELEASED) {
            return scancode;
        }
        int extended = scancode >> Byte.SIZE;
        boolean isExtended = (scancode & 0xff) == EXTENDED && 0 < extended && extended < RELEASED;
        return isExtended ? extended | EXTENDED_NUMBER : NO_KEY;
    }

    /** The middle of the pixel, so that the guest, however it rounds, comes back to the same. */
    static int place(int pixel, int sizePixels) {
        long clipped = Math.clamp(pixel, 0, sizePixels - 1);
        return (int) ((2 * clipped + 1) * PLACES / (2L * sizePixels));
    }

    private void setAbsolute(boolean now) {
        if (absolute != now) {
            absolute = now;
            LOG.log(Level.INFO, "the guest''s pointer takes {0}", now ? "places" : "movements");
            changed.run();
        }
    }

    /** The connection. Owned by its thread. */
    private final class Peer extends UnixPeer {
        private final byte[] line = new byte[QmpMessage.MAX_LINE_BYTES];
        private int lineHave;
        private boolean greeted;
        private boolean ready;
        private boolean negotiating;
        private boolean sending;
        private boolean askingMice;
        private boolean askingPort;
        private boolean portKnown;
        private boolean portWasOpen;
        private long askMiceAt;
        private long askPortAt;

        Peer(Path socket) throws IOException {
            super("spice-qmp", socket);
        }

        @Override
        void onConnected() {
            lineHave = 0;
            greeted = false;
            ready = false;
            negotiating = false;
            sending = false;
            askingMice = false;
            askingPort = false;
            portKnown = false;
            connected = true;
        }

        @Override
        void onDisconnected() {
            connected = false;
            queue.clear();
            port.unknown();
            setAbsolute(false);
        }

        @Override
        void onTurn() {}

        @Override
        long sleepNanos() {
            long first = Long.MAX_VALUE;
            long now = System.nanoTime();
            if (ready && !askingMice) {
                first = Math.max(0, askMiceAt - now);
            }
            if (ready && portSocket != null && !askingPort) {
                first = Math.min(first, Math.max(0, askPortAt - now));
            }
            return first;
        }

        @Override
        byte @Nullable [] nextOutput() throws IOException {
            if (!ready) {
                if (greeted && !negotiating) {
                    negotiating = true;
                    return command(CAPABILITIES, List.of());
                }
                return null;
            }
            long now = System.nanoTime();
            if (!sending) {
                List<InputQueue.Event> events = queue.poll();
                if (!events.isEmpty()) {
                    sending = true;
                    return command(SEND, events);
                }
            }
            if (!askingMice && askMiceAt - now <= 0) {
                askingMice = true;
                return command(MICE, List.of());
            }
            if (portSocket != null && !askingPort && askPortAt - now <= 0) {
                askingPort = true;
                return command(CHARDEVS, List.of());
            }
            return null;
        }

        @Override
        void onBytes(byte[] bytes, int length) throws IOException {
            for (int i = 0; i < length; i++) {
                if (bytes[i] == '\n') {
                    takeLine();
                    lineHave = 0;
                } else if (lineHave < line.length) {
                    line[lineHave++] = bytes[i];
                } else {
                    throw new IOException("QMP: got a line without end, expected at most " + line.length + " bytes");
                }
            }
        }

        private void takeLine() throws IOException {
            boolean blank = lineHave == 0 || (lineHave == 1 && line[0] == '\r');
            if (blank) {
                return;
            }
            switch (QmpMessage.parse(line, lineHave)) {
                case QmpMessage.Greeting greeting -> greeted = true;
                case QmpMessage.Return(String id, List<Map<String, String>> rows) -> takeAnswer(id, rows);
                case QmpMessage.Failure(String id, String description) -> takeFailure(id, description);
                case QmpMessage.Event(String name, Map<String, String> data) -> takeEvent(name, data);
                case QmpMessage.Other other -> {}
            }
        }

        private void takeAnswer(String id, List<Map<String, String>> rows) {
            switch (id) {
                case CAPABILITIES -> {
                    ready = true;
                    askMiceAt = System.nanoTime();
                    askPortAt = askMiceAt;
                }
                case SEND -> sending = false;
                case MICE -> {
                    miceAsked();
                    setAbsolute(rows.stream().anyMatch(QmpInputs::isCurrentTablet));
                }
                case CHARDEVS -> {
                    portAsked();
                    rows.forEach(this::takeChardev);
                }
                default -> {}
            }
        }

        private void takeFailure(String id, String description) throws IOException {
            LOG.log(Level.DEBUG, "QMP: {0} failed: {1}", id, description);
            switch (id) {
                case CAPABILITIES -> throw new IOException("QMP: got \"" + description + "\", expected a connection");
                case SEND -> {
                    sending = false;
                    refused.incrementAndGet();
                }
                case MICE -> miceAsked();
                case CHARDEVS -> portAsked();
                default -> {}
            }
        }

        private void miceAsked() {
            askingMice = false;
            askMiceAt = System.nanoTime() + ASK_NANOS;
        }

        private void portAsked() {
            askingPort = false;
            askPortAt = System.nanoTime() + ASK_NANOS;
        }

        private void takeEvent(String name, Map<String, String> data) {
            if (!name.equals("VSERPORT_CHANGE")) {
                return;
            }
            if (portKnown) {
                // It names the guest's device, not the chardev: it may be another port's.
                askPortAt = System.nanoTime();
            } else {
                port.changed(Boolean.parseBoolean(data.get("open")));
            }
        }

        /** A chardev is known by its file name: "unix:/path,server=on", or with "disconnected:" before that. */
        private void takeChardev(Map<String, String> chardev) {
            String socket = portSocket;
            String file = chardev.getOrDefault("filename", "");
            if (socket == null || !(file.endsWith("unix:" + socket) || file.contains("unix:" + socket + ","))) {
                return;
            }
            boolean open = Boolean.parseBoolean(chardev.get("frontend-open"));
            if (!portKnown || portWasOpen != open) {
                portKnown = true;
                portWasOpen = open;
                port.changed(open);
            }
        }
    }

    private static boolean isCurrentTablet(Map<String, String> mouse) {
        return Boolean.parseBoolean(mouse.get("current")) && Boolean.parseBoolean(mouse.get("absolute"));
    }

    /** A command whose id is its name: never are two of one kind under way. */
    private static byte[] command(String name, List<InputQueue.Event> events) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = QmpMessage.JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("execute", name);
            if (!events.isEmpty()) {
                json.writeObjectFieldStart("arguments");
                json.writeArrayFieldStart("events");
                for (InputQueue.Event event : events) {
                    write(json, event);
                }
                json.writeEndArray();
                json.writeEndObject();
            }
            json.writeStringField("id", name);
            json.writeEndObject();
            json.writeRaw('\n');
        }
        return out.toByteArray();
    }

    private static void write(JsonGenerator json, InputQueue.Event event) throws IOException {
        switch (event) {
            case InputQueue.Key(int number, boolean down) -> writeKey(json, number, down);
            case InputQueue.Button(String name, boolean down) -> writeButton(json, name, down);
            case InputQueue.Wheel(String name) -> {
                writeButton(json, name, true);
                writeButton(json, name, false);
            }
            case InputQueue.Movement(int dx, int dy) -> {
                writeAxis(json, "rel", "x", dx);
                writeAxis(json, "rel", "y", dy);
            }
            case InputQueue.Place(int x, int y) -> {
                writeAxis(json, "abs", "x", x);
                writeAxis(json, "abs", "y", y);
            }
        }
    }

    private static void writeKey(JsonGenerator json, int number, boolean down) throws IOException {
        begin(json, "key");
        json.writeBooleanField("down", down);
        json.writeObjectFieldStart("key");
        json.writeStringField("type", "number");
        json.writeNumberField("data", number);
        json.writeEndObject();
        end(json);
    }

    private static void writeButton(JsonGenerator json, String name, boolean down) throws IOException {
        begin(json, "btn");
        json.writeBooleanField("down", down);
        json.writeStringField("button", name);
        end(json);
    }

    private static void writeAxis(JsonGenerator json, String type, String axis, int value) throws IOException {
        begin(json, type);
        json.writeStringField("axis", axis);
        json.writeNumberField("value", value);
        end(json);
    }

    private static void begin(JsonGenerator json, String type) throws IOException {
        json.writeStartObject();
        json.writeStringField("type", type);
        json.writeObjectFieldStart("data");
    }

    private static void end(JsonGenerator json) throws IOException {
        json.writeEndObject();
        json.writeEndObject();
    }
}
