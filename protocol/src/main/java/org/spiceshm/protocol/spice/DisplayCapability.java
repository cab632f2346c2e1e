package org.spiceshm.protocol.spice;

/**
 * Bits of the display channel's capabilities. spice-protocol, protocol.h: SPICE_DISPLAY_CAP_*. The shared-memory
 * extension's bit is {@link org.spiceshm.protocol.shm.Numbering#capabilityBit}.
 */
public final class DisplayCapability {
    public static final int SIZED_STREAM = 0;
    public static final int MONITORS_CONFIG = 1;
    public static final int COMPOSITE = 2;
    public static final int A8_SURFACE = 3;
    public static final int STREAM_REPORT = 4;
    public static final int LZ4_COMPRESSION = 5;
    public static final int PREF_COMPRESSION = 6;
    public static final int GL_SCANOUT = 7;
    public static final int MULTI_CODEC = 8;
    public static final int CODEC_MJPEG = 9;
    public static final int CODEC_VP8 = 10;
    public static final int CODEC_H264 = 11;
    public static final int PREF_VIDEO_CODEC_TYPE = 12;
    public static final int CODEC_VP9 = 13;
    public static final int CODEC_H265 = 14;
    public static final int GL_SCANOUT2 = 15;

    private DisplayCapability() {}
}
