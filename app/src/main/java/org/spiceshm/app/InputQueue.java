package org.spiceshm.app;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What clients do with keyboard and pointer, on its way to a guest that may be slow. Movements that follow each other
 * become one. When the queue is full the oldest movement makes room; if there is none, what is pressed is dropped and
 * counted, but what is let go never is if its pressing was taken: no key sticks. Any thread.
 */
final class InputQueue {
    /** Events that wait; keys that are let go may come on top, one for each that is down. */
    static final int MAX_EVENTS = 1024;
    /** Events that one command carries. */
    static final int MAX_BATCH = 64;
    /** No movement is larger: what a hostile client adds up to must not keep a PS/2 mouse busy for minutes. */
    static final int MAX_MOVEMENT = 16 * 1024;

    /** One event, in the guest's terms. */
    sealed interface Event {}

    /** A key by its number in QEMU. */
    record Key(int number, boolean down) implements Event {}

    /** A button by its name in QEMU. */
    record Button(String name, boolean down) implements Event {}

    /** The wheel has turned by a notch. */
    record Wheel(String button) implements Event {}

    /** The pointer has moved by so much. */
    record Movement(int dx, int dy) implements Event {}

    /** The pointer is at a place, 0..32767 each. */
    record Place(int x, int y) implements Event {}

    private final ArrayDeque<Event> events = new ArrayDeque<>();
    private final Set<Event> down = new HashSet<>();
    private long dropped;

    synchronized void add(Event event) {
        switch (event) {
            case Key(int number, boolean pressed) -> addPress(event, new Key(number, true), pressed);
            case Button(String name, boolean pressed) -> addPress(event, new Button(name, true), pressed);
            case Wheel wheel -> addIfRoom(wheel);
            case Movement movement -> addMovement(movement);
            case Place place -> addPlace(place);
        }
    }

    /** The next events for one command, none if there is nothing. */
    synchronized List<Event> poll() {
        List<Event> batch = new ArrayList<>();
        Set<Integer> keys = new HashSet<>();
        for (Event next = events.peek(); next != null && batch.size() < MAX_BATCH; next = events.peek()) {
            // QEMU reports to the guest once a command: of two changes of one key the guest might see none.
            if (next instanceof Key key && !keys.add(key.number)) {
                break;
            }
            batch.add(events.remove());
            // For the same reason a click, or a movement after a press, must not be in one report.
            if (next instanceof Button || next instanceof Wheel) {
                break;
            }
        }
        return batch;
    }

    /** The guest has gone: there is nothing to tell it, and nothing is down. */
    synchronized void clear() {
        events.clear();
        down.clear();
    }

    /** How many presses and movements were lost because the guest took none. */
    synchronized long dropped() {
        return dropped;
    }

    private void addPress(Event event, Event pressing, boolean pressed) {
        if (!pressed && down.remove(pressing)) {
            // INVARIANT: at most one on top of the limit for each key and button that is down.
            events.add(event);
        } else if (addIfRoom(event) && pressed) {
            down.add(pressing);
        }
    }

    private void addMovement(Movement movement) {
        if (events.peekLast() instanceof Movement last) {
            events.removeLast();
            events.add(sum(last, movement));
        } else if (events.size() < MAX_EVENTS) {
            events.add(sum(movement, new Movement(0, 0)));
        } else if (removeOldestMotion() instanceof Movement oldest) {
            events.add(sum(oldest, movement));
        } else {
            addIfRoom(movement);
        }
    }

    private void addPlace(Place place) {
        if (events.peekLast() instanceof Place) {
            events.removeLast();
        }
        addIfRoom(place);
    }

    private boolean addIfRoom(Event event) {
        if (!(events.size() < MAX_EVENTS)) {
            removeOldestMotion();
        }
        boolean room = events.size() < MAX_EVENTS;
        if (room) {
            events.add(event);
        } else {
            dropped++;
        }
        return room;
    }

    private @Nullable Event removeOldestMotion() {
        for (Iterator<Event> each = events.iterator(); each.hasNext(); ) {
            Event event = each.next();
            if (event instanceof Movement || event instanceof Place) {
                each.remove();
                return event;
            }
        }
        return null;
    }

    private static Movement sum(Movement one, Movement other) {
        return new Movement(clamp((long) one.dx + other.dx), clamp((long) one.dy + other.dy));
    }

    private static int clamp(long movement) {
        return Math.clamp(movement, -MAX_MOVEMENT, MAX_MOVEMENT);
    }
}
