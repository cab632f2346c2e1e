package org.spiceshm.guestdriver;

import java.util.List;

/** The scenes by name. */
public final class Scenes {
    /** Most pixels across or down. */
    public static final int MAX_SIDE = 8192;

    private static final int MIN_SIDE = 64;

    private Scenes() {}

    /** All names, in the order in which they are to be shown. */
    public static List<String> names() {
        return List.of("full", "tiles", "text", "fills", "pixels", "scroll", "solid", "desktop", "video");
    }

    /**
     * A scene for a primary of this size.
     *
     * @throws IllegalArgumentException if there is none of that name, or the size is out of range
     */
    public static Scene of(String name, int width, int height) {
        if (!(MIN_SIDE <= width && width <= MAX_SIDE && MIN_SIDE <= height && height <= MAX_SIDE)) {
            throw new IllegalArgumentException(
                    "scene size: got " + width + "x" + height + ", expected " + MIN_SIDE + " to " + MAX_SIDE + " each");
        }
        return switch (name) {
            case "full" -> GridScene.full(width, height);
            case "tiles" -> GridScene.tiles(width, height);
            case "text" -> GridScene.text(width, height);
            case "fills" -> GridScene.fills(width, height);
            case "pixels" -> GridScene.pixels(width, height);
            case "scroll" -> new ScrollScene(width, height);
            case "solid" -> new SolidScene(width, height);
            case "desktop" -> new DesktopScene("desktop", width, height, false);
            case "video" -> new DesktopScene("video", width, height, true);
            default -> throw new IllegalArgumentException("scene: got " + name + ", expected one of " + names());
        };
    }
}
