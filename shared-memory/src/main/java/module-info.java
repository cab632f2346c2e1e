import org.jspecify.annotations.NullMarked;

/** Memory that two processes share, and what they need to hand it over: the only module that calls the kernel itself. */
@NullMarked
module org.spiceshm.sharedmemory {
    requires com.sun.jna;
    requires static transitive org.jspecify;

    exports org.spiceshm.sharedmemory;
}
