package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** ARCHITECTURE.md tells the truth about the modules and their order. */
final class ArchitectureTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    @Test
    void itsTableListsTheModulesOfTheRootPom() throws IOException {
        List<String> built = all("<module>([^<]+)</module>", ROOT.resolve("pom.xml"));
        List<String> told = all("(?m)^\\| ([a-z-]+) \\| [^|]+ \\| [^|]+ \\|$", ROOT.resolve("ARCHITECTURE.md"));
        assertEquals(built, told.stream().filter(built::contains).toList());
    }

    private static List<String> all(String pattern, Path file) throws IOException {
        return Pattern.compile(pattern)
                .matcher(Files.readString(file))
                .results()
                .map((MatchResult match) -> match.group(1))
                .toList();
    }
}
