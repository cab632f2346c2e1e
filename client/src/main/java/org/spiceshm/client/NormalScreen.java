package org.spiceshm.client;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.Outcome;
import org.spiceshm.canvas.Region;
import org.spiceshm.canvas.Surface;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.DrawMessage;
import org.spiceshm.protocol.spice.StreamMessage;

/**
 * The screen in normal mode: the server's surfaces, and what is drawn on them. A drawing that fails is a fault of its
 * {@link Layer}. Guarded by the display's lock.
 */
final class NormalScreen {
    /** All surfaces together. */
    static final long MAX_SURFACE_BYTES = 1L << 31;

    static final int MAX_SURFACES = 16384;

    private static final int RESOURCE_PIXMAP = 1;
    private static final int ROP_PUT = 8;

    private final Map<Integer, Layer> layers = new HashMap<>();
    private final ImageLoader images =
            new ImageLoader(id -> layer("SurfaceData", id).surface());
    private final DrawingPainter painter = new DrawingPainter(images);
    private final VideoStreams streams = new VideoStreams(painter);
    private long surfaceBytes;
    private @Nullable Layer primary;

    // Counters.
    private long draws;
    private long undrawnDraws;

    /** What a drawing changed of the primary; null if nothing. */
    @Nullable
    Rect draw(DrawMessage message) throws MalformedMessageException {
        draws++;
        Layer layer = layer("DisplayBase", message.base().surfaceId());
        Outcome outcome = painter.draw(layer.surface(), message);
        judge(layer, message, outcome);
        return changed(layer);
    }

    private @Nullable Rect changed(Layer layer) {
        Region region = painter.region();
        if (layer != primary || region.isEmpty()) {
            return null;
        }
        return new Rect(region.extentTop(), region.extentLeft(), region.extentBottom(), region.extentRight());
    }

    /** Makes a surface; one of the same id is gone. A primary like the one that there is changes nothing. */
    void create(DisplayServerMessage.SurfaceCreate create) throws MalformedMessageException {
        boolean isPrimary = (create.flags() & DisplayServerMessage.SurfaceCreate.PRIMARY) != 0;
        if (isPrimary && primary != null && isLike(primary, create)) {
            return;
        }
        remove(create.surfaceId());
        checkSize(create, isPrimary);
        Layer layer = new Layer(create);
        layers.put(create.surfaceId(), layer);
        surfaceBytes += layer.bytes();
        if (isPrimary) {
            primary = layer;
        }
    }

    private static boolean isLike(Layer layer, DisplayServerMessage.SurfaceCreate create) {
        Surface surface = layer.surface();
        return layer.id() == create.surfaceId()
                && surface.format() == create.format()
                && surface.widthPixels() == create.width()
                && surface.heightPixels() == create.height();
    }

    private void checkSize(DisplayServerMessage.SurfaceCreate create, boolean isPrimary)
            throws MalformedMessageException {
        long bytes = (long) create.format().rowBytes(create.width()) * create.height();
        check("width", create.width() <= Surface.MAX_SIZE_PIXELS, create.width(), "at most " + Surface.MAX_SIZE_PIXELS);
        check(
                "height",
                create.height() <= Surface.MAX_SIZE_PIXELS,
                create.height(),
                "at most " + Surface.MAX_SIZE_PIXELS);
        check("surface_id", layers.size() < MAX_SURFACES, layers.size(), "at most " + MAX_SURFACES + " surfaces");
        check("height", bytes <= MAX_SURFACE_BYTES - surfaceBytes, bytes + " bytes more", "fewer in all surfaces");
        if (isPrimary) {
            check(
                    "height",
                    (long) create.width() * create.height() <= Primary.MAX_PIXELS,
                    create.height(),
                    "at most " + Primary.MAX_PIXELS + " pixels");
        }
    }

    private static void check(String field, boolean holds, Object got, String expected)
            throws MalformedMessageException {
        if (!holds) {
            throw new MalformedMessageException("SURFACE_CREATE", field, "got " + got + ", expected " + expected);
        }
    }

    /** Whether there was such a surface; it is gone. */
    boolean remove(int surfaceId) {
        Layer layer = layers.remove(surfaceId);
        if (layer == null) {
            return false;
        }
        if (layer == primary) {
            primary = null;
        }
        surfaceBytes -= layer.bytes();
        layer.close();
        return true;
    }

    /** Everything that there is. */
    Collection<Layer> layers() {
        return layers.values();
    }

    /** The primary, or null. */
    @Nullable
    Layer primaryLayer() {
        return primary;
    }

    /** The primary, for readers. */
    @Nullable
    Primary primary(long serial) {
        if (primary == null) {
            return null;
        }
        Surface surface = primary.surface();
        return new Primary(
                serial,
                primary.id(),
                surface.widthPixels(),
                surface.heightPixels(),
                surface.format(),
                surface.memory(),
                surface.offset(),
                surface.strideBytes(),
                null);
    }

    /** The server says that the primary may be shown. */
    void mark(long nowNanos) {
        if (primary != null) {
            primary.mark(nowNanos);
        }
    }

    /** When the primary is, or was, whole; see {@link Layer#wholeAtNanos}. */
    @Nullable
    Long wholeAtNanos(long graceNanos) {
        return primary == null ? null : primary.wholeAtNanos(graceNanos);
    }

    /** Why the primary's picture is wrong, or null. */
    @Nullable
    String fault() {
        if (primary == null) {
            return null;
        }
        if (primary.fault() == null && streams.hides(primary.id())) {
            return "a video stream covers a part of the screen";
        }
        return primary.fault();
    }

    /** RESET: an empty screen, and no palettes; pictures stay cached. */
    void reset() {
        images.cache().clearPalettes();
        if (primary != null) {
            primary.reset();
        }
    }

    void forgetImages(List<DisplayServerMessage.Resource> resources) {
        for (DisplayServerMessage.Resource resource : resources) {
            if (resource.resourceType() == RESOURCE_PIXMAP) {
                images.cache().release(resource.id());
            }
        }
    }

    void forgetImages() {
        images.cache().clearImages();
    }

    void forgetPalette(long id) {
        images.cache().removePalette(id);
    }

    void forgetPalettes() {
        images.cache().clearPalettes();
    }

    /** What a stream's message changed of the primary; null if nothing. */
    @Nullable
    Rect stream(StreamMessage message) throws MalformedMessageException {
        switch (message) {
            case StreamMessage.Create create -> streams.create(create);
            case StreamMessage.Destroy(int id) -> streams.destroy(id);
            case StreamMessage.DestroyAll() -> streams.destroyAll();
            case StreamMessage.ClipTo clipTo -> streams.clip(clipTo);
            case StreamMessage.ActivateReport report -> {}
            case StreamMessage.Data data -> {
                Integer surface = streams.surfaceOf(data.id());
                if (surface != null) {
                    Layer layer = layer("STREAM_CREATE", surface);
                    return frameDrawn(layer, streams.draw(layer.surface(), data));
                }
            }
            case StreamMessage.DataSized data -> {
                Integer surface = streams.surfaceOf(data.id());
                if (surface != null) {
                    Layer layer = layer("STREAM_CREATE", surface);
                    return frameDrawn(layer, streams.draw(layer.surface(), data));
                }
            }
        }
        return null;
    }

    private @Nullable Rect frameDrawn(Layer layer, Outcome outcome) {
        draws++;
        if (outcome == Outcome.DRAWN) {
            layer.drawn(coversAll(layer.surface()), null);
        }
        return changed(layer);
    }

    /** All surfaces are gone. */
    void close() {
        primary = null;
        layers.values().forEach(Layer::close);
        layers.clear();
        surfaceBytes = 0;
        images.close();
    }

    long draws() {
        return draws;
    }

    long undecodedImages() {
        return images.undecoded();
    }

    long undrawnDraws() {
        return undrawnDraws;
    }

    long streams() {
        return streams.created();
    }

    private Layer layer(String struct, int id) throws MalformedMessageException {
        Layer layer = layers.get(id);
        if (layer == null) {
            throw new MalformedMessageException(
                    struct, "surface_id", "got " + id + ", expected a surface that was created");
        }
        return layer;
    }

    private void judge(Layer layer, DrawMessage message, Outcome outcome) {
        switch (outcome) {
            case DRAWN -> layer.drawn(coversAll(layer.surface(), message), sourceFault(message));
            case NOTHING -> {}
            case UNSUPPORTED, INVALID -> {
                Region region = painter.region();
                if (!region.isEmpty() || !region.isValid()) {
                    undrawnDraws++;
                    String fault = images.fault();
                    String why =
                            fault != null ? fault : outcome == Outcome.INVALID ? "contradicts itself" : "not drawn";
                    layer.failed(message.getClass().getSimpleName() + ": " + why);
                }
            }
        }
    }

    private boolean coversAll(Surface surface) {
        Region region = painter.region();
        return region.count() == 1
                && region.extentTop() == 0
                && region.extentLeft() == 0
                && region.extentBottom() == surface.heightPixels()
                && region.extentRight() == surface.widthPixels();
    }

    private boolean coversAll(Surface surface, DrawMessage message) {
        return coversAll(surface)
                && switch (message) {
                    case DrawMessage.Fill draw ->
                        draw.rop() == ROP_PUT && draw.mask().bitmap() == null;
                    case DrawMessage.Copy draw ->
                        draw.rop() == ROP_PUT && draw.mask().bitmap() == null;
                    case DrawMessage.Blend draw ->
                        draw.rop() == ROP_PUT && draw.mask().bitmap() == null;
                    case DrawMessage.Blackness draw -> draw.mask().bitmap() == null;
                    case DrawMessage.Whiteness draw -> draw.mask().bitmap() == null;
                    default -> false;
                };
    }

    /** The fault of what a drawing was drawn from, or null. */
    private @Nullable String sourceFault(DrawMessage message) {
        return switch (message) {
            case DrawMessage.Copy draw -> fault(draw.source());
            case DrawMessage.Blend draw -> fault(draw.source());
            case DrawMessage.Opaque draw -> firstOf(fault(draw.source()), fault(draw.brush()));
            case DrawMessage.Rop3 draw -> firstOf(fault(draw.source()), fault(draw.brush()));
            case DrawMessage.Transparent draw -> fault(draw.source());
            case DrawMessage.AlphaBlend draw -> fault(draw.source());
            case DrawMessage.Composite draw -> firstOf(fault(draw.source()), fault(draw.mask()));
            case DrawMessage.Fill draw -> fault(draw.brush());
            case DrawMessage.Stroke draw -> fault(draw.brush());
            case DrawMessage.Text draw -> firstOf(fault(draw.foreBrush()), fault(draw.backBrush()));
            case DrawMessage.CopyBits draw -> null;
            case DrawMessage.Blackness draw -> null;
            case DrawMessage.Whiteness draw -> null;
            case DrawMessage.Invers draw -> null;
        };
    }

    private static @Nullable String firstOf(@Nullable String one, @Nullable String other) {
        return one != null ? one : other;
    }

    private @Nullable String fault(org.spiceshm.protocol.spice.Brush brush) {
        return brush instanceof org.spiceshm.protocol.spice.Brush.Pattern(var image, var origin) ? fault(image) : null;
    }

    private @Nullable String fault(org.spiceshm.protocol.spice.@Nullable Image picture) {
        if (picture instanceof org.spiceshm.protocol.spice.Image.Surface(var descriptor, int id)) {
            Layer from = layers.get(id);
            return from == null ? null : from.fault();
        }
        return null;
    }
}
