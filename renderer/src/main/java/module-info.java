import org.jspecify.annotations.NullMarked;

/** The pipeline: command, canvas, shared framebuffer, damage, release. */
@NullMarked
module org.spiceshm.renderer {
    requires com.lmax.disruptor;
    requires transitive org.spiceshm.canvas;
    requires transitive org.spiceshm.protocol;
    requires transitive org.spiceshm.sharedmemory;
    requires static transitive org.jspecify;

    exports org.spiceshm.renderer;
}
