package org.spiceshm.guestdriver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

@Timeout(120)
class RecordingTest {
    private static final String HEADER = "SPICE_REPLAY 1\n";

    @TempDir
    Path directory;

    private static long parse(byte[] bytes, boolean tolerant) throws IOException {
        try (Recording recording = Recording.open("test.rec", new ByteArrayInputStream(bytes), tolerant)) {
            while (recording.next(BlobStore.HEAP) != null) {
                // On to the end.
            }
            return recording.events();
        }
    }

    private static RecordingException refuses(String text) {
        return assertThrows(RecordingException.class, () -> parse(text.getBytes(StandardCharsets.ISO_8859_1), false));
    }

    private static byte[] xz(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (XZOutputStream stream = new XZOutputStream(packed, new LZMA2Options(1))) {
            stream.write(bytes);
        }
        return packed.toByteArray();
    }

    @Test
    void readsEveryKindOfEvent() throws IOException {
        RecordingText text = RecordingText.everything(1);
        assertEquals(text.ends.size() - 1, parse(text.bytes(), false));
    }

    @Test
    void readsPackedFilesByContent() throws IOException {
        RecordingText text = RecordingText.everything(2);
        Path file = directory.resolve("packed.rec");
        Files.write(file, xz(text.bytes()));
        try (Recording recording = Recording.open(file)) {
            while (recording.next(BlobStore.HEAP) != null) {
                assertFalse(recording.isTruncated());
            }
            assertEquals(text.ends.size() - 1, recording.events());
        }
    }

    @Test
    void everyTruncationIsNoticed() throws IOException {
        RecordingText text = RecordingText.everything(3);
        byte[] all = text.bytes();
        for (int length = 0; length < all.length; length++) {
            byte[] part = Arrays.copyOf(all, length);
            int whole = text.ends.indexOf(length);
            if (whole >= 0) {
                assertEquals(whole, parse(part, false));
            } else {
                RecordingException e = assertThrows(RecordingException.class, () -> parse(part, false));
                assertTrue(String.valueOf(e.getMessage()).startsWith("test.rec: "), e::getMessage);
            }
            if (length >= HEADER.length()) {
                long events =
                        text.ends.stream().filter(end -> end <= part.length).count() - 1;
                assertEquals(events, parse(part, true));
            }
        }
    }

    @Test
    void everyTruncationOfPackedFilesIsNoticed() throws IOException {
        byte[] packed = xz(RecordingText.everything(4).bytes());
        for (int length = 0; length < packed.length; length++) {
            byte[] part = Arrays.copyOf(packed, length);
            assertThrows(RecordingException.class, () -> parse(part, false), "after " + length + " bytes");
        }
    }

    @Test
    void damagedPackedFileIsNoticed() throws IOException {
        byte[] packed = xz(RecordingText.everything(5).bytes());
        for (int i = 0; i < packed.length; i++) {
            byte[] damaged = packed.clone();
            damaged[i] ^= 1;
            assertThrows(RecordingException.class, () -> parse(damaged, false), "at byte " + i);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {6, 7, 8})
    void anyByteChangedNeverEscapes(long seed) throws IOException {
        byte[] all = RecordingText.everything(seed).bytes();
        Random random = new Random(seed);
        int refused = 0;
        for (int i = 0; i < all.length; i++) {
            byte[] damaged = all.clone();
            damaged[i] = (byte) random.nextInt();
            try {
                parse(damaged, false);
            } catch (RecordingException e) {
                refused++;
            }
        }
        assertTrue(refused > all.length / 3, "seed " + seed + " refused " + refused);
    }

    @Test
    void saysWhatWasGotWhere() {
        RecordingException e = refuses(HEADER + "event 0 1 2 5\nevent 1 0 2 5\nupdate\nrect area 1 2 3\n");
        assertEquals(
                "test.rec: event 1, byte 65: got \"\", expected a space and one more word",
                String.valueOf(e.getMessage()));
    }

    @Test
    void refusesWhatTheRecorderNeverWrites() {
        refuses("");
        refuses("SPICE_REPLAY 2\n");
        refuses("SPICE_REPLAY 1 \n");
        refuses("#!/bin/sh\n");
        refuses(HEADER + "\n");
        refuses(HEADER + "event 0 2 1 5\n");
        refuses(HEADER + "event 0 0 6 5\n");
        refuses(HEADER + "event 0 1 2 5 \n");
        refuses(HEADER + "event  0 1 2 5\n");
        refuses(HEADER + "event 0 1 2 5x\n");
        refuses(HEADER + "event 0 1 2 99999999999999999999\n");
        refuses(HEADER + "event 0 0 4 5\nbinary 2 message 1:a\n");
        refuses(HEADER + "event 0 0 4 5\nbinary 0 massage 1:a\n");
        refuses(HEADER + "event 0 0 4 5\nbinary 0 message -1:a\n");
        refuses(HEADER + "event 0 0 4 5\nbinary 0 message 2000000000:a\n");
        refuses(HEADER + "event 0 0 4 5\nbinary 0 message 1:ab");
        refuses(HEADER + "event 0 1 20 5\n8 4 32 32\n0 1 0 0\nbinary 0 data 3:abc\n");
        refuses(HEADER + "event 0 0 5 5\nsurface_cmd\nsurface_id 1\ntype 2\nflags 0\n");
        refuses(HEADER + "event 0 0 3 5\ncursor_cmd\ntype 1\npoint16 40000 0\n");
        refuses(HEADER + "x".repeat(100_000));
    }

    @Test
    void takesUnsignedNumbersForSignedOnes() throws IOException {
        String text =
                HEADER + "event 0 0 2 5\nupdate\nrect area 0 0 4294967295 -2147483648\nupdate_id -1\nsurface_id 0\n";
        Recording recording =
                Recording.open("test", new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)), false);
        RecordedEvent.Update update = assertInstanceOf(RecordedEvent.Update.class, recording.next(BlobStore.HEAP));
        assertEquals(-1, update.area().bottom());
        assertEquals(Integer.MIN_VALUE, update.area().right());
        assertNull(recording.next(BlobStore.HEAP));
    }

    @Test
    void primaryThatTheRecorderRefusedHasNoPayload() throws IOException {
        String text = HEADER + "event 0 1 20 5\nevent 1 1 2 6\n";
        Recording recording =
                Recording.open("test", new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)), false);
        RecordedEvent.PrimaryCreate create =
                assertInstanceOf(RecordedEvent.PrimaryCreate.class, recording.next(BlobStore.HEAP));
        assertNull(create.surface());
        assertNotNull(recording.next(BlobStore.HEAP));
    }

    @Test
    void unpacksZlibBlobs() throws IOException {
        byte[] message = "what the guest says".repeat(20).getBytes(StandardCharsets.US_ASCII);
        Deflater deflater = new Deflater();
        deflater.setInput(message);
        deflater.finish();
        byte[] packed = new byte[1000];
        int length = deflater.deflate(packed);
        deflater.end();
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes((HEADER + "event 0 0 4 5\nbinary 1 message " + message.length + " " + length + ":")
                .getBytes(StandardCharsets.US_ASCII));
        file.write(packed, 0, length);
        file.write('\n');
        Recording recording = Recording.open("test", new ByteArrayInputStream(file.toByteArray()), false);
        RecordedEvent.Message event = assertInstanceOf(RecordedEvent.Message.class, recording.next(BlobStore.HEAP));
        assertEquals(List.of(), difference(message, event.text().bytes().toArray(ValueLayout.JAVA_BYTE)));
    }

    private static List<String> difference(byte[] expected, byte[] got) {
        int at = Arrays.mismatch(expected, got);
        return at < 0 ? List.of() : List.of("differs at byte " + at);
    }
}
