package dev.diskcryptnet.diskmap;

/**
 * How a disk is. Figures that the device does not give are -1; they are those of its SMART log (NVM Express Base
 * Specification 2.0, 5.16.1.3), as it was not more than a minute ago.
 *
 * @param state what may be expected of a command now
 * @param generation how often the device was reset and put to work again since it was opened
 * @param errors commands that ended with an error since the disk was opened, as far as the driver counts them
 * @param mediaErrors errors of the medium in the life of the device
 * @param temperatureKelvin composite temperature
 * @param percentageUsed estimate of the device's life that is used up, may be above 100
 * @param sparePercent spare capacity that is left
 * @param spareThresholdPercent below which {@code sparePercent} is critical
 * @param criticalWarning bits of the SMART log's first byte: 1 spare low, 2 temperature, 4 reliability, 8 read only, 16
 *     volatile memory backup failed
 * @param message what happened last, for a person; or empty
 */
public record DiskHealth(
        State state,
        int generation,
        long errors,
        long mediaErrors,
        int temperatureKelvin,
        int percentageUsed,
        int sparePercent,
        int spareThresholdPercent,
        int criticalWarning,
        String message) {

    /** In the order of {@code enum dcn_disk_state}. */
    public enum State {
        /** Commands are carried out. */
        OK,
        /** The device is being reset; commands end with EIO until it is back, on its own. */
        RECOVERING,
        /** The device does not come back by itself; it is tried again now and then. */
        FAILED,
        /** The device is not there any more. */
        GONE
    }

    /** A disk of which nothing else is known. */
    public static final DiskHealth OK = of(State.OK, "");

    /** A disk of which only that is known. */
    public static DiskHealth of(State state, String message) {
        return new DiskHealth(state, 0, 0, -1, -1, -1, -1, -1, -1, message);
    }
}
