package org.spiceshm.sharedmemory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.Charset;
import java.nio.file.Path;

/** struct sockaddr_un: u16 family, then a path of at most 107 bytes and its 0. See unix(7). */
final class UnixAddress {
    private static final int FAMILY = 0;
    private static final int PATH = 2;
    private static final int PATH_BYTES = 108;
    // As the JDK encodes file names, so that both mean the same file.
    private static final Charset FILE_NAMES = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

    private UnixAddress() {}

    static MemorySegment of(Path path, Arena arena) throws SharedMemoryException {
        byte[] name = path.toString().getBytes(FILE_NAMES);
        if (!(0 < name.length && name.length < PATH_BYTES)) {
            throw new SharedMemoryException(
                    "socket path " + path,
                    "got " + name.length + " bytes, expected at least 1 and at most " + (PATH_BYTES - 1));
        }
        MemorySegment address = arena.allocate(PATH + PATH_BYTES, Short.BYTES);
        address.set(JAVA_SHORT, FAMILY, (short) Libc.AF_UNIX);
        MemorySegment.copy(name, 0, address, JAVA_BYTE, PATH, name.length);
        return address;
    }
}
