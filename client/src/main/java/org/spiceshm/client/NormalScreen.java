package org.spiceshm.client;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.Brush;
import org.spiceshm.canvas.Canvas;
import org.spiceshm.canvas.CompositeParameters;
import org.spiceshm.canvas.Image;
import org.spiceshm.canvas.Mask;
import org.spiceshm.canvas.Outcome;
import org.spiceshm.canvas.Region;
import org.spiceshm.canvas.Surface;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.spice.Clip;
import org.spiceshm.protocol.spice.DisplayBase;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.DrawMessage;
import org.spiceshm.protocol.spice.Palette;
import org.spiceshm.protocol.spice.PaletteRef;
import org.spiceshm.protocol.spice.QMask;
import org.spiceshm.protocol.spice.StreamMessage;
import org.spiceshm.protocol.spice.SurfaceFormat;
import org.spiceshm.protocol.spice.Transform;

/**
 * The screen in normal mode: the server's surfaces and caches, and the drawing on them.
 *
 * <p>What cannot be drawn is never passed over in silence: the surface has a <em>fault</em> from then on, which spreads
 * to what is copied from it, until something covers all of it.
 *
 * <p>Guarded by the display's lock.
 */
final class NormalScreen {
    /** All surfaces together. */
    static final long MAX_SURFACE_BYTES = 1L << 31;

    static final int MAX_SURFACES = 16384;

    /** What the server is told that it may cache, in pixels: 80 MiB. */
    static final long CACHE_PIXELS = 20L << 20;

    private static final long MAX_CACHE_BYTES = 8 * CACHE_PIXELS;
    private static final int MAX_CACHED_PALETTES = 4096;
    private static final int RESOURCE_PIXMAP = 1;
    private static final int ROP_PUT = 8;
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    private final Map<Integer, Layer> layers = new HashMap<>();
    private final Map<Long, org.spiceshm.protocol.spice.Image.Bitmap> cachedImages = new HashMap<>();
    private final Set<Long> undecodedCached = new HashSet<>();
    private final Map<Long, Palette> cachedPalettes = new HashMap<>();
    private final Map<Integer, Integer> streamSurfaces = new HashMap<>();
    private long surfaceBytes;
    private long cacheBytes;

    private final Canvas canvas = new Canvas();
    private final Region region = new Region();
    private final Image source = new Image();
    private final Image maskImage = new Image();
    private final Brush brush = new Brush();
    private final Mask mask = new Mask();
    private final CompositeParameters composite = new CompositeParameters();
    private int[] clip = new int[64];
    private int[] colors = new int[256];
    /** Why the drawing at hand would come out wrong. */
    private @Nullable String fault;

    private @Nullable Layer primary;

    // Counters.
    private long draws;
    private long undecodedImages;
    private long undrawnDraws;
    private long streams;

    /** A surface and what is known about its picture. */
    private static final class Layer {
        private final int id;
        private final Arena arena;
        private final Surface surface;
        private @Nullable String fault;
        private boolean drawn;
        private boolean covered;
        private long markedNanos;
        private boolean marked;

        private Layer(int id, Arena arena, Surface surface) {
            this.id = id;
            this.arena = arena;
            this.surface = surface;
        }

        private long bytes() {
            return surface.memory().byteSize();
        }
    }

    /** What a drawing changed of the primary; null if nothing. */
    @Nullable
    Rect draw(DrawMessage message) throws MalformedMessageException {
        draws++;
        Layer layer = layer(message.base());
        setRegion(layer.surface, message.base());
        fault = null;
        Outcome outcome = apply(layer.surface, message);
        source.none();
        maskImage.none();
        judge(layer, message, outcome);
        if (layer != primary || region.isEmpty()) {
            return null;
        }
        return new Rect(region.extentTop(), region.extentLeft(), region.extentBottom(), region.extentRight());
    }

    /** Makes a surface; one of the same id is gone. */
    void create(DisplayServerMessage.SurfaceCreate create) throws MalformedMessageException {
        remove(create.surfaceId());
        boolean isPrimary = (create.flags() & DisplayServerMessage.SurfaceCreate.PRIMARY) != 0;
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
            check("format", Primary.isScreenFormat(create.format()), create.format(), "a format of colours");
            check(
                    "height",
                    (long) create.width() * create.height() <= Primary.MAX_PIXELS,
                    create.height(),
                    "at most " + Primary.MAX_PIXELS + " pixels");
        }
        Arena arena = Arena.ofShared();
        Surface surface = Surface.allocate(create.format(), create.width(), create.height(), arena);
        Layer layer = new Layer(create.surfaceId(), arena, surface);
        layers.put(create.surfaceId(), layer);
        surfaceBytes += layer.bytes();
        if (isPrimary) {
            primary = layer;
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
        layer.arena.close();
        return true;
    }

    /** The primary, for readers. */
    @Nullable
    Primary primary(long serial) {
        if (primary == null) {
            return null;
        }
        Surface surface = primary.surface;
        return new Primary(
                serial,
                primary.id,
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
        if (primary != null && !primary.marked) {
            primary.marked = true;
            primary.markedNanos = nowNanos;
        }
    }

    /**
     * When the primary is, or was, whole: at once after a drawing of all of it, or after MARK and a drawing; a marked one
     * that nobody draws on is taken for black after a grace. Null if nothing like that has come yet.
     */
    @Nullable
    Long wholeAtNanos(long graceNanos) {
        if (primary == null) {
            return null;
        }
        if (primary.covered || (primary.marked && primary.drawn)) {
            return Long.MIN_VALUE;
        }
        return primary.marked ? primary.markedNanos + graceNanos : null;
    }

    /** Why the primary's picture is wrong, or null. */
    @Nullable
    String fault() {
        if (primary == null) {
            return null;
        }
        if (primary.fault == null && streamSurfaces.containsValue(primary.id)) {
            return "a video stream covers a part of the screen";
        }
        return primary.fault;
    }

    /** RESET: an empty screen and empty caches. */
    void reset() {
        forgetImages();
        cachedPalettes.clear();
        if (primary != null) {
            primary.surface.clear();
            primary.covered = false;
            primary.drawn = false;
            primary.marked = false;
        }
    }

    void forgetImages(List<DisplayServerMessage.Resource> resources) {
        for (DisplayServerMessage.Resource resource : resources) {
            if (resource.resourceType() == RESOURCE_PIXMAP) {
                forgetImage(resource.id());
            }
        }
    }

    void forgetImages() {
        cachedImages.clear();
        undecodedCached.clear();
        cacheBytes = 0;
    }

    void forgetPalette(long id) {
        cachedPalettes.remove(id);
    }

    void forgetPalettes() {
        cachedPalettes.clear();
    }

    /** Streams are not shown, but known: where one is, the picture is not what it should be. */
    void stream(StreamMessage message) {
        switch (message) {
            case StreamMessage.Create create -> {
                streams++;
                streamSurfaces.put(create.id(), create.surfaceId());
            }
            case StreamMessage.Destroy(int id) -> streamSurfaces.remove(id);
            case StreamMessage.DestroyAll() -> streamSurfaces.clear();
            case StreamMessage.Data data -> {}
            case StreamMessage.DataSized data -> {}
            case StreamMessage.ClipTo clipTo -> {}
            case StreamMessage.ActivateReport report -> {}
        }
    }

    /** All surfaces are gone. */
    void close() {
        primary = null;
        layers.values().forEach(layer -> layer.arena.close());
        layers.clear();
        surfaceBytes = 0;
    }

    long draws() {
        return draws;
    }

    long undecodedImages() {
        return undecodedImages;
    }

    long undrawnDraws() {
        return undrawnDraws;
    }

    long streams() {
        return streams;
    }

    private Layer layer(DisplayBase base) throws MalformedMessageException {
        Layer layer = layers.get(base.surfaceId());
        if (layer == null) {
            throw new MalformedMessageException(
                    "DisplayBase", "surface_id", "got " + base.surfaceId() + ", expected a surface that was created");
        }
        return layer;
    }

    private void setRegion(Surface surface, DisplayBase base) {
        Rect box = base.box();
        region.setBox(surface, box.top(), box.left(), box.bottom(), box.right());
        if (base.clip() instanceof Clip.Rects(List<Rect> rects)) {
            if (clip.length < 4 * rects.size()) {
                clip = new int[Math.max(4 * rects.size(), 2 * clip.length)];
            }
            int at = 0;
            for (Rect rect : rects) {
                clip[at++] = rect.top();
                clip[at++] = rect.left();
                clip[at++] = rect.bottom();
                clip[at++] = rect.right();
            }
            region.clipTo(clip, rects.size());
        }
    }

    private Outcome apply(Surface target, DrawMessage message) throws MalformedMessageException {
        return switch (message) {
            case DrawMessage.CopyBits draw ->
                canvas.copyBits(target, region, draw.source().x(), draw.source().y());
            case DrawMessage.Fill draw -> {
                setBrush(target, draw.brush());
                setMask(target, draw.mask());
                yield canDraw() ? canvas.fill(target, region, brush, draw.rop(), mask) : Outcome.UNSUPPORTED;
            }
            case DrawMessage.Copy draw ->
                copy(target, draw.source(), draw.sourceArea(), draw.rop(), draw.scaleMode(), draw.mask());
            case DrawMessage.Blend draw ->
                copy(target, draw.source(), draw.sourceArea(), draw.rop(), draw.scaleMode(), draw.mask());
            case DrawMessage.Blackness draw -> {
                setMask(target, draw.mask());
                yield canDraw() ? canvas.blackness(target, region, mask) : Outcome.UNSUPPORTED;
            }
            case DrawMessage.Whiteness draw -> {
                setMask(target, draw.mask());
                yield canDraw() ? canvas.whiteness(target, region, mask) : Outcome.UNSUPPORTED;
            }
            case DrawMessage.Invers draw -> {
                setMask(target, draw.mask());
                yield canDraw() ? canvas.invers(target, region, mask) : Outcome.UNSUPPORTED;
            }
            case DrawMessage.Composite draw -> composite(target, draw);
            case DrawMessage.Opaque draw -> undrawn(target, draw.source());
            case DrawMessage.Rop3 draw -> undrawn(target, draw.source());
            case DrawMessage.Transparent draw -> undrawn(target, draw.source());
            case DrawMessage.AlphaBlend draw -> undrawn(target, draw.source());
            case DrawMessage.Stroke draw -> Outcome.UNSUPPORTED;
            case DrawMessage.Text draw -> Outcome.UNSUPPORTED;
        };
    }

    private Outcome copy(
            Surface target,
            org.spiceshm.protocol.spice.Image picture,
            Rect area,
            int rop,
            int scaleMode,
            QMask drawMask)
            throws MalformedMessageException {
        setImage(source, target, picture);
        setMask(target, drawMask);
        return canDraw()
                ? canvas.copy(
                        target,
                        region,
                        source,
                        area.top(),
                        area.left(),
                        area.bottom(),
                        area.right(),
                        rop,
                        scaleMode,
                        mask)
                : Outcome.UNSUPPORTED;
    }

    private Outcome composite(Surface target, DrawMessage.Composite draw) throws MalformedMessageException {
        setImage(source, target, draw.source());
        maskImage.none();
        if (draw.mask() != null) {
            setImage(maskImage, target, draw.mask());
        }
        composite.reset(draw.flags());
        composite.sourceOrigin(draw.sourceOrigin().x(), draw.sourceOrigin().y());
        composite.maskOrigin(draw.maskOrigin().x(), draw.maskOrigin().y());
        Transform transform = draw.sourceTransform();
        if (transform != null) {
            composite.sourceTransform(
                    transform.t00(),
                    transform.t01(),
                    transform.t02(),
                    transform.t10(),
                    transform.t11(),
                    transform.t12());
        }
        transform = draw.maskTransform();
        if (transform != null) {
            composite.maskTransform(
                    transform.t00(),
                    transform.t01(),
                    transform.t02(),
                    transform.t10(),
                    transform.t11(),
                    transform.t12());
        }
        return canDraw() ? canvas.composite(target, region, composite, source, maskImage) : Outcome.UNSUPPORTED;
    }

    /** An operation that the canvas lacks; its image may have to be cached all the same. */
    private Outcome undrawn(Surface target, org.spiceshm.protocol.spice.Image picture)
            throws MalformedMessageException {
        setImage(source, target, picture);
        return Outcome.UNSUPPORTED;
    }

    private boolean canDraw() {
        return fault == null;
    }

    private void judge(Layer layer, DrawMessage message, Outcome outcome) {
        switch (outcome) {
            case DRAWN -> {
                layer.drawn = true;
                if (coversAll(layer.surface, message)) {
                    layer.covered = true;
                    layer.fault = null;
                }
                taintFromSurface(layer, message);
            }
            case NOTHING -> {}
            case UNSUPPORTED, INVALID -> {
                if (!region.isEmpty() || !region.isValid()) {
                    undrawnDraws++;
                    String why =
                            fault != null ? fault : outcome == Outcome.INVALID ? "contradicts itself" : "not drawn";
                    layer.fault = message.getClass().getSimpleName() + ": " + why;
                }
            }
        }
    }

    private boolean coversAll(Surface surface, DrawMessage message) {
        boolean all = region.count() == 1
                && region.extentTop() == 0
                && region.extentLeft() == 0
                && region.extentBottom() == surface.heightPixels()
                && region.extentRight() == surface.widthPixels();
        return all
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

    private void taintFromSurface(Layer layer, DrawMessage message) {
        org.spiceshm.protocol.spice.Image picture = switch (message) {
            case DrawMessage.Copy draw -> draw.source();
            case DrawMessage.Blend draw -> draw.source();
            case DrawMessage.Composite draw -> draw.source();
            case DrawMessage.Fill(var base, org.spiceshm.protocol.spice.Brush.Pattern pattern, var r, var m) ->
                pattern.image();
            default -> null;
        };
        if (picture instanceof org.spiceshm.protocol.spice.Image.Surface(var descriptor, int id)) {
            Layer from = layers.get(id);
            if (from != null && from.fault != null) {
                layer.fault = from.fault;
            }
        }
    }

    private void setBrush(Surface target, org.spiceshm.protocol.spice.Brush wanted) throws MalformedMessageException {
        switch (wanted) {
            case org.spiceshm.protocol.spice.Brush.None() -> brush.none();
            case org.spiceshm.protocol.spice.Brush.Solid(int color) -> brush.solid(nativeColor(target.format(), color));
            case org.spiceshm.protocol.spice.Brush.Pattern(var image, var origin) -> {
                setImage(brush.pattern(), target, image);
                brush.pattern(origin.x(), origin.y());
            }
        }
    }

    private void setMask(Surface target, QMask wanted) throws MalformedMessageException {
        mask.none();
        if (wanted.bitmap() != null) {
            setImage(mask.bitmap(), target, wanted.bitmap());
            mask.set(wanted.position().x(), wanted.position().y(), (wanted.flags() & QMask.INVERS) != 0);
        }
    }

    /** Describes a picture to the canvas, or sets the fault. */
    private void setImage(Image image, Surface target, org.spiceshm.protocol.spice.Image picture)
            throws MalformedMessageException {
        image.none();
        switch (picture) {
            case org.spiceshm.protocol.spice.Image.Bitmap bitmap -> setBitmap(image, target, cacheIfAsked(bitmap));
            case org.spiceshm.protocol.spice.Image.Surface(var descriptor, int id) -> {
                Layer layer = layers.get(id);
                if (layer == null) {
                    throw new MalformedMessageException(
                            "SurfaceData", "surface_id", "got " + id + ", expected a surface that was created");
                }
                image.ofSurface(layer.surface);
            }
            case org.spiceshm.protocol.spice.Image.FromCache cached -> fromCache(image, target, cached);
            case org.spiceshm.protocol.spice.Image.Compressed compressed ->
                undecoded(compressed, compressed.codec().name());
            case org.spiceshm.protocol.spice.Image.LzPalette compressed -> undecoded(compressed, "LZ_PLT");
            case org.spiceshm.protocol.spice.Image.ZlibGlz compressed -> undecoded(compressed, "ZLIB_GLZ_RGB");
            case org.spiceshm.protocol.spice.Image.JpegAlpha compressed -> undecoded(compressed, "JPEG_ALPHA");
        }
    }

    private void setBitmap(Image image, Surface target, org.spiceshm.protocol.spice.Image.Bitmap bitmap) {
        image.ofBitmap(bitmap.format(), bitmap.topDown(), bitmap.width(), bitmap.height(), bitmap.strideBytes());
        // INVARIANT: a bitmap has at most 2^31-1 bytes (Image.MAX_BITMAP_BYTES).
        image.piece(bitmap.data(), 0, (int) bitmap.data().byteSize());
        if ((bitmap.descriptor().flags() & org.spiceshm.protocol.spice.Image.Descriptor.HIGH_BITS_SET) != 0) {
            image.highBitsSet();
        }
        switch (bitmap.palette()) {
            case PaletteRef.None() -> {}
            case PaletteRef.Inline(Palette palette, boolean cache) -> setPalette(image, target, palette);
            case PaletteRef.FromCache(long unique) -> {
                Palette palette = cachedPalettes.get(unique);
                if (palette == null) {
                    missing("the palette " + Long.toUnsignedString(unique) + " is not in the cache");
                } else {
                    setPalette(image, target, palette);
                }
            }
        }
    }

    private void setPalette(Image image, Surface target, Palette palette) {
        int count = Math.min(palette.size(), colors.length);
        for (int i = 0; i < count; i++) {
            colors[i] = nativeColor(target.format(), palette.color(i));
        }
        image.palette(colors, count);
    }

    private org.spiceshm.protocol.spice.Image.Bitmap cacheIfAsked(org.spiceshm.protocol.spice.Image.Bitmap bitmap)
            throws MalformedMessageException {
        if (bitmap.palette() instanceof PaletteRef.Inline(Palette palette, boolean cache) && cache) {
            cachePalette(palette);
        }
        if (!isCached(bitmap)) {
            return bitmap;
        }
        long id = bitmap.descriptor().id();
        forgetImage(id);
        PaletteRef palette = bitmap.palette();
        if (palette instanceof PaletteRef.Inline(Palette inline, boolean cache)) {
            palette = new PaletteRef.Inline(copy(inline), false);
        } else if (palette instanceof PaletteRef.FromCache(long unique)) {
            Palette known = cachedPalettes.get(unique);
            palette = known == null ? palette : new PaletteRef.Inline(known, false);
        }
        cacheBytes += bitmap.data().byteSize();
        if (!(cacheBytes <= MAX_CACHE_BYTES)) {
            throw new MalformedMessageException(
                    "ImageDescriptor",
                    "flags",
                    "got " + cacheBytes + " bytes to cache, expected at most " + MAX_CACHE_BYTES);
        }
        var kept = new org.spiceshm.protocol.spice.Image.Bitmap(
                bitmap.descriptor(),
                bitmap.format(),
                bitmap.topDown(),
                bitmap.width(),
                bitmap.height(),
                bitmap.strideBytes(),
                palette,
                MemorySegment.ofArray(bitmap.data().toArray(BYTE)));
        cachedImages.put(id, kept);
        return kept;
    }

    private static boolean isCached(org.spiceshm.protocol.spice.Image picture) {
        int flags = org.spiceshm.protocol.spice.Image.Descriptor.CACHE_ME
                | org.spiceshm.protocol.spice.Image.Descriptor.CACHE_REPLACE_ME;
        return (picture.descriptor().flags() & flags) != 0;
    }

    private void cachePalette(Palette palette) throws MalformedMessageException {
        if (!(cachedPalettes.size() < MAX_CACHED_PALETTES)) {
            throw new MalformedMessageException(
                    "BitmapData", "flags", "got one palette more to cache, expected at most " + MAX_CACHED_PALETTES);
        }
        cachedPalettes.put(palette.unique(), copy(palette));
    }

    private static Palette copy(Palette palette) {
        return new Palette(
                palette.unique(), MemorySegment.ofArray(palette.entries().toArray(BYTE)));
    }

    private void fromCache(Image image, Surface target, org.spiceshm.protocol.spice.Image.FromCache cached) {
        long id = cached.descriptor().id();
        org.spiceshm.protocol.spice.Image.Bitmap bitmap = cachedImages.get(id);
        if (bitmap != null) {
            setBitmap(image, target, bitmap);
        } else {
            missing(
                    undecodedCached.contains(id)
                            ? "the cached image is in a codec that this version does not decode"
                            : "image " + Long.toUnsignedString(id) + " is not in the cache");
        }
    }

    private void undecoded(org.spiceshm.protocol.spice.Image picture, String codec) {
        if (isCached(picture)) {
            forgetImage(picture.descriptor().id());
            if (undecodedCached.size() < MAX_SURFACES) {
                undecodedCached.add(picture.descriptor().id());
            }
        }
        missing("an image in " + codec + ", which this version does not decode");
    }

    private void missing(String what) {
        undecodedImages++;
        fault = what;
    }

    private void forgetImage(long id) {
        undecodedCached.remove(id);
        org.spiceshm.protocol.spice.Image.Bitmap old = cachedImages.remove(id);
        if (old != null) {
            cacheBytes -= old.data().byteSize();
        }
    }

    /** A colour 0x00RRGGBB as a pixel of that format. */
    private static int nativeColor(SurfaceFormat format, int color) {
        return switch (format) {
            case RGB_555 -> (color >> 9 & 0x7c00) | (color >> 6 & 0x3e0) | (color >> 3 & 0x1f);
            case RGB_565 -> (color >> 8 & 0xf800) | (color >> 5 & 0x7e0) | (color >> 3 & 0x1f);
            case A1, A8, XRGB_32, ARGB_32 -> color;
        };
    }
}
