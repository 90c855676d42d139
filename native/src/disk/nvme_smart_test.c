#include "disk/nvme_smart.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "support/test.h"

static void should_read_the_figures_of_a_page(void) {
    uint8_t page[NVME_SMART_BYTES] = {0};
    page[0] = 0x05;
    page[1] = 0x43;
    page[2] = 0x01;
    page[3] = 97;
    page[4] = 10;
    page[5] = 130;
    page[160] = 0x02;
    page[162] = 0x01;
    struct dcn_disk_health health = {0};
    nvme_smart_read(page, &health);
    CHECK_EQUAL(5, health.critical_warning);
    CHECK_EQUAL(0x143, health.temperature_kelvin);
    CHECK_EQUAL(97, health.spare_percent);
    CHECK_EQUAL(10, health.spare_threshold_percent);
    CHECK_EQUAL(130, health.percentage_used);
    CHECK_EQUAL(0x10002, health.media_errors);
    page[168] = 1;
    nvme_smart_read(page, &health);
    CHECK_EQUAL(INT64_MAX, health.media_errors);
}

static void should_leave_alone_what_is_no_nvme_device(void) {
    int fd = open("/dev/null", O_RDONLY);
    struct dcn_disk_health health = {.critical_warning = -1};
    nvme_smart_ask(fd, &health);
    CHECK_EQUAL(-1, health.critical_warning);
    CHECK_EQUAL(0, close(fd));
}

int main(void) {
    should_read_the_figures_of_a_page();
    should_leave_alone_what_is_no_nvme_device();
    return 0;
}
