package org.spiceshm.client;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.Image;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.canvas.Surface;
import org.spiceshm.canvas.codec.GlzWindow;
import org.spiceshm.canvas.codec.ImageDecoder;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.BitmapFormat;
import org.spiceshm.protocol.spice.Image.Bitmap;
import org.spiceshm.protocol.spice.Image.Codec;
import org.spiceshm.protocol.spice.Image.Compressed;
import org.spiceshm.protocol.spice.Image.Descriptor;
import org.spiceshm.protocol.spice.Palette;
import org.spiceshm.protocol.spice.PaletteRef;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * Makes the pictures that drawings name into sources for the canvas: finds surfaces, decodes, keeps what is to be cached
 * and finds it again. Guarded by the display's lock.
 *
 * <p>{@link #begin}, then {@link #load} for each picture of a drawing, in the order of the message; what was loaded is
 * valid until the next begin.
 */
final class ImageLoader implements AutoCloseable {
    /** What the server is told of how far back GLZ pictures may refer: 32 MiB. */
    static final int GLZ_WINDOW_PIXELS = 1 << 23;

    private static final int PALETTE_LENGTH = 256;
    private static final int HIGH_BITS = 0xff000000;

    private final SurfaceFinder surfaces;
    private final ImageCache cache = new ImageCache();
    private final ImageDecoder decoder = new ImageDecoder();
    private final GlzWindow window = new GlzWindow(GlzWindow.MAX_PIXELS);
    private Pixmap[] scratch = new Pixmap[0];
    private int scratchUsed;
    private final int[] colors = new int[PALETTE_LENGTH];
    private @Nullable String fault;
    private long undecoded;

    /** Where surfaces that are drawn from are. */
    @FunctionalInterface
    interface SurfaceFinder {
        /** The surface of that id. */
        Surface find(int id) throws MalformedMessageException;
    }

    ImageLoader(SurfaceFinder surfaces) {
        this.surfaces = surfaces;
    }

    /** What the server has told to keep. */
    ImageCache cache() {
        return cache;
    }

    /** Begins a drawing. */
    void begin() {
        fault = null;
        scratchUsed = 0;
    }

    /** Why a picture of the drawing at hand is missing, or null. */
    @Nullable
    String fault() {
        return fault;
    }

    /** Pictures that were missing so far. */
    long undecoded() {
        return undecoded;
    }

    /** Describes a picture, to be drawn on a surface of format {@code target}, or sets the fault. */
    void load(Image image, SurfaceFormat target, org.spiceshm.protocol.spice.Image picture)
            throws MalformedMessageException {
        image.none();
        switch (picture) {
            case Bitmap bitmap -> loadBitmap(image, target, bitmap, false);
            case org.spiceshm.protocol.spice.Image.Surface(var descriptor, int id) ->
                image.ofSurface(surfaces.find(id));
            case org.spiceshm.protocol.spice.Image.FromCache cached -> loadCached(image, cached);
            case Compressed compressed -> decode(image, target, compressed, null);
            case org.spiceshm.protocol.spice.Image.LzPalette indexed -> {
                Palette palette = resolve(indexed.palette());
                if (fault == null) {
                    decode(image, target, indexed, palette);
                }
            }
            case org.spiceshm.protocol.spice.Image.ZlibGlz compressed -> decode(image, target, compressed, null);
            case org.spiceshm.protocol.spice.Image.JpegAlpha compressed -> decode(image, target, compressed, null);
        }
    }

    /** As {@link #load}, for a picture of one bit a pixel that says where to draw. */
    void loadMask(Image image, SurfaceFormat target, org.spiceshm.protocol.spice.Image picture)
            throws MalformedMessageException {
        if (picture instanceof Bitmap bitmap) {
            image.none();
            loadBitmap(image, target, bitmap, true);
        } else {
            load(image, target, picture);
        }
    }

    private void loadBitmap(Image image, SurfaceFormat target, Bitmap bitmap, boolean mask)
            throws MalformedMessageException {
        describe(image, bitmap);
        if (!mask && !setPalette(image, bitmap)) {
            return;
        }
        if (isCached(bitmap) && image.isComplete()) {
            Pixmap pixmap = new Pixmap();
            read(image, mask ? SurfaceFormat.A1 : formatOf(bitmap.format(), target), pixmap);
            cache.put(bitmap.descriptor().id(), pixmap, false);
            image.ofPixmap(pixmap);
        }
    }

    private static void describe(Image image, Bitmap bitmap) {
        image.ofBitmap(bitmap.format(), bitmap.topDown(), bitmap.width(), bitmap.height(), bitmap.strideBytes());
        // INVARIANT: a bitmap has at most 2^31-1 bytes (Image.MAX_BITMAP_BYTES).
        image.piece(bitmap.data(), 0, (int) bitmap.data().byteSize());
        if (hasHighBits(bitmap)) {
            image.highBitsSet();
        }
    }

    /** The palette's entries are pixels of the surface already. False if it is missing. */
    private boolean setPalette(Image image, Bitmap bitmap) throws MalformedMessageException {
        Palette palette = resolve(bitmap.palette());
        if (palette != null) {
            int count = Math.min(palette.size(), colors.length);
            for (int i = 0; i < count; i++) {
                colors[i] = palette.color(i);
            }
            image.palette(colors, count);
        }
        return fault == null;
    }

    private @Nullable Palette resolve(PaletteRef reference) throws MalformedMessageException {
        return switch (reference) {
            case PaletteRef.None() -> null;
            case PaletteRef.Inline(Palette palette, boolean keep) -> {
                if (keep) {
                    cache.put(palette);
                }
                yield palette;
            }
            case PaletteRef.FromCache(long unique) -> {
                Palette palette = cache.palette(unique);
                if (palette == null) {
                    missing("the palette " + Long.toUnsignedString(unique) + " is not in the cache");
                }
                yield palette;
            }
        };
    }

    /** What a raw bitmap's pixels are, once its palette is applied. */
    private static SurfaceFormat formatOf(BitmapFormat format, SurfaceFormat target) {
        return switch (format) {
            case BIT_1_LE, BIT_1_BE, BIT_4_LE, BIT_4_BE, BIT_8 -> paletteFormat(target);
            case BIT_16 -> SurfaceFormat.RGB_555;
            case BIT_24, BIT_32 -> SurfaceFormat.XRGB_32;
            case RGBA -> SurfaceFormat.ARGB_32;
            case A8 -> SurfaceFormat.A8;
        };
    }

    /** A palette's colours are pixels of the surface that the picture goes to. */
    private static SurfaceFormat paletteFormat(SurfaceFormat target) {
        return target == SurfaceFormat.RGB_555 ? SurfaceFormat.RGB_555 : SurfaceFormat.XRGB_32;
    }

    private static void read(Image image, SurfaceFormat format, Pixmap pixmap) {
        int width = image.widthPixels();
        int[] row = new int[width];
        pixmap.resize(format, width, image.heightPixels());
        for (int y = 0; y < image.heightPixels(); y++) {
            if (format == SurfaceFormat.A1) {
                image.readBits(y, 0, width, row);
            } else {
                image.readRow(y, 0, width, row);
            }
            System.arraycopy(row, 0, pixmap.pixels(), y * width, width);
        }
    }

    private void decode(
            Image image, SurfaceFormat target, org.spiceshm.protocol.spice.Image picture, @Nullable Palette palette)
            throws MalformedMessageException {
        boolean cached = isCached(picture);
        Pixmap pixmap = cached ? new Pixmap() : scratch();
        decoder.decode(picture, palette, paletteFormat(target), window, pixmap);
        if (target.bitsPerPixel() == 32 && !cached && isWidened(picture)) {
            pixmap.widen();
        }
        if (hasHighBits(picture) && pixmap.format() == SurfaceFormat.XRGB_32) {
            setHighBits(pixmap);
        }
        if (cached) {
            cache.put(picture.descriptor().id(), pixmap, isLossy(picture));
        }
        image.ofPixmap(pixmap);
    }

    /** Codecs that give 16-bit pictures as 32 bits at once, with an unused byte of 0, unless they are to be kept. */
    private static boolean isWidened(org.spiceshm.protocol.spice.Image picture) {
        return picture instanceof Compressed compressed
                && (compressed.codec() == Codec.QUIC || compressed.codec() == Codec.LZ_RGB);
    }

    private static boolean isLossy(org.spiceshm.protocol.spice.Image picture) {
        return picture instanceof org.spiceshm.protocol.spice.Image.JpegAlpha
                || (picture instanceof Compressed compressed && compressed.codec() == Codec.JPEG);
    }

    private static void setHighBits(Pixmap pixmap) {
        int count = pixmap.widthPixels() * pixmap.heightPixels();
        int[] pixels = pixmap.pixels();
        for (int i = 0; i < count; i++) {
            pixels[i] |= HIGH_BITS;
        }
    }

    private void loadCached(Image image, org.spiceshm.protocol.spice.Image.FromCache cached) {
        long id = cached.descriptor().id();
        Pixmap pixmap = cache.pixmap(id);
        if (pixmap == null) {
            missing("image " + Long.toUnsignedString(id) + " is not in the cache");
        } else if (cached.lossless() && cache.isLossy(id)) {
            missing("image " + Long.toUnsignedString(id) + " is in the cache with losses only");
        } else {
            image.ofPixmap(pixmap);
        }
    }

    private static boolean isCached(org.spiceshm.protocol.spice.Image picture) {
        int flags = Descriptor.CACHE_ME | Descriptor.CACHE_REPLACE_ME;
        return (picture.descriptor().flags() & flags) != 0;
    }

    private static boolean hasHighBits(org.spiceshm.protocol.spice.Image picture) {
        return (picture.descriptor().flags() & Descriptor.HIGH_BITS_SET) != 0;
    }

    private Pixmap scratch() {
        if (scratchUsed == scratch.length) {
            scratch = Arrays.copyOf(scratch, scratchUsed + 1);
            scratch[scratchUsed] = new Pixmap();
        }
        return scratch[scratchUsed++];
    }

    /** Frees the decoders. */
    @Override
    public void close() {
        decoder.close();
    }

    private void missing(String what) {
        undecoded++;
        fault = what;
    }
}
