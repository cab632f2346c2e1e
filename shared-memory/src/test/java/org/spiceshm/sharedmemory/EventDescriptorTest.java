package org.spiceshm.sharedmemory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class EventDescriptorTest {
    @Test
    void countsSignalsUntilDrained() throws Exception {
        try (EventDescriptor event = EventDescriptor.create()) {
            assertEquals(0, event.drain());
            event.signal();
            event.signal();
            assertEquals(2, event.drain());
            assertEquals(0, event.drain());
        }
    }

    @Test
    void signalsInVainAfterClose() throws Exception {
        EventDescriptor event = EventDescriptor.create();
        event.close();
        event.close();
        event.signal();
        assertThrows(IllegalStateException.class, event::drain);
        assertThrows(IllegalStateException.class, event::fd);
    }

    @Test
    void adoptsAnEventDescriptorThatBlocksAndMakesItNonblocking() throws Exception {
        OwnedDescriptor descriptor = new OwnedDescriptor(Libc.eventDescriptor());
        assertEquals(0, Libc.setBlocking(descriptor.fd(), true));
        try (EventDescriptor event = EventDescriptor.adopt(descriptor)) {
            assertEquals(0, event.drain());
            event.signal();
            assertEquals(1, event.drain());
        }
    }

    @Test
    void adoptsNothingElseAndClosesIt() throws Exception {
        Descriptors.assertNoLeak(() -> {
            OwnedDescriptor socket = new OwnedDescriptor(Libc.unixStreamSocket(true));
            SharedMemoryException refusal =
                    assertThrows(SharedMemoryException.class, () -> EventDescriptor.adopt(socket));
            assertEquals(socket.toString(), refusal.what());
            assertTrue(socket.isClosed());
        });
    }

    @Test
    void allocatesNothingToSignalAndDrain() throws Exception {
        try (EventDescriptor event = EventDescriptor.create()) {
            Allocation.assertNone(() -> {
                event.signal();
                event.drain();
                event.drain(); // EAGAIN costs nothing either
            });
        }
    }
}
