package org.spiceshm.sharedmemory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryFileTest {
    private static final long PAGE = 4096;

    @Test
    void isZeroedAndAsLargeAsAsked() throws IOException {
        try (MemoryFile file = MemoryFile.create("test", 3 * PAGE);
                Arena arena = Arena.ofConfined()) {
            MemorySegment segment = file.map(Access.READ_WRITE, arena);
            assertEquals(3 * PAGE, file.sizeBytes());
            assertEquals(3 * PAGE, segment.byteSize());
            assertEquals(-1, segment.mismatch(arena.allocate(3 * PAGE)));
        }
    }

    @Test
    void showsWhatAnotherMappingWrote() throws IOException {
        try (MemoryFile file = MemoryFile.create("test", 2 * PAGE);
                MemoryFile readOnly = file.reopenReadOnly();
                Arena arena = Arena.ofShared()) {
            MemorySegment writer = file.map(Access.READ_WRITE, arena);
            MemorySegment reader = readOnly.map(Access.READ_ONLY, PAGE, PAGE, arena);
            writer.set(JAVA_INT, PAGE + 8, 42);
            assertEquals(42, reader.get(JAVA_INT, 8));
        }
    }

    @Test
    void mapsAPartThatIsNotWholePages() throws IOException {
        try (MemoryFile file = MemoryFile.create("test", PAGE + 10);
                Arena arena = Arena.ofConfined()) {
            assertEquals(10, file.map(Access.READ_WRITE, PAGE, 10, arena).byteSize());
        }
    }

    @Test
    void startsWithoutSealsAndNamesThoseAdded() throws IOException {
        try (MemoryFile file = MemoryFile.create("test", PAGE)) {
            assertEquals(Set.of(), file.seals());
            file.addSeals(Seal.SHRINK, Seal.GROW);
            assertEquals(Set.of(Seal.SHRINK, Seal.GROW), file.seals());
            file.requireSeals(Seal.SHRINK);
        }
    }

    @Test
    void refusesAFileWithoutTheSealsDemanded() throws IOException {
        try (MemoryFile file = MemoryFile.create("test", PAGE)) {
            file.addSeals(Seal.GROW);
            assertEquals(
                    "seals: got [GROW], expected [SHRINK, GROW], missing [SHRINK]",
                    assertThrows(SharedMemoryException.class, () -> file.requireSeals(Seal.SHRINK, Seal.GROW))
                            .getMessage());
        }
    }

    @Test
    void refusesMoreSealsAfterTheLast() throws IOException {
        try (MemoryFile file = MemoryFile.create("test", PAGE)) {
            file.addSeals(Seal.SEAL);
            assertEquals(
                    "F_ADD_SEALS [GROW]: got errno 1 (Operation not permitted), expected success",
                    assertThrows(SharedMemoryException.class, () -> file.addSeals(Seal.GROW))
                            .getMessage());
        }
    }

    @Test
    void cannotBeResizedOnceSealed() throws IOException {
        try (MemoryFile file = MemoryFile.create("test", PAGE)) {
            file.addSeals(Seal.SHRINK, Seal.GROW);
            assertEquals(-1, Libc.resize(file.fd(), 1)); // EPERM
            assertEquals(-1, Libc.resize(file.fd(), 2 * PAGE));
            assertEquals(PAGE, file.sizeBytes());
        }
    }

    @Test
    void isZeroInEveryMappingOnceCleared() throws IOException {
        try (MemoryFile file = MemoryFile.create("test", 2 * PAGE);
                Arena arena = Arena.ofConfined()) {
            MemorySegment first = file.map(Access.READ_WRITE, arena);
            MemorySegment second = file.map(Access.READ_ONLY, arena);
            file.addSeals(Seal.SHRINK, Seal.GROW, Seal.SEAL);
            first.fill((byte) 1);
            file.clear();
            assertEquals(-1, second.mismatch(arena.allocate(2 * PAGE)));
            assertEquals(2 * PAGE, file.sizeBytes());
            first.set(JAVA_INT, PAGE, 42);
            assertEquals(42, second.get(JAVA_INT, PAGE));
        }
    }

    @Test
    void cannotBeClearedOnceSealedAgainstWriting() throws IOException {
        try (MemoryFile file = MemoryFile.create("test", PAGE)) {
            file.addSeals(Seal.WRITE);
            assertThrows(SharedMemoryException.class, file::clear);
        }
    }

    @Test
    void keepsTheOldWritableMappingAndRefusesNewOnesAfterFutureWrite() throws IOException {
        try (MemoryFile file = MemoryFile.create("test", PAGE);
                Arena arena = Arena.ofConfined()) {
            MemorySegment writer = file.map(Access.READ_WRITE, arena);
            try (MemoryFile readOnly = file.reopenReadOnly()) {
                file.addSeals(Seal.SHRINK, Seal.GROW, Seal.FUTURE_WRITE, Seal.SEAL);
                MemorySegment reader = readOnly.map(Access.READ_ONLY, arena);
                writer.set(JAVA_INT, 0, 7);
                assertEquals(7, reader.get(JAVA_INT, 0));
                assertThrows(SharedMemoryException.class, () -> file.map(Access.READ_WRITE, arena));
                assertThrows(SharedMemoryException.class, () -> readOnly.map(Access.READ_WRITE, arena));
                assertThrows(IOException.class, () -> mapWritableThroughProc(readOnly.fd(), arena));
                assertEquals(7, file.map(Access.READ_ONLY, arena).get(JAVA_INT, 0));
            }
        }
    }

    @Test
    void couldBeWrittenThroughProcBeforeFutureWrite() throws IOException {
        try (MemoryFile file = MemoryFile.create("test", PAGE);
                MemoryFile readOnly = file.reopenReadOnly();
                Arena arena = Arena.ofConfined()) {
            mapWritableThroughProc(readOnly.fd(), arena).set(JAVA_INT, 0, 9);
            assertEquals(9, readOnly.map(Access.READ_ONLY, arena).get(JAVA_INT, 0));
        }
    }

    @Test
    void cannotBeMappedWritableOrSealedWhenReopenedReadOnly() throws IOException {
        try (MemoryFile file = MemoryFile.create("test", PAGE);
                MemoryFile readOnly = file.reopenReadOnly();
                Arena arena = Arena.ofConfined()) {
            assertEquals(
                    "mmap READ_WRITE of 4096 bytes at 0: got errno 13 (Permission denied), expected success",
                    assertThrows(SharedMemoryException.class, () -> readOnly.map(Access.READ_WRITE, arena))
                            .getMessage());
            assertThrows(SharedMemoryException.class, () -> readOnly.addSeals(Seal.SHRINK));
        }
    }

    @Test
    void givesAReadOnlySegmentForReadOnlyAccess() throws IOException {
        try (MemoryFile file = MemoryFile.create("test", PAGE);
                Arena arena = Arena.ofConfined()) {
            MemorySegment segment = file.map(Access.READ_ONLY, arena);
            assertTrue(segment.isReadOnly());
            assertThrows(IllegalArgumentException.class, () -> segment.set(JAVA_BYTE, 0, (byte) 1));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void refusesToCreateAFileWithoutBytes(long sizeBytes) {
        assertEquals(
                "memory file test: got size " + sizeBytes + ", expected at least 1",
                assertThrows(SharedMemoryException.class, () -> MemoryFile.create("test", sizeBytes))
                        .getMessage());
    }

    @Test
    void refusesANameThatIsTooLong() {
        SharedMemoryException refusal =
                assertThrows(SharedMemoryException.class, () -> MemoryFile.create("n".repeat(250), PAGE));
        assertEquals(Libc.EINVAL, refusal.errno());
        assertTrue(refusal.what().startsWith("memfd_create n"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0     | 0                   | mapping: got length 0, expected at least 1",
                "0     | -1                  | mapping: got length -1, expected at least 1",
                "-4096 | 1                   | mapping: got offset -4096, expected a multiple of 4096",
                "8     | 1                   | mapping: got offset 8, expected a multiple of 4096",
                "0     | 8193                | mapping: got 8193 bytes at offset 0, expected them within the file's 8192",
                "4096  | 4097                | mapping: got 4097 bytes at offset 4096, expected them within the file's 8192",
                "8192  | 1                   | mapping: got 1 bytes at offset 8192, expected them within the file's 8192",
                "4096  | 9223372036854775807 | mapping: got 9223372036854775807 bytes at offset 4096, expected them within the file's 8192",
                "9223372036854771712 | 9223372036854775807 | mapping: got 9223372036854775807 bytes at offset 9223372036854771712, expected them within the file's 8192",
            })
    void refusesToMapWhatIsNotInTheFile(long offset, long length, String message) throws IOException {
        try (MemoryFile file = MemoryFile.create("test", 2 * PAGE);
                Arena arena = Arena.ofConfined()) {
            assertEquals(
                    message,
                    assertThrows(SharedMemoryException.class, () -> file.map(Access.READ_WRITE, offset, length, arena))
                            .getMessage());
        }
    }

    @Test
    void saysThatTheAddressSpaceIsTooSmall() throws IOException {
        try (MemoryFile file = MemoryFile.create("test", Long.MAX_VALUE);
                Arena arena = Arena.ofConfined()) {
            assertEquals(
                    "mmap READ_ONLY of 9223372036854775807 bytes at 0: got errno 12 (Cannot allocate memory), expected success",
                    assertThrows(SharedMemoryException.class, () -> file.map(Access.READ_ONLY, arena))
                            .getMessage());
        }
    }

    @Test
    void refusesToMapMoreThanATruncatedFileStillHas() throws IOException {
        try (MemoryFile file = MemoryFile.create("test", 2 * PAGE);
                Arena arena = Arena.ofConfined()) {
            assertEquals(0, Libc.resize(file.fd(), 100));
            assertEquals(100, file.sizeBytes());
            assertThrows(SharedMemoryException.class, () -> file.map(Access.READ_ONLY, 0, 2 * PAGE, arena));
            assertEquals(0, Libc.resize(file.fd(), 0));
            assertThrows(SharedMemoryException.class, () -> file.map(Access.READ_ONLY, arena));
        }
    }

    @Test
    void survivesAPeerThatTruncatesAMappedFile() throws IOException {
        try (MemoryFile file = MemoryFile.create("test", 2 * PAGE);
                Arena arena = Arena.ofConfined()) {
            MemorySegment segment = file.map(Access.READ_ONLY, arena);
            assertEquals(0, Libc.resize(file.fd(), 0));
            assertThrows(InternalError.class, () -> segment.get(JAVA_INT, 0));
        }
    }

    @Test
    void unmapsWhenTheArenaCloses() throws IOException {
        try (MemoryFile file = MemoryFile.create("unmaps", PAGE)) {
            Arena closed;
            MemorySegment segment;
            try (Arena arena = Arena.ofShared()) {
                closed = arena;
                segment = file.map(Access.READ_WRITE, arena);
                assertEquals(1, mappings("memfd:unmaps"));
            }
            assertEquals(0, mappings("memfd:unmaps"));
            assertThrows(IllegalStateException.class, () -> segment.get(JAVA_INT, 0));
            assertThrows(IllegalStateException.class, () -> file.map(Access.READ_WRITE, closed));
            assertEquals(0, mappings("memfd:unmaps"));
        }
    }

    @Test
    void keepsAMappingAfterTheFileIsClosed() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemoryFile file = MemoryFile.create("test", PAGE);
            MemorySegment segment = file.map(Access.READ_WRITE, arena);
            file.close();
            file.close();
            segment.set(JAVA_INT, 0, 5);
            assertEquals(5, segment.get(JAVA_INT, 0));
            assertThrows(IllegalStateException.class, file::fd);
            assertThrows(IllegalStateException.class, file::sizeBytes);
            assertThrows(IllegalStateException.class, file::seals);
            assertThrows(IllegalStateException.class, file::reopenReadOnly);
            assertThrows(IllegalStateException.class, () -> file.addSeals(Seal.SEAL));
            assertThrows(IllegalStateException.class, () -> file.map(Access.READ_ONLY, arena));
            assertThrows(IllegalStateException.class, () -> file.map(Access.READ_ONLY, 0, PAGE, arena));
        }
    }

    @Test
    void adoptsOnlyMemoryFilesAndClosesTheRest() throws Exception {
        Descriptors.assertNoLeak(() -> {
            OwnedDescriptor notMemory = new OwnedDescriptor(Libc.eventDescriptor());
            SharedMemoryException refusal =
                    assertThrows(SharedMemoryException.class, () -> MemoryFile.adopt(notMemory));
            assertEquals(
                    notMemory + ": got a file that cannot be sealed, expected a memory file", refusal.getMessage());
            assertTrue(notMemory.isClosed());
        });
    }

    @Test
    void leaksNoDescriptorWhateverFails() throws Exception {
        Descriptors.assertNoLeak(() -> {
            assertThrows(SharedMemoryException.class, () -> MemoryFile.create("n".repeat(250), PAGE));
            try (MemoryFile file = MemoryFile.create("test", PAGE);
                    MemoryFile readOnly = file.reopenReadOnly();
                    Arena arena = Arena.ofConfined()) {
                assertThrows(SharedMemoryException.class, () -> readOnly.map(Access.READ_WRITE, arena));
                readOnly.map(Access.READ_ONLY, arena);
            }
        });
    }

    private static MemorySegment mapWritableThroughProc(int fd, Arena arena) throws IOException {
        Path path = Path.of("/proc/self/fd/" + fd);
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, PAGE, arena);
        }
    }

    private static long mappings(String name) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains(name)).count();
        }
    }
}
