package dev.diskcryptnet.diskmap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class KernelDeviceTest {
    private static Optional<Path> path(String text) {
        return Optional.of(Path.of(text));
    }

    @Test
    void shouldNameBlockDeviceBesideCharacterDevice() {
        assertEquals(path("/dev/nvme10n2"), KernelDevice.of("passthru:/dev/ng10n2"));
        assertEquals(path("/dev/nvme0n1"), KernelDevice.of("passthru:/dev/ng0n1?poll=0"));
        assertEquals(path("/dev/ng0n1"), KernelDevice.node("passthru:/dev/ng0n1?poll=0"));
    }

    @Test
    void shouldNameFileOrDeviceOfIoUring() {
        assertEquals(path("/dev/nvme0n1"), KernelDevice.of("uring:/dev/nvme0n1"));
        assertEquals(path("/srv/ng.img"), KernelDevice.of("uring:/srv/ng.img?direct=0"));
        assertEquals(path("/srv/ng.img"), KernelDevice.node("uring:/srv/ng.img"));
    }

    @Test
    void shouldNameNothingThatKernelDoesNotKnow() {
        assertEquals(Optional.empty(), KernelDevice.of("vfio:0000:01:00.0"));
        assertEquals(Optional.empty(), KernelDevice.node("mem:64M"));
    }
}
