package org.spiceshm.sharedmemory;

import java.io.IOException;

/** The kernel refused a call, or what a peer handed over is not what was agreed. The message says what, got, expected. */
public final class SharedMemoryException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String what;
    private final int errno;

    public SharedMemoryException(String what, String problem) {
        super(what + ": " + problem);
        this.what = what;
        this.errno = 0;
    }

    SharedMemoryException(String what, int errno) {
        super(what + ": got errno " + errno + " (" + Libc.describe(errno) + "), expected success");
        this.what = what;
        this.errno = errno;
    }

    /** The call, the file or the socket that this is about. */
    public String what() {
        return what;
    }

    /** The kernel's error number, or 0 when the kernel did not refuse anything. */
    public int errno() {
        return errno;
    }
}
