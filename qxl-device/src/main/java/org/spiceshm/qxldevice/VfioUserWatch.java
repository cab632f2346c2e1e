package org.spiceshm.qxldevice;

/** Hears when a VM comes and goes. Called by the vfio-user thread, which answers the VM: it must not block. */
public interface VfioUserWatch {
    /** A VMM has connected; the device is as at power-on. */
    void connected();

    /** The VMM has gone, or has been turned away; the picture stays. */
    void disconnected();
}
