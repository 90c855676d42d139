/*
 * What the kernel says a core and a set of processes have spent so far, in seconds. Read at both ends of the measured
 * time; the difference is the cost. See proc(5), /proc/stat and /proc/PID/stat.
 */
#ifndef DCN_COMPARE_CPU_H
#define DCN_COMPARE_CPU_H

enum { CPU_MAX_PROCESSES = 64 };

struct core_time {
    double user, system, irq, softirq, steal;
    /* user + nice + system + irq + softirq: everything that ran on the core, whoever it was charged to. */
    double busy;
};

/* The time of `core` since boot. 0 or -errno. */
int core_time_read(int core, struct core_time *time);

/* What lies between two readings, field by field. */
struct core_time core_time_between(const struct core_time *from, const struct core_time *to);

/* Sum of utime and stime of the processes, all threads included. Negative when one of them is gone. */
double process_time_read(const int *pids, int count);

#endif
