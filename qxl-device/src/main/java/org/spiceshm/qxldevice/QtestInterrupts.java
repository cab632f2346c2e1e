package org.spiceshm.qxldevice;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Interrupts for a VM without KVM: drives an input of QEMU's IOAPIC through its qtest socket, because an event on vfio's
 * eventfd would make QEMU trap every access to the BARs for ever.
 *
 * <p>While {@link VfioInterruptLine#wantsPulse}, the input is pulsed: at once when the level rises, and again every
 * {@value #PULSE_NANOS} ns, since a pulse is lost while the guest has not ended the interrupt before. Holding the level
 * would give spurious interrupts instead.
 *
 * <p>Which input that is depends on the slot that the device sits in, which only QEMU knows. So when the guest has given
 * BAR 0 an address, we read the configuration of bus 0 through the machine's memory window, and look for a function whose
 * BAR 0 is the same.
 *
 * <p>Nobody waits for an answer: a virtual CPU that waits for us holds the lock without which QEMU answers nobody. Its
 * thread sleeps by park; any thread may call {@link #connected}, {@link #disconnected}, {@link #barMoved}; it lives until
 * {@link #close}.
 */
final class QtestInterrupts implements AutoCloseable {
    private static final Logger LOG = System.getLogger(QtestInterrupts.class.getName());

    /** Measured: 0.4 ms gives a median latency of 0.5 ms, 2 ms one of 1 ms. */
    private static final long PULSE_NANOS = 400_000;

    private static final long CONNECT_PAUSE_NANOS = 50_000_000;
    /** How long an end of the connection may go unnoticed while there is nothing to say. */
    private static final long IDLE_PARK_NANOS = 200_000_000;

    private static final long ANSWER_PARK_NANOS = 1_000_000;
    private static final long LATE_ANSWER_PARK_NANOS = 10_000_000;
    private static final long LATE_NANOS = 1_000_000_000;
    private static final long SEARCH_PAUSE_NANOS = 100_000_000;
    /** More pulses that QEMU has not taken yet would say nothing that these do not. */
    private static final int MAX_PULSES_UNANSWERED = 4;

    /** Where q35's firmware puts the PCI Express configuration window: SeaBIOS and new OVMF; old OVMF. */
    private static final long[] WINDOWS = {0xb000_0000L, 0xe000_0000L};
    /** q35's host bridge, device 0 of bus 0: device 29c0 of vendor 8086. */
    private static final long Q35_HOST_BRIDGE = 0x29c0_8086L;

    private static final int SLOTS = 32;
    private static final int SLOT_SHIFT = 15;
    private static final int BAR0_REGISTER = 0x10;
    private static final long BAR_ADDRESS_MASK = 0xffff_fff0L;

    private final Path path;
    private final VfioInterruptLine line;
    private final OptionalInt fixedGsi;
    private final Thread thread;
    private final QtestLink.Lines answers = this::onLine;
    /** Odd while a VM is connected. */
    private final AtomicInteger epoch = new AtomicInteger();

    private volatile long barAddress;
    private volatile boolean running = true;

    // Of the thread.
    private @Nullable QtestLink link;
    private int servedEpoch;
    private long connectAgain = System.nanoTime();
    private byte @Nullable [] pulse;
    private int unanswered;
    private int window;
    private boolean searching;
    private final long[] found = new long[SLOTS];
    private int foundCount;
    private long searchedBar;
    private long searchStart;
    private long searchAgain;
    private boolean told;

    /** Starts the thread, which sleeps until a VM is {@link #connected}. */
    QtestInterrupts(Path path, VfioInterruptLine line, OptionalInt fixedGsi) {
        this.path = path;
        this.line = line;
        this.fixedGsi = fixedGsi;
        thread = Thread.ofPlatform().name("qtest").daemon().unstarted(this::run);
        line.wake(thread);
        thread.start();
    }

    void connected() {
        barAddress = 0;
        epoch.incrementAndGet();
        LockSupport.unpark(thread);
    }

    void disconnected() {
        epoch.incrementAndGet();
        LockSupport.unpark(thread);
    }

    /** The guest has put BAR 0 there; 0 is nowhere. */
    void barMoved(long address) {
        if (barAddress != address) {
            barAddress = address;
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        while (running) {
            try {
                turn();
            } catch (IOException e) {
                // No server yet, or none any more; the VM's own connection says when to give up.
                LOG.log(Level.DEBUG, "qtest: {0}", e.getMessage());
                retryLater();
            } catch (RuntimeException e) {
                LOG.log(Level.ERROR, "interrupts by qtest go on after an error", e);
                retryLater();
            }
        }
        disconnect();
    }

    private void turn() throws IOException {
        int wanted = epoch.get();
        if (wanted != servedEpoch) {
            disconnect();
            servedEpoch = wanted;
            connectAgain = System.nanoTime();
            forgetGsi();
        }
        if ((wanted & 1) == 0 || line.usesKvm()) {
            disconnect();
            LockSupport.park(this);
            return;
        }
        QtestLink connected = link;
        if (connected == null) {
            connect();
        } else if (!connected.drain(answers)) {
            retryLater();
        } else if (!connected.flush()) {
            LockSupport.parkNanos(this, PULSE_NANOS);
        } else if (pulse == null) {
            search(connected);
        } else {
            pulse(connected, pulse);
        }
    }

    private void connect() throws IOException {
        long left = connectAgain - System.nanoTime();
        if (left > 0) {
            LockSupport.parkNanos(this, left);
            return;
        }
        link = new QtestLink(path);
        unanswered = 0;
        searching = false;
        foundCount = 0;
        searchAgain = System.nanoTime();
        if (fixedGsi.isPresent() && pulse == null) {
            choose(fixedGsi.getAsInt(), "as told");
        }
    }

    private void disconnect() {
        QtestLink before = link;
        if (before != null) {
            before.close();
            link = null;
        }
    }

    private void retryLater() {
        disconnect();
        connectAgain = System.nanoTime() + CONNECT_PAUSE_NANOS;
    }

    // ---- pulses

    private void pulse(QtestLink connected, byte[] lines) throws IOException {
        if (!line.wantsPulse()) {
            LockSupport.parkNanos(this, IDLE_PARK_NANOS);
            return;
        }
        if (unanswered < 2 * MAX_PULSES_UNANSWERED) {
            unanswered += 2;
            connected.send(lines);
        }
        LockSupport.parkNanos(this, PULSE_NANOS);
    }

    private void onLine(byte[] text, int length) {
        if (0 < length && text[0] == 'I') {
            return; // IRQ raise 4: nobody asked
        }
        if (searching) {
            found[foundCount++] = number(text, length);
            searching = foundCount < SLOTS;
            return;
        }
        if (0 < unanswered) {
            unanswered--;
        }
        if (!(0 < length && text[0] == 'O') && !told) {
            told = true;
            LOG.log(
                    Level.WARNING,
                    "interrupts: got \"{0}\" from qtest, expected OK",
                    new String(text, 0, length, StandardCharsets.US_ASCII).replaceAll("[^ -~]", "?"));
        }
    }

    /** "OK 0x00000000e0000000", or 0. */
    private static long number(byte[] text, int length) {
        String line = new String(text, 0, length, StandardCharsets.US_ASCII);
        if (!line.startsWith("OK 0x")) {
            return 0;
        }
        try {
            return Long.parseUnsignedLong(line.substring(5).trim(), 16);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    // ---- which input

    /** Asks for all slots at once, and looks at the answers when all have come. */
    private void search(QtestLink connected) throws IOException {
        long now = System.nanoTime();
        if (searching) {
            LockSupport.parkNanos(this, now - searchStart < LATE_NANOS ? ANSWER_PARK_NANOS : LATE_ANSWER_PARK_NANOS);
        } else if (foundCount == SLOTS) {
            foundCount = 0;
            judge();
        } else if (barAddress == 0) {
            LockSupport.park(this);
        } else if (now - searchAgain < 0) {
            LockSupport.parkNanos(this, searchAgain - now);
        } else {
            searchedBar = barAddress;
            searching = true;
            foundCount = 0;
            searchStart = now;
            connected.send(question(WINDOWS[window]));
        }
    }

    private static byte[] question(long base) {
        StringBuilder lines = new StringBuilder();
        for (int slot = 0; slot < SLOTS; slot++) {
            long address = base + ((long) slot << SLOT_SHIFT) + (slot == 0 ? 0 : BAR0_REGISTER);
            lines.append("readl 0x").append(Long.toHexString(address)).append('\n');
        }
        return QtestLink.bytes(lines.toString());
    }

    private void judge() {
        if (found[0] == Q35_HOST_BRIDGE) {
            for (int slot = 1; slot < SLOTS; slot++) {
                if ((found[slot] & BAR_ADDRESS_MASK) == searchedBar) {
                    choose(gsi(slot), "slot 0x" + Integer.toHexString(slot));
                    return;
                }
            }
        } else {
            window = (window + 1) % WINDOWS.length;
        }
        if (window == 0 || found[0] == Q35_HOST_BRIDGE) {
            searchAgain = System.nanoTime() + SEARCH_PAUSE_NANOS;
            if (line.wantsPulse() && !told) {
                told = true;
                LOG.log(
                        Level.WARNING,
                        "interrupts: got no function with BAR 0 at 0x{0} on bus 0 of a q35 machine, expected one;"
                                + " interrupts wait for it",
                        Long.toHexString(searchedBar));
            }
        }
    }

    /** INTA of a slot on q35's bus 0, as its firmware leaves the routing: hw/isa/lpc_ich9.c, ich9_cc_init. */
    static int gsi(int slot) {
        if (slot == 30) {
            return 20;
        }
        return slot < 25 ? 20 + (slot & 3) : 16;
    }

    private void choose(int gsi, String why) {
        String input = "set_irq_in /machine/q35/ioapic unnamed-gpio-in " + gsi;
        pulse = QtestLink.bytes(input + " 1\n" + input + " 0\n");
        LOG.log(Level.INFO, "interrupts: qtest, GSI {0} ({1})", gsi, why);
    }

    private void forgetGsi() {
        pulse = null;
        window = 0;
        foundCount = 0;
        searching = false;
        told = false;
    }

    /** Ends the thread and waits for it. */
    @Override
    public void close() {
        running = false;
        LockSupport.unpark(thread);
        Threads.joinUninterruptibly(thread);
    }
}
