package org.spiceshm.app;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/**
 * What the guest's processor is made of. KVM is taken only where a guest has been seen to come up under it: there are
 * machines whose /dev/kvm opens and then runs no stock kernel, and QEMU does not fall back by itself.
 *
 * @param name QEMU's word, {@code tcg} or {@code kvm}
 * @param reason why, for people
 */
record Accelerator(String name, String reason) {
    private static final Path DEVICE = Path.of("/dev/kvm");
    private static final Path MODULES = Path.of("/sys/module");

    /**
     * What can be known without trying.
     *
     * @param opens whether /dev/kvm is there for us
     * @param paravirtual whether it is kvm_pvm's
     * @param hardware whether kvm_intel or kvm_amd is there
     */
    record Facts(boolean opens, boolean paravirtual, boolean hardware) {
        static Facts ofThisMachine() {
            return new Facts(
                    Files.isReadable(DEVICE) && Files.isWritable(DEVICE),
                    Files.exists(MODULES.resolve("kvm_pvm")),
                    Files.exists(MODULES.resolve("kvm_intel")) || Files.exists(MODULES.resolve("kvm_amd")));
        }
    }

    /**
     * Chooses.
     *
     * @param probe boots a guest under KVM, and tells whether it came up in time
     */
    static Accelerator choose(Facts facts, BooleanSupplier probe) {
        if (!facts.opens) {
            return new Accelerator("tcg", "there is no " + DEVICE + " for this user");
        }
        if (facts.paravirtual) {
            return new Accelerator("tcg", "the KVM here is kvm_pvm, which runs no stock kernel");
        }
        if (!facts.hardware) {
            return new Accelerator("tcg", "neither kvm_intel nor kvm_amd is there");
        }
        return probe.getAsBoolean()
                ? new Accelerator("kvm", "a guest came up under it")
                : new Accelerator("tcg", "no guest came up under KVM");
    }
}
