// A sender that is the kernel's: serves one file by sendfile to whoever asks, with a congestion control by name.
//
//   sender PORT ALGORITHM FILE
//
// Answers every request on a connection with the whole file, as HTTP/1.1 does. Prints "ready", and what the kernel knows
// of a connection (TCP_INFO) when it ends.
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_REQUEST 4096

static const char *path;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

// Whether a request was read: up to its empty line, which ends what the client sends before it has the answer.
static bool read_request(int connection) {
    char request[MAX_REQUEST + 1];
    size_t length = 0;
    while (length < MAX_REQUEST) {
        ssize_t count = recv(connection, request + length, MAX_REQUEST - length, 0);
        if (count <= 0) {
            return false;
        }
        length += (size_t)count;
        request[length] = '\0';
        if (strstr(request, "\r\n\r\n") != NULL) {
            return true;
        }
    }
    return false;
}

static bool answer(int connection, int file) {
    struct stat facts;
    char head[128];
    if (fstat(file, &facts) != 0) {
        return false;
    }
    long long bytes = facts.st_size;
    int length = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %lld\r\n\r\n", bytes);
    if (send(connection, head, (size_t)length, MSG_MORE) != length) {
        return false;
    }
    off_t offset = 0;
    while (offset < facts.st_size) {
        if (sendfile(connection, file, &offset, (size_t)(facts.st_size - offset)) <= 0) {
            return false;
        }
    }
    return true;
}

static void *serve(void *argument) {
    int connection = (int)(long)argument;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    while (file >= 0 && read_request(connection) && answer(connection, file)) {
    }
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    char algorithm[16] = "";
    socklen_t name_size = sizeof algorithm;
    if (getsockopt(connection, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
        getsockopt(connection, IPPROTO_TCP, TCP_CONGESTION, algorithm, &name_size) == 0) {
        printf("%s cwnd=%u rttUs=%u minRttUs=%u retransmitted=%u segments=%u\n", algorithm, info.tcpi_snd_cwnd,
               info.tcpi_rtt, info.tcpi_min_rtt, info.tcpi_total_retrans, info.tcpi_data_segs_out);
        (void)fflush(stdout);
    }
    close(file);
    close(connection);
    return NULL;
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: sender PORT ALGORITHM FILE\n");
        return 2;
    }
    path = arguments[3];
    (void)signal(SIGPIPE, SIG_IGN);
    int one = 1;
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)atoi(arguments[1]))};
    int listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        setsockopt(listener, IPPROTO_TCP, TCP_CONGESTION, arguments[2], (socklen_t)strlen(arguments[2])) != 0) {
        fail(arguments[2]);
    }
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 16) != 0) {
        fail(arguments[1]);
    }
    puts("ready");
    (void)fflush(stdout);
    while (true) {
        long connection = accept(listener, NULL, NULL);
        pthread_t thread;
        if (connection < 0 || pthread_create(&thread, NULL, serve, (void *)connection) != 0) {
            fail("accept");
        }
        (void)pthread_detach(thread);
    }
}
