package org.spiceshm.canvas;

import org.spiceshm.protocol.spice.SurfaceFormat;

/** Repeats rows of a brush's picture. Owned by the render thread; its row grows to the widest tile and stays. */
final class Tile {
    private int[] row = new int[0];

    /** Pixels as a surface of that format stores them; {@code x, y} count from the tile's pixel 0,0, modulo its size. */
    void read(Image tile, SurfaceFormat format, int x, int y, int width, int[] out) {
        int tileWidth = begin(tile);
        tile.readFor(format, Math.floorMod(y, tile.heightPixels()), 0, tileWidth, row, 0);
        repeat(Math.floorMod(x, tileWidth), tileWidth, width, out);
    }

    /** As above, as premultiplied ARGB by way of what the tile is on a surface of that format. */
    void readArgb(Image tile, SurfaceFormat format, int x, int y, int width, int[] out) {
        int tileWidth = begin(tile);
        tile.readArgb(format, Math.floorMod(y, tile.heightPixels()), 0, tileWidth, row, 0);
        repeat(Math.floorMod(x, tileWidth), tileWidth, width, out);
    }

    private int begin(Image tile) {
        int tileWidth = tile.widthPixels();
        if (row.length < tileWidth) {
            row = new int[Math.max(tileWidth, 2 * row.length)];
        }
        return tileWidth;
    }

    private void repeat(int firstPhase, int tileWidth, int width, int[] out) {
        int phase = firstPhase;
        int done = 0;
        while (done < width) {
            int part = Math.min(width - done, tileWidth - phase);
            System.arraycopy(row, phase, out, done, part);
            done += part;
            phase = 0;
        }
    }
}
