package org.spiceshm.renderer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.Surface;
import org.spiceshm.protocol.qxl.CommandSlot;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * All surfaces, and the guest memory behind each. That memory is read when a surface is created with KEEP_DATA and
 * written by {@link #writeBack} only. Two surfaces over the same memory and of the same shape share their pixels.
 *
 * <p>Owned by the render thread, which allocates and frees the offscreen ones.
 */
final class Surfaces {
    private static final class Entry {
        final Surface surface;
        final @Nullable Arena arena;
        final MemorySegment guest;
        final long guestOffset;
        final int guestStride;
        int users = 1;

        Entry(Surface surface, @Nullable Arena arena, MemorySegment guest, long guestOffset, int guestStride) {
            this.surface = surface;
            this.arena = arena;
            this.guest = guest;
            this.guestOffset = guestOffset;
            this.guestStride = guestStride;
        }

        boolean isOver(MemorySegment memory, long offset, int stride, SurfaceFormat format, int width, int height) {
            return guestOffset == offset
                    && guestStride == stride
                    && guest.equals(memory)
                    && surface.format() == format
                    && surface.widthPixels() == width
                    && surface.heightPixels() == height;
        }
    }

    private @Nullable Entry[] entries = new Entry[16];

    @Nullable
    Surface get(int id) {
        Entry entry = entry(id);
        return entry == null ? null : entry.surface;
    }

    private @Nullable Entry entry(int id) {
        return 0 <= id && id < entries.length ? entries[id] : null;
    }

    /** Puts the primary, whose pixels lie in the shared segment. */
    void putPrimary(Surface surface, CommandSlot slot, int guestStride) {
        remove(0);
        entries[0] = new Entry(surface, null, guestMemory(slot), slot.surfaceMemoryOffset, guestStride);
    }

    /** Creates an offscreen surface, zeroed; or shares the pixels of one over the same memory. */
    Surface create(int id, SurfaceFormat format, int width, int height, CommandSlot slot, int guestStride) {
        remove(id);
        while (entries.length <= id) {
            entries = Arrays.copyOf(entries, 2 * entries.length);
        }
        MemorySegment guest = guestMemory(slot);
        for (int other = 1; other < entries.length; other++) {
            Entry entry = entries[other];
            if (entry != null && entry.isOver(guest, slot.surfaceMemoryOffset, guestStride, format, width, height)) {
                entry.users++;
                entries[id] = entry;
                return entry.surface;
            }
        }
        Arena arena = Arena.ofConfined();
        Surface surface = Surface.allocate(format, width, height, arena);
        entries[id] = new Entry(surface, arena, guest, slot.surfaceMemoryOffset, guestStride);
        return surface;
    }

    private static MemorySegment guestMemory(CommandSlot slot) {
        MemorySegment memory = slot.surfaceMemory;
        if (memory == null) {
            throw new IllegalStateException("a surface without memory behind it");
        }
        return memory;
    }

    void remove(int id) {
        Entry entry = entry(id);
        if (entry == null) {
            return;
        }
        entries[id] = null;
        entry.users--;
        if (entry.users == 0 && entry.arena != null) {
            entry.arena.close();
        }
    }

    void removeAll() {
        for (int id = 0; id < entries.length; id++) {
            remove(id);
        }
    }

    /** Copies the guest's memory behind surface {@code id} into it, all rows. */
    void readGuest(int id) {
        Entry entry = entry(id);
        if (entry == null) {
            return;
        }
        Surface surface = entry.surface;
        int rowBytes = surface.format().rowBytes(surface.widthPixels());
        for (int y = 0; y < surface.heightPixels(); y++) {
            MemorySegment.copy(entry.guest, guestRow(entry, y), surface.memory(), row(surface, y), rowBytes);
        }
    }

    /** Copies an area, which lies inside surface {@code id}, into the guest's memory behind it. */
    void writeBack(int id, int top, int left, int bottom, int right) {
        Entry entry = entry(id);
        if (entry == null) {
            return;
        }
        Surface surface = entry.surface;
        int first = left * surface.format().bitsPerPixel() / 8;
        int bytes = surface.format().rowBytes(right) - first;
        for (int y = top; y < bottom; y++) {
            MemorySegment.copy(
                    surface.memory(), row(surface, y) + first, entry.guest, guestRow(entry, y) + first, bytes);
        }
    }

    /** Copies every surface into the guest's memory behind it. */
    void writeBackAll() {
        for (int id = 0; id < entries.length; id++) {
            Surface surface = get(id);
            if (surface != null) {
                writeBack(id, 0, 0, surface.heightPixels(), surface.widthPixels());
            }
        }
    }

    private static long row(Surface surface, int y) {
        return surface.offset() + (long) surface.strideBytes() * y;
    }

    /** A negative stride means that the lowest address holds the bottom row. */
    private static long guestRow(Entry entry, int y) {
        long stride = Math.abs((long) entry.guestStride);
        int row = entry.guestStride < 0 ? entry.surface.heightPixels() - 1 - y : y;
        return entry.guestOffset + stride * row;
    }
}
