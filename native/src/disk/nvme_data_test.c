#include "disk/nvme_data.h"

#include <errno.h>
#include <string.h>

#include "support/test.h"

static uint8_t page[NVME_IDENTIFY_BYTES];
static char message[DCN_DISK_MESSAGE];

// A namespace of `blocks` whose format `format` has these properties; all other formats are of blocks of 2 bytes.
static int parse_namespace(uint64_t blocks, unsigned format, unsigned shift, unsigned metadata,
                           struct nvme_namespace *out) {
    memset(page, 0, sizeof page);
    for (int i = 0; i < 8; i++) {
        page[i] = (uint8_t)(blocks >> 8 * i);
    }
    for (int i = 0; i < 64; i++) {
        page[128 + 4 * i + 2] = 1;
    }
    page[26] = (uint8_t)((format & 0xf) | (format & 0x30) << 1 | 0x10);
    page[128 + 4 * format] = (uint8_t)metadata;
    page[128 + 4 * format + 1] = (uint8_t)(metadata >> 8);
    page[128 + 4 * format + 2] = (uint8_t)shift;
    message[0] = '\0';
    return nvme_namespace_parse(page, 7, out, message);
}

static void should_read_capacity_and_block_size(void) {
    struct nvme_namespace namespace;
    CHECK_EQUAL(0, parse_namespace(0x123456789, 0, 9, 0, &namespace));
    CHECK_EQUAL(0x123456789 * INT64_C(512), nvme_capacity_bytes(&namespace));
    CHECK_EQUAL(0, parse_namespace(1000, 15, 12, 0, &namespace));
    CHECK_EQUAL(4096000, nvme_capacity_bytes(&namespace));
    CHECK_EQUAL(0, parse_namespace(1000, 0x2b, 12, 0, &namespace));
    CHECK_EQUAL(12, namespace.block_shift);
    CHECK_EQUAL(0, parse_namespace(UINT64_MAX, 0, 12, 0, &namespace));
    CHECK(nvme_capacity_bytes(&namespace) > 0);
}

static void should_refuse_what_no_volume_can_use(void) {
    struct nvme_namespace namespace;
    CHECK_EQUAL(-ENXIO, parse_namespace(0, 0, 9, 0, &namespace));
    CHECK(strstr(message, "namespace=7 is not active") != NULL);
    CHECK_EQUAL(-EMEDIUMTYPE, parse_namespace(1000, 3, 9, 0x108, &namespace));
    CHECK(strstr(message, "metadata of 264 bytes") != NULL);
    CHECK(strstr(message, "format=3") != NULL);
    CHECK_EQUAL(-EMEDIUMTYPE, parse_namespace(1000, 0, 13, 0, &namespace));
    CHECK_EQUAL(-EMEDIUMTYPE, parse_namespace(1000, 0, 8, 0, &namespace));
    CHECK(strstr(message, "2^8 bytes") != NULL);
}

static void should_read_names_without_their_padding(void) {
    memset(page, 0xff, sizeof page);
    memcpy(page + 4, "  S123 4            ", 20);
    memcpy(page + 24, "QEMU NVMe Ctrl                          ", 40);
    page[77] = 7;
    struct nvme_controller controller;
    nvme_controller_parse(page, &controller);
    CHECK_EQUAL(0, strcmp("S123 4", controller.serial));
    CHECK_EQUAL(0, strcmp("QEMU NVMe Ctrl", controller.model));
    CHECK_EQUAL(7, controller.mdts);
    memset(page + 4, ' ', 20);
    memset(page + 24, 'M', 40);
    nvme_controller_parse(page, &controller);
    CHECK_EQUAL(0, strlen(controller.serial));
    CHECK_EQUAL(40, strlen(controller.model));
}

static void should_bound_transfers(void) {
    CHECK_EQUAL(1 << 20, nvme_transfer_bytes(0, 4096, 1 << 20));
    CHECK_EQUAL(512 << 10, nvme_transfer_bytes(7, 4096, 1 << 20));
    CHECK_EQUAL(8192, nvme_transfer_bytes(1, 4096, 1 << 20));
    CHECK_EQUAL(1 << 20, nvme_transfer_bytes(31, 4096, 1 << 20));
    CHECK_EQUAL(1 << 20, nvme_transfer_bytes(255, 4096, 1 << 20));
}

static void should_tell_medium_errors_from_others(void) {
    CHECK_EQUAL(0, nvme_errno(0));
    CHECK_EQUAL(-ENODATA, nvme_errno(0x281));
    // Do Not Retry, More and the retry delay are not part of the code.
    CHECK_EQUAL(-ENODATA, nvme_errno(0x6000 | 0x1800 | 0x281));
    CHECK_EQUAL(-EREMOTEIO, nvme_errno(0x4080));
    CHECK_EQUAL(-EIO, nvme_errno(0x006));
    CHECK_EQUAL(-EIO, nvme_errno(0x7ff));
    for (uint16_t status = 1; status < 0x800; status++) {
        CHECK(nvme_errno(status) < 0);
    }
}

int main(void) {
    should_read_capacity_and_block_size();
    should_refuse_what_no_volume_can_use();
    should_read_names_without_their_padding();
    should_bound_transfers();
    should_tell_medium_errors_from_others();
    return 0;
}
