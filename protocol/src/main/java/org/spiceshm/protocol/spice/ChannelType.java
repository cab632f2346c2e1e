package org.spiceshm.protocol.spice;

import org.jspecify.annotations.Nullable;

/** What a connection is for. spice-protocol, enums.h: SPICE_CHANNEL_*. */
public enum ChannelType {
    MAIN(1),
    DISPLAY(2),
    INPUTS(3),
    CURSOR(4),
    PLAYBACK(5),
    RECORD(6),
    TUNNEL(7),
    SMARTCARD(8),
    USBREDIR(9),
    PORT(10),
    WEBDAV(11);

    private static final ChannelType[] VALUES = values();

    private final int number;

    ChannelType(int number) {
        this.number = number;
    }

    /** The number on the wire. */
    public int number() {
        return number;
    }

    /** The type with this number, or null. */
    public static @Nullable ChannelType ofNumber(int number) {
        return 1 <= number && number <= VALUES.length ? VALUES[number - 1] : null;
    }
}
