package org.spiceshm.qxldevice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.spiceshm.protocol.qxl.GuestFault;
import org.spiceshm.protocol.qxl.QxlInterrupt;
import org.spiceshm.protocol.qxl.QxlIo;
import org.spiceshm.protocol.qxl.QxlMemSlot;
import org.spiceshm.protocol.qxl.QxlRam;
import org.spiceshm.protocol.qxl.QxlSurfaceCreate;
import org.spiceshm.protocol.vfiouser.VfioUser;
import org.spiceshm.sharedmemory.Access;
import org.spiceshm.sharedmemory.EventDescriptor;
import org.spiceshm.sharedmemory.MemoryFile;
import org.spiceshm.sharedmemory.SharedMemoryException;

/** The server against a VMM played by hand, over a real socket. */
@Timeout(60)
class VfioUserServerTest {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final int CONFIG = VfioUser.PCI_CONFIG_REGION;
    private static final int NONE = -1;
    private static final long RAM = TestGuest.RAM_BUS_ADDRESS;
    private static final long VRAM = TestGuest.VRAM_BUS_ADDRESS;

    private final Path socket;
    private final Path qtestPath;
    private final GateSink sink = new GateSink(16);
    private final VfioInterruptLine line = new VfioInterruptLine();
    private final QxlDevice device;
    private final DeviceThread thread;
    private final MemorySegment ram;
    private final long header;
    private final AtomicInteger connects = new AtomicInteger();
    private final AtomicInteger disconnects = new AtomicInteger();
    private @Nullable VfioUserServer server;

    VfioUserServerTest(@TempDir Path directory) throws IOException {
        socket = directory.resolve("vfio");
        qtestPath = directory.resolve("qtest");
        device = new QxlDevice(TestGuest.SIZES, sink, line);
        sink.connect(device);
        thread = new DeviceThread(device);
        ram = device.bar(0);
        header = ram.byteSize() - DeviceMemory.RAM_HEADER_ROOM;
    }

    private void start(@Nullable Path qtest, OptionalInt gsi) throws IOException {
        server = VfioUserServer.start(socket, device, thread, line, qtest, gsi, new VfioUserWatch() {
            @Override
            public void connected() {
                connects.incrementAndGet();
            }

            @Override
            public void disconnected() {
                disconnects.incrementAndGet();
            }
        });
    }

    private FakeVmm connect() throws IOException {
        if (server == null) {
            start(null, OptionalInt.empty());
        }
        return FakeVmm.greeted(socket);
    }

    @AfterEach
    void close() {
        sink.open();
        if (server != null) {
            server.close();
            assertFalse(Files.exists(socket));
        }
        thread.close();
        device.close();
    }

    // ---- what it says it is

    @Test
    void describesItselfAsQemuAsks() throws IOException {
        try (FakeVmm vmm = connect()) {
            ByteBuffer info =
                    vmm.ask(VfioUser.DEVICE_GET_INFO, FakeVmm.body(16)).body();
            assertEquals(16, info.getInt(0));
            assertEquals(3, info.getInt(4));
            assertEquals(9, info.getInt(8));
            assertEquals(5, info.getInt(12));
            long[] sizes = {16 << 20, 1 << 20, 8192, 32, 0, 0, 0, 256, 0};
            int[] flags = {7, 7, 5, 3, 0, 0, 0, 3, 0};
            for (int region = 0; region < sizes.length; region++) {
                FakeVmm.Reply reply = regionInfo(vmm, region);
                assertEquals(32, reply.body().getInt(0));
                assertEquals(flags[region], reply.body().getInt(4), "flags of region " + region);
                assertEquals(region, reply.body().getInt(8));
                assertEquals(sizes[region], reply.body().getLong(16), "size of region " + region);
                assertEquals(0, reply.body().getLong(24));
                assertEquals((flags[region] & 4) != 0, reply.descriptor() != null);
                if (reply.descriptor() != null) {
                    reply.descriptor().close();
                }
            }
            for (int irq = 0; irq < 5; irq++) {
                ByteBuffer reply = vmm.ask(
                                VfioUser.DEVICE_GET_IRQ_INFO, FakeVmm.body(16).putInt(8, irq))
                        .body();
                assertEquals(irq == 0 ? 7 : 0, reply.getInt(4));
                assertEquals(irq == 0 ? 1 : 0, reply.getInt(12));
            }
            vmm.refused(
                    VfioUser.EINVAL,
                    VfioUser.DEVICE_GET_REGION_INFO,
                    FakeVmm.body(32).putInt(8, 9));
            vmm.refused(
                    VfioUser.EINVAL,
                    VfioUser.DEVICE_GET_REGION_INFO,
                    FakeVmm.body(32).putInt(8, -1));
            vmm.refused(
                    VfioUser.EINVAL,
                    VfioUser.DEVICE_GET_IRQ_INFO,
                    FakeVmm.body(16).putInt(8, 5));
            vmm.refused(VfioUser.ENOTSUP, VfioUser.DEVICE_GET_REGION_IO_FDS, FakeVmm.body(16));
            vmm.refused(VfioUser.ENOTSUP, 77, FakeVmm.body(0));
        }
    }

    private static FakeVmm.Reply regionInfo(FakeVmm vmm, int region) throws IOException {
        return vmm.ask(
                VfioUser.DEVICE_GET_REGION_INFO, FakeVmm.body(32).putInt(0, 32).putInt(8, region));
    }

    private static MemoryFile barFile(FakeVmm vmm, int bar) throws IOException {
        return MemoryFile.adopt(Objects.requireNonNull(regionInfo(vmm, bar).descriptor()));
    }

    @Test
    void sharesTheMemoryOfItsBars() throws IOException {
        try (FakeVmm vmm = connect();
                Arena arena = Arena.ofShared()) {
            for (int bar = 0; bar < 2; bar++) {
                try (MemoryFile file = barFile(vmm, bar)) {
                    MemorySegment mapped = file.map(Access.READ_WRITE, arena);
                    mapped.set(ValueLayout.JAVA_INT, 0x1000, 0x1234 + bar);
                    assertEquals(0x1234 + bar, device.bar(bar).get(ValueLayout.JAVA_INT, 0x1000));
                    assertEquals(0x1234 + bar, vmm.read(bar, 0x1000, 4));
                }
            }
        }
    }

    @Test
    void letsNobodyWriteTheRom() throws IOException {
        try (FakeVmm vmm = connect();
                Arena arena = Arena.ofShared();
                MemoryFile rom = barFile(vmm, 2)) {
            assertEquals(0x4f52_5851, rom.map(Access.READ_ONLY, arena).get(ValueLayout.JAVA_INT, 0), "QXRO");
            assertThrows(SharedMemoryException.class, () -> rom.map(Access.READ_WRITE, arena));
            assertThrows(
                    IOException.class,
                    () -> Files.write(Path.of("/proc/self/fd/" + rom.fd()), new byte[] {1}),
                    "opened anew");
            vmm.write(2, 0, 4, 0);
            assertEquals(0x4f52_5851, vmm.read(2, 0, 4));
        }
    }

    @Test
    void servesConfigurationOfAnyWidth() throws IOException {
        try (FakeVmm vmm = connect()) {
            assertEquals(0x0100_1b36, vmm.read(CONFIG, 0, 4));
            assertEquals(0x0100, vmm.read(CONFIG, 2, 2));
            assertEquals(0x36, vmm.read(CONFIG, 0, 1));
            ByteBuffer whole = vmm.ask(VfioUser.REGION_READ, FakeVmm.access(CONFIG, 0, 256, 0))
                    .body();
            assertEquals(16 + 256, whole.capacity());
            assertEquals(0x1100_1af4, whole.getInt(16 + 0x2c));
            vmm.write(CONFIG, 0x10, 4, 0xffff_ffffL);
            assertEquals(0xff00_0000L, vmm.read(CONFIG, 0x10, 4), "16 MiB");
            vmm.write(CONFIG, 0x10, 8, VRAM << 32 | RAM);
            assertEquals(RAM, vmm.read(CONFIG, 0x10, 4));
            assertEquals(VRAM, vmm.read(CONFIG, 0x14, 4));
            vmm.ask(VfioUser.DEVICE_RESET, FakeVmm.body(0));
            assertEquals(0, vmm.read(CONFIG, 0x10, 4));
        }
    }

    @Test
    void refusesAccessesOutsideAndGoesOn() throws IOException {
        try (FakeVmm vmm = connect()) {
            long[][] outside = {
                {0, 16 << 20, 1},
                {0, (16 << 20) - 3, 4},
                {0, -1, 4},
                {0, Long.MAX_VALUE, 4},
                {0, 0, 0},
                {0, 0, VfioUser.MAX_DATA_BYTES + 1},
                {0, 0, -1},
                {2, 8190, 4},
                {3, 32, 1},
                {3, 31, 2},
                {4, 0, 1},
                {6, 0, 1},
                {7, 256, 1},
                {7, 253, 4},
                {8, 0, 1},
                {9, 0, 1},
                {-1, 0, 1},
                {7, Long.MIN_VALUE, 1},
            };
            for (long[] access : outside) {
                ByteBuffer body = FakeVmm.access((int) access[0], access[1], (int) access[2], 0);
                vmm.refused(VfioUser.EINVAL, VfioUser.REGION_READ, body);
                if (0 <= access[2] && access[2] <= 4) {
                    byte[] data = new byte[(int) access[2]];
                    vmm.refused(
                            VfioUser.EINVAL, VfioUser.REGION_WRITE, FakeVmm.access((int) access[0], access[1], data));
                }
            }
            assertEquals(0xffff_ffffL, vmm.read(3, 4, 4), "ports read as ones");
            assertEquals(0x0100_1b36, vmm.read(CONFIG, 0, 4));
        }
    }

    @Test
    void takesGuestMemoryAndLeavesItAlone() throws IOException {
        try (FakeVmm vmm = connect();
                MemoryFile memory = MemoryFile.create("guest", 4096)) {
            ByteBuffer map = FakeVmm.body(32).putInt(0, 32).putInt(4, 3).putLong(24, 4096);
            vmm.ask(VfioUser.DMA_MAP, map);
            vmm.ask(VfioUser.DMA_MAP, map, memory.fd());
            long before = descriptorCount();
            for (int i = 0; i < 20; i++) {
                vmm.ask(VfioUser.DMA_MAP, map, memory.fd());
            }
            assertEquals(before, descriptorCount());
            ByteBuffer unmap = FakeVmm.body(24).putInt(0, 24).putLong(8, 0x1000).putLong(16, 4096);
            assertEquals(0x1000, vmm.ask(VfioUser.DMA_UNMAP, unmap).body().getLong(8));
        }
    }

    @Test
    void answersNoRequestThatWantsNoReply() throws IOException {
        try (FakeVmm vmm = connect()) {
            byte[] quiet = FakeVmm.message(
                    500, VfioUser.REGION_WRITE, VfioUser.FLAG_NO_REPLY, FakeVmm.access(CONFIG, 0x3c, (byte) 11));
            vmm.sendBytes(quiet, NONE);
            assertEquals(11, vmm.read(CONFIG, 0x3c, 1), "done, and the next reply is the next request's");
        }
    }

    // ---- a driver starts

    private void assignBars(FakeVmm vmm) throws IOException {
        vmm.write(CONFIG, 0x10, 4, RAM);
        vmm.write(CONFIG, 0x14, 4, VRAM);
        vmm.write(CONFIG, 0x1c, 4, 0xc001);
        vmm.write(CONFIG, 0x04, 2, 7);
    }

    private void addSlot(FakeVmm vmm, int slot, long start, long end, EventDescriptor trigger) throws IOException {
        QxlMemSlot.MEM_START.set(ram, QxlRam.MEM_SLOT.at(header), start);
        QxlMemSlot.MEM_END.set(ram, QxlRam.MEM_SLOT.at(header), end);
        async(vmm, QxlIo.MEMSLOT_ADD_ASYNC, slot, trigger);
    }

    /** A driver's way with an asynchronous port: knock, sleep until the interrupt, take the bits, end the interrupt. */
    private void async(FakeVmm vmm, int port, int value, EventDescriptor trigger) throws IOException {
        vmm.port(port, value);
        await(() -> trigger.drain() != 0);
        assertEquals(QxlInterrupt.IO_CMD, QxlRam.INT_PENDING.getAndSet(ram, header, 0));
        vmm.port(QxlIo.UPDATE_IRQ, 0);
        thread.call(() -> {});
        vmm.setIrqs(FakeVmm.UNMASK, 1, NONE);
    }

    private void boot(FakeVmm vmm, EventDescriptor trigger) throws IOException {
        assignBars(vmm);
        vmm.port(QxlIo.RESET, 0);
        QxlRam.INT_MASK.setVolatile(ram, header, 0x27);
        addSlot(vmm, 1, RAM, RAM + header, trigger);
        addSlot(vmm, 2, VRAM, VRAM + (1 << 20), trigger);
        long at = QxlRam.CREATE_SURFACE.at(header);
        QxlSurfaceCreate.WIDTH.set(ram, at, 64);
        QxlSurfaceCreate.HEIGHT.set(ram, at, 64);
        QxlSurfaceCreate.STRIDE.set(ram, at, 256);
        QxlSurfaceCreate.FORMAT.set(ram, at, 32);
        QxlSurfaceCreate.MEM.set(ram, at, 2L << 56);
        async(vmm, QxlIo.CREATE_PRIMARY_ASYNC, 0, trigger);
        thread.call(() -> assertEquals(DeviceMode.NATIVE, device.mode()));
        assertEquals(0, device.faults().total(), device.faults().toString());
    }

    @Test
    void bootsADriverThatHearsItsInterruptsByEventfd() throws IOException {
        try (FakeVmm vmm = connect();
                EventDescriptor trigger = EventDescriptor.create()) {
            vmm.setIrqs(FakeVmm.SET_TRIGGER, 1, trigger.fd());
            boot(vmm, trigger);
            assertEquals(0, trigger.drain(), "one signal for each interrupt");
            // A reboot: QEMU turns the interrupt off, resets, and turns it on with another eventfd.
            vmm.setIrqs(FakeVmm.TURN_OFF, 0, NONE);
            vmm.ask(VfioUser.DEVICE_RESET, FakeVmm.body(0));
            try (EventDescriptor another = EventDescriptor.create()) {
                vmm.setIrqs(FakeVmm.SET_TRIGGER, 1, another.fd());
                boot(vmm, another);
                assertEquals(0, trigger.drain());
            }
        }
    }

    @Test
    void signalsAgainOnceUnmaskedWhileTheLevelIsHigh() throws IOException {
        try (FakeVmm vmm = connect();
                EventDescriptor trigger = EventDescriptor.create();
                EventDescriptor resample = EventDescriptor.create()) {
            vmm.setIrqs(FakeVmm.SET_TRIGGER, 1, trigger.fd());
            QxlRam.INT_MASK.setVolatile(ram, header, QxlInterrupt.IO_CMD);
            vmm.port(QxlIo.FLUSH_SURFACES_ASYNC, 0);
            await(() -> trigger.drain() == 1);
            vmm.port(QxlIo.UPDATE_IRQ, 0);
            thread.call(() -> {});
            assertEquals(0, trigger.drain(), "masked until unmasked");
            vmm.setIrqs(FakeVmm.UNMASK, 1, NONE);
            assertEquals(1, trigger.drain());
            vmm.setIrqs(FakeVmm.SET_RESAMPLE, 1, resample.fd());
            assertEquals(0, trigger.drain());
            resample.signal();
            await(() -> trigger.drain() == 1);
            vmm.setIrqs(FakeVmm.MASK, 1, NONE);
            vmm.setIrqs(FakeVmm.UNMASK, 1, NONE);
            assertEquals(1, trigger.drain());
            vmm.setIrqs(FakeVmm.TURN_OFF, 0, NONE);
            vmm.setIrqs(FakeVmm.UNMASK, 1, NONE);
            assertEquals(0, trigger.drain());
            vmm.setIrqs(FakeVmm.SET_TRIGGER, 1, trigger.fd());
            assertEquals(1, trigger.drain(), "still high");
            // The guest turns the pin off, and on.
            vmm.write(CONFIG, 4, 2, 0x0407);
            vmm.setIrqs(FakeVmm.UNMASK, 1, NONE);
            assertEquals(0, trigger.drain());
            vmm.write(CONFIG, 4, 2, 7);
            assertEquals(1, trigger.drain());
        }
    }

    @Test
    void refusesInterruptsThatItDoesNotHave() throws IOException {
        try (FakeVmm vmm = connect();
                EventDescriptor event = EventDescriptor.create();
                MemoryFile noEvent = MemoryFile.create("no event", 4096)) {
            vmm.setIrqs(FakeVmm.SET_TRIGGER, 1, event.fd());
            long before = descriptorCount();
            int command = VfioUser.DEVICE_SET_IRQS;
            vmm.refused(VfioUser.EINVAL, command, FakeVmm.irqs(FakeVmm.SET_TRIGGER, 0, 1), noEvent.fd());
            vmm.refused(VfioUser.EINVAL, command, FakeVmm.irqs(FakeVmm.SET_TRIGGER, 1, 1), event.fd());
            vmm.refused(VfioUser.EINVAL, command, FakeVmm.irqs(FakeVmm.SET_TRIGGER, 0, 2), event.fd());
            vmm.refused(VfioUser.EINVAL, command, FakeVmm.irqs(FakeVmm.TURN_OFF, 0, 0), event.fd());
            vmm.refused(VfioUser.EINVAL, command, FakeVmm.irqs(0x22, 0, 1));
            vmm.refused(VfioUser.EINVAL, command, FakeVmm.irqs(0, 0, 1));
            vmm.refused(VfioUser.EINVAL, command, FakeVmm.irqs(-1, 0, 1));
            vmm.refused(VfioUser.EINVAL, command, FakeVmm.irqs(FakeVmm.TURN_OFF, 7, 0));
            vmm.ask(command, FakeVmm.irqs(FakeVmm.TURN_OFF, 3, 0));
            assertEquals(before, descriptorCount());
        }
    }

    // ---- reply before work

    @Test
    void answersAsynchronousPortsBeforeTheWorkIsDone() throws IOException {
        try (FakeVmm vmm = connect()) {
            sink.shut();
            int[] ports = {
                QxlIo.NOTIFY_CMD, QxlIo.NOTIFY_CURSOR, QxlIo.UPDATE_IRQ, QxlIo.NOTIFY_OOM, QxlIo.FLUSH_RELEASE
            };
            for (int port : ports) {
                vmm.port(port, 0);
            }
            vmm.port(QxlIo.FLUSH_SURFACES_ASYNC, 0);
            assertEquals(0, QxlRam.INT_PENDING.getVolatile(ram, header));
            sink.open();
            await(() -> QxlRam.INT_PENDING.getVolatile(ram, header) == QxlInterrupt.IO_CMD);
        }
    }

    @Test
    void answersSynchronousPortsWhenTheWorkIsDone() throws IOException {
        try (FakeVmm vmm = connect()) {
            for (int port : new int[] {QxlIo.DESTROY_ALL_SURFACES, QxlIo.RESET}) {
                sink.shut();
                int id = vmm.send(VfioUser.REGION_WRITE, FakeVmm.access(3, port, (byte) 0));
                await(() -> sink.keptCount() == 1);
                assertTrue(vmm.silent(), "port " + port);
                sink.open();
                assertEquals(id, vmm.reply().id());
            }
        }
    }

    // ---- trapped accesses

    @Test
    void servesTrappedAccessesOfAnyWidthAndPlace() throws IOException {
        try (FakeVmm vmm = connect()) {
            Random random = new Random(7);
            byte[] expected = new byte[64];
            for (int round = 0; round < 500; round++) {
                int width = 1 + random.nextInt(8);
                int offset = random.nextInt(expected.length - width);
                long value = random.nextLong();
                vmm.write(1, 4096 + offset, width, value);
                System.arraycopy(FakeVmm.bytes(width, value), 0, expected, offset, width);
            }
            byte[] got = new byte[expected.length];
            vmm.ask(VfioUser.REGION_READ, FakeVmm.access(1, 4096, 64, 0)).body().get(16, got);
            assertEquals(-1, MemorySegment.ofArray(expected).mismatch(MemorySegment.ofArray(got)));
            for (int width = 1; width <= 8; width++) {
                assertEquals(
                        MemorySegment.ofArray(FakeVmm.bytes(8, vmm.read(1, 4096 + 8, width)))
                                .get(ValueLayout.JAVA_LONG_UNALIGNED, 0),
                        device.bar(1).get(ValueLayout.JAVA_LONG, 4096 + 8)
                                & (width == 8 ? -1L : (1L << (8 * width)) - 1));
            }
        }
    }

    @Test
    void clearsOnlyThosePendingBitsThatTheGuestHasRead() throws IOException {
        try (FakeVmm vmm = connect()) {
            long at = header + QxlRam.INT_PENDING.offset();
            QxlRam.INT_PENDING.getAndBitwiseOr(ram, header, 5);
            assertEquals(5, vmm.read(0, at, 4));
            QxlRam.INT_PENDING.getAndBitwiseOr(ram, header, 2);
            vmm.write(0, at, 4, 0);
            assertEquals(2, QxlRam.INT_PENDING.getVolatile(ram, header));
            assertEquals(2, vmm.read(0, at, 4));
            vmm.write(0, at, 4, 0);
            assertEquals(0, QxlRam.INT_PENDING.getVolatile(ram, header));
            QxlRam.INT_PENDING.getAndBitwiseOr(ram, header, 4);
            vmm.write(0, at, 4, 0);
            assertEquals(0, QxlRam.INT_PENDING.getVolatile(ram, header), "a plain write");
        }
    }

    // ---- coming and going

    @Test
    void servesFiftyVmsOneAfterTheOtherAndKeepsNoDescriptor() throws IOException {
        long before = 0;
        for (int round = 0; round < 50; round++) {
            try (FakeVmm vmm = connect();
                    EventDescriptor trigger = EventDescriptor.create();
                    EventDescriptor resample = EventDescriptor.create()) {
                assertEquals(0, vmm.read(CONFIG, 0x10, 4), "addresses of another VM");
                assertEquals(0, vmm.read(0, 4096, 4), "memory of another VM");
                vmm.setIrqs(FakeVmm.SET_TRIGGER, 1, trigger.fd());
                boot(vmm, trigger);
                vmm.setIrqs(FakeVmm.SET_RESAMPLE, 1, resample.fd());
                vmm.write(0, 4096, 4, 0xdead);
                vmm.setIrqs(FakeVmm.SET_TRIGGER, 1, trigger.fd());
                if (round % 3 == 1) { // killed in the middle of a message
                    byte[] message = FakeVmm.message(9, VfioUser.DMA_MAP, 0, FakeVmm.body(32));
                    vmm.sendBytes(Arrays.copyOf(message, 1 + round % message.length), trigger.fd());
                }
            }
            int gone = round + 1;
            await(() -> disconnects.get() == gone);
            assertEquals(0xdead, ram.get(ValueLayout.JAVA_INT, 4096), "the last picture stays");
            if (round == 1) {
                before = descriptorCount();
            }
        }
        assertEquals(50, connects.get());
        assertEquals(before, descriptorCount());
    }

    @Test
    void welcomesAVmThatComesAtOnceAfterAnotherHasBeenKilled() throws IOException {
        FakeVmm former = connect();
        for (int round = 0; round < 200; round++) {
            former.send(VfioUser.DEVICE_RESET, FakeVmm.body(0));
            former.close();
            former = connect();
        }
        assertEquals(0x0100_1b36, former.read(CONFIG, 0, 4));
        former.close();
    }

    @Test
    void turnsAwayWhoBreaksTheProtocol() throws IOException {
        try (FakeVmm vmm = connect()) {
            vmm.sendBytes(new byte[16], NONE);
            assertTrue(vmm.ended());
        }
        await(() -> disconnects.get() == 1);
        try (FakeVmm vmm = new FakeVmm(socket)) {
            vmm.send(VfioUser.DEVICE_GET_INFO, FakeVmm.body(16));
            assertTrue(vmm.ended());
        }
        await(() -> disconnects.get() == 2);
        try (FakeVmm vmm = connect()) {
            assertEquals(0x0100_1b36, vmm.read(CONFIG, 0, 4));
        }
    }

    @Test
    void survivesNoise() throws IOException {
        for (long seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            int gone = disconnects.get() + 1;
            try (FakeVmm vmm = connect()) {
                for (int i = 0; i < 10; i++) {
                    byte[] noise = new byte[random.nextInt(48)];
                    random.nextBytes(noise);
                    ByteBuffer body = FakeVmm.body(noise.length).put(0, noise);
                    if (body.capacity() > 16) {
                        body.putInt(8, random.nextInt(10)).putLong(0, random.nextInt(1 << 14));
                        body.putInt(12, body.capacity() - 16);
                    }
                    vmm.sendBytes(FakeVmm.message(i, 2 + random.nextInt(13), 0, body), NONE);
                }
            } catch (SharedMemoryException e) {
                assertTrue(e.getMessage() != null); // we have been turned away while we wrote
            }
            await(() -> disconnects.get() == gone);
        }
        try (FakeVmm vmm = connect()) {
            assertEquals(0x0100_1b36, vmm.read(CONFIG, 0, 4));
        }
    }

    @Test
    void turnsAwayASecondVm() throws IOException {
        try (FakeVmm first = connect();
                FakeVmm second = new FakeVmm(socket)) {
            assertTrue(second.ended());
            assertEquals(0x0100_1b36, first.read(CONFIG, 0, 4));
            assertEquals(1, connects.get());
        }
    }

    @Test
    void doesNotWaitForAVmThatReadsNoReplies() throws IOException {
        try (FakeVmm vmm = connect()) {
            vmm.socket.setBlocking(false);
            byte[] read = FakeVmm.message(3, VfioUser.REGION_READ, 0, FakeVmm.access(0, 0, 16384, 0));
            MemorySegment source = MemorySegment.ofArray(read);
            long sent = 0;
            // Until both directions are full.
            for (int refusals = 0; refusals < 100; ) {
                int count = vmm.socket.write(source, 0, read.length);
                if (count < 0) {
                    refusals++;
                    Thread.onSpinWait();
                } else {
                    assertEquals(read.length, count);
                    sent++;
                    refusals = 0;
                }
            }
            vmm.socket.setBlocking(true);
            for (long i = 0; i < sent; i++) {
                FakeVmm.Reply reply = vmm.reply();
                assertEquals(3, reply.id());
                assertEquals(16 + 16384, reply.body().capacity());
            }
            assertEquals(0x0100_1b36, vmm.read(CONFIG, 0, 4));
            for (long i = 0; i < 50; i++) {
                vmm.sendBytes(read, NONE);
            }
            // And close() comes through while replies wait.
        }
    }

    // ---- interrupts by qtest

    @Test
    void findsItsInputAndPulsesItUntilTheGuestHasHeard() throws IOException {
        try (FakeQtest qtest = new FakeQtest(qtestPath);
                EventDescriptor trigger = EventDescriptor.create()) {
            qtest.machine(0xb000_0000L, 0x12, RAM);
            start(qtestPath, OptionalInt.empty());
            try (FakeVmm vmm = connect()) {
                vmm.setIrqs(FakeVmm.SET_TRIGGER, 1, trigger.fd());
                assignBars(vmm);
                pulseAndQuiet(vmm, qtest);
                assertEquals("set_irq_in /machine/q35/ioapic unnamed-gpio-in 22", qtest.input);
                // QEMU closes the connection, say: we come again.
                qtest.dropConnection();
                await(() -> qtest.connections.get() == 2);
                pulseAndQuiet(vmm, qtest);
            }
            assertEquals(0, trigger.drain(), "an eventfd makes QEMU trap the BARs");
            assertNull(qtest.surprise);
            await(() -> disconnects.get() == 1);
            // The next VM sits in another slot, of a machine with another window.
            qtest.memory.clear();
            qtest.machine(0xe000_0000L, 1, RAM);
            try (FakeVmm vmm = connect()) {
                vmm.setIrqs(FakeVmm.SET_TRIGGER, 1, trigger.fd());
                assignBars(vmm);
                pulseAndQuiet(vmm, qtest);
                assertEquals("set_irq_in /machine/q35/ioapic unnamed-gpio-in 21", qtest.input);
            }
        }
    }

    private void pulseAndQuiet(FakeVmm vmm, FakeQtest qtest) throws IOException {
        int before = qtest.rises.get();
        QxlRam.INT_MASK.setVolatile(ram, header, QxlInterrupt.IO_CMD);
        vmm.port(QxlIo.FLUSH_SURFACES_ASYNC, 0);
        await(() -> qtest.rises.get() >= before + 20);
        assertEquals(QxlInterrupt.IO_CMD, QxlRam.INT_PENDING.getAndSet(ram, header, 0));
        vmm.port(QxlIo.UPDATE_IRQ, 0);
        thread.call(() -> {});
        assertFalse(line.wantsPulse());
        // What had been sent arrives; then nothing more does, whatever the device does.
        await(() -> qtest.rises.get() == qtest.falls.get());
        int after = qtest.rises.get();
        for (int i = 0; i < 200; i++) {
            vmm.port(QxlIo.UPDATE_IRQ, 0);
        }
        assertTrue(qtest.rises.get() <= after + 4, "at most what was under way");
    }

    @Test
    void waitsForTheQtestServerToExist() throws IOException {
        start(qtestPath, OptionalInt.of(23));
        try (FakeVmm vmm = connect();
                EventDescriptor trigger = EventDescriptor.create()) {
            vmm.setIrqs(FakeVmm.SET_TRIGGER, 1, trigger.fd());
            assignBars(vmm);
            QxlRam.INT_MASK.setVolatile(ram, header, QxlInterrupt.IO_CMD);
            vmm.port(QxlIo.FLUSH_SURFACES_ASYNC, 0);
            await(line::wantsPulse);
            try (FakeQtest qtest = new FakeQtest(qtestPath)) {
                await(() -> qtest.rises.get() >= 3);
                assertEquals("set_irq_in /machine/q35/ioapic unnamed-gpio-in 23", qtest.input);
            }
            assertEquals(0, trigger.drain());
        }
    }

    @Test
    void usesTheEventfdUnderKvmAlthoughThereIsQtest() throws IOException {
        try (FakeQtest qtest = new FakeQtest(qtestPath);
                EventDescriptor trigger = EventDescriptor.create();
                EventDescriptor resample = EventDescriptor.create()) {
            start(qtestPath, OptionalInt.of(23));
            try (FakeVmm vmm = connect()) {
                vmm.setIrqs(FakeVmm.SET_TRIGGER, 1, trigger.fd());
                vmm.setIrqs(FakeVmm.SET_RESAMPLE, 1, resample.fd());
                boot(vmm, trigger);
            }
            await(() -> disconnects.get() == 1);
            assertEquals(0, qtest.rises.get());
            // The next VM has no KVM.
            try (FakeVmm vmm = connect()) {
                vmm.setIrqs(FakeVmm.SET_TRIGGER, 1, trigger.fd());
                assignBars(vmm);
                pulseAndQuiet(vmm, qtest);
                assertEquals(0, trigger.drain());
            }
        }
    }

    @Test
    void knowsTheInputOfEverySlot() {
        assertEquals(21, QtestInterrupts.gsi(1));
        assertEquals(21, QtestInterrupts.gsi(0x11));
        assertEquals(22, QtestInterrupts.gsi(0x12));
        assertEquals(20, QtestInterrupts.gsi(30));
        assertEquals(16, QtestInterrupts.gsi(31));
    }

    @Test
    void tellsNoFaultOfAnUnknownPortButItsOwn() throws IOException {
        try (FakeVmm vmm = connect()) {
            vmm.port(31, 0);
            vmm.write(3, 28, 4, 0);
            assertEquals(5, device.faults().of(GuestFault.PORT_UNKNOWN));
            assertNotNull(server);
        }
    }

    private static long descriptorCount() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - deadline < 0, "waited in vain");
            Thread.onSpinWait();
        }
    }
}
