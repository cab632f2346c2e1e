/*
 * A client of the shared-memory display extension in plain C: shows that the protocol is nobody's in particular. It connects
 * to a Unix socket, takes the segment's descriptor, maps it, prints damage as it is told, and writes the picture as PPM.
 * docs/shm-protocol.md says what each message is. For little-endian machines, like the protocol.
 *
 *   gcc -O2 -std=c11 -Wall -Wextra -o shm_client shm_client.c -lcrypto
 *   ./shm_client SOCKET OUT.ppm [COUNT]      ends after COUNT messages of damage (0: at once), or when nothing came for a second
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_BODY (1 << 20) /* the longest message here is SHM_DAMAGE with 64 rectangles */
enum { MAIN = 1, DISPLAY = 2 };
enum { FD_FOLLOWS = 1, SEQUENCE_PAGE = 4 };
enum { SET_ACK = 3, PING = 4, MAIN_INIT = 103, SURFACE_DESTROY = 315, SHM_OFFER = 900, SHM_DAMAGE = 901, SURFACE_CREATE_SHM = 902 };
enum { C_ACK_SYNC = 1, C_ACK = 2, C_PONG = 3, C_DISPLAY_INIT = 101, C_SHM_REPLY = 900 };

static struct { uint8_t *map; uint64_t size; uint32_t width, height, format, stride; uint64_t offset; } screen;

static void die(const char *what) { fprintf(stderr, "shm_client: %s\n", what); exit(1); }

static uint32_t u32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return v; }
static uint64_t u64(const uint8_t *p) { uint64_t v; memcpy(&v, p, 8); return v; }

static void put(int fd, const void *bytes, size_t n)
{
    for (const char *p = bytes; n > 0;) {
        ssize_t done = send(fd, p, n, MSG_NOSIGNAL);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) die("the server has gone");
        p += done; n -= done;
    }
}

/* Reads exactly n bytes, so never past a message; *passed gets the descriptor that comes with them, if one may. */
static void get(int fd, void *bytes, size_t n, int *passed)
{
    for (char *p = bytes; n > 0;) {
        union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(int))]; } control;
        struct iovec part = { p, n };
        struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
        ssize_t done = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) die("the server has closed the connection");
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        if (head && (head->cmsg_type != SCM_RIGHTS || !passed || *passed >= 0)) die("got a descriptor that was not expected");
        if (head) memcpy(passed, CMSG_DATA(head), sizeof(int));
        if (message.msg_flags & MSG_CTRUNC) die("got more than one descriptor");
        p += done; n -= done;
    }
}

static void tell(int fd, uint16_t type, const void *body, uint32_t size)
{
    uint8_t head[6];
    memcpy(head, &type, 2); memcpy(head + 2, &size, 4);
    put(fd, head, 6); put(fd, body, size);
}

/* One channel: link message, an empty ticket under the server's key, result. capabilities: the channel's first word. */
static int link_channel(const char *path, uint32_t session, uint8_t channel, uint32_t capabilities)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (connect(fd, (struct sockaddr *) &address, sizeof address)) die("cannot connect");
    uint32_t common = 1 << 0 | 1 << 1 | 1 << 3; /* PROTOCOL_AUTH_SELECTION, AUTH_SPICE, MINI_HEADER */
    struct __attribute__((packed)) {
        char magic[4]; uint32_t major, minor, size, connection_id; uint8_t type, id; uint32_t commons, channels, offset, words[2];
    } link = { "REDQ", 2, 2, 26, session, channel, 0, 1, 1, 18, { common, capabilities } };
    memcpy(link.magic, "REDQ", 4);
    put(fd, &link, sizeof link);
    uint8_t head[16], reply[4096], ticket[128];
    get(fd, head, 16, NULL);
    uint32_t size = u32(head + 12);
    if (memcmp(head, "REDQ", 4) || size < 178 || size > sizeof reply) die("not a SPICE server");
    get(fd, reply, size, NULL);
    if (u32(reply)) die("the server refuses the link");
    const unsigned char *der = reply + 4; /* a DER SubjectPublicKeyInfo of 162 bytes */
    EVP_PKEY *key = d2i_PUBKEY(NULL, &der, 162);
    EVP_PKEY_CTX *rsa = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
    size_t length = sizeof ticket;
    if (!rsa || EVP_PKEY_encrypt_init(rsa) <= 0 || EVP_PKEY_CTX_set_rsa_padding(rsa, RSA_PKCS1_OAEP_PADDING) <= 0
        || EVP_PKEY_encrypt(rsa, ticket, &length, (const unsigned char *) "", 1) <= 0) die("cannot encrypt the ticket");
    EVP_PKEY_CTX_free(rsa); EVP_PKEY_free(key);
    uint32_t mechanism = 1, result;
    put(fd, &mechanism, 4); put(fd, ticket, sizeof ticket);
    get(fd, &result, 4, NULL);
    if (result) die("the server refuses the ticket");
    return fd;
}

/* SHM_OFFER: the descriptor comes with the one byte that follows. Checked before it is mapped, then accepted. */
static void on_offer(int fd, const uint8_t *body, uint32_t size)
{
    int segment = -1;
    char at = 0;
    struct stat info;
    if (size != 18 || u32(body) != 1 || !(u32(body + 4) & FD_FOLLOWS)) die("SHM_OFFER: not version 1 with a descriptor");
    get(fd, &at, 1, &segment);
    int seals = segment < 0 ? 0 : fcntl(segment, F_GET_SEALS);
    int wanted = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE;
    if (at != '@' || segment < 0 || seals < 0 || (seals & wanted) != wanted) die("SHM_OFFER: no sealed descriptor");
    if (fstat(segment, &info) || (uint64_t) info.st_size != u64(body + 8)) die("SHM_OFFER: segment_size is not the real size");
    if (screen.map) munmap(screen.map, screen.size);
    screen.size = u64(body + 8); screen.width = 0;
    screen.map = mmap(NULL, screen.size, PROT_READ, MAP_SHARED, segment, 0);
    close(segment);
    if (screen.map == MAP_FAILED || screen.size < 4096 || memcmp(screen.map, "SSHM", 4)) die("SHM_OFFER: cannot use the segment");
    uint32_t reply[2] = { 1, u32(body + 4) & (FD_FOLLOWS | SEQUENCE_PAGE) };
    tell(fd, C_SHM_REPLY, reply, sizeof reply);
}

static void on_create(const uint8_t *body, uint32_t size)
{
    if (size != 32 || !screen.map) die("SURFACE_CREATE_SHM: not as described");
    screen.width = u32(body + 4); screen.height = u32(body + 8); screen.format = u32(body + 12);
    screen.stride = u32(body + 20); screen.offset = u64(body + 24);
    if (screen.format != 32) die("this example knows surfaces of 32_xRGB only");
    if (screen.width > screen.stride / 4 || screen.offset > screen.size
        || (uint64_t) screen.stride * screen.height > screen.size - screen.offset) die("the surface leaves the segment");
    printf("surface %ux%u stride %u offset %llu\n", screen.width, screen.height, screen.stride, (unsigned long long) screen.offset);
}

static void on_damage(const uint8_t *body, uint32_t size)
{
    uint32_t count = size >= 24 ? u32(body + 20) : 0;
    if (count < 1 || count > 64 || size != 24 + 16 * count) die("SHM_DAMAGE: not as described");
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *r = body + 24 + 16 * i; /* top, left, bottom, right */
        printf("damage %llu: %ux%u at %u,%u\n", (unsigned long long) u64(body + 4), u32(r + 12) - u32(r + 4),
               u32(r + 8) - u32(r), u32(r + 4), u32(r));
    }
}

/* A whole picture: copied, and copied again if a batch began in the meantime. */
static void save(const char *path)
{
    if (!screen.width) die("there is no picture");
    size_t bytes = (size_t) screen.stride * screen.height;
    uint8_t *copy = malloc(bytes);
    uint64_t *begin = (uint64_t *) (screen.map + 64), *end = (uint64_t *) (screen.map + 128), whole;
    int tries = 0;
    do {
        if (!copy || tries++ == 1000) die("no whole picture: the guest draws without rest");
        whole = __atomic_load_n(end, __ATOMIC_ACQUIRE);
        memcpy(copy, screen.map + screen.offset, bytes);
        __atomic_thread_fence(__ATOMIC_ACQUIRE); /* the pixels before write_begin */
    } while (__atomic_load_n(begin, __ATOMIC_RELAXED) != whole);
    FILE *out = fopen(path, "wb");
    if (!out) die("cannot write the picture");
    fprintf(out, "P6\n%u %u\n255\n", screen.width, screen.height);
    for (uint32_t y = 0; y < screen.height; y++)
        for (uint32_t x = 0; x < screen.width; x++) {
            const uint8_t *p = copy + (size_t) y * screen.stride + 4 * x;
            fputc(p[2], out); fputc(p[1], out); fputc(p[0], out);
        }
    free(copy);
    if (fclose(out)) die("cannot write the picture");
}

int main(int argc, char **argv)
{
    static uint8_t body[MAX_BODY];
    if (argc < 3) die("usage: shm_client SOCKET OUT.ppm [COUNT]");
    long left = argc > 3 ? atol(argv[3]) : -1;
    struct pollfd channels[2] = { { link_channel(argv[1], 0, MAIN, 0), POLLIN, 0 }, { -1, POLLIN, 0 } };
    uint32_t window = 0, unacknowledged = 0;
    while ((!screen.width || left != 0) && poll(channels, 2, screen.width ? 1000 : -1) > 0) {
        for (int i = 0; i < 2; i++) {
            uint8_t head[6];
            int fd = channels[i].fd;
            if (fd < 0 || !channels[i].revents) continue;
            get(fd, head, 6, NULL);
            uint16_t type = head[0] | head[1] << 8;
            uint32_t size = u32(head + 2);
            if (size > MAX_BODY) die("a message is too long");
            get(fd, body, size, NULL);
            if (type == PING && size >= 12) {
                tell(fd, C_PONG, body, 12);
            } else if (i == 0 && type == MAIN_INIT && size >= 4) {
                uint8_t init[14] = { 0 };
                channels[1].fd = link_channel(argv[1], u32(body), DISPLAY, 1u << 30); /* DISPLAY_CAP_SHARED_MEMORY */
                tell(channels[1].fd, C_DISPLAY_INIT, init, sizeof init);
            } else if (i == 1 && type == SET_ACK && size == 8) {
                window = u32(body + 4);
                unacknowledged = 0;
                tell(fd, C_ACK_SYNC, body, 4);
                continue;
            } else if (i == 1 && type == SHM_OFFER) {
                on_offer(fd, body, size);
            } else if (i == 1 && type == SURFACE_CREATE_SHM) {
                on_create(body, size);
            } else if (i == 1 && type == SHM_DAMAGE) {
                on_damage(body, size);
                left -= left > 0;
            } else if (i == 1 && type == SURFACE_DESTROY) {
                screen.width = 0;
            }
            if (i == 1 && window && ++unacknowledged == window) {
                unacknowledged = 0;
                tell(fd, C_ACK, body, 0);
            }
        }
        fflush(stdout);
    }
    save(argv[2]);
    return 0;
}
