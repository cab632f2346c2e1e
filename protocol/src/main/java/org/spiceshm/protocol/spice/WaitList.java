package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.Struct;

/** Which message of which channel must have been processed first. spice.proto: WaitForChannels. At most 255 entries. */
public record WaitList(List<Entry> entries) {
    private static final Struct COUNT = Struct.littleEndian("WaitForChannels");
    private static final Struct.U8 WAIT_COUNT = COUNT.u8("wait_count");

    /** Until channel {@code channelType}, {@code channelId} has processed its message {@code serial}. */
    public record Entry(int channelType, int channelId, long serial) {
        private static final Struct STRUCT = Struct.littleEndian("WaitForChannel");
        private static final Struct.U8 CHANNEL_TYPE = STRUCT.u8("channel_type");
        private static final Struct.U8 CHANNEL_ID = STRUCT.u8("channel_id");
        private static final Struct.U64 MESSAGE_SERIAL = STRUCT.u64("message_serial");
    }

    public WaitList {
        entries = List.copyOf(entries);
        if (!(entries.size() <= 255)) {
            throw new IllegalArgumentException(entries.size() + " channels to wait for");
        }
    }

    static WaitList read(BodyReader reader) throws MalformedMessageException {
        MemorySegment body = reader.body();
        int count = WAIT_COUNT.get(body, reader.take(COUNT));
        long base = reader.takeList("wait_list", Entry.STRUCT, count);
        List<Entry> entries = new ArrayList<>(count);
        for (int i = 0; i < count; i++, base += Entry.STRUCT.size()) {
            entries.add(new Entry(
                    Entry.CHANNEL_TYPE.get(body, base),
                    Entry.CHANNEL_ID.get(body, base),
                    Entry.MESSAGE_SERIAL.get(body, base)));
        }
        return new WaitList(entries);
    }

    void write(BodyWriter out) {
        long count = out.put(COUNT);
        WAIT_COUNT.set(out.segment(), count, entries.size());
        for (Entry entry : entries) {
            long base = out.put(Entry.STRUCT);
            Entry.CHANNEL_TYPE.set(out.segment(), base, entry.channelType);
            Entry.CHANNEL_ID.set(out.segment(), base, entry.channelId);
            Entry.MESSAGE_SERIAL.set(out.segment(), base, entry.serial);
        }
    }
}
