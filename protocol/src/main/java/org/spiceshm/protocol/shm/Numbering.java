package org.spiceshm.protocol.shm;

/**
 * The two columns of numbers of the shared-memory extension. A server or client is configured with exactly one; under
 * {@link #RFC_2013} nothing that upstream later put on those numbers may be spoken.
 *
 * @see <a href="https://lists.freedesktop.org/archives/spice-devel/2013-August/014164.html">the proposal</a>
 */
public enum Numbering {
    /** Numbers that collide with no current peer. */
    CURRENT(30, 900, 901, 902, 900, 901),
    /** The proposal's own numbers, which upstream has since given to LZ4, GL scanouts and preferred compression. */
    RFC_2013(5, 320, 321, 322, 103, 104);

    private final int capabilityBit;
    private final int offer;
    private final int damage;
    private final int surfaceCreateShm;
    private final int reply;
    private final int damageHandled;

    Numbering(int capabilityBit, int offer, int damage, int surfaceCreateShm, int reply, int damageHandled) {
        this.capabilityBit = capabilityBit;
        this.offer = offer;
        this.damage = damage;
        this.surfaceCreateShm = surfaceCreateShm;
        this.reply = reply;
        this.damageHandled = damageHandled;
    }

    /** DISPLAY_CAP_SHARED_MEMORY: the bit in the display channel's capabilities. */
    public int capabilityBit() {
        return capabilityBit;
    }

    /** MSG_DISPLAY_SHM_OFFER. */
    public int offer() {
        return offer;
    }

    /** MSG_DISPLAY_SHM_DAMAGE. */
    public int damage() {
        return damage;
    }

    /** MSG_DISPLAY_SURFACE_CREATE_SHM. */
    public int surfaceCreateShm() {
        return surfaceCreateShm;
    }

    /** MSGC_DISPLAY_SHM_REPLY. */
    public int reply() {
        return reply;
    }

    /** MSGC_DISPLAY_SHM_DAMAGE_HANDLED. */
    public int damageHandled() {
        return damageHandled;
    }
}
