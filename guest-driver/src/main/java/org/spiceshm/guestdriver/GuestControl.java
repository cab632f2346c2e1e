package org.spiceshm.guestdriver;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Runs shell commands in a real guest that {@code guest/build} made, through its virtio port: the other side of {@code
 * guest/programs/control.c}, which says what is spoken. One thread at a time.
 */
public final class GuestControl implements AutoCloseable {
    private static final int MAX_HEAD_BYTES = 64;
    private static final int MAX_OUTPUT_BYTES = 64 << 20;
    private static final int CLOCK_SAMPLES = 64;

    /**
     * What a command did.
     *
     * @param status its exit status, 128 and more for a signal
     * @param output stdout and stderr, as they came
     */
    @SuppressWarnings("ArrayRecordComponent") // INVARIANT: nobody compares two of them.
    public record Answer(int status, byte[] output) {
        /** The output as text, without the white space at its ends. */
        public String text() {
            return new String(output, StandardCharsets.UTF_8).strip();
        }
    }

    /**
     * How the guest's CLOCK_MONOTONIC stands to {@link System#nanoTime} here.
     *
     * @param offsetNanos guest's time minus ours
     * @param errorNanos half of the shortest round trip: no estimate is further off
     */
    public record Clock(long offsetNanos, long errorNanos) {
        /** When it is or was {@code guestNanos} there, in System.nanoTime's terms. */
        public long toHost(long guestNanos) {
            return guestNanos - offsetNanos;
        }
    }

    private final SocketChannel channel;
    private final DataInputStream in;

    private GuestControl(SocketChannel channel) {
        this.channel = channel;
        in = new DataInputStream(new BufferedInputStream(Channels.newInputStream(channel), 1 << 16));
    }

    /** Connects to QEMU's side of the port. The guest answers once it is up. */
    public static GuestControl connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            return new GuestControl(channel);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /**
     * Runs {@code command}, one line for the guest's shell, and waits for its end.
     *
     * @throws IOException if the guest has gone, or answers with what is no answer
     */
    public Answer run(String command) throws IOException {
        if (command.indexOf('\n') >= 0) {
            throw new IllegalArgumentException("command: got several lines, expected one");
        }
        ByteBuffer line = StandardCharsets.UTF_8.encode(command + "\n");
        while (line.hasRemaining()) {
            channel.write(line);
        }
        String[] head = readHead().split(" ");
        if (head.length != 2) {
            throw new IOException("guest: got the answer '" + String.join(" ", head) + "', expected STATUS LENGTH");
        }
        int status = Integer.parseInt(head[0]);
        int length = Integer.parseInt(head[1]);
        if (!(0 <= length && length <= MAX_OUTPUT_BYTES)) {
            throw new IOException("guest: got " + length + " bytes of output, expected at most " + MAX_OUTPUT_BYTES);
        }
        byte[] output = new byte[length];
        in.readFully(output);
        return new Answer(status, output);
    }

    /** The same, for a command that must succeed; its output. */
    public byte[] output(String command) throws IOException {
        Answer answer = run(command);
        if (answer.status() != 0) {
            throw new IOException("guest: '" + command + "' ended with " + answer.status() + ": " + answer.text());
        }
        return answer.output();
    }

    /** The same, as text without the white space at its ends. */
    public String text(String command) throws IOException {
        return new String(output(command), StandardCharsets.UTF_8).strip();
    }

    /** Compares the clocks. The guest should have nothing else to do. */
    public Clock clock() throws IOException {
        long shortest = Long.MAX_VALUE;
        long offset = 0;
        for (int i = 0; i < CLOCK_SAMPLES; i++) {
            long sent = System.nanoTime();
            long there = Long.parseLong(text("clock"));
            long trip = System.nanoTime() - sent;
            if (trip < shortest) {
                shortest = trip;
                offset = there - (sent + trip / 2);
            }
        }
        return new Clock(offset, shortest / 2);
    }

    private String readHead() throws IOException {
        StringBuilder head = new StringBuilder();
        try {
            for (int c = in.read(); c != '\n'; c = in.read()) {
                if (c < 0) {
                    throw new EOFException("guest: got the end of the port, expected an answer");
                }
                if (head.length() == MAX_HEAD_BYTES) {
                    throw new IOException("guest: got '" + head + "...', expected STATUS LENGTH");
                }
                head.append((char) c);
            }
        } catch (AsynchronousCloseException e) {
            throw new IOException("guest: the port was closed while it was asked", e);
        }
        return head.toString();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
