package dev.diskcryptnet.agent;

import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.ffi.NativeException;

/** What a driver's refusal is to an operator. */
final class DeviceReason {
    private static final int EBUSY = 16;
    private static final int ENODEV = 19;
    private static final int EOPNOTSUPP = 95;

    private DeviceReason() {}

    static Reason of(NativeException refusal) {
        return switch (refusal.errno()) {
            case ENODEV -> Reason.DeviceMissing;
            case EBUSY -> Reason.DeviceBusy;
            case EOPNOTSUPP -> Reason.DeviceUnfit;
            default -> Reason.DeviceFailed;
        };
    }
}
