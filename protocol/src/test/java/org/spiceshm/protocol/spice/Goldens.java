package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.spiceshm.protocol.Rect;
import org.spiceshm.protocol.shm.ShmDamage;
import org.spiceshm.protocol.shm.ShmDamageHandled;
import org.spiceshm.protocol.shm.ShmOffer;
import org.spiceshm.protocol.shm.ShmReply;
import org.spiceshm.protocol.shm.SurfaceCreateShm;

/** One of everything. */
final class Goldens {
    private static final DisplayBase BASE = new DisplayBase(7, new Rect(1, 2, 3, 4), new Clip.None());
    private static final String BASE_HEX = "07000000 01000000 02000000 03000000 04000000 00";
    private static final DisplayBase CLIPPED =
            new DisplayBase(7, new Rect(1, 2, 3, 4), new Clip.Rects(List.of(new Rect(1, 2, 3, 3))));
    private static final String CLIPPED_HEX =
            "07000000 01000000 02000000 03000000 04000000 01 01000000 01000000 02000000 03000000 03000000";
    private static final Rect AREA = new Rect(0, 0, 2, 2);
    private static final String AREA_HEX = "00000000 00000000 02000000 02000000";
    private static final String NO_MASK_HEX = "00 00000000 00000000 00000000";
    private static final Image.Surface SURFACE = new Image.Surface(new Image.Descriptor(5, 0, 2, 2), 9);
    private static final String SURFACE_HEX = "0500000000000000 68 00 02000000 02000000 09000000";
    private static final Image.Bitmap INDEXED = new Image.Bitmap(
            new Image.Descriptor(6, 1, 8, 1),
            BitmapFormat.BIT_1_BE,
            true,
            8,
            1,
            1,
            new PaletteRef.Inline(new Palette(3, Hex.segment("00000000 ffffff00")), true),
            Hex.segment("aa"));
    private static final Image.Bitmap MASK_BITS = new Image.Bitmap(
            new Image.Descriptor(0, 0, 2, 1),
            BitmapFormat.BIT_1_LE,
            false,
            2,
            1,
            4,
            new PaletteRef.None(),
            Hex.segment("03000000"));
    private static final String MASK_BITS_HEX =
            "0000000000000000 00 00 02000000 01000000 01 00 02000000 01000000 04000000 00000000 03000000";

    private Goldens() {}

    static Stream<Golden> all() {
        return Stream.of(common(), main(), inputs(), cursor(), display(), draws(), images(), shm())
                .flatMap(s -> s);
    }

    private static Stream<Golden> common() {
        Decoder server = Decoder.INPUTS_SERVER;
        Decoder client = Decoder.CURSOR_CLIENT;
        return Stream.of(
                new Golden(server, 1, new CommonServerMessage.Migrate(3), "03000000"),
                new Golden(server, 2, new CommonServerMessage.MigrateData(Hex.segment("abcd")), "abcd"),
                new Golden(server, 3, new CommonServerMessage.SetAck(1, 20), "01000000 14000000"),
                new Golden(server, 4, new CommonServerMessage.Ping(1, 2), "01000000 0200000000000000"),
                new Golden(
                        server,
                        4,
                        new CommonServerMessage.Ping(1, 2, Hex.segment("0000")),
                        "01000000 0200000000000000 0000"),
                new Golden(
                        server,
                        5,
                        new CommonServerMessage.WaitForChannels(new WaitList(List.of(new WaitList.Entry(2, 1, 7)))),
                        "01 02 01 0700000000000000"),
                new Golden(server, 6, new CommonServerMessage.Disconnecting(5, 1), "0500000000000000 01000000"),
                new Golden(
                        server,
                        7,
                        new CommonServerMessage.Notify(5, 1, 2, 0, "hi"),
                        "0500000000000000 01000000 02000000 00000000 02000000 686900"),
                new Golden(client, 1, new CommonClientMessage.AckSync(1), "01000000"),
                new Golden(client, 2, new CommonClientMessage.Ack(), ""),
                new Golden(client, 3, new CommonClientMessage.Pong(1, 2), "01000000 0200000000000000"),
                new Golden(client, 4, new CommonClientMessage.MigrateFlushMark(), ""),
                new Golden(client, 5, new CommonClientMessage.MigrateData(Hex.segment("abcd")), "abcd"),
                new Golden(client, 6, new CommonClientMessage.Disconnecting(5, 1), "0500000000000000 01000000"));
    }

    private static Stream<Golden> main() {
        Decoder server = Decoder.MAIN_SERVER;
        Decoder client = Decoder.MAIN_CLIENT;
        MainServerMessage.MigrationTarget target =
                new MainServerMessage.MigrationTarget(1, 2, Hex.segment("6100"), Hex.segment("6200"));
        String targetHex = "0100 0200 02000000 14000000 02000000 16000000 ";
        return Stream.of(
                new Golden(server, 101, new MainServerMessage.MigrateBegin(target), targetHex + "6100 6200"),
                new Golden(server, 102, new MainServerMessage.MigrateCancel(), ""),
                new Golden(
                        server, 103, new MainServerMessage.Init(0x0b63d416, 1, 3, 1, 0, 10, 0xa7412e, 0x06ffe000), """
                        16d4630b 01000000 # session, display channels
                        03000000 01000000 # mouse modes: both, server's now
                        00000000 0a000000 # no agent, 10 tokens
                        2e41a700 00e0ff06 # time, ram hint
                        """),
                new Golden(
                        server,
                        104,
                        new MainServerMessage.ChannelsList(List.of(
                                new MainServerMessage.ChannelRef(2, 0), new MainServerMessage.ChannelRef(4, 0))),
                        "02000000 0200 0400"),
                new Golden(server, 105, new MainServerMessage.MouseMode(3, 2), "0300 0200"),
                new Golden(server, 106, new MainServerMessage.MultiMediaTime(9), "09000000"),
                new Golden(server, 107, new MainServerMessage.AgentConnected(), ""),
                new Golden(server, 108, new MainServerMessage.AgentDisconnected(1), "01000000"),
                new Golden(server, 109, new MainServerMessage.AgentData(Hex.segment("01")), "01"),
                new Golden(server, 110, new MainServerMessage.AgentToken(1), "01000000"),
                new Golden(server, 111, new MainServerMessage.MigrateSwitchHost(target), targetHex + "6100 6200"),
                new Golden(server, 112, new MainServerMessage.MigrateEnd(), ""),
                new Golden(server, 113, new MainServerMessage.Name("vm"), "03000000 766d00"),
                new Golden(
                        server,
                        114,
                        new MainServerMessage.Uuid(UUID.fromString("00010203-0405-0607-0809-0a0b0c0d0e0f")),
                        "000102030405060708090a0b0c0d0e0f"),
                new Golden(server, 115, new MainServerMessage.AgentConnectedTokens(10), "0a000000"),
                new Golden(
                        server,
                        116,
                        new MainServerMessage.MigrateBeginSeamless(target, 1),
                        "0100 0200 02000000 18000000 02000000 1a000000 01000000 6100 6200"),
                new Golden(server, 117, new MainServerMessage.MigrateDstSeamlessAck(), ""),
                new Golden(server, 118, new MainServerMessage.MigrateDstSeamlessNack(), ""),
                new Golden(client, 101, new MainClientMessage.ClientInfo(9), "0900000000000000"),
                new Golden(client, 102, new MainClientMessage.MigrateConnected(), ""),
                new Golden(client, 103, new MainClientMessage.MigrateConnectError(), ""),
                new Golden(client, 104, new MainClientMessage.AttachChannels(), ""),
                new Golden(client, 105, new MainClientMessage.MouseModeRequest(2), "0200"),
                new Golden(client, 106, new MainClientMessage.AgentStart(10), "0a000000"),
                new Golden(client, 107, new MainClientMessage.AgentData(Hex.segment("01")), "01"),
                new Golden(client, 108, new MainClientMessage.AgentToken(10), "0a000000"),
                new Golden(client, 109, new MainClientMessage.MigrateEnd(), ""),
                new Golden(client, 110, new MainClientMessage.MigrateDstDoSeamless(1), "01000000"),
                new Golden(client, 111, new MainClientMessage.MigrateConnectedSeamless(), ""));
    }

    private static Stream<Golden> inputs() {
        Decoder server = Decoder.INPUTS_SERVER;
        Decoder client = Decoder.INPUTS_CLIENT;
        return Stream.of(
                new Golden(server, 101, new InputsServerMessage.Init(2), "0200"),
                new Golden(server, 102, new InputsServerMessage.KeyModifiers(2), "0200"),
                new Golden(server, 111, new InputsServerMessage.MouseMotionAck(), ""),
                new Golden(client, 101, new InputsClientMessage.KeyDown(0x48e0), "e0480000"),
                new Golden(client, 102, new InputsClientMessage.KeyUp(0xc8e0), "e0c80000"),
                new Golden(client, 103, new InputsClientMessage.KeyModifiers(4), "0400"),
                new Golden(client, 104, new InputsClientMessage.KeyScancode(Hex.segment("e048")), "e048"),
                new Golden(client, 111, new InputsClientMessage.MouseMotion(-1, 2, 1), "ffffffff 02000000 0100"),
                new Golden(
                        client, 112, new InputsClientMessage.MousePosition(10, 20, 1, 0), "0a000000 14000000 0100 00"),
                new Golden(client, 113, new InputsClientMessage.MousePress(3, 4), "03 0400"),
                new Golden(client, 114, new InputsClientMessage.MouseRelease(3, 0), "03 0000"));
    }

    private static Stream<Golden> cursor() {
        Decoder server = Decoder.CURSOR_SERVER;
        CursorShape.Header header = new CursorShape.Header(8, CursorType.ALPHA, 1, 1, 0, 0);
        return Stream.of(
                new Golden(
                        server,
                        101,
                        new CursorServerMessage.Init(new Point16(0, 0), 0, 0, true, new CursorShape.None()),
                        "0000 0000 0000 0000 01 0100"),
                new Golden(server, 102, new CursorServerMessage.Reset(), ""),
                new Golden(
                        server,
                        103,
                        new CursorServerMessage.Set(
                                new Point16(-1, 4),
                                true,
                                new CursorShape.Pixels(header, true, Hex.segment("01020304"))),
                        """
                        ffff 0400 01              # position, visible
                        0200                      # cache me
                        0800000000000000 00       # unique, alpha
                        0100 0100 0000 0000       # size, hot spot
                        01020304
                        """),
                new Golden(
                        server,
                        103,
                        new CursorServerMessage.Set(new Point16(0, 0), false, new CursorShape.FromCache(header)),
                        "0000 0000 00 0400 0800000000000000 00 0100 0100 0000 0000"),
                new Golden(server, 104, new CursorServerMessage.Move(new Point16(3, -4)), "0300 fcff"),
                new Golden(server, 105, new CursorServerMessage.Hide(), ""),
                new Golden(server, 106, new CursorServerMessage.Trail(1, 2), "0100 0200"),
                new Golden(server, 107, new CursorServerMessage.InvalOne(8), "0800000000000000"),
                new Golden(server, 108, new CursorServerMessage.InvalAll(), ""));
    }

    private static Stream<Golden> display() {
        Decoder server = Decoder.DISPLAY_SERVER;
        Decoder client = Decoder.DISPLAY_CLIENT;
        Rect target = new Rect(0, 0, 4, 4);
        String targetHex = "00000000 00000000 04000000 04000000";
        return Stream.of(
                new Golden(server, 101, new DisplayServerMessage.Mode(640, 480, 32), "80020000 e0010000 20000000"),
                new Golden(server, 102, new DisplayServerMessage.Mark(), ""),
                new Golden(server, 103, new DisplayServerMessage.Reset(), ""),
                new Golden(
                        server,
                        105,
                        new DisplayServerMessage.InvalList(List.of(new DisplayServerMessage.Resource(1, 9))),
                        "0100 01 0900000000000000"),
                new Golden(server, 106, new DisplayServerMessage.InvalAllPixmaps(new WaitList(List.of())), "00"),
                new Golden(server, 107, new DisplayServerMessage.InvalPalette(3), "0300000000000000"),
                new Golden(server, 108, new DisplayServerMessage.InvalAllPalettes(), ""),
                new Golden(
                        server,
                        122,
                        new StreamMessage.Create(0, 1, 1, 1, 5, 4, 4, 4, 4, target, new Clip.None()),
                        "00000000 01000000 01 01 0500000000000000 04000000 04000000 04000000 04000000" + targetHex
                                + "00"),
                new Golden(
                        server,
                        123,
                        new StreamMessage.Data(1, 6, Hex.segment("ffd8")),
                        "01000000 06000000 02000000 ffd8"),
                new Golden(server, 124, new StreamMessage.ClipTo(1, new Clip.None()), "01000000 00"),
                new Golden(server, 125, new StreamMessage.Destroy(1), "01000000"),
                new Golden(server, 126, new StreamMessage.DestroyAll(), ""),
                new Golden(
                        server,
                        314,
                        new DisplayServerMessage.SurfaceCreate(0, 640, 480, SurfaceFormat.XRGB_32, 1),
                        "00000000 80020000 e0010000 20000000 01000000"),
                new Golden(server, 315, new DisplayServerMessage.SurfaceDestroy(0), "00000000"),
                new Golden(
                        server,
                        316,
                        new StreamMessage.DataSized(1, 6, 4, 4, target, Hex.segment("ffd8")),
                        "01000000 06000000 04000000 04000000" + targetHex + "02000000 ffd8"),
                new Golden(
                        server,
                        317,
                        new DisplayServerMessage.MonitorsConfig(
                                1, List.of(new DisplayServerMessage.Head(0, 0, 640, 480, 0, 0, 0))),
                        "0100 0100 00000000 00000000 80020000 e0010000 00000000 00000000 00000000"),
                new Golden(
                        server,
                        319,
                        new StreamMessage.ActivateReport(1, 2, 5, 1000),
                        "01000000 02000000 05000000 e8030000"),
                new Golden(
                        client,
                        101,
                        new DisplayClientMessage.Init(1, 20971520, 1, 0xdffc00),
                        "01 0000400100000000 01 00fcdf00"),
                new Golden(
                        client,
                        102,
                        new DisplayClientMessage.StreamReport(1, 2, 3, 4, 5, 6, -7, 8),
                        "01000000 02000000 03000000 04000000 05000000 06000000 f9ffffff 08000000"),
                new Golden(client, 103, new DisplayClientMessage.PreferredCompression(6), "06"),
                new Golden(client, 105, new DisplayClientMessage.PreferredVideoCodecType(List.of(2, 1)), "02 02 01"));
    }

    private static Stream<Golden> draws() {
        Decoder server = Decoder.DISPLAY_SERVER;
        Brush solid = new Brush.Solid(0x336699);
        String solidHex = "01 99663300";
        return Stream.of(
                new Golden(
                        server, 104, new DrawMessage.CopyBits(BASE, new Point(5, 6)), BASE_HEX + "05000000 06000000"),
                new Golden(
                        server,
                        302,
                        new DrawMessage.Fill(CLIPPED, solid, 8, QMask.NONE),
                        CLIPPED_HEX + solidHex + "0800" + NO_MASK_HEX),
                new Golden(
                        server,
                        302,
                        new DrawMessage.Fill(
                                BASE,
                                new Brush.Pattern(SURFACE, new Point(1, 1)),
                                8,
                                new QMask(1, new Point(0, 0), MASK_BITS)),
                        BASE_HEX + "02 31000000 01000000 01000000 0800 01 00000000 00000000 47000000" + SURFACE_HEX
                                + MASK_BITS_HEX),
                new Golden(
                        server,
                        303,
                        new DrawMessage.Opaque(BASE, SURFACE, AREA, new Brush.None(), 8, 1, QMask.NONE),
                        BASE_HEX + "3a000000" + AREA_HEX + "00 0800 01" + NO_MASK_HEX + SURFACE_HEX),
                new Golden(
                        server,
                        304,
                        new DrawMessage.Copy(BASE, SURFACE, AREA, 8, 0, QMask.NONE),
                        BASE_HEX + "39000000" + AREA_HEX + "0800 00" + NO_MASK_HEX + SURFACE_HEX),
                new Golden(
                        server,
                        305,
                        new DrawMessage.Blend(BASE, SURFACE, AREA, 64, 0, QMask.NONE),
                        BASE_HEX + "39000000" + AREA_HEX + "4000 00" + NO_MASK_HEX + SURFACE_HEX),
                new Golden(server, 306, new DrawMessage.Blackness(BASE, QMask.NONE), BASE_HEX + NO_MASK_HEX),
                new Golden(server, 307, new DrawMessage.Whiteness(BASE, QMask.NONE), BASE_HEX + NO_MASK_HEX),
                new Golden(server, 308, new DrawMessage.Invers(BASE, QMask.NONE), BASE_HEX + NO_MASK_HEX),
                new Golden(
                        server,
                        309,
                        new DrawMessage.Rop3(BASE, SURFACE, AREA, solid, 0xb8, 0, QMask.NONE),
                        BASE_HEX + "3d000000" + AREA_HEX + solidHex + "b8 00" + NO_MASK_HEX + SURFACE_HEX),
                new Golden(
                        server,
                        310,
                        new DrawMessage.Stroke(
                                BASE,
                                new StrokePath(List.of(
                                        new StrokePath.Segment(3, List.of(new Point(16, 32), new Point(48, 64))))),
                                new LineAttributes(LineAttributes.STYLED, List.of(16, 32)),
                                solid,
                                8,
                                4),
                        BASE_HEX + "28000000 08 02 41000000" + solidHex + "0800 0400"
                                + "01000000 03 02000000 10000000 20000000 30000000 40000000" + "10000000 20000000"),
                new Golden(
                        server,
                        311,
                        new DrawMessage.Text(
                                BASE,
                                new GlyphString(
                                        GlyphString.RASTER_A4,
                                        List.of(new GlyphString.Glyph(
                                                new Point(1, 2), new Point(3, 4), 3, 2, Hex.segment("11223344")))),
                                AREA,
                                solid,
                                new Brush.None(),
                                8,
                                0),
                        BASE_HEX + "33000000" + AREA_HEX + solidHex + "00 0800 0000"
                                + "0100 02 01000000 02000000 03000000 04000000 0300 0200 11223344"),
                new Golden(
                        server,
                        312,
                        new DrawMessage.Transparent(BASE, SURFACE, AREA, 1, 2),
                        BASE_HEX + "31000000" + AREA_HEX + "01000000 02000000" + SURFACE_HEX),
                new Golden(
                        server,
                        313,
                        new DrawMessage.AlphaBlend(BASE, 2, 128, SURFACE, AREA),
                        BASE_HEX + "02 80 2b000000" + AREA_HEX + SURFACE_HEX),
                new Golden(
                        server,
                        318,
                        new DrawMessage.Composite(
                                BASE, 3, SURFACE, null, null, null, new Point16(1, 2), new Point16(3, 4)),
                        BASE_HEX + "03000000 25000000 0100 0200 0300 0400" + SURFACE_HEX),
                new Golden(
                        server,
                        318,
                        new DrawMessage.Composite(
                                BASE,
                                3 | 7 << 19,
                                SURFACE,
                                SURFACE,
                                new Transform(1, 2, 3, 4, 5, 6),
                                new Transform(1, 2, 3, 4, 5, 6),
                                new Point16(1, 2),
                                new Point16(3, 4)),
                        BASE_HEX + "03003800 59000000 6f000000"
                                + "01000000 02000000 03000000 04000000 05000000 06000000".repeat(2)
                                + "0100 0200 0300 0400" + SURFACE_HEX + SURFACE_HEX));
    }

    private static Stream<Golden> images() {
        Image.Descriptor descriptor = new Image.Descriptor(5, 0, 2, 2);
        String sizeHex = " 00 02000000 02000000 ";
        MemorySegment data = Hex.segment("abcdef");
        return Stream.of(
                copyOf(
                        INDEXED,
                        "0600000000000000 00 01 08000000 01000000 02 05 08000000 01000000 01000000"
                                + "5e000000 aa # palette at 94\n 0300000000000000 0200 00000000 ffffff00"),
                copyOf(
                        new Image.LzPalette(descriptor, true, new PaletteRef.FromCache(3), data),
                        "0500000000000000 64" + sizeHex + "06 03000000 0300000000000000 abcdef"),
                copyOf(
                        new Image.Compressed(descriptor, Image.Codec.QUIC, data),
                        "0500000000000000 01" + sizeHex + "03000000 abcdef"),
                copyOf(
                        new Image.Compressed(descriptor, Image.Codec.LZ4, data),
                        "0500000000000000 6d" + sizeHex + "03000000 abcdef"),
                copyOf(new Image.FromCache(descriptor, false), "0500000000000000 67" + sizeHex),
                copyOf(new Image.FromCache(descriptor, true), "0500000000000000 6a" + sizeHex),
                copyOf(
                        new Image.ZlibGlz(descriptor, 100, data),
                        "0500000000000000 6b" + sizeHex + "64000000 03000000 abcdef"),
                copyOf(
                        new Image.JpegAlpha(descriptor, true, data.asSlice(0, 2), data.asSlice(2)),
                        "0500000000000000 6c" + sizeHex + "01 02000000 03000000 abcdef"));
    }

    private static Golden copyOf(Image image, String hex) {
        return new Golden(
                Decoder.DISPLAY_SERVER,
                304,
                new DrawMessage.Copy(BASE, image, new Rect(0, 0, 1, 2), 8, 0, QMask.NONE),
                BASE_HEX + "39000000 00000000 00000000 01000000 02000000 0800 00" + NO_MASK_HEX + hex);
    }

    private static Stream<Golden> shm() {
        Decoder server = Decoder.DISPLAY_SERVER;
        Decoder client = Decoder.DISPLAY_CLIENT;
        return Stream.of(
                new Golden(server, 900, new ShmOffer(5, 0x1000000), """
                        01000000         # version
                        05000000         # features: fd follows, sequence page
                        0000000100000000 # segment size
                        0000             # no name
                        """),
                new Golden(
                        server,
                        901,
                        new ShmDamage(0, 7, 8, List.of(new Rect(1, 2, 3, 4))),
                        "00000000 0700000000000000 0800000000000000 01000000 01000000 02000000 03000000 04000000"),
                new Golden(
                        server,
                        902,
                        new SurfaceCreateShm(0, 640, 480, SurfaceFormat.XRGB_32, 2560, 4096),
                        "00000000 80020000 e0010000 20000000 01000000 000a0000 0010000000000000"),
                new Golden(client, 900, new ShmReply(true, 5), "01000000 05000000"),
                new Golden(client, 901, new ShmDamageHandled(7), "0700000000000000"));
    }
}
