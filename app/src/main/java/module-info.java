import org.jspecify.annotations.NullMarked;

/** The command line, and the one place where the parts meet. */
@NullMarked
module org.spiceshm.app {
    requires com.fasterxml.jackson.core;
    requires info.picocli;
    requires java.desktop;
    requires java.logging;
    requires java.management;
    requires jdk.management;
    requires HdrHistogram;
    requires org.spiceshm.canvas;
    requires org.spiceshm.client;
    requires org.spiceshm.guestdriver;
    requires org.spiceshm.qxldevice;
    requires org.spiceshm.renderer;
    requires org.spiceshm.server;
    requires org.tukaani.xz;
    requires static transitive org.jspecify;

    exports org.spiceshm.app;

    opens org.spiceshm.app to
            info.picocli;
}
