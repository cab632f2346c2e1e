package org.spiceshm.qxldevice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.spiceshm.qxldevice.TestGuest.address;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlCommandRing;
import org.spiceshm.protocol.qxl.QxlCommandType;
import org.spiceshm.protocol.qxl.QxlInterrupt;
import org.spiceshm.protocol.qxl.QxlIo;
import org.spiceshm.protocol.qxl.QxlRam;
import org.spiceshm.protocol.qxl.QxlReleaseRing;

class DeviceThreadTest {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void missesNoKnock() throws Exception {
        WorkerSink idle = new WorkerSink(8);
        try (QxlDevice device = new QxlDevice(TestGuest.SIZES, idle, high -> {});
                WorkerSink sink = idle.start(device)) {
            MemorySegment ram = device.bar(0);
            long ring = QxlRam.CMD_RING.at(ram.byteSize() - DeviceMemory.RAM_HEADER_ROOM);
            try (DeviceThread thread = new DeviceThread(device)) {
                long slowest = 0;
                for (int round = 1; round <= 20_000; round++) {
                    int produced = QxlCommandRing.PROD.get(ram, ring) + 1;
                    QxlCommandRing.PROD.setVolatile(ram, ring, produced);
                    if (QxlCommandRing.NOTIFY_ON_PROD.getVolatile(ram, ring) == produced) {
                        thread.write(QxlIo.NOTIFY_CMD, 0);
                    }
                    if (round % 3 != 0) { // sometimes wait for an idle device, sometimes push into a busy one
                        long start = System.nanoTime();
                        await(() -> QxlCommandRing.CONS.getVolatile(ram, ring) == produced);
                        slowest = Math.max(slowest, System.nanoTime() - start);
                    }
                }
                await(() -> sink.finished() == 20_000);
                assertEquals(0, device.faults().total());
                // A lost knock is found by the thread's own timeout, of 100 ms, or never; scheduling is allowed some.
                assertTrue(slowest < TimeUnit.SECONDS.toNanos(5), slowest + " ns");
            }
        }
    }

    @Test
    void answersPortsWhileItsSinkIsSlowAndSmall() throws Exception {
        WorkerSink idle = new WorkerSink(2);
        try (QxlDevice device = new QxlDevice(TestGuest.SIZES, idle, high -> {});
                WorkerSink sink = idle.start(device)) {
            MemorySegment ram = device.bar(0);
            long header = ram.byteSize() - DeviceMemory.RAM_HEADER_ROOM;
            try (DeviceThread thread = new DeviceThread(device)) {
                for (int i = 0; i < 2_000; i++) {
                    thread.write(QxlIo.FLUSH_SURFACES_ASYNC, 0);
                    await(() -> (QxlRam.INT_PENDING.getAndSet(ram, header, 0) & QxlInterrupt.IO_CMD) != 0);
                    thread.write(QxlIo.DESTROY_ALL_SURFACES, 0);
                    thread.write(QxlIo.NOTIFY_OOM, 0);
                }
                assertTrue(sink.finished() >= 4_000, "two ports each, and what flushes were not merged");
                assertEquals(0, device.faults().of(GuestFault.ASYNC_WHILE_PENDING));
                thread.write(QxlIo.FLUSH_SURFACES_ASYNC, 0);
                thread.write(QxlIo.RESET, 0);
                assertEquals(0, QxlRam.INT_PENDING.getVolatile(ram, header));
                thread.write(QxlIo.FLUSH_SURFACES_ASYNC, 0);
                await(() -> (QxlRam.INT_PENDING.getVolatile(ram, header) & QxlInterrupt.IO_CMD) != 0);
                assertEquals(0, device.faults().total());
            }
        }
    }

    @Test
    void keepsGuestThatDoesNotAwaitItsInterruptFromFillingTheQueue() throws Exception {
        try (TestGuest guest = TestGuest.booted();
                DeviceThread thread = new DeviceThread(guest.device)) {
            for (int i = 0; i < 1_000; i++) {
                thread.write(QxlIo.FLUSH_SURFACES_ASYNC, 0);
            }
            thread.call(() -> {});
            assertTrue((guest.takePending() & QxlInterrupt.IO_CMD) != 0);
        }
    }

    @Test
    void refusesCallsWhenStopped() throws Exception {
        try (TestGuest guest = new TestGuest()) {
            DeviceThread thread = new DeviceThread(guest.device);
            AtomicInteger calls = new AtomicInteger();
            thread.call(calls::incrementAndGet);
            assertEquals(1, calls.get());
            thread.close();
            thread.close();
            assertThrows(IllegalStateException.class, () -> thread.call(calls::incrementAndGet));
            assertEquals(1, calls.get());
        }
    }

    @Test
    void refusesCallsFromItself() throws Exception {
        try (TestGuest guest = new TestGuest();
                DeviceThread thread = new DeviceThread(guest.device)) {
            AtomicLong refused = new AtomicLong();
            thread.call(() -> {
                assertThrows(IllegalStateException.class, () -> thread.call(() -> {}));
                refused.incrementAndGet();
            });
            assertEquals(1, refused.get());
        }
    }

    @Test
    void allocatesNothingPerCommand() throws Exception {
        try (TestGuest guest = TestGuest.booted()) {
            long[] drawn = drawables(guest);
            Runnable round = () -> {
                for (long drawable : drawn) {
                    guest.draw(drawable);
                    guest.device.doWork();
                }
                consumeReleases(guest);
            };
            repeat(round, 10_000);
            long least = Long.MAX_VALUE;
            for (int attempt = 0; attempt < 10 && least != 0; attempt++) { // a compilation may allocate on our account
                long before = THREADS.getCurrentThreadAllocatedBytes();
                repeat(round, 1_000);
                least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
            }
            assertEquals(0, least, "bytes for 3000 commands");
            assertEquals(0, guest.device.faults().total());
        }
    }

    @Test
    void allocatesNothingPerCommandOnItsThread() throws Exception {
        try (TestGuest guest = TestGuest.booted()) {
            long[] drawn = drawables(guest);
            guest.device.doWork();
            try (DeviceThread thread = new DeviceThread(guest.device)) {
                Runnable round = () -> {
                    for (long drawable : drawn) {
                        if (guest.push(guest.commands, QxlCommandType.DRAW, address(drawable))) {
                            thread.write(QxlIo.NOTIFY_CMD, 0);
                        }
                    }
                    await(() -> QxlCommandRing.CONS.getVolatile(guest.ram, guest.commands)
                            == QxlCommandRing.PROD.get(guest.ram, guest.commands));
                    consumeReleases(guest);
                };
                repeat(round, 10_000);
                long least = Long.MAX_VALUE;
                for (int attempt = 0; attempt < 10 && least != 0; attempt++) {
                    long before = THREADS.getThreadAllocatedBytes(thread.threadId());
                    repeat(round, 1_000);
                    least = Math.min(least, THREADS.getThreadAllocatedBytes(thread.threadId()) - before);
                }
                assertEquals(0, least, "bytes for 3000 commands");
            }
            assertEquals(0, guest.device.faults().total());
        }
    }

    private static long[] drawables(TestGuest guest) {
        long clipped = guest.fill();
        guest.clip(clipped, 20);
        return new long[] {guest.fill(), guest.copy(guest.bitmap()), clipped};
    }

    /** As {@link TestGuest#takeReleased}, without looking. */
    private static void consumeReleases(TestGuest guest) {
        QxlReleaseRing.CONS.setRelease(
                guest.ram, guest.releases, QxlReleaseRing.PROD.getAcquire(guest.ram, guest.releases));
    }

    private static void repeat(Runnable round, int times) {
        for (int i = 0; i < times; i++) {
            round.run();
        }
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain");
            }
            Thread.onSpinWait();
        }
    }
}
