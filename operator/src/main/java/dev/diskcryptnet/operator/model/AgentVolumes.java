package dev.diskcryptnet.operator.model;

import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.ArrayList;
import java.util.List;

/** Volumes of a pod and where its container sees them, kept together. */
final class AgentVolumes {
    static final String CONFIG_DIRECTORY = "/etc/dcn/agent";
    static final String ADMIN_DIRECTORY = "/etc/dcn/admin";
    static final String TLS_DIRECTORY = "/etc/dcn/tls";

    /** Owner may read: the container's user is root, and nobody else is in it. */
    private static final int SECRET_MODE = 0400;

    private static final String TMP_SIZE = "64Mi";

    private final List<Volume> volumes = new ArrayList<>();
    private final List<VolumeMount> mounts = new ArrayList<>();

    private AgentVolumes() {}

    /** Of an agent that serves. */
    static AgentVolumes serving(Declaration declared) {
        var all = new AgentVolumes();
        String name = declared.node().getMetadata().getName();
        all.config(Names.config(name));
        all.secret("admin", Names.admin(name), ADMIN_DIRECTORY);
        int index = 0;
        for (String secret : declared.tlsSecretNames()) {
            // Names of volumes are shorter than names of Secrets, hence the number.
            all.secret("tls-" + index++, secret, TLS_DIRECTORY + "/" + secret);
        }
        all.machine(declared);
        index = 0;
        for (String directory : declared.fileDirectories()) {
            if (!directory.equals(Names.stateDirectory(declared.node()))) {
                all.hostPath("disks-" + index++, directory, "Directory");
            }
        }
        if (declared.hugepageBytes() > 0) {
            all.add(
                    new VolumeBuilder()
                            .withName("hugepages")
                            .withNewEmptyDir()
                            .withMedium("HugePages")
                            .endEmptyDir()
                            .build(),
                    "/hugepages",
                    false);
        }
        return all;
    }

    /** Of a release: the journal, and the devices that it gives back. */
    static AgentVolumes releasing(Declaration declared) {
        var all = new AgentVolumes();
        all.machine(declared);
        return all;
    }

    List<Volume> volumes() {
        return volumes;
    }

    List<VolumeMount> mounts() {
        return mounts;
    }

    private void machine(Declaration declared) {
        // Native libraries are unpacked there, for the root file system is read-only.
        add(
                new VolumeBuilder()
                        .withName("tmp")
                        .withNewEmptyDir()
                        .withNewSizeLimit(TMP_SIZE)
                        .endEmptyDir()
                        .build(),
                "/tmp",
                false);
        // The journal of what devices were before, which must outlive pod and boot.
        hostPath("state", Names.stateDirectory(declared.node()), "DirectoryOrCreate");
        if (Privileges.needsPrivileged(declared)) {
            // The container's own /dev is made when it starts; nodes of devices that are bound to VFIO after that, and
            // those that come back, appear only in the machine's.
            hostPath("dev", "/dev", "Directory");
        }
    }

    private void config(String configMap) {
        add(
                new VolumeBuilder()
                        .withName("config")
                        .withNewConfigMap()
                        .withName(configMap)
                        .endConfigMap()
                        .build(),
                CONFIG_DIRECTORY,
                true);
    }

    private void secret(String name, String secret, String path) {
        add(
                new VolumeBuilder()
                        .withName(name)
                        .withNewSecret()
                        .withSecretName(secret)
                        .withDefaultMode(SECRET_MODE)
                        .endSecret()
                        .build(),
                path,
                true);
    }

    private void hostPath(String name, String path, String type) {
        add(
                new VolumeBuilder()
                        .withName(name)
                        .withNewHostPath()
                        .withPath(path)
                        .withType(type)
                        .endHostPath()
                        .build(),
                path,
                false);
    }

    private void add(Volume volume, String path, boolean readOnly) {
        volumes.add(volume);
        mounts.add(new VolumeMountBuilder()
                .withName(volume.getName())
                .withMountPath(path)
                .withReadOnly(readOnly ? true : null)
                .build());
    }
}
