#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "content.h"

enum {
    HEAD_BYTES = 1024,            /* the longest response head that is understood */
    SMALL_BODY_BYTES = 6 * 1024,  /* up to here head and body are taken in one receive */
    FIRST_RECEIVE_BYTES = 8 * 1024,
    SCRATCH_BYTES = 1 << 20,
    ALWAYS_CHECKED_BYTES = 64,
    EVENTS = 256,
    TICK_NS = 100 * 1000 * 1000,
};

enum state { CLOSED, CONNECTING, AWAITING_HEAD, AWAITING_BODY, FINISHED };

struct connection {
    int fd;
    enum state state;
    uint32_t object;
    bool verify;
    bool mismatched;
    bool closes; /* the server said that it closes after this response */
    uint32_t head_bytes;
    uint64_t body_bytes;
    uint64_t asked_ns;
    uint64_t progress_ns;
    char head[HEAD_BYTES]; /* a head that came in pieces, which is rare */
};

struct client {
    struct workload workload;
    int epoll;
    struct connection *connections;
    uint32_t *order;
    uint64_t next;     /* how many objects have been asked for */
    uint32_t finished; /* connections that found nothing left to ask for */
    uint64_t ticked_ns;
    uint64_t received_ns; /* when anything came in on any connection */
    struct progress progress;
    struct failures failures;
    uint8_t scratch[SCRATCH_BYTES];
};

uint64_t client_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void give_up(struct connection *connection, uint64_t *counter)
{
    if (counter != NULL)
        ++*counter;
    close(connection->fd);
    connection->fd = -1;
    connection->state = CLOSED;
}

/* Every object has been handed out: in `once` mode the connection is done. */
static bool out_of_objects(struct client *client)
{
    return client->workload.once && client->next == client->workload.objects;
}

static void ask(struct client *client, struct connection *connection)
{
    const struct workload *workload = &client->workload;
    if (out_of_objects(client)) {
        give_up(connection, NULL);
        connection->state = FINISHED;
        client->finished++;
        return;
    }
    uint64_t number = client->next++;
    connection->object = client->order[number % workload->objects];
    connection->verify = number % workload->verify_every == 0;
    connection->mismatched = false;
    connection->closes = false;
    connection->head_bytes = 0;
    connection->body_bytes = 0;
    connection->state = AWAITING_HEAD;
    char request[CLIENT_PREFIX_BYTES + 128];
    int length = snprintf(request, sizeof request, "GET %s%04u HTTP/1.1\r\nHost: bench\r\nUser-Agent: dcn-load\r\n\r\n",
                          workload->prefix, connection->object);
    connection->asked_ns = connection->progress_ns = client_now_ns();
    /* The socket's buffer is empty here, so a request of a hundred bytes goes in whole or the connection is broken. */
    if (send(connection->fd, request, (size_t)length, MSG_NOSIGNAL) != length)
        give_up(connection, &client->failures.reset);
}

static void reopen(struct client *client, struct connection *connection)
{
    connection->progress_ns = client_now_ns();
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->fd < 0) {
        client->failures.connect++;
        return;
    }
    int on = 1;
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection->state = CONNECTING;
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = connection};
    epoll_ctl(client->epoll, EPOLL_CTL_ADD, connection->fd, &event);
    const struct sockaddr *address = (const struct sockaddr *)&client->workload.server;
    if (connect(connection->fd, address, sizeof client->workload.server) < 0 && errno != EINPROGRESS)
        give_up(connection, &client->failures.connect);
}

static void connected(struct client *client, struct connection *connection)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        give_up(connection, &client->failures.connect);
        return;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(client->epoll, EPOLL_CTL_MOD, connection->fd, &event);
    ask(client, connection);
}

/* The value of a header in a head that ends in a NUL, or NULL. Names are compared without case (RFC 9110 5.1). */
static const char *header(const char *head, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1 + strspn(line + length + 1, " \t");
    }
    return NULL;
}

/* Whether the head is the answer that was asked for; counts what is wrong with it. */
static bool accept_head(struct client *client, struct connection *connection, const char *head)
{
    if (strncmp(head, "HTTP/1.1 ", 9) != 0) {
        give_up(connection, &client->failures.malformed);
        return false;
    }
    if (strncmp(head + 9, "200", 3) != 0) {
        give_up(connection, &client->failures.status);
        return false;
    }
    const char *length = header(head, "content-length");
    if (length == NULL || strtoull(length, NULL, 10) != client->workload.object_bytes) {
        give_up(connection, &client->failures.malformed);
        return false;
    }
    const char *persistence = header(head, "connection");
    connection->closes = persistence != NULL && strncasecmp(persistence, "close", 5) == 0;
    connection->state = AWAITING_BODY;
    return true;
}

static void check(struct connection *connection, const uint8_t *bytes, size_t length_bytes)
{
    if (!connection->verify) {
        size_t left = connection->body_bytes < ALWAYS_CHECKED_BYTES ? ALWAYS_CHECKED_BYTES - connection->body_bytes : 0;
        length_bytes = length_bytes < left ? length_bytes : left;
    }
    if (!content_matches(bytes, length_bytes, connection->object, connection->body_bytes))
        connection->mismatched = true;
}

static void take_body(struct client *client, struct connection *connection, size_t length_bytes)
{
    connection->body_bytes += length_bytes;
    client->received_ns = connection->progress_ns;
    client->progress.bytes += length_bytes;
    if (connection->body_bytes < client->workload.object_bytes)
        return;
    client->progress.requests++;
    client->progress.verified += connection->verify;
    client->failures.mismatches += connection->mismatched;
    histogram_record(&client->progress.latency_ns, client_now_ns() - connection->asked_ns);
    if (connection->closes) {
        client->progress.reconnects++;
        give_up(connection, NULL);
        reopen(client, connection);
        return;
    }
    ask(client, connection);
}

/* A receive that brought nothing: not yet, the end, or an error. */
static void nothing_received(struct client *client, struct connection *connection, ssize_t result)
{
    if (result < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (result < 0) {
        give_up(connection, &client->failures.reset);
        return;
    }
    give_up(connection, &client->failures.shortened);
}

static void receive_head(struct client *client, struct connection *connection)
{
    uint8_t *bytes = client->scratch;
    memcpy(bytes, connection->head, connection->head_bytes);
    size_t limit = client->workload.object_bytes <= SMALL_BODY_BYTES ? FIRST_RECEIVE_BYTES : HEAD_BYTES;
    ssize_t received = recv(connection->fd, bytes + connection->head_bytes, limit, 0);
    if (received <= 0) {
        nothing_received(client, connection, received);
        return;
    }
    connection->progress_ns = client_now_ns();
    size_t have = connection->head_bytes + (size_t)received;
    uint8_t *end = memmem(bytes, have, "\r\n\r\n", 4);
    if (end == NULL) {
        if (have > HEAD_BYTES) {
            give_up(connection, &client->failures.malformed);
            return;
        }
        memcpy(connection->head, bytes, have);
        connection->head_bytes = (uint32_t)have;
        return;
    }
    uint8_t *body = end + 4;
    size_t body_bytes = have - (size_t)(body - bytes);
    end[2] = '\0';
    if (!accept_head(client, connection, (const char *)bytes))
        return;
    if (body_bytes > client->workload.object_bytes) {
        give_up(connection, &client->failures.malformed);
        return;
    }
    check(connection, body, body_bytes);
    take_body(client, connection, body_bytes);
}

static void receive_body(struct client *client, struct connection *connection)
{
    uint64_t left = client->workload.object_bytes - connection->body_bytes;
    bool look = connection->verify || connection->body_bytes < ALWAYS_CHECKED_BYTES;
    size_t limit = left < SCRATCH_BYTES ? (size_t)left : SCRATCH_BYTES;
    ssize_t received = recv(connection->fd, client->scratch, limit, look ? 0 : MSG_TRUNC);
    if (received <= 0) {
        nothing_received(client, connection, received);
        return;
    }
    connection->progress_ns = client_now_ns();
    if (look)
        check(connection, client->scratch, (size_t)received);
    take_body(client, connection, (size_t)received);
}

static void ready(struct client *client, struct connection *connection)
{
    if (connection->state == CONNECTING) {
        connected(client, connection);
        return;
    }
    if (connection->state == AWAITING_HEAD) {
        uint64_t before = connection->body_bytes;
        receive_head(client, connection);
        /* More of the body is most likely there already. */
        if (connection->state != AWAITING_BODY || connection->body_bytes == before)
            return;
    }
    if (connection->state == AWAITING_BODY)
        receive_body(client, connection);
}

static void tick(struct client *client, uint64_t now_ns)
{
    for (uint32_t i = 0; i < client->workload.connections; i++) {
        struct connection *connection = &client->connections[i];
        if (connection->state == CLOSED && out_of_objects(client)) {
            connection->state = FINISHED;
            client->finished++;
        } else if (connection->state == CLOSED) {
            reopen(client, connection);
        } else if (connection->state != FINISHED && now_ns - connection->progress_ns > client->workload.stall_ns) {
            bool connecting = connection->state == CONNECTING;
            give_up(connection, connecting ? &client->failures.connect : &client->failures.stalled);
        }
    }
}

bool client_poll(struct client *client)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(client->epoll, events, EVENTS, 100);
    for (int i = 0; i < count; i++)
        ready(client, events[i].data.ptr);
    uint64_t now_ns = client_now_ns();
    if (now_ns - client->ticked_ns >= TICK_NS) {
        client->ticked_ns = now_ns;
        tick(client, now_ns);
    }
    /* By then every connection that is not finished has been counted as a failure at least once. */
    if (client->workload.once && now_ns > client->received_ns + 2 * client->workload.stall_ns)
        return false;
    return client->finished < client->workload.connections;
}

static uint32_t *object_order(const struct workload *workload)
{
    uint32_t *order = calloc(workload->objects, sizeof *order);
    if (order == NULL)
        return NULL;
    for (uint32_t i = 0; i < workload->objects; i++)
        order[i] = i;
    if (!workload->shuffled)
        return order;
    for (uint32_t i = workload->objects - 1; i > 0; i--) { /* Fisher and Yates */
        uint32_t other = (uint32_t)(content_word((uint32_t)workload->seed, i) % (i + 1));
        uint32_t kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
    return order;
}

struct client *client_open(const struct workload *workload)
{
    struct rlimit limit = {.rlim_cur = workload->connections + 64, .rlim_max = workload->connections + 64};
    struct rlimit current;
    getrlimit(RLIMIT_NOFILE, &current);
    if (current.rlim_cur < limit.rlim_cur && setrlimit(RLIMIT_NOFILE, &limit) < 0) {
        fprintf(stderr, "load: connections=%u need %llu open files, the limit is %llu; raise it with ulimit -n\n",
                workload->connections, (unsigned long long)limit.rlim_cur, (unsigned long long)current.rlim_cur);
        return NULL;
    }
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return NULL;
    client->workload = *workload;
    client->connections = calloc(workload->connections, sizeof *client->connections);
    client->order = object_order(workload);
    client->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (client->connections == NULL || client->order == NULL || client->epoll < 0) {
        fprintf(stderr, "load: cannot make room for connections=%u objects=%u\n", workload->connections,
                workload->objects);
        exit(2);
    }
    client->ticked_ns = client->received_ns = client_now_ns();
    for (uint32_t i = 0; i < workload->connections; i++)
        reopen(client, &client->connections[i]);
    return client;
}

void client_measure(struct client *client)
{
    memset(&client->progress, 0, sizeof client->progress);
}

const struct progress *client_progress(const struct client *client)
{
    return &client->progress;
}

const struct failures *client_failures(const struct client *client)
{
    return &client->failures;
}

void client_close(struct client *client)
{
    for (uint32_t i = 0; i < client->workload.connections; i++)
        if (client->connections[i].fd >= 0)
            close(client->connections[i].fd);
    close(client->epoll);
    free(client->connections);
    free(client->order);
    free(client);
}
