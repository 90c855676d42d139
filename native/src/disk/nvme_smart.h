// The SMART / health information log of an NVMe controller (NVM Express Base Specification 2.0, 5.16.1.3).
#ifndef DCN_DISK_NVME_SMART_H
#define DCN_DISK_NVME_SMART_H

#include "dcn/disk.h"

#define NVME_SMART_BYTES 512u

// Takes what a log page says over into `out`.
void nvme_smart_read(const uint8_t page[NVME_SMART_BYTES], struct dcn_disk_health *out);

// Asks the kernel's NVMe driver for the log of the device behind `fd`. Leaves `out` alone when it is no NVMe device, or does
// not answer.
void nvme_smart_ask(int fd, struct dcn_disk_health *out);

#endif
