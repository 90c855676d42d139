// Frames that all workers must see.
#include "net/netmap_board.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "support/test.h"

#define WRITERS 3u
#define POSTS 500000u  // long enough to run beside each other

static void should_show_each_frame_to_the_others_once(void) {
    struct netmap_board *board = netmap_board_new();
    uint8_t frame[NETMAP_BOARD_BYTES], seen[NETMAP_BOARD_BYTES];
    uint64_t read[2] = {0, 0};
    int event = eventfd(0, EFD_NONBLOCK);
    netmap_board_watch(board, 1, event);
    for (uint32_t i = 0; i < 10; i++) {
        memset(frame, (int)i, sizeof frame);
        netmap_board_post(board, 0, frame, 60 + i);
    }
    uint64_t signalled;
    CHECK(eventfd_read(event, &signalled) == 0 && signalled == 10);
    CHECK_EQUAL(0, netmap_board_read(board, 0, &read[0], seen));  // its own
    for (uint32_t i = 0; i < 10; i++) {
        CHECK_EQUAL(60 + i, netmap_board_read(board, 1, &read[1], seen));
        CHECK(seen[0] == i && seen[59] == i);
    }
    CHECK_EQUAL(0, netmap_board_read(board, 1, &read[1], seen));
    // Who is too slow loses the oldest.
    for (uint32_t i = 0; i < NETMAP_BOARD_FRAMES + 5; i++) {
        netmap_board_post(board, 0, frame, 60 + i);
    }
    CHECK_EQUAL(65, netmap_board_read(board, 1, &read[1], seen));
    close(event);
    free(board);
}

static void *post_many(void *argument) {
    struct netmap_board *board = argument;
    static uint32_t next;
    uint32_t worker = __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED);
    uint8_t frame[NETMAP_BOARD_BYTES];
    for (uint32_t i = 0; i < POSTS; i++) {
        memset(frame, (int)(i + worker), sizeof frame);
        netmap_board_post(board, worker, frame, 100);
    }
    return NULL;
}

static void should_tear_no_frame(void) {
    struct netmap_board *board = netmap_board_new();
    pthread_t threads[WRITERS];
    for (uint32_t i = 0; i < WRITERS; i++) {
        CHECK(pthread_create(&threads[i], NULL, post_many, board) == 0);
    }
    uint8_t seen[NETMAP_BOARD_BYTES];
    uint64_t read = 0;
    while (read < WRITERS * POSTS) {
        if (netmap_board_read(board, WRITERS, &read, seen) != 0) {
            CHECK(seen[0] == seen[99] && memcmp(seen, seen + 1, 99) == 0);
        }
    }
    for (uint32_t i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
    }
    free(board);
}

static void should_want_what_all_workers_must_hear(void) {
    uint8_t frame[NETMAP_BOARD_BYTES + 1] = {[12] = 0x08, 0x06};
    CHECK(netmap_board_wants(frame, 60) && !netmap_board_wants(frame, sizeof frame) && !netmap_board_wants(frame, 13));
    memcpy(frame + 12, "\x86\xdd", 2);
    frame[20] = 58;
    for (uint32_t type = 0; type < 256; type++) {
        frame[54] = (uint8_t)type;
        CHECK(netmap_board_wants(frame, 86) == (type <= 4 || (type >= 133 && type <= 137)));
    }
    frame[20] = 0;  // behind Router Alert
    frame[54] = 58;
    for (uint32_t type = 0; type < 256; type++) {
        frame[62] = (uint8_t)type;
        CHECK(netmap_board_wants(frame, 90) == (type == 130) && !netmap_board_wants(frame, 62));
    }
    frame[62] = 130;
    frame[55] = 1;
    CHECK(!netmap_board_wants(frame, 90));
    frame[54] = 135;
    frame[20] = 6;
    CHECK(!netmap_board_wants(frame, 86) && !netmap_board_wants(frame, 54));
    memcpy(frame + 12, "\x08\x00", 2);
    CHECK(!netmap_board_wants(frame, 86));
    frame[14] = 0x46;  // with an option
    frame[23] = 1;
    for (uint32_t type = 0; type < 256; type++) {
        frame[38] = (uint8_t)type;
        CHECK(netmap_board_wants(frame, 86) == (type == 3));
    }
    frame[38] = 3;
    CHECK(!netmap_board_wants(frame, 38) && !netmap_board_wants(frame, 20));
}

int main(void) {
    should_show_each_frame_to_the_others_once();
    should_tear_no_frame();
    should_want_what_all_workers_must_hear();
    puts("ok");
    return 0;
}
