#include "cpu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int core_time_read(int core, struct core_time *time)
{
    FILE *file = fopen("/proc/stat", "re");
    if (file == NULL)
        return -errno;
    char name[16];
    snprintf(name, sizeof name, "cpu%d ", core);
    char line[512];
    int result = -ENOENT;
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, strlen(name)) != 0)
            continue;
        unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
        if (sscanf(line + strlen(name), "%llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle,
                   &iowait, &irq, &softirq, &steal) != 8)
            break;
        double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);
        time->user = (double)(user + nice) * tick;
        time->system = (double)system * tick;
        time->irq = (double)irq * tick;
        time->softirq = (double)softirq * tick;
        time->steal = (double)steal * tick;
        time->busy = time->user + time->system + time->irq + time->softirq;
        result = 0;
        break;
    }
    fclose(file);
    return result;
}

struct core_time core_time_between(const struct core_time *from, const struct core_time *to)
{
    return (struct core_time){
        .user = to->user - from->user,
        .system = to->system - from->system,
        .irq = to->irq - from->irq,
        .softirq = to->softirq - from->softirq,
        .steal = to->steal - from->steal,
        .busy = to->busy - from->busy,
    };
}

static double one_process_time(int pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -1;
    char line[1024];
    char *got = fgets(line, sizeof line, file);
    fclose(file);
    /* The second field is the command's name in parentheses and may hold anything: count from the last one. */
    char *rest = got == NULL ? NULL : strrchr(line, ')');
    unsigned long long user, system;
    if (rest == NULL || sscanf(rest + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu", &user, &system) != 2)
        return -1;
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

double process_time_read(const int *pids, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) {
        double time = one_process_time(pids[i]);
        if (time < 0)
            return -1;
        sum += time;
    }
    return sum;
}
