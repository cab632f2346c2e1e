package org.spiceshm.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InputQueueTest {
    private final InputQueue queue = new InputQueue();

    private List<InputQueue.Event> all() {
        List<InputQueue.Event> events = new ArrayList<>();
        for (List<InputQueue.Event> batch = queue.poll(); !batch.isEmpty(); batch = queue.poll()) {
            events.addAll(batch);
        }
        return events;
    }

    @Test
    void movementsInARowBecomeOneAndStayOnTheirSideOfAClick() {
        queue.add(new InputQueue.Movement(1, 2));
        queue.add(new InputQueue.Movement(3, -5));
        queue.add(new InputQueue.Button("left", true));
        queue.add(new InputQueue.Place(1, 1));
        queue.add(new InputQueue.Place(2, 2));
        queue.add(new InputQueue.Button("left", false));
        assertEquals(List.of(new InputQueue.Movement(4, -3), new InputQueue.Button("left", true)), queue.poll());
        assertEquals(List.of(new InputQueue.Place(2, 2), new InputQueue.Button("left", false)), queue.poll());
        assertEquals(List.of(), queue.poll());
    }

    @Test
    void keysTravelTogetherButNeverTwoChangesOfOneKey() {
        for (int key = 1; key <= 3; key++) {
            queue.add(new InputQueue.Key(key, true));
        }
        queue.add(new InputQueue.Key(2, false));
        queue.add(new InputQueue.Key(1, false));
        assertEquals(3, queue.poll().size());
        assertEquals(2, queue.poll().size());
    }

    @Test
    void hostileMovementsAreBounded() {
        for (int i = 0; i < 10; i++) {
            queue.add(new InputQueue.Movement(Integer.MAX_VALUE, Integer.MIN_VALUE));
        }
        assertEquals(List.of(new InputQueue.Movement(InputQueue.MAX_MOVEMENT, -InputQueue.MAX_MOVEMENT)), queue.poll());
    }

    @Test
    void whatIsPressedIsDroppedWhenFullAndNoKeySticks() {
        for (int i = 0; i < InputQueue.MAX_EVENTS; i++) {
            queue.add(new InputQueue.Key(1 + i % 100, true));
        }
        queue.add(new InputQueue.Key(101, true));
        queue.add(new InputQueue.Wheel("wheel-up"));
        queue.add(new InputQueue.Place(1, 1));
        assertEquals(3, queue.dropped());
        for (int key = 1; key <= 101; key++) {
            queue.add(new InputQueue.Key(key, false));
        }
        List<InputQueue.Event> events = all();
        assertEquals(InputQueue.MAX_EVENTS + 100, events.size());
        for (int key = 1; key <= 100; key++) {
            assertTrue(events.contains(new InputQueue.Key(key, false)));
        }
    }

    @Test
    void theOldestMovementMakesRoom() {
        queue.add(new InputQueue.Movement(5, 5));
        for (int i = 1; i < InputQueue.MAX_EVENTS; i++) {
            queue.add(new InputQueue.Key(1, i % 2 == 1));
        }
        queue.add(new InputQueue.Movement(1, 1));
        List<InputQueue.Event> events = all();
        assertEquals(InputQueue.MAX_EVENTS, events.size());
        assertEquals(new InputQueue.Movement(6, 6), events.getLast());
        assertEquals(0, queue.dropped());
    }
}
