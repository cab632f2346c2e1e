package org.spiceshm.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.SegmentFeatures;
import org.spiceshm.protocol.shm.SequencePage;
import org.spiceshm.protocol.shm.ShmDamageFlyweight;
import org.spiceshm.protocol.shm.ShmDamageHandled;
import org.spiceshm.protocol.shm.ShmOffer;
import org.spiceshm.protocol.shm.ShmReply;
import org.spiceshm.protocol.spice.DisplayClientMessage;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.DrawMessage;

/** DAMAGE_HANDLED in virtual time: a segment that stays as it is until its client says otherwise. */
final class LockStepChannelTest {
    private static final int OFFER = Numbering.CURRENT.offer();
    private static final int CREATE_SHM = Numbering.CURRENT.surfaceCreateShm();
    private static final int DAMAGE = Numbering.CURRENT.damage();
    private static final int DESTROY = DisplayServerMessage.SurfaceDestroy.TYPE;
    private static final int MONITORS = DisplayServerMessage.MonitorsConfig.TYPE;
    private static final int MARK = DisplayServerMessage.Mark.TYPE;
    private static final int OWN =
            SegmentFeatures.FD_FOLLOWS | SegmentFeatures.SEQUENCE_PAGE | SegmentFeatures.DAMAGE_HANDLED;
    private static final ShmReply ASK = new ShmReply(true, OWN);
    private static final int WIDTH = 16;
    private static final int HEIGHT = 8;
    private static final long MILLI = 1_000_000;

    private final Fixture fixture = new Fixture();
    private @Nullable Primary shown;

    @AfterEach
    void close() {
        fixture.close();
    }

    private void show(int width, int height) throws Exception {
        SharedSegment segment = fixture.segment(4096 + 4L * width * height);
        Primary primary = Fixture.primary(segment, width, height);
        shown = primary;
        fixture.screen.segment(segment);
        fixture.draws(primary);
        fixture.screen.primaryCreated(primary);
    }

    private Primary primary() {
        return Objects.requireNonNull(shown);
    }

    private void replace(int width, int height) throws Exception {
        fixture.screen.lockSteps().primary(null);
        fixture.screen.primaryDestroyed();
        show(width, height);
    }

    private Client asking() throws Exception {
        Client client = fixture.display(Fixture.SHM, true);
        client.take();
        client.send(new DisplayClientMessage.Init(0, 0, 0, 0));
        client.send(ASK);
        return client;
    }

    /** A client whose first picture has been told. */
    private Client inLockStep() throws Exception {
        Client client = asking();
        client.take();
        client.send(ASK);
        work(client);
        return client;
    }

    private void work(Client client) {
        fixture.openGate();
        client.turn();
    }

    private static void assertTypes(Client client, int... types) {
        assertArrayEquals(types, client.types(), client::toString);
        client.received.clear();
    }

    private static ShmDamageFlyweight damageOf(Client client, int index) throws Exception {
        Client.Received message = client.received.get(index);
        assertEquals(DAMAGE, message.type());
        return new ShmDamageFlyweight().wrap(message.segment(), 0, message.body().length);
    }

    private static List<Integer> rect(ShmDamageFlyweight damage) {
        assertEquals(1, damage.rectCount());
        return List.of(damage.top(0), damage.left(0), damage.bottom(0), damage.right(0));
    }

    private static int pixel(Client client, int x, int y) {
        return client.mapped.get(ValueLayout.JAVA_BYTE, LockStepFeed.PICTURE_OFFSET + 4L * (WIDTH * y + x));
    }

    @Test
    void whoAsksIsOfferedASegmentOfItsOwnAndAllOfItAtOnce() throws Exception {
        show(WIDTH, HEIGHT);
        Client client = asking();
        ShmOffer own = ShmOffer.decode(client.received.get(0).segment());
        assertEquals(OWN, own.features());
        assertEquals(client.mapped.byteSize(), own.segmentBytes());
        assertTypes(client, OFFER, Client.DESCRIPTOR);
        client.send(ASK);
        assertTypes(client);
        work(client);
        ShmDamageFlyweight all = damageOf(client, 1);
        assertEquals(List.of(0, 0, HEIGHT, WIDTH), rect(all));
        assertEquals(all.sequence(), new SequencePage.Reader(client.mapped).beginRead());
        assertTrue(new SequencePage.Reader(client.mapped).validate(all.sequence()));
        assertEquals(0x11, pixel(client, WIDTH - 1, HEIGHT - 1));
        assertTypes(client, CREATE_SHM, DAMAGE, MONITORS, MARK);
    }

    @Test
    void theSegmentIsLeftAloneUntilTheDamageIsHandledAndThenCatchesUp() throws Exception {
        show(WIDTH, HEIGHT);
        Client client = inLockStep();
        long first = damageOf(client, 1).sequence();
        client.take();
        fixture.paint(first + 4, primary(), 1, 2, 3, 4, (byte) 0x22);
        fixture.paint(first + 5, primary(), 4, 0, 5, WIDTH, (byte) 0x33);
        work(client);
        assertTypes(client);
        assertEquals(0x11, pixel(client, 2, 1));

        client.send(new ShmDamageHandled(first));
        work(client);
        assertEquals(0x22, pixel(client, 3, 2));
        assertEquals(0x11, pixel(client, 4, 2));
        assertEquals(0x33, pixel(client, 0, 4));
        ShmDamageFlyweight news = damageOf(client, 0);
        assertEquals(first + 5, news.sequence());
        assertEquals(2, news.rectCount());
        assertEquals(7, news.readNanos());
        assertTypes(client, DAMAGE);

        client.send(new ShmDamageHandled(first + 5));
        work(client);
        assertTypes(client);
        fixture.paint(first + 9, primary(), 0, 0, 1, 1, (byte) 0x44);
        client.turn();
        assertEquals(0x44, pixel(client, 0, 0), "copied with the batch, without another question");
        assertTypes(client, DAMAGE);
    }

    @Test
    void anAnswerToWhatIsNotOutstandingIsIgnoredAndOneToWhatWasNeverToldIsAnError() throws Exception {
        show(WIDTH, HEIGHT);
        Client client = inLockStep();
        long first = damageOf(client, 1).sequence();
        client.take();
        client.send(new ShmDamageHandled(first));
        client.send(new ShmDamageHandled(first));
        client.send(new ShmDamageHandled(0));
        assertFalse(client.closed);
        fixture.paint(first + 1, primary(), 0, 0, 1, 1, (byte) 0x22);
        client.turn();
        assertTypes(client, DAMAGE);
        client.send(new ShmDamageHandled(first));
        fixture.paint(first + 2, primary(), 0, 0, 1, 1, (byte) 0x33);
        work(client);
        assertTypes(client);
        client.send(new ShmDamageHandled(first + 2));
        assertTrue(client.closed, "above the last that was told");
        Client stranger = fixture.display(Fixture.SHM, true);
        stranger.send(new DisplayClientMessage.Init(0, 0, 0, 0));
        stranger.send(new ShmReply(true, SegmentFeatures.FD_FOLLOWS));
        stranger.send(new ShmDamageHandled(0));
        assertTrue(stranger.closed, "the feature was not agreed on");
    }

    @Test
    void aFifthClientStaysOnTheCommonSegmentUntilAPlaceIsFree() throws Exception {
        show(WIDTH, HEIGHT);
        List<Client> served = new ArrayList<>();
        for (int i = 0; i < ServerOptions.DEFAULT_LOCK_STEP_CLIENTS - 1; i++) {
            served.add(inLockStep());
        }
        Client last = fixture.display(Fixture.SHM, true);
        Client tooMany = fixture.display(Fixture.SHM, true);
        served.add(inLockStep());
        for (Client client : List.of(last, tooMany)) {
            client.take();
            client.send(new DisplayClientMessage.Init(0, 0, 0, 0));
            client.send(ASK);
            assertTypes(client, CREATE_SHM, MONITORS, MARK);
        }
        fixture.damage(3, 0, 0, 1, 1);
        tooMany.turn();
        assertTypes(tooMany, DAMAGE);
        tooMany.send(new ShmDamageHandled(3));
        assertFalse(tooMany.closed, "it could not know");
        Client late = fixture.display(Fixture.SHM, true);
        assertEquals(
                0,
                ShmOffer.decode(late.received.get(0).segment()).features() & SegmentFeatures.DAMAGE_HANDLED,
                "no place, no offer");
        served.get(1).close();
        Client next = asking();
        assertTypes(next, OFFER, Client.DESCRIPTOR);
    }

    @Test
    void aDestroyedSurfaceThatTheClientStillLooksAtIsNotWrittenAgain() throws Exception {
        show(WIDTH, HEIGHT);
        Client client = inLockStep();
        client.take();
        MemorySegment old = client.mapped;
        replace(WIDTH, HEIGHT);
        fixture.fill((byte) 0x55);
        client.turn();
        assertTypes(client, DESTROY, OFFER, Client.DESCRIPTOR);
        client.send(ASK);
        work(client);
        assertEquals(0x55, pixel(client, 0, 0));
        assertEquals(0x11, old.get(ValueLayout.JAVA_BYTE, LockStepFeed.PICTURE_OFFSET), "as it was");
        assertTypes(client, CREATE_SHM, DAMAGE, MONITORS, MARK);
    }

    @Test
    void aSegmentThatIsHandledServesTheNextSurfaceAndOneThatIsOutgrownDoesNot() throws Exception {
        show(WIDTH, HEIGHT);
        Client client = inLockStep();
        long first = damageOf(client, 1).sequence();
        client.take();
        client.send(new ShmDamageHandled(first));
        replace(WIDTH / 2, HEIGHT);
        fixture.fill((byte) 0x66);
        client.turn();
        work(client);
        assertEquals(0x66, client.mapped.get(ValueLayout.JAVA_BYTE, LockStepFeed.PICTURE_OFFSET));
        ShmDamageFlyweight all = damageOf(client, 2);
        assertEquals(List.of(0, 0, HEIGHT, WIDTH / 2), rect(all));
        assertTrue(first < all.sequence(), "no sequence is told twice");
        long second = all.sequence();
        assertTypes(client, DESTROY, CREATE_SHM, DAMAGE, MONITORS, MARK);
        client.send(new ShmDamageHandled(first));
        client.send(new ShmDamageHandled(second));

        replace(1024, 1024);
        client.turn();
        assertTypes(client, DESTROY, OFFER, Client.DESCRIPTOR);
        replace(2048, 1024);
        client.turn();
        client.send(ASK);
        assertTypes(client, OFFER, Client.DESCRIPTOR);
        client.send(ASK);
        work(client);
        assertEquals(List.of(0, 0, 1024, 2048), rect(damageOf(client, 1)));
        assertTypes(client, CREATE_SHM, DAMAGE, MONITORS, MARK);
        assertFalse(client.closed);
    }

    @Test
    void lateAnswersAreCountedAndWaitedFor() throws Exception {
        show(WIDTH, HEIGHT);
        Client client = inLockStep();
        long first = damageOf(client, 1).sequence();
        client.take();
        client.pass(100 * MILLI - 1);
        assertEquals(0, fixture.server.lateAnswers());
        client.pass(1);
        client.pass(500 * MILLI);
        assertEquals(1, fixture.server.lateAnswers(), "once for one damage");
        fixture.paint(first + 1, primary(), 0, 0, 1, 1, (byte) 0x22);
        work(client);
        assertEquals(0x11, pixel(client, 0, 0), "it keeps its last whole picture");
        client.send(new ShmDamageHandled(first));
        work(client);
        assertTypes(client, DAMAGE);
        client.pass(50 * MILLI);
        client.send(new ShmDamageHandled(first + 1));
        client.pass(Client.SECOND);
        assertEquals(1, fixture.server.lateAnswers());
        assertFalse(client.closed);
    }

    @Test
    void aRefusalOfTheOwnSegmentMeansNormalModeAndHalfARefusalTheCommonOne() throws Exception {
        show(WIDTH, HEIGHT);
        Client refusing = asking();
        refusing.take();
        refusing.send(new ShmReply(false, 0));
        assertTypes(refusing, DisplayServerMessage.SurfaceCreate.TYPE, DrawMessage.Copy.TYPE, MONITORS, MARK);
        Client half = asking();
        half.take();
        half.send(new ShmReply(true, SegmentFeatures.FD_FOLLOWS));
        ShmOffer common = ShmOffer.decode(half.received.get(0).segment());
        assertEquals(0, common.features() & SegmentFeatures.DAMAGE_HANDLED);
        assertNotEquals(0, common.features() & SegmentFeatures.DAMAGE_RING);
        assertTypes(half, OFFER, Client.DESCRIPTOR);
        half.send(new ShmReply(true, SegmentFeatures.FD_FOLLOWS));
        assertTypes(half, CREATE_SHM, MONITORS, MARK);
    }

    @Test
    void anEqualPrimaryWithOtherPixelsIsCopiedAnew() throws Exception {
        show(WIDTH, HEIGHT);
        Client client = asking();
        client.take();
        client.send(ASK);
        fixture.openGate();
        fixture.screen.lockSteps().primary(null);
        fixture.screen.primaryDestroyed();
        fixture.fill((byte) 0x77);
        fixture.draws(primary());
        fixture.screen.primaryCreated(primary());
        client.turn();
        assertTypes(client);
        work(client);
        assertEquals(0x77, pixel(client, 0, 0));
        long first = damageOf(client, 1).sequence();
        assertTypes(client, CREATE_SHM, DAMAGE, MONITORS, MARK);
        fixture.paint(first + 1, primary(), 0, 0, 1, 1, (byte) 0x22);
        client.send(new ShmDamageHandled(first));
        work(client);
        assertEquals(0x22, pixel(client, 0, 0), "and followed");
    }

    @Test
    void aCopyThatIsMadeForAPrimaryThatIsGoneIsNotTold() throws Exception {
        show(WIDTH, HEIGHT);
        Client client = asking();
        client.take();
        client.send(ASK);
        fixture.openGate();
        replace(WIDTH, HEIGHT / 2);
        client.turn();
        assertTypes(client);
        work(client);
        ShmDamageFlyweight all = damageOf(client, 1);
        assertEquals(List.of(0, 0, HEIGHT / 2, WIDTH), rect(all));
        assertTypes(client, CREATE_SHM, DAMAGE, MONITORS, MARK);
    }
}
