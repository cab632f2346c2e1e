package org.spiceshm.client;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.Image;
import org.spiceshm.canvas.Outcome;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.canvas.Surface;
import org.spiceshm.canvas.codec.JpegDecoder;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.spice.Clip;
import org.spiceshm.protocol.spice.StreamMessage;

/**
 * The video streams of a display. Those of MJPEG are drawn, frame by frame as they come; where one of another codec is,
 * the picture is not what it should be, and says so. Guarded by the display's lock.
 */
final class VideoStreams {
    private static final int CODEC_MJPEG = 1;
    private static final int TOP_DOWN = 1;

    private final StreamMessage.@Nullable Create[] streams = new StreamMessage.Create[StreamMessage.MAX_STREAMS];
    private final Clip[] clips = new Clip[StreamMessage.MAX_STREAMS];
    private final DrawingPainter painter;
    private final JpegDecoder jpeg = new JpegDecoder();
    private final Pixmap frame = new Pixmap();
    private final Image picture = new Image();
    private long created;

    VideoStreams(DrawingPainter painter) {
        this.painter = painter;
    }

    /** Streams so far. */
    long created() {
        return created;
    }

    /** Whether a stream that cannot be drawn goes to that surface. */
    boolean hides(int surfaceId) {
        for (StreamMessage.Create stream : streams) {
            if (stream != null && stream.surfaceId() == surfaceId && stream.codec() != CODEC_MJPEG) {
                return true;
            }
        }
        return false;
    }

    void create(StreamMessage.Create create) {
        created++;
        streams[create.id()] = create;
        clips[create.id()] = create.clip();
    }

    void clip(StreamMessage.ClipTo message) {
        clips[message.id()] = message.clip();
    }

    void destroy(int id) {
        streams[id] = null;
    }

    void destroyAll() {
        for (int id = 0; id < streams.length; id++) {
            destroy(id);
        }
    }

    /** The surface that a stream's frames go to; null if there is no such stream, or it cannot be drawn. */
    @Nullable
    Integer surfaceOf(int id) {
        StreamMessage.Create stream = streams[id];
        return stream == null || stream.codec() != CODEC_MJPEG ? null : stream.surfaceId();
    }

    /** Draws a frame of a stream that {@link #surfaceOf} knows. */
    Outcome draw(Surface target, StreamMessage.Data message) throws MalformedMessageException {
        StreamMessage.Create stream = stream(message.id());
        return draw(target, stream, stream.target(), stream.streamWidth(), stream.streamHeight(), message.data());
    }

    /** As above, for a frame that tells its size and place. */
    Outcome draw(Surface target, StreamMessage.DataSized message) throws MalformedMessageException {
        StreamMessage.Create stream = stream(message.id());
        return draw(target, stream, message.target(), message.width(), message.height(), message.data());
    }

    private StreamMessage.Create stream(int id) {
        StreamMessage.Create stream = streams[id];
        if (stream == null) {
            throw new IllegalStateException("stream " + id + " does not exist");
        }
        return stream;
    }

    private Outcome draw(
            Surface target, StreamMessage.Create stream, Rect box, int width, int height, MemorySegment data)
            throws MalformedMessageException {
        jpeg.decode(data, width, height, frame);
        if ((stream.flags() & TOP_DOWN) == 0) {
            flip(frame);
        }
        picture.ofPixmap(frame);
        Outcome outcome = painter.drawFrame(target, box, clips[stream.id()], picture);
        picture.none();
        return outcome;
    }

    private static void flip(Pixmap pixmap) {
        int width = pixmap.widthPixels();
        int[] pixels = pixmap.pixels();
        int[] row = new int[width];
        for (int top = 0, bottom = pixmap.heightPixels() - 1; top < bottom; top++, bottom--) {
            System.arraycopy(pixels, top * width, row, 0, width);
            System.arraycopy(pixels, bottom * width, pixels, top * width, width);
            System.arraycopy(row, 0, pixels, bottom * width, width);
        }
    }
}
