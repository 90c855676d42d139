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
#include "head.h"
#include "stream.h"
#include "tls.h"

enum {
    HEAD_BYTES = 1024,            /* the longest response head that is understood */
    SMALL_BODY_BYTES = 6 * 1024,  /* up to here head and body are taken in one receive */
    FIRST_RECEIVE_BYTES = 8 * 1024,
    SCRATCH_BYTES = 1 << 20,
    ALWAYS_CHECKED_BYTES = 64,
    EVENTS = 256,
    TICK_NS = 100 * 1000 * 1000,
};

enum state { CLOSED, CONNECTING, SHAKING_HANDS, AWAITING_HEAD, AWAITING_BODY, FINISHED };

struct connection {
    struct stream stream;
    enum state state;
    uint32_t requests; /* since it was opened */
    uint32_t object;
    bool verify;
    bool mismatched;
    bool closes; /* the server said that it closes after this response */
    uint32_t head_bytes;
    uint64_t body_bytes;
    uint64_t opened_ns;
    uint64_t asked_ns;
    uint64_t progress_ns;
    char head[HEAD_BYTES];
};

struct client {
    struct workload workload;
    struct tls_client *tls;
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
    stream_close(&connection->stream);
    connection->state = CLOSED;
}

/* In `once` mode every object is handed out one time; a connection that finds none left is done. */
static bool finish(struct client *client, struct connection *connection)
{
    if (!client->workload.once || client->next < client->workload.objects)
        return false;
    give_up(connection, NULL);
    connection->state = FINISHED;
    client->finished++;
    return true;
}

static void ask(struct client *client, struct connection *connection)
{
    const struct workload *workload = &client->workload;
    if (finish(client, connection))
        return;
    uint64_t number = client->next++;
    connection->object = client->order[number % workload->objects];
    connection->verify = number % workload->verify_every == 0;
    connection->mismatched = false;
    connection->head_bytes = 0;
    connection->body_bytes = 0;
    connection->state = AWAITING_HEAD;
    char request[CLIENT_PREFIX_BYTES + 128];
    int length = snprintf(request, sizeof request, "GET %s%04u HTTP/1.1\r\nHost: bench\r\nUser-Agent: dcn-load\r\n\r\n",
                          workload->prefix, connection->object);
    connection->asked_ns = connection->progress_ns = client_now_ns();
    /* The socket's buffer is empty here, so a request of a hundred bytes goes in whole or the connection is broken. */
    connection->requests++;
    if (!stream_send(&connection->stream, request, (size_t)length))
        give_up(connection, &client->failures.reset);
}

static void reopen(struct client *client, struct connection *connection)
{
    if (finish(client, connection))
        return;
    connection->opened_ns = connection->progress_ns = client_now_ns();
    connection->requests = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        client->failures.connect++;
        return;
    }
    connection->stream.fd = fd;
    connection->state = CONNECTING;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = connection};
    epoll_ctl(client->epoll, EPOLL_CTL_ADD, fd, &event);
    const struct sockaddr *address = (const struct sockaddr *)&client->workload.server;
    if (connect(fd, address, sizeof client->workload.server) < 0 && errno != EINPROGRESS)
        give_up(connection, &client->failures.connect);
}

static void shake_hands(struct client *client, struct connection *connection)
{
    switch (tls_handshake(connection->stream.tls)) {
    case TLS_LATER:
        return;
    case TLS_FAILED:
        give_up(connection, &client->failures.handshake);
        return;
    case TLS_DONE:
        break;
    }
    bool resumed = tls_resumed(connection->stream.tls);
    if (resumed != client->workload.tls_resume) {
        give_up(connection, &client->failures.handshake);
        return;
    }
    client->progress.handshakes++;
    client->progress.resumed += resumed;
    histogram_record(&client->progress.handshake_ns, client_now_ns() - connection->opened_ns);
    ask(client, connection);
}

static void connected(struct client *client, struct connection *connection)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(connection->stream.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        give_up(connection, &client->failures.connect);
        return;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(client->epoll, EPOLL_CTL_MOD, connection->stream.fd, &event);
    if (client->tls == NULL) {
        ask(client, connection);
        return;
    }
    connection->stream.tls = tls_open(client->tls, connection->stream.fd);
    if (connection->stream.tls == NULL) {
        give_up(connection, &client->failures.handshake);
        return;
    }
    connection->state = SHAKING_HANDS;
    shake_hands(client, connection);
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

static void take_body(struct client *client, struct connection *connection, struct piece piece)
{
    if (piece.length_bytes > client->workload.object_bytes - connection->body_bytes) {
        give_up(connection, &client->failures.malformed);
        return;
    }
    if (piece.bytes != NULL)
        check(connection, piece.bytes, piece.length_bytes);
    connection->body_bytes += piece.length_bytes;
    client->received_ns = connection->progress_ns;
    client->progress.bytes += piece.length_bytes;
    if (connection->body_bytes < client->workload.object_bytes)
        return;
    client->progress.requests++;
    client->progress.verified += connection->verify;
    client->failures.mismatches += connection->mismatched;
    histogram_record(&client->progress.latency_ns, client_now_ns() - connection->asked_ns);
    client->progress.reconnects += connection->closes;
    if (connection->closes || connection->requests == client->workload.requests_per_connection) {
        give_up(connection, NULL);
        reopen(client, connection);
        return;
    }
    ask(client, connection);
}

/* Gives up a connection that is broken. */
static bool receive(struct client *client, struct connection *connection, size_t limit, bool look, struct piece *piece)
{
    switch (stream_receive(&connection->stream, limit, look, client->scratch, piece)) {
    case STREAM_PIECE:
        return true;
    case STREAM_LATER:
        break;
    case STREAM_END:
        give_up(connection, &client->failures.shortened);
        break;
    case STREAM_RESET:
        give_up(connection, &client->failures.reset);
        break;
    case STREAM_BAD_RECORD:
        give_up(connection, &client->failures.record);
        break;
    }
    return false;
}

static void receive_head(struct client *client, struct connection *connection)
{
    const struct workload *workload = &client->workload;
    size_t limit = workload->object_bytes <= SMALL_BODY_BYTES ? FIRST_RECEIVE_BYTES : HEAD_BYTES;
    struct piece piece;
    if (!receive(client, connection, limit, true, &piece))
        return;
    size_t room = HEAD_BYTES - connection->head_bytes, before = connection->head_bytes;
    size_t taken = piece.length_bytes < room ? piece.length_bytes : room;
    memcpy(connection->head + before, piece.bytes, taken);
    connection->head_bytes += (uint32_t)taken;
    size_t head_bytes = head_length(connection->head, connection->head_bytes);
    if (head_bytes == 0) {
        if (taken == room)
            give_up(connection, &client->failures.malformed);
        return;
    }
    switch (head_check(connection->head, head_bytes, workload->object_bytes, &connection->closes)) {
    case HEAD_RIGHT:
        break;
    case HEAD_OTHER_STATUS:
        give_up(connection, &client->failures.status);
        return;
    case HEAD_MALFORMED:
        give_up(connection, &client->failures.malformed);
        return;
    }
    connection->state = AWAITING_BODY;
    size_t skipped = head_bytes - before;
    take_body(client, connection, (struct piece){piece.bytes + skipped, piece.length_bytes - skipped});
}

static void receive_body(struct client *client, struct connection *connection)
{
    uint64_t left = client->workload.object_bytes - connection->body_bytes;
    bool look = connection->verify || connection->body_bytes < ALWAYS_CHECKED_BYTES;
    struct piece piece;
    if (receive(client, connection, left < SCRATCH_BYTES ? (size_t)left : SCRATCH_BYTES, look, &piece))
        take_body(client, connection, piece);
}

static void ready(struct client *client, struct connection *connection)
{
    connection->progress_ns = client_now_ns();
    if (connection->state == CONNECTING) {
        connected(client, connection);
        return;
    }
    if (connection->state == SHAKING_HANDS) {
        shake_hands(client, connection);
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
        if (connection->state == CLOSED) {
            reopen(client, connection);
        } else if (connection->state != FINISHED && now_ns > connection->progress_ns + client->workload.stall_ns) {
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
    const struct sockaddr_in *resume = workload->tls_resume ? &workload->server : NULL;
    if (workload->tls_suite != NULL && (client->tls = tls_client_open(workload->tls_suite, resume)) == NULL) {
        free(client);
        return NULL;
    }
    client->connections = calloc(workload->connections, sizeof *client->connections);
    client->order = object_order(workload);
    client->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (client->connections == NULL || client->order == NULL || client->epoll < 0) {
        fprintf(stderr, "load: cannot make room for connections=%u objects=%u\n", workload->connections,
                workload->objects);
        exit(2);
    }
    client->ticked_ns = client->received_ns = client_now_ns();
    for (uint32_t i = 0; i < workload->connections; i++) {
        client->connections[i].stream.fd = -1;
        reopen(client, &client->connections[i]);
    }
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
        stream_close(&client->connections[i].stream);
    tls_client_close(client->tls);
    close(client->epoll);
    free(client->connections);
    free(client->order);
    free(client);
}
