package dev.diskcryptnet.e2e.guest;

import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** A drive that is driven through the kernel's. */
@EnabledIfSystemProperty(named = "dcn.long", matches = "true", disabledReason = "takes another guest; in full only")
class PassthruFaultsGuestE2E extends DiskFaults {
    PassthruFaultsGuestE2E() {
        super("passthru", "passthru:/dev/ng");
    }
}
