package org.spiceshm.qxldevice;

/** The device's interrupt pin (INTx). Called by any thread of the device; it must not block. */
@FunctionalInterface
public interface InterruptLine {
    /** The level as it should be now; {@code true} may be said again while it already is. */
    void set(boolean high);
}
