package org.spiceshm.guestdriver;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.tukaani.xz.XZInputStream;

/**
 * The lexical half of {@link Recording}: lines of words and integers, and blobs, with a position for error texts. Owned
 * by its recording's thread.
 */
final class RecordingInput implements AutoCloseable {
    private static final byte[] XZ_MAGIC = {(byte) 0xfd, '7', 'z', 'X', 'Z', 0};
    private static final int BUFFER_BYTES = 1 << 16;
    private static final int MAX_LINE_BYTES = 400;
    private static final int SHOWN_BYTES = 60;

    private final String name;
    private final InputStream stream;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int position;
    private int filled;
    private long bufferOffset;

    private int lineStart;
    private int lineEnd;
    private int at;
    private long event = -1;

    /** The input ended inside of an event. */
    static final class Truncated extends IOException {
        private static final long serialVersionUID = 1;
    }

    RecordingInput(String name, InputStream raw) throws IOException {
        this.name = name;
        PushbackInputStream peeked = new PushbackInputStream(raw, XZ_MAGIC.length);
        byte[] start = peeked.readNBytes(XZ_MAGIC.length);
        peeked.unread(start);
        try {
            stream = Arrays.equals(start, XZ_MAGIC) ? new XZInputStream(peeked) : peeked;
        } catch (EOFException e) {
            throw new RecordingException(name + ": got the beginning of an .xz file, expected all of it", e);
        } catch (IOException e) {
            throw new RecordingException(name + ": got a damaged .xz file (" + e.getMessage() + ")", e);
        }
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }

    void event(long number) {
        event = number;
    }

    /** An error at the word that is being read. */
    RecordingException malformed(String got, String expected) {
        return failure(bufferOffset + at, got, expected);
    }

    RecordingException truncated() {
        return failure(bufferOffset + filled, "the end of the file inside of an event", "the rest of the event");
    }

    private RecordingException failure(long offset, String got, String expected) {
        String where = event < 0 ? "header" : "event " + event;
        return new RecordingException(
                name + ": " + where + ", byte " + offset + ": got " + got + ", expected " + expected);
    }

    // ---- lines

    /** True if nothing follows. */
    boolean atEnd() throws IOException {
        return position == filled && !fill();
    }

    /** Begins the next line. */
    void line(char terminator) throws IOException {
        lineStart = position;
        int scan = position;
        while (true) {
            while (scan < filled && buffer[scan] != terminator) {
                scan++;
            }
            if (scan < filled) {
                break;
            }
            at = lineStart;
            if (scan - lineStart > MAX_LINE_BYTES) {
                throw malformed("no line end in " + MAX_LINE_BYTES + " bytes", "a line");
            }
            int length = scan - lineStart;
            if (!fill()) {
                throw new Truncated();
            }
            lineStart = position;
            scan = lineStart + length;
        }
        lineEnd = scan;
        at = lineStart;
        position = scan + 1;
        if (lineEnd - lineStart > MAX_LINE_BYTES) {
            throw malformed("a line of " + (lineEnd - lineStart) + " bytes", "at most " + MAX_LINE_BYTES);
        }
    }

    /** Reads the word {@code word} at the start of the line, without the space after it. */
    void word(String word) throws IOException {
        if (!startsWith(word)) {
            throw malformed(shown(), "\"" + word + "\"");
        }
        at += word.length();
        if (at < lineEnd && buffer[at] != ' ') {
            throw malformed(shown(), "the end of the word \"" + word + "\"");
        }
    }

    private boolean startsWith(String word) {
        if (lineEnd - at < word.length()) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if (buffer[at + i] != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the next line begins with {@code word}; it is not consumed. */
    boolean nextLineIs(String word) throws IOException {
        while (filled - position < word.length()) {
            if (!fill()) {
                throw new Truncated();
            }
        }
        for (int i = 0; i < word.length(); i++) {
            if (buffer[position + i] != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** The next integer of the line, which a space precedes unless it is the line's first word. */
    long integer(long lowest, long highest) throws IOException {
        space();
        int digits = at;
        boolean negative = digits < lineEnd && buffer[digits] == '-';
        if (negative) {
            digits++;
        }
        long value = 0;
        int i = digits;
        // INVARIANT: at most 18 digits, so value fits a long.
        while (i < lineEnd && i - digits < 18 && '0' <= buffer[i] && buffer[i] <= '9') {
            value = value * 10 + (buffer[i] - '0');
            i++;
        }
        boolean whole = i > digits && (i == lineEnd || buffer[i] == ' ');
        value = negative ? -value : value;
        if (!(whole && lowest <= value && value <= highest)) {
            throw malformed(shown(), "an integer from " + lowest + " to " + highest);
        }
        at = i;
        return value;
    }

    /** The next integer of the line, unsigned, 64 bits. */
    long unsigned() throws IOException {
        space();
        int i = at;
        while (i < lineEnd && '0' <= buffer[i] && buffer[i] <= '9') {
            i++;
        }
        try {
            long value = Long.parseUnsignedLong(text(at, i));
            if (i == lineEnd || buffer[i] == ' ') {
                at = i;
                return value;
            }
        } catch (NumberFormatException e) {
            // Falls through: empty, or more than 64 bits.
        }
        throw malformed(shown(), "an unsigned integer of 64 bits");
    }

    private void space() throws IOException {
        if (at == lineStart) {
            return;
        }
        if (at < lineEnd && buffer[at] == ' ') {
            at++;
        } else {
            throw malformed(shown(), "a space and one more word");
        }
    }

    void next(String word) throws IOException {
        space();
        word(word);
    }

    /** The line must end here. */
    void end() throws IOException {
        if (at != lineEnd) {
            throw malformed(shown(), "the end of the line");
        }
    }

    private String shown() {
        int length = Math.min(lineEnd - at, SHOWN_BYTES);
        return "\"" + text(at, at + length).replaceAll("[^ -~]", "?") + "\"";
    }

    private String text(int from, int to) {
        return new String(buffer, from, to - from, StandardCharsets.ISO_8859_1);
    }

    // ---- blobs

    /** Reads as many bytes as {@code target} has, then a line feed. */
    void bytes(MemorySegment target) throws IOException {
        copy(target, 0, target.byteSize());
        lineFeed();
    }

    /** Reads {@code compressed} bytes of zlib data that must make exactly as many bytes as {@code target} has. */
    void zlib(int compressed, MemorySegment target) throws IOException {
        byte[] source = new byte[compressed];
        copy(MemorySegment.ofArray(source), 0, compressed);
        byte[] result = new byte[(int) target.byteSize()];
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(source);
            int length = inflater.inflate(result);
            if (length != result.length || inflater.getRemaining() != 0) {
                throw malformed("zlib data of " + length + " bytes", "exactly " + result.length);
            }
        } catch (DataFormatException e) {
            throw malformed("damaged zlib data", "zlib data");
        } finally {
            inflater.end();
        }
        MemorySegment.copy(result, 0, target, ValueLayout.JAVA_BYTE, 0, result.length);
        lineFeed();
    }

    private void copy(MemorySegment target, long from, long length) throws IOException {
        long done = 0;
        while (done < length) {
            if (position == filled && !fill()) {
                throw new Truncated();
            }
            int part = (int) Math.min(length - done, filled - position);
            MemorySegment.copy(buffer, position, target, ValueLayout.JAVA_BYTE, from + done, part);
            position += part;
            done += part;
        }
    }

    private void lineFeed() throws IOException {
        if (position == filled && !fill()) {
            throw new Truncated();
        }
        if (buffer[position] != '\n') {
            at = position;
            lineEnd = Math.min(filled, position + SHOWN_BYTES);
            throw malformed(shown(), "a line feed after the blob");
        }
        position++;
    }

    /** Moves what is left to the front, and reads some more; false at the end. */
    private boolean fill() throws IOException {
        if (position > 0) {
            System.arraycopy(buffer, position, buffer, 0, filled - position);
            bufferOffset += position;
            filled -= position;
            position = 0;
        }
        try {
            int read = stream.read(buffer, filled, buffer.length - filled);
            filled += Math.max(read, 0);
            return read > 0;
        } catch (EOFException e) {
            throw new Truncated();
        } catch (IOException e) {
            String where = event < 0 ? "header" : "event " + event;
            throw new RecordingException(
                    name + ": " + where + ", byte " + (bufferOffset + filled) + ": got a damaged or unreadable file ("
                            + e + "), expected more of it",
                    e);
        }
    }
}
