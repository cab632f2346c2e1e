package org.spiceshm.qxldevice;

/** What the device is being used as. */
public enum DeviceMode {
    /** Just reset and without VGA, or without a primary; the rings are read. */
    UNDEFINED,
    /** A plain VGA card, as a device with VGA is after a reset; the rings are not read, the picture is looked at. */
    VGA,
    /** A primary was created by a native driver. */
    NATIVE,
    /** A first-generation driver has set a mode: one surface, drawn on by commands of another layout. */
    COMPAT
}
