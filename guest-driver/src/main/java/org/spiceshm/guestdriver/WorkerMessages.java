package org.spiceshm.guestdriver;

/** Numbers of the recorder's worker messages, as positions in spice-server's enum (red-worker.h) of 0.13 to 0.16. */
final class WorkerMessages {
    static final int UPDATE = 1;
    static final int RESET_MEMSLOTS = 18;
    static final int DESTROY_SURFACES = 19;
    static final int CREATE_PRIMARY = 20;
    static final int DESTROY_PRIMARY = 21;
    static final int RESET_CURSOR = 22;
    static final int RESET_IMAGE_CACHE = 23;
    static final int UPDATE_ASYNC = 26;
    static final int DESTROY_SURFACES_ASYNC = 28;
    static final int CREATE_PRIMARY_ASYNC = 29;
    static final int DESTROY_PRIMARY_ASYNC = 30;
    static final int MONITORS_CONFIG_ASYNC = 35;

    private WorkerMessages() {}
}
