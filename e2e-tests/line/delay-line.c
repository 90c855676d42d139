// A line with delay, a bottleneck and losses, for kernels without netem: passes frames between a far interface and some near.
//
//   delay-line FAR NEAR[,NEAR...] [--to-far KEY=VALUE,...] [--to-near KEY=VALUE,...]
//
//   delay-us    time on the line                                              0
//   rate        of the bottleneck in bytes a second, 0 for none              0
//   queue       bytes that wait in front of the bottleneck, beyond which the tail is dropped
//   loss-ppm    frames in a million that are lost by chance, before they come to the queue
//   seed        of that chance: the same frames by their number are lost each time
//
// Far, as seen from here, is where a client is; near are the servers, which share the bottleneck to it. A frame to a
// near station goes to the interface that its address was last seen at, to all of them where it was not.
//
// Interfaces must carry packets as they are on a wire: with segmentation, receive and checksum offloads off at both ends.
// A frame longer than a slot ends the program, since what it measures would not be so.
//
// Prints "ready" when frames pass, and when SIGTERM or SIGINT ends it a line of counters for each direction.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SECOND 1000000000LL
#define MAX_NEAR 8
#define BATCH 64
#define SLOTS 65536       // frames on the line in one direction; a power of two
#define SLOT_BYTES 1600   // an Ethernet frame of 1500 bytes, with a tag
#define SOCKET_BYTES (8 << 20)
#define LATE_NS 1000000   // frames that leave later than this are counted

enum option { DELAY_US, RATE, QUEUE, LOSS_PPM, SEED, OPTIONS };
static char *const option_names[] = {"delay-us", "rate", "queue", "loss-ppm", "seed", NULL};

struct port {
    const char *name;
    int socket;
    uint8_t station[ETH_ALEN];  // last seen behind it
    bool known;
};

struct direction {
    const char *name;
    uint64_t options[OPTIONS];
    uint64_t random;
    int64_t free_ns;  // when the bottleneck has passed on all that waits
    uint8_t *frames;
    uint16_t lengths[SLOTS];
    int64_t due_ns[SLOTS];
    uint32_t head, tail;  // of what is on the line, counted up
    uint64_t passed, passed_bytes, dropped, lost, overrun, late;
};

static struct port ports[1 + MAX_NEAR];  // the first is the far one
static int port_count;
static struct direction to_far = {.name = "to-far"}, to_near = {.name = "to-near"};
static volatile sig_atomic_t ended;

static void on_signal(int number) {
    (void)number;
    ended = 1;
}

static void fail(const char *what) {
    fprintf(stderr, "delay-line: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

// splitmix64
static uint64_t next_random(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void open_port(struct port *port, const char *name) {
    int bytes = SOCKET_BYTES;
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    address.sll_ifindex = (int)if_nametoindex(name);
    if (address.sll_ifindex == 0) {
        fail(name);
    }
    port->name = name;
    port->socket = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
    int one = 1;
    struct packet_mreq promiscuous = {.mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
    if (port->socket < 0 || setsockopt(port->socket, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0 ||
        setsockopt(port->socket, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0 ||
        setsockopt(port->socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) != 0 ||
        setsockopt(port->socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) != 0 ||
        bind(port->socket, (struct sockaddr *)&address, sizeof address) != 0) {
        fail(name);
    }
}

static uint8_t *slot(struct direction *direction, uint32_t index) {
    return direction->frames + (size_t)(index % SLOTS) * SLOT_BYTES;
}

// Puts a frame on the line, or drops it. Bytes wait in front of the bottleneck until it has passed on what came before.
static void enter(struct direction *direction, const uint8_t *frame, uint16_t length, int64_t now) {
    const uint64_t *options = direction->options;
    if (next_random(&direction->random) % 1000000 < options[LOSS_PPM]) {
        direction->lost++;
        return;
    }
    if (direction->tail - direction->head == SLOTS) {
        direction->overrun++;
        return;
    }
    if (options[RATE] > 0) {
        int64_t start = direction->free_ns > now ? direction->free_ns : now;
        double waiting = (double)(start - now) * (double)options[RATE] / NS_PER_SECOND;
        if (waiting + length > (double)options[QUEUE]) {
            direction->dropped++;
            return;
        }
        direction->free_ns = start + (int64_t)(length * NS_PER_SECOND / (int64_t)options[RATE]);
    } else {
        direction->free_ns = now;
    }
    uint32_t at = direction->tail++;
    memcpy(slot(direction, at), frame, length);
    direction->lengths[at % SLOTS] = length;
    direction->due_ns[at % SLOTS] = direction->free_ns + (int64_t)options[DELAY_US] * 1000;
}

static void receive(int from) {
    static uint8_t frames[BATCH][SLOT_BYTES];
    static struct mmsghdr messages[BATCH];
    struct iovec pieces[BATCH];
    for (int i = 0; i < BATCH; i++) {
        pieces[i] = (struct iovec){frames[i], SLOT_BYTES};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
    }
    int count = recvmmsg(ports[from].socket, messages, BATCH, MSG_TRUNC, NULL);
    int64_t now = now_ns();
    for (int i = 0; i < count; i++) {
        if (messages[i].msg_len > SLOT_BYTES) {
            fprintf(stderr, "delay-line: length=%u of a frame from %s: its offloads are on\n", messages[i].msg_len,
                    ports[from].name);
            exit(1);
        }
        memcpy(ports[from].station, frames[i] + ETH_ALEN, ETH_ALEN);
        ports[from].known = true;
        enter(from == 0 ? &to_near : &to_far, frames[i], (uint16_t)messages[i].msg_len, now);
    }
}

static bool is_for(const uint8_t *frame, int port) {
    return ports[port].known && memcmp(frame, ports[port].station, ETH_ALEN) == 0;
}

static void leave(struct direction *direction, const uint8_t *frame, uint16_t length) {
    if (direction == &to_far) {
        (void)!send(ports[0].socket, frame, length, 0);
        return;
    }
    int known = 0;
    for (int port = 1; port < port_count; port++) {
        known = is_for(frame, port) ? port : known;
    }
    for (int port = 1; port < port_count; port++) {
        if (known == 0 || known == port) {
            (void)!send(ports[port].socket, frame, length, 0);
        }
    }
}

static void pass_on(struct direction *direction) {
    int64_t now = now_ns();
    while (direction->head != direction->tail && direction->due_ns[direction->head % SLOTS] <= now) {
        uint32_t at = direction->head++;
        uint16_t length = direction->lengths[at % SLOTS];
        leave(direction, slot(direction, at), length);
        direction->passed++;
        direction->passed_bytes += length;
        direction->late += now - direction->due_ns[at % SLOTS] > LATE_NS;
    }
}

static int64_t next_due(const struct direction *direction) {
    return direction->head == direction->tail ? INT64_MAX : direction->due_ns[direction->head % SLOTS];
}

static void run(void) {
    struct pollfd polled[1 + MAX_NEAR];
    for (int i = 0; i < port_count; i++) {
        polled[i] = (struct pollfd){.fd = ports[i].socket, .events = POLLIN};
    }
    while (!ended) {
        pass_on(&to_far);
        pass_on(&to_near);
        int64_t due = next_due(&to_far) < next_due(&to_near) ? next_due(&to_far) : next_due(&to_near);
        int64_t wait = due == INT64_MAX ? NS_PER_SECOND : due - now_ns();
        wait = wait < 0 ? 0 : wait;
        struct timespec timeout = {wait / NS_PER_SECOND, wait % NS_PER_SECOND};
        if (ppoll(polled, (nfds_t)port_count, &timeout, NULL) <= 0) {
            continue;
        }
        for (int i = 0; i < port_count; i++) {
            if (polled[i].revents != 0) {
                receive(i);
            }
        }
    }
}

static void set_options(struct direction *direction, char *list) {
    while (*list != '\0') {
        char *value;
        int option = getsubopt(&list, option_names, &value);
        if (option < 0 || value == NULL) {
            fprintf(stderr, "delay-line: unknown option, or one without value: %s\n", value == NULL ? "" : value);
            exit(2);
        }
        direction->options[option] = strtoull(value, NULL, 10);
    }
}

static void prepare(struct direction *direction) {
    direction->random = direction->options[SEED];
    size_t bytes = (size_t)SLOTS * SLOT_BYTES;
    direction->frames = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (direction->frames == MAP_FAILED) {
        fail("memory for frames");
    }
}

static void report(const struct direction *direction) {
    printf("%s passed=%lu bytes=%lu dropped=%lu lost=%lu overrun=%lu late=%lu\n", direction->name, direction->passed,
           direction->passed_bytes, direction->dropped, direction->lost, direction->overrun, direction->late);
}

int main(int count, char **arguments) {
    if (count < 3 || count % 2 == 0) {
        fprintf(stderr, "usage: delay-line FAR NEAR[,NEAR...] [--to-far LIST] [--to-near LIST]\n");
        return 2;
    }
    for (int i = 3; i < count; i += 2) {
        set_options(strcmp(arguments[i], "--to-far") == 0 ? &to_far : &to_near, arguments[i + 1]);
    }
    prepare(&to_far);
    prepare(&to_near);
    open_port(&ports[port_count++], arguments[1]);
    for (char *name = strtok(arguments[2], ","); name != NULL && port_count <= MAX_NEAR; name = strtok(NULL, ",")) {
        open_port(&ports[port_count++], name);
    }
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    // A line is not late because others want the processor, not even an agent that goes before all else.
    struct sched_param priority = {.sched_priority = 2};
    if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0 || prctl(PR_SET_TIMERSLACK, 1L) != 0) {
        fail("SCHED_FIFO");
    }
    puts("ready");
    (void)fflush(stdout);
    run();
    report(&to_far);
    report(&to_near);
    return 0;
}
