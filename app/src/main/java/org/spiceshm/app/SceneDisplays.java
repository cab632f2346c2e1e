package org.spiceshm.app;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.spiceshm.guestdriver.Pacer;
import org.spiceshm.guestdriver.PushListener;
import org.spiceshm.guestdriver.QxlDriver;
import org.spiceshm.guestdriver.SceneRunner;
import org.spiceshm.guestdriver.Scenes;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;
import org.spiceshm.server.Screen;

/**
 * The displays of a scene beyond the first: each a card of its own with a guest of its own, which draws the same scene for
 * itself. Owned by whoever starts it.
 */
final class SceneDisplays implements AutoCloseable {
    private final List<Card> cards = new ArrayList<>();
    private final List<SceneRunner> runners = new ArrayList<>();
    private final List<Thread> guests = new ArrayList<>();
    private boolean stopped;

    private SceneDisplays() {}

    /** Makes the cards; nothing is drawn yet. */
    static SceneDisplays start(QxlConfig config, int count) throws IOException {
        SceneDisplays displays = new SceneDisplays();
        boolean done = false;
        try {
            for (int i = 0; i < count; i++) {
                displays.cards.add(Card.start(config, PipelineOptions.defaults()));
            }
            done = true;
            return displays;
        } finally {
            if (!done) {
                displays.close();
            }
        }
    }

    /** This screen, and those of all the cards, in the order of their numbers. */
    List<Screen> screensAfter(Screen first) {
        List<Screen> screens = new ArrayList<>();
        screens.add(first);
        cards.forEach(card -> screens.add(card.screen()));
        return screens;
    }

    /** The guests begin to draw. */
    synchronized void draw(String scene, int width, int height, Pacer pacer) {
        for (int i = 0; i < cards.size() && !stopped; i++) {
            QxlDriver driver = new QxlDriver(cards.get(i).hardware());
            SceneRunner runner = new SceneRunner(driver, Scenes.of(scene, width, height), pacer, PushListener.NONE);
            runners.add(runner);
            guests.add(Thread.ofPlatform().name("guest-" + (i + 1)).daemon().start(runner));
        }
    }

    void setClientPresent(boolean present) {
        cards.forEach(card -> card.setClientPresent(present));
    }

    /** The guests stop drawing, soon. Any thread. */
    synchronized void stop() {
        stopped = true;
        runners.forEach(SceneRunner::stop);
    }

    @Override
    public void close() {
        stop();
        for (Thread guest : guests) {
            join(guest);
        }
        cards.forEach(Card::close);
    }

    /** A card must not go before its guest; an interrupt is kept for later. */
    private static void join(Thread guest) {
        boolean interrupted = false;
        while (guest.isAlive()) {
            try {
                guest.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
