package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.ShmDamage;
import org.spiceshm.protocol.shm.ShmOffer;
import org.spiceshm.protocol.shm.SurfaceCreateShm;

/** What a server says on the display channel. spice.proto: DisplayChannel; and the shared-memory extension. */
public sealed interface DisplayServerMessage extends WireMessage
        permits CommonServerMessage,
                UnknownMessage,
                DrawMessage,
                StreamMessage,
                DisplayServerMessage.Mode,
                DisplayServerMessage.Mark,
                DisplayServerMessage.Reset,
                DisplayServerMessage.InvalList,
                DisplayServerMessage.InvalAllPixmaps,
                DisplayServerMessage.InvalPalette,
                DisplayServerMessage.InvalAllPalettes,
                DisplayServerMessage.SurfaceCreate,
                DisplayServerMessage.SurfaceDestroy,
                DisplayServerMessage.MonitorsConfig,
                ShmOffer,
                ShmDamage,
                SurfaceCreateShm {
    /** Reads a body completely. */
    static DisplayServerMessage decode(int type, MemorySegment body, Numbering numbering)
            throws MalformedMessageException {
        CommonServerMessage common = CommonServerMessage.decode(type, body);
        if (common != null) {
            return common;
        }
        DrawMessage draw = DrawMessage.decode(type, body);
        if (draw != null) {
            return draw;
        }
        StreamMessage stream = StreamMessage.decode(type, body);
        return stream != null ? stream : decodeOther(type, body, numbering);
    }

    private static DisplayServerMessage decodeOther(int type, MemorySegment body, Numbering numbering)
            throws MalformedMessageException {
        if (type == numbering.offer()) {
            return ShmOffer.decode(body);
        }
        if (type == numbering.damage()) {
            return ShmDamage.decode(body);
        }
        if (type == numbering.surfaceCreateShm()) {
            return SurfaceCreateShm.decode(body);
        }
        return switch (type) {
            case Mode.TYPE -> Mode.decode(body);
            case Mark.TYPE -> new Mark();
            case Reset.TYPE -> new Reset();
            case InvalList.TYPE -> InvalList.decode(body);
            case InvalAllPixmaps.TYPE -> InvalAllPixmaps.decode(body);
            case InvalPalette.TYPE -> InvalPalette.decode(body);
            case InvalAllPalettes.TYPE -> new InvalAllPalettes();
            case SurfaceCreate.TYPE -> SurfaceCreate.decode(body);
            case SurfaceDestroy.TYPE -> SurfaceDestroy.decode(body);
            case MonitorsConfig.TYPE -> MonitorsConfig.decode(body);
            default -> new UnknownMessage(type);
        };
    }

    /** The resolution, before there were surfaces. */
    record Mode(int xRes, int yRes, int bits) implements DisplayServerMessage {
        public static final int TYPE = 101;
        private static final Struct STRUCT = Struct.littleEndian("DISPLAY_MODE");
        private static final Struct.U32 X_RES = STRUCT.u32("x_res");
        private static final Struct.U32 Y_RES = STRUCT.u32("y_res");
        private static final Struct.U32 BITS = STRUCT.u32("bits");

        static Mode decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new Mode(X_RES.get(body, base), Y_RES.get(body, base), BITS.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            X_RES.set(segment, base, xRes);
            Y_RES.set(segment, base, yRes);
            BITS.set(segment, base, bits);
        }
    }

    /** The primary may be shown. */
    record Mark() implements DisplayServerMessage {
        public static final int TYPE = 102;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }

    /** Forget the screen and all caches. */
    record Reset() implements DisplayServerMessage {
        public static final int TYPE = 103;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }

    /** Forget these cached pictures. At most 65535. */
    record InvalList(List<Resource> resources) implements DisplayServerMessage {
        public static final int TYPE = 105;
        private static final Struct STRUCT = Struct.littleEndian("DISPLAY_INVAL_LIST");
        private static final Struct.U16 COUNT = STRUCT.u16("count");

        public InvalList {
            resources = List.copyOf(resources);
            if (!(resources.size() <= 0xffff)) {
                throw new IllegalArgumentException(resources.size() + " resources");
            }
        }

        static InvalList decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            int count = COUNT.get(body, reader.take(STRUCT));
            long base = reader.takeList("resources", Resource.STRUCT, count);
            List<Resource> resources = new ArrayList<>(count);
            for (int i = 0; i < count; i++, base += Resource.STRUCT.size()) {
                resources.add(new Resource(Resource.RESOURCE_TYPE.get(body, base), Resource.ID.get(body, base)));
            }
            return new InvalList(resources);
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long count = out.put(STRUCT);
            COUNT.set(out.segment(), count, resources.size());
            for (Resource resource : resources) {
                long base = out.put(Resource.STRUCT);
                Resource.RESOURCE_TYPE.set(out.segment(), base, resource.resourceType);
                Resource.ID.set(out.segment(), base, resource.id);
            }
        }
    }

    /** Something cached; {@code resourceType} 1 is a pixmap. spice.proto: ResourceID. */
    record Resource(int resourceType, long id) {
        private static final Struct STRUCT = Struct.littleEndian("ResourceID");
        private static final Struct.U8 RESOURCE_TYPE = STRUCT.u8("type");
        private static final Struct.U64 ID = STRUCT.u64("id");
    }

    /** Forget all cached pictures, once the other channels have come this far. */
    record InvalAllPixmaps(WaitList waits) implements DisplayServerMessage {
        public static final int TYPE = 106;

        static InvalAllPixmaps decode(MemorySegment body) throws MalformedMessageException {
            return new InvalAllPixmaps(WaitList.read(new BodyReader("DISPLAY_INVAL_ALL_PIXMAPS", body)));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            waits.write(out);
        }
    }

    /** Forget one cached palette. */
    record InvalPalette(long id) implements DisplayServerMessage {
        public static final int TYPE = 107;
        private static final Struct STRUCT = Struct.littleEndian("DISPLAY_INVAL_PALETTE");
        private static final Struct.U64 ID = STRUCT.u64("id");

        static InvalPalette decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new InvalPalette(ID.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            ID.set(segment, base, id);
        }
    }

    /** Forget all cached palettes. */
    record InvalAllPalettes() implements DisplayServerMessage {
        public static final int TYPE = 108;

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {}
    }

    /** A surface, zeroed. */
    record SurfaceCreate(int surfaceId, int width, int height, SurfaceFormat format, int flags)
            implements DisplayServerMessage {
        public static final int TYPE = 314;

        /** Flag: this one is the screen. */
        public static final int PRIMARY = 1;

        /** Flag: only streams will be drawn on it. */
        public static final int STREAMING_MODE = 2;

        /** No side is longer; so no surface takes more than 2^32 bytes. */
        public static final int MAX_SIDE_PIXELS = 32767;

        private static final Struct STRUCT = Struct.littleEndian("SURFACE_CREATE");
        private static final Struct.U32 SURFACE_ID = STRUCT.u32("surface_id");
        private static final Struct.U32 WIDTH = STRUCT.u32("width");
        private static final Struct.U32 HEIGHT = STRUCT.u32("height");
        private static final Struct.U32 FORMAT = STRUCT.u32("format");
        private static final Struct.U32 FLAGS = STRUCT.u32("flags");

        static SurfaceCreate decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            SurfaceFormat format = SurfaceFormat.ofNumber(FORMAT.get(body, base));
            if (format == null) {
                throw reader.malformed(FORMAT, base, FORMAT.getUnsigned(body, base), "a surface format");
            }
            return new SurfaceCreate(
                    SURFACE_ID.get(body, base),
                    side(reader, WIDTH, base),
                    side(reader, HEIGHT, base),
                    format,
                    FLAGS.get(body, base));
        }

        private static int side(BodyReader reader, Struct.U32 field, long base) throws MalformedMessageException {
            long pixels = field.getUnsigned(reader.body(), base);
            if (!(0 < pixels && pixels <= MAX_SIDE_PIXELS)) {
                throw reader.malformed(field, base, pixels, "1 to " + MAX_SIDE_PIXELS);
            }
            return (int) pixels;
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            SURFACE_ID.set(segment, base, surfaceId);
            WIDTH.set(segment, base, width);
            HEIGHT.set(segment, base, height);
            FORMAT.set(segment, base, format.number());
            FLAGS.set(segment, base, flags);
        }
    }

    /** A surface is gone. */
    record SurfaceDestroy(int surfaceId) implements DisplayServerMessage {
        public static final int TYPE = 315;
        private static final Struct STRUCT = Struct.littleEndian("SURFACE_DESTROY");
        private static final Struct.U32 SURFACE_ID = STRUCT.u32("surface_id");

        static SurfaceDestroy decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long base = reader.take(STRUCT);
            return new SurfaceDestroy(SURFACE_ID.get(body, base));
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long base = out.put(STRUCT);
            MemorySegment segment = out.segment();
            SURFACE_ID.set(segment, base, surfaceId);
        }
    }

    /** Which parts of which surfaces are monitors. */
    record MonitorsConfig(int maxAllowed, List<Head> heads) implements DisplayServerMessage {
        public static final int TYPE = 317;
        private static final Struct STRUCT = Struct.littleEndian("DISPLAY_MONITORS_CONFIG");
        private static final Struct.U16 COUNT = STRUCT.u16("count");
        private static final Struct.U16 MAX_ALLOWED = STRUCT.u16("max_allowed");

        public MonitorsConfig {
            heads = List.copyOf(heads);
            if (!(heads.size() <= 0xffff)) {
                throw new IllegalArgumentException(heads.size() + " heads");
            }
        }

        static MonitorsConfig decode(MemorySegment body) throws MalformedMessageException {
            BodyReader reader = new BodyReader(STRUCT.name(), body);
            long head = reader.take(STRUCT);
            int count = COUNT.get(body, head);
            long base = reader.takeList("heads", Head.STRUCT, count);
            List<Head> heads = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                heads.add(Head.get(body, base + i * Head.STRUCT.size()));
            }
            return new MonitorsConfig(MAX_ALLOWED.get(body, head), heads);
        }

        @Override
        public int type(Numbering numbering) {
            return TYPE;
        }

        @Override
        public void encode(BodyWriter out) {
            long head = out.put(STRUCT);
            COUNT.set(out.segment(), head, heads.size());
            MAX_ALLOWED.set(out.segment(), head, maxAllowed);
            for (Head each : heads) {
                long base = out.put(Head.STRUCT);
                each.set(out.segment(), base);
            }
        }
    }

    /** One monitor. spice.proto: Head. */
    record Head(int monitorId, int surfaceId, int width, int height, int x, int y, int flags) {
        private static final Struct STRUCT = Struct.littleEndian("Head");
        private static final Struct.U32 MONITOR_ID = STRUCT.u32("monitor_id");
        private static final Struct.U32 SURFACE_ID = STRUCT.u32("surface_id");
        private static final Struct.U32 WIDTH = STRUCT.u32("width");
        private static final Struct.U32 HEIGHT = STRUCT.u32("height");
        private static final Struct.U32 X = STRUCT.u32("x");
        private static final Struct.U32 Y = STRUCT.u32("y");
        private static final Struct.U32 FLAGS = STRUCT.u32("flags");

        private static Head get(MemorySegment segment, long base) {
            return new Head(
                    MONITOR_ID.get(segment, base),
                    SURFACE_ID.get(segment, base),
                    WIDTH.get(segment, base),
                    HEIGHT.get(segment, base),
                    X.get(segment, base),
                    Y.get(segment, base),
                    FLAGS.get(segment, base));
        }

        private void set(MemorySegment segment, long base) {
            MONITOR_ID.set(segment, base, monitorId);
            SURFACE_ID.set(segment, base, surfaceId);
            WIDTH.set(segment, base, width);
            HEIGHT.set(segment, base, height);
            X.set(segment, base, x);
            Y.set(segment, base, y);
            FLAGS.set(segment, base, flags);
        }
    }
}
