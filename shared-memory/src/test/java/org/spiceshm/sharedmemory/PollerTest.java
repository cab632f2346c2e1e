package org.spiceshm.sharedmemory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class PollerTest {
    private final Poller poller = new Poller();
    private final List<EventDescriptor> events = new ArrayList<>();

    private final Path directory;

    PollerTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @AfterEach
    void close() {
        poller.close();
        events.forEach(EventDescriptor::close);
    }

    @Test
    void findsNothingInAnEmptySet() throws Exception {
        assertEquals(0, poller.poll(0));
        assertEquals(Poller.NONE, poller.nextReady());
    }

    @Test
    void findsTheOneThatWasSignalled() throws Exception {
        EventDescriptor quiet = event();
        EventDescriptor loud = event();
        loud.signal();
        assertEquals(1, poller.poll(-1));
        assertEquals(loud.fd(), poller.nextReady());
        assertEquals(Poller.NONE, poller.nextReady());
        assertTrue(poller.readable(loud.fd()));
        assertFalse(poller.readable(quiet.fd()));
        assertFalse(poller.writable(loud.fd()));
        assertFalse(poller.hangup(loud.fd()));
    }

    @Test
    void waitsNoLongerThanTheTimeout() throws Exception {
        event();
        assertEquals(0, poller.poll(1));
    }

    @Test
    @Timeout(30)
    void isWokenByAnotherThread() throws Exception {
        EventDescriptor event = event();
        Thread other = Thread.ofPlatform().start(event::signal);
        assertEquals(1, poller.poll(-1));
        other.join();
    }

    @Test
    void hearsOnlyOfTheInterestThatWasModifiedLast() throws Exception {
        EventDescriptor event = event();
        event.signal();
        poller.modify(event.fd(), Poller.WRITE);
        assertEquals(1, poller.poll(0));
        assertTrue(poller.writable(event.fd()));
        assertFalse(poller.readable(event.fd()));
        poller.modify(event.fd(), 0);
        assertEquals(0, poller.poll(0));
        poller.modify(event.fd(), Poller.READ | Poller.WRITE);
        assertEquals(1, poller.poll(0));
        assertTrue(poller.writable(event.fd()) && poller.readable(event.fd()));
    }

    @Test
    void visitsAllTheRestWhenRowsAreRemovedAndAddedInTheLoop() throws Exception {
        Set<Integer> expected = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            EventDescriptor event = event();
            event.signal();
            expected.add(event.fd());
        }
        assertEquals(100, poller.poll(0));
        Set<Integer> visited = new HashSet<>();
        for (int fd = poller.nextReady(); fd != Poller.NONE; fd = poller.nextReady()) {
            assertTrue(visited.add(fd));
            poller.remove(fd);
            poller.add(fd, Poller.READ);
        }
        assertEquals(expected, visited);
        assertEquals(100, poller.size());
        assertEquals(100, poller.poll(0));
    }

    @Test
    void doesNotVisitWhatWasRemovedBeforeItsTurn() throws Exception {
        EventDescriptor first = event();
        EventDescriptor second = event();
        EventDescriptor third = event();
        events.forEach(EventDescriptor::signal);
        assertEquals(3, poller.poll(0));
        assertEquals(first.fd(), poller.nextReady());
        poller.remove(second.fd());
        assertEquals(third.fd(), poller.nextReady());
        assertEquals(Poller.NONE, poller.nextReady());
        assertFalse(poller.contains(second.fd()));
        assertEquals(2, poller.poll(0));
    }

    @Test
    void hearsThatThePeerHungUp() throws Exception {
        try (SocketPair pair = SocketPair.connect(directory)) {
            poller.add(pair.server().fd(), Poller.READ);
            assertEquals(0, poller.poll(0));
            pair.client().close();
            assertEquals(1, poller.poll(-1));
            assertTrue(poller.hangup(pair.server().fd()));
            assertTrue(poller.readable(pair.server().fd()));
        }
    }

    @Test
    void hearsThatAConnectionWaits() throws Exception {
        Path path = directory.resolve("s");
        try (UnixListener listener = UnixListener.bind(path, 1)) {
            poller.add(listener.fd(), Poller.READ);
            assertEquals(0, poller.poll(0));
            UnixSocket.connect(path).close();
            assertEquals(1, poller.poll(-1));
            assertTrue(poller.readable(listener.fd()));
        }
    }

    @Test
    void refusesStrangersAndDoubles() throws Exception {
        int fd = event().fd();
        assertThrows(IllegalArgumentException.class, () -> poller.add(fd, Poller.READ));
        assertThrows(IllegalArgumentException.class, () -> poller.add(-1, Poller.READ));
        assertThrows(IllegalArgumentException.class, () -> poller.modify(fd, 8));
        poller.remove(fd);
        assertThrows(IllegalArgumentException.class, () -> poller.remove(fd));
        assertThrows(IllegalArgumentException.class, () -> poller.modify(fd, Poller.READ));
        assertThrows(IllegalArgumentException.class, () -> poller.readable(fd));
    }

    @Test
    void complainsOfADescriptorThatWasClosedButNotRemoved() throws Exception {
        event().close();
        poller.poll(0);
        assertThrows(IllegalStateException.class, poller::nextReady);
    }

    @Test
    void refusesUseAfterClose() throws Exception {
        int fd = event().fd();
        poller.close();
        assertThrows(IllegalStateException.class, () -> poller.poll(0));
        assertThrows(IllegalStateException.class, poller::nextReady);
        assertThrows(IllegalStateException.class, () -> poller.add(fd, Poller.READ));
        assertThrows(IllegalStateException.class, () -> poller.readable(fd));
    }

    @Test
    void allocatesNothingToPollAndLoop() throws Exception {
        for (int i = 0; i < 20; i++) {
            event();
        }
        EventDescriptor loud = events.get(13);
        loud.signal();
        Allocation.assertNone(() -> {
            poller.poll(0);
            for (int fd = poller.nextReady(); fd != Poller.NONE; fd = poller.nextReady()) {
                poller.modify(fd, poller.readable(fd) ? Poller.READ : Poller.WRITE);
            }
        });
    }

    @Test
    void growsNoLargerHoweverOftenRowsComeAndGo() throws Exception {
        EventDescriptor event = event();
        event.signal();
        Allocation.assertNone(() -> {
            poller.remove(event.fd());
            poller.add(event.fd(), Poller.READ);
            assertEquals(1, poller.poll(0)); // the kernel refuses more rows than a process may have descriptors
        });
    }

    private EventDescriptor event() throws SharedMemoryException {
        EventDescriptor event = EventDescriptor.create();
        events.add(event);
        poller.add(event.fd(), Poller.READ);
        return event;
    }
}
