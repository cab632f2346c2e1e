package org.spiceshm.guestdriver;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiceshm.guestdriver.BlobStore.Blob;
import org.spiceshm.guestdriver.BlobStore.Kind;
import org.spiceshm.guestdriver.RecordedEvent.Brush;
import org.spiceshm.guestdriver.RecordedEvent.Chunks;
import org.spiceshm.guestdriver.RecordedEvent.ClipRects;
import org.spiceshm.guestdriver.RecordedEvent.Dependency;
import org.spiceshm.guestdriver.RecordedEvent.Drawable;
import org.spiceshm.guestdriver.RecordedEvent.Image;
import org.spiceshm.guestdriver.RecordedEvent.ImageBody;
import org.spiceshm.guestdriver.RecordedEvent.Mask;
import org.spiceshm.guestdriver.RecordedEvent.Operation;
import org.spiceshm.guestdriver.RecordedEvent.Palette;
import org.spiceshm.guestdriver.RecordedEvent.PrimarySurface;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.qxl.QxlCommandType;
import org.spiceshm.protocol.qxl.QxlDrawType;
import org.spiceshm.protocol.qxl.QxlDrawable;
import org.spiceshm.protocol.qxl.QxlFlags;
import org.spiceshm.protocol.qxl.QxlRect;
import org.spiceshm.protocol.qxl.QxlTransform;
import org.spiceshm.protocol.spice.Point;

/**
 * Reads what libspice-server has recorded (SPICE_WORKER_RECORD_FILENAME): the text-and-blob format SPICE_REPLAY 1, plain
 * or packed with xz.
 *
 * <pre>
 *  "SPICE_REPLAY 1\n" { "event " counter " " what " " type " " nanoseconds "\n" payload }
 * </pre>
 *
 * <p>Strict: anything but what the recorder writes is a {@link RecordingException}. Streams: blobs go to a {@link
 * BlobStore} as they are read. Owned by one thread.
 */
public final class Recording implements AutoCloseable {
    private static final String MAGIC = "SPICE_REPLAY";
    private static final int VERSION = 1;

    private static final int RING_COMMAND = 0;
    private static final int WORKER_MESSAGE = 1;

    /** No blob is larger; the recorder's sizes are ints as well. */
    static final int MAX_BLOB_BYTES = 1 << 30;

    private static final int MAX_CHUNKS = 1 << 20;
    private static final long MAX_U32 = 0xffff_ffffL;
    private static final int MAX_U16 = 0xffff;
    private static final int MAX_U8 = 0xff;

    private final RecordingInput input;
    private final boolean tolerant;
    private long events;
    private long steps;
    private boolean inStep;
    private boolean truncated;

    private Recording(RecordingInput input, boolean tolerant) {
        this.input = input;
        this.tolerant = tolerant;
    }

    /** Opens a file whose last event must be whole. */
    public static Recording open(Path file) throws IOException {
        return open(file, false);
    }

    /** Opens a file; if {@code tolerant}, a last event that was cut off ends it, as when the recorder was killed. */
    public static Recording open(Path file, boolean tolerant) throws IOException {
        InputStream stream = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        try {
            return open(file.toString(), stream, tolerant);
        } catch (IOException | RuntimeException e) {
            stream.close();
            throw e;
        }
    }

    /** Reads from a stream, which is closed with the recording; {@code name} is for error texts. */
    public static Recording open(String name, InputStream stream, boolean tolerant) throws IOException {
        RecordingInput input = new RecordingInput(name, stream);
        Recording recording = new Recording(input, tolerant);
        try {
            input.line('\n');
            input.word(MAGIC);
            input.integer(VERSION, VERSION);
            input.end();
        } catch (RecordingInput.Truncated e) {
            throw input.malformed("the end of the file", MAGIC + " " + VERSION);
        }
        return recording;
    }

    @Override
    public void close() throws IOException {
        input.close();
    }

    /** Events read so far. */
    public long events() {
        return events;
    }

    /**
     * Steps read so far: an event that is one line and nothing else makes one step with the event behind it. The
     * checkpoints of recordings are counted so.
     */
    public long steps() {
        return steps;
    }

    /** Whether the last event was cut off, and that is tolerated. */
    public boolean isTruncated() {
        return truncated;
    }

    /** The next event, or null at the end. */
    public @Nullable RecordedEvent next(BlobStore store) throws IOException {
        input.event(events);
        try {
            if (truncated || input.atEnd()) {
                return null;
            }
            RecordedEvent event = event(store);
            events++;
            if (!inStep) {
                steps++;
            }
            inStep = !inStep && isOneLine(event);
            return event;
        } catch (RecordingInput.Truncated e) {
            if (tolerant) {
                truncated = true;
                return null;
            }
            throw input.truncated();
        }
    }

    private static boolean isOneLine(RecordedEvent event) {
        return event instanceof RecordedEvent.WorkerMessage
                || event instanceof RecordedEvent.Nothing
                || (event instanceof RecordedEvent.PrimaryCreate create && create.surface() == null);
    }

    private RecordedEvent event(BlobStore store) throws IOException {
        input.line('\n');
        input.word("event");
        input.integer(0, Long.MAX_VALUE);
        int what = (int) input.integer(RING_COMMAND, WORKER_MESSAGE);
        int type = (int) input.integer(0, MAX_U16);
        long nanos = input.unsigned();
        input.end();
        return what == WORKER_MESSAGE ? message(nanos, type, store) : command(nanos, type, store);
    }

    // ---- worker messages

    private RecordedEvent message(long nanos, int type, BlobStore store) throws IOException {
        boolean primary = type == WorkerMessages.CREATE_PRIMARY || type == WorkerMessages.CREATE_PRIMARY_ASYNC;
        if (!primary) {
            return new RecordedEvent.WorkerMessage(nanos, type);
        }
        // The recorder leaves the payload out if it refuses the primary.
        PrimarySurface surface = input.nextLineIs("event ") ? null : primary(store);
        return new RecordedEvent.PrimaryCreate(nanos, type, surface);
    }

    private PrimarySurface primary(BlobStore store) throws IOException {
        input.line('\n');
        int width = integer32();
        int height = integer32();
        int stride = integer32();
        int format = integer32();
        input.end();
        input.line('\n');
        int position = integer32();
        int mouseMode = integer32();
        int flags = integer32();
        int type = integer32();
        input.end();
        Blob data = binary("data", Kind.PRIMARY, store);
        long expected = Math.abs((long) stride) * height;
        long got = data.bytes().byteSize();
        if (got != 0 && got != expected) {
            throw input.malformed(got + " bytes of a primary", expected + ", or none");
        }
        return new PrimarySurface(width, height, stride, format, position, mouseMode, flags, type, data);
    }

    // ---- ring commands

    private RecordedEvent command(long nanos, int type, BlobStore store) throws IOException {
        return switch (type) {
            case QxlCommandType.NOP -> new RecordedEvent.Nothing(nanos);
            case QxlCommandType.DRAW -> new RecordedEvent.Draw(nanos, drawable(store));
            case QxlCommandType.UPDATE -> update(nanos);
            case QxlCommandType.CURSOR -> cursor(nanos, store);
            case QxlCommandType.MESSAGE -> new RecordedEvent.Message(nanos, binary("message", Kind.MESSAGE, store));
            case QxlCommandType.SURFACE -> surface(nanos, store);
            default -> throw input.malformed("command type " + type, "one from 0 to 5");
        };
    }

    private RecordedEvent update(long nanos) throws IOException {
        heading("update");
        Rect area = rect("area");
        int id = i32("update_id");
        return new RecordedEvent.Update(nanos, area, id, i32("surface_id"));
    }

    private RecordedEvent surface(long nanos, BlobStore store) throws IOException {
        heading("surface_cmd");
        int surface = i32("surface_id");
        int type = u8("type");
        int flags = i32("flags");
        if (type == QxlFlags.SURFACE_DESTROY) {
            return new RecordedEvent.SurfaceDestroy(nanos, surface, flags);
        }
        if (type != QxlFlags.SURFACE_CREATE) {
            throw input.malformed("surface command type " + type, "0 or 1");
        }
        int format = i32("u.surface_create.format");
        int width = i32("u.surface_create.width");
        int height = i32("u.surface_create.height");
        int stride = i32("u.surface_create.stride");
        Blob data = (flags & QxlFlags.SURFACE_KEEP_DATA) == 0 ? null : binary("data", Kind.SURFACE, store);
        long expected = Math.abs((long) stride) * height;
        if (data != null && data.bytes().byteSize() != expected) {
            throw input.malformed(data.bytes().byteSize() + " bytes of a surface", String.valueOf(expected));
        }
        return new RecordedEvent.SurfaceCreate(nanos, surface, flags, format, width, height, stride, data);
    }

    private RecordedEvent cursor(long nanos, BlobStore store) throws IOException {
        heading("cursor_cmd");
        int type = u8("type");
        return switch (type) {
            case QxlFlags.CURSOR_SET -> cursorSet(nanos, store);
            case QxlFlags.CURSOR_MOVE -> cursorMove(nanos);
            case QxlFlags.CURSOR_HIDE -> new RecordedEvent.CursorHide(nanos);
            case QxlFlags.CURSOR_TRAIL -> cursorTrail(nanos);
            default -> throw input.malformed("cursor command type " + type, "one from 0 to 3");
        };
    }

    private RecordedEvent cursorSet(long nanos, BlobStore store) throws IOException {
        Point position = point("point16", Short.MIN_VALUE, Short.MAX_VALUE);
        int visible = u8("u.set.visible");
        long unique = u64("header.unique");
        int type = u16("header.type");
        int width = u16("header.width");
        int height = u16("header.height");
        int hotSpotX = u16("header.hot_spot_x");
        int hotSpotY = u16("header.hot_spot_y");
        int size = i32("data_size");
        Chunks data = chunks("cursor", Kind.CURSOR, store);
        return new RecordedEvent.CursorSet(
                nanos,
                position.x(),
                position.y(),
                visible,
                unique,
                type,
                width,
                height,
                hotSpotX,
                hotSpotY,
                size,
                data);
    }

    private RecordedEvent cursorMove(long nanos) throws IOException {
        Point to = point("point16", Short.MIN_VALUE, Short.MAX_VALUE);
        return new RecordedEvent.CursorMove(nanos, to.x(), to.y());
    }

    private RecordedEvent cursorTrail(long nanos) throws IOException {
        int length = u16("u.trail.length");
        return new RecordedEvent.CursorTrail(nanos, length, u16("u.trail.frequency"));
    }

    // ---- drawables

    private Drawable drawable(BlobStore store) throws IOException {
        heading("drawable");
        Rect box = rect("bbox");
        ClipRects clip = clip(store);
        int effect = u8("effect");
        int mmTime = i32("mm_time");
        int selfBitmap = u8("self_bitmap");
        Rect selfBitmapArea = rect("self_bitmap_area");
        int surface = i32("surface_id");
        List<Dependency> dependencies = new ArrayList<>();
        for (int i = 0; i < QxlDrawable.SURFACES_DEST.count(); i++) {
            int source = i32("surfaces_dest");
            dependencies.add(new Dependency(source, rect("surfaces_rects")));
        }
        int type = u8("type");
        Operation operation = operation(type, store);
        return new Drawable(
                box, clip, effect, mmTime, selfBitmap, selfBitmapArea, surface, dependencies, type, operation);
    }

    private @Nullable ClipRects clip(BlobStore store) throws IOException {
        int type = i32("type");
        if (type == QxlFlags.CLIP_NONE) {
            return null;
        }
        if (type != QxlFlags.CLIP_RECTS) {
            throw input.malformed("clip type " + type, "0 or 1");
        }
        int count = (int) value("num_rects", 0, MAX_BLOB_BYTES / QxlRect.STRUCT.size());
        Chunks data = chunks("clip_rects", Kind.CLIP_RECTS, store);
        if (data.bytes() != count * QxlRect.STRUCT.size()) {
            throw input.malformed(data.bytes() + " bytes of clip rectangles", count + " rectangles of 16 bytes");
        }
        return new ClipRects(count, data);
    }

    private Operation operation(int type, BlobStore store) throws IOException {
        return switch (type) {
            case QxlDrawType.NOP -> new Operation.Nop();
            case QxlDrawType.FILL -> fill(store);
            case QxlDrawType.OPAQUE -> opaque(store);
            case QxlDrawType.COPY, QxlDrawType.BLEND -> copy(store);
            case QxlDrawType.COPY_BITS -> new Operation.CopyBits(point());
            case QxlDrawType.BLACKNESS, QxlDrawType.WHITENESS, QxlDrawType.INVERS -> new Operation.Masked(mask(store));
            case QxlDrawType.ROP3 -> rop3(store);
            case QxlDrawType.STROKE -> stroke(store);
            case QxlDrawType.TEXT -> text(store);
            case QxlDrawType.TRANSPARENT -> transparent(store);
            case QxlDrawType.ALPHA_BLEND -> alphaBlend(store);
            case QxlDrawType.COMPOSITE -> composite(store);
            default -> throw input.malformed("draw type " + type, "one from 0 to 14");
        };
    }

    private Operation fill(BlobStore store) throws IOException {
        Brush brush = brush(store);
        int rop = u16("rop_descriptor");
        return new Operation.Fill(brush, rop, mask(store));
    }

    private Operation opaque(BlobStore store) throws IOException {
        Image image = image(store);
        Rect area = rect("src_area");
        Brush brush = brush(store);
        int rop = u16("rop_descriptor");
        int scale = u8("scale_mode");
        return new Operation.Opaque(image, area, brush, rop, scale, mask(store));
    }

    private Operation copy(BlobStore store) throws IOException {
        Image image = image(store);
        Rect area = rect("src_area");
        int rop = u16("rop_descriptor");
        int scale = u8("scale_mode");
        return new Operation.Copy(image, area, rop, scale, mask(store));
    }

    private Operation rop3(BlobStore store) throws IOException {
        Image image = image(store);
        Rect area = rect("src_area");
        Brush brush = brush(store);
        int rop = u8("rop3");
        int scale = u8("scale_mode");
        return new Operation.Rop3(image, area, brush, rop, scale, mask(store));
    }

    private Operation stroke(BlobStore store) throws IOException {
        Chunks path = chunks("path", Kind.PATH, store);
        int flags = u8("attr.flags");
        int count = 0;
        Blob style = null;
        if ((flags & QxlFlags.LINE_STYLED) != 0) {
            count = u8("attr.style_nseg");
            style = binary("style", Kind.STYLE, store);
            if (style.bytes().byteSize() != (long) count * Integer.BYTES) {
                throw input.malformed(style.bytes().byteSize() + " bytes of dashes", count + " dashes of 4 bytes");
            }
        }
        Brush brush = brush(store);
        int fore = u16("fore_mode");
        return new Operation.Stroke(path, flags, count, style, brush, fore, u16("back_mode"));
    }

    private Operation text(BlobStore store) throws IOException {
        int size = i32("data_size");
        int length = u16("length");
        int flags = u16("flags");
        Chunks glyphs = chunks("string", Kind.STRING, store);
        Rect back = rect("back_area");
        Brush foreBrush = brush(store);
        Brush backBrush = brush(store);
        int fore = u16("fore_mode");
        return new Operation.Text(size, length, flags, glyphs, back, foreBrush, backBrush, fore, u16("back_mode"));
    }

    private Operation transparent(BlobStore store) throws IOException {
        Image image = image(store);
        Rect area = rect("src_area");
        int color = i32("src_color");
        return new Operation.Transparent(image, area, color, i32("true_color"));
    }

    private Operation alphaBlend(BlobStore store) throws IOException {
        int flags = u16("alpha_flags");
        int alpha = u8("alpha");
        Image image = image(store);
        return new Operation.AlphaBlend(flags, alpha, image, rect("src_area"));
    }

    private Operation composite(BlobStore store) throws IOException {
        int flags = i32("flags");
        Image source = image(store);
        Blob sourceTransform = flag("src_transform") ? transform(store) : null;
        Image mask = flag("mask") ? image(store) : null;
        Blob maskTransform = flag("mask_transform") ? transform(store) : null;
        Point sourceOrigin = point("src_origin", Short.MIN_VALUE, Short.MAX_VALUE);
        Point maskOrigin = point("mask_origin", Short.MIN_VALUE, Short.MAX_VALUE);
        return new Operation.Composite(flags, source, sourceTransform, mask, maskTransform, sourceOrigin, maskOrigin);
    }

    private Blob transform(BlobStore store) throws IOException {
        Blob transform = binary("transform", Kind.TRANSFORM, store);
        if (transform.bytes().byteSize() != QxlTransform.STRUCT.size()) {
            throw input.malformed(transform.bytes().byteSize() + " bytes of a matrix", QxlTransform.STRUCT.size() + "");
        }
        return transform;
    }

    // ---- parts of drawables

    private Brush brush(BlobStore store) throws IOException {
        int type = i32("type");
        return switch (type) {
            case QxlFlags.BRUSH_SOLID -> new Brush.Solid(i32("u.color"));
            case QxlFlags.BRUSH_PATTERN -> {
                Image image = image(store);
                yield new Brush.Pattern(image, point());
            }
            default -> new Brush.None(type);
        };
    }

    private Mask mask(BlobStore store) throws IOException {
        int flags = u8("flags");
        Point position = point();
        return new Mask(flags, position, image(store));
    }

    private @Nullable Image image(BlobStore store) throws IOException {
        if (!flag("image")) {
            return null;
        }
        long id = u64("descriptor.id");
        int type = u8("descriptor.type");
        int flags = u8("descriptor.flags");
        int width = i32("descriptor.width");
        int height = i32("descriptor.height");
        ImageBody body = switch (type) {
            case QxlFlags.IMAGE_BITMAP -> bitmap(store);
            case QxlFlags.IMAGE_SURFACE -> new ImageBody.Surface(i32("surface_image.surface_id"));
            case QxlFlags.IMAGE_QUIC -> quic(store);
            default -> throw input.malformed("image type " + type, "0, 1 or 104");
        };
        return new Image(id, type, flags, width, height, body);
    }

    private ImageBody bitmap(BlobStore store) throws IOException {
        int format = u8("bitmap.format");
        int flags = u8("bitmap.flags");
        int x = i32("bitmap.x");
        int y = i32("bitmap.y");
        int stride = i32("bitmap.stride");
        Palette palette = flag("has_palette") ? palette() : null;
        boolean direct = (flags & QxlFlags.BITMAP_DIRECT) != 0;
        Blob pixels = direct ? binary("image_data_flat", Kind.PIXELS, store) : null;
        Chunks chunks = direct ? null : chunks("bitmap.data", Kind.CHUNK, store);
        return new ImageBody.Bitmap(format, flags, x, y, stride, palette, pixels, chunks);
    }

    private ImageBody quic(BlobStore store) throws IOException {
        int size = i32("quic.data_size");
        return new ImageBody.Quic(size, chunks("quic.data", Kind.QUIC, store));
    }

    private Palette palette() throws IOException {
        int count = u16("qp.num_ents");
        long unique = u64("unique");
        List<Integer> entries = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            entries.add(i32("ents"));
        }
        return new Palette(unique, entries);
    }

    // ---- lines and blobs

    private void heading(String word) throws IOException {
        input.line('\n');
        input.word(word);
        input.end();
    }

    private long value(String key, long lowest, long highest) throws IOException {
        input.line('\n');
        input.word(key);
        long value = input.integer(lowest, highest);
        input.end();
        return value;
    }

    /** 32 bits; the recorder prints unsigned ones as signed. */
    private int i32(String key) throws IOException {
        return (int) value(key, Integer.MIN_VALUE, MAX_U32);
    }

    private int integer32() throws IOException {
        return (int) input.integer(Integer.MIN_VALUE, MAX_U32);
    }

    private int u16(String key) throws IOException {
        return (int) value(key, 0, MAX_U16);
    }

    private int u8(String key) throws IOException {
        return (int) value(key, 0, MAX_U8);
    }

    private boolean flag(String key) throws IOException {
        return value(key, 0, 1) == 1;
    }

    private long u64(String key) throws IOException {
        input.line('\n');
        input.word(key);
        long value = input.unsigned();
        input.end();
        return value;
    }

    private Rect rect(String name) throws IOException {
        input.line('\n');
        input.word("rect");
        input.next(name);
        int top = integer32();
        int left = integer32();
        int bottom = integer32();
        int right = integer32();
        input.end();
        return new Rect(top, left, bottom, right);
    }

    private Point point() throws IOException {
        return point("point", Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    private Point point(String key, long lowest, long highest) throws IOException {
        input.line('\n');
        input.word(key);
        int x = (int) input.integer(lowest, highest);
        int y = (int) input.integer(lowest, highest);
        input.end();
        return new Point(x, y);
    }

    private Chunks chunks(String name, Kind first, BlobStore store) throws IOException {
        input.line('\n');
        input.word("data_chunks");
        int extra = (int) input.integer(0, MAX_CHUNKS);
        int total = (int) input.integer(0, MAX_BLOB_BYTES);
        input.end();
        List<Blob> pieces = new ArrayList<>(Math.min(extra + 1, 16));
        long bytes = 0;
        for (int i = 0; i <= extra; i++) {
            Blob piece = binary(name, i == 0 ? first : Kind.CHUNK, store);
            pieces.add(piece);
            bytes += piece.bytes().byteSize();
        }
        if (bytes != total) {
            throw input.malformed(bytes + " bytes in chunks", total + " bytes");
        }
        return new Chunks(pieces, total);
    }

    private Blob binary(String name, Kind kind, BlobStore store) throws IOException {
        input.line(':');
        input.word("binary");
        boolean packed = input.integer(0, 1) == 1;
        input.next(name);
        int size = (int) input.integer(0, MAX_BLOB_BYTES);
        int packedSize = packed ? (int) input.integer(0, MAX_BLOB_BYTES) : 0;
        input.end();
        Blob blob = room(kind, size, store);
        if (packed) {
            input.zlib(packedSize, blob.bytes());
        } else {
            input.bytes(blob.bytes());
        }
        return blob;
    }

    private Blob room(Kind kind, int size, BlobStore store) throws IOException {
        try {
            return store.store(kind, size);
        } catch (RecordingException e) {
            throw e;
        } catch (IOException e) {
            throw input.malformed(String.valueOf(e.getMessage()), "room for it");
        }
    }

    /** An error that names the event just read. */
    RecordingException malformed(String got, String expected) {
        return input.malformed(got, expected);
    }
}
