package org.spiceshm.sharedmemory;

/** What a mapping may be used for. */
public enum Access {
    READ_ONLY(Libc.PROT_READ),
    READ_WRITE(Libc.PROT_READ | Libc.PROT_WRITE);

    private final int protection;

    Access(int protection) {
        this.protection = protection;
    }

    int protection() {
        return protection;
    }
}
