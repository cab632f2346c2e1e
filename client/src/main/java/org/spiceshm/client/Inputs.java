package org.spiceshm.client;

import java.time.Duration;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.ClientLink;
import org.spiceshm.protocol.spice.CommonServerMessage;
import org.spiceshm.protocol.spice.InputsClientMessage;
import org.spiceshm.protocol.spice.InputsServerMessage;
import org.spiceshm.protocol.spice.MessageFramer;
import org.spiceshm.protocol.spice.UnknownMessage;

/**
 * Keys and the mouse. For any thread; what several threads send interleaves whole.
 *
 * <p>Scancodes are those of AT set 1, extended ones as 0xe0NN. Motions and positions are paced by the server: while eight
 * are unacknowledged the newest position waits and motions add up, and go out before any key or button.
 */
public final class Inputs {
    /** Left, middle, right, wheel up, wheel down. spice-protocol, enums.h: SpiceMouseButton. */
    public static final int BUTTON_LEFT = 1;

    public static final int BUTTON_MIDDLE = 2;
    public static final int BUTTON_RIGHT = 3;
    public static final int BUTTON_UP = 4;
    public static final int BUTTON_DOWN = 5;

    /** No more motions may be unacknowledged. */
    private static final int MAX_UNACKED = 2 * InputsServerMessage.MOTIONS_PER_ACK;

    private static final int LAST_BUTTON = 16;
    private static final int MAX_PLAIN_SCANCODE = 0x7f;
    private static final int EXTENDED = 0xe0;
    private static final int RELEASED = 0x80;

    private final Duration flushTimeout;
    private final IntSupplier mouseMode;
    private final Handler handler = new Handler();
    private @Nullable Channel channel;

    /** Guards all below. */
    private final Object lock = new Object();

    private int unacked;
    private int buttons;
    private boolean positionWaits;
    private int waitingX;
    private int waitingY;
    private int waitingDisplay;
    private boolean motionWaits;
    private int waitingDx;
    private int waitingDy;
    private int pointedX;
    private int pointedY;
    private int modifiers;
    private @Nullable SpiceClientException end;

    Inputs(Duration flushTimeout, IntSupplier mouseMode) {
        this.flushTimeout = flushTimeout;
        this.mouseMode = mouseMode;
    }

    Channel.Handler handlerFor() {
        return handler;
    }

    void setChannel(Channel newChannel) {
        channel = newChannel;
    }

    /** A key goes down. */
    public void keyDown(int scancode) throws SpiceClientException {
        ordered(new InputsClientMessage.KeyDown(code(scancode, 0)));
    }

    /** A key goes up. */
    public void keyUp(int scancode) throws SpiceClientException {
        ordered(new InputsClientMessage.KeyUp(code(scancode, RELEASED)));
    }

    /** Keys go down in this order, and up in the reverse one. */
    public void press(int... scancodes) throws SpiceClientException {
        for (int scancode : scancodes) {
            keyDown(scancode);
        }
        for (int i = scancodes.length - 1; i >= 0; i--) {
            keyUp(scancodes[i]);
        }
    }

    /** The pointer is here, in client mouse mode; {@code newButtons} are bits, 1 for the left one. */
    public void position(int x, int y, int newButtons) throws SpiceClientException {
        position(x, y, newButtons, 0);
    }

    /** As above, on a given display. */
    public void position(int x, int y, int newButtons, int displayId) throws SpiceClientException {
        if (!(0 <= x && 0 <= y)) {
            throw new IllegalArgumentException("position: got " + x + "," + y + ", expected 0,0 or more");
        }
        synchronized (lock) {
            buttons = newButtons;
            waitingX = x;
            waitingY = y;
            waitingDisplay = displayId;
            positionWaits = true;
            sendWaiting();
        }
    }

    /** The mouse has moved by so much, in server mouse mode. */
    public void motion(int dx, int dy) throws SpiceClientException {
        synchronized (lock) {
            waitingDx += dx;
            waitingDy += dy;
            motionWaits = true;
            sendWaiting();
        }
    }

    /**
     * Moves the pointer to a place in whichever mouse mode the server is: in server mode by as much as it differs from
     * the place of the call before, the first time from 0,0. Only the guest knows where its pointer really is then.
     */
    public void pointTo(int x, int y) throws SpiceClientException {
        synchronized (lock) {
            int dx = x - pointedX;
            int dy = y - pointedY;
            if (mouseMode.getAsInt() == SpiceClient.MOUSE_MODE_CLIENT) {
                position(x, y, buttons);
            } else {
                motion(dx, dy);
            }
            pointedX = x;
            pointedY = y;
        }
    }

    /** A button goes down; {@link #BUTTON_LEFT} and so on. */
    public void buttonPress(int button) throws SpiceClientException {
        int bit = bit(button);
        synchronized (lock) {
            flush();
            buttons |= bit;
            send(new InputsClientMessage.MousePress(button, buttons));
        }
    }

    /** A button goes up. */
    public void buttonRelease(int button) throws SpiceClientException {
        int bit = bit(button);
        synchronized (lock) {
            flush();
            buttons &= ~bit;
            send(new InputsClientMessage.MouseRelease(button, buttons));
        }
    }

    /** The keyboard's locks as the server last told them: 1 scroll, 2 num, 4 caps. */
    public int modifiers() {
        synchronized (lock) {
            return modifiers;
        }
    }

    private static int bit(int button) {
        if (!(1 <= button && button <= LAST_BUTTON)) {
            throw new IllegalArgumentException("button: got " + button + ", expected 1.." + LAST_BUTTON);
        }
        return 1 << (button - 1);
    }

    /** The scancode's bytes in sending order, the first in the low byte. */
    private static int code(int scancode, int release) {
        if (0 < scancode && scancode <= MAX_PLAIN_SCANCODE) {
            return scancode | release;
        }
        int low = scancode & 0xff;
        if (!(scancode >> 8 == EXTENDED && 0 < low && low <= MAX_PLAIN_SCANCODE)) {
            throw new IllegalArgumentException(
                    String.format("scancode: got 0x%x, expected 0x01..0x7f or 0xe001..0xe07f", scancode));
        }
        return EXTENDED | (low | release) << 8;
    }

    private void ordered(InputsClientMessage message) throws SpiceClientException {
        synchronized (lock) {
            flush();
            send(message);
        }
    }

    /** Waits until nothing waits; the caller holds the lock. */
    private void flush() throws SpiceClientException {
        Deadline deadline = Deadline.in(flushTimeout);
        while (positionWaits || motionWaits) {
            if (end != null) {
                throw end.again();
            }
            if (deadline.hasPassed()) {
                throw new SpiceClientException(
                        SpiceClientException.Kind.TIMEOUT,
                        "inputs: got " + unacked + " motions unacknowledged in time, expected MOUSE_MOTION_ACK");
            }
            try {
                deadline.await(lock);
            } catch (InterruptedException e) {
                throw SpiceClientException.interrupted("inputs");
            }
        }
    }

    /** Sends what waits, as far as the server lets us; the caller holds the lock. */
    private void sendWaiting() throws SpiceClientException {
        if (positionWaits && unacked < MAX_UNACKED) {
            positionWaits = false;
            unacked++;
            send(new InputsClientMessage.MousePosition(waitingX, waitingY, buttons, waitingDisplay));
        }
        if (motionWaits && unacked < MAX_UNACKED) {
            motionWaits = false;
            unacked++;
            int dx = waitingDx;
            int dy = waitingDy;
            waitingDx = 0;
            waitingDy = 0;
            send(new InputsClientMessage.MouseMotion(dx, dy, buttons));
        }
    }

    private void send(InputsClientMessage message) throws SpiceClientException {
        Channel to = channel;
        if (to == null) {
            throw new IllegalStateException("inputs without a channel");
        }
        to.send(message);
    }

    /** What the inputs channel's thread does. */
    private final class Handler implements Channel.Handler {
        @Override
        public void linked(ClientLink.State.Linked state) {}

        @Override
        public void message(MessageFramer framer) throws SpiceClientException, MalformedMessageException {
            InputsServerMessage message = InputsServerMessage.decode(framer.type(), framer.body());
            synchronized (lock) {
                switch (message) {
                    case CommonServerMessage common -> {}
                    case UnknownMessage unknown -> {}
                    case InputsServerMessage.Init(int now) -> modifiers = now;
                    case InputsServerMessage.KeyModifiers(int now) -> modifiers = now;
                    case InputsServerMessage.MouseMotionAck ack -> {
                        unacked = Math.max(0, unacked - InputsServerMessage.MOTIONS_PER_ACK);
                        sendWaiting();
                        lock.notifyAll();
                    }
                }
            }
        }

        @Override
        public void closed(SpiceClientException reason) {
            synchronized (lock) {
                end = reason;
                lock.notifyAll();
            }
        }
    }
}
