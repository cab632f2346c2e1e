package org.spiceshm.it;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.spiceshm.app.Card;
import org.spiceshm.renderer.PrimarySurface;

/** What stands in a card's framebuffer, copied between two batches. */
final class ShownPicture {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private ShownPicture() {}

    /** Waits until a primary shows what is expected, which is computed anew for every look. */
    static void await(Card card, Supplier<Picture> expected, String what) {
        Await.until(PATIENCE, () -> same(expected.get(), of(card)), () -> what + ": " + difference(expected, card));
    }

    static boolean same(Picture expected, @Nullable Picture shown) {
        return shown != null
                && shown.width() == expected.width()
                && shown.height() == expected.height()
                && shown.differingPixels(expected) == 0;
    }

    private static String difference(Supplier<Picture> expected, Card card) {
        Picture shown = of(card);
        Picture wanted = expected.get();
        if (shown == null) {
            return "nothing is shown";
        }
        if (!Arrays.equals(new int[] {shown.width(), shown.height()}, new int[] {wanted.width(), wanted.height()})) {
            return "got " + shown.width() + "x" + shown.height() + ", expected " + wanted.width() + "x"
                    + wanted.height();
        }
        int differing = shown.differingPixels(wanted);
        for (int i = 0; i < shown.pixels().length; i++) {
            int x = i % shown.width();
            int y = i / shown.width();
            if (shown.pixel(x, y) != wanted.pixel(x, y)) {
                return differing + " pixels differ, the first at " + x + "," + y + ": got "
                        + Integer.toHexString(shown.pixel(x, y)) + ", expected "
                        + Integer.toHexString(wanted.pixel(x, y));
            }
        }
        return "now it is";
    }

    /** The primary's pixels, or null without a primary. */
    static @Nullable Picture of(Card card) {
        PrimarySurface primary = card.primary();
        if (primary == null) {
            return null;
        }
        CompletableFuture<Picture> copied = new CompletableFuture<>();
        card.betweenBatches(() -> copied.complete(copy(primary)));
        return copied.join();
    }

    private static Picture copy(PrimarySurface primary) {
        MemorySegment memory = primary.segment().memory();
        int width = primary.widthPixels();
        int height = primary.heightPixels();
        int[] pixels = new int[width * height];
        for (int y = 0; y < height; y++) {
            long row = primary.offset() + (long) primary.strideBytes() * y;
            MemorySegment.copy(
                    memory,
                    ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
                    row,
                    pixels,
                    y * width,
                    width);
        }
        return new Picture(width, height, pixels);
    }
}
