package org.spiceshm.client;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.Palette;

/**
 * The pictures and palettes that the server has told the client to keep. The server alone says what stays; a picture
 * that was sent to be kept n times goes when it has been invalidated n times. Pictures are kept decoded, as they were
 * before they were brought to a surface's format. Guarded by the display's lock.
 */
final class ImageCache {
    /** What the server is told that it may cache, in pixels: 80 MiB. */
    static final long MAX_PIXELS = 20L << 20;

    /** The server counts otherwise than we do: some slack. */
    private static final long LIMIT_PIXELS = 2 * MAX_PIXELS;

    private static final int MAX_IMAGES = 1 << 17;
    private static final int MAX_PALETTES = 4096;
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    private final Map<Long, Entry> images = new HashMap<>();
    private final Map<Long, Palette> palettes = new HashMap<>();
    private long pixels;

    /** A kept picture. */
    private record Entry(Pixmap pixmap, boolean lossy, int references) {
        private long pixels() {
            return (long) pixmap.widthPixels() * pixmap.heightPixels();
        }
    }

    /** Keeps a picture, which is the cache's from now on; one of the same id is replaced, but its references stay. */
    void put(long id, Pixmap pixmap, boolean lossy) throws MalformedMessageException {
        Entry old = images.get(id);
        Entry entry = new Entry(pixmap, lossy, old == null ? 1 : old.references + 1);
        pixels += entry.pixels() - (old == null ? 0 : old.pixels());
        images.put(id, entry);
        if (!(images.size() <= MAX_IMAGES)) {
            throw new MalformedMessageException(
                    "ImageDescriptor",
                    "flags",
                    "got " + images.size() + " images to cache, expected at most " + MAX_IMAGES);
        }
        if (!(pixels <= LIMIT_PIXELS)) {
            throw new MalformedMessageException(
                    "ImageDescriptor", "flags", "got " + pixels + " pixels to cache, expected at most " + LIMIT_PIXELS);
        }
    }

    /** Whether the picture of that id is only nearly what the server has. */
    boolean isLossy(long id) {
        Entry entry = images.get(id);
        return entry != null && entry.lossy;
    }

    /** The picture of that id, or null. */
    @Nullable
    Pixmap pixmap(long id) {
        Entry entry = images.get(id);
        return entry == null ? null : entry.pixmap;
    }

    /** Takes one reference to a picture away. */
    void release(long id) {
        Entry entry = images.get(id);
        if (entry == null) {
            return;
        }
        if (entry.references > 1) {
            images.put(id, new Entry(entry.pixmap, entry.lossy, entry.references - 1));
        } else {
            pixels -= entry.pixels();
            images.remove(id);
        }
    }

    void clearImages() {
        images.clear();
        pixels = 0;
    }

    /** Keeps a copy of a palette. */
    void put(Palette palette) throws MalformedMessageException {
        if (!(palettes.size() < MAX_PALETTES || palettes.containsKey(palette.unique()))) {
            throw new MalformedMessageException(
                    "BitmapData", "flags", "got one palette more to cache, expected at most " + MAX_PALETTES);
        }
        MemorySegment entries = MemorySegment.ofArray(palette.entries().toArray(BYTE));
        palettes.put(palette.unique(), new Palette(palette.unique(), entries));
    }

    /** The palette of that id, or null. */
    @Nullable
    Palette palette(long id) {
        return palettes.get(id);
    }

    void removePalette(long id) {
        palettes.remove(id);
    }

    void clearPalettes() {
        palettes.clear();
    }
}
