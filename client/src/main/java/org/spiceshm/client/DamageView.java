package org.spiceshm.client;

import org.spiceshm.protocol.shm.ShmDamageFlyweight;

/**
 * What has changed on the screen: a flyweight, valid during one call of {@link DisplayListener#damage}. Owned by the
 * display thread.
 */
public final class DamageView {
    private final ShmDamageFlyweight damage;

    DamageView(ShmDamageFlyweight damage) {
        this.damage = damage;
    }

    /** The newest batch covered; in normal mode the number of drawings so far. */
    public long sequence() {
        return damage.sequence();
    }

    /** CLOCK_MONOTONIC, as {@link System#nanoTime}, when the server read the batch's oldest command; 0 in normal mode. */
    public long readNanos() {
        return damage.readNanos();
    }

    /** The surface. */
    public int surfaceId() {
        return damage.surfaceId();
    }

    /** At least 1. */
    public int rectCount() {
        return damage.rectCount();
    }

    /** Top row of a rectangle; {@code 0 <= index && index < rectCount()}, here and below. */
    public int top(int index) {
        return damage.top(index);
    }

    /** Its first column. */
    public int left(int index) {
        return damage.left(index);
    }

    /** One past its last row. */
    public int bottom(int index) {
        return damage.bottom(index);
    }

    /** One past its last column. */
    public int right(int index) {
        return damage.right(index);
    }
}
