package org.spiceshm.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.shm.DamageRing;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.SegmentFeatures;
import org.spiceshm.protocol.shm.ShmDamageFlyweight;
import org.spiceshm.protocol.shm.ShmReply;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.DisplayClientMessage;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.DrawMessage;

/** How often and by what way damage is told: paced, or by the ring and then not at all. */
final class DamagePathTest {
    private static final int CREATE_SHM = Numbering.CURRENT.surfaceCreateShm();
    private static final int DAMAGE = Numbering.CURRENT.damage();
    private static final int DESTROY = DisplayServerMessage.SurfaceDestroy.TYPE;
    private static final int MONITORS = DisplayServerMessage.MonitorsConfig.TYPE;
    private static final int MARK = DisplayServerMessage.Mark.TYPE;
    private static final int PER_SECOND = 10;
    private static final long PERIOD = Client.SECOND / PER_SECOND;
    private static final int SOCKET = SegmentFeatures.FD_FOLLOWS | SegmentFeatures.SEQUENCE_PAGE;

    private static void show(Fixture fixture) throws Exception {
        SharedSegment segment = fixture.segment(DamageRing.FIRST_SURFACE_OFFSET + 4 * 64 * 64);
        fixture.screen.segment(segment);
        fixture.screen.primaryCreated(Fixture.primary(segment, 64, 64));
    }

    private static Client shared(Fixture fixture, int features) throws Exception {
        Client client = fixture.display(Fixture.SHM, true);
        client.send(new DisplayClientMessage.Init(0, 0, 0, 0));
        client.send(new ShmReply(true, features));
        client.take();
        return client;
    }

    private static void assertTypes(Client client, int... types) {
        assertArrayEquals(types, client.types(), client::toString);
        client.received.clear();
    }

    @Test
    void whoReadsTheRingIsToldOfSurfacesAndNotOfDamage() throws Exception {
        try (Fixture fixture = new Fixture()) {
            show(fixture);
            Client client = shared(fixture, SOCKET | SegmentFeatures.DAMAGE_RING);
            for (int i = 1; i <= 3 * DamageJournal.SIZE; i++) {
                fixture.damage(i, 0, 0, 1, 1);
                assertTrue(client.connection.onDamage(client.now), "nobody has to be woken for it");
            }
            client.turn();
            assertTypes(client);
            fixture.screen.primaryDestroyed();
            show(fixture);
            client.turn();
            assertTypes(client, DESTROY, Numbering.CURRENT.offer(), Client.DESCRIPTOR);
            client.send(new ShmReply(true, SOCKET));
            assertTypes(client, CREATE_SHM, MONITORS, MARK);
            fixture.damage(3 * DamageJournal.SIZE + 1, 0, 0, 1, 1);
            client.turn();
            assertTypes(client, DAMAGE);
        }
    }

    @Test
    void aMillionOnePixelFillsCostAPacedClientItsRateAndLoseNoPixel() throws Exception {
        try (Fixture fixture = new Fixture(ServerOptions.defaults().withMaxDamageRate(PER_SECOND))) {
            show(fixture);
            Client client = shared(fixture, SOCKET);
            int messages = 0;
            boolean[] told = new boolean[64 * 64];
            int drawn = 1_000_000;
            for (int i = 0; i < drawn; i++) {
                int pixel = i % (64 * 64);
                fixture.damage(i + 1, pixel / 64, pixel % 64, pixel / 64 + 1, pixel % 64 + 1);
                if (i % 100 == 0) {
                    // 10^6 a second, and the loop or a borrower looks every 100 us.
                    client.now += 100_000;
                    boolean borrowed = i % 200 == 0 && client.connection.onDamage(client.now);
                    if (!borrowed) {
                        client.turn();
                    }
                    messages += mark(client, told);
                }
            }
            client.pass(PERIOD);
            messages += mark(client, told);
            assertTrue(PER_SECOND <= messages && messages <= PER_SECOND + 2, "got " + messages + " messages");
            for (int pixel = 0; pixel < told.length; pixel++) {
                assertTrue(told[pixel], "pixel " + pixel);
            }
        }
    }

    private static int mark(Client client, boolean[] told) throws Exception {
        int count = 0;
        for (Client.Received message : client.take()) {
            ShmDamageFlyweight damage = new ShmDamageFlyweight().wrap(message.segment(), 0, message.body().length);
            for (int i = 0; i < damage.rectCount(); i++) {
                for (int y = damage.top(i); y < damage.bottom(i); y++) {
                    for (int x = damage.left(i); x < damage.right(i); x++) {
                        told[64 * y + x] = true;
                    }
                }
            }
            count++;
        }
        return count;
    }

    @Test
    void theFirstDamageIsToldAtOnceAndTheNextWhenItsTimeHasCome() throws Exception {
        try (Fixture fixture = new Fixture(ServerOptions.defaults().withMaxDamageRate(PER_SECOND))) {
            show(fixture);
            Client client = shared(fixture, SOCKET);
            client.pass(Client.SECOND);
            fixture.damage(1, 0, 0, 1, 1);
            client.turn();
            assertTypes(client, DAMAGE);
            assertEquals(Channel.NEVER, client.connection.deadline(), "nothing is due");
            client.now += PERIOD / 2;
            fixture.damage(2, 1, 1, 2, 2);
            assertFalse(client.connection.onDamage(client.now), "the loop has to hear of the deadline");
            assertTrue(client.connection.onDamage(client.now), "and has");
            assertEquals(client.now + PERIOD / 2, client.connection.deadline());
            client.pass(PERIOD / 2 - 1);
            assertTypes(client);
            client.pass(1);
            assertTypes(client, DAMAGE);
        }
    }

    @Test
    void aPacedClientThatDoesNotReadMakesNobodySpin() throws Exception {
        try (Fixture fixture = new Fixture(ServerOptions.defaults().withMaxDamageRate(PER_SECOND))) {
            show(fixture);
            Client client = shared(fixture, SOCKET);
            fixture.damage(1, 0, 0, 1, 1);
            client.turn();
            fixture.damage(2, 0, 0, 1, 1);
            client.turn();
            client.room = 0;
            client.pass(PERIOD);
            client.pass(PERIOD);
            assertEquals(Channel.NEVER, client.connection.deadline());
        }
    }

    @Test
    void normalModeIsPacedToo() throws Exception {
        try (Fixture fixture = new Fixture(ServerOptions.defaults().withMaxDamageRate(PER_SECOND))) {
            show(fixture);
            Client client = fixture.display(Capabilities.NONE, false);
            client.send(new DisplayClientMessage.Init(0, 0, 0, 0));
            client.take();
            fixture.damage(1, 0, 0, 1, 1);
            client.turn();
            assertTypes(client, DrawMessage.Copy.TYPE);
            fixture.damage(2, 0, 0, 1, 1);
            fixture.damage(3, 0, 0, 1, 1);
            client.turn();
            assertTypes(client);
            client.pass(PERIOD);
            assertTypes(client, DrawMessage.Copy.TYPE);
        }
    }
}
