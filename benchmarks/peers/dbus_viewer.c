/*
 * Looks at a guest through QEMU's D-Bus display, whose surfaces can be mapped (org.qemu.Display1.Listener.Unix.Map, QEMU 9.2
 * and later; interfaces: QEMU, ui/dbus-display1.xml), and tells how old its frames are: those of guest/programs/animate.c
 * carry the guest's time in their first pixels.
 *
 *   dbus_viewer qmp=PATH qemu=PID offset=NANOS seconds=S
 *
 * QEMU runs with -display dbus,p2p=yes, so no bus is needed: the connection goes over a socket pair that QMP hands over.
 * offset: the guest's clock minus ours. Prints one JSON object.
 */
#include "stamps.h"
#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <sys/socket.h>
#include <sys/un.h>

#define MAGIC 0x5a5a5a

static const char *interfaces =
    "<node><interface name='org.qemu.Display1.Listener'>"
    "<method name='Scanout'><arg type='u'/><arg type='u'/><arg type='u'/><arg type='u'/><arg type='ay'/></method>"
    "<method name='Update'><arg type='i'/><arg type='i'/><arg type='i'/><arg type='i'/><arg type='u'/><arg type='u'/><arg type='ay'/></method>"
    "<method name='Disable'/><method name='MouseSet'><arg type='i'/><arg type='i'/><arg type='i'/></method>"
    "<method name='CursorDefine'><arg type='i'/><arg type='i'/><arg type='i'/><arg type='i'/><arg type='ay'/></method>"
    "<property name='Interfaces' type='as' access='read'/></interface>"
    "<interface name='org.qemu.Display1.Listener.Unix.Map'>"
    "<method name='ScanoutMap'><arg type='h'/><arg type='u'/><arg type='u'/><arg type='u'/><arg type='u'/><arg type='u'/></method>"
    "<method name='UpdateMap'><arg type='i'/><arg type='i'/><arg type='i'/><arg type='i'/></method></interface></node>";

static GMainLoop *loop;
static uint8_t *mapping;
static size_t mapped;
static const uint32_t *screen;
static uint64_t *ages, last_stamp, mapped_updates, copied_updates, started;
static size_t count, room;
static int64_t offset;
static double viewer_cpu, qemu_cpu;
static pid_t qemu;

static double cpu_of(pid_t pid)
{
    clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
    struct timespec t = { 0 };
    if (pid && clock_getcpuclockid(pid, &clock))
        return 0;
    clock_gettime(clock, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;
    return (x > y) - (x < y);
}

static void look(const uint32_t *p)
{
    uint64_t now = now_nanos();
    if (!p || (p[0] & NUMBER_MASK) != MAGIC)
        return;
    uint64_t stamp = (p[1] & NUMBER_MASK) | (uint64_t) (p[2] & NUMBER_MASK) << 24 | (uint64_t) (p[3] & NUMBER_MASK) << 48;
    int64_t age = now - (stamp - offset);
    if (stamp == last_stamp || age < 0 || age > 10000000000)
        return;
    last_stamp = stamp;
    if (count == room) {
        room = room ? 2 * room : 4096;
        ages = realloc(ages, room * sizeof *ages);
    }
    ages[count++] = age;
}

static void on_scanout_map(GDBusMethodInvocation *call, GVariant *parameters)
{
    gint32 handle;
    guint32 at, width, height, stride, format;
    g_variant_get(parameters, "(huuuuu)", &handle, &at, &width, &height, &stride, &format);
    GUnixFDList *list = g_dbus_message_get_unix_fd_list(g_dbus_method_invocation_get_message(call));
    int fd = list ? g_unix_fd_list_get(list, handle, NULL) : -1;
    if (mapping)
        munmap(mapping, mapped);
    mapped = at + (size_t) stride * height;
    mapping = mmap(NULL, mapped, PROT_READ, MAP_SHARED, fd, 0);
    if (mapping == MAP_FAILED) {
        fprintf(stderr, "dbus_viewer: cannot map what QEMU offers\n");
        exit(1);
    }
    screen = (const uint32_t *) (mapping + at);
    close(fd);
}

static void on_call(GDBusConnection *connection, const gchar *sender, const gchar *path, const gchar *interface,
                    const gchar *method, GVariant *parameters, GDBusMethodInvocation *call, gpointer data)
{
    if (!strcmp(method, "ScanoutMap"))
        on_scanout_map(call, parameters);
    else if (!strcmp(method, "UpdateMap")) {
        mapped_updates++;
        look(screen);
    } else if (!strcmp(method, "Update"))
        copied_updates++;
    g_dbus_method_invocation_return_value(call, NULL);
}

static GVariant *on_get(GDBusConnection *connection, const gchar *sender, const gchar *path, const gchar *interface,
                        const gchar *property, GError **error, gpointer data)
{
    const gchar *names[] = { "org.qemu.Display1.Listener.Unix.Map" };
    return g_variant_new_strv(names, 1);
}

static GDBusConnection *connection_on(int fd, GDBusConnectionFlags more)
{
    GError *error = NULL;
    GSocket *socket = g_socket_new_from_fd(fd, &error);
    GSocketConnection *stream = socket ? g_socket_connection_factory_create_connection(socket) : NULL;
    GDBusConnection *connection = stream ? g_dbus_connection_new_sync(G_IO_STREAM(stream), NULL,
        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | more, NULL, NULL, &error) : NULL;
    if (!connection) {
        fprintf(stderr, "dbus_viewer: %s\n", error->message);
        exit(1);
    }
    return connection;
}

static void say(int fd, const char *text, int passed)
{
    union { struct cmsghdr head; char bytes[CMSG_SPACE(sizeof(int))]; } control = { .head = {
        .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
    struct iovec part = { (void *) text, strlen(text) };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    char answer[8192];
    size_t filled = 0;
    if (passed >= 0) {
        memcpy(CMSG_DATA(&control.head), &passed, sizeof passed);
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
    }
    if (*text && sendmsg(fd, &message, 0) < 0)
        exit(1);
    do {
        ssize_t n = read(fd, answer + filled, sizeof answer - 1 - filled);
        if (n <= 0)
            exit(1);
        filled += n;
        answer[filled] = 0;
    } while (!strstr(answer, "\"return\"") && !strstr(answer, "\"QMP\"") && !strstr(answer, "\"error\""));
    if (strstr(answer, "\"error\"")) {
        fprintf(stderr, "dbus_viewer: QMP: %s\n", answer);
        exit(1);
    }
}

/* Gives QEMU one end of a socket pair as a D-Bus peer; returns the other. */
static int join(const char *qmp)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int pair[2], fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", qmp);
    if (connect(fd, (struct sockaddr *) &address, sizeof address) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
        perror(qmp);
        exit(1);
    }
    say(fd, "", -1);
    say(fd, "{\"execute\":\"qmp_capabilities\"}\n", -1);
    say(fd, "{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"viewer\"}}\n", pair[1]);
    say(fd, "{\"execute\":\"add_client\",\"arguments\":{\"protocol\":\"@dbus-display\",\"fdname\":\"viewer\"}}\n", -1);
    close(pair[1]);
    close(fd);
    return pair[0];
}

static double age_us(double part) { return count ? ages[(size_t) (part * (count - 1))] * 1e-3 : 0; }

static gboolean finish(gpointer data)
{
    double took = (now_nanos() - started) * 1e-9, each = count ? count : 1;
    qsort(ages, count, sizeof *ages, by_size);
    printf("{\"seconds\":%.3f,\"delivered_per_s\":%.1f,\"mapped_updates\":%lu,\"copied_updates\":%lu,\"latency_p50_us\":%.1f,"
           "\"latency_p90_us\":%.1f,\"latency_p99_us\":%.1f,\"latency_p999_us\":%.1f,\"server_cpu_us_per_frame\":%.1f,"
           "\"client_cpu_us_per_frame\":%.1f}\n",
           took, count / took, mapped_updates, copied_updates, age_us(0.5), age_us(0.9), age_us(0.99), age_us(0.999),
           (cpu_of(qemu) - qemu_cpu) / each * 1e6, (cpu_of(0) - viewer_cpu) / each * 1e6);
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

int main(int argc, char **argv)
{
    static const GDBusInterfaceVTable table = { .method_call = on_call, .get_property = on_get };
    GDBusNodeInfo *node = g_dbus_node_info_new_for_xml(interfaces, NULL);
    GError *error = NULL;
    int pair[2];
    offset = atoll(option(argc, argv, "offset", "0"));
    qemu = atoi(option(argc, argv, "qemu", "0"));
    loop = g_main_loop_new(NULL, FALSE);
    GDBusConnection *bus = connection_on(join(option(argc, argv, "qmp", "qmp.sock")), 0);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return 1;
    GUnixFDList *list = g_unix_fd_list_new_from_array(&pair[1], 1);
    GVariant *reply = g_dbus_connection_call_with_unix_fd_list_sync(bus, NULL, "/org/qemu/Display1/Console_0",
        "org.qemu.Display1.Console", "RegisterListener", g_variant_new("(h)", 0), NULL, G_DBUS_CALL_FLAGS_NONE, -1, list, NULL,
        NULL, &error);
    if (!reply) {
        fprintf(stderr, "dbus_viewer: %s\n", error->message);
        return 1;
    }
    GDBusConnection *listener = connection_on(pair[0], G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING);
    for (int i = 0; node->interfaces[i]; i++)
        g_dbus_connection_register_object(listener, "/org/qemu/Display1/Listener", node->interfaces[i], &table, NULL, NULL, NULL);
    g_dbus_connection_start_message_processing(listener);
    started = now_nanos();
    viewer_cpu = cpu_of(0);
    qemu_cpu = cpu_of(qemu);
    g_timeout_add(atof(option(argc, argv, "seconds", "5")) * 1000, finish, NULL);
    g_main_loop_run(loop);
    return 0;
}
