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

static void copies(const char *name, size_t bytes)
{
    char *a = shared(LARGE * 4), *b = shared(LARGE * 4);
    memset(a, 1, bytes);
    memset(b, 2, bytes);
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t before = now_nanos();
        a[i] = i;
        memcpy(b, a, bytes);
        samples[i] = now_nanos() - before;
    }
    rate(name, bytes);
    munmap(a, LARGE * 4);
    munmap(b, LARGE * 4);
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

static void ping_pong(const char *name, int count, int there, int back, int child_reads, int child_writes, size_t bytes)
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
    copies("memcpy_1024x768", 1024 * 768 * 4);
    copies("memcpy_1920x1080", 1920 * 1080 * 4);
    copies("memcpy_8MB", LARGE);
    copies("memcpy_3840x2160", 3840 * 2160 * 4);
    fills();
    if (one < 0 || two < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
        return 1;
    ping_pong("unix_socket", 20000, pair[0], pair[0], pair[1], pair[1], 1);
    ping_pong("eventfd", 20000, one, two, one, two, 8);
    words("futex", 20000, 0);
    words("spin", 20000, 1);
    return 0;
}
