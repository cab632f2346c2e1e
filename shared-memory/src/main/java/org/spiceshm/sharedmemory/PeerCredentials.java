package org.spiceshm.sharedmemory;

/** Who was at the other end of a Unix socket when it was connected; the kernel vouches for it. See unix(7), SO_PEERCRED. */
public record PeerCredentials(int pid, int uid, int gid) {}
