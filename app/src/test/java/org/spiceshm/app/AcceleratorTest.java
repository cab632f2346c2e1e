package org.spiceshm.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import org.junit.jupiter.api.Test;
import org.spiceshm.app.Accelerator.Facts;

final class AcceleratorTest {
    @Test
    void takesKvmOnlyAfterAGuestCameUpUnderIt() {
        Facts facts = new Facts(true, false, true);
        assertEquals("kvm", Accelerator.choose(facts, () -> true).name());
        assertEquals("tcg", Accelerator.choose(facts, () -> false).name());
    }

    @Test
    void doesNotEvenTryWhereItCannotWork() {
        for (Facts facts :
                new Facts[] {new Facts(false, false, true), new Facts(true, true, true), new Facts(true, false, false)
                }) {
            assertEquals(
                    "tcg",
                    Accelerator.choose(facts, () -> fail("probed " + facts)).name());
        }
    }
}
