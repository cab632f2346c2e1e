package org.spiceshm.protocol.spice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.MalformedMessageException;

/** The checks whose absence was a CVE elsewhere, as far as they concern the wire. */
class HostileMessageTest {
    private static final String BASE = "00000000 00000000 00000000 02000000 02000000 00";
    private static final String COPY = BASE + "39000000 00000000 00000000 02000000 02000000 0800 00"
            + "00 00000000 00000000 00000000" + "0500000000000000 00 00 02000000 02000000";

    @Test
    void cve2015_3247_monitorsConfigCountIsBoundByTheBytes() {
        refused(Decoder.DISPLAY_SERVER, 317, "heads", "ffff 0100" + "00000000".repeat(7));
        refused(Decoder.DISPLAY_SERVER, 317, "heads", "0200 0100" + "00000000".repeat(7));
    }

    @Test
    void cve2015_5261_bitmapGeometryIsChecked() {
        refused(Decoder.DISPLAY_SERVER, 304, "stride", COPY + "08 04 02000000 02000000 07000000 00000000 00");
        refused(Decoder.DISPLAY_SERVER, 304, "stride", COPY + "08 04 02000000 02000000 ffffffff 00000000 00");
        refused(Decoder.DISPLAY_SERVER, 304, "stride", COPY + "08 04 02000000 ffffff7f 08000000 00000000 00");
        refused(Decoder.DISPLAY_SERVER, 304, "data", COPY + "08 04 02000000 02000000 08000000 00000000 00");
        refused(Decoder.DISPLAY_SERVER, 304, "format", COPY + "0b 04 02000000 02000000 08000000 00000000 00");
        refused(Decoder.DISPLAY_SERVER, 304, "x", COPY + "08 04 00000000 02000000 08000000 00000000 00");
        refused(Decoder.DISPLAY_SERVER, 304, "y", COPY + "08 04 02000000 00000080 08000000 00000000 00");
        refused(Decoder.DISPLAY_SERVER, 304, "palette", COPY + "05 04 02000000 02000000 04000000 00000000 00");
        refused(Decoder.DISPLAY_SERVER, 304, "palette", COPY + "05 04 02000000 02000000 04000000 ffffffff 00");
    }

    @Test
    void cve2015_5261_sourceAreaHasItsCornersInOrder() {
        String tail = "0800 00 00 00000000 00000000 00000000 0500000000000000 67 00 02000000 02000000";
        refused(Decoder.DISPLAY_SERVER, 304, "src_area", BASE + "39000000 02000000 00000000 00000000 02000000" + tail);
        refused(Decoder.DISPLAY_SERVER, 304, "src_area", BASE + "39000000 00000000 00000000 ffffffff 02000000" + tail);
        refused(Decoder.DISPLAY_SERVER, 305, "src_area", BASE + "39000000 00000000 02000000 02000000 01000000" + tail);
    }

    @Test
    void cve2016_9577_channelsListCountIsBoundByTheBytes() {
        refused(Decoder.MAIN_SERVER, 104, "channels", "ffffffff 0200");
        refused(Decoder.MAIN_SERVER, 104, "channels", "00000080 0200");
    }

    @Test
    void cve2017_12194_sizesAreSummedWithoutOverflow() {
        refused(Decoder.DISPLAY_SERVER, 302, "rects", BASE.substring(0, BASE.length() - 2) + "01 01000010 00000000");
        refused(Decoder.DISPLAY_SERVER, 302, "rects", BASE.substring(0, BASE.length() - 2) + "01 ffffffff 00000000");
        refused(Decoder.INPUTS_SERVER, 7, "message", "0000000000000000 00000000 00000000 00000000 ffffffff 00");
        refused(Decoder.DISPLAY_SERVER, 123, "data", "00000000 00000000 ffffffff 00");
        String stroke = BASE + "22000000 00 00 0800 0800";
        refused(Decoder.DISPLAY_SERVER, 310, "num_segments", BASE + "1f000000 00 00 0800 0800 34333333");
        refused(Decoder.DISPLAY_SERVER, 310, "path", stroke);
    }

    @Test
    void cve2018_10873_arraysAreBoundFromWhereTheyStart() {
        refused(Decoder.INPUTS_SERVER, 5, "wait_list", "02 0000 0000000000000000 0000 00000000000000");
        refused(Decoder.DISPLAY_SERVER, 105, "resources", "0200 00 0000000000000000 00 00000000000000");
        refused(Decoder.DISPLAY_CLIENT, 105, "codecs", "03 01 02");
        refused(
                Decoder.DISPLAY_SERVER,
                310,
                "points",
                BASE + "1f000000 00 00 0800 0800 01000000 03 00000020 00000000 00000000");
        refused(
                Decoder.DISPLAY_SERVER,
                311,
                "data",
                BASE + "2f000000" + "00000000".repeat(4) + "00 00 0800 0800"
                        + "0100 04 00000000 00000000 00000000 00000000 ffff ffff 00");
    }

    @Test
    void cve2021_4206_cursorSidesAreBound() {
        String set = "0000 0000 01 0000 0800000000000000 00";
        refused(Decoder.CURSOR_SERVER, 103, "width", set + "0102 0100 0000 0000");
        refused(Decoder.CURSOR_SERVER, 103, "height", set + "0100 ffff 0000 0000");
        refused(Decoder.CURSOR_SERVER, 103, "data", set + "0002 0002 0000 0000 00");
    }

    @Test
    void pointersLieInsideTheBody() {
        String tail = "00000000 00000000 02000000 02000000 0800 00 00 00000000 00000000 00000000";
        refused(Decoder.DISPLAY_SERVER, 304, "src_bitmap", BASE + "00000000" + tail);
        refused(Decoder.DISPLAY_SERVER, 304, "src_bitmap", BASE + "39000000" + tail);
        refused(Decoder.DISPLAY_SERVER, 304, "src_bitmap", BASE + "ffffffff" + tail);
        refused(Decoder.MAIN_SERVER, 101, "host_data", "0000 0000 01000000 14000000 00000000 00000000");
    }

    @Test
    void streamIdsAreBound() {
        refused(Decoder.DISPLAY_SERVER, 125, "id", "40000000");
        refused(Decoder.DISPLAY_SERVER, 123, "id", "ffffffff 00000000 00000000");
    }

    @Test
    void errorNamesMessageFieldOffsetGotAndExpected() {
        MalformedMessageException e = assertThrows(
                MalformedMessageException.class,
                () -> Decoder.DISPLAY_SERVER.decode(314, Hex.segment("00000000 80020000 e0010000 2000")));
        assertEquals("SURFACE_CREATE.format: at offset 12: got 2 bytes, expected 4 bytes", e.getMessage());
    }

    private static void refused(Decoder decoder, int type, String field, String hex) {
        MalformedMessageException e = assertThrows(
                MalformedMessageException.class, () -> decoder.decode(type, Hex.segment(hex)), field + " " + hex);
        assertEquals(field, e.field(), String.valueOf(e.getMessage()));
    }
}
