package org.spiceshm.protocol.spice;

/** Bits of the capabilities that every channel has. spice-protocol, protocol.h: SPICE_COMMON_CAP_*. */
public final class CommonCapability {
    public static final int PROTOCOL_AUTH_SELECTION = 0;
    public static final int AUTH_SPICE = 1;
    public static final int AUTH_SASL = 2;
    public static final int MINI_HEADER = 3;

    private CommonCapability() {}
}
