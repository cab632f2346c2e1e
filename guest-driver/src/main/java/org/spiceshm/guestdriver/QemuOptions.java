package org.spiceshm.guestdriver;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How QEMU is started for a guest of {@code guest/build}, with our card as its display. docs/qemu.md explains each word.
 *
 * @param images directory of the images, as QEMU sees it
 * @param sockets directory of the sockets, as QEMU sees it; the card listens at {@link #VFIO_USER} in it
 * @param kernel which kernel, {@code 6.1} or {@code 6.12}
 * @param accelerator {@code tcg} or {@code kvm}
 * @param megabytes the guest's memory
 * @param append more for the kernel's command line
 * @param agent whether there is a port for SPICE's agent
 */
public record QemuOptions(
        Path images, Path sockets, String kernel, String accelerator, int megabytes, String append, boolean agent) {
    /** The card's socket, which must be listening before QEMU starts. */
    public static final String VFIO_USER = "card.sock";
    /** Where QEMU listens for qtest commands, by which interrupts come under TCG. */
    public static final String QTEST = "qtest.sock";
    /** Where QEMU listens for QMP. */
    public static final String QMP = "qmp.sock";
    /** Where QEMU listens for SPICE's agent protocol. */
    public static final String AGENT = "agent.sock";
    /** Where QEMU listens for a {@link GuestControl}. */
    public static final String CONTROL = "control.sock";
    /** What the guest says on its serial line once it can be talked to. */
    public static final String READY = "GUEST-READY";

    /** Slot of the card on the root bus; under q35 nobody else uses its interrupt (GSI 21). */
    private static final String SLOT = "11";

    /** 1 GiB under TCG, without agent. */
    public QemuOptions(Path images, Path sockets, String kernel) {
        this(images, sockets, kernel, "tcg", 1024, "", false);
    }

    /** The same with a port for the agent. */
    public QemuOptions withAgent() {
        return new QemuOptions(images, sockets, kernel, accelerator, megabytes, append, true);
    }

    /** The same under another accelerator. */
    public QemuOptions withAccelerator(String other) {
        return new QemuOptions(images, sockets, kernel, other, megabytes, append, agent);
    }

    /** The same with more on the kernel's command line. */
    public QemuOptions withAppend(String more) {
        return new QemuOptions(images, sockets, kernel, accelerator, megabytes, more, agent);
    }

    /** Arguments for qemu-system-x86_64. */
    public List<String> arguments() {
        List<String> words = new ArrayList<>(List.of("-nodefaults", "-no-user-config", "-display", "none"));
        words.addAll(List.of("-machine", "q35", "-accel", accelerator, "-smp", "1", "-m", Integer.toString(megabytes)));
        // Not "max": LLVM in guests stumbles over what TCG then announces.
        words.addAll(List.of("-cpu", accelerator.equals("kvm") ? "host" : "Nehalem"));
        words.addAll(List.of("-kernel", images.resolve("vmlinux-" + kernel).toString()));
        words.addAll(List.of("-initrd", images.resolve("initrd-" + kernel).toString()));
        words.addAll(List.of("-append", ("console=tty0 console=ttyS0 rw " + append).strip()));
        words.addAll(List.of("-drive", "if=virtio,format=raw,snapshot=on,file=" + images.resolve("guest.ext2")));
        words.addAll(List.of("-serial", "stdio"));
        words.addAll(List.of(
                "-device",
                "{\"driver\":\"vfio-user-pci\",\"id\":\"card\",\"addr\":\"" + SLOT
                        + "\",\"socket\":{\"type\":\"unix\",\"path\":\"" + socket(VFIO_USER) + "\"}}"));
        words.addAll(List.of("-qtest", "unix:" + socket(QTEST) + ",server=on,wait=off", "-qtest-log", "none"));
        words.addAll(List.of("-qmp", "unix:" + socket(QMP) + ",server=on,wait=off"));
        words.addAll(List.of("-device", "virtio-serial-pci,addr=5"));
        port(words, "control", CONTROL, "org.spiceshm.control");
        if (agent) {
            port(words, "agent", AGENT, "com.redhat.spice.0");
        }
        words.addAll(List.of("-device", "virtio-tablet-pci,addr=6", "-device", "virtio-keyboard-pci,addr=7"));
        return words;
    }

    private void port(List<String> words, String id, String socket, String name) {
        words.addAll(List.of("-chardev", "socket,id=" + id + ",path=" + socket(socket) + ",server=on,wait=off"));
        words.addAll(List.of("-device", "virtserialport,chardev=" + id + ",id=port-" + id + ",name=" + name));
    }

    private String socket(String name) {
        return sockets.resolve(name).toString();
    }
}
