/*
 * What libpixman, on which the reference's canvas stands, takes for the operations that are its work alone: the same
 * pictures and sizes as in OperationsBenchmark. One line each: the benchmark's name and the median in microseconds.
 */
#define _GNU_SOURCE
#include <pixman.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { WIDTH = 1280, HEIGHT = 800, WARM = 50, ROUNDS = 300, ONE = 1 << 16 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec * 1e-3;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Premultiplied grey of random alpha, or opaque. */
static pixman_image_t *picture(pixman_format_code_t format, int width, int height, int opaque)
{
    size_t count = (size_t)width * height;
    uint32_t *pixels = aligned_alloc(64, count * 4);
    srand(width);
    for (size_t i = 0; i < count; i++) {
        uint32_t alpha = opaque ? 255 : rand() & 255;
        pixels[i] = alpha << 24 | rand() % (alpha + 1) * 0x010101u;
    }
    return pixman_image_create_bits(format, width, height, pixels, format == PIXMAN_a8 ? width : width * 4);
}

static void measure(const char *name, pixman_op_t op, pixman_image_t *source, pixman_image_t *mask, pixman_image_t *target,
                    int width, int height)
{
    static double times[ROUNDS];
    for (int i = -WARM; i < ROUNDS; i++) {
        double start = now();
        pixman_image_composite32(op, source, mask, target, 0, 0, 0, 0, 0, 0, width, height);
        if (i >= 0)
            times[i] = now() - start;
    }
    qsort(times, ROUNDS, sizeof *times, ascending);
    printf("pixman_%s %.0f\n", name, times[ROUNDS / 2]);
}

static void transform(pixman_image_t *image, pixman_fixed_t xx, pixman_fixed_t xy, pixman_fixed_t yx, pixman_fixed_t yy,
                      pixman_filter_t filter)
{
    pixman_transform_t matrix = {{{xx, xy, 0}, {yx, yy, 0}, {0, 0, ONE}}};
    pixman_image_set_transform(image, &matrix);
    pixman_image_set_filter(image, filter, NULL, 0);
}

int main(void)
{
    pixman_image_t *target = picture(PIXMAN_x8r8g8b8, WIDTH, HEIGHT, 0);
    pixman_image_t *source = picture(PIXMAN_x8r8g8b8, WIDTH, HEIGHT, 0);
    pixman_image_t *translucent = picture(PIXMAN_a8r8g8b8, WIDTH, HEIGHT, 0);
    pixman_image_t *opaque = picture(PIXMAN_a8r8g8b8, WIDTH, HEIGHT, 1);
    pixman_image_t *large = picture(PIXMAN_a8r8g8b8, 2 * WIDTH, 2 * HEIGHT, 0);
    pixman_image_t *half = picture(PIXMAN_x8r8g8b8, WIDTH / 2, HEIGHT / 2, 0);
    pixman_image_t *coverage = picture(PIXMAN_a8, WIDTH, HEIGHT, 0);
    pixman_color_t grey = {0, 0, 0, 128 * 0x101};
    pixman_image_t *faded = pixman_image_create_solid_fill(&grey);

    measure("alphaBlendOpaque", PIXMAN_OP_OVER, opaque, NULL, target, WIDTH, HEIGHT);
    measure("alphaBlend", PIXMAN_OP_OVER, translucent, NULL, target, WIDTH, HEIGHT);
    measure("alphaBlendFaded", PIXMAN_OP_OVER, translucent, faded, target, WIDTH, HEIGHT);
    measure("composite", PIXMAN_OP_OVER, translucent, NULL, target, WIDTH, HEIGHT);
    measure("compositeMasked", PIXMAN_OP_OVER, translucent, coverage, target, WIDTH, HEIGHT);
    transform(large, 2 * ONE, 0, 0, 2 * ONE, PIXMAN_FILTER_BILINEAR);
    measure("compositeHalf", PIXMAN_OP_OVER, large, NULL, target, WIDTH, HEIGHT);
    transform(translucent, 56755, -ONE / 2, ONE / 2, 56755, PIXMAN_FILTER_BILINEAR);
    measure("compositeRotated", PIXMAN_OP_OVER, translucent, NULL, target, WIDTH, HEIGHT);
    transform(half, ONE / 2, 0, 0, ONE / 2, PIXMAN_FILTER_NEAREST);
    measure("scaleNearest", PIXMAN_OP_SRC, half, NULL, target, WIDTH, HEIGHT);
    transform(half, ONE / 2, 0, 0, ONE / 2, PIXMAN_FILTER_BILINEAR);
    measure("scaleUp", PIXMAN_OP_SRC, half, NULL, target, WIDTH, HEIGHT);
    transform(source, 2 * ONE, 0, 0, 2 * ONE, PIXMAN_FILTER_BILINEAR);
    measure("scaleDown", PIXMAN_OP_SRC, source, NULL, target, WIDTH / 2, HEIGHT / 2);
    return 0;
}
