/*
 * The load generator: options, the measured time, and the report as JSON on stdout.
 * Exit status: 0 clean, 1 when any response was wrong or missing (the report is printed all the same), 2 misuse.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "cpu.h"

struct options {
    struct workload workload;
    bool tls;
    const char *tls_suite;
    double warmup_seconds, seconds;
    int server_core, client_core; /* -1: not asked for */
    int pids[CPU_MAX_PROCESSES];
    int pid_count;
};

static const char USAGE[] =
    "Usage: load --server ADDRESS:PORT --prefix PATH --objects N --object-bytes N [options]\n"
    "\n"
    "Asks for PATH0000, PATH0001, ... over keep-alive connections and prints a JSON report.\n"
    "The objects are those of make-objects.\n"
    "\n"
    "  --connections N      at once (default 64)\n"
    "  --seconds S          measured time (default 5)\n"
    "  --warmup S           before that (default 1)\n"
    "  --once               each object exactly once and no warm-up, instead of a time\n"
    "  --shuffle SEED       objects in a random order that the seed fixes, instead of ascending\n"
    "  --verify-every N     compare one response in N byte by byte (default 64; 1: all), of others the first 64 bytes\n"
    "  --requests-per-connection N  open a new connection after so many (default 0: keep them)\n"
    "  --tls                over TLS 1.3; bodies of responses that are not compared stay undecrypted\n"
    "  --tls-suite NAME     the one suite that is offered (default TLS_AES_128_GCM_SHA256)\n"
    "  --tls-resume         every handshake offers a session ticket, and must be resumed by it\n"
    "  --stall S            give up a connection without progress after this time (default 10)\n"
    "  --server-core N      report what this core spent in the measured time, from /proc/stat\n"
    "  --client-core N      likewise\n"
    "  --server-pids P,P    report what these processes spent\n";

static void fail(const char *what, const char *value)
{
    fprintf(stderr, "load: %s%s\n\n%s", what, value, USAGE);
    exit(2);
}

static uint64_t number(const char *name, const char *text, uint64_t lowest, uint64_t highest)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || value < lowest || value > highest) {
        fprintf(stderr, "load: --%s=%s must be a whole number from %llu to %llu\n", name, text,
                (unsigned long long)lowest, (unsigned long long)highest);
        exit(2);
    }
    return value;
}

static double seconds(const char *name, const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= 0) || value > 86400) {
        fprintf(stderr, "load: --%s=%s must be a number of seconds\n", name, text);
        exit(2);
    }
    return value;
}

static void parse_server(struct sockaddr_in *server, char *text)
{
    char *colon = strrchr(text, ':');
    if (colon == NULL)
        fail("--server wants ADDRESS:PORT, got ", text);
    *colon = '\0';
    server->sin_family = AF_INET;
    server->sin_port = htons((uint16_t)number("server", colon + 1, 1, 65535));
    if (inet_pton(AF_INET, text, &server->sin_addr) != 1)
        fail("--server wants an IPv4 address, got ", text);
}

static void parse_pids(struct options *options, char *text)
{
    for (char *pid = strtok(text, ","); pid != NULL; pid = strtok(NULL, ",")) {
        if (options->pid_count == CPU_MAX_PROCESSES)
            fail("--server-pids: too many", "");
        options->pids[options->pid_count++] = (int)number("server-pids", pid, 1, 1 << 30);
    }
}

static void parse_option(struct options *options, const char *name, char *value)
{
    struct workload *workload = &options->workload;
    if (strcmp(name, "server") == 0)
        parse_server(&workload->server, value);
    else if (strcmp(name, "prefix") == 0) {
        if (*value != '/' || strlen(value) >= sizeof workload->prefix)
            fail("--prefix must begin with a slash and be short, got ", value);
        strcpy(workload->prefix, value);
    } else if (strcmp(name, "objects") == 0)
        workload->objects = (uint32_t)number(name, value, 1, 1u << 24);
    else if (strcmp(name, "object-bytes") == 0)
        workload->object_bytes = number(name, value, 1, 1ull << 34);
    else if (strcmp(name, "connections") == 0)
        workload->connections = (uint32_t)number(name, value, 1, 60000);
    else if (strcmp(name, "verify-every") == 0)
        workload->verify_every = (uint32_t)number(name, value, 1, 1u << 30);
    else if (strcmp(name, "once") == 0)
        workload->once = true;
    else if (strcmp(name, "shuffle") == 0) {
        workload->shuffled = true;
        workload->seed = number(name, value, 0, UINT32_MAX);
    } else if (strcmp(name, "requests-per-connection") == 0)
        workload->requests_per_connection = (uint32_t)number(name, value, 0, 1u << 30);
    else if (strcmp(name, "tls") == 0)
        options->tls = true;
    else if (strcmp(name, "tls-suite") == 0)
        options->tls_suite = value;
    else if (strcmp(name, "tls-resume") == 0)
        workload->tls_resume = true;
    else if (strcmp(name, "stall") == 0)
        workload->stall_ns = (uint64_t)(seconds(name, value) * 1e9);
    else if (strcmp(name, "seconds") == 0)
        options->seconds = seconds(name, value);
    else if (strcmp(name, "warmup") == 0)
        options->warmup_seconds = seconds(name, value);
    else if (strcmp(name, "server-core") == 0)
        options->server_core = (int)number(name, value, 0, 4095);
    else if (strcmp(name, "client-core") == 0)
        options->client_core = (int)number(name, value, 0, 4095);
    else if (strcmp(name, "server-pids") == 0)
        parse_pids(options, value);
}

static void parse(struct options *options, int argc, char **argv)
{
    static const struct option LONG[] = {
        {"server", required_argument, NULL, 0},       {"prefix", required_argument, NULL, 0},
        {"objects", required_argument, NULL, 0},      {"object-bytes", required_argument, NULL, 0},
        {"connections", required_argument, NULL, 0},  {"seconds", required_argument, NULL, 0},
        {"warmup", required_argument, NULL, 0},       {"once", no_argument, NULL, 0},
        {"shuffle", required_argument, NULL, 0},      {"verify-every", required_argument, NULL, 0},
        {"stall", required_argument, NULL, 0},        {"server-core", required_argument, NULL, 0},
        {"client-core", required_argument, NULL, 0},  {"server-pids", required_argument, NULL, 0},
        {"tls", no_argument, NULL, 0},                {"tls-suite", required_argument, NULL, 0},
        {"tls-resume", no_argument, NULL, 0},         {"requests-per-connection", required_argument, NULL, 0},
        {"help", no_argument, NULL, 'h'},             {NULL, 0, NULL, 0},
    };
    int index = 0;
    for (int found; (found = getopt_long(argc, argv, "h", LONG, &index)) != -1;) {
        if (found == 'h') {
            fputs(USAGE, stdout);
            exit(0);
        }
        if (found != 0)
            exit(2);
        parse_option(options, LONG[index].name, optarg);
    }
    if (optind < argc)
        fail("unexpected argument ", argv[optind]);
    struct workload *workload = &options->workload;
    if (options->tls)
        workload->tls_suite = options->tls_suite;
    else if (workload->tls_resume)
        fail("--tls-resume needs --tls", "");
    if (workload->server.sin_port == 0 || *workload->prefix == '\0' || workload->objects == 0 ||
        workload->object_bytes == 0)
        fail("--server, --prefix, --objects and --object-bytes are needed", "");
}

/* A reading of everything that the report states as a difference. */
struct moment {
    uint64_t now_ns;
    struct core_time server, client;
    double processes;
};

static void read_core(int core, struct core_time *time)
{
    if (core >= 0 && core_time_read(core, time) < 0) {
        fprintf(stderr, "load: /proc/stat knows no core=%d\n", core);
        exit(2);
    }
}

static struct moment read_moment(const struct options *options)
{
    struct moment moment = {.now_ns = client_now_ns()};
    read_core(options->server_core, &moment.server);
    read_core(options->client_core, &moment.client);
    moment.processes = process_time_read(options->pids, options->pid_count);
    return moment;
}

static void report_core(const char *name, const struct core_time *from, const struct core_time *to)
{
    struct core_time spent = core_time_between(from, to);
    printf(",\"%s\":{\"busySeconds\":%.3f,\"userSeconds\":%.3f,\"systemSeconds\":%.3f,\"irqSeconds\":%.3f,"
           "\"softirqSeconds\":%.3f,\"stealSeconds\":%.3f}",
           name, spent.busy, spent.user, spent.system, spent.irq, spent.softirq, spent.steal);
}

static void report_failures(const struct failures *failures)
{
    printf(",\"errorKinds\":{\"connect\":%llu,\"handshake\":%llu,\"reset\":%llu,\"short\":%llu,\"record\":%llu,"
           "\"status\":%llu,\"malformed\":%llu,\"stalled\":%llu}",
           (unsigned long long)failures->connect, (unsigned long long)failures->handshake,
           (unsigned long long)failures->reset, (unsigned long long)failures->shortened,
           (unsigned long long)failures->record, (unsigned long long)failures->status,
           (unsigned long long)failures->malformed, (unsigned long long)failures->stalled);
}

static void report_times(const char *name, const struct histogram *times_ns)
{
    printf(",\"%s\":{\"p50\":%.4f,\"p99\":%.4f,\"max\":%.4f}", name,
           (double)histogram_quantile(times_ns, 0.5) / 1e6, (double)histogram_quantile(times_ns, 0.99) / 1e6,
           (double)times_ns->maximum / 1e6);
}

/* Prints the report; returns how many things went wrong. */
static uint64_t report(const struct options *options, const struct client *client, const struct moment *from,
                       const struct moment *to)
{
    const struct progress *progress = client_progress(client);
    const struct failures *failures = client_failures(client);
    uint64_t errors = failures->connect + failures->handshake + failures->reset + failures->shortened +
                      failures->record + failures->status + failures->malformed + failures->stalled;
    double elapsed = (double)(to->now_ns - from->now_ns) / 1e9;
    printf("{\"bytes\":%llu,\"seconds\":%.6f,\"gbitPerSecond\":%.4f,\"requests\":%llu,\"requestsPerSecond\":%.2f",
           (unsigned long long)progress->bytes, elapsed, (double)progress->bytes * 8 / 1e9 / elapsed,
           (unsigned long long)progress->requests, (double)progress->requests / elapsed);
    printf(",\"errors\":%llu,\"mismatches\":%llu,\"verified\":%llu,\"reconnects\":%llu", (unsigned long long)errors,
           (unsigned long long)failures->mismatches, (unsigned long long)progress->verified,
           (unsigned long long)progress->reconnects);
    report_failures(failures);
    report_times("latencyMs", &progress->latency_ns);
    if (options->tls) {
        printf(",\"handshakes\":%llu,\"resumed\":%llu,\"handshakesPerSecond\":%.2f",
               (unsigned long long)progress->handshakes, (unsigned long long)progress->resumed,
               (double)progress->handshakes / elapsed);
        report_times("handshakeMs", &progress->handshake_ns);
    }
    if (options->server_core >= 0)
        report_core("serverCore", &from->server, &to->server);
    if (options->client_core >= 0)
        report_core("clientCore", &from->client, &to->client);
    if (options->pid_count > 0 && from->processes >= 0 && to->processes >= 0)
        printf(",\"serverProcessSeconds\":%.3f", to->processes - from->processes);
    printf("}\n");
    return errors + failures->mismatches;
}

int main(int argc, char **argv)
{
    struct options options = {
        .workload = {.connections = 64, .verify_every = 64, .stall_ns = 10000000000u},
        .tls_suite = "TLS_AES_128_GCM_SHA256",
        .warmup_seconds = 1,
        .seconds = 5,
        .server_core = -1,
        .client_core = -1,
    };
    parse(&options, argc, argv);
    struct client *client = client_open(&options.workload);
    if (client == NULL)
        return 2;
    if (!options.workload.once) {
        uint64_t warm_ns = client_now_ns() + (uint64_t)(options.warmup_seconds * 1e9);
        while (client_now_ns() < warm_ns)
            client_poll(client);
        client_measure(client);
    }
    struct moment from = read_moment(&options);
    uint64_t end_ns = from.now_ns + (uint64_t)(options.seconds * 1e9);
    while (client_poll(client) && (options.workload.once || client_now_ns() < end_ns))
        ;
    struct moment to = read_moment(&options);
    uint64_t wrong = report(&options, client, &from, &to);
    client_close(client);
    return wrong == 0 ? 0 : 1;
}
