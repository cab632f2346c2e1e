/*
 * What source and viewer share: a table, mapped by both, of when each command was pushed (CLOCK_MONOTONIC, ns). A command's
 * number, modulo 2^24, is the colour of its first pixel, so the viewer knows from the picture alone what it sees.
 */
#ifndef STAMPS_H
#define STAMPS_H
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define STAMPS (1u << 20)
#define NUMBER_MASK 0xffffff

static inline uint64_t now_nanos(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static inline uint64_t *map_stamps(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, STAMPS * sizeof(uint64_t))) {
        perror(path);
        exit(1);
    }
    uint64_t *table = mmap(NULL, STAMPS * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (table == MAP_FAILED) {
        perror(path);
        exit(1);
    }
    return table;
}

/* The value of option NAME=... among the arguments, or what it is if left out. */
static inline const char *option(int argc, char **argv, const char *name, const char *otherwise)
{
    size_t length = strlen(name);
    for (int i = 1; i < argc; i++)
        if (!strncmp(argv[i], name, length) && argv[i][length] == '=')
            return argv[i] + length + 1;
    return otherwise;
}
#endif
