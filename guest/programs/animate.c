/*
 * Draws frames that say when they were drawn, so that the host can tell how old what it sees is.
 *
 *   animate kms WIDTH HEIGHT SECONDS TRUTH     the whole screen, through a dumb buffer and DIRTYFB, as fast as it goes;
 *                                              then writes the last frame's pixels to TRUTH and keeps it on the screen
 *   animate x11 SIZE HZ SECONDS                a window of SIZE x SIZE pixels at the root's top left, HZ times a second
 *
 * A frame's first four pixels are a stamp: 0x5a5a5a, then CLOCK_MONOTONIC in nanoseconds, 24 bits a pixel, lowest first.
 * The last line of output is "FRAMES SECONDS". Interfaces: Linux, include/uapi/drm/drm_mode.h; X Window System Protocol,
 * version 11, appendix B.
 */
#define _GNU_SOURCE
#include <drm.h>
#include <drm_mode.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
    fprintf(stderr, "animate: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void stamp(uint32_t *pixels)
{
    uint64_t t = now();
    pixels[0] = 0x5a5a5a;
    pixels[1] = t & 0xffffff;
    pixels[2] = t >> 24 & 0xffffff;
    pixels[3] = t >> 48;
}

/* A gradient that moves: every pixel is another one in the next frame. */
static void paint(uint32_t *pixels, uint32_t width, uint32_t height, uint32_t frame)
{
    for (uint32_t y = 0; y < height; y++) {
        uint32_t *row = pixels + (size_t) y * width;
        uint32_t colour = (y + 3 * frame) * 0x010203 + frame * 0x051100;
        for (uint32_t x = 0; x < width; x++)
            row[x] = (colour + x * 0x000102) & 0xffffff;
    }
}

/* ---- KMS */

static int try_mode(int fd, uint32_t id, uint32_t width, uint32_t height, struct drm_mode_modeinfo *found)
{
    struct drm_mode_modeinfo modes[128];
    uint32_t props[64], encoders[8];
    uint64_t values[64];
    struct drm_mode_get_connector get = { .connector_id = id };
    if (ioctl(fd, DRM_IOCTL_MODE_GETCONNECTOR, &get) || get.connection != 1 || get.count_modes > 128
        || get.count_props > 64 || get.count_encoders > 8)
        return 0;
    get.modes_ptr = (uintptr_t) modes;
    get.props_ptr = (uintptr_t) props;
    get.prop_values_ptr = (uintptr_t) values;
    get.encoders_ptr = (uintptr_t) encoders;
    if (ioctl(fd, DRM_IOCTL_MODE_GETCONNECTOR, &get))
        return 0;
    for (uint32_t i = 0; i < get.count_modes && i < 128; i++) {
        if (modes[i].hdisplay == width && modes[i].vdisplay == height) {
            *found = modes[i];
            return 1;
        }
    }
    return 0;
}

static void kms(uint32_t width, uint32_t height, double seconds, const char *truth)
{
    uint32_t crtcs[16], connectors[16], encoders[16], fbs[16];
    struct drm_mode_card_res res = { 0 };
    struct drm_mode_modeinfo mode;
    int fd = open("/dev/dri/card0", O_RDWR | O_CLOEXEC), out, have = 0;
    uint32_t connector = 0;
    if (fd < 0 || ioctl(fd, DRM_IOCTL_SET_MASTER, 0))
        die("/dev/dri/card0");
    res.crtc_id_ptr = (uintptr_t) crtcs;
    res.connector_id_ptr = (uintptr_t) connectors;
    res.encoder_id_ptr = (uintptr_t) encoders;
    res.fb_id_ptr = (uintptr_t) fbs;
    res.count_crtcs = res.count_connectors = res.count_encoders = res.count_fbs = 16;
    if (ioctl(fd, DRM_IOCTL_MODE_GETRESOURCES, &res))
        die("GETRESOURCES");
    for (uint32_t i = 0; i < res.count_connectors && !have; i++) {
        connector = connectors[i];
        have = try_mode(fd, connector, width, height, &mode);
    }
    if (!have) {
        fprintf(stderr, "animate: no connector has the mode %ux%u\n", width, height);
        exit(1);
    }
    struct drm_mode_create_dumb dumb = { .width = width, .height = height, .bpp = 32 };
    if (ioctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb))
        die("CREATE_DUMB");
    struct drm_mode_map_dumb map = { .handle = dumb.handle };
    if (ioctl(fd, DRM_IOCTL_MODE_MAP_DUMB, &map))
        die("MAP_DUMB");
    uint32_t *pixels = mmap(NULL, dumb.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, map.offset);
    if (pixels == MAP_FAILED || dumb.pitch != width * 4)
        die("mmap of the dumb buffer");
    struct drm_mode_fb_cmd fb = {
        .width = width, .height = height, .pitch = dumb.pitch, .bpp = 32, .depth = 24, .handle = dumb.handle };
    if (ioctl(fd, DRM_IOCTL_MODE_ADDFB, &fb))
        die("ADDFB");
    paint(pixels, width, height, 0);
    struct drm_mode_crtc crtc = { .crtc_id = crtcs[0], .fb_id = fb.fb_id, .set_connectors_ptr = (uintptr_t) &connector,
        .count_connectors = 1, .mode_valid = 1, .mode = mode };
    if (ioctl(fd, DRM_IOCTL_MODE_SETCRTC, &crtc))
        die("SETCRTC");

    uint64_t begun = now(), end = begun + (uint64_t) (seconds * 1e9);
    uint32_t frames = 0;
    while (now() < end) {
        struct drm_clip_rect all = { 0, 0, (unsigned short) width, (unsigned short) height };
        struct drm_mode_fb_dirty_cmd dirty = { .fb_id = fb.fb_id, .num_clips = 1, .clips_ptr = (uintptr_t) &all };
        paint(pixels, width, height, ++frames);
        stamp(pixels);
        if (ioctl(fd, DRM_IOCTL_MODE_DIRTYFB, &dirty))
            die("DIRTYFB");
    }
    double took = (now() - begun) / 1e9;
    out = open(truth, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    for (size_t at = 0, size = (size_t) width * height * 4; at < size;) {
        ssize_t n = write(out, (char *) pixels + at, size - at);
        if (n <= 0)
            die(truth);
        at += n;
    }
    close(out);
    printf("%u %.3f\n", frames, took);
    fflush(stdout);
    for (;;)
        pause();
}

/* ---- X11 */

static void send_all(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t n = write(fd, at, length);
        if (n <= 0)
            die("the X server");
        at += n;
        length -= n;
    }
}

static void receive_all(int fd, void *bytes, size_t length)
{
    char *at = bytes;
    while (length > 0) {
        ssize_t n = read(fd, at, length);
        if (n <= 0)
            die("the X server");
        at += n;
        length -= n;
    }
}

/* Waits until the server has done all that was asked: the answer to GetInputFocus; what comes before it is not ours. */
static void sync_server(int fd)
{
    uint32_t ask = 43 | 1 << 16;
    unsigned char reply[32];
    send_all(fd, &ask, 4);
    do {
        receive_all(fd, reply, 32);
        if (reply[0] == 0) {
            fprintf(stderr, "animate: X error %u\n", reply[1]);
            exit(1);
        }
    } while (reply[0] != 1);
}

static void x11(uint32_t size, double hz, double seconds)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/tmp/.X11-unix/X0" };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unsigned char hello[12] = { 'l', 0, 11, 0 }, head[8];
    if (connect(fd, (struct sockaddr *) &address, sizeof address))
        die(address.sun_path);
    send_all(fd, hello, sizeof hello);
    receive_all(fd, head, 8);
    uint32_t length = (head[6] | head[7] << 8) * 4;
    unsigned char *setup = malloc(length);
    receive_all(fd, setup, length);
    if (head[0] != 1) {
        fprintf(stderr, "animate: the X server refuses\n");
        exit(1);
    }
    uint32_t base, root;
    uint16_t vendor;
    memcpy(&base, setup + 4, 4);
    memcpy(&vendor, setup + 16, 2);
    unsigned char *screen = setup + 32 + (vendor + 3) / 4 * 4 + setup[21] * 8;
    memcpy(&root, screen, 4);
    uint32_t window = base, gc = base + 1;
    /* CreateWindow: everything from the parent, override-redirect. */
    uint32_t create[9] = { 1 | 9 << 16, window, root, 0, size | size << 16, 0 | 1 << 16, 0, 1 << 9, 1 };
    uint32_t map[2] = { 8 | 2 << 16, window };
    uint32_t make_gc[4] = { 55 | 4 << 16, gc, window, 0 };
    send_all(fd, create, sizeof create);
    send_all(fd, map, sizeof map);
    send_all(fd, make_gc, sizeof make_gc);
    sync_server(fd);

    size_t image = (size_t) size * size * 4;
    uint32_t *put = malloc(24 + image);
    put[0] = 72 | 2 << 8 | (uint32_t) (6 + image / 4) << 16;
    put[1] = window;
    put[2] = gc;
    put[3] = size | size << 16;
    put[4] = 0;
    put[5] = 0 | 24 << 8;
    uint64_t begun = now(), period = (uint64_t) (1e9 / hz), due = begun, end = begun + (uint64_t) (seconds * 1e9);
    uint32_t frames = 0;
    while (due < end) {
        paint(put + 6, size, size, ++frames);
        stamp(put + 6);
        send_all(fd, put, 24 + image);
        sync_server(fd);
        due += period;
        struct timespec until = { due / 1000000000ull, due % 1000000000ull };
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    }
    printf("%u %.3f\n", frames, (now() - begun) / 1e9);
}

int main(int argc, char **argv)
{
    if (argc == 6 && !strcmp(argv[1], "kms"))
        kms(atoi(argv[2]), atoi(argv[3]), atof(argv[4]), argv[5]);
    else if (argc == 5 && !strcmp(argv[1], "x11") && atoi(argv[2]) > 0 && atoi(argv[2]) <= 250)
        x11(atoi(argv[2]), atof(argv[3]), atof(argv[4]));
    else
        fprintf(stderr, "usage: animate kms WIDTH HEIGHT SECONDS TRUTH | animate x11 SIZE HZ SECONDS\n");
    return argc < 5;
}
