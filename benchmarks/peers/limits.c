/*
 * What this machine can do at best: copying and filling memory, and telling another process something. One figure a line,
 * NAME VALUE. Round trips go through two wake-ups; one way is half of it.
 */
#include "stamps.h"
#include <linux/futex.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define LARGE (8 << 20)
#define ROUNDS 200

static uint64_t samples[1 << 17];

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;
    return (x > y) - (x < y);
}

static void rate(const char *name, size_t bytes)
{
    qsort(samples, ROUNDS, sizeof *samples, by_size);
    printf("%s_GBs %.1f\n", name, bytes / (double) samples[ROUNDS / 2]);
}

static void trip(const char *name, int count)
{
    qsort(samples, count, sizeof *samples, by_size);
    printf("%s_rtt_p50_us %.2f\n%s_rtt_p99_us %.2f\n", name, samples[count / 2] * 1e-3, name, samples[count * 99 / 100] * 1e-3);
}

static void *shared(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (p == MAP_FAILED)
        exit(1);
    return p;
}

/*
 * Copies into one place, from one source at full speed, or as a screen is drawn: from three in turn, with a sleep between
 * two. The second finds less in the caches.
 */
static void copies(const char *name, size_t bytes, int sources, int pause_us)
{
    char *from[3], *to = shared(LARGE * 4);
    memset(to, 2, bytes);
    for (int i = 0; i < sources; i++)
        memset(from[i] = shared(LARGE * 4), 1, bytes);
    for (int i = 0; i < ROUNDS; i++) {
        if (pause_us)
            usleep(pause_us);
        uint64_t before = now_nanos();
        from[i % sources][i] = i;
        memcpy(to, from[i % sources], bytes);
        samples[i] = now_nanos() - before;
    }
    rate(name, bytes);
    for (int i = 0; i < sources; i++)
        munmap(from[i], LARGE * 4);
    munmap(to, LARGE * 4);
}

static void fills(void)
{
    char *a = shared(LARGE);
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t before = now_nanos();
        memset(a, i, LARGE);
        samples[i] = now_nanos() - before;
    }
    rate("memset_8MB", LARGE);
}

static void ping_pong(const char *name, int count, int pause_us, int there, int back, int child_reads, int child_writes, size_t bytes)
{
    uint64_t word = 1;
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < count; i++)
            if (read(child_reads, &word, bytes) < 0 || (word = 1, write(child_writes, &word, bytes) < 0))
                break;
        _exit(0);
    }
    for (int i = 0; i < count; i++) {
        if (pause_us)
            usleep(pause_us);
        uint64_t before = now_nanos();
        word = 1;
        if (write(there, &word, bytes) < 0 || read(back, &word, bytes) < 0)
            exit(1);
        samples[i] = now_nanos() - before;
    }
    waitpid(child, NULL, 0);
    trip(name, count);
}

static void futex(uint32_t *word, int operation, uint32_t value) { syscall(SYS_futex, word, operation, value, NULL, NULL, 0); }

static void wait_for(uint32_t *word, uint32_t value, int spinning)
{
    uint32_t seen;
    while ((seen = __atomic_load_n(word, __ATOMIC_ACQUIRE)) != value)
        if (spinning)
            __builtin_ia32_pause();
        else
            futex(word, FUTEX_WAIT, seen);
}

static void say(uint32_t *word, uint32_t value, int spinning)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
    if (!spinning)
        futex(word, FUTEX_WAKE, 1);
}

static void words(const char *name, int count, int spinning)
{
    uint32_t *there = shared(4096), *back = there + 64;
    pid_t child = fork();
    if (child == 0) {
        for (int i = 1; i <= count; i++) {
            wait_for(there, i, spinning);
            say(back, i, spinning);
        }
        _exit(0);
    }
    for (int i = 1; i <= count; i++) {
        uint64_t before = now_nanos();
        say(there, i, spinning);
        wait_for(back, i, spinning);
        samples[i - 1] = now_nanos() - before;
    }
    waitpid(child, NULL, 0);
    trip(name, count);
}

int main(void)
{
    int pair[2], one = eventfd(0, EFD_CLOEXEC), two = eventfd(0, EFD_CLOEXEC);
    static const struct { const char *name; size_t bytes; } sizes[] = {
        {"1024x768", 1024 * 768 * 4}, {"1920x1080", 1920 * 1080 * 4}, {"8MB", LARGE}, {"3840x2160", 3840 * 2160 * 4}};
    char name[64];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        snprintf(name, sizeof name, "memcpy_%s", sizes[i].name);
        copies(name, sizes[i].bytes, 1, 0);
        snprintf(name, sizeof name, "memcpy_%s_3_sources_paused", sizes[i].name);
        copies(name, sizes[i].bytes, 3, 100);
    }
    fills();
    if (one < 0 || two < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
        return 1;
    ping_pong("unix_socket", 20000, 0, pair[0], pair[0], pair[1], pair[1], 1);
    ping_pong("unix_socket_30_a_second", 100, 33333, pair[0], pair[0], pair[1], pair[1], 1);
    ping_pong("eventfd", 20000, 0, one, two, one, two, 8);
    words("futex", 20000, 0);
    words("spin", 20000, 1);
    return 0;
}
