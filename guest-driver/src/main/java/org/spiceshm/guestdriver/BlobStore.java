package org.spiceshm.guestdriver;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.Nested;
import org.spiceshm.protocol.Struct.U32;
import org.spiceshm.protocol.qxl.QxlClipRects;
import org.spiceshm.protocol.qxl.QxlCursor;
import org.spiceshm.protocol.qxl.QxlDataChunk;
import org.spiceshm.protocol.qxl.QxlImageDescriptor;
import org.spiceshm.protocol.qxl.QxlPath;
import org.spiceshm.protocol.qxl.QxlReleaseInfo;
import org.spiceshm.protocol.qxl.QxlString;

/**
 * Where a {@link Recording} puts bytes. The player's store is guest memory, so that pixels go from the decoder to where
 * the device reads them; {@link #HEAP} is for those who only look.
 */
@FunctionalInterface
public interface BlobStore {
    /** Bytes on the Java heap, without address. */
    BlobStore HEAP = (kind, bytes) -> {
        if (!(bytes <= Integer.MAX_VALUE - Long.BYTES)) {
            throw new IOException("blob of " + bytes + " bytes: got no room, expected at most " + Integer.MAX_VALUE);
        }
        return new Blob(MemorySegment.ofArray(new byte[(int) bytes]), 0);
    };

    /** Room for exactly {@code bytes} bytes; {@code kind} says which structure will stand before them. */
    Blob store(Kind kind, long bytes) throws IOException;

    /**
     * Some bytes of a recording.
     *
     * @param bytes they, and nothing else
     * @param address of the structure before them, or of themselves if there is none; 0 outside of guest memory
     */
    record Blob(MemorySegment bytes, long address) {}

    /** What a blob is. */
    enum Kind {
        /** Pixels of a primary. */
        PRIMARY(0, 0),
        /** Pixels of a surface. */
        SURFACE(0, 0),
        /** Pixels that a bitmap points to. */
        PIXELS(0, 0),
        /** Pixels of a bitmap in chunks, or any chunk but the first. */
        CHUNK(QxlDataChunk.STRUCT.size(), 0),
        /** First chunk of clip rectangles. */
        CLIP_RECTS(QxlClipRects.STRUCT.size(), 0),
        /** First chunk of a path. */
        PATH(QxlPath.STRUCT.size(), 0),
        /** First chunk of glyphs. */
        STRING(QxlString.STRUCT.size(), 0),
        /** First chunk of a pointer shape. */
        CURSOR(QxlCursor.STRUCT.size(), 0),
        /** First chunk of a QUIC image. */
        QUIC(QuicImage.STRUCT.size(), 0),
        /** Dashes of a line. */
        STYLE(0, 0),
        /** A matrix. */
        TRANSFORM(0, 0),
        /** A text for the log, which a zero will follow. */
        MESSAGE(QxlReleaseInfo.STRUCT.size(), 1);

        private final long headerBytes;
        private final int trailerBytes;

        Kind(long headerBytes, int trailerBytes) {
            this.headerBytes = headerBytes;
            this.trailerBytes = trailerBytes;
        }

        /** Bytes of the structure that stands before the blob. */
        public long headerBytes() {
            return headerBytes;
        }

        /** Bytes that follow the blob. */
        public int trailerBytes() {
            return trailerBytes;
        }
    }

    /** An image of type QUIC: descriptor, then its data in chunks. spice-protocol, qxl_dev.h: QXLImage, QXLQUICData. */
    final class QuicImage {
        /** The layout. */
        public static final Struct STRUCT = Struct.littleEndian("QXLImage");

        /** The descriptor. */
        public static final Nested DESCRIPTOR = STRUCT.struct("descriptor", QxlImageDescriptor.STRUCT);

        /** Bytes in all chunks. */
        public static final U32 DATA_SIZE = STRUCT.u32("quic.data_size");

        /** The first chunk. */
        public static final Nested CHUNK = STRUCT.struct("quic.chunk", QxlDataChunk.STRUCT);

        private QuicImage() {}
    }
}
