/*
 * A synthetic QXL device inside libspice-server: pushes drawing commands as fast as the server takes them, or paced, or in
 * a closed loop. The peer of `spiceshm bench`'s server, with the same loads.
 *
 *   spice_source unix=PATH|port=N stamps=FILE load=full|tiles|text|fills|scroll size=1024x768
 *                [compression=off|lz|glz|auto_lz|auto_glz|quic|lz4] [rate=N] [window=N acks=FIFO]
 *
 * rate: so many pushes a second, each waking the server. window: so many commands in flight; one more for each byte that
 * the viewer writes to the fifo. Ends when its viewer has gone.
 */
#include "stamps.h"
#include <glib.h>
#include <pthread.h>
#include <spice.h>
#include <spice/enums.h>
#include <spice/qxl_dev.h>

#define PATTERNS 48
enum load { FULL, TILES, TEXT, FILLS, SCROLL };

struct slot {
    QXLCommandExt command;
    QXLDrawable drawable;
    QXLImage image;
    uint32_t *pixels;
    struct slot *next;
};

static GMainLoop *loop;
static SpiceServer *server;
static QXLInstance instance;
static int viewers, width, height, rect_width, rect_height, rate, window;
static enum load load;
static uint64_t *stamps;

/* Shared between the server's worker and our threads. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot *free_slots;
static int64_t credit;
static uint32_t number;
static uint64_t image_id = 1, pushed, starved_at;

/* ---- the server's event loop, by GLib */

struct SpiceTimer { SpiceTimerFunc callback; void *opaque; guint source; };
struct SpiceWatch { int fd; SpiceWatchFunc callback; void *opaque; guint source; };

static SpiceTimer *timer_add(SpiceTimerFunc callback, void *opaque)
{
    SpiceTimer *timer = g_new0(SpiceTimer, 1);
    timer->callback = callback;
    timer->opaque = opaque;
    return timer;
}

static gboolean on_timer(gpointer data)
{
    SpiceTimer *timer = data;
    timer->source = 0;
    timer->callback(timer->opaque);
    return G_SOURCE_REMOVE;
}

static void timer_cancel(SpiceTimer *timer)
{
    if (timer->source)
        g_source_remove(timer->source);
    timer->source = 0;
}

static void timer_start(SpiceTimer *timer, uint32_t milliseconds)
{
    timer_cancel(timer);
    timer->source = g_timeout_add(milliseconds, on_timer, timer);
}

static void timer_remove(SpiceTimer *timer)
{
    timer_cancel(timer);
    g_free(timer);
}

static gboolean on_watch(GIOChannel *channel, GIOCondition condition, gpointer data)
{
    SpiceWatch *watch = data;
    int events = condition & (G_IO_IN | G_IO_HUP | G_IO_ERR) ? SPICE_WATCH_EVENT_READ : 0;
    events |= condition & G_IO_OUT ? SPICE_WATCH_EVENT_WRITE : 0;
    watch->callback(watch->fd, events, watch->opaque);
    return G_SOURCE_CONTINUE;
}

static void watch_update(SpiceWatch *watch, int mask)
{
    if (watch->source)
        g_source_remove(watch->source);
    watch->source = 0;
    if (!mask)
        return;
    GIOCondition condition = mask & SPICE_WATCH_EVENT_READ ? G_IO_IN | G_IO_HUP | G_IO_ERR : 0;
    condition |= mask & SPICE_WATCH_EVENT_WRITE ? G_IO_OUT : 0;
    GIOChannel *channel = g_io_channel_unix_new(watch->fd);
    watch->source = g_io_add_watch(channel, condition, on_watch, watch);
    g_io_channel_unref(channel);
}

static SpiceWatch *watch_add(int fd, int mask, SpiceWatchFunc callback, void *opaque)
{
    SpiceWatch *watch = g_new0(SpiceWatch, 1);
    watch->fd = fd;
    watch->callback = callback;
    watch->opaque = opaque;
    watch_update(watch, mask);
    return watch;
}

static void watch_remove(SpiceWatch *watch)
{
    watch_update(watch, 0);
    g_free(watch);
}

static gboolean quit(gpointer data)
{
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

static void on_channel(int event, SpiceChannelEventInfo *info)
{
    if (info->type != SPICE_CHANNEL_DISPLAY)
        return;
    if (event == SPICE_CHANNEL_EVENT_INITIALIZED)
        viewers++;
    if (event == SPICE_CHANNEL_EVENT_DISCONNECTED)
        g_timeout_add(100, quit, NULL);
}

static SpiceCoreInterface core = {
    .base = { SPICE_INTERFACE_CORE, "source", SPICE_INTERFACE_CORE_MAJOR, SPICE_INTERFACE_CORE_MINOR },
    .timer_add = timer_add, .timer_start = timer_start, .timer_cancel = timer_cancel, .timer_remove = timer_remove,
    .watch_add = watch_add, .watch_update_mask = watch_update, .watch_remove = watch_remove, .channel_event = on_channel,
};

/* ---- commands */

/* Looks like a desktop: panels of different colours with rows of pseudo-text. */
static void paint(uint32_t *pixels, int w, int h, int variant)
{
    static const uint32_t back[4] = { 0xf4f4f4, 0x1e2430, 0xffffff, 0xe0e8f0 }, fore[4] = { 0x202020, 0xd0d8c0, 0x103060, 0x303030 };
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            int panel = (x / 256 + y / 256 * 2 + variant) & 3;
            uint32_t hash = (x / 8 * 2654435761u) ^ ((y / 16 + variant) * 40503u * 977u);
            hash ^= hash >> 13;
            hash *= 0x5bd1e995;
            hash ^= hash >> 15;
            int ink = x / 8 % 96 < 20 + (y / 16 * 37) % 60 && (hash >> (x & 7) & (hash >> (y & 15)) & 1);
            pixels[y * w + x] = ink ? fore[panel] : back[panel];
        }
}

static void add_slot(int variant)
{
    struct slot *slot = calloc(1, sizeof *slot);
    if (load != FILLS) {
        slot->pixels = aligned_alloc(64, ((size_t) rect_width * rect_height * 4 + 63) & ~63ul);
        paint(slot->pixels, rect_width, rect_height, variant);
    }
    slot->command.cmd.type = QXL_CMD_DRAW;
    slot->command.cmd.data = (uintptr_t) &slot->drawable;
    slot->drawable.release_info.id = (uintptr_t) slot;
    slot->drawable.effect = QXL_EFFECT_OPAQUE;
    slot->drawable.clip.type = SPICE_CLIP_TYPE_NONE;
    for (int i = 0; i < 3; i++)
        slot->drawable.surfaces_dest[i] = -1;
    slot->image.descriptor.type = SPICE_IMAGE_TYPE_BITMAP;
    slot->image.descriptor.width = slot->image.bitmap.x = rect_width;
    slot->image.descriptor.height = slot->image.bitmap.y = rect_height;
    slot->image.bitmap.format = SPICE_BITMAP_FMT_32BIT;
    slot->image.bitmap.flags = QXL_BITMAP_DIRECT | QXL_BITMAP_TOP_DOWN;
    slot->image.bitmap.stride = rect_width * 4;
    slot->image.bitmap.data = (uintptr_t) slot->pixels;
    slot->next = free_slots;
    free_slots = slot;
}

static void set_box(QXLDrawable *d, int left, int top, int w, int h)
{
    d->bbox = (QXLRect) { .top = top, .left = left, .bottom = top + h, .right = left + w };
}

static void fill_in(struct slot *slot, uint32_t n)
{
    QXLDrawable *d = &slot->drawable;
    int columns = width / rect_width, cell = n % (columns * (height / rect_height));
    if (load == SCROLL && n % 2 == 0) {
        set_box(d, 0, 0, width, height - rect_height);
        d->type = QXL_COPY_BITS;
        d->u.copy_bits.src_pos = (QXLPoint) { .x = 0, .y = rect_height };
        return;
    }
    if (load == SCROLL)
        set_box(d, 0, height - rect_height, width, rect_height);
    else
        set_box(d, cell % columns * rect_width, cell / columns * rect_height, rect_width, rect_height);
    if (load == FILLS) {
        d->type = QXL_DRAW_FILL;
        d->u.fill.brush.type = SPICE_BRUSH_TYPE_SOLID;
        d->u.fill.brush.u.color = n;
        d->u.fill.rop_descriptor = SPICE_ROPD_OP_PUT;
        return;
    }
    slot->pixels[0] = n;
    slot->image.descriptor.id = 1ull << 32 | image_id++;
    d->type = QXL_DRAW_COPY;
    d->u.copy.src_bitmap = (uintptr_t) &slot->image;
    d->u.copy.src_area = (QXLRect) { .top = 0, .left = 0, .bottom = rect_height, .right = rect_width };
    d->u.copy.rop_descriptor = SPICE_ROPD_OP_PUT;
}

static int get_command(QXLInstance *q, QXLCommandExt *command)
{
    if (!viewers)
        return 0;
    pthread_mutex_lock(&lock);
    struct slot *slot = free_slots;
    if (!slot || ((rate || window) && credit <= 0)) {
        pthread_mutex_unlock(&lock);
        return 0;
    }
    free_slots = slot->next;
    credit--;
    uint32_t n = number++ & NUMBER_MASK;
    pthread_mutex_unlock(&lock);
    fill_in(slot, n);
    if (!rate)
        __atomic_store_n(&stamps[n % STAMPS], now_nanos(), __ATOMIC_RELEASE);
    pushed++;
    *command = slot->command;
    return 1;
}

static void release(QXLInstance *q, QXLReleaseInfoExt info)
{
    struct slot *slot = (struct slot *) (uintptr_t) info.info->id;
    pthread_mutex_lock(&lock);
    int starved = !free_slots;
    slot->next = free_slots;
    free_slots = slot;
    pthread_mutex_unlock(&lock);
    if (starved && !rate)
        spice_qxl_wakeup(&instance);
}

static void add_credit(int64_t more)
{
    pthread_mutex_lock(&lock);
    credit += more;
    pthread_mutex_unlock(&lock);
    spice_qxl_wakeup(&instance);
}

/* One push each 1/rate s, stamped before the wake-up. */
static void *pace(void *none)
{
    int each = load == SCROLL ? 2 : 1;
    for (uint64_t next = now_nanos();;) {
        next += 1000000000ull / rate;
        struct timespec t = { next / 1000000000, next % 1000000000 };
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
        if (!viewers)
            continue;
        pthread_mutex_lock(&lock);
        for (int i = 0; i < each; i++)
            stamps[(number + credit + i) % STAMPS] = now_nanos();
        pthread_mutex_unlock(&lock);
        add_credit(each);
    }
    return none;
}

/* The closed loop. */
static void *read_acks(void *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char bytes[4096];
    for (ssize_t n = read(fd, bytes, sizeof bytes); n > 0; n = read(fd, bytes, sizeof bytes))
        add_credit(n);
    return NULL;
}

/* A guest without free memory says so, as a driver does. */
static gboolean tick(gpointer data)
{
    if (viewers && !rate && pushed == starved_at && !free_slots)
        spice_qxl_oom(&instance);
    starved_at = pushed;
    if (viewers && !rate && !window)
        spice_qxl_wakeup(&instance);
    return G_SOURCE_CONTINUE;
}

static int always(QXLInstance *q) { return 1; }
static int never(QXLInstance *q) { return 0; }
static int no_cursor(QXLInstance *q, QXLCommandExt *command) { return 0; }
static void attached(QXLInstance *q) {}
static void set_level(QXLInstance *q, int level) {}
static void on_update(QXLInstance *q, uint32_t id) {}
static void on_async(QXLInstance *q, uint64_t cookie) {}
static void on_area(QXLInstance *q, uint32_t surface, QXLRect *rects, uint32_t count) {}
static void on_client(QXLInstance *q, uint8_t present, uint8_t *capabilities) {}

static void get_init_info(QXLInstance *q, QXLDevInitInfo *info)
{
    *info = (QXLDevInitInfo) {
        .num_memslots_groups = 1, .num_memslots = 1, .memslot_gen_bits = 1, .memslot_id_bits = 1, .n_surfaces = 1,
    };
}

static QXLInterface interface = {
    .base = { SPICE_INTERFACE_QXL, "source", SPICE_INTERFACE_QXL_MAJOR, SPICE_INTERFACE_QXL_MINOR },
    { .attached_worker = attached },
    .set_compression_level = set_level, .get_init_info = get_init_info, .get_command = get_command,
    .req_cmd_notification = always, .release_resource = release, .get_cursor_command = no_cursor,
    .req_cursor_notification = always, .notify_update = on_update, .flush_resources = never, .async_complete = on_async,
    .update_area_complete = on_area, .set_client_capabilities = on_client,
};

static void choose_load(const char *name)
{
    static const struct { const char *name; enum load load; int w, h, slots; } all[] = {
        { "full", FULL, 0, 0, PATTERNS }, { "tiles", TILES, 64, 64, 3000 }, { "text", TEXT, 8, 16, 40000 },
        { "fills", FILLS, 8, 8, 4000 }, { "scroll", SCROLL, 0, 16, 2000 },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(name, all[i].name)) {
            load = all[i].load;
            rect_width = all[i].w ? all[i].w : width;
            rect_height = all[i].h ? all[i].h : height;
            for (int k = 0; k < all[i].slots; k++)
                add_slot(k);
            return;
        }
    fprintf(stderr, "load: got %s, expected full, tiles, text, fills or scroll\n", name);
    exit(2);
}

static SpiceImageCompression compression(const char *name)
{
    static const struct { const char *name; SpiceImageCompression value; } all[] = {
        { "off", SPICE_IMAGE_COMPRESSION_OFF }, { "lz", SPICE_IMAGE_COMPRESSION_LZ }, { "glz", SPICE_IMAGE_COMPRESSION_GLZ },
        { "auto_lz", SPICE_IMAGE_COMPRESSION_AUTO_LZ }, { "auto_glz", SPICE_IMAGE_COMPRESSION_AUTO_GLZ },
        { "quic", SPICE_IMAGE_COMPRESSION_QUIC }, { "lz4", SPICE_IMAGE_COMPRESSION_LZ4 },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(name, all[i].name))
            return all[i].value;
    fprintf(stderr, "compression: got %s\n", name);
    exit(2);
}

int main(int argc, char **argv)
{
    const char *path = option(argc, argv, "unix", NULL), *acks = option(argc, argv, "acks", NULL);
    pthread_t thread;
    if (sscanf(option(argc, argv, "size", "1024x768"), "%dx%d", &width, &height) != 2)
        return 2;
    rate = atoi(option(argc, argv, "rate", "0"));
    window = atoi(option(argc, argv, "window", "0"));
    stamps = map_stamps(option(argc, argv, "stamps", "stamps"));
    choose_load(option(argc, argv, "load", "full"));
    loop = g_main_loop_new(NULL, FALSE);
    server = spice_server_new();
    if (path) {
        spice_server_set_addr(server, path, SPICE_ADDR_FLAG_UNIX_ONLY);
    } else {
        spice_server_set_addr(server, "127.0.0.1", SPICE_ADDR_FLAG_IPV4_ONLY);
        spice_server_set_port(server, atoi(option(argc, argv, "port", "0")));
    }
    spice_server_set_noauth(server);
    spice_server_set_image_compression(server, compression(option(argc, argv, "compression", "off")));
    spice_server_set_streaming_video(server, SPICE_STREAM_VIDEO_OFF);
    spice_server_set_jpeg_compression(server, SPICE_WAN_COMPRESSION_NEVER);
    spice_server_set_zlib_glz_compression(server, SPICE_WAN_COMPRESSION_NEVER);
    if (spice_server_init(server, &core)) {
        fprintf(stderr, "libspice-server does not start\n");
        return 1;
    }
    instance.base.sif = &interface.base;
    spice_server_add_interface(server, &instance.base);
    QXLDevMemSlot all = { .virt_end = ~0ul, .qxl_ram_size = ~0u };
    spice_qxl_add_memslot(&instance, &all);
    QXLDevSurfaceCreate primary = {
        .width = width, .height = height, .stride = -width * 4, .format = SPICE_SURFACE_FMT_32_xRGB, .mouse_mode = TRUE,
        .mem = (uintptr_t) calloc(width * 4, height),
    };
    spice_qxl_create_primary_surface(&instance, 0, &primary);
    spice_server_vm_start(server);
    credit = window;
    if (window && acks)
        pthread_create(&thread, NULL, read_acks, (void *) acks);
    if (rate)
        pthread_create(&thread, NULL, pace, NULL);
    g_timeout_add(5, tick, NULL);
    printf("ready\n");
    fflush(stdout);
    g_main_loop_run(loop);
    _exit(0);
}
