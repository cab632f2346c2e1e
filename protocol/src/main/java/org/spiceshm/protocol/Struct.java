package org.spiceshm.protocol;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/**
 * A packed little-endian layout, declared once, field by field, in the specification's order and with its names.
 *
 * <pre>{@code
 * static final Struct STRUCT = Struct.littleEndian("QXLRect");
 * static final I32 TOP = STRUCT.i32("top"), LEFT = STRUCT.i32("left");
 * }</pre>
 *
 * <p>Every field knows its offset and reads and writes itself at {@code base + offset} of a {@link MemorySegment}.
 * Fields are records, whose components the JIT trusts: an access through a {@code static final} field costs as much as
 * a hand-written offset. Declaring is done by one thread (a class initialiser); afterwards everything is immutable in
 * effect.
 */
public final class Struct {
    static final ValueLayout.OfShort SHORT = JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final VarHandle ATOMIC_INT = atomic(JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN));
    private static final VarHandle ATOMIC_LONG = atomic(JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN));

    private final String name;
    private final List<Field> fields = new ArrayList<>();
    private long size;
    private long unionStart = -1;
    private long largest;

    private Struct(String name) {
        this.name = name;
    }

    /** Begins a layout; {@code name} is the specification's, as it shall stand in error texts. */
    public static Struct littleEndian(String name) {
        return new Struct(name);
    }

    /** The specification's name. */
    public String name() {
        return name;
    }

    /** Bytes declared so far; for a finished declaration, its {@code sizeof}. */
    public long size() {
        return size;
    }

    /** Every field in order. Fields of a union share an offset. */
    public List<Field> fields() {
        return Collections.unmodifiableList(fields);
    }

    /** One unsigned byte. */
    public U8 u8(String field) {
        return add(new U8(name, field, size), 1);
    }

    /** Two bytes, unsigned. */
    public U16 u16(String field) {
        return add(new U16(name, field, size), 2);
    }

    /** Two bytes, signed. */
    public I16 i16(String field) {
        return add(new I16(name, field, size), 2);
    }

    /** Four bytes, signed. */
    public I32 i32(String field) {
        return add(new I32(name, field, size), 4);
    }

    /** Four bytes, unsigned; read as {@code int} bits or as {@code long} value. */
    public U32 u32(String field) {
        return add(new U32(name, field, size), 4);
    }

    /** Eight bytes, unsigned, held in a {@code long}. */
    public U64 u64(String field) {
        return add(new U64(name, field, size), 8);
    }

    /** {@code length} uninterpreted bytes. */
    public Bytes bytes(String field, long length) {
        return add(new Bytes(name, field, size, length), length);
    }

    /** A nested layout, which must be complete. */
    public Nested struct(String field, Struct type) {
        return add(new Nested(name, field, size, type), type.size);
    }

    /** {@code count} equal elements of a nested, complete layout. */
    public Array array(String field, Struct element, int count) {
        return add(new Array(name, field, size, element.size, count), element.size * count);
    }

    /** {@code count} elements of {@code elementSize} bytes that are no struct. */
    public Array array(String field, long elementSize, int count) {
        return add(new Array(name, field, size, elementSize, count), elementSize * count);
    }

    /** Members of a union: all declared by {@code members} start here; the largest counts. */
    public <T> T union(Function<Struct, T> members) {
        Struct union = new Struct(name);
        union.size = size;
        union.unionStart = size;
        T result = members.apply(union);
        fields.addAll(union.fields);
        size = Math.max(union.largest, union.size);
        return result;
    }

    private <F extends Field> F add(F field, long length) {
        fields.add(field);
        if (unionStart >= 0) {
            largest = Math.max(largest, unionStart + length);
        } else {
            size += length;
        }
        return field;
    }

    private static VarHandle atomic(ValueLayout layout) {
        return layout.varHandle();
    }

    /** One field: where it lies, and what it is called. */
    public sealed interface Field {
        /** The struct's name. */
        String struct();

        /** The field's name. */
        String name();

        /** Bytes from the struct's start. */
        long offset();

        /** Bytes it takes. */
        long length();
    }

    /** An unsigned byte. */
    public record U8(String struct, String name, long offset) implements Field {
        @Override
        public long length() {
            return 1;
        }

        /** The value, 0..255. */
        public int get(MemorySegment segment, long base) {
            return segment.get(JAVA_BYTE, base + offset) & 0xff;
        }

        /** Stores the low 8 bits. */
        public void set(MemorySegment segment, long base, int value) {
            segment.set(JAVA_BYTE, base + offset, (byte) value);
        }
    }

    /** An unsigned 16-bit field. */
    public record U16(String struct, String name, long offset) implements Field {
        @Override
        public long length() {
            return 2;
        }

        /** The value, 0..65535. */
        public int get(MemorySegment segment, long base) {
            return segment.get(SHORT, base + offset) & 0xffff;
        }

        /** Stores the low 16 bits. */
        public void set(MemorySegment segment, long base, int value) {
            segment.set(SHORT, base + offset, (short) value);
        }
    }

    /** A signed 16-bit field. */
    public record I16(String struct, String name, long offset) implements Field {
        @Override
        public long length() {
            return 2;
        }

        /** The value, -32768..32767. */
        public int get(MemorySegment segment, long base) {
            return segment.get(SHORT, base + offset);
        }

        /** Stores the low 16 bits. */
        public void set(MemorySegment segment, long base, int value) {
            segment.set(SHORT, base + offset, (short) value);
        }
    }

    /** A signed 32-bit field. */
    public record I32(String struct, String name, long offset) implements Field {
        @Override
        public long length() {
            return 4;
        }

        /** The value. */
        public int get(MemorySegment segment, long base) {
            return segment.get(INT, base + offset);
        }

        /** Stores it. */
        public void set(MemorySegment segment, long base, int value) {
            segment.set(INT, base + offset, value);
        }
    }

    /** An unsigned 32-bit field; the atomic accesses need it to lie on a multiple of four. */
    public record U32(String struct, String name, long offset) implements Field {
        @Override
        public long length() {
            return 4;
        }

        /** The 32 bits. */
        public int get(MemorySegment segment, long base) {
            return segment.get(INT, base + offset);
        }

        /** The value, 0..2^32-1. */
        public long getUnsigned(MemorySegment segment, long base) {
            return segment.get(INT, base + offset) & 0xffff_ffffL;
        }

        /** Stores the 32 bits. */
        public void set(MemorySegment segment, long base, int value) {
            segment.set(INT, base + offset, value);
        }

        /** Reads with acquire semantics. */
        public int getAcquire(MemorySegment segment, long base) {
            return (int) ATOMIC_INT.getAcquire(segment, base + offset);
        }

        /** Writes with release semantics. */
        public void setRelease(MemorySegment segment, long base, int value) {
            ATOMIC_INT.setRelease(segment, base + offset, value);
        }

        /** Sequentially consistent read. */
        public int getVolatile(MemorySegment segment, long base) {
            return (int) ATOMIC_INT.getVolatile(segment, base + offset);
        }

        /** Sequentially consistent write. */
        public void setVolatile(MemorySegment segment, long base, int value) {
            ATOMIC_INT.setVolatile(segment, base + offset, value);
        }

        /** Atomic OR; returns what was there before. */
        public int getAndBitwiseOr(MemorySegment segment, long base, int bits) {
            return (int) ATOMIC_INT.getAndBitwiseOr(segment, base + offset, bits);
        }

        /** Atomic exchange; returns what was there before. */
        public int getAndSet(MemorySegment segment, long base, int value) {
            return (int) ATOMIC_INT.getAndSet(segment, base + offset, value);
        }
    }

    /** An unsigned 64-bit field; the atomic accesses need it to lie on a multiple of eight. */
    public record U64(String struct, String name, long offset) implements Field {
        @Override
        public long length() {
            return 8;
        }

        /** The 64 bits. */
        public long get(MemorySegment segment, long base) {
            return segment.get(LONG, base + offset);
        }

        /** Stores the 64 bits. */
        public void set(MemorySegment segment, long base, long value) {
            segment.set(LONG, base + offset, value);
        }

        /** Reads with acquire semantics. */
        public long getAcquire(MemorySegment segment, long base) {
            return (long) ATOMIC_LONG.getAcquire(segment, base + offset);
        }

        /** Writes with release semantics. */
        public void setRelease(MemorySegment segment, long base, long value) {
            ATOMIC_LONG.setRelease(segment, base + offset, value);
        }

        /** Opaque write: atomic, no ordering by itself. */
        public void setOpaque(MemorySegment segment, long base, long value) {
            ATOMIC_LONG.setOpaque(segment, base + offset, value);
        }

        /** Opaque read: atomic, no ordering by itself. */
        public long getOpaque(MemorySegment segment, long base) {
            return (long) ATOMIC_LONG.getOpaque(segment, base + offset);
        }
    }

    /** A run of bytes. */
    public record Bytes(String struct, String name, long offset, long length) implements Field {
        /** Where it starts. */
        public long at(long base) {
            return base + offset;
        }
    }

    /** A struct inside a struct. */
    public record Nested(String struct, String name, long offset, Struct type) implements Field {
        @Override
        public long length() {
            return type.size();
        }

        /** The base of the nested struct. */
        public long at(long base) {
            return base + offset;
        }
    }

    /** Equal elements in a row. */
    public record Array(String struct, String name, long offset, long elementSize, int count) implements Field {
        @Override
        public long length() {
            return elementSize * count;
        }

        /** The base of element {@code index}; the caller keeps {@code 0 <= index && index < count}. */
        public long at(long base, int index) {
            return base + offset + elementSize * index;
        }
    }
}
