package org.spiceshm.protocol.vfiouser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.vfiouser.VfioUserRequest.Header;

/** What QEMU 11 sends, byte by byte, and what it gets. */
class VfioUserSessionTest {
    private static final String VERSION = "0100 0100 17000000 00000000 00000000" // id 1, command 1, 23 bytes
            + "0000 0000 7b7d00"; // 0.0 {}

    private static final String[] REQUESTS = {
        "0200 0200 30000000 00000000 00000000" // DMA_MAP
                + "20000000 03000000 0010000000000000 0000000100000000 0000004000000000",
        "0300 0300 28000000 00000000 00000000" // DMA_UNMAP
                + "18000000 00000000 0000000100000000 0000004000000000",
        "0400 0400 20000000 00000000 00000000" // GET_INFO
                + "10000000 00000000 00000000 00000000",
        "0500 0500 30000000 00000000 00000000" // GET_REGION_INFO
                + "20000000 00000000 02000000 00000000 0000000000000000 0000000000000000",
        "0600 0700 20000000 00000000 00000000" // GET_IRQ_INFO
                + "10000000 00000000 03000000 00000000",
        "0700 0800 24000000 00000000 00000000" // SET_IRQS
                + "14000000 24000000 00000000 00000000 01000000",
        "0800 0900 20000000 00000000 00000000" // REGION_READ
                + "0400000000000000 07000000 02000000",
        "0900 0a00 24000000 10000000 00000000" // REGION_WRITE, not to be answered
                + "1000000000000000 07000000 04000000 ffffffff",
        "0a00 0d00 10000000 00000000 00000000", // DEVICE_RESET
        "0b00 0600 18000000 00000000 00000000 0102030405060708", // GET_REGION_IO_FDS
    };

    private static final List<VfioUserRequest> DECODED = List.of(
            new VfioUserRequest.Version(header(1, 1), 0, 0, "{}"),
            new VfioUserRequest.DmaMap(header(2, 2), 3, 0x1000, 0x100_0000L, 0x4000_0000L),
            new VfioUserRequest.DmaUnmap(header(3, 3), 0, 0x100_0000L, 0x4000_0000L),
            new VfioUserRequest.GetInfo(header(4, 4)),
            new VfioUserRequest.GetRegionInfo(header(5, 5), 2),
            new VfioUserRequest.GetIrqInfo(header(6, 7), 3),
            new VfioUserRequest.SetIrqs(header(7, 8), 0x24, 0, 0, 1),
            new VfioUserRequest.RegionRead(header(8, 9), 4, 7, 2),
            new VfioUserRequest.DeviceReset(header(10, 13)),
            new VfioUserRequest.Unsupported(header(11, 6)));

    private final VfioUserSession session = new VfioUserSession();

    private static Header header(int id, int command) {
        return new Header(id, command, true, 0);
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    private static byte[] whole() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(hex(VERSION));
        for (String request : REQUESTS) {
            all.writeBytes(hex(request));
        }
        return all.toByteArray();
    }

    private static void feed(VfioUserSession to, byte[] bytes, int descriptors) {
        to.receive(MemorySegment.ofArray(bytes), 0, bytes.length, descriptors);
    }

    private static void feedPart(VfioUserSession to, byte[] bytes, int offset, int length) {
        to.receive(MemorySegment.ofArray(bytes), offset, length, 0);
    }

    /** All that can be had; a write's data are checked here, since they do not last. */
    private static void drain(VfioUserSession from, List<VfioUserRequest> into) throws MalformedMessageException {
        for (VfioUserRequest next = from.next(); next != null; next = from.next()) {
            if (next instanceof VfioUserRequest.RegionWrite write) {
                assertEquals(new Header(9, 10, false, 0), write.header());
                assertEquals(0x10, write.offset());
                assertEquals(7, write.region());
                assertEquals(4, write.count());
                assertEquals(4, write.data().byteSize());
                assertEquals(-1, write.data().get(ValueLayout.JAVA_INT_UNALIGNED, 0));
                assertTrue(write.data().isReadOnly());
            } else {
                into.add(next);
            }
        }
    }

    @Test
    void decodesAllRequestsFromOneRead() throws Exception {
        List<VfioUserRequest> requests = new ArrayList<>();
        feed(session, whole(), 0);
        drain(session, requests);
        assertEquals(DECODED, requests);
    }

    @Test
    void decodesAllRequestsHoweverTheyAreCut() throws Exception {
        byte[] bytes = whole();
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            VfioUserSession cut = new VfioUserSession();
            List<VfioUserRequest> requests = new ArrayList<>();
            for (int at = 0; at < bytes.length; ) {
                int length = seed == 0 ? 1 : Math.min(bytes.length - at, 1 + random.nextInt(60));
                feedPart(cut, bytes, at, length);
                drain(cut, requests);
                at += length;
            }
            assertEquals(DECODED, requests, "seed " + seed);
        }
    }

    @Test
    void waitsForTheRestOfEveryTruncation() throws Exception {
        for (String request : REQUESTS) {
            byte[] bytes = hex(request);
            for (int length = 1; length < bytes.length; length++) {
                VfioUserSession greeted = greeted();
                feedPart(greeted, bytes, 0, length);
                assertNull(greeted.next(), request + " cut at " + length);
            }
        }
    }

    /** The header agrees with the bytes, which are fewer than the command needs. */
    @Test
    void refusesEveryBodyThatEndsEarly() throws Exception {
        int refused = 0;
        for (String request : REQUESTS) {
            byte[] bytes = hex(request);
            for (int length = 16; length < bytes.length; length++) {
                byte[] shorter = Arrays.copyOf(bytes, length);
                VfioUser.Header.SIZE.set(MemorySegment.ofArray(shorter), 0, length);
                VfioUserSession greeted = greeted();
                feed(greeted, shorter, 0);
                if (bytes[2] == VfioUser.DEVICE_GET_REGION_IO_FDS) {
                    assertNotNull(greeted.next()); // not decoded, so nothing is short
                } else {
                    assertThrows(MalformedMessageException.class, greeted::next, request + " of " + length);
                    refused++;
                }
            }
        }
        assertTrue(refused > 100, "refused " + refused);
    }

    @Test
    void letsNoChangedByteEscape() {
        byte[] bytes = whole();
        for (int at = 0; at < bytes.length; at++) {
            for (int value = 0; value < 256; value++) {
                byte[] changed = bytes.clone();
                changed[at] = (byte) value;
                VfioUserSession hostile = new VfioUserSession();
                feed(hostile, changed, 0);
                try {
                    for (VfioUserRequest next = hostile.next(); next != null; next = hostile.next()) {
                        assertTrue(next.header().descriptors() == 0);
                    }
                } catch (MalformedMessageException e) {
                    assertTrue(e.getMessage() != null && e.getMessage().contains("expected"));
                }
            }
        }
    }

    @Test
    void namesWhatIsWrong() throws Exception {
        refused("vfio_user_header.command: at offset 2: got 13, expected 1 (VERSION) first", REQUESTS[8], false);
        refused(
                "vfio_user_header.command: at offset 2: got 1, expected another than VERSION, which came first",
                VERSION);
        refused(
                "vfio_user_header.size: at offset 4: got 15, expected 16.." + VfioUser.MAX_MESSAGE_BYTES,
                "0a00 0d00 0f000000 00000000 00000000");
        refused(
                "vfio_user_header.size: at offset 4: got 16417, expected 16..16416",
                "0a00 0a00 21400000 00000000 00000000");
        refused(
                "vfio_user_header.size: at offset 4: got 4294967295, expected 16..16416",
                "0a00 0a00 ffffffff 00000000 00000000");
        refused(
                "vfio_user_header.flags: at offset 8: got 0x1, expected a command, no reply",
                "0a00 0d00 10000000 01000000 00000000");
        refused(
                "vfio_user_header.flags: at offset 8: got 0x20, expected no flag but no-reply",
                "0a00 0d00 10000000 20000000 00000000");
        refused(
                "VFIO_USER_VERSION.major: at offset 0: got 1, expected 0",
                "0100 0100 14000000 00000000 00000000 0100 0000",
                false);
        refused(
                "VFIO_USER_VERSION.version_data: at offset 4: got text without a NUL, expected a NUL at its end",
                "0100 0100 16000000 00000000 00000000 0000 0000 7b7d",
                false);
        refused(
                "VFIO_USER_REGION_WRITE.count: at offset 12: got 5, expected 4, the bytes that follow",
                "0900 0a00 24000000 00000000 00000000 1000000000000000 07000000 05000000 ffffffff");
        refused(
                "VFIO_USER_REGION_READ.(end): at offset 16: got 1 more bytes, expected the end of the message",
                "0800 0900 21000000 00000000 00000000 0400000000000000 07000000 02000000 00");
    }

    @Test
    void takesTheLongestMessageAndAnotherBehindIt() throws Exception {
        feed(session, hex(VERSION), 0);
        assertNotNull(session.next());
        byte[] longest = new byte[VfioUser.MAX_MESSAGE_BYTES];
        MemorySegment segment = MemorySegment.ofArray(longest);
        VfioUser.Header.COMMAND.set(segment, 0, VfioUser.REGION_WRITE);
        VfioUser.Header.SIZE.set(segment, 0, longest.length);
        VfioUser.RegionAccess.COUNT.set(segment, VfioUser.Header.STRUCT.size(), VfioUser.MAX_DATA_BYTES);
        for (int round = 0; round < 3; round++) {
            feedPart(session, longest, 0, longest.length - 1);
            assertNull(session.next());
            ByteArrayOutputStream rest = new ByteArrayOutputStream();
            rest.write(longest[longest.length - 1]);
            rest.writeBytes(hex(REQUESTS[8]));
            feed(session, rest.toByteArray(), 0);
            assertEquals(
                    VfioUser.MAX_DATA_BYTES,
                    ((VfioUserRequest.RegionWrite) assertNotNullRequest(session.next())).count());
            assertEquals(DECODED.get(8), session.next());
            assertNull(session.next());
        }
    }

    @Test
    void givesDescriptorsToTheMessageOfTheirLastByte() throws Exception {
        byte[] map = hex(REQUESTS[0]);
        byte[] irqs = hex(REQUESTS[5]);
        feed(session, hex(VERSION), 0);
        assertEquals(0, descriptors());
        // One read: a message without, and one with.
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(map);
        both.writeBytes(irqs);
        feed(session, both.toByteArray(), 1);
        assertEquals(0, descriptors());
        assertEquals(1, descriptors());
        // A beginning that brings one, and its rest with the next message, which brings another.
        session.receive(MemorySegment.ofArray(map), 0, 20, 1);
        assertNull(session.next());
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        rest.write(map, 20, map.length - 20);
        rest.writeBytes(irqs);
        feed(session, rest.toByteArray(), 1);
        assertEquals(1, descriptors());
        assertEquals(1, descriptors());
        feed(session, map, 0);
        assertEquals(0, descriptors());
    }

    @Test
    void refusesMoreDescriptorsThanWeSaidMayCome() throws Exception {
        VfioUserSession two = greeted();
        feed(two, hex(REQUESTS[0]), 2);
        assertThrows(MalformedMessageException.class, two::next);
        VfioUserSession one = greeted();
        byte[] map = hex(REQUESTS[0]);
        one.receive(MemorySegment.ofArray(map), 0, 8, 1);
        assertNull(one.next());
        one.receive(MemorySegment.ofArray(map), 8, 4, 1);
        MalformedMessageException e = assertThrows(MalformedMessageException.class, one::next);
        assertEquals("vfio_user_header.(descriptors): got 2 with one message, expected at most 1", e.getMessage());
    }

    @Test
    void encodesReplies() {
        VfioUserReplies replies = new VfioUserReplies();
        String json = HexFormat.of()
                .formatHex("{\"capabilities\":{\"max_msg_fds\":1,\"max_data_xfer_size\":16384,\"pgsizes\":4096}}\0"
                        .getBytes(StandardCharsets.US_ASCII));
        encoded("0100 0100 61000000 01000000 00000000 0000 0000" + json, replies.version((VfioUserRequest.Version)
                DECODED.get(0)));
        encoded("0200 0200 10000000 01000000 00000000", replies.done(header(2, 2)));
        encoded(
                "0300 0300 28000000 01000000 00000000 18000000 00000000 0000000100000000 0000004000000000",
                replies.dmaUnmap((VfioUserRequest.DmaUnmap) DECODED.get(2)));
        encoded(
                "0400 0400 20000000 01000000 00000000 10000000 03000000 09000000 05000000",
                replies.deviceInfo((VfioUserRequest.GetInfo) DECODED.get(3), 3, 9, 5));
        encoded(
                "0500 0500 30000000 01000000 00000000"
                        + "20000000 05000000 02000000 00000000 0020000000000000 0000000000000000",
                replies.regionInfo((VfioUserRequest.GetRegionInfo) DECODED.get(4), 5, 8192));
        encoded(
                "0600 0700 20000000 01000000 00000000 10000000 00000000 03000000 00000000",
                replies.irqInfo((VfioUserRequest.GetIrqInfo) DECODED.get(5), 0, 0));
        MemorySegment read = replies.regionRead((VfioUserRequest.RegionRead) DECODED.get(7));
        assertEquals(2, VfioUserReplies.data(read).byteSize());
        VfioUserReplies.data(read).fill((byte) 0xab);
        encoded("0800 0900 22000000 01000000 00000000 0400000000000000 07000000 02000000 abab", read);
        encoded(
                "0900 0a00 20000000 01000000 00000000 1000000000000000 07000000 04000000",
                replies.regionWrite(new VfioUserRequest.RegionWrite(
                        header(9, 10), 0x10, 7, 4, MemorySegment.ofArray(new byte[4]))));
        encoded("0b00 0600 10000000 21000000 5f000000", replies.error(header(11, 6), VfioUser.ENOTSUP));
        assertThrows(
                IllegalArgumentException.class,
                () -> replies.regionRead(new VfioUserRequest.RegionRead(header(8, 9), 0, 0, 16385)));
    }

    private int descriptors() throws MalformedMessageException {
        return assertNotNullRequest(session.next()).header().descriptors();
    }

    private static VfioUserRequest assertNotNullRequest(@Nullable VfioUserRequest request) {
        assertNotNull(request);
        return request;
    }

    private static VfioUserSession greeted() throws MalformedMessageException {
        VfioUserSession session = new VfioUserSession();
        feed(session, hex(VERSION), 0);
        assertNotNull(session.next());
        return session;
    }

    private static void refused(String message, String request) throws MalformedMessageException {
        refused(message, request, true);
    }

    private static void refused(String message, String request, boolean greeted) throws MalformedMessageException {
        VfioUserSession session = greeted ? greeted() : new VfioUserSession();
        feed(session, hex(request), 0);
        assertEquals(
                message,
                assertThrows(MalformedMessageException.class, session::next).getMessage());
    }

    private static void encoded(String expected, MemorySegment reply) {
        assertEquals(expected.replace(" ", ""), HexFormat.of().formatHex(reply.toArray(ValueLayout.JAVA_BYTE)));
    }
}
