package org.spiceshm.server;

/** The moments when the framebuffer is whole: the server's port to whoever writes it. */
@FunctionalInterface
public interface BatchGate {
    /** Runs {@code task} soon, on the writer's thread, while no pixel is being written. */
    void betweenBatches(Runnable task);
}
