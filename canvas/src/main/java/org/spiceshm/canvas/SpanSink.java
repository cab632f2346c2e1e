package org.spiceshm.canvas;

/** Receives horizontal spans: what lines and polygons are made of. */
interface SpanSink {
    /** Pixels {@code left} to {@code right}, exclusive, of row {@code y}; they may lie anywhere. */
    void span(int y, int left, int right);
}
