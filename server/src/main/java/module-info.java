import org.jspecify.annotations.NullMarked;

/** The SPICE server: channels, authentication, shared-memory and normal mode, any number of clients. */
@NullMarked
module org.spiceshm.server {
    requires com.google.common;
    requires io.netty.buffer;
    requires io.netty.common;
    requires io.netty.transport;
    requires transitive org.spiceshm.canvas;
    requires transitive org.spiceshm.protocol;
    requires transitive org.spiceshm.sharedmemory;
    requires static transitive org.jspecify;

    exports org.spiceshm.server;
}
