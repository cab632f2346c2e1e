package org.spiceshm.qxldevice;

/** What the device is being used as. */
public enum DeviceMode {
    /** Just reset, or without a primary; the rings are read. */
    UNDEFINED,
    /** A plain VGA card. Not done yet: a device starts in {@link #UNDEFINED}. */
    VGA,
    /** A primary was created by a native driver. */
    NATIVE,
    /** A first-generation driver has set a mode. Not done yet. */
    COMPAT
}
