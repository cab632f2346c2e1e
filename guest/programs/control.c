/*
 * Runs what the host asks for. A request is a line with a shell command; the answer is a line "STATUS LENGTH" and LENGTH
 * bytes of output, which may be binary. A command that ends in " &" goes on by itself. The request "clock" is answered at
 * once with CLOCK_MONOTONIC in nanoseconds. Usage: control PORT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            struct pollfd ready = { fd, POLLOUT, 0 };
            poll(&ready, 1, 100);
            continue;
        }
        if (n <= 0)
            exit(1);
        bytes += n;
        length -= n;
    }
}

static void answer(int fd, int status, int out)
{
    struct stat info;
    char head[64], block[65536];
    ssize_t n;
    fstat(out, &info);
    snprintf(head, sizeof head, "%d %lld\n", status, (long long) info.st_size);
    write_all(fd, head, strlen(head));
    lseek(out, 0, SEEK_SET);
    while ((n = read(out, block, sizeof block)) > 0)
        write_all(fd, block, n);
}

static void run(int fd, const char *command)
{
    int out = memfd_create("out", MFD_CLOEXEC), status = 0;
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDONLY);
        setsid();
        dup2(null, 0);
        dup2(out, 1);
        dup2(out, 2);
        execl("/bin/sh", "sh", "-c", command, (char *) NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    answer(fd, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), out);
    close(out);
}

static void answer_clock(int fd)
{
    struct timespec t;
    char digits[32], text[64];
    clock_gettime(CLOCK_MONOTONIC, &t);
    snprintf(digits, sizeof digits, "%lld%09ld", (long long) t.tv_sec, t.tv_nsec);
    snprintf(text, sizeof text, "0 %zu\n%s", strlen(digits), digits);
    write_all(fd, text, strlen(text));
}

int main(int argc, char **argv)
{
    static char line[65536];
    size_t filled = 0;
    int fd = argc == 2 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return 1;
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        ssize_t n = read(fd, line + filled, sizeof line - 1 - filled);
        char *end;
        if (n == 0) {
            /* Nobody on the other side yet: the port says so at once. */
            struct pollfd ready = { fd, POLLIN, 0 };
            poll(&ready, 1, 50);
            usleep(20000);
            continue;
        }
        if (n < 0) {
            if (errno == EINTR || errno == EAGAIN)
                continue;
            return 1;
        }
        filled += n;
        line[filled] = 0;
        while ((end = strchr(line, '\n')) != NULL) {
            *end = 0;
            if (!strcmp(line, "clock"))
                answer_clock(fd);
            else
                run(fd, line);
            filled -= end + 1 - line;
            memmove(line, end + 1, filled + 1);
        }
        if (filled == sizeof line - 1)
            return 1;
    }
}
