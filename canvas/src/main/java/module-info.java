import org.jspecify.annotations.NullMarked;

/** SPICE's software canvas: surfaces, regions, image codecs and the drawing operations, exact to the pixel. */
@NullMarked
module org.spiceshm.canvas {
    requires static transitive org.jspecify;
    requires transitive org.spiceshm.protocol;

    exports org.spiceshm.canvas;
    exports org.spiceshm.canvas.codec;
}
