import org.jspecify.annotations.NullMarked;

/** The QXL driver's side of the rings: scenes, and a player of recordings of real guests. */
@NullMarked
module org.spiceshm.guestdriver {
    requires transitive org.spiceshm.protocol;
    requires org.tukaani.xz;
    requires static transitive org.jspecify;

    exports org.spiceshm.guestdriver;
}
