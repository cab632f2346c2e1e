package org.spiceshm.protocol.vfiouser;

import org.spiceshm.protocol.Struct;
import org.spiceshm.protocol.Struct.U16;
import org.spiceshm.protocol.Struct.U32;
import org.spiceshm.protocol.Struct.U64;

/**
 * Numbers and layouts of vfio-user 0.0, little-endian. A message is a {@link Header} and a body; a reply has the request's
 * number and command. What belongs to VFIO itself is as in linux/vfio.h.
 *
 * <pre>
 *  0 message_id u16 | 2 command u16 | 4 size u32, header included | 8 flags u32 | 12 error u32 | 16 body ...
 * </pre>
 */
public final class VfioUser {
    public static final int MAJOR = 0;
    /** QEMU refuses a server that answers with another minor than its own. */
    public static final int MINOR = 0;

    // ---- commands

    public static final int VERSION = 1;
    public static final int DMA_MAP = 2;
    public static final int DMA_UNMAP = 3;
    public static final int DEVICE_GET_INFO = 4;
    public static final int DEVICE_GET_REGION_INFO = 5;
    public static final int DEVICE_GET_REGION_IO_FDS = 6;
    public static final int DEVICE_GET_IRQ_INFO = 7;
    public static final int DEVICE_SET_IRQS = 8;
    public static final int REGION_READ = 9;
    public static final int REGION_WRITE = 10;
    public static final int DEVICE_RESET = 13;

    // ---- limits

    /** What one REGION_READ or REGION_WRITE may carry; we say so in our VERSION. */
    public static final int MAX_DATA_BYTES = 16 * 1024;
    /** Descriptors that come with one message; we say so in our VERSION. */
    public static final int MAX_DESCRIPTORS = 1;

    // ---- header flags

    public static final int FLAG_TYPE_MASK = 0xf;
    public static final int FLAG_REPLY = 0x1;
    public static final int FLAG_NO_REPLY = 0x10;
    public static final int FLAG_ERROR = 0x20;

    // ---- error numbers of replies

    public static final int EINVAL = 22;
    public static final int ENOTSUP = 95;

    // ---- linux/vfio.h

    public static final int DEVICE_FLAG_RESET = 0x1;
    public static final int DEVICE_FLAG_PCI = 0x2;

    public static final int REGION_FLAG_READ = 0x1;
    public static final int REGION_FLAG_WRITE = 0x2;
    public static final int REGION_FLAG_MMAP = 0x4;

    /** BARs are regions 0 to 5. */
    public static final int PCI_CONFIG_REGION = 7;

    public static final int PCI_REGION_COUNT = 9;

    public static final int PCI_INTX_IRQ = 0;
    public static final int PCI_IRQ_COUNT = 5;

    public static final int IRQ_INFO_EVENTFD = 0x1;
    public static final int IRQ_INFO_MASKABLE = 0x2;
    public static final int IRQ_INFO_AUTOMASKED = 0x4;

    public static final int IRQ_SET_DATA_NONE = 0x1;
    public static final int IRQ_SET_DATA_BOOL = 0x2;
    public static final int IRQ_SET_DATA_EVENTFD = 0x4;
    public static final int IRQ_SET_ACTION_MASK = 0x8;
    public static final int IRQ_SET_ACTION_UNMASK = 0x10;
    public static final int IRQ_SET_ACTION_TRIGGER = 0x20;

    private VfioUser() {}

    /** What every message begins with. */
    public static final class Header {
        public static final Struct STRUCT = Struct.littleEndian("vfio_user_header");
        public static final U16 MESSAGE_ID = STRUCT.u16("message_id");
        public static final U16 COMMAND = STRUCT.u16("command");
        public static final U32 SIZE = STRUCT.u32("size");
        public static final U32 FLAGS = STRUCT.u32("flags");
        public static final U32 ERROR = STRUCT.u32("error");

        private Header() {}
    }

    /** Request and reply; a JSON text and its NUL follow. */
    public static final class Version {
        public static final Struct STRUCT = Struct.littleEndian("VFIO_USER_VERSION");
        public static final U16 MAJOR = STRUCT.u16("major");
        public static final U16 MINOR = STRUCT.u16("minor");

        private Version() {}
    }

    /** Request; the reply is empty. */
    public static final class DmaMap {
        public static final Struct STRUCT = Struct.littleEndian("VFIO_USER_DMA_MAP");
        public static final U32 ARGSZ = STRUCT.u32("argsz");
        public static final U32 FLAGS = STRUCT.u32("flags");
        public static final U64 OFFSET = STRUCT.u64("offset");
        public static final U64 ADDRESS = STRUCT.u64("address");
        public static final U64 SIZE = STRUCT.u64("size");

        private DmaMap() {}
    }

    /** Request and reply. */
    public static final class DmaUnmap {
        public static final Struct STRUCT = Struct.littleEndian("VFIO_USER_DMA_UNMAP");
        public static final U32 ARGSZ = STRUCT.u32("argsz");
        public static final U32 FLAGS = STRUCT.u32("flags");
        public static final U64 ADDRESS = STRUCT.u64("address");
        public static final U64 SIZE = STRUCT.u64("size");

        private DmaUnmap() {}
    }

    /** Request and reply. struct vfio_device_info. */
    public static final class DeviceInfo {
        public static final Struct STRUCT = Struct.littleEndian("VFIO_USER_DEVICE_GET_INFO");
        public static final U32 ARGSZ = STRUCT.u32("argsz");
        public static final U32 FLAGS = STRUCT.u32("flags");
        public static final U32 NUM_REGIONS = STRUCT.u32("num_regions");
        public static final U32 NUM_IRQS = STRUCT.u32("num_irqs");

        private DeviceInfo() {}
    }

    /** Request and reply; with REGION_FLAG_MMAP a descriptor comes with the reply. struct vfio_region_info. */
    public static final class RegionInfo {
        public static final Struct STRUCT = Struct.littleEndian("VFIO_USER_DEVICE_GET_REGION_INFO");
        public static final U32 ARGSZ = STRUCT.u32("argsz");
        public static final U32 FLAGS = STRUCT.u32("flags");
        public static final U32 INDEX = STRUCT.u32("index");
        public static final U32 CAP_OFFSET = STRUCT.u32("cap_offset");
        public static final U64 SIZE = STRUCT.u64("size");
        public static final U64 OFFSET = STRUCT.u64("offset");

        private RegionInfo() {}
    }

    /** Request and reply. struct vfio_irq_info. */
    public static final class IrqInfo {
        public static final Struct STRUCT = Struct.littleEndian("VFIO_USER_DEVICE_GET_IRQ_INFO");
        public static final U32 ARGSZ = STRUCT.u32("argsz");
        public static final U32 FLAGS = STRUCT.u32("flags");
        public static final U32 INDEX = STRUCT.u32("index");
        public static final U32 COUNT = STRUCT.u32("count");

        private IrqInfo() {}
    }

    /** Request, then one byte for each interrupt with IRQ_SET_DATA_BOOL; the reply is empty. struct vfio_irq_set. */
    public static final class IrqSet {
        public static final Struct STRUCT = Struct.littleEndian("VFIO_USER_DEVICE_SET_IRQS");
        public static final U32 ARGSZ = STRUCT.u32("argsz");
        public static final U32 FLAGS = STRUCT.u32("flags");
        public static final U32 INDEX = STRUCT.u32("index");
        public static final U32 START = STRUCT.u32("start");
        public static final U32 COUNT = STRUCT.u32("count");

        private IrqSet() {}
    }

    /** REGION_READ and REGION_WRITE, request and reply; the data follow where they go. */
    public static final class RegionAccess {
        public static final Struct STRUCT = Struct.littleEndian("VFIO_USER_REGION_ACCESS");
        public static final U64 OFFSET = STRUCT.u64("offset");
        public static final U32 REGION = STRUCT.u32("region");
        public static final U32 COUNT = STRUCT.u32("count");

        private RegionAccess() {}
    }

    /** The longest message, either way. */
    public static final int MAX_MESSAGE_BYTES =
            (int) (Header.STRUCT.size() + RegionAccess.STRUCT.size()) + MAX_DATA_BYTES;
}
