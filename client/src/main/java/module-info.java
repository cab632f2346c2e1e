import org.jspecify.annotations.NullMarked;

/** A headless SPICE client: one display in shared memory or drawn here, its pointer, the inputs, and the agent. */
@NullMarked
module org.spiceshm.client {
    requires static transitive org.jspecify;
    requires transitive org.spiceshm.canvas;
    requires transitive org.spiceshm.protocol;
    requires transitive org.spiceshm.sharedmemory;

    exports org.spiceshm.client;
}
