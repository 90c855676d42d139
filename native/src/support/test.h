// What a C test is made of: CHECK ends the program with the place and the text of what did not hold.
#ifndef DCN_SUPPORT_TEST_H
#define DCN_SUPPORT_TEST_H

#include <stdio.h>
#include <stdlib.h>

// The program's status when the machine lacks what the test needs.
#define DCN_TEST_SKIPPED 77

#define CHECK(condition)                                                              \
    do {                                                                              \
        if (!(condition)) {                                                           \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                                  \
        }                                                                             \
    } while (0)

// For integers: also prints both values.
#define CHECK_EQUAL(expected, found)                                                                            \
    do {                                                                                                        \
        long long expected_ = (long long)(expected);                                                            \
        long long found_ = (long long)(found);                                                                  \
        if (expected_ != found_) {                                                                              \
            (void)fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #found, found_, expected_); \
            exit(1);                                                                                            \
        }                                                                                                       \
    } while (0)

#endif
