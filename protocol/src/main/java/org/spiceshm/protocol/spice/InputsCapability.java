package org.spiceshm.protocol.spice;

/** Bits of the inputs channel's capabilities. spice-protocol, protocol.h: SPICE_INPUTS_CAP_*. */
public final class InputsCapability {
    public static final int KEY_SCANCODE = 0;

    private InputsCapability() {}
}
