#include "disk/nvme_smart.h"

#include <linux/nvme_ioctl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "disk/nvme_data.h"

#define LOG_SMART 0x02u
#define ALL_NAMESPACES 0xffffffffu
#define TIMEOUT_MS 2000u

// Offsets in the page.
enum { CRITICAL_WARNING = 0, TEMPERATURE = 1, SPARE = 3, SPARE_THRESHOLD = 4, PERCENTAGE_USED = 5, MEDIA_ERRORS = 160 };

void nvme_smart_read(const uint8_t page[NVME_SMART_BYTES], struct dcn_disk_health *out) {
    out->critical_warning = page[CRITICAL_WARNING];
    out->temperature_kelvin = page[TEMPERATURE] | page[TEMPERATURE + 1] << 8;
    out->spare_percent = page[SPARE];
    out->spare_threshold_percent = page[SPARE_THRESHOLD];
    out->percentage_used = page[PERCENTAGE_USED];
    // A number of 16 bytes; what does not fit into 63 bits is as good as the most that does.
    uint64_t low;
    uint64_t high;
    memcpy(&low, page + MEDIA_ERRORS, sizeof low);
    memcpy(&high, page + MEDIA_ERRORS + sizeof low, sizeof high);
    out->media_errors = high != 0 || low > INT64_MAX ? INT64_MAX : (int64_t)low;
}

void nvme_smart_ask(int fd, struct dcn_disk_health *out) {
    uint8_t page[NVME_SMART_BYTES] = {0};
    struct nvme_admin_cmd command = {
        .opcode = NVME_ADMIN_GET_LOG_PAGE,
        .nsid = ALL_NAMESPACES,
        .addr = (uint64_t)(uintptr_t)page,
        .data_len = NVME_SMART_BYTES,
        .cdw10 = LOG_SMART | (NVME_SMART_BYTES / 4 - 1) << 16,  // number of dwords, 0's based
        .timeout_ms = TIMEOUT_MS,
    };
    if (ioctl(fd, NVME_IOCTL_ADMIN_CMD, &command) == 0) {
        nvme_smart_read(page, out);
    }
}
