package org.spiceshm.protocol.agent;

/** Bits of an agent's or a client's capabilities. spice-protocol, vd_agent.h: VD_AGENT_CAP_*. */
public final class AgentCapability {
    public static final int MOUSE_STATE = 0;
    public static final int MONITORS_CONFIG = 1;
    public static final int REPLY = 2;
    public static final int CLIPBOARD = 3;
    public static final int DISPLAY_CONFIG = 4;
    public static final int CLIPBOARD_BY_DEMAND = 5;
    public static final int CLIPBOARD_SELECTION = 6;
    public static final int SPARSE_MONITORS_CONFIG = 7;
    public static final int GUEST_LINEEND_LF = 8;
    public static final int GUEST_LINEEND_CRLF = 9;
    public static final int MAX_CLIPBOARD = 10;
    public static final int AUDIO_VOLUME_SYNC = 11;
    public static final int MONITORS_CONFIG_POSITION = 12;
    public static final int FILE_XFER_DISABLED = 13;
    public static final int FILE_XFER_DETAILED_ERRORS = 14;
    public static final int GRAPHICS_DEVICE_INFO = 15;
    public static final int CLIPBOARD_NO_RELEASE_ON_REGRAB = 16;
    public static final int CLIPBOARD_GRAB_SERIAL = 17;

    private AgentCapability() {}
}
