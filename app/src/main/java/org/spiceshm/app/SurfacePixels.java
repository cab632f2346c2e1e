package org.spiceshm.app;

import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.spiceshm.canvas.Surface;
import org.spiceshm.client.PngWriter;
import org.spiceshm.protocol.spice.SurfaceFormat;

/**
 * A surface's pixels in the form in which the canvas vectors hash them and show them: native values, without unused bits.
 */
final class SurfacePixels {
    private static final int OPAQUE = 0xff;

    private final Surface surface;

    SurfacePixels(Surface surface) {
        this.surface = surface;
    }

    /** The format, as the vectors call it. */
    String formatName() {
        return switch (surface.format()) {
            case A1 -> "a1";
            case A8 -> "a8";
            case RGB_555 -> "x1r5g5b5";
            case RGB_565 -> "r5g6b5";
            case XRGB_32 -> "x8r8g8b8";
            case ARGB_32 -> "a8r8g8b8";
        };
    }

    /** SHA-256 of the rows from top to bottom: 4, 2 or 1 bytes a pixel, little-endian. */
    String hash() {
        MessageDigest digest = sha256();
        int pixelBytes = Math.max(1, surface.format().bitsPerPixel() / Byte.SIZE);
        byte[] row = new byte[surface.widthPixels() * pixelBytes];
        for (int y = 0; y < surface.heightPixels(); y++) {
            for (int x = 0; x < surface.widthPixels(); x++) {
                int pixel = surface.pixel(x, y) & usedBits(surface.format());
                for (int i = 0; i < pixelBytes; i++) {
                    row[x * pixelBytes + i] = (byte) (pixel >> (Byte.SIZE * i));
                }
            }
            digest.update(row);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Writes it as a PNG: RGB, RGBA with the bytes as they are stored, or grey. */
    void toPng(OutputStream out) throws IOException {
        write(
                out,
                switch (surface.format()) {
                    case A1, A8 -> PngWriter.Channels.GREY;
                    case ARGB_32 -> PngWriter.Channels.RGBA;
                    case RGB_555, RGB_565, XRGB_32 -> PngWriter.Channels.RGB;
                });
    }

    /** Writes it as a PNG of RGB: what somebody would see who looks at it as a screen. */
    void toRgbPng(OutputStream out) throws IOException {
        write(out, PngWriter.Channels.RGB);
    }

    private void write(OutputStream out, PngWriter.Channels channels) throws IOException {
        int[] row = new int[surface.widthPixels()];
        try (PngWriter png = new PngWriter(out, channels, surface.widthPixels(), surface.heightPixels())) {
            for (int y = 0; y < surface.heightPixels(); y++) {
                for (int x = 0; x < row.length; x++) {
                    int pixel = surface.pixel(x, y);
                    row[x] = channels == PngWriter.Channels.RGB
                            ? surface.format().toRgb(pixel)
                            : shown(pixel);
                }
                png.row(row, 0);
            }
            png.finish();
        }
    }

    private int shown(int pixel) {
        return surface.format() == SurfaceFormat.A1 ? pixel * OPAQUE : pixel;
    }

    private static int usedBits(SurfaceFormat format) {
        return switch (format) {
            case XRGB_32 -> 0xffffff;
            case RGB_555 -> 0x7fff;
            case A1, A8, RGB_565, ARGB_32 -> -1;
        };
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }
}
