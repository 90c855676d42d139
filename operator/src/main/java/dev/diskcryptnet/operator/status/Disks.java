package dev.diskcryptnet.operator.status;

import dev.diskcryptnet.crds.DiskStatus;

/** Puts a disk's facts and figures together again. */
final class Disks {
    private Disks() {}

    static DiskStatus withFigures(DiskStatus facts, AgentReport.DiskFigures figures) {
        var disk = new DiskStatus();
        disk.id = facts.id;
        disk.model = facts.model;
        disk.serial = facts.serial;
        disk.capacityBytes = facts.capacityBytes;
        disk.driver = facts.driver;
        disk.objects = figures.objects();
        disk.freeBytes = figures.freeBytes();
        return disk;
    }
}
