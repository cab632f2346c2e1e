package org.spiceshm.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What {@code inspect messages} and {@code inspect stream} answer, for good files and bad ones. */
final class InspectMessagesCommandTest {
    private static final String CREATE = "00000000 02000000 01000000 60000000 01000000"; // a8r8g8b8, 2x1, primary
    private static final String BASE = "00000000 00000000 00000000 01000000 02000000 00";
    private static final String FILL = BASE + "01 44332211 0800 00 00000000 00000000 00000000";

    @TempDir
    private Path directory = Path.of("");

    private int status;

    @Test
    void printsEverySurfaceAndEveryRefusal() throws IOException {
        write("a_filled", 314, CREATE, 302, FILL);
        write("b_absent", 302, FILL);
        write("c_cut", 314, CREATE, 302, FILL.substring(0, 20));
        Files.writeString(directory.resolve("d_plain.msgs.gz"), "no gzip");
        Path out = directory.resolve("out");

        List<String> lines = inspect("messages", "--out", out.toString(), directory.toString());

        assertEquals(0, status);
        assertEquals(4, lines.size(), lines::toString);
        assertEquals("surface a_filled.s0 a8r8g8b8 2x1" + " sha256=" + sha256("4433221144332211"), lines.get(0));
        assertTrue(lines.get(1).startsWith("refused b_absent message 0: DisplayBase.surface_id"), lines.get(1));
        assertTrue(lines.get(2).startsWith("refused c_cut message 1: DRAW_FILL"), lines.get(2));
        assertTrue(lines.get(3).startsWith("refused d_plain message 0: "), lines.get(3));
        assertEquals(
                0x1122_3344,
                ImageIO.read(out.resolve("a_filled.s0.png").toFile()).getRGB(1, 0));
    }

    @Test
    void saysOfEachMessageWhetherItParses() throws IOException {
        write("a", 314, CREATE, 302, FILL.substring(0, 20), 999, "", 302, FILL);

        List<String> lines = inspect(
                "messages", "--parse-only", directory.resolve("a.msgs.gz").toString());

        assertEquals(0, status);
        assertEquals(4, lines.size(), lines::toString);
        assertEquals("message 0 314 ok", lines.get(0));
        assertTrue(lines.get(1).startsWith("message 1 302 refused DRAW_FILL"), lines.get(1));
        assertEquals("message 2 999 refused an unknown type", lines.get(2));
        assertEquals("message 3 302 ok", lines.get(3));
    }

    @Test
    void refusesAStreamThatIsNone() throws IOException {
        Path file = directory.resolve("x.s2c.bin");
        Files.write(file, new byte[64]);
        Path shot = directory.resolve("x.png");

        assertEquals(List.of(), inspect("stream", file.toString(), "--shot", shot.toString()));

        assertEquals(1, status);
        assertTrue(!Files.exists(shot));
    }

    private static String sha256(String hex) {
        try {
            byte[] bytes = HexFormat.of().parseHex(hex);
            return HexFormat.of()
                    .formatHex(
                            java.security.MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Types and bodies, by turns. */
    private void write(String name, Object... messages) throws IOException {
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(directory.resolve(name + ".msgs.gz")))) {
            for (int i = 0; i < messages.length; i += 2) {
                byte[] body = HexFormat.of().parseHex(messages[i + 1].toString().replace(" ", ""));
                ByteBuffer header = ByteBuffer.allocate(6).order(ByteOrder.LITTLE_ENDIAN);
                header.putShort(((Integer) messages[i]).shortValue()).putInt(body.length);
                out.write(header.array());
                out.write(body);
            }
        }
    }

    private List<String> inspect(String... arguments) {
        StringWriter answers = new StringWriter();
        CommandLine line = new CommandLine(new InspectCommand())
                .setOut(new PrintWriter(answers, true))
                .setErr(new PrintWriter(new StringWriter(), true));
        line.setExecutionExceptionHandler((e, command, result) -> 1);
        status = line.execute(arguments);
        return answers.toString().lines().toList();
    }
}
