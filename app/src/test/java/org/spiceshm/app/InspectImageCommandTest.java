package org.spiceshm.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What {@code inspect image} answers, for good cases and bad ones. */
final class InspectImageCommandTest {
    private static final String BITMAP = "09 04 01000000 01000000 04000000 00000000 11223344"; // RGBA, top-down, 1x1
    private static final String LZ_A8 =
            "1f000000 20205a4c 00010001 0000000b 00000003 00000001 00000003 00000001 02 10 20 30";

    @TempDir
    private Path directory = Path.of("");

    private int status;

    @Test
    void printsEveryImageAndEveryRefusal() throws IOException {
        write("a_rgba", "image", 0, 1, 1, BITMAP);
        write("b_alpha", "image", 101, 3, 1, LZ_A8.replace("1f", "20"));
        write("c_cut", "invalid", 101, 3, 1, LZ_A8);
        write("d_large", "image", 101, 0xffff_ffffL, 0x7fff_ffff, LZ_A8);
        write("e_kept", "image", 103, 1, 1, "");
        Files.writeString(directory.resolve("f_torn.json"), "{\"kind\": \"image");
        Files.writeString(directory.resolve("g_lonely.json"), "{\"kind\": \"image\", \"bin\": \"none.bin\"}");
        Files.writeString(directory.resolve("h_thief.json"), "{\"kind\": \"image\", \"bin\": \"../x.bin\"}");
        Files.writeString(directory.resolve("index.json"), "no case");
        Path out = directory.resolve("out");

        List<String> lines = inspect("--out", out.toString(), directory.toString());

        assertEquals(0, status);
        assertEquals(8, lines.size(), lines::toString);
        assertEquals(
                "image a_rgba a8r8g8b8 1x1 sha256=1a835ed8734f86355ca5b835d824d486993aabf1913cd3a011b7446c0514b7c9",
                lines.get(0));
        assertTrue(lines.get(1).startsWith("image b_alpha a8 3x1 sha256="), lines.get(1));
        for (int i = 2; i < lines.size(); i++) {
            String name = List.of("c_cut", "d_large", "e_kept", "f_torn", "g_lonely", "h_thief")
                    .get(i - 2);
            assertTrue(lines.get(i).startsWith("refused " + name + " "), lines.get(i));
        }
        assertEquals(
                0x4433_2211, ImageIO.read(out.resolve("a_rgba.png").toFile()).getRGB(0, 0));
        BufferedImage grey = ImageIO.read(out.resolve("b_alpha.png").toFile());
        assertEquals(0x20, grey.getRaster().getSample(1, 0, 0));
    }

    @Test
    void takesOneCase() throws IOException {
        write("a", "image", 0, 1, 1, BITMAP);
        write("b", "image", 0, 1, 1, BITMAP);
        List<String> lines = inspect(directory.resolve("b.json").toString());
        assertEquals(0, status);
        assertEquals(1, lines.size());
        assertTrue(lines.get(0).startsWith("image b "), lines.get(0));
    }

    @Test
    void failsWhenNothingCanBeRead() throws IOException {
        assertEquals(List.of(), inspect(directory.toString()));
        assertEquals(1, status);
        assertEquals(List.of(), inspect(directory.resolve("none").toString()));
        assertEquals(1, status);
    }

    private void write(String name, String kind, int type, long width, long height, String hex) throws IOException {
        Files.writeString(directory.resolve(name + ".json"), """
                {"name": "%s", "kind": "%s", "image_type": %d, "width": %d, "height": %d, "bin": "%s.bin", "previous": []}
                """.formatted(name, kind, type, width, height, name));
        Files.write(directory.resolve(name + ".bin"), HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    private List<String> inspect(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = new CommandLine(new InspectImageCommand())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true));
        line.setExecutionExceptionHandler((e, command, result) -> 1);
        status = line.execute(arguments);
        return out.toString().lines().toList();
    }
}
