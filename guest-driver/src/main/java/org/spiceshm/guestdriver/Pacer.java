package org.spiceshm.guestdriver;

/**
 * When a scene's next commands may be pushed.
 *
 * @see SceneRunner
 */
public sealed interface Pacer {
    /** As fast as the device takes them. */
    static Pacer unlimited() {
        return new Unlimited();
    }

    /** So many frames a second, at absolute deadlines: a late frame does not delay those after it. */
    static Pacer framesPerSecond(double frames) {
        return new FramesPerSecond(frames);
    }

    /** At most {@code commands} that {@link SceneRunner#ack} has not been told of: a closed loop. */
    static Pacer window(int commands) {
        return new Window(commands);
    }

    /** No limit. */
    record Unlimited() implements Pacer {}

    /** An open loop. */
    record FramesPerSecond(double frames) implements Pacer {
        /** Checks the rate. */
        public FramesPerSecond {
            if (!(0 < frames && frames <= 1_000_000)) {
                throw new IllegalArgumentException("frames per second: got " + frames + ", expected 0 to 1000000");
            }
        }
    }

    /** A closed loop. */
    record Window(int commands) implements Pacer {
        /** Checks the size. */
        public Window {
            if (!(commands > 0)) {
                throw new IllegalArgumentException("window: got " + commands + ", expected 1 or more");
            }
        }
    }
}
