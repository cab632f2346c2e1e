package org.spiceshm.sharedmemory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class OwnedDescriptorTest {
    @Test
    void closesOnce() throws Exception {
        OwnedDescriptor descriptor = new OwnedDescriptor(Libc.eventDescriptor());
        Path open = Path.of("/proc/self/fd/" + descriptor.fd());
        descriptor.close();
        assertFalse(Files.isSymbolicLink(open));
        assertThrows(IllegalStateException.class, descriptor::fd);
        try (OwnedDescriptor reused = new OwnedDescriptor(Libc.eventDescriptor())) {
            Path path = Path.of("/proc/self/fd/" + reused.fd());
            descriptor.close();
            assertTrue(Files.isSymbolicLink(path));
        }
    }

    @Test
    void givesTheNumberBackWhenTheLastCallReturns() {
        OwnedDescriptor descriptor = new OwnedDescriptor(Libc.eventDescriptor());
        Path open = Path.of("/proc/self/fd/" + descriptor.hold());
        descriptor.close();
        assertTrue(Files.isSymbolicLink(open));
        assertFalse(descriptor.tryHold());
        assertThrows(IllegalStateException.class, descriptor::hold);
        descriptor.release();
        assertFalse(Files.isSymbolicLink(open));
    }

    @Test
    @Timeout(60)
    void neverLetsACallMeetAClosedDescriptor() throws Exception {
        try (ExecutorService other = Executors.newSingleThreadExecutor()) {
            for (int round = 0; round < 500; round++) {
                EventDescriptor event = EventDescriptor.create();
                Future<?> closing = other.submit(event::close);
                while (!closing.isDone()) {
                    event.signal(); // EBADF would be an IllegalStateException
                }
                closing.get(10, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void refusesANegativeNumber() {
        assertThrows(IllegalArgumentException.class, () -> new OwnedDescriptor(-1));
    }

    @Test
    void saysWhichMachinesItKnows() {
        ByteOrder little = ByteOrder.LITTLE_ENDIAN;
        assertEquals(null, Libc.unsupported("Linux", "amd64", little));
        assertEquals(null, Libc.unsupported("Linux", "aarch64", little));
        assertEquals(
                "shared memory: got Mac OS X on aarch64, expected Linux on amd64, aarch64 or riscv64",
                Libc.unsupported("Mac OS X", "aarch64", little));
        assertEquals(
                "shared memory: got Linux on i386, expected Linux on amd64, aarch64 or riscv64",
                Libc.unsupported("Linux", "i386", little));
    }
}
