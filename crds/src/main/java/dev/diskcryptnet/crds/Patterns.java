package dev.diskcryptnet.crds;

/**
 * Syntax of the API's texts, as regular expressions that Java, RE2 (which API servers use) and ECMA 262 read alike: no
 * look-around, no back-references, no backslashes, so that they can stand in a CEL literal as they are.
 */
public final class Patterns {
    private static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private static final String NAME = "[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?";

    /** domain:bus:device.function as {@code lspci -D} writes it; domains of VMD controllers have more than 4 digits. */
    public static final String PCI_ADDRESS = "^[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f][.][0-7]$";

    /** An absolute path; that no segment is . or .. is a rule of its own. */
    public static final String PATH = "^(/[-A-Za-z0-9._@+=,:]+)+$";
    /** Finds a segment that is . or .. */
    public static final String PATH_STEP_BACK = "/[.]{1,2}(/|$)";

    /** A network interface, or a port of a VALE switch: {@code valeSWITCH:PORT}. */
    public static final String INTERFACE_NAME = "^([-0-9A-Za-z_.]{1,15}|vale[0-9A-Za-z_]{1,9}:[-0-9A-Za-z_.]{1,9})$";
    /** The lowest bit of the first octet is 0 in a unicast address (IEEE 802 8.2.2). */
    public static final String MAC_ADDRESS = "^[0-9a-fA-F][02468aceACE](:[0-9a-fA-F]{2}){5}$";

    /** What IP addresses are made of; what they mean is a rule of its own. */
    public static final String IP = "^[0-9a-fA-F:.]{2,45}$";

    public static final String CIDR = "^[0-9a-fA-F:.]{2,45}/[0-9]{1,3}$";

    /** RFC 1123 2.1: names of nodes and Secrets. */
    public static final String SUBDOMAIN = "^" + LABEL + "([.]" + LABEL + ")*$";
    /** What makes a DNS subdomain a name of a Service, RFC 1035 2.3.1. */
    public static final String SERVICE_NAME_OF_SUBDOMAIN = "^[a-z][^.]*$";
    /** RFC 1035 2.3.1: names of Services. */
    public static final String SERVICE_NAME = "^[a-z]([-a-z0-9]*[a-z0-9])?$";
    /** An optional DNS subdomain and a slash, then a name. */
    public static final String LABEL_KEY = "^(" + LABEL + "([.]" + LABEL + ")*/)?" + NAME + "$";

    public static final String LABEL_VALUE = "^(" + NAME + ")?$";
    /** Keys that the operator and its pools set themselves. */
    public static final String RESERVED_KEY = "^(diskcryptnet[.]dev|app[.]kubernetes[.]io)/";

    public static final String BYTE_QUANTITY = "^[0-9]{1,18}(Ki|Mi|Gi|Ti|k|M|G|T)?$";
    /** What Kubernetes takes, without signs, exponents and the smallest and largest units. */
    public static final String QUANTITY = "^[0-9]{1,15}([.][0-9]{1,9})?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$";

    public static final String DURATION = "^([0-9]{1,4}h)?([0-9]{1,5}m)?([0-9]{1,6}s)?([0-9]{1,9}ms)?$";
    public static final String IMAGE = "^[a-z0-9][-A-Za-z0-9._:/@]*$";
    /** A number of at least 1, or 1% to 100%. */
    public static final String COUNT_OR_SHARE = "^([1-9][0-9]{0,3}|([1-9][0-9]?|100)%)$";

    public static final String TOLERATION_OPERATOR = "^(Exists|Equal)$";
    public static final String TAINT_EFFECT = "^(NoSchedule|PreferNoSchedule|NoExecute)$";

    private Patterns() {}
}
