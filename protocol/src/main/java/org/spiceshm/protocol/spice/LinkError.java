package org.spiceshm.protocol.spice;

import org.jspecify.annotations.Nullable;

/** How a link attempt ends. spice-protocol, error_codes.h: SPICE_LINK_ERR_*. */
public enum LinkError {
    OK(0),
    ERROR(1),
    INVALID_MAGIC(2),
    INVALID_DATA(3),
    VERSION_MISMATCH(4),
    NEED_SECURED(5),
    NEED_UNSECURED(6),
    PERMISSION_DENIED(7),
    BAD_CONNECTION_ID(8),
    CHANNEL_NOT_AVAILABLE(9);

    private static final LinkError[] VALUES = values();

    private final int number;

    LinkError(int number) {
        this.number = number;
    }

    /** The number on the wire. */
    public int number() {
        return number;
    }

    /** The error with this number, or null. */
    public static @Nullable LinkError ofNumber(int number) {
        return 0 <= number && number < VALUES.length ? VALUES[number] : null;
    }
}
