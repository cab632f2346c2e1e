package org.spiceshm.protocol.qxl;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One entry of the pipeline's ring: a command as it was copied, once, out of guest memory.
 *
 * <pre>
 *  snapshot  | QXLDrawable | clip rects | QXLImage | palette | ...      private, checked, never re-read
 *  pieces    | guest memory, offset, length | ...                       pixels only; read once, by the renderer
 * </pre>
 *
 * <p>The device thread fills it between claim and publish; from then on it belongs to the pipeline's handlers, in their
 * order, until the ring comes round. A slot is allocated once and its buffers only grow, up to
 * {@link #MAX_SNAPSHOT_BYTES} and {@link #MAX_PIECES}: filling one allocates nothing in steady state.
 */
public final class CommandSlot {
    /** What a slot asks of the pipeline. */
    public enum Kind {
        /** Nothing is rendered: a fault's or a message's release, or a port's completion. */
        NONE,
        /** A QXLDrawable at snapshot offset 0. */
        DRAW,
        /** A QXLSurfaceCmd at 0 that creates; the pixels, if kept, are pieces. */
        SURFACE_CREATE,
        /** {@link #surfaceId} goes. */
        SURFACE_DESTROY,
        /** All offscreen surfaces and the primary go. */
        DESTROY_ALL_SURFACES,
        /** A QXLCursorCmd at 0, its shape behind it. */
        CURSOR,
        /** A QXLSurfaceCreate at 0: the new primary; the pixels, if kept, are pieces. */
        PRIMARY_CREATE,
        /** The primary goes. */
        PRIMARY_DESTROY,
        /** The box of {@link #surfaceId} is written back into guest memory. */
        UPDATE_AREA,
        /** All surfaces are written back into guest memory. */
        FLUSH_SURFACES,
        /** What has been released is published at once. */
        FLUSH_RELEASE,
        /**
         * A memory slot was added or deleted, for the trace: {@link #surfaceId} is its number, {@link #boxTop} its BAR, and
         * a QXLMemSlot at 0 its range in that BAR, empty if it was deleted.
         */
        MEMORY_SLOT,
        /** A QXLMonitorsConfig at 0, checked. */
        MONITORS_CONFIG,
        /** Everything is forgotten: surfaces, pointer, what awaits its release. */
        RESET
    }

    /** What becomes of the port write that caused a slot. */
    public enum Completion {
        /** Nobody waits. */
        NONE,
        /** The IO_CMD interrupt is raised. */
        ASYNC,
        /** The device thread waits for {@link #ticket}. */
        SYNC
    }

    /** The picture drawn from. */
    public static final int SOURCE = 0;
    /** The mask. */
    public static final int MASK = 1;
    /** The (foreground) brush's tile. */
    public static final int PATTERN = 2;
    /** The background brush's tile, of TEXT. */
    public static final int BACK_PATTERN = 3;

    /** Images that one command can name. */
    public static final int IMAGE_COUNT = 4;

    /** Copies behind one command: clip rectangles, palettes, paths, glyphs, pointer shapes. */
    public static final int MAX_SNAPSHOT_BYTES = 4 << 20;

    /** Pieces of pixel memory behind one command: a 4K picture in pages. */
    public static final int MAX_PIECES = 1 << 13;

    /** Rectangles of damage that are told apart; past that they are merged. */
    public static final int MAX_DAMAGE_RECTS = 64;

    /** A larger snapshot is given back when the slot is cleared: a guest must not make every slot large for ever. */
    static final int KEPT_SNAPSHOT_BYTES = 64 << 10;

    private static final int FIRST_SNAPSHOT_BYTES = 2048;
    private static final int FIRST_PIECES = 16;

    // ---- filled by the device thread
    public Kind kind = Kind.NONE;
    public Completion completion = Completion.NONE;
    /** Which synchronous port write waits. */
    public long ticket;
    /** CLOCK_MONOTONIC when the command was read from its ring. */
    public long readNanos;
    /** The command's type and address as they stood in the ring; for the trace. */
    public int commandType;

    public long commandAddress;
    /** Whether it came by the cursor ring. */
    public boolean cursorRing;

    public @Nullable GuestFault fault;
    public int surfaceId;
    public int boxTop;
    public int boxLeft;
    public int boxBottom;
    public int boxRight;
    /** Snapshot offset of {@link #clipCount} packed QXLRects; clipCount is -1 without a clip. */
    public int clipOffset;

    public int clipCount;
    /** Snapshot offset of a path, a string's glyphs, or a pointer's shape, and its bytes; -1 without. */
    public int dataOffset;

    public int dataLength;
    /** Snapshot offset of a line's dashes (count in the drawable), or of a string's or a pointer's header; -1 without. */
    public int styleOffset;
    /** Snapshot offsets of QXLTransforms; -1 without. */
    public int sourceTransformOffset;

    public int maskTransformOffset;
    /** Guest memory behind a surface that is created, for UPDATE_AREA; null for none. */
    public @Nullable MemorySegment surfaceMemory;
    /** Its lowest address there. */
    public long surfaceMemoryOffset;

    /** Where the command's QXLReleaseInfo lies; null if there is nothing to release. */
    public @Nullable MemorySegment releaseMemory;

    public long releaseOffset;
    public long releaseId;

    private final int[] imageOffset = new int[IMAGE_COUNT];
    private final int[] paletteOffset = new int[IMAGE_COUNT];
    private final int[] paletteCount = new int[IMAGE_COUNT];
    private final int[] firstPiece = new int[IMAGE_COUNT];
    private final int[] pieceCount = new int[IMAGE_COUNT];

    /** Kept for good, so that emptying a slot never allocates. */
    private final MemorySegment smallSnapshot = allocate(FIRST_SNAPSHOT_BYTES);

    private MemorySegment snapshot = smallSnapshot;
    private int snapshotLength;

    private @Nullable MemorySegment[] pieceMemory = new MemorySegment[FIRST_PIECES];
    private long[] pieceOffset = new long[FIRST_PIECES];
    private int[] pieceLength = new int[FIRST_PIECES];
    private int pieces;

    private boolean traced;
    private int[] readBar = new int[0];
    private long[] readOffset = new long[0];
    private int[] readLength = new int[0];
    private int reads;

    // ---- filled by the render thread
    /** The batch in which it was rendered. */
    public long batch;
    /** Rectangles of the primary that it changed, top, left, bottom, right each. */
    public final int[] damage = new int[4 * MAX_DAMAGE_RECTS];

    public int damageCount;
    /** Whether it took a primary away (which a RESET, say, does only if there was one). */
    public boolean primaryGone;
    /** The primary that it created, as the renderer describes it to the handlers behind it. */
    public @Nullable Object primary;

    /** Makes an empty slot. */
    public CommandSlot() {
        clear();
    }

    /** Empties it for the next command. Device thread. */
    public void clear() {
        kind = Kind.NONE;
        completion = Completion.NONE;
        ticket = 0;
        readNanos = 0;
        commandType = 0;
        commandAddress = 0;
        cursorRing = false;
        fault = null;
        surfaceId = 0;
        boxTop = 0;
        boxLeft = 0;
        boxBottom = 0;
        boxRight = 0;
        clipOffset = -1;
        clipCount = -1;
        dataOffset = -1;
        dataLength = 0;
        styleOffset = -1;
        sourceTransformOffset = -1;
        maskTransformOffset = -1;
        surfaceMemory = null;
        surfaceMemoryOffset = 0;
        releaseMemory = null;
        releaseOffset = 0;
        releaseId = 0;
        for (int i = 0; i < IMAGE_COUNT; i++) {
            imageOffset[i] = -1;
            paletteOffset[i] = -1;
            paletteCount[i] = 0;
            firstPiece[i] = 0;
            pieceCount[i] = 0;
        }
        snapshotLength = 0;
        if (snapshot.byteSize() > KEPT_SNAPSHOT_BYTES) {
            snapshot = smallSnapshot;
        }
        pieces = 0;
        reads = 0;
        batch = 0;
        damageCount = 0;
        primaryGone = false;
        primary = null;
    }

    // ---- snapshot

    /** The copies; offsets of this class count from its start. */
    public MemorySegment snapshot() {
        return snapshot;
    }

    /** Bytes of {@link #snapshot} in use. */
    public int snapshotLength() {
        return snapshotLength;
    }

    /**
     * Makes room for {@code length} bytes on the next multiple of eight.
     *
     * @return their offset, or -1 if the snapshot would outgrow {@link #MAX_SNAPSHOT_BYTES}
     */
    public int reserve(long length) {
        int offset = (snapshotLength + 7) & ~7;
        if (!(0 <= length && length <= MAX_SNAPSHOT_BYTES - offset)) {
            return -1;
        }
        // INVARIANT: offset + length <= MAX_SNAPSHOT_BYTES, so the sum fits an int.
        int end = (int) (offset + length);
        if (end > snapshot.byteSize()) {
            long grown = Math.min(MAX_SNAPSHOT_BYTES, Math.max(end, 2 * snapshot.byteSize()));
            MemorySegment larger;
            try {
                larger = allocate(grown);
            } catch (OutOfMemoryError e) {
                // Memory outside the heap has a limit (MaxDirectMemorySize), which guests reach before we run short.
                return -1;
            }
            MemorySegment.copy(snapshot, 0, larger, 0, snapshotLength);
            snapshot = larger;
        }
        snapshotLength = end;
        return offset;
    }

    private static MemorySegment allocate(long bytes) {
        return Arena.ofAuto().allocate(bytes, Long.BYTES);
    }

    /** Copies {@code length} bytes in; returns their offset, or -1 as {@link #reserve}. */
    public int append(MemorySegment source, long sourceOffset, long length) {
        int offset = reserve(length);
        if (offset >= 0) {
            MemorySegment.copy(source, sourceOffset, snapshot, offset, length);
        }
        return offset;
    }

    // ---- pixel memory

    /** Notes a piece of pixel memory; false if there would be more than {@link #MAX_PIECES}. */
    public boolean addPiece(MemorySegment memory, long offset, int length) {
        if (pieces == pieceOffset.length) {
            if (pieces == MAX_PIECES) {
                return false;
            }
            int grown = Math.min(MAX_PIECES, 4 * pieces);
            pieceMemory = Arrays.copyOf(pieceMemory, grown);
            pieceOffset = Arrays.copyOf(pieceOffset, grown);
            pieceLength = Arrays.copyOf(pieceLength, grown);
        }
        pieceMemory[pieces] = memory;
        pieceOffset[pieces] = offset;
        pieceLength[pieces] = length;
        pieces++;
        return true;
    }

    /** How many pieces there are. */
    public int pieces() {
        return pieces;
    }

    /** The memory that piece {@code index} lies in. */
    public MemorySegment pieceMemory(int index) {
        MemorySegment memory = index < pieces ? pieceMemory[index] : null;
        if (memory == null) {
            throw new IllegalStateException("piece " + index + " of " + pieces);
        }
        return memory;
    }

    /** Where in it piece {@code index} starts. */
    public long pieceOffset(int index) {
        return pieceOffset[index];
    }

    /** Bytes of piece {@code index}. */
    public int pieceLength(int index) {
        return pieceLength[index];
    }

    // ---- images

    /** Says where the copied QXLImage of {@code role} is, and that its pixels are the pieces from {@code first} on. */
    public void setImage(int role, int snapshotOffset, int first, int count) {
        imageOffset[role] = snapshotOffset;
        firstPiece[role] = first;
        pieceCount[role] = count;
    }

    /** Says where the copied palette entries (u32 each) of {@code role} are. */
    public void setPalette(int role, int snapshotOffset, int count) {
        paletteOffset[role] = snapshotOffset;
        paletteCount[role] = count;
    }

    /** Snapshot offset of the QXLImage of {@code role}; -1 without. */
    public int imageOffset(int role) {
        return imageOffset[role];
    }

    /** Snapshot offset of the palette entries of {@code role}; -1 without. */
    public int paletteOffset(int role) {
        return paletteOffset[role];
    }

    /** Entries of the palette of {@code role}. */
    public int paletteCount(int role) {
        return paletteCount[role];
    }

    /** First piece of the pixels of {@code role}. */
    public int firstPiece(int role) {
        return firstPiece[role];
    }

    /** Pieces of the pixels of {@code role}. */
    public int pieceCount(int role) {
        return pieceCount[role];
    }

    // ---- what was read, for the trace

    /** Whether {@link #noteRead} keeps what it is told. */
    public void setTraced(boolean traced) {
        this.traced = traced;
    }

    /** Notes that guest memory was read; does nothing unless traced. */
    public void noteRead(int bar, long offset, long length) {
        if (!traced || length == 0) {
            return;
        }
        if (reads == readBar.length) {
            int grown = Math.max(16, 2 * reads);
            readBar = Arrays.copyOf(readBar, grown);
            readOffset = Arrays.copyOf(readOffset, grown);
            readLength = Arrays.copyOf(readLength, grown);
        }
        readBar[reads] = bar;
        readOffset[reads] = offset;
        readLength[reads] = (int) length;
        reads++;
    }

    /** How many reads were noted. */
    public int reads() {
        return reads;
    }

    /** The BAR of read {@code index}. */
    public int readBar(int index) {
        return readBar[index];
    }

    /** The offset in its BAR of read {@code index}. */
    public long readOffset(int index) {
        return readOffset[index];
    }

    /** Bytes of read {@code index}. */
    public int readLength(int index) {
        return readLength[index];
    }

    // ---- damage

    /**
     * Adds a rectangle of the primary that has changed; past {@link #MAX_DAMAGE_RECTS} it is merged into the last one.
     * Render thread.
     */
    public void addDamage(int top, int left, int bottom, int right) {
        if (damageCount < MAX_DAMAGE_RECTS) {
            int at = 4 * damageCount++;
            damage[at] = top;
            damage[at + 1] = left;
            damage[at + 2] = bottom;
            damage[at + 3] = right;
            return;
        }
        int at = 4 * (MAX_DAMAGE_RECTS - 1);
        damage[at] = Math.min(damage[at], top);
        damage[at + 1] = Math.min(damage[at + 1], left);
        damage[at + 2] = Math.max(damage[at + 2], bottom);
        damage[at + 3] = Math.max(damage[at + 3], right);
    }
}
