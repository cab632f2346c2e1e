package org.spiceshm.protocol.spice;

/** Bits of the main channel's capabilities. spice-protocol, protocol.h: SPICE_MAIN_CAP_*. */
public final class MainCapability {
    public static final int SEMI_SEAMLESS_MIGRATE = 0;
    public static final int NAME_AND_UUID = 1;
    public static final int AGENT_CONNECTED_TOKENS = 2;
    public static final int SEAMLESS_MIGRATE = 3;

    private MainCapability() {}
}
