package org.spiceshm.qxldevice;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.qxl.QxlRam;
import org.spiceshm.protocol.qxl.QxlRom;
import org.spiceshm.sharedmemory.Access;
import org.spiceshm.sharedmemory.MemoryFile;
import org.spiceshm.sharedmemory.Seal;

/**
 * The memory behind the BARs: memory files, so that another process can map them, sealed in size.
 *
 * <pre>
 *  BAR 0 ram   | primary (vgaBytes) | commands, images ...     | QXLRam, in the last 8 KiB |
 *  BAR 1 vram  | surfaces                                                                  |
 *  BAR 2 rom   | QXLRom | u32 n_modes | QXLMode ...            | 8 KiB, guest reads only
 * </pre>
 *
 * Immutable; the bytes are anybody's.
 */
final class DeviceMemory implements AutoCloseable {
    static final int RAM_BAR = 0;
    static final int VRAM_BAR = 1;
    static final int ROM_BAR = 2;
    static final int IO_BAR = 3;

    static final long ROM_BYTES = 8192;
    /** The header lies this far before BAR 0's end. */
    static final long RAM_HEADER_ROOM = 8192;

    static {
        if (!(QxlRom.STRUCT.size() < ROM_BYTES && QxlRam.STRUCT.size() <= RAM_HEADER_ROOM)) {
            throw new IllegalStateException("ROM or RAM header larger than its room");
        }
    }

    private final MemoryFile[] files = new MemoryFile[3];
    private final MemorySegment[] segments = new MemorySegment[3];
    private final Arena arena = Arena.ofShared();

    DeviceMemory(QxlConfig config) throws IOException {
        long[] sizes = {config.ramBytes(), config.vramBytes(), ROM_BYTES};
        String[] names = {"qxl-ram", "qxl-vram", "qxl-rom"};
        boolean done = false;
        try {
            for (int bar = 0; bar < sizes.length; bar++) {
                files[bar] = MemoryFile.create(names[bar], sizes[bar]);
                segments[bar] = files[bar].map(Access.READ_WRITE, arena);
                if (bar == ROM_BAR) {
                    // Whoever gets a descriptor of the ROM cannot open it anew for writing.
                    files[bar].addSeals(Seal.FUTURE_WRITE);
                }
                files[bar].addSeals(Seal.SHRINK, Seal.GROW, Seal.SEAL);
            }
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    MemorySegment ram() {
        return segments[RAM_BAR];
    }

    MemorySegment rom() {
        return segments[ROM_BAR];
    }

    /** The memory of BAR 0, 1 or 2. */
    MemorySegment segment(int bar) {
        return segments[bar];
    }

    MemoryFile file(int bar) {
        return files[bar];
    }

    /** Makes what a guest may write zero. */
    void clear() throws IOException {
        files[RAM_BAR].clear();
        files[VRAM_BAR].clear();
    }

    /** Where in BAR 0 the QXLRam header lies. */
    long ramHeader() {
        return ram().byteSize() - RAM_HEADER_ROOM;
    }

    @Override
    public void close() {
        arena.close();
        for (MemoryFile file : files) {
            if (file != null) {
                file.close();
            }
        }
    }
}
