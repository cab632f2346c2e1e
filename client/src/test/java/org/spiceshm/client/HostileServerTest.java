package org.spiceshm.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.shm.ShmDamage;
import org.spiceshm.protocol.shm.ShmOffer;
import org.spiceshm.protocol.shm.SurfaceCreateShm;
import org.spiceshm.protocol.spice.ChannelType;
import org.spiceshm.protocol.spice.DisplayClientMessage;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.SurfaceFormat;
import org.spiceshm.sharedmemory.Seal;

@Timeout(30)
class HostileServerTest {
    private static final int WIDTH = 64;
    private static final int HEIGHT = 48;
    private static final byte[] CARRIER = {'@'};

    @TempDir
    Path directory;

    private final FakeServer server = new FakeServer().offeringSharedMemory();

    @AfterEach
    void closesServer() throws Exception {
        server.close();
        assertEquals(List.of(), server.failures());
    }

    /** The script breaks the protocol; the message of what the client says. Nothing may be left of it. */
    private String refusal(FakeServer.Script script) throws Exception {
        SpiceUri uri = server.with(ChannelType.DISPLAY, script).listenUnix(directory);
        String[] message = new String[1];
        Leaks.assertNone(() -> {
            SpiceClientException e = assertThrows(SpiceClientException.class, () -> {
                try (SpiceClient client = SpiceClient.connect(ConnectOptions.to(uri))) {
                    client.display().awaitDamage(1000, Deadline.inMillis(10_000));
                    client.display().awaitDamage(1000, Deadline.inMillis(10_000));
                }
            });
            server.awaitIdle();
            message[0] = e.getMessage();
        });
        return message[0];
    }

    private static void assertNames(String field, String message) {
        assertTrue(message.contains(field), message);
    }

    @Test
    void demandsTheSeals() throws Exception {
        try (FakeSegment segment = new FakeSegment(65536, Seal.SHRINK, Seal.GROW)) {
            assertNames("FUTURE_WRITE", refusal(connection -> segment.share(connection)));
        }
    }

    @Test
    void comparesTheSegmentSizeWithTheFiles() throws Exception {
        try (FakeSegment segment = new FakeSegment(65536)) {
            assertNames(
                    "SHM_OFFER.segment_size",
                    refusal(connection -> segment.share(connection, new ShmOffer(FakeSegment.FEATURES, 131072))));
        }
    }

    @Test
    void refusesAFileThatIsNoMemoryFile() throws Exception {
        try (org.spiceshm.sharedmemory.EventDescriptor event = org.spiceshm.sharedmemory.EventDescriptor.create()) {
            assertNames("expected a memory file", refusal(connection -> {
                connection.send(new ShmOffer(FakeSegment.FEATURES, 65536));
                connection.sendDescriptor(CARRIER, event.fd());
                connection.drain();
            }));
        }
    }

    @Test
    void refusesASegmentWithoutSequencePageMagic() throws Exception {
        try (FakeSegment segment = new FakeSegment(65536)) {
            segment.memory.fill((byte) 0);
            assertNames("SequencePage.magic", refusal(connection -> segment.share(connection)));
        }
    }

    @Test
    void refusesASurfaceThatLeavesTheSegment() throws Exception {
        try (FakeSegment segment = FakeSegment.forScreen(WIDTH, HEIGHT)) {
            assertNames("SURFACE_CREATE_SHM.shm_offset", refusal(connection -> {
                segment.share(connection);
                connection.send(new SurfaceCreateShm(
                        0, WIDTH, HEIGHT, SurfaceFormat.XRGB_32, 4 * WIDTH, Long.MAX_VALUE & -4096L));
                connection.drain();
            }));
        }
    }

    @Test
    void refusesAScreenWithoutColours() throws Exception {
        try (FakeSegment segment = FakeSegment.forScreen(WIDTH, HEIGHT)) {
            assertNames("SURFACE_CREATE_SHM.format", refusal(connection -> {
                segment.share(connection);
                connection.send(new SurfaceCreateShm(0, WIDTH, HEIGHT, SurfaceFormat.A8, 4 * WIDTH, 4096));
                connection.drain();
            }));
        }
    }

    @Test
    void refusesDamageOutsideTheSurface() throws Exception {
        try (FakeSegment segment = FakeSegment.forScreen(WIDTH, HEIGHT)) {
            assertNames("rects[0]", refusal(connection -> {
                segment.share(connection);
                connection.send(FakeSegment.screen(0, WIDTH, HEIGHT));
                connection.send(FakeSegment.damage(0, 0, WIDTH + 1, HEIGHT));
                connection.drain();
            }));
        }
    }

    @Test
    void refusesDamageOfAnotherSurface() throws Exception {
        try (FakeSegment segment = FakeSegment.forScreen(WIDTH, HEIGHT)) {
            assertNames("SHM_DAMAGE.surface_id", refusal(connection -> {
                segment.share(connection);
                connection.send(FakeSegment.screen(0, WIDTH, HEIGHT));
                connection.send(FakeSegment.damage(1, 0, WIDTH, HEIGHT));
                connection.drain();
            }));
        }
    }

    @Test
    void refusesDamageOfABatchThatHasNotEnded() throws Exception {
        try (FakeSegment segment = FakeSegment.forScreen(WIDTH, HEIGHT)) {
            assertNames("SHM_DAMAGE.sequence", refusal(connection -> {
                segment.share(connection);
                connection.send(FakeSegment.screen(0, WIDTH, HEIGHT));
                connection.send(new ShmDamage(0, 1, 0, List.of(Rect.ofSize(1, 1))));
                connection.drain();
            }));
        }
    }

    @Test
    void refusesAByteWithoutDescriptor() throws Exception {
        assertNames("got 0 descriptors", refusal(connection -> {
            connection.send(new ShmOffer(FakeSegment.FEATURES, 65536));
            connection.sendRaw(CARRIER);
            connection.drain();
        }));
    }

    @Test
    void refusesAnotherByteThanTheCarrier() throws Exception {
        try (FakeSegment segment = new FakeSegment(65536)) {
            assertNames("descriptor byte", refusal(connection -> {
                connection.send(new ShmOffer(FakeSegment.FEATURES, 65536));
                connection.sendDescriptor(new byte[] {'!'}, segment.readOnly.fd());
                connection.drain();
            }));
        }
    }

    @Test
    void refusesADescriptorThatNobodyAskedFor() throws Exception {
        try (FakeSegment segment = new FakeSegment(65536)) {
            assertNames("got a descriptor", refusal(connection -> {
                segment.share(connection);
                connection.sendDescriptor(CARRIER, segment.readOnly.fd());
                connection.drain();
            }));
        }
    }

    @Test
    void refusesAnOfferBeforeTheDescriptorOfTheLast() throws Exception {
        assertNames("descriptor byte", refusal(connection -> {
            connection.send(new ShmOffer(FakeSegment.FEATURES, 65536));
            connection.send(new ShmOffer(FakeSegment.FEATURES, 65536));
            connection.drain();
        }));
    }

    @Test
    void refusesAnOfferWhileASharedSurfaceExists() throws Exception {
        try (FakeSegment segment = FakeSegment.forScreen(WIDTH, HEIGHT)) {
            assertNames("SHM_OFFER.(order)", refusal(connection -> {
                segment.share(connection);
                connection.send(FakeSegment.screen(0, WIDTH, HEIGHT));
                connection.send(new ShmOffer(FakeSegment.FEATURES, segment.memory.byteSize()));
                connection.drain();
            }));
        }
    }

    @Test
    void refusesASharedSurfaceWithoutSegment() throws Exception {
        assertNames("SURFACE_CREATE_SHM", refusal(connection -> {
            connection.send(new DisplayServerMessage.Mark());
            connection.send(FakeSegment.screen(0, WIDTH, HEIGHT));
            connection.drain();
        }));
    }

    @Test
    void noticesTheEndInTheMiddleOfAMessage() throws Exception {
        assertNames("in the middle of a message", refusal(connection -> {
            connection.await(DisplayClientMessage.Init.TYPE);
            connection.send(new DisplayServerMessage.Mark());
            connection.sendRaw(new byte[] {102, 0, 9, 0, 0, 0, 1});
        }));
    }

    @Test
    void meetsAFaultOfTheMappingAsAnErrorThatJavaSurvives() throws Exception {
        Path path = directory.resolve("short");
        byte[] page = new byte[65536];
        java.nio.file.Files.write(path, page);
        try (java.nio.channels.FileChannel file = java.nio.channels.FileChannel.open(
                        path, java.nio.file.StandardOpenOption.READ, java.nio.file.StandardOpenOption.WRITE);
                java.lang.foreign.Arena arena = java.lang.foreign.Arena.ofShared()) {
            var memory = file.map(java.nio.channels.FileChannel.MapMode.READ_ONLY, 0, page.length, arena);
            file.truncate(4096);
            Primary primary = new Primary(1, 0, 16, 16, SurfaceFormat.XRGB_32, memory, 8192, 64, null);
            assertThrows(InternalError.class, () -> primary.copyRaw(new int[256]));
        }
    }
}
