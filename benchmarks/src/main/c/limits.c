/* What memory and a C compiler give here: copies of 8 MB, and the loops that FILL, COPY and COPY_BITS are, on 1280x800 pixels. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WIDTH = 1280, HEIGHT = 800, ROUNDS = 400, COPY_BYTES = 8 << 20 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double times[ROUNDS];

static double median(void)
{
    qsort(times, ROUNDS, sizeof *times, ascending);
    return times[ROUNDS / 2];
}

int main(void)
{
    size_t size = (size_t)WIDTH * HEIGHT;
    uint32_t *target = aligned_alloc(64, size * 4), *source = aligned_alloc(64, size * 4);
    char *from = aligned_alloc(64, COPY_BYTES), *to = aligned_alloc(64, COPY_BYTES);
    memset(target, 1, size * 4);
    memset(source, 2, size * 4);
    memset(from, 3, COPY_BYTES);
    memset(to, 4, COPY_BYTES);
    for (int i = 0; i < ROUNDS; i++) {
        double start = now();
        memcpy(to, from, COPY_BYTES);
        times[i] = now() - start;
        from[i] = to[i + 1];
    }
    printf("memcpy_8MB_GB/s %.1f\n", COPY_BYTES / median() * 1e-9);
    for (int i = 0; i < ROUNDS; i++) {
        double start = now();
        for (int y = 0; y < HEIGHT; y++) {
            uint32_t *row = target + (size_t)y * WIDTH;
            for (int x = 0; x < WIDTH; x++) {
                row[x] = 0x123456 + i;
            }
        }
        times[i] = now() - start;
    }
    printf("fill_Mpix/s %.0f\n", size / median() * 1e-6);
    for (int i = 0; i < ROUNDS; i++) {
        double start = now();
        for (int y = 0; y < HEIGHT; y++) {
            memcpy(target + (size_t)y * WIDTH, source + (size_t)y * WIDTH, WIDTH * 4);
        }
        times[i] = now() - start;
        source[i] = target[i + 1];
    }
    printf("copy_Mpix/s %.0f\n", size / median() * 1e-6);
    for (int i = 0; i < ROUNDS; i++) {
        double start = now();
        for (int y = HEIGHT - 1; y >= 16; y--) {
            memmove(target + (size_t)y * WIDTH, target + (size_t)(y - 16) * WIDTH, WIDTH * 4);
        }
        times[i] = now() - start;
    }
    printf("copy_bits_Mpix/s %.0f\n", (size - 16 * WIDTH) / median() * 1e-6);
    return target[size - 1] == 42 && to[7] == 9;
}
