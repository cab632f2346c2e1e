package org.spiceshm.qxldevice;

/** What every thread of this module ends with. */
final class Threads {
    private Threads() {}

    /** Waits for the end of {@code thread}; an interrupt is kept for the caller's later waits. */
    static void joinUninterruptibly(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
