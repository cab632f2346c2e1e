package org.spiceshm.protocol.spice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.Numbering;

/**
 * Display messages, valid and damaged, with the verdict of the reference client's parser. The set's README says what its
 * files are; {@code -Dgolden.dir} names a directory with another {@code wire/} or {@code wire.zip}.
 */
class GoldenWireTest {
    private static final Pattern VERDICT = Pattern.compile("\\{[^{}]*\"accepted\"[^{}]*}");

    @Test
    void takesWhatIsValidAndRefusesWhatTheReferenceRefuses() throws Exception {
        Map<String, byte[]> files = load();
        String index = new String(Objects.requireNonNull(files.get("index.json")), StandardCharsets.UTF_8);
        ByteBuffer messages = ByteBuffer.wrap(
                        new GZIPInputStream(new ByteArrayInputStream(Objects.requireNonNull(files.get("wire.msgs.gz"))))
                                .readAllBytes())
                .order(ByteOrder.LITTLE_ENDIAN);
        List<String> wrong = new ArrayList<>();
        int count = 0;
        for (Matcher verdict = VERDICT.matcher(index); verdict.find(); count++) {
            int type = Short.toUnsignedInt(messages.getShort());
            byte[] body = new byte[messages.getInt()];
            messages.get(body);
            String reason = refusal(type, body);
            boolean valid = verdict.group().matches(".*\"what\":\\s*\"valid\".*");
            boolean accepted = verdict.group().matches(".*\"accepted\":\\s*true.*");
            if ((valid && reason != null) || (!accepted && reason == null)) {
                wrong.add(verdict.group() + " " + reason);
            }
        }
        assertEquals(0, messages.remaining());
        assertTrue(count > 1000, "messages: " + count);
        assertEquals(List.of(), wrong);
    }

    /** Why a message is refused, or null. */
    private static @Nullable String refusal(int type, byte[] body) {
        try {
            MemorySegment segment = MemorySegment.ofArray(body).asReadOnly();
            DisplayServerMessage message = DisplayServerMessage.decode(type, segment, Numbering.CURRENT);
            return message instanceof UnknownMessage ? "unknown type " + type : null;
        } catch (MalformedMessageException e) {
            return e.getMessage();
        }
    }

    private static Map<String, byte[]> load() throws IOException {
        String directory = System.getProperty("golden.dir");
        if (directory == null) {
            try (InputStream in = GoldenWireTest.class.getResourceAsStream("/golden/wire.zip")) {
                return unzip(Objects.requireNonNull(in));
            }
        }
        Path folder = Path.of(directory, "wire");
        if (!Files.isDirectory(folder)) {
            try (InputStream in = Files.newInputStream(Path.of(directory, "wire.zip"))) {
                return unzip(in);
            }
        }
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> paths = Files.list(folder)) {
            for (Path path : paths.filter(Files::isRegularFile).toList()) {
                files.put(path.getFileName().toString(), Files.readAllBytes(path));
            }
        }
        return files;
    }

    private static Map<String, byte[]> unzip(InputStream in) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        ZipInputStream zip = new ZipInputStream(in);
        for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
            if (!entry.isDirectory()) {
                files.put(entry.getName().substring(entry.getName().lastIndexOf('/') + 1), zip.readAllBytes());
            }
        }
        return files;
    }
}
