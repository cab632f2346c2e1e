package org.spiceshm.app;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.spiceshm.client.PngWriter;
import org.spiceshm.renderer.PrimarySurface;

/** Pictures of primaries as PNG files, which appear whole or not at all. */
final class Pictures {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Pictures() {}

    /** Writes to a stream. */
    interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /** Saves a primary that nobody draws on. */
    static void save(PrimarySurface primary, Path file) throws IOException {
        save(file, out -> {
            int width = primary.widthPixels();
            int[] row = new int[width];
            try (PngWriter png = new PngWriter(out, width, primary.heightPixels())) {
                for (int y = 0; y < primary.heightPixels(); y++) {
                    readRow(primary, y, row);
                    png.row(row, 0);
                }
                png.finish();
            }
        });
    }

    /** Saves what {@code content} writes, under another name until it is complete. */
    static void save(Path file, Content content) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw new IOException(file + ": no such directory");
        }
        Path partial = Files.createTempFile(directory, ".spiceshm", ".part");
        try {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(partial))) {
                content.writeTo(out);
            }
            makeReadable(partial);
            move(partial, file);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    private static void makeReadable(Path partial) throws IOException {
        Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("rw-r--r--"));
    }

    private static void move(Path partial, Path file) throws IOException {
        try {
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void readRow(PrimarySurface primary, int y, int[] row) {
        MemorySegment memory = primary.segment().memory();
        long start = primary.offset() + (long) primary.strideBytes() * y;
        for (int x = 0; x < row.length; x++) {
            int value = switch (primary.format().bitsPerPixel()) {
                case 32 -> memory.get(INT, start + 4L * x);
                case 16 -> memory.get(SHORT, start + 2L * x);
                case 8 -> memory.get(ValueLayout.JAVA_BYTE, start + x);
                default -> memory.get(ValueLayout.JAVA_BYTE, start + (x >> 3)) >> (x & 7);
            };
            row[x] = primary.format().toRgb(value);
        }
    }
}
