package org.spiceshm.protocol.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.Capabilities;

class AgentMessageTest {
    private static final MemorySegment TEXT = MemorySegment.ofArray(new byte[] {'h', 'i'});

    record Golden(AgentMessage message, boolean selections, String hex) {}

    private static Golden golden(AgentMessage message, boolean selections, String hex) {
        return new Golden(message, selections, hex.replace(" ", ""));
    }

    static Stream<Golden> goldens() {
        return Stream.of(
                golden(
                        new AgentMessage.MonitorsConfig(
                                AgentMessage.MonitorsConfig.FLAG_USE_POSITION,
                                List.of(
                                        new AgentMessage.Monitor(1920, 1080, 32, 0, 0),
                                        new AgentMessage.Monitor(800, 600, 24, -800, 5))),
                        false,
                        "01000000 02000000 0000000000000000 30000000" // protocol, type, opaque, size
                                + "02000000 01000000" // num_of_monitors, flags
                                + "38040000 80070000 20000000 00000000 00000000" // height, width, depth, x, y
                                + "58020000 20030000 18000000 e0fcffff 05000000"),
                golden(
                        new AgentMessage.Reply(2, AgentMessage.Reply.SUCCESS),
                        false,
                        "01000000 03000000 0000000000000000 08000000 02000000 01000000"),
                golden(
                        new AgentMessage.Clipboard(1, AgentMessage.UTF8_TEXT, TEXT),
                        true,
                        "01000000 04000000 0000000000000000 0a000000 01000000 01000000 6869"),
                golden(
                        new AgentMessage.Clipboard(0, AgentMessage.UTF8_TEXT, TEXT),
                        false,
                        "01000000 04000000 0000000000000000 06000000 01000000 6869"),
                golden(
                        new AgentMessage.AnnounceCapabilities(
                                true,
                                Capabilities.of(AgentCapability.MONITORS_CONFIG, AgentCapability.CLIPBOARD_SELECTION)),
                        false,
                        "01000000 06000000 0000000000000000 08000000 01000000 42000000"),
                golden(
                        new AgentMessage.ClipboardGrab(2, List.of(1, 2)),
                        true,
                        "01000000 07000000 0000000000000000 0c000000 02000000 01000000 02000000"),
                golden(
                        new AgentMessage.ClipboardGrab(0, List.of(1)),
                        false,
                        "01000000 07000000 0000000000000000 04000000 01000000"),
                golden(
                        new AgentMessage.ClipboardRequest(1, 1),
                        true,
                        "01000000 08000000 0000000000000000 08000000 01000000 01000000"),
                golden(
                        new AgentMessage.ClipboardRequest(0, 1),
                        false,
                        "01000000 08000000 0000000000000000 04000000 01000000"),
                golden(
                        new AgentMessage.ClipboardRelease(1),
                        true,
                        "01000000 09000000 0000000000000000 04000000 01000000"),
                golden(new AgentMessage.ClipboardRelease(0), false, "01000000 09000000 0000000000000000 00000000"),
                golden(new AgentMessage.Opaque(4711, TEXT), true, "01000000 67120000 0000000000000000 02000000 6869"));
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void valueAndBytesAreEachOther(Golden golden) throws MalformedMessageException {
        assertEquals(golden.hex, HexFormat.of().formatHex(golden.message.frame(golden.selections)));
        AgentMessage decoded = AgentMessage.decode(HexFormat.of().parseHex(golden.hex), golden.selections);
        assertEquals(golden.message.getClass(), decoded.getClass());
        assertEquals(golden.hex, HexFormat.of().formatHex(decoded.frame(golden.selections)));
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void truncationAndChangedBytesAreRefusedOrRead(Golden golden) {
        byte[] whole = HexFormat.of().parseHex(golden.hex);
        MemorySegment data = AgentHeader.data(whole);
        for (long length = 0; length < data.byteSize(); length++) {
            tryDecode(golden.message.type(), data.asSlice(0, length), golden.selections);
        }
        for (int i = AgentHeader.BYTES; i < whole.length; i++) {
            for (int value = 0; value < 256; value++) {
                byte[] changed = whole.clone();
                changed[i] = (byte) value;
                tryDecode(golden.message.type(), AgentHeader.data(changed), golden.selections);
            }
        }
    }

    private static void tryDecode(int type, MemorySegment data, boolean selections) {
        try {
            AgentMessage.decode(type, data, selections).frame(selections);
        } catch (MalformedMessageException e) {
            assertTrue(String.valueOf(e.getMessage()).contains("expected"), String.valueOf(e));
        }
    }

    @Test
    void cve2017_7506_monitorsCountIsBoundByTheBytes() {
        refusedMonitors("02000000 00000000" + "00000000".repeat(5));
        refusedMonitors("ffffffff 00000000" + "00000000".repeat(5));
        refusedMonitors("00000080 00000000" + "00000000".repeat(5));
        // 0x0ccccccd * 20 is 4 in 32 bits.
        refusedMonitors("cdcccc0c 00000000" + "00000000".repeat(5));
        refusedMonitors("01010000 00000000" + "00000000".repeat(5 * 257));
    }

    private static void refusedMonitors(String hex) {
        MemorySegment data = MemorySegment.ofArray(HexFormat.of().parseHex(hex.replace(" ", "")));
        assertThrows(
                MalformedMessageException.class,
                () -> AgentMessage.decode(AgentMessage.MonitorsConfig.TYPE, data, false));
    }

    @Test
    void listsWithoutEndAreRefused() {
        MemorySegment data = MemorySegment.ofArray(new byte[1 << 20]);
        assertThrows(
                MalformedMessageException.class,
                () -> AgentMessage.decode(AgentMessage.ClipboardGrab.TYPE, data, true));
        assertThrows(
                MalformedMessageException.class,
                () -> AgentMessage.decode(AgentMessage.AnnounceCapabilities.TYPE, data, true));
    }
}
