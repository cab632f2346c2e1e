package org.spiceshm.protocol.shm;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.spice.DisplayClientMessage;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.SurfaceFormat;
import org.spiceshm.protocol.spice.UnknownMessage;

class ShmMessageTest {
    private static final String DAMAGE = "00000000 0700000000000000 0800000000000000";

    @ParameterizedTest
    @EnumSource(Numbering.class)
    void numbersAreThoseOfTheNumbering(Numbering numbering) throws MalformedMessageException {
        ShmOffer offer = new ShmOffer(1, 4096);
        ShmReply reply = new ShmReply(true, 1);
        ShmDamageHandled handled = new ShmDamageHandled(9);
        assertEquals(offer, DisplayServerMessage.decode(offer.type(numbering), body(offer.encode()), numbering));
        assertEquals(reply, DisplayClientMessage.decode(reply.type(numbering), body(reply.encode()), numbering));
        assertEquals(handled, DisplayClientMessage.decode(handled.type(numbering), body(handled.encode()), numbering));
    }

    @Test
    void otherNumberingsNumbersAreUnknownOrUpstreams() throws MalformedMessageException {
        assertInstanceOf(
                UnknownMessage.class,
                DisplayServerMessage.decode(
                        Numbering.RFC_2013.offer(), body(new ShmOffer(1, 4096).encode()), Numbering.CURRENT));
        assertInstanceOf(
                DisplayClientMessage.PreferredCompression.class,
                DisplayClientMessage.decode(
                        Numbering.RFC_2013.reply(), body(new ShmReply(true, 1).encode()), Numbering.CURRENT));
    }

    @Test
    void malformedOffersAreRefused() {
        refusedOffer("version", "02000000 01000000 0010000000000000 0000");
        refusedOffer("segment_size", "01000000 01000000 0000000000000000 0000");
        refusedOffer("segment_size", "01000000 01000000 0000000000000080 0000");
        refusedOffer("name_size", "01000000 01000000 0010000000000000 0100 61");
        refusedOffer("name_size", "01000000 01000000 0010000000000000 00");
        refusedOffer("(end)", "01000000 01000000 0010000000000000 0000 00");
    }

    @Test
    void replyMustFitTheOffer() {
        refused("accepted", () -> ShmReply.decode(hex("02000000 00000000")));
        refused("(end)", () -> ShmReply.decode(hex("01000000 00000000 00")));
        refused("features", () -> ShmReply.decode(hex("01000000 000000")));
        refused("features", () -> new ShmReply(true, 3).requireAnswerTo(new ShmOffer(1, 4096)));
        assertDoesNotThrow(() -> new ShmReply(true, 1).requireAnswerTo(new ShmOffer(5, 4096)));
    }

    @Test
    void malformedSurfacesAreRefused() {
        String size = "00000000 80020000 e0010000 ";
        refusedSurface("format", size + "21000000 01000000 000a0000 0000000000000000");
        refusedSurface("flags", size + "20000000 00000000 000a0000 0000000000000000");
        refusedSurface("stride", size + "20000000 01000000 fc090000 0000000000000000");
        refusedSurface("stride", size + "20000000 01000000 020a0000 0000000000000000");
        refusedSurface("stride", size + "20000000 01000000 000a0080 0000000000000000");
        refusedSurface("shm_offset", size + "20000000 01000000 000a0000 0100000000000000");
        refusedSurface("shm_offset", size + "20000000 01000000 000a0000 00f0ffffffffffff");
        refusedSurface("width", "00000000 00000000 e0010000 20000000 01000000 000a0000 0000000000000000");
        refusedSurface("height", "00000000 80020000 00800000 20000000 01000000 000a0000 0000000000000000");
    }

    @Test
    void surfaceMustLieInTheSegmentWithoutOverflow() {
        SurfaceCreateShm surface = new SurfaceCreateShm(0, 640, 480, SurfaceFormat.XRGB_32, 2560, 4096);
        assertDoesNotThrow(() -> surface.requireInside(4096 + 2560 * 480));
        refused("shm_offset", () -> surface.requireInside(4096 + 2560 * 480 - 1));
        refused("shm_offset", () -> surface.requireInside(1));
        SurfaceCreateShm far = new SurfaceCreateShm(0, 640, 480, SurfaceFormat.XRGB_32, 2560, Long.MAX_VALUE - 4095);
        refused("shm_offset", () -> far.requireInside(Long.MAX_VALUE));
    }

    @Test
    void malformedDamageIsRefused() {
        String rect = "00000000 00000000 01000000 01000000";
        refusedDamage("rect_count", DAMAGE + "00000000");
        refusedDamage("rect_count", DAMAGE + "41000000" + rect.repeat(65));
        refusedDamage("rect_count", DAMAGE + "ffffffff" + rect);
        refusedDamage("rect_count", DAMAGE + "0100");
        refusedDamage("rects", DAMAGE + "02000000" + rect);
        refusedDamage("rects", DAMAGE + "01000000" + rect + "00");
        refusedDamage("rects[0]", DAMAGE + "01000000 00000000 00000000 00000000 01000000");
        refusedDamage("rects[0]", DAMAGE + "01000000 00000000 01000000 01000000 01000000");
        refusedDamage("rects[1]", DAMAGE + "02000000" + rect + "ffffffff 00000000 01000000 01000000");
    }

    @Test
    void damageMustLieInTheSurface() {
        ShmDamage damage = new ShmDamage(0, 1, 2, List.of(new Rect(0, 0, 480, 640)));
        assertDoesNotThrow(() -> damage.requireInside(640, 480));
        refused("rects[0]", () -> damage.requireInside(639, 480));
        refused("rects[0]", () -> damage.requireInside(640, 479));
    }

    @Test
    void flyweightWritesWhatTheRecordEncodes() throws MalformedMessageException {
        ShmDamage damage = new ShmDamage(3, 7, 8, Collections.nCopies(64, new Rect(1, 2, 3, 4)));
        MemorySegment target = MemorySegment.ofArray(new byte[10 + ShmDamageFlyweight.MAX_BYTES]);
        ShmDamageFlyweight flyweight = new ShmDamageFlyweight();
        flyweight.begin(target, 10, 3, 7, 8);
        for (int i = 0; i < 64; i++) {
            flyweight.addRect(1, 2, 3, 4);
        }
        assertThrows(IllegalStateException.class, () -> flyweight.addRect(1, 2, 3, 4));
        MemorySegment body = target.asSlice(10, flyweight.bytes());
        assertEquals(-1, MemorySegment.ofArray(damage.encode()).mismatch(body));
        assertEquals(damage, ShmDamage.decode(body));
        ShmDamageFlyweight reader = new ShmDamageFlyweight().wrap(target, 10, body.byteSize());
        assertEquals(3, reader.surfaceId());
        assertEquals(7, reader.sequence());
        assertEquals(8, reader.readNanos());
        assertEquals(64, reader.rectCount());
        assertEquals(4, reader.right(63));
    }

    private static MemorySegment body(byte[] bytes) {
        return MemorySegment.ofArray(bytes);
    }

    private static MemorySegment hex(String hex) {
        return MemorySegment.ofArray(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    private static void refusedOffer(String field, String hex) {
        refused(field, () -> ShmOffer.decode(hex(hex)));
    }

    private static void refusedSurface(String field, String hex) {
        refused(field, () -> SurfaceCreateShm.decode(hex(hex)));
    }

    private static void refusedDamage(String field, String hex) {
        refused(field, () -> ShmDamage.decode(hex(hex)));
    }

    private static void refused(String field, org.junit.jupiter.api.function.Executable decode) {
        assertEquals(
                field, assertThrows(MalformedMessageException.class, decode).field());
    }
}
