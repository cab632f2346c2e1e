import org.jspecify.annotations.NullMarked;

/** The QXL device: PCI, BARs, ROM, I/O ports, memory slots and rings. */
@NullMarked
module org.spiceshm.qxldevice {
    requires transitive org.spiceshm.protocol;
    requires transitive org.spiceshm.sharedmemory;
    requires static transitive org.jspecify;

    exports org.spiceshm.qxldevice;
}
