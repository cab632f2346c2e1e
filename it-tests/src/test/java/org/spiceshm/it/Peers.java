package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;

/** Other people's programs that tests need; {@code ./check} installs them. */
final class Peers {
    private Peers() {}

    /** Skips the test, loudly, where a program is missing; fails it where {@code ./check} should have installed it. */
    static void require(String program, String debianPackage, String what) {
        boolean found = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(each -> Files.isExecutable(Path.of(each, program)));
        String reason = "NOT TESTED, " + what + ": no " + program + " (Debian package " + debianPackage + ")";
        if (!found && "1".equals(System.getenv("SPICESHM_REQUIRE_INTEROP"))) {
            fail(reason);
        }
        if (!found) {
            System.err.println("WARNING: " + reason);
        }
        Assumptions.assumeTrue(found, reason);
    }
}
