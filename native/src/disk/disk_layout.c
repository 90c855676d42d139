#include "dcn/disk.h"
#include "support/layout.h"

DCN_LAYOUT(disk) {
    DCN_LAYOUT_SIZE(dcn_disk_opened);
    DCN_LAYOUT_OFFSET(dcn_disk_opened, disk);
    DCN_LAYOUT_OFFSET(dcn_disk_opened, capacity_bytes);
    DCN_LAYOUT_OFFSET(dcn_disk_opened, block_bytes);
    DCN_LAYOUT_OFFSET(dcn_disk_opened, alignment_bytes);
    DCN_LAYOUT_OFFSET(dcn_disk_opened, max_transfer_bytes);
    DCN_LAYOUT_OFFSET(dcn_disk_opened, numa_node);
    DCN_LAYOUT_OFFSET(dcn_disk_opened, direct);
    DCN_LAYOUT_OFFSET(dcn_disk_opened, is_block_device);
    DCN_LAYOUT_OFFSET(dcn_disk_opened, driver);
    DCN_LAYOUT_OFFSET(dcn_disk_opened, mode);
    DCN_LAYOUT_OFFSET(dcn_disk_opened, id);
    DCN_LAYOUT_OFFSET(dcn_disk_opened, model);
    DCN_LAYOUT_OFFSET(dcn_disk_opened, serial);
    DCN_LAYOUT_OFFSET(dcn_disk_opened, message);

    DCN_LAYOUT_SIZE(dcn_disk_health);
    DCN_LAYOUT_OFFSET(dcn_disk_health, state);
    DCN_LAYOUT_OFFSET(dcn_disk_health, generation);
    DCN_LAYOUT_OFFSET(dcn_disk_health, errors);
    DCN_LAYOUT_OFFSET(dcn_disk_health, media_errors);
    DCN_LAYOUT_OFFSET(dcn_disk_health, temperature_kelvin);
    DCN_LAYOUT_OFFSET(dcn_disk_health, percentage_used);
    DCN_LAYOUT_OFFSET(dcn_disk_health, spare_percent);
    DCN_LAYOUT_OFFSET(dcn_disk_health, spare_threshold_percent);
    DCN_LAYOUT_OFFSET(dcn_disk_health, critical_warning);
    DCN_LAYOUT_OFFSET(dcn_disk_health, message);

    DCN_LAYOUT_SIZE(dcn_disk_region);
    DCN_LAYOUT_OFFSET(dcn_disk_region, address);
    DCN_LAYOUT_OFFSET(dcn_disk_region, length_bytes);

    DCN_LAYOUT_SIZE(dcn_disk_queue_opened);
    DCN_LAYOUT_OFFSET(dcn_disk_queue_opened, queue);
    DCN_LAYOUT_OFFSET(dcn_disk_queue_opened, event_fd);
    DCN_LAYOUT_OFFSET(dcn_disk_queue_opened, message);

    DCN_LAYOUT_SIZE(dcn_disk_op);
    DCN_LAYOUT_OFFSET(dcn_disk_op, token);
    DCN_LAYOUT_OFFSET(dcn_disk_op, offset);
    DCN_LAYOUT_OFFSET(dcn_disk_op, address);
    DCN_LAYOUT_OFFSET(dcn_disk_op, length_bytes);
    DCN_LAYOUT_OFFSET(dcn_disk_op, opcode);
    DCN_LAYOUT_OFFSET(dcn_disk_op, region);

    DCN_LAYOUT_SIZE(dcn_disk_done);
    DCN_LAYOUT_OFFSET(dcn_disk_done, token);
    DCN_LAYOUT_OFFSET(dcn_disk_done, result);
}
