package org.spiceshm.protocol.qxl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.Struct;

/** Every QXL struct against what a C compiler makes of the header, in both directions. */
class LayoutTest {
    /** The header gives these structs no name, so no C program can print them by one. */
    private static final Set<String> UNNAMED =
            Set.of("QXLCursorCmd.u.set", "QXLCursorCmd.u.trail", "client_monitors_config");

    private record Place(long offset, long size) {}

    @Test
    void declaresEveryStructAndFieldAsTheHeaderDoes() throws Exception {
        assertEquals(table(), declared());
    }

    @Test
    void declaresTheUnnamedStructsToo() throws Exception {
        Set<String> names = new TreeSet<>();
        structs().forEach(struct -> names.add(struct.name()));
        assertTrue(names.containsAll(UNNAMED), names.toString());
        assertEquals(13, QxlCursorSet.STRUCT.size());
        assertEquals(4, QxlCursorTrail.STRUCT.size());
        assertEquals(1028, QxlMonitors.STRUCT.size());
    }

    private static Map<String, Place> table() throws IOException {
        Map<String, Place> places = new TreeMap<>();
        try (InputStream in = Objects.requireNonNull(LayoutTest.class.getResourceAsStream("layout.tsv"))) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1)) {
                if (!line.isEmpty() && !line.startsWith("#")) {
                    String[] cells = line.split("\t", -1);
                    Place place = new Place(Long.parseLong(cells[2]), Long.parseLong(cells[3]));
                    places.put(cells[0] + " " + cells[1], place);
                }
            }
        }
        return places;
    }

    private static Map<String, Place> declared() throws Exception {
        Map<String, Place> places = new TreeMap<>();
        for (Struct struct : structs()) {
            if (UNNAMED.contains(struct.name())) {
                continue;
            }
            places.put(struct.name() + " ", new Place(0, struct.size()));
            for (Struct.Field field : struct.fields()) {
                assertEquals(struct.name(), field.struct());
                places.put(struct.name() + " " + field.name(), new Place(field.offset(), field.length()));
            }
        }
        return places;
    }

    private static List<Struct> structs() throws URISyntaxException, IOException {
        Path classes = Path.of(QxlDrawable.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .resolve("org/spiceshm/protocol/qxl");
        try (Stream<Path> files = Files.list(classes)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("Qxl") && name.endsWith(".class"))
                    .map(name -> name.substring(0, name.length() - ".class".length()))
                    .flatMap(LayoutTest::structOf)
                    .toList();
        }
    }

    private static Stream<Struct> structOf(String simpleName) {
        try {
            Class<?> type = Class.forName("org.spiceshm.protocol.qxl." + simpleName);
            for (var field : type.getDeclaredFields()) {
                if (field.getName().equals("STRUCT") && Modifier.isStatic(field.getModifiers())) {
                    return Stream.of((Struct) Objects.requireNonNull(field.get(null)));
                }
            }
            return Stream.empty();
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(simpleName, e);
        }
    }
}
