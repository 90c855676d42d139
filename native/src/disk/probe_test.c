#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "dcn/disk.h"
#include "support/test.h"

#define SIZE (8 << 20)

static char path[] = "probe_test.XXXXXX";

static void put(int fd, off_t offset, const void *bytes, size_t length) {
    CHECK_EQUAL(length, pwrite(fd, bytes, length, offset));
}

// An MBR with one Linux partition from sector 2048 on.
static void put_partition_table(int fd) {
    static const unsigned char entry[16] = {0, 0, 0, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 16, 0, 0};
    static const unsigned char magic[2] = {0x55, 0xaa};
    put(fd, 446, entry, sizeof entry);
    put(fd, 510, magic, sizeof magic);
}

// A swap header: version 1, last page 1023.
static void put_swap(int fd) {
    static const unsigned char header[8] = {1, 0, 0, 0, 0xff, 3, 0, 0};
    put(fd, 1024, header, sizeof header);
    put(fd, 4086, "SWAPSPACE2", 10);
}

int main(void) {
    char text[256];
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK_EQUAL(0, ftruncate(fd, SIZE));
    CHECK_EQUAL(0, dcn_disk_probe(path, text, sizeof text));
    CHECK_EQUAL('\0', text[0]);

    put_partition_table(fd);
    int length = dcn_disk_probe(path, text, sizeof text);
    CHECK_EQUAL(strlen(text), length);
    CHECK(strstr(text, "dos partition table") != NULL);

    put_swap(fd);
    CHECK(dcn_disk_probe(path, text, sizeof text) > 0);
    CHECK(strstr(text, "swap") != NULL);

    // A text that does not fit is cut, and still ends in NUL.
    char small[5];
    CHECK_EQUAL(4, dcn_disk_probe(path, small, sizeof small));
    CHECK_EQUAL('\0', small[4]);
    CHECK_EQUAL(-EINVAL, dcn_disk_probe(path, small, 0));
    CHECK_EQUAL(-ENOENT, dcn_disk_probe("/nowhere/at/all", text, sizeof text));

    CHECK_EQUAL(0, close(fd));
    CHECK_EQUAL(0, unlink(path));
    return 0;
}
