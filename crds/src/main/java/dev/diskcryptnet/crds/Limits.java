package dev.diskcryptnet.crds;

/** Bounds of the API. The generated schema and the validator take them from here, so that the two cannot differ. */
public final class Limits {
    public static final int MAX_DISKS = 16;
    public static final int MAX_PORTS = 8;
    public static final int MAX_LISTENERS = 16;
    /** Addresses of one port. */
    public static final int MAX_ADDRESSES = 16;
    /** Routers of one port: one for IPv4 and one for IPv6. */
    public static final int MAX_GATEWAYS = 2;

    /** Connections of one worker and port. */
    public static final int MAX_CONNECTIONS = 65536;

    public static final int MIN_IPV4_PREFIX_LENGTH = 8;
    public static final int MAX_IPV4_PREFIX_LENGTH = 32;
    public static final int DEFAULT_IPV4_PREFIX_LENGTH = 24;
    public static final int MIN_IPV6_PREFIX_LENGTH = 32;
    /** What is behind is one subnet, and its hosts choose it. */
    public static final int MAX_IPV6_PREFIX_LENGTH = 64;

    public static final int DEFAULT_IPV6_PREFIX_LENGTH = 56;

    public static final int MAX_ADDITIONAL_SECRETS = 31;
    public static final int MAX_TOLERATIONS = 16;
    /** Kinds of resources that requests, or limits, speak of. */
    public static final int MAX_RESOURCES = 16;
    /** Labels of a pool's node selector or template. */
    public static final int MAX_LABELS = 16;

    public static final int MAX_ANNOTATIONS = 16;

    public static final int MIN_TCP_PORT = 1;
    public static final int MAX_TCP_PORT = 65535;
    /** Ports below are for processes with a privilege that the agent does not need. */
    public static final int MIN_ADMIN_PORT = 1024;

    public static final int DEFAULT_ADMIN_PORT = 9464;
    public static final int MAX_ACCESS_LOG_EVERY = 1_000_000;

    /** RFC 8200 5: what every IPv6 link carries. */
    public static final int MIN_MTU = 1280;

    public static final int MAX_MTU = 9216;
    /** IEEE 802.1Q: 0 and 4095 are reserved. */
    public static final int MIN_VLAN = 1;

    public static final int MAX_VLAN = 4094;
    public static final int MAX_VIRTUAL_FUNCTION = 255;

    public static final int MIN_WORKERS = 1;
    public static final int MAX_WORKERS = 256;
    public static final int DEFAULT_WORKERS = 1;
    public static final long MIN_WORKER_BUFFER_BYTES = 4L << 20;
    public static final long MAX_WORKER_BUFFER_BYTES = 1L << 30;
    /** The huge page that every x86-64 and arm64 kernel has. */
    public static final long HUGE_PAGE_BYTES = 2L << 20;

    public static final String DEFAULT_DRAIN_TIMEOUT = "60s";
    public static final int MAX_DRAIN_SECONDS = 3600;

    public static final int MAX_REPLICAS = 1000;
    public static final int DEFAULT_REPLICAS = 1;

    /**
     * A StatefulSet gives its pods a label of its own name, a dash and 10 characters, and a label has 63 at most; the
     * StatefulSet is NAME-agent.
     */
    public static final int MAX_NODE_NAME_LENGTH = 46;
    /** A pool's streaming nodes are named after it. */
    public static final int MAX_POOL_NAME_LENGTH = MAX_NODE_NAME_LENGTH;

    /** RFC 1123 2.1, as Kubernetes has it for names of nodes and Secrets. */
    public static final int MAX_SUBDOMAIN_LENGTH = 253;

    public static final int MAX_LABEL_LENGTH = 63;
    /** A DNS subdomain, a slash and a label. */
    public static final int MAX_LABEL_KEY_LENGTH = MAX_SUBDOMAIN_LENGTH + 1 + MAX_LABEL_LENGTH;

    public static final int MAX_ANNOTATION_LENGTH = 1024;
    public static final int MAX_PATH_LENGTH = 255;
    public static final int MAX_PCI_ADDRESS_LENGTH = 16;
    /** IFNAMSIZ without the terminating zero. */
    public static final int MAX_INTERFACE_NAME_LENGTH = 15;

    public static final int MAC_ADDRESS_LENGTH = 17;
    /** The longest text of an IPv6 address, which ends in an IPv4 address. */
    public static final int MAX_IP_LENGTH = 45;
    /** An address, a slash and three digits. */
    public static final int MAX_CIDR_LENGTH = MAX_IP_LENGTH + 4;

    public static final int MAX_QUANTITY_LENGTH = 32;
    public static final int MAX_DURATION_LENGTH = 32;
    /** A number of replicas, or a share of them. */
    public static final int MAX_COUNT_LENGTH = 4;

    public static final int MAX_IMAGE_LENGTH = 512;

    private Limits() {}
}
