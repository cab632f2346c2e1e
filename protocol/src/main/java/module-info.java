import org.jspecify.annotations.NullMarked;

/** Every byte format of the project, and the sessions that speak them; no I/O, no clock, no threads. */
@NullMarked
module org.spiceshm.protocol {
    requires transitive com.google.protobuf;
    requires static transitive org.jspecify;

    exports org.spiceshm.protocol;
    exports org.spiceshm.protocol.agent;
    exports org.spiceshm.protocol.qxl;
    exports org.spiceshm.protocol.shm;
    exports org.spiceshm.protocol.spice;
    exports org.spiceshm.protocol.trace;
    exports org.spiceshm.protocol.vfiouser;
}
