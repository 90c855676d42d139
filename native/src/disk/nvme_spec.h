// Registers, queue entries and numbers of NVMe controllers, as far as our own driver needs them beside nvme_data.h. Sections
// are those of the NVM Express Base Specification, revision 2.0; all of it is the same in revision 1.4.
#ifndef DCN_DISK_NVME_SPEC_H
#define DCN_DISK_NVME_SPEC_H

#include <stdint.h>

#include "disk/nvme_data.h"

// Controller properties, by their offset in BAR 0 (section 3.1.3; doorbells: PCIe transport specification, 3.1.2).
#define NVME_REG_CAP 0x00
#define NVME_REG_CC 0x14
#define NVME_REG_CSTS 0x1c
#define NVME_REG_AQA 0x24
#define NVME_REG_ASQ 0x28
#define NVME_REG_ACQ 0x30
#define NVME_REG_DOORBELLS 0x1000u

// What a register of a device that is not there reads as.
#define NVME_NOT_THERE 0xffffffffu

// CAP (section 3.1.3.1).
#define NVME_CAP_MQES(cap) ((uint32_t)((cap) & 0xffff))                 // entries of a queue, 0's based
#define NVME_CAP_TO_MS(cap) ((uint32_t)((cap) >> 24 & 0xff) * 500)      // most time for CSTS.RDY to change
#define NVME_CAP_DSTRD(cap) ((uint32_t)((cap) >> 32 & 0xf))             // doorbells lie 4 << DSTRD bytes apart
#define NVME_CAP_HAS_NVM(cap) (((cap) >> 37 & 1) != 0)                  // CSS: the NVM command set
#define NVME_CAP_MPSMIN(cap) ((uint32_t)((cap) >> 48 & 0xf))            // smallest page is 4096 << MPSMIN

// CC (section 3.1.3.5). Pages of 4 KiB, entries of 64 and 16 bytes, round robin, NVM command set.
#define NVME_CC_ENABLE 0x1u
#define NVME_CC_SHUTDOWN 0x4000u  // SHN: normal shutdown
#define NVME_CC_SHUTDOWN_MASK 0xc000u
#define NVME_CC_SETTINGS (6u << 16 | 4u << 20)

// CSTS (section 3.1.3.6).
#define NVME_CSTS_READY 0x1u
#define NVME_CSTS_FATAL 0x2u
#define NVME_CSTS_SHUTDOWN_MASK 0xcu
#define NVME_CSTS_SHUTDOWN_DONE 0x8u

#define NVME_PAGE_BYTES 4096u
#define NVME_PAGE_MASK (NVME_PAGE_BYTES - 1)

// Admin commands (section 5).
#define NVME_ADMIN_DELETE_SQ 0x00u
#define NVME_ADMIN_CREATE_SQ 0x01u
#define NVME_ADMIN_DELETE_CQ 0x04u
#define NVME_ADMIN_CREATE_CQ 0x05u
#define NVME_ADMIN_ABORT 0x08u
#define NVME_ADMIN_SET_FEATURES 0x09u
#define NVME_ADMIN_ASYNC_EVENT 0x0cu
#define NVME_ADMIN_DOORBELL_BUFFER 0x7cu

#define NVME_FEATURE_QUEUES 0x07u  // section 5.27.1.5
#define NVME_FEATURE_EVENTS 0x0bu  // section 5.27.1.8

// Feature 0Bh: critical warnings of the SMART log, and a change of the namespaces' attributes.
#define NVME_EVENTS_WANTED 0x11fu

// Completion of an asynchronous event request, dword 0 (section 5.2).
#define NVME_EVENT_TYPE(dword) ((dword) & 0x7)
#define NVME_EVENT_INFO(dword) ((dword) >> 8 & 0xff)
#define NVME_EVENT_TYPE_NOTICE 0x2u
#define NVME_EVENT_NAMESPACES 0x0u  // info of a notice

#define NVME_LOG_SMART 0x02u
#define NVME_LOG_NAMESPACES 0x04u  // changed namespace list; reading it lets the next such event come
#define NVME_ALL_NAMESPACES 0xffffffffu

// Physically contiguous; interrupts enabled (sections 5.4 and 5.5, dword 11).
#define NVME_QUEUE_CONTIGUOUS 0x1u
#define NVME_CQ_INTERRUPTS 0x2u

// Identify Controller (figure "Identify Controller data structure").
#define NVME_CONTROLLER_OACS 256
#define NVME_CONTROLLER_AERL 259
#define NVME_OACS_DOORBELL_BUFFER 0x100u

// Status codes that the driver tells apart (SCT in bits 10:8, SC in 7:0; section 3.3.3.2.1).
#define NVME_STATUS_TRANSFER_ERROR 0x004u
#define NVME_STATUS_MASK 0x7ffu

// Submission queue entry (section 3.3.3.1).
struct nvme_sqe {
    uint8_t opcode;
    uint8_t flags;  // 0: not fused, PRPs
    uint16_t cid;
    uint32_t nsid;
    uint32_t cdw2;
    uint32_t cdw3;
    uint64_t metadata;
    uint64_t prp1;
    uint64_t prp2;
    uint32_t cdw10;
    uint32_t cdw11;
    uint32_t cdw12;
    uint32_t cdw13;
    uint32_t cdw14;
    uint32_t cdw15;
};
_Static_assert(sizeof(struct nvme_sqe) == 64, "CC.IOSQES says 64");

// Completion queue entry (section 3.3.3.2). The device writes `status` with or after all else.
struct nvme_cqe {
    uint32_t result;
    uint32_t reserved;
    uint16_t sq_head;
    uint16_t sq_id;
    uint16_t cid;
    _Atomic uint16_t status;  // bit 0 is the phase
};
_Static_assert(sizeof(struct nvme_cqe) == 16, "CC.IOCQES says 16");

#endif
