package org.spiceshm.guestdriver;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiceshm.guestdriver.BlobStore.Blob;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.spice.Point;

/** One event of a recording. {@code nanos} is the recorder's clock; integers are as in the QXL structs. */
public sealed interface RecordedEvent {
    /** The recorder's clock. */
    long nanos();

    /** A message to the recorder's worker that carries nothing. */
    record WorkerMessage(long nanos, int type) implements RecordedEvent {}

    /** A primary was made; {@code data} starts at the lowest address, and is null if the recorder refused it. */
    record PrimaryCreate(long nanos, int type, @Nullable PrimarySurface surface) implements RecordedEvent {}

    /** A ring item of type NOP. */
    record Nothing(long nanos) implements RecordedEvent {}

    /** A drawing. */
    record Draw(long nanos, Drawable drawable) implements RecordedEvent {}

    /** An update command. */
    record Update(long nanos, Rect area, int updateId, int surfaceId) implements RecordedEvent {}

    /** A text for the log. */
    record Message(long nanos, Blob text) implements RecordedEvent {}

    /** A surface is made; {@code data} is null without KEEP_DATA. */
    record SurfaceCreate(
            long nanos,
            int surfaceId,
            int flags,
            int format,
            int width,
            int height,
            int stride,
            @Nullable Blob data) implements RecordedEvent {}

    /** A surface goes. */
    record SurfaceDestroy(long nanos, int surfaceId, int flags) implements RecordedEvent {}

    /** The pointer gets a shape. */
    record CursorSet(
            long nanos,
            int x,
            int y,
            int visible,
            long unique,
            int type,
            int width,
            int height,
            int hotSpotX,
            int hotSpotY,
            int dataSize,
            Chunks data)
            implements RecordedEvent {}

    /** The pointer moves. */
    record CursorMove(long nanos, int x, int y) implements RecordedEvent {}

    /** The pointer goes. */
    record CursorHide(long nanos) implements RecordedEvent {}

    /** The pointer gets a trail. */
    record CursorTrail(long nanos, int length, int frequency) implements RecordedEvent {}

    /** Parameters and pixels of a primary. */
    record PrimarySurface(
            int width,
            int height,
            int stride,
            int format,
            int position,
            int mouseMode,
            int flags,
            int type,
            Blob data) {}

    /** Bytes in the pieces in which they were recorded; at least one. */
    record Chunks(List<Blob> pieces, int bytes) {}

    /** What all drawings have; {@code clip} is null without clip rectangles. */
    record Drawable(
            Rect box,
            @Nullable ClipRects clip,
            int effect,
            int mmTime,
            int selfBitmap,
            Rect selfBitmapArea,
            int surfaceId,
            List<Dependency> dependencies,
            int type,
            Operation operation) {}

    /** Clip rectangles, as raw QXLRects. */
    record ClipRects(int count, Chunks data) {}

    /** A surface that is read; -1 for none. */
    record Dependency(int surfaceId, Rect area) {}

    /** What is drawn. */
    sealed interface Operation {
        /** NOP. */
        record Nop() implements Operation {}

        /** FILL. */
        record Fill(Brush brush, int rop, Mask mask) implements Operation {}

        /** OPAQUE. */
        record Opaque(@Nullable Image image, Rect area, Brush brush, int rop, int scaleMode, Mask mask)
                implements Operation {}

        /** COPY and BLEND. */
        record Copy(@Nullable Image image, Rect area, int rop, int scaleMode, Mask mask) implements Operation {}

        /** COPY_BITS. */
        record CopyBits(Point source) implements Operation {}

        /** BLACKNESS, WHITENESS and INVERS. */
        record Masked(Mask mask) implements Operation {}

        /** ROP3. */
        record Rop3(@Nullable Image image, Rect area, Brush brush, int rop3, int scaleMode, Mask mask)
                implements Operation {}

        /** STROKE. */
        record Stroke(
                Chunks path,
                int lineFlags,
                int styleCount,
                @Nullable Blob style,
                Brush brush,
                int foreMode,
                int backMode)
                implements Operation {}

        /** TEXT. */
        record Text(
                int dataSize,
                int length,
                int flags,
                Chunks glyphs,
                Rect backArea,
                Brush foreBrush,
                Brush backBrush,
                int foreMode,
                int backMode)
                implements Operation {}

        /** TRANSPARENT. */
        record Transparent(@Nullable Image image, Rect area, int sourceColor, int trueColor) implements Operation {}

        /** ALPHA_BLEND. */
        record AlphaBlend(int flags, int alpha, @Nullable Image image, Rect area) implements Operation {}

        /** COMPOSITE. */
        record Composite(
                int flags,
                @Nullable Image source,
                @Nullable Blob sourceTransform,
                @Nullable Image mask,
                @Nullable Blob maskTransform,
                Point sourceOrigin,
                Point maskOrigin)
                implements Operation {}
    }

    /** A brush. */
    sealed interface Brush {
        /** None, or one of an unknown type, which draws nothing in the recorder either. */
        record None(int type) implements Brush {}

        /** One colour. */
        record Solid(int color) implements Brush {}

        /** A tile. */
        record Pattern(@Nullable Image image, Point position) implements Brush {}
    }

    /** A mask; without image, none. */
    record Mask(int flags, Point position, @Nullable Image image) {}

    /** An image. */
    record Image(long id, int type, int flags, int width, int height, ImageBody body) {}

    /** What the image's type says. */
    sealed interface ImageBody {
        /** Pixels; in one piece if {@code direct} is not null, else in chunks. */
        record Bitmap(
                int format,
                int flags,
                int x,
                int y,
                int stride,
                @Nullable Palette palette,
                @Nullable Blob direct,
                @Nullable Chunks chunks)
                implements ImageBody {}

        /** A surface's pixels. */
        record Surface(int surfaceId) implements ImageBody {}

        /** QUIC data. */
        record Quic(int dataSize, Chunks data) implements ImageBody {}
    }

    /** A palette. */
    record Palette(long unique, List<Integer> entries) {}
}
