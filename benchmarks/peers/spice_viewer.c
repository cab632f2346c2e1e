/*
 * A headless spice-glib client that measures: what it is shown a second, how old that is, what both processes spend on it.
 *
 *   spice_viewer unix=PATH|port=N stamps=FILE source=PID [warm=S] [seconds=S] [acks=FIFO] [only-y=N]
 *
 * Prints one JSON object. only-y: only rectangles whose top is there carry a number (the last line of a scrolling screen).
 */
#include "stamps.h"
#include <spice-client.h>

static GMainLoop *loop;
static SpiceSession *session;
static SpiceChannel *display;
static struct { int width, height, stride; const uint8_t *pixels; } screen;
static uint64_t *stamps, *ages, shown, pixels, started;
static size_t age_count, age_room;
static double seconds, viewer_cpu, source_cpu;
static gulong bytes;
static pid_t source;
static int acks = -1, only_y = -1, measuring;

static double cpu_of(clockid_t clock)
{
    struct timespec t = { 0 };
    clock_gettime(clock, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static double cpu_of_source(void)
{
    clockid_t clock;
    return source && !clock_getcpuclockid(source, &clock) ? cpu_of(clock) : 0;
}

static gulong bytes_read(void)
{
    gulong value = 0;
    g_object_get(display, "total-read-bytes", &value, NULL);
    return value;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;
    return (x > y) - (x < y);
}

static double age_us(double part)
{
    return age_count ? ages[(size_t) (part * (age_count - 1))] * 1e-3 : 0;
}

static gboolean finish(gpointer data)
{
    double took = (now_nanos() - started) * 1e-9, each = shown ? shown : 1;
    double of_viewer = cpu_of(CLOCK_PROCESS_CPUTIME_ID) - viewer_cpu, of_source = cpu_of_source() - source_cpu;
    qsort(ages, age_count, sizeof *ages, by_size);
    printf("{\"seconds\":%.3f,\"delivered_per_s\":%.1f,\"mpixel_per_s\":%.2f,\"latency_p50_us\":%.1f,\"latency_p99_us\":%.1f,"
           "\"latency_p999_us\":%.1f,\"latency_max_us\":%.1f,\"server_cpu_us_per_frame\":%.3f,\"client_cpu_us_per_frame\":%.3f,"
           "\"socket_bytes_per_frame\":%.1f}\n",
           took, shown / took, pixels / took * 1e-6, age_us(0.5), age_us(0.99), age_us(0.999), age_us(1), of_source / each * 1e6,
           of_viewer / each * 1e6, (bytes_read() - bytes) / each);
    fflush(stdout);
    spice_session_disconnect(session);
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

static gboolean begin(gpointer data)
{
    measuring = 1;
    started = now_nanos();
    viewer_cpu = cpu_of(CLOCK_PROCESS_CPUTIME_ID);
    source_cpu = cpu_of_source();
    bytes = bytes_read();
    g_timeout_add(seconds * 1000, finish, NULL);
    return G_SOURCE_REMOVE;
}

static void on_invalidate(SpiceChannel *channel, int x, int y, int w, int h, gpointer data)
{
    uint64_t now = now_nanos();
    int numbered = only_y < 0 || y == only_y;
    if (numbered && acks >= 0 && write(acks, "a", 1) < 0)
        exit(1);
    if (!measuring)
        return;
    shown++;
    pixels += (uint64_t) w * h;
    if (!numbered || !screen.pixels || x < 0 || y < 0 || x >= screen.width || y >= screen.height)
        return;
    uint32_t n = *(const uint32_t *) (screen.pixels + (long) y * screen.stride + 4 * x) & NUMBER_MASK;
    uint64_t pushed = __atomic_load_n(&stamps[n % STAMPS], __ATOMIC_ACQUIRE);
    if (!pushed || pushed > now)
        return;
    if (age_count == age_room) {
        age_room = age_room ? 2 * age_room : 65536;
        ages = realloc(ages, age_room * sizeof *ages);
    }
    ages[age_count++] = now - pushed;
}

static void on_primary(SpiceChannel *channel, int format, int w, int h, int stride, int shm, gpointer memory, gpointer warm)
{
    int first = !screen.pixels;
    screen.width = w;
    screen.height = h;
    screen.stride = stride;
    screen.pixels = memory;
    if (first)
        g_timeout_add(*(double *) warm * 1000, begin, NULL);
}

static void on_event(SpiceChannel *channel, SpiceChannelEvent event, gpointer data)
{
    if (event != SPICE_CHANNEL_OPENED && event != SPICE_CHANNEL_CLOSED && event != SPICE_CHANNEL_SWITCHING) {
        fprintf(stderr, "spice_viewer: channel event %d\n", event);
        exit(1);
    }
}

static void on_channel(SpiceSession *from, SpiceChannel *channel, gpointer warm)
{
    g_signal_connect(channel, "channel-event", G_CALLBACK(on_event), NULL);
    if (!SPICE_IS_DISPLAY_CHANNEL(channel))
        return;
    display = channel;
    g_signal_connect(channel, "display-primary-create", G_CALLBACK(on_primary), warm);
    g_signal_connect(channel, "display-invalidate", G_CALLBACK(on_invalidate), NULL);
    spice_channel_connect(channel);
}

int main(int argc, char **argv)
{
    const char *path = option(argc, argv, "unix", NULL), *fifo = option(argc, argv, "acks", NULL);
    double warm = atof(option(argc, argv, "warm", "1"));
    seconds = atof(option(argc, argv, "seconds", "2"));
    source = atoi(option(argc, argv, "source", "0"));
    only_y = atoi(option(argc, argv, "only-y", "-1"));
    stamps = map_stamps(option(argc, argv, "stamps", "stamps"));
    if (fifo && (acks = open(fifo, O_WRONLY | O_CLOEXEC)) < 0) {
        perror(fifo);
        return 1;
    }
    loop = g_main_loop_new(NULL, FALSE);
    session = spice_session_new();
    if (path)
        g_object_set(session, "unix-path", path, NULL);
    else
        g_object_set(session, "host", "127.0.0.1", "port", option(argc, argv, "port", "0"), NULL);
    g_object_set(session, "enable-audio", FALSE, "enable-usbredir", FALSE, "enable-smartcard", FALSE, NULL);
    g_signal_connect(session, "channel-new", G_CALLBACK(on_channel), &warm);
    if (!spice_session_connect(session)) {
        fprintf(stderr, "spice_viewer: cannot connect\n");
        return 1;
    }
    g_main_loop_run(loop);
    return 0;
}
