package org.spiceshm.qxldevice;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.qxl.QxlIo;
import org.spiceshm.protocol.vfiouser.VfioUser;
import org.spiceshm.protocol.vfiouser.VfioUserReplies;
import org.spiceshm.protocol.vfiouser.VfioUserRequest;
import org.spiceshm.protocol.vfiouser.VfioUserRequest.Header;
import org.spiceshm.protocol.vfiouser.VfioUserSession;
import org.spiceshm.sharedmemory.EventDescriptor;
import org.spiceshm.sharedmemory.MemoryFile;
import org.spiceshm.sharedmemory.OwnedDescriptor;
import org.spiceshm.sharedmemory.SharedMemoryException;
import org.spiceshm.sharedmemory.UnixSocket;

/**
 * One VM's connection: its requests, done on the device, and their replies.
 *
 * <p>A virtual CPU that writes a port waits for the reply, with QEMU's lock in its hands. So ports whose work shows later,
 * by a ring or an interrupt, are answered first and done then; the others are answered when they are done.
 *
 * <p>Owned by the vfio-user thread. It never waits for the VMM: a reply that finds no room waits here, and until it has
 * gone nothing more is read.
 */
final class VfioUserConnection implements AutoCloseable {
    private static final Logger LOG = System.getLogger(VfioUserConnection.class.getName());

    private static final int READ_BYTES = VfioUserSession.RECEIVE_LIMIT_BYTES;
    private static final int NO_DESCRIPTOR = -1;
    private static final int IO_BYTES = 32;
    private static final int CONFIG_BYTES = 256;
    private static final int IRQ_DATA_MASK =
            VfioUser.IRQ_SET_DATA_NONE | VfioUser.IRQ_SET_DATA_BOOL | VfioUser.IRQ_SET_DATA_EVENTFD;

    private static final int SET_TRIGGER = VfioUser.IRQ_SET_ACTION_TRIGGER | VfioUser.IRQ_SET_DATA_EVENTFD;
    private static final int TURN_OFF = VfioUser.IRQ_SET_ACTION_TRIGGER | VfioUser.IRQ_SET_DATA_NONE;
    private static final int MASK = VfioUser.IRQ_SET_ACTION_MASK | VfioUser.IRQ_SET_DATA_NONE;
    private static final int UNMASK = VfioUser.IRQ_SET_ACTION_UNMASK | VfioUser.IRQ_SET_DATA_NONE;
    private static final int SET_RESAMPLE = VfioUser.IRQ_SET_ACTION_UNMASK | VfioUser.IRQ_SET_DATA_EVENTFD;

    private final UnixSocket socket;
    private final QxlDevice device;
    private final DeviceThread thread;
    private final VfioInterruptLine line;
    private final @Nullable QtestInterrupts qtest;
    private final MemoryFile readOnlyRom;
    private final TrappedMemory trapped;
    private final VfioUserSession session = new VfioUserSession();
    private final VfioUserReplies replies = new VfioUserReplies();
    private final MemorySegment input = Arena.ofAuto().allocate(READ_BYTES);
    private final Queue<OwnedDescriptor> descriptors = new ArrayDeque<>();

    private @Nullable MemorySegment unsent;
    private int unsentOffset;
    private int unsentDescriptor = NO_DESCRIPTOR;
    private @Nullable EventDescriptor resample;
    private boolean pathTold;

    VfioUserConnection(
            UnixSocket socket,
            QxlDevice device,
            DeviceThread thread,
            VfioInterruptLine line,
            @Nullable QtestInterrupts qtest,
            MemoryFile readOnlyRom) {
        this.socket = socket;
        this.device = device;
        this.thread = thread;
        this.line = line;
        this.qtest = qtest;
        this.readOnlyRom = readOnlyRom;
        trapped = new TrappedMemory(device);
    }

    int fd() {
        return socket.fd();
    }

    /** Whether a reply waits for room, so that nothing is to be read. */
    boolean blocked() {
        return unsent != null;
    }

    /** By which a VMM with KVM says that the guest has ended its interrupt, if it has given one. */
    @Nullable
    EventDescriptor resample() {
        return resample;
    }

    /** The resample eventfd can be read. */
    void onResample() {
        EventDescriptor event = resample;
        if (event != null && event.drain() != 0) {
            line.unmask();
        }
    }

    /** There is something to read, or room to write; false when the VMM has gone. */
    boolean serve() throws IOException, MalformedMessageException {
        if (!flush() || !handleReceived()) {
            return true;
        }
        int count = socket.read(input, 0, READ_BYTES);
        if (count == UnixSocket.END) {
            return false;
        }
        if (count != UnixSocket.WOULD_BLOCK) {
            session.receive(input, 0, count, takeDescriptors());
            handleReceived();
        }
        return true;
    }

    private int takeDescriptors() {
        int count = 0;
        for (OwnedDescriptor next = socket.pollDescriptor(); next != null; next = socket.pollDescriptor()) {
            descriptors.add(next);
            count++;
        }
        return count;
    }

    private boolean handleReceived() throws IOException, MalformedMessageException {
        while (unsent == null) {
            VfioUserRequest request = session.next();
            if (request == null) {
                return true;
            }
            OwnedDescriptor descriptor = request.header().descriptors() == 0 ? null : descriptors.remove();
            if (descriptor != null && !(request instanceof VfioUserRequest.SetIrqs)) {
                // Guest memory, which this device never reads by itself; anything else is not ours either.
                descriptor.close();
            }
            handle(request, descriptor);
        }
        return false;
    }

    private void handle(VfioUserRequest request, @Nullable OwnedDescriptor descriptor) throws IOException {
        switch (request) {
            case VfioUserRequest.Version version -> reply(version.header(), replies.version(version));
            case VfioUserRequest.DmaMap map -> reply(map.header(), replies.done(map.header()));
            case VfioUserRequest.DmaUnmap unmap -> reply(unmap.header(), replies.dmaUnmap(unmap));
            case VfioUserRequest.GetInfo info -> getInfo(info);
            case VfioUserRequest.GetRegionInfo info -> getRegionInfo(info);
            case VfioUserRequest.GetIrqInfo info -> getIrqInfo(info);
            case VfioUserRequest.SetIrqs irqs -> setIrqs(irqs, descriptor);
            case VfioUserRequest.RegionRead read -> read(read);
            case VfioUserRequest.RegionWrite write -> write(write);
            case VfioUserRequest.DeviceReset reset -> reset(reset);
            case VfioUserRequest.Unsupported other -> refuse(other.header(), VfioUser.ENOTSUP);
        }
    }

    // ---- what there is

    private void getInfo(VfioUserRequest.GetInfo info) throws IOException {
        int flags = VfioUser.DEVICE_FLAG_RESET | VfioUser.DEVICE_FLAG_PCI;
        reply(info.header(), replies.deviceInfo(info, flags, VfioUser.PCI_REGION_COUNT, VfioUser.PCI_IRQ_COUNT));
    }

    private void getRegionInfo(VfioUserRequest.GetRegionInfo info) throws IOException {
        int readWrite = VfioUser.REGION_FLAG_READ | VfioUser.REGION_FLAG_WRITE;
        int index = info.index();
        switch (index) {
            case DeviceMemory.RAM_BAR, DeviceMemory.VRAM_BAR ->
                mappedRegion(info, readWrite | VfioUser.REGION_FLAG_MMAP, device.barFile(index));
            case DeviceMemory.ROM_BAR ->
                mappedRegion(info, VfioUser.REGION_FLAG_READ | VfioUser.REGION_FLAG_MMAP, readOnlyRom);
            case DeviceMemory.IO_BAR, VfioUser.PCI_CONFIG_REGION ->
                reply(info.header(), replies.regionInfo(info, readWrite, size(index)));
            default -> {
                if (0 <= index && index < VfioUser.PCI_REGION_COUNT) {
                    reply(info.header(), replies.regionInfo(info, 0, 0));
                } else {
                    refuse(info.header(), VfioUser.EINVAL);
                }
            }
        }
    }

    private void mappedRegion(VfioUserRequest.GetRegionInfo info, int flags, MemoryFile file) throws IOException {
        reply(info.header(), replies.regionInfo(info, flags, size(info.index())), file.fd());
    }

    private long size(int region) {
        return switch (region) {
            case DeviceMemory.RAM_BAR, DeviceMemory.VRAM_BAR, DeviceMemory.ROM_BAR ->
                device.bar(region).byteSize();
            case DeviceMemory.IO_BAR -> IO_BYTES;
            case VfioUser.PCI_CONFIG_REGION -> CONFIG_BYTES;
            default -> 0;
        };
    }

    private void getIrqInfo(VfioUserRequest.GetIrqInfo info) throws IOException {
        if (info.index() == VfioUser.PCI_INTX_IRQ) {
            int flags = VfioUser.IRQ_INFO_EVENTFD | VfioUser.IRQ_INFO_MASKABLE | VfioUser.IRQ_INFO_AUTOMASKED;
            reply(info.header(), replies.irqInfo(info, flags, 1));
        } else if (0 < info.index() && info.index() < VfioUser.PCI_IRQ_COUNT) {
            reply(info.header(), replies.irqInfo(info, 0, 0));
        } else {
            refuse(info.header(), VfioUser.EINVAL);
        }
    }

    // ---- interrupts

    private void setIrqs(VfioUserRequest.SetIrqs irqs, @Nullable OwnedDescriptor descriptor) throws IOException {
        boolean eventfd = (irqs.flags() & IRQ_DATA_MASK) == VfioUser.IRQ_SET_DATA_EVENTFD;
        EventDescriptor event = null;
        if (descriptor != null) {
            if (!eventfd) {
                descriptor.close();
                refuse(irqs.header(), VfioUser.EINVAL);
                return;
            }
            try {
                event = EventDescriptor.adopt(descriptor);
            } catch (SharedMemoryException e) {
                LOG.log(Level.DEBUG, "interrupt refused: {0}", e.getMessage());
                refuse(irqs.header(), VfioUser.EINVAL);
                return;
            }
        }
        if (apply(irqs, event)) {
            reply(irqs.header(), replies.done(irqs.header()));
        } else {
            if (event != null) {
                event.close();
            }
            refuse(irqs.header(), VfioUser.EINVAL);
        }
    }

    /** Whether that was possible; then the event is the line's or ours. An eventfd that did not come is none. */
    private boolean apply(VfioUserRequest.SetIrqs irqs, @Nullable EventDescriptor event) {
        boolean turnOff = irqs.flags() == TURN_OFF && irqs.count() == 0;
        if (irqs.index() != VfioUser.PCI_INTX_IRQ) {
            // There are no others, so all of them are off.
            return turnOff && 0 < irqs.index() && irqs.index() < VfioUser.PCI_IRQ_COUNT;
        }
        if (turnOff) {
            line.setTrigger(null);
            return true;
        }
        if (!(irqs.start() == 0 && irqs.count() == 1)) {
            return false;
        }
        switch (irqs.flags()) {
            case SET_TRIGGER -> line.setTrigger(event);
            case SET_RESAMPLE -> setResample(event);
            case MASK -> line.mask();
            case UNMASK -> line.unmask();
            default -> {
                return false;
            }
        }
        return true;
    }

    private void setResample(@Nullable EventDescriptor event) {
        closeResample();
        resample = event;
        if (event != null) {
            line.useKvm();
            tellPath("eventfd (KVM)");
        }
    }

    private void closeResample() {
        EventDescriptor before = resample;
        if (before != null) {
            before.close();
            resample = null;
        }
    }

    private void tellPath(String path) {
        if (!pathTold) {
            pathTold = true;
            LOG.log(Level.INFO, "interrupts: {0}", path);
        }
    }

    // ---- memory, ports, configuration

    private boolean isInside(int region, long offset, int count) {
        // INVARIANT: 0 < count <= MAX_DATA_BYTES and size >= 0, so the difference cannot overflow.
        return 0 < count && count <= VfioUser.MAX_DATA_BYTES && 0 <= offset && offset <= size(region) - count;
    }

    private void read(VfioUserRequest.RegionRead read) throws IOException {
        if (!isInside(read.region(), read.offset(), read.count())) {
            refuse(read.header(), VfioUser.EINVAL);
            return;
        }
        MemorySegment whole = replies.regionRead(read);
        MemorySegment data = VfioUserReplies.data(whole);
        switch (read.region()) {
            case VfioUser.PCI_CONFIG_REGION -> readConfig((int) read.offset(), data);
            case DeviceMemory.IO_BAR -> data.fill((byte) device.ioRead());
            default -> trapped.read(read.region(), read.offset(), data);
        }
        reply(read.header(), whole);
    }

    private void write(VfioUserRequest.RegionWrite write) throws IOException {
        if (!isInside(write.region(), write.offset(), write.count())) {
            refuse(write.header(), VfioUser.EINVAL);
            return;
        }
        switch (write.region()) {
            case VfioUser.PCI_CONFIG_REGION -> {
                writeConfig((int) write.offset(), write.data());
                reply(write.header(), replies.regionWrite(write));
            }
            case DeviceMemory.IO_BAR -> writePorts(write);
            default -> {
                trapped.write(write.region(), write.offset(), write.data());
                reply(write.header(), replies.regionWrite(write));
            }
        }
    }

    private void readConfig(int offset, MemorySegment target) {
        thread.call(() -> {
            for (int i = 0; i < target.byteSize(); i++) {
                target.set(ValueLayout.JAVA_BYTE, i, (byte) device.config().read(offset + i, 1));
            }
        });
    }

    private void writeConfig(int offset, MemorySegment source) {
        thread.call(() -> {
            for (int i = 0; i < source.byteSize(); i++) {
                device.config().write(offset + i, 1, source.get(ValueLayout.JAVA_BYTE, i));
            }
            // The guest may have turned the pin off or on.
            device.ioWrite(QxlIo.UPDATE_IRQ, 0);
            tellBar();
        });
    }

    /** Device thread. */
    private void tellBar() {
        if (qtest != null) {
            PciConfigSpace config = device.config();
            qtest.barMoved(config.memoryEnabled() ? config.barAddress(DeviceMemory.RAM_BAR) : 0);
        }
    }

    /** A wide write is one to several ports, as on the bus. */
    private void writePorts(VfioUserRequest.RegionWrite write) throws IOException {
        if (qtest == null && !line.usesKvm()) {
            tellPath("eventfd; under TCG without --qtest this is slow");
        }
        int port = (int) write.offset();
        boolean answeredFirst = true;
        for (int i = 0; i < write.count(); i++) {
            answeredFirst &= DeviceThread.isAnsweredFirst(port + i);
        }
        if (answeredFirst) {
            reply(write.header(), replies.regionWrite(write));
        }
        for (int i = 0; i < write.count(); i++) {
            thread.write(port + i, write.data().get(ValueLayout.JAVA_BYTE, i) & 0xff);
        }
        if (!answeredFirst) {
            reply(write.header(), replies.regionWrite(write));
        }
    }

    /** Registers and device as at power-on; the memory's bytes stay, as they do on a bus reset. */
    private void reset(VfioUserRequest.DeviceReset reset) throws IOException {
        trapped.forget();
        thread.call(() -> {
            device.config().reset();
            device.powerOnReset();
            tellBar();
        });
        reply(reset.header(), replies.done(reset.header()));
    }

    // ---- replies

    private void refuse(Header request, int errno) throws IOException {
        reply(request, replies.error(request, errno));
    }

    private void reply(Header request, MemorySegment reply) throws IOException {
        reply(request, reply, NO_DESCRIPTOR);
    }

    private void reply(Header request, MemorySegment reply, int descriptor) throws IOException {
        if (!request.wantsReply()) {
            return;
        }
        unsent = reply;
        unsentOffset = 0;
        unsentDescriptor = descriptor;
        flush();
    }

    /** Whether everything has gone. In one write, unless the kernel has no room for the whole reply. */
    private boolean flush() throws IOException {
        MemorySegment reply = unsent;
        if (reply == null) {
            return true;
        }
        int size = (int) reply.byteSize();
        while (unsentOffset < size) {
            int left = size - unsentOffset;
            int sent = unsentDescriptor == NO_DESCRIPTOR
                    ? socket.write(reply, unsentOffset, left)
                    : socket.writeWithDescriptor(reply, unsentOffset, left, unsentDescriptor);
            if (sent == UnixSocket.WOULD_BLOCK) {
                return false;
            }
            unsentOffset += sent;
            unsentDescriptor = NO_DESCRIPTOR;
        }
        unsent = null;
        return true;
    }

    /** Closes whatever the VMM has given; the device stays as it is. */
    @Override
    public void close() {
        socket.close();
        closeResample();
        descriptors.forEach(OwnedDescriptor::close);
        descriptors.clear();
        line.disconnected();
    }
}
