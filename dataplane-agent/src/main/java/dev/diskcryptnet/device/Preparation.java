package dev.diskcryptnet.device;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes devices ready for the agent, by PCI address: refuses what is not ours to take, then changes the machine through
 * {@link HostChanges}, which take all of it back.  One thread at a time.
 */
public final class Preparation {
    private static final Logger LOG = LoggerFactory.getLogger(Preparation.class);

    private final DiskPreparation disks;
    private final PortPreparation ports;

    /** @param changes through which everything is changed */
    public Preparation(HostChanges changes, BlockDevices blockDevices) {
        this(changes, blockDevices, Patience.PATIENT);
    }

    Preparation(HostChanges changes, BlockDevices blockDevices, Patience patience) {
        this.disks = new DiskPreparation(changes, blockDevices, patience);
        this.ports = new PortPreparation(changes, patience);
    }

    /** Whether a disk is ours to take; changes nothing. @throws RefusedException when it is not */
    public void check(DiskRequest request) {
        disks.check(request);
    }

    /** Whether a virtual function is ours to take; changes nothing. @throws RefusedException when it is not */
    public void check(PortRequest request) {
        ports.check(request);
    }

    /**
     * Makes a disk ready.
     *
     * @throws RefusedException when it is not ours to take; nothing is changed then
     * @throws HostException when the machine does not do as it is asked; what was changed is in the journal
     */
    public PreparedDisk prepareDisk(DiskRequest request) {
        PreparedDisk prepared = disks.prepare(request);
        LOG.atInfo()
                .addKeyValue("pci", prepared.pciAddress())
                .addKeyValue("uri", prepared.uri())
                .addKeyValue("examined", prepared.examined())
                .log("disk-prepared");
        return prepared;
    }

    /**
     * Makes a virtual function ready, and the function itself if need be.
     *
     * @throws RefusedException when it is not ours to take; nothing of it is changed then
     * @throws HostException when the machine does not do as it is asked; what was changed is in the journal
     */
    public PreparedPort preparePort(PortRequest request) {
        PreparedPort prepared = ports.prepare(request);
        LOG.atInfo()
                .addKeyValue("pf", request.physicalFunction())
                .addKeyValue("vf", request.virtualFunction())
                .addKeyValue("pci", prepared.pciAddress())
                .addKeyValue("interface", prepared.interfaceName())
                .log("port-prepared");
        return prepared;
    }
}
