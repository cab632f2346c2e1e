package org.spiceshm.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.SegmentFeatures;
import org.spiceshm.protocol.shm.ShmDamageFlyweight;
import org.spiceshm.protocol.shm.ShmReply;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.CommonClientMessage;
import org.spiceshm.protocol.spice.CommonServerMessage;
import org.spiceshm.protocol.spice.DisplayClientMessage;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.DrawMessage;
import org.spiceshm.protocol.spice.RawCopyPrefix;

/** The display channel in virtual time, both modes. */
final class DisplayChannelTest {
    private static final int OFFER = Numbering.CURRENT.offer();
    private static final int CREATE_SHM = Numbering.CURRENT.surfaceCreateShm();
    private static final int DAMAGE = Numbering.CURRENT.damage();
    private static final int SET_ACK = CommonServerMessage.SetAck.TYPE;
    private static final int CREATE = DisplayServerMessage.SurfaceCreate.TYPE;
    private static final int DESTROY = DisplayServerMessage.SurfaceDestroy.TYPE;
    private static final int MONITORS = DisplayServerMessage.MonitorsConfig.TYPE;
    private static final int MARK = DisplayServerMessage.Mark.TYPE;
    private static final int COPY = DrawMessage.Copy.TYPE;
    private static final int FEATURES = SegmentFeatures.FD_FOLLOWS | SegmentFeatures.SEQUENCE_PAGE;
    private static final DisplayClientMessage.Init INIT = new DisplayClientMessage.Init(0, 0, 0, 0);
    private static final ShmReply YES = new ShmReply(true, FEATURES);
    private static final ShmReply NO = new ShmReply(false, 0);

    private final Fixture fixture = new Fixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    private SharedSegment show(int width, int height) throws Exception {
        SharedSegment segment = fixture.segment(4096 + 4L * width * height);
        fixture.screen.segment(segment);
        fixture.screen.primaryCreated(Fixture.primary(segment, width, height));
        return segment;
    }

    private Client shared() throws Exception {
        Client client = fixture.display(Fixture.SHM, true);
        client.send(INIT);
        client.send(YES);
        return client;
    }

    private static void assertTypes(Client client, int... types) {
        assertArrayEquals(types, client.types(), client::toString);
        client.received.clear();
    }

    private static ShmDamageFlyweight damageOf(Client.Received message) throws Exception {
        assertEquals(DAMAGE, message.type());
        return new ShmDamageFlyweight().wrap(message.segment(), 0, message.body().length);
    }

    @Test
    void offersFirstAndSaysNothingElseUntilBothAnswersHaveCome() throws Exception {
        show(16, 8);
        Client client = fixture.display(Fixture.SHM, true);
        Client.Received offer = client.received.get(0);
        assertArrayEquals(
                new byte[] {1, 0, 0, 0, 15, 0, 0, 0, 0, 18, 0, 0, 0, 0, 0, 0, 0, 0}, offer.body()); // 4096 + 512 bytes
        assertEquals('@', client.received.get(1).body()[0]);
        assertTypes(client, OFFER, Client.DESCRIPTOR, SET_ACK);
        client.send(YES);
        fixture.damage(1, 0, 0, 1, 1);
        client.turn();
        assertTypes(client);
        client.send(INIT);
        assertTypes(client, CREATE_SHM, MONITORS, MARK, DAMAGE);
        assertFalse(client.closed);
    }

    @Test
    void initFirstIsAsGood() throws Exception {
        show(16, 8);
        Client client = fixture.display(Fixture.SHM, true);
        client.take();
        client.send(INIT);
        assertTypes(client);
        client.send(YES);
        assertTypes(client, CREATE_SHM, MONITORS, MARK);
    }

    @Test
    void offersNothingWithoutTheCapabilityOrOnTcp() throws Exception {
        show(16, 8);
        assertTypes(fixture.display(Capabilities.NONE, true), SET_ACK);
        assertTypes(fixture.display(Fixture.SHM, false), SET_ACK);
    }

    @Test
    void refusalAndSilenceMeanNormalMode() throws Exception {
        show(16, 8);
        Client refusing = fixture.display(Fixture.SHM, true);
        Client silent = fixture.display(Fixture.SHM, true);
        refusing.take();
        silent.take();
        refusing.send(INIT);
        refusing.send(NO);
        assertTypes(refusing, CREATE, COPY, MONITORS, MARK);
        silent.send(INIT);
        silent.pass(5 * Client.SECOND - 1);
        assertTypes(silent);
        silent.pass(1);
        assertTypes(silent, CREATE, COPY, MONITORS, MARK);
        silent.send(YES);
        assertFalse(silent.closed, "a late reply is ignored");
        silent.send(YES);
        assertTrue(silent.closed, "but only one");
    }

    @Test
    void protocolErrorsCloseTheConnection() throws Exception {
        show(16, 8);
        Client second = shared();
        second.send(YES);
        assertTrue(second.closed, "second reply");
        Client more = fixture.display(Fixture.SHM, true);
        more.send(new ShmReply(true, FEATURES | SegmentFeatures.DAMAGE_RING << 1));
        assertTrue(more.closed, "feature that was not offered");
        Client unasked = fixture.display(Capabilities.NONE, true);
        unasked.send(NO);
        assertTrue(unasked.closed, "nothing was offered");
        Client twice = fixture.display(Fixture.SHM, true);
        twice.send(INIT);
        twice.send(INIT);
        assertTrue(twice.closed, "second DISPLAY_INIT");
        Client late = fixture.display(Fixture.SHM, true);
        late.pass(30 * Client.SECOND - 1);
        assertFalse(late.closed);
        late.pass(1);
        assertTrue(late.closed, "no DISPLAY_INIT");
        Client half = fixture.display(Fixture.SHM, true);
        half.sendRaw(Numbering.CURRENT.reply(), 4);
        assertTrue(half.closed, "half a reply");
        Client unknown = fixture.display(Fixture.SHM, true);
        unknown.sendRaw(4711, 0);
        assertTrue(unknown.closed, "unknown message");
        Client large = fixture.display(Fixture.SHM, true);
        large.sendRaw(DisplayClientMessage.Init.TYPE, 64 * 1024 + 1);
        assertTrue(large.closed, "oversized message");
        assertEquals(0, fixture.server.displays());
    }

    @Test
    void growthIsOfferedAgainAndTheNewestSizeWins() throws Exception {
        show(16, 8);
        Client client = shared();
        client.take();
        fixture.screen.primaryDestroyed();
        show(64, 64);
        client.turn();
        assertTypes(client, DESTROY, OFFER, Client.DESCRIPTOR);
        fixture.screen.primaryDestroyed();
        show(256, 128);
        fixture.damage(3, 0, 0, 9, 9);
        client.turn();
        assertTypes(client);
        client.send(YES);
        assertTypes(client, OFFER, Client.DESCRIPTOR);
        client.send(YES);
        assertTypes(client, CREATE_SHM, MONITORS, MARK, DAMAGE);
        assertFalse(client.closed);
    }

    @Test
    void answersBeforeTheDescriptorHasLeftDoNoHarm() throws Exception {
        show(16, 8);
        Client client = fixture.display(Fixture.SHM, true);
        client.send(INIT);
        client.send(YES);
        client.take();
        client.room = 0;
        fixture.screen.primaryDestroyed();
        show(64, 64);
        client.turn();
        client.room = Long.MAX_VALUE;
        client.turn();
        assertTypes(client, DESTROY, OFFER, Client.DESCRIPTOR);
        client.room = 0;
        client.send(YES);
        fixture.screen.primaryDestroyed();
        show(128, 128);
        client.turn();
        client.room = Long.MAX_VALUE;
        client.turn();
        client.turn();
        assertFalse(client.closed);
        assertEquals(2, client.received.stream().filter(m -> m.type() == OFFER).count() + 1);
    }

    @Test
    void switchesWithinOneSegmentWithoutAnOffer() throws Exception {
        SharedSegment segment = show(64, 64);
        Client client = shared();
        client.take();
        fixture.damage(4, 0, 0, 60, 60);
        fixture.screen.primaryDestroyed();
        fixture.screen.primaryCreated(Fixture.primary(segment, 8, 8));
        fixture.damage(5, 0, 0, 2, 2);
        client.turn();
        List<Client.Received> told = List.copyOf(client.received);
        assertTypes(client, DESTROY, CREATE_SHM, MONITORS, MARK, DAMAGE);
        ShmDamageFlyweight damage = damageOf(told.get(4));
        damage.requireInside(8, 8);
        assertEquals(5, damage.sequence());
    }

    @Test
    void mergesDamageWhileItIsUnsent() throws Exception {
        show(64, 64);
        Client client = shared();
        client.take();
        client.room = 3;
        for (int i = 1; i <= 10; i++) {
            fixture.damage(i, i, i, i + 1, i + 1);
            client.turn();
        }
        client.room = Long.MAX_VALUE;
        client.turn();
        assertEquals(2, client.received.size());
        ShmDamageFlyweight first = damageOf(client.received.get(0));
        assertEquals(1, first.sequence());
        ShmDamageFlyweight rest = damageOf(client.received.get(1));
        assertEquals(9, rest.rectCount());
        assertEquals(10, rest.sequence());
        assertEquals(7, rest.readNanos());
    }

    @Test
    void acksStopAndResume() throws Exception {
        show(64, 64);
        Client client = shared();
        client.send(new CommonClientMessage.AckSync(1));
        for (int i = 1; i <= 100; i++) {
            fixture.damage(i, 0, 0, 1, 1);
            client.turn();
        }
        int told = client.take().size();
        assertEquals(3 + 40, told, "offer, descriptor and SET_ACK stand outside two windows of 20");
        client.send(new CommonClientMessage.Ack());
        List<Client.Received> more = client.take();
        assertEquals(1, more.size());
        assertEquals(100, damageOf(more.get(0)).sequence());
    }

    @Test
    void whoLosesTheJournalIsToldEverythingAndTheSequenceRises() throws Exception {
        show(64, 64);
        Client client = shared();
        client.take();
        client.room = 0;
        fixture.damage(1, 0, 0, 1, 1);
        client.turn();
        for (int i = 2; i <= 3 * DamageJournal.SIZE; i++) {
            fixture.damage(i, 1, 1, 2, 2);
        }
        client.room = Long.MAX_VALUE;
        client.turn();
        fixture.damage(3 * DamageJournal.SIZE + 1, 1, 1, 2, 2);
        client.turn();
        long before = 0;
        for (Client.Received message : client.received) {
            long sequence = damageOf(message).sequence();
            assertTrue(before < sequence);
            before = sequence;
        }
        ShmDamageFlyweight all = damageOf(client.received.get(1));
        assertEquals(64, all.bottom(0));
        assertEquals(64, all.right(0));
        assertEquals(3 * DamageJournal.SIZE, all.sequence());
    }

    @Test
    void normalModeGetsAWholePictureThenPixels() throws Exception {
        show(16, 8);
        Client client = fixture.display(Capabilities.NONE, false);
        client.take();
        client.send(INIT);
        byte[] picture = client.received.get(1).body();
        assertEquals(RawCopyPrefix.BYTES + 4 * 16 * 8, picture.length);
        assertEquals(0x11, picture[picture.length - 1]);
        assertTypes(client, CREATE, COPY, MARK);
        fixture.damage(1, 1, 2, 3, 5);
        client.turn();
        assertEquals(RawCopyPrefix.BYTES + 4 * 3 * 2, client.received.get(0).body().length);
        assertTypes(client, COPY);
    }

    @Test
    void pictureWaitsForTheGateAndABrieflyEqualPrimaryIsNotTakenForTheSame() throws Exception {
        SharedSegment segment = fixture.segment(4096 + 4 * 16 * 8);
        // A batch that has begun and not ended: only the gate can tell when the picture is whole.
        fixture.screen.segment(segment);
        var memory = segment.memory();
        assertTrue(memory.isReadOnly());
        Primary primary = Fixture.primary(segment, 16, 8);
        fixture.beginBatch();
        fixture.screen.primaryCreated(primary);
        Client client = fixture.display(Capabilities.NONE, false);
        client.take();
        client.send(INIT);
        assertTypes(client);
        fixture.openGate();
        fixture.screen.primaryDestroyed();
        fixture.screen.primaryCreated(primary);
        fixture.fill((byte) 0x22);
        client.turn();
        assertTypes(client);
        fixture.openGate();
        client.turn();
        byte[] picture = client.received.get(1).body();
        assertEquals(0x22, picture[picture.length - 1]);
        assertTypes(client, CREATE, COPY, MARK);
    }

    @Test
    void aNormalClientThatNeverReadsIsNotQueuedFor() throws Exception {
        SharedSegment segment = show(512, 512);
        Client client = fixture.display(Capabilities.NONE, false);
        client.room = 0;
        client.send(INIT);
        for (int i = 0; i < 100; i++) {
            fixture.screen.primaryDestroyed();
            fixture.screen.primaryCreated(Fixture.primary(segment, 512, 512));
            client.turn();
        }
        assertTrue(client.connection.outbox().pending() < 3 << 20);
    }

    @Test
    void monitorsAreToldAgainWhenTheyChange() throws Exception {
        show(64, 64);
        Client client = shared();
        client.take();
        fixture.screen.monitors(4, java.lang.foreign.MemorySegment.ofArray(new byte[0]));
        client.turn();
        assertEquals(4, client.received.get(0).segment().get(ValueLayout.JAVA_SHORT_UNALIGNED, 2));
        assertTypes(client, MONITORS);
    }

    @Test
    void roomThatComesWhileWritingRepeatsNothing() throws Exception {
        show(64, 64);
        Client client = shared();
        client.take();
        client.reenters = true;
        for (int i = 1; i <= 5; i++) {
            fixture.damage(i, 0, 0, 1, 1);
            client.turn();
        }
        assertTypes(client, DAMAGE, DAMAGE, DAMAGE, DAMAGE, DAMAGE);
    }

    @Test
    void countsDisplays() throws Exception {
        show(16, 8);
        Client client = shared();
        client.close();
        assertEquals(List.of(1, 0), fixture.displays);
    }
}
